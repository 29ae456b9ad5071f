package apidoc

import (
	"embed"
	"fmt"
	"strings"
	"text/template"
	"unicode/utf8"

	"portico/internal/webservice"
)

//go:embed samples/*.tmpl
var sampleFiles embed.FS

// Language is one that sample programs are in.
type Language struct {
	ID   string // the end of the sample's anchor, "code-snippet-" + ID
	Name string
	file string
}

// Languages lists the languages in the order of the page. R stands last: its
// client takes everything after the anchor for the program.
func Languages() []Language {
	return []Language{{"csharp", "C#", "score.cs.tmpl"}, {"python", "Python", "score.py.tmpl"}, {"r", "R", "score.R.tmpl"}}
}

// sampleData is what the templates are filled with.
type sampleData struct {
	URL        string
	Inputs     []sampleInput
	Parameters []sampleParameter
}

type sampleInput struct {
	Name    string
	Columns []string
	Rows    [][]example
}

type sampleParameter struct {
	Name  string
	Value example
}

// Sample gives a complete program that calls an endpoint, with a placeholder for the key.
func Sample(l *webservice.Live, lang Language) (string, error) {
	t, err := template.New(lang.file).Funcs(template.FuncMap{"quote": quote, "cell": cell}).ParseFS(sampleFiles, "samples/"+lang.file)
	if err != nil {
		return "", err
	}
	d := sampleData{URL: l.APILocation + executeQuery}
	for _, in := range l.Plan.Inputs {
		names := make([]string, len(in.Fields))
		for i, f := range in.Fields {
			names[i] = f.Name
		}
		d.Inputs = append(d.Inputs, sampleInput{in.Name, names, exampleRows(in, l.SampleDataEnabled)})
	}
	for _, q := range l.Plan.Parameters {
		d.Parameters = append(d.Parameters, sampleParameter{q.Name, parameterExample(&q)})
	}
	var b strings.Builder
	if err := t.Execute(&b, d); err != nil {
		return "", fmt.Errorf("sample in %s: %w", lang.Name, err)
	}
	return b.String(), nil
}

const executeQuery = "/execute?api-version=2.0&details=true"

// cell writes a value in a program; null is the language's word for none.
func cell(e example, null string) string {
	if e.null {
		return null
	}
	return quote(e.text)
}

// quote writes a string literal that C#, Python and R read alike: ASCII only,
// with the escapes that all three have.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == 0: // R has no strings with NUL
		case c < ' ' || c >= utf8.RuneSelf && c <= 0xffff || c == 0x7f:
			fmt.Fprintf(&b, `\u%04x`, c)
		case c >= utf8.RuneSelf:
			fmt.Fprintf(&b, `\U%08x`, c)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
