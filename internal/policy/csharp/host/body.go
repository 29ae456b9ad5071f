package host

import (
	"errors"
	"strings"

	"portico/internal/policy/csharp/json"
	"portico/internal/policy/csharp/text"
	"portico/internal/policy/csharp/value"
	"portico/internal/policy/csharp/xml"
)

// ErrConsumed says that a body was read already without preserveContent.
var ErrConsumed = errors.New("the body was read already; read it with preserveContent: true where it is needed again")

// maxBody is the largest body that As<T> reads, in bytes; the memory budget may stop it before.
const maxBody = 64 << 20

// body is a Body as an expression sees it.
type body struct{ Body }

func (body) Type() *value.Type { return bodyType }

// read gives the bytes and charges for them.
func (b body) read(r *run, preserve bool) []byte {
	data, err := b.Read(maxBody, preserve)
	if err != nil {
		t := value.ExInvalidOp
		if !errors.Is(err, ErrConsumed) {
			t = value.ExIO
		}
		r.Throw(t, "%s", err.Error())
	}
	r.Spend(len(data))
	return data
}

// as makes the As<T> of one type.
func as(in value.Inst) value.Native {
	t := in.Args[0]
	return func(r *run, a []val) val {
		b, _ := a[0].R.(body)
		data := b.read(r, len(a) > 1 && a[1].Bool())
		if t == value.ByteArray {
			r.Spend(len(data))
			return value.ByteSlice(append([]byte(nil), data...))
		}
		r.Spend(len(data))
		s := strings.TrimPrefix(text.Valid(string(data)), "\uFEFF")
		switch t {
		case value.String, value.Obj:
			return value.Str(s)
		case json.TokenType, json.ObjectType, json.ArrayType:
			if strings.TrimSpace(s) == "" {
				return value.Null
			}
			tok := json.Parse(r, s)
			if !value.Derives(tok.Type(), t) {
				r.Throw(value.ExJSONReader, "Error reading %s from JsonReader. Current JsonReader item is not %s.", t.Name, map[*value.Type]string{json.ObjectType: "an object", json.ArrayType: "an array"}[t])
			}
			return value.Ref(tok)
		}
		if v, ok := xml.As(r, s, t); ok {
			return v
		}
		r.Throw(value.ExNotSupported, "The body cannot be read as '%s'; the types are string, byte[], JObject, JToken, JArray, XNode, XElement and XDocument.", t.String())
		return value.Null
	}
}

func declareBody(l *value.Library) {
	l.Add(bodyType).
		Gen("T As<T>()", as).
		Gen("T As<T>(bool preserveContent)", as).
		Def("IReadOnlyDictionary<string, string[]> AsFormUrlEncodedContent(bool preserveContent = false)", func(r *run, a []val) val {
			b, _ := a[0].R.(body)
			return value.Ref(&lists{parsePairs(r, text.Valid(string(b.read(r, a[1].Bool()))))})
		})
}
