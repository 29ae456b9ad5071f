package caching

import (
	"encoding/binary"
	"fmt"
	"math"

	"portico/internal/policy"
	"portico/internal/policy/csharp"
	"portico/internal/policy/csharp/host"
	"portico/internal/policy/csharp/json"
	"portico/internal/policy/csharp/value"
)

// recordWriter writes what is kept in a cache: numbers as varints, texts with
// their length before them.
type recordWriter struct{ b []byte }

func (w *recordWriter) number(n int64) { w.b = binary.AppendVarint(w.b, n) }

func (w *recordWriter) text(s string) {
	w.number(int64(len(s)))
	w.b = append(w.b, s...)
}

func (w *recordWriter) headers(h policy.Headers) {
	w.number(int64(len(h)))
	for _, line := range h {
		w.text(line.Name)
		w.text(line.Value)
	}
}

// recordReader reads what recordWriter wrote; bad tells that it was something else.
type recordReader struct {
	b   []byte
	bad bool
}

func (r *recordReader) number() int64 {
	n, size := binary.Varint(r.b)
	if size <= 0 {
		r.b, r.bad = nil, true
		return 0
	}
	r.b = r.b[size:]
	return n
}

func (r *recordReader) text() string {
	n := r.number()
	if n < 0 || n > int64(len(r.b)) {
		r.b, r.bad = nil, true
		return ""
	}
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (r *recordReader) headers() policy.Headers {
	n := r.number()
	if n < 0 || n > int64(len(r.b)) {
		r.b, r.bad = nil, true
		return nil
	}
	h := make(policy.Headers, 0, n)
	for range n {
		h = append(h, policy.Header{Name: r.text(), Value: r.text()})
	}
	return h
}

// The kinds of values that are kept. A value of another type is kept as its text.
const (
	storedNil byte = iota
	storedText
	storedBytes
	storedBool
	storedInt  // an int of C#
	storedLong // a long of C#
	storedFloat
	storedResponse
	storedToken
	storedObject // a JObject, as its JSON
)

// storedForm is a value as a cache keeps it.
func storedForm(value any) ([]byte, error) {
	w := recordWriter{}
	switch v := value.(type) {
	case nil:
		w.b = []byte{storedNil}
	case string:
		w.b = append([]byte{storedText}, v...)
	case []byte:
		w.b = append([]byte{storedBytes}, v...)
	case bool:
		w.b = []byte{storedBool, 0}
		if v {
			w.b[1] = 1
		}
	case int:
		w.b = []byte{storedInt}
		w.number(int64(v))
	case int64:
		w.b = []byte{storedLong}
		w.number(v)
	case float64:
		w.b = binary.BigEndian.AppendUint64([]byte{storedFloat}, math.Float64bits(v))
	case *policy.Response:
		body, err := v.Body.Bytes(policy.MaxAnswer)
		if err != nil {
			return nil, err
		}
		w.b = []byte{storedResponse}
		w.number(int64(v.Status))
		w.text(v.Reason)
		w.headers(v.Headers)
		w.b = append(w.b, body...)
	case csharp.Value:
		return storedResult(v)
	default:
		w.b = append([]byte{storedText}, fmt.Sprint(v)...)
	}
	return w.b, nil
}

// storedResult is storedForm for what an expression made.
func storedResult(v csharp.Value) ([]byte, error) {
	text, _ := csharp.AsString(v)
	switch r := v.R.(type) {
	case nil:
		return storedForm(nil)
	case *value.Bytes:
		return storedForm(r.B)
	case *host.Jwt:
		return append([]byte{storedToken}, r.Raw()...), nil
	case *json.Obj:
		return append([]byte{storedObject}, text...), nil
	}
	switch v.R {
	case value.Object(value.Boolean):
		return storedForm(v.N != 0)
	case value.Object(value.Int32):
		return storedForm(int(v.N))
	case value.Object(value.Int64):
		return storedForm(v.N)
	}
	return storedForm(text)
}

// fromStoredForm gives the value that storedForm kept; ok is false for anything else.
func fromStoredForm(b []byte) (value any, ok bool) {
	if len(b) == 0 {
		return nil, false
	}
	r := recordReader{b: b[1:]}
	switch b[0] {
	case storedNil:
		return nil, true
	case storedText:
		return string(r.b), true
	case storedBytes:
		return append([]byte(nil), r.b...), true
	case storedBool:
		return len(r.b) == 1 && r.b[0] == 1, len(r.b) == 1
	case storedInt:
		n := r.number()
		return int(n), !r.bad
	case storedLong:
		n := r.number()
		return n, !r.bad
	case storedToken:
		return policy.JWT(string(r.b)), true
	case storedObject:
		return objectOf(string(r.b))
	case storedFloat:
		if len(r.b) != 8 {
			return nil, false
		}
		return math.Float64frombits(binary.BigEndian.Uint64(r.b)), true
	case storedResponse:
		res := &policy.Response{Status: int(r.number()), Reason: r.text(), Headers: r.headers()}
		res.Body = policy.BytesBody(r.b)
		return res, !r.bad
	}
	return nil, false
}

// objectOf reads a JObject.
func objectOf(text string) (any, bool) {
	var run value.Run
	run.Start(nil, nil, value.Limits{})
	o, ok := json.TryObject(&run, text)
	return value.Ref(o), ok
}
