package csharp

import (
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"

	"portico/internal/policy/csharp/text"
	"portico/internal/policy/csharp/value"
)

// show writes a result as oracle/harness.cs does.
func show(r *value.Run, v value.Value) string {
	switch o := v.R.(type) {
	case nil:
		return "null"
	case *value.Bytes:
		var parts []string
		for _, b := range o.B {
			parts = append(parts, strings.ToUpper(hex.EncodeToString([]byte{b})))
		}
		return strings.Join(parts, "-")
	case value.Iterable:
		ns := v.R.Type().Namespace
		if !strings.HasPrefix(ns, "Newtonsoft") && ns != "System.Xml.Linq" {
			var parts []string
			it := o.Iter(r)
			for x, ok := it.Next(r); ok; x, ok = it.Next(r) {
				parts = append(parts, show(r, x))
			}
			return "[" + strings.Join(parts, "|") + "]"
		}
	}
	return value.Text(r, v)
}

// quote escapes what is not printable ASCII.
func quote(s string) string {
	var b strings.Builder
	for _, c := range text.Units(s) {
		switch {
		case c == '\\':
			b.WriteString(`\\`)
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, "\\u%04x", c)
		default:
			b.WriteByte(byte(c))
		}
	}
	return b.String()
}

// answer evaluates a row and writes the outcome as the file has it.
func answer(src string) (out string) {
	p, err := Compile(src)
	if err != nil {
		return "does not compile: " + err.Error()
	}
	v, err := p.Run(&Env{})
	if err != nil {
		return "throws\t" + err.(*Error).Type
	}
	defer func() {
		if t, ok := recover().(*value.Thrown); ok {
			out = "throws\t" + t.E.T.FullName()
		}
	}()
	var r value.Run
	r.Start(nil, nil, Limits{})
	name := "null"
	if v.R != nil {
		t := v.R.Type()
		name = t.Name
		if t.Kind == value.KArray {
			name = t.Elem().Name + "[]"
		}
	}
	return name + "\t" + quote(show(&r, v))
}

// comparable tells whether the name of a type is the same on both sides: the
// classes behind sequences and anonymous objects are each implementation's own.
func comparableName(name string) bool {
	return name != "" && !strings.ContainsAny(name, "`<>") && name != "IEnumerable" && name != "List" && name != "Dictionary"
}

// TestConformance compares every row with what mono answered (see package oracle).
func TestConformance(t *testing.T) {
	data, err := os.ReadFile("testdata/conformance.tsv")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for n, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		src, want, ok := strings.Cut(line, "\t")
		if !ok {
			t.Errorf("line %d has no answer", n+1)
			continue
		}
		rows++
		got := answer(src)
		wantName, wantText, _ := strings.Cut(want, "\t")
		gotName, gotText, _ := strings.Cut(got, "\t")
		if gotText != wantText || gotName != wantName && comparableName(gotName) && comparableName(wantName) || (gotName == "throws") != (wantName == "throws") {
			t.Errorf("line %d: %s\n got %s\nwant %s", n+1, src, got, want)
		}
	}
	if rows < 400 {
		t.Errorf("only %d rows", rows)
	}
}
