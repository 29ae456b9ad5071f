package apidoc

import (
	"embed"
	"fmt"
	"strings"
	"text/template"
	"unicode"
	"unicode/utf8"

	"portico/internal/webservice"
)

//go:embed samples/*.tmpl
var sampleFiles embed.FS

// Language is one that sample programs are in.
type Language struct {
	ID   string // the end of the sample's anchor, "code-snippet-" + ID
	Name string
	ext  string // of its templates
}

// Languages lists the languages in the order of the page. R stands last: its
// client takes everything after the anchor for the program.
func Languages() []Language {
	return []Language{{"csharp", "C#", "cs"}, {"python", "Python", "py"}, {"r", "R", "R"}}
}

// sampleData is what the templates are filled with.
type sampleData struct {
	URL        string
	Inputs     []sampleInput
	Outputs    []sampleOutput
	Parameters []sampleParameter
}

type sampleInput struct {
	Name    string
	Blob    string // where a job finds it
	Columns []string
	Rows    [][]example
}

type sampleOutput struct{ Name, Blob string }

type sampleParameter struct {
	Name  string
	Value example
}

// Sample gives a complete program for a page, Score or Jobs: it calls an endpoint, with placeholders for keys.
func Sample(l *webservice.Live, p Page, lang Language) (string, error) {
	file := string(p) + "." + lang.ext + ".tmpl"
	t, err := template.New(file).Funcs(template.FuncMap{"quote": quote, "cell": cell}).ParseFS(sampleFiles, "samples/"+file)
	if err != nil {
		return "", err
	}
	d := sampleData{URL: l.APILocation + map[Page]string{Score: executeQuery, Jobs: "/jobs"}[p]}
	for _, in := range l.Plan.Inputs {
		names := make([]string, len(in.Fields))
		for i, f := range in.Fields {
			names[i] = f.Name
		}
		d.Inputs = append(d.Inputs, sampleInput{in.Name, blobName(in.Name), names, exampleRows(in, l.SampleDataEnabled)})
	}
	for _, out := range l.Plan.Outputs {
		d.Outputs = append(d.Outputs, sampleOutput{out.Name, blobName(out.Name)})
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

// blobName is a name for the file of an input or output.
func blobName(port string) string {
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-') {
			return r
		}
		return '_'
	}, port) + ".csv"
}

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
