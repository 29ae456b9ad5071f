package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"unicode/utf8"

	"portico/internal/fault"
)

// maxDepth is how deep a document may nest. No body of ours needs more.
const maxDepth = 64

// Codes of the two ways in which a body is refused before its meaning is looked at.
const (
	CodeInvalidContent = "InvalidRequestContent" // not JSON
	CodeValidation     = "ValidationError"       // a member of the wrong type
)

// ReadBody reads the whole body. An error is a fault for the client.
func ReadBody(r *http.Request) ([]byte, error) {
	b, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, TooLarge(tooLarge.Limit)
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Cancelled, "The request's body ended before it was whole.")
	}
	return b, nil
}

// DecodeJSON reads the body into v as UnmarshalJSON does.
func DecodeJSON(r *http.Request, v any) error {
	b, err := ReadBody(r)
	if err != nil {
		return err
	}
	return UnmarshalJSON(b, v)
}

// UnmarshalJSON is json.Unmarshal for what a client sent: one document of
// UTF-8, no member twice (also not in another case, for which encoding/json
// looks too), nothing after its end. Unknown members are ignored. An error is a
// fault for the client that says where.
func UnmarshalJSON(b []byte, v any) error {
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	if !utf8.Valid(b) {
		return fault.Coded(fault.Invalid, CodeInvalidContent, "The request's body is not UTF-8 text.")
	}
	if err := checkJSON(b); err != nil {
		return err
	}
	err := json.Unmarshal(b, v)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fault.Coded(fault.Invalid, CodeValidation, "One or more fields contain incorrect values:").
			With(CodeValidation, wrong.Field, "%s must be %s and is a JSON %s.", field(wrong.Field), expected(wrong.Type), wrong.Value)
	}
	if err != nil {
		return fault.Coded(fault.Invalid, CodeInvalidContent, "The request's body does not fit: %v.", err)
	}
	return nil
}

func field(name string) string {
	if name == "" {
		return "The value"
	}
	return "The value of " + name
}

// expected names in JSON's terms what a Go type takes.
func expected(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Float32, reflect.Float64:
		return "a number"
	default:
		return "a whole number"
	}
}

// checkJSON refuses what is not one JSON document, and walks its tokens to find
// what encoding/json accepts: a member twice.
func checkJSON(b []byte) error {
	if len(bytes.TrimSpace(b)) == 0 {
		return fault.Coded(fault.Invalid, CodeInvalidContent, "The request's body is empty; it must be a JSON document.")
	}
	var whole json.RawMessage
	var syntax *json.SyntaxError
	if err := json.Unmarshal(b, &whole); errors.As(err, &syntax) {
		return fault.Coded(fault.Invalid, CodeInvalidContent, "The request's body is not JSON: %v, at %s.", err, position(b, syntax.Offset))
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var open []map[string]bool // the members of each object that is open; nil for an array
	name := false              // a string that comes now is a member's name
	for {
		token, err := d.Token()
		if err != nil { // the end
			return nil
		}
		text, isText := token.(string)
		switch {
		case token == json.Delim('{'):
			open = append(open, map[string]bool{})
		case token == json.Delim('['):
			open = append(open, nil)
		case token == json.Delim('}'), token == json.Delim(']'):
			open = open[:len(open)-1]
		case isText && name && open[len(open)-1] != nil:
			members, folded := open[len(open)-1], strings.ToLower(text)
			if members[folded] {
				return fault.Coded(fault.Invalid, CodeInvalidContent, "The request's body has the member %q twice in one object, at %s.", text, position(b, d.InputOffset()))
			}
			members[folded] = true
			name = false
			continue
		}
		if len(open) > maxDepth {
			return fault.Coded(fault.Invalid, CodeInvalidContent, "The request's body nests deeper than %d levels.", maxDepth)
		}
		name = len(open) > 0
	}
}

// position turns an offset into a place that a person finds in an editor.
func position(b []byte, offset int64) string {
	before := b[:min(max(offset, 0), int64(len(b)))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	return fmt.Sprintf("line %d, column %d", line, max(column, 1))
}

// WriteJSON sends v with a status. Nothing follows the document, not even a newline.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(bytes.TrimSuffix(buf.Bytes(), []byte("\n"))) // a client that is gone needs no answer
	return nil
}
