package http1

import (
	"bytes"
	"fmt"
	"strings"
)

// Field is one line of a head or trailer. Its name is as it was written.
type Field struct{ Name, Value string }

// Limits bound what is read of a message before its body.
type Limits struct {
	Line   int // bytes of the first line
	Head   int // bytes of the head with its first line, and of a trailer section
	Fields int // lines after the first, and of a trailer section
}

// Refusal says why a message is not taken.
type Refusal struct {
	Status  int // that a client is answered with
	Message string
}

func (r *Refusal) Error() string { return r.Message }

func refuse(status int, format string, args ...any) error {
	return &Refusal{Status: status, Message: fmt.Sprintf(format, args...)}
}

// scan is how far the end of a head was looked for.
type scan struct {
	line  int // where the line begins that is not complete yet
	seen  int // bytes that were looked at
	lines int // complete ones that are not empty
	skip  int // bytes of the empty line before a request
}

// find looks for the end of a head in b, which grows from call to call. It
// returns 0 while it is not there. Lines end with CR and LF, nothing else.
func (s *scan) find(b []byte, l *Limits) (end int, err error) {
	for {
		i := bytes.IndexByte(b[s.seen:], '\n')
		if i < 0 {
			s.seen = len(b)
			return 0, s.within(len(b), l)
		}
		lf := s.seen + i
		s.seen = lf + 1
		if lf == s.line || b[lf-1] != '\r' {
			return 0, refuse(400, "A line of the head ends with a line feed alone.")
		}
		if err := s.within(lf, l); err != nil {
			return 0, err
		}
		empty := lf-1 == s.line
		s.line = lf + 1
		switch {
		case !empty:
			if s.lines++; s.lines > l.Fields+1 {
				return 0, refuse(431, "The head has more than %d header lines.", l.Fields)
			}
		case s.lines > 0:
			return lf + 1, nil
		case s.skip > 0:
			return 0, refuse(400, "More than one empty line stands before the request.")
		default:
			s.skip = lf + 1 // RFC 9112, 2.2: one is ignored
		}
	}
}

// within holds the limits of a head that is read up to n.
func (s *scan) within(n int, l *Limits) error {
	switch {
	case s.lines == 0 && n-s.line > l.Line:
		return refuse(414, "The request line is longer than %d bytes.", l.Line)
	case n-s.skip > l.Head:
		return refuse(431, "The head is longer than %d bytes.", l.Head)
	}
	return nil
}

// cutLine takes a line off a head whose lines are known to end with CR and LF.
func cutLine(head string) (line, rest string) {
	i := strings.IndexByte(head, '\n')
	return head[:i-1], head[i+1:]
}

// cutField takes a header line apart.
func cutField(line string) (name, value string, err error) {
	if line[0] == ' ' || line[0] == '\t' {
		return "", "", refuse(400, "A header line begins with white space: it is folded, or the line before it is missing.")
	}
	i := 0
	for i < len(line) && classes[line[i]]&tokenByte != 0 {
		i++
	}
	switch {
	case i == len(line):
		return "", "", refuse(400, "A header line has no colon.")
	case line[i] != ':':
		return "", "", refuse(400, "A header's name holds the byte 0x%02X.", line[i])
	case i == 0:
		return "", "", refuse(400, "A header has no name.")
	}
	name, value = line[:i], trim(line[i+1:])
	for i := range len(value) {
		if classes[value[i]]&valueByte == 0 {
			return "", "", refuse(400, "The value of the header %s holds the byte 0x%02X.", name, value[i])
		}
	}
	return name, value, nil
}

// framing is what the headers of a message say about its body and connection.
type framing struct {
	length  int64 // of Content-Length; -1 without one
	chunked bool
	coded   bool   // there is a Transfer-Encoding
	close   bool   // Connection: close
	keep    bool   // Connection: keep-alive
	upgrade bool   // Connection: upgrade
	proto   string // of Upgrade
	named   bool   // a Connection names headers of its own
}

// lines reads the header lines of a head up to its empty line, and appends them
// to fields. Of those that are not ordinary, special says whether they stay. What
// Connection names goes.
func (f *framing) lines(rest string, fields []Field, special func(kind known, name, value string) (stays bool, err error)) ([]Field, error) {
	var line string
	var connections []string // that name headers of their own
	for {
		if line, rest = cutLine(rest); line == "" {
			return dropNamed(fields, connections), nil
		}
		name, value, err := cutField(line)
		if err != nil {
			return fields, err
		}
		f.named = false
		kind, err := f.field(name, value)
		if err != nil {
			return fields, err
		}
		if f.named {
			connections = append(connections, value)
		}
		stays := kind == ordinary
		if !stays {
			if stays, err = special(kind, name, value); err != nil {
				return fields, err
			}
		}
		if stays {
			fields = append(fields, Field{name, value})
		}
	}
}

