package http1

import "strings"

// Request is the head of a request. Its texts may be kept; the list of fields
// is used again for the next request of the connection.
type Request struct {
	Method string
	// Target is in origin form, with its query, or "*". Its escapes and segments are as they came.
	Target string
	Host   string // of the target where that is absolute, else of Host; "" only in HTTP/1.0
	// Fields are the headers in their order, without Host and those that belong
	// to the connection.
	Fields []Field
	Minor  int    // of the version: 0 or 1
	Length int64  // of the body in bytes; -1 for a chunked one
	Close  bool   // the connection ends after this request
	Expect bool   // the client waits for 100 Continue before it sends the body
	Trail  bool   // the client takes trailers
	Proto  string // that an upgrade is asked to; "" for none
}

// maxMethod is the length of the longest method.
const maxMethod = 32

// ParseRequest reads a head from its request line to its empty line. A
// *Refusal says why it is not taken.
func ParseRequest(head string, r *Request) error {
	fields := r.Fields[:0]
	*r = Request{Fields: fields}
	line, rest := cutLine(head)
	if err := r.requestLine(line); err != nil {
		return err
	}
	f := framing{length: -1}
	host, hosts := "", 0
	var err error
	r.Fields, err = f.lines(rest, r.Fields, func(kind known, name, value string) (bool, error) {
		switch {
		case kind == isHost:
			host = value
			hosts++
		case kind == isExpect:
			return false, r.expect(value)
		case len(name) == len("TE"):
			r.Trail = r.Trail || hasTrailers(value)
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	if err := r.setHost(host, hosts); err != nil {
		return err
	}
	return r.setFraming(&f)
}

// hasTrailers tells whether a TE header says that trailers are taken.
func hasTrailers(te string) bool {
	for coding := range strings.SplitSeq(te, ",") {
		if fold(trim(coding), "trailers") {
			return true
		}
	}
	return false
}

// requestLine reads method, target and version, with one space between them: RFC 9112, 3.
func (r *Request) requestLine(line string) error {
	method, rest, ok := strings.Cut(line, " ")
	if !ok || !IsToken(method) || len(method) > maxMethod {
		return refuse(400, "The request line does not begin with a method and a space.")
	}
	target, version, ok := strings.Cut(rest, " ")
	if !ok || target == "" {
		return refuse(400, "The request line has no target or no version.")
	}
	const prefix = "HTTP/"
	digits := len(version) == len("HTTP/1.1") && version[:len(prefix)] == prefix && version[6] == '.' &&
		classes[version[5]]&digitByte != 0 && classes[version[7]]&digitByte != 0
	switch {
	case !digits:
		return refuse(400, "The request line does not end with a version of HTTP.")
	case version[5] != '1':
		return refuse(505, "The version of HTTP is not supported: use HTTP/1.1, or HTTP/2 by its own preface.")
	case version[7] != '0':
		r.Minor = 1 // RFC 9110, 2.5: a later minor version is served as the one we know
	}
	for i := range len(target) {
		if classes[target[i]]&targetByte == 0 {
			return refuse(400, "The request target holds the byte 0x%02X.", target[i])
		}
	}
	r.Method = method
	return r.setTarget(target)
}

// setTarget reads the target's form: RFC 9112, 3.2.
func (r *Request) setTarget(target string) error {
	switch {
	case r.Method == "CONNECT":
		return refuse(405, "CONNECT is not offered.")
	case target[0] == '/':
		r.Target = target
		return nil
	case target == "*":
		if r.Method != "OPTIONS" {
			return refuse(400, "The request target * is for OPTIONS only.")
		}
		r.Target = target
		return nil
	}
	scheme, rest, ok := strings.Cut(target, "://")
	if !ok || !fold(scheme, "http") && !fold(scheme, "https") {
		return refuse(400, "The request target must begin with a slash.")
	}
	authority := rest
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		authority, rest = rest[:i], rest[i:]
	} else {
		rest = ""
	}
	if !validHost(authority) {
		return refuse(400, "The request target has no valid host.")
	}
	switch {
	case rest == "" && r.Method == "OPTIONS":
		rest = "*" // RFC 9112, 3.2.4
	case rest == "":
		rest = "/"
	case rest[0] == '?':
		rest = "/" + rest
	}
	r.Target, r.Host = rest, authority
	return nil
}

// setHost holds that there is one Host, and takes it unless the target says better: RFC 9112, 3.2.
func (r *Request) setHost(host string, count int) error {
	switch {
	case count > 1:
		return refuse(400, "There is more than one Host header.")
	case count == 0 && r.Minor > 0:
		return refuse(400, "The Host header is missing.")
	case count == 1 && !validHost(host):
		return refuse(400, "The Host header is not a host with an optional port.")
	}
	if r.Host == "" {
		r.Host = host
	}
	return nil
}

// expect takes the one expectation there is: RFC 9110, 10.1.1.
func (r *Request) expect(value string) error {
	if r.Minor == 0 {
		return nil // which says that it is to be ignored
	}
	if !fold(value, "100-continue") {
		return refuse(417, "The only expectation that is met is 100-continue.")
	}
	r.Expect = true
	return nil
}

func (r *Request) setFraming(f *framing) error {
	switch {
	case f.coded && r.Minor == 0:
		return refuse(400, "HTTP/1.0 has no Transfer-Encoding.")
	case f.coded && f.length >= 0:
		return refuse(400, "There is a Content-Length beside a Transfer-Encoding.")
	case f.chunked:
		r.Length = -1
	case f.length > 0:
		r.Length = f.length
	}
	if r.Length == 0 {
		r.Expect = false // there is no body to wait for
	}
	if r.Method == "TRACE" && r.Length != 0 {
		return refuse(400, "TRACE has no body.")
	}
	r.Close = f.close || r.Minor == 0 && !f.keep
	if f.upgrade && r.Minor > 0 {
		r.Proto = f.proto
	}
	return nil
}
