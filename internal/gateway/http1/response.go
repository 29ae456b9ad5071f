package http1

// Response is the head of a response. Its texts may be kept; the list of fields
// is used again for the next response of the connection.
type Response struct {
	Status int
	Reason string
	Fields []Field // in their order, without those that belong to the connection
	// Length is the body's in bytes; -1 for a chunked one, and untilClose for one
	// that ends with the connection.
	Length int64
	// Stated is what Content-Length says, where the body is none (HEAD, 304); -1 for nothing.
	Stated int64
	Close  bool   // the connection cannot be used again
	Proto  string // of Upgrade, in a 101
}

// untilClose is the length of a body that ends when the connection does.
const untilClose = -2

// parseResponse reads the head of the response to a request of a method. What
// is wrong with it is the server's fault, so a Refusal's status is not for clients.
func parseResponse(head, method string, r *Response) error {
	fields := r.Fields[:0]
	*r = Response{Fields: fields, Stated: -1}
	line, rest := cutLine(head)
	minor, err := r.statusLine(line)
	if err != nil {
		return err
	}
	f := framing{length: -1}
	r.Fields, err = f.lines(rest, r.Fields, func(kind known, _, _ string) (bool, error) { return kind != hopByHop, nil })
	if err != nil {
		return err
	}
	return r.setFraming(&f, method, minor)
}

// statusLine reads version, status and reason: RFC 9112, 4. A reason without
// its space in front is taken for none.
func (r *Response) statusLine(line string) (minor int, err error) {
	const fixed = "HTTP/1.1 200"
	if len(line) < len(fixed) || line[:7] != "HTTP/1." || line[8] != ' ' || !all(line[9:12], digitByte) || line[9] == '0' {
		return 0, refuse(502, "The status line is not one of HTTP/1.1.")
	}
	if line[7] != '0' && line[7] != '1' {
		return 0, refuse(502, "The status line names a version other than HTTP/1.0 and HTTP/1.1.")
	}
	if len(line) > len(fixed) && line[len(fixed)] != ' ' {
		return 0, refuse(502, "The status has more than three digits.")
	}
	if len(line) > len(fixed) {
		if r.Reason = line[len(fixed)+1:]; !all(r.Reason, valueByte) {
			return 0, refuse(502, "The reason behind the status holds control bytes.")
		}
	}
	r.Status = int(line[9]-'0')*100 + int(line[10]-'0')*10 + int(line[11]-'0')
	return int(line[7] - '0'), nil
}

// setFraming finds the body's length: RFC 9112, 6.3.
func (r *Response) setFraming(f *framing, method string, minor int) error {
	switch {
	case f.coded && minor == 0:
		return refuse(502, "HTTP/1.0 has no Transfer-Encoding.")
	case f.coded && f.length >= 0:
		return refuse(502, "There is a Content-Length beside a Transfer-Encoding.")
	}
	r.Close = f.close || minor == 0 && !f.keep
	if r.Status == 101 {
		r.Proto = f.proto
	}
	if !HasBody(r.Status) || method == "HEAD" {
		r.Stated = f.length
		if method != "HEAD" && r.Status != 304 && (f.coded || f.length > 0) {
			r.Close = true // what follows may be taken for a body or for the next answer
		}
		return nil
	}
	switch {
	case f.chunked:
		r.Length = -1
	case f.length >= 0:
		r.Length = f.length
	default:
		r.Length, r.Close = untilClose, true
	}
	return nil
}

// HasBody tells whether responses of a status have a body: RFC 9112, 6.3.
func HasBody(status int) bool { return status >= 200 && status != 204 && status != 304 }
