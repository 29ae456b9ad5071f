package jsonwire

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
)

// readAny reads a value with Reader as encoding/json's Decoder with UseNumber would.
func readAny(r *Reader) any {
	switch r.Peek() {
	case Object:
		m := map[string]any{}
		for r.Enter(); r.More(); {
			k := r.Key()
			m[k] = readAny(r)
		}
		return m
	case Array:
		a := []any{}
		for r.Enter(); r.More(); {
			a = append(a, readAny(r))
		}
		return a
	case String:
		return r.Str()
	case Number:
		return json.Number(r.Token())
	default:
		switch r.Token() {
		case "true":
			return true
		case "false":
			return false
		}
		return nil
	}
}

// FuzzReader holds the reader to encoding/json: the same texts accepted, the same values read.
func FuzzReader(f *testing.F) {
	for _, s := range []string{
		`{"Inputs": {"input1": {"ColumnNames": ["Col2"], "Values": [["This is a good day"]]}}, "GlobalParameters": {}}`,
		`{"Inputs":{"input1":[{"a":1,"b":null},{"a":-1.5e+7,"b":true}]}}`,
		`[[],{},"",0,-0,0.0,1E9,1e-9,true,false,null]`, " \t\r\n1 \n", `"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\ud83d\ud83dx\udc00"`,
		"\"\xff\xc3\xa9\xed\xa0\x80\"", "\"a\\n\xff\"", `NaN`, `[NaN]`, `-Infinity`, `01`, `1.`, `.5`, `1e`, `"`, `"\`, `"\u12`, `"\x"`, "\"\x01\"",
		`{"a":1,"a":2}`, `{"a" 1}`, `{"a":1,}`, `[1,]`, `[1 2]`, `{`, `[`, ``, ` `, `nul`, `truex`, `{}x`, `[[[[1]]]]`, `{"a":{"b":[{"c":"d"}]}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		s := string(in)
		err := Check(s)
		if valid := json.Valid(in); valid != (err == nil) {
			t.Fatalf("Check(%q) = %v, json.Valid = %v", s, err, valid)
		}
		if err != nil {
			return
		}
		d := json.NewDecoder(bytes.NewReader(in))
		d.UseNumber()
		var want any
		if err := d.Decode(&want); err != nil {
			t.Fatal(err)
		}
		r := NewReader(s)
		if got := readAny(&r); !reflect.DeepEqual(got, want) {
			t.Errorf("read %q: %#v, want %#v", s, got, want)
		}
		end := r.Offset()
		r = NewReader(s)
		if r.Skip(); r.Offset() != end {
			t.Errorf("skip of %q stops at %d, want %d", s, r.Offset(), end)
		}
	})
}

func TestDepth(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for _, n := range []int{maxDepth, maxDepth + 1} {
		s := nested(n)
		if got, want := Check(s) == nil, json.Valid([]byte(s)); got != want {
			t.Errorf("%d levels: accepted %v, encoding/json %v", n, got, want)
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{``, "at byte 0: the text is empty"},
		{`{"a":1`, "at byte 6: the text ends in the middle of a JSON value"},
		{`{"a":NaN}`, `at byte 5: NaN is not JSON; send null for a missing value, or the string "NaN"`},
		{`[-Infinity]`, `at byte 2: -Infinity is not JSON; send the string "-Infinity"`},
		{`{'a':1}`, "at byte 1: a member's name in double quotes is expected here"},
		{`{"a":'b'}`, `at byte 5: '\'' cannot begin a value`},
		{`{"a":1}}`, "at byte 7: there is more after the end of the JSON value"},
		{"[\"a\nb\"]", "at byte 3: a string holds the control character 0x0a; write it as an escape"},
	} {
		if err := Check(c.in); err == nil || err.Error() != c.want {
			t.Errorf("%q: %v, want %s", c.in, err, c.want)
		}
	}
}

func TestWriter(t *testing.T) {
	var w Writer
	w.Object().Key("a").Strs("x", `q"\`).Key("b").Object().End().Key("c").Array().Num(1.5).Bool(true).Raw("null").EndArray().
		Key("d").Str(":{").Key("e").Num(math.Inf(1)).End()
	const want = `{"a":["x","q\"\\"],"b":{},"c":[1.5,true,null],"d":":{","e":null}`
	if got := string(w.Bytes()); got != want || !json.Valid(w.Bytes()) {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// FuzzAppendString reads back what was written, and holds it to what encoding/json makes of it.
func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "This is a good day", "\"\\/\b\f\n\r\t\x00\x1f\x7f", "é😀\u2028", "\xff\xc3(\xed\xa0\x80"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := AppendString(nil, s)
		var got string
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatalf("%q: %v", out, err)
		}
		if want := validUTF8(s); got != want {
			t.Errorf("%q was read back as %q", want, got)
		}
	})
}