// known says what a header means for the framing; known headers are short and few.
type known uint8

const (
	ordinary known = iota
	isHost
	isExpect
	hopByHop // belongs to this connection only: RFC 9110, 7.6.1
)

// field reads one header into the framing, if it has a say in it.
func (f *framing) field(name, value string) (known, error) {
	switch len(name) {
	case 2:
		if fold(name, "te") {
			return hopByHop, nil
		}
	case 4:
		if fold(name, "host") {
			return isHost, nil
		}
	case 6:
		if fold(name, "expect") {
			return isExpect, nil
		}
	case 7:
		switch {
		case fold(name, "upgrade"):
			if f.proto != "" {
				value = f.proto + ", " + value
			}
			f.proto = value
			return hopByHop, nil
		case fold(name, "trailer"):
			return hopByHop, nil
		}
	case 10:
		switch {
		case fold(name, "connection"):
			return hopByHop, f.connection(value)
		case fold(name, "keep-alive"):
			return hopByHop, nil
		}
	case 14:
		if fold(name, "content-length") {
			return ordinary, f.contentLength(value)
		}
	case 14 + 2:
		if fold(name, "proxy-connection") {
			return hopByHop, nil
		}
	case 17:
		if fold(name, "transfer-encoding") {
			return hopByHop, f.transferEncoding(value)
		}
	case 18:
		if fold(name, "proxy-authenticate") {
			return hopByHop, nil
		}
	case 19:
		if fold(name, "proxy-authorization") {
			return hopByHop, nil
		}
	}
	return ordinary, nil
}

func (f *framing) connection(value string) error {
	for option := range strings.SplitSeq(value, ",") {
		switch option = trim(option); {
		case option == "":
		case fold(option, "close"):
			f.close = true
		case fold(option, "keep-alive"):
			f.keep = true
		case fold(option, "upgrade"):
			f.upgrade = true
		case !IsToken(option):
			return refuse(400, "The Connection header holds something that is no header's name.")
		default:
			f.named = true
		}
	}
	return nil
}

// maxLengthDigits keeps a Content-Length far from what a number can hold.
const maxLengthDigits = 18

// contentLength takes the one Content-Length that a message may have: RFC 9112, 6.3.
func (f *framing) contentLength(value string) error {
	switch {
	case f.length >= 0:
		return refuse(400, "There is more than one Content-Length.")
	case value == "" || !all(value, digitByte):
		return refuse(400, "Content-Length is not a number.")
	case len(value) > maxLengthDigits:
		return refuse(413, "Content-Length has more than %d digits.", maxLengthDigits)
	}
	f.length = 0
	for i := range len(value) {
		f.length = 10*f.length + int64(value[i]-'0')
	}
	return nil
}

// transferEncoding takes the one coding that is understood: RFC 9112, 6.1 and 7.
func (f *framing) transferEncoding(value string) error {
	if f.coded {
		return refuse(400, "There is more than one Transfer-Encoding.")
	}
	f.coded = true
	if fold(value, "chunked") {
		f.chunked = true
		return nil
	}
	last := value[strings.LastIndexByte(value, ',')+1:]
	if !fold(trim(last), "chunked") {
		return refuse(400, "The last Transfer-Encoding is not chunked, so that the end of the body is unknown.")
	}
	for coding := range strings.SplitSeq(value[:len(value)-len(last)], ",") {
		if fold(trim(coding), "chunked") {
			return refuse(400, "The Transfer-Encoding is chunked twice.")
		}
	}
	return refuse(501, "A Transfer-Encoding other than chunked is not understood.")
}

// dropNamed removes the fields that the values of Connection name. What a
// message needs to be understood cannot be removed that way.
func dropNamed(fields []Field, connection []string) []Field {
	for _, value := range connection {
		for name := range strings.SplitSeq(value, ",") {
			if name = trim(name); fold(name, "content-length") {
				continue
			}
			kept := fields[:0]
			for _, f := range fields {
				if !strings.EqualFold(f.Name, name) {
					kept = append(kept, f)
				}
			}
			fields = kept
		}
	}
	return fields
}
