package mail

import (
	"html"
	"strings"

	xhtml "golang.org/x/net/html"
)

// Rendered is a message as it is sent.
type Rendered struct {
	Subject string `json:"subject"`
	Body    string `json:"body"` // HTML
	Text    string `json:"text"` // the same for readers without HTML
}

// Render puts values in place of a template's parameters: as text in the
// subject, which stays one line, and escaped in the body. A parameter without a
// value is left empty.
func Render(t Template, values map[string]string) Rendered {
	r := Rendered{
		Subject: oneLine(each(t.Subject, func(name string) string { return values[name] })),
		Body:    each(t.Body, func(name string) string { return html.EscapeString(values[name]) }),
	}
	r.Text = plainText(r.Body)
	return r
}

// Samples are values for a preview: each parameter's title in brackets.
func Samples(t Template) map[string]string {
	values := map[string]string{}
	for _, p := range t.Parameters {
		values[p.Name] = "[" + p.Title + "]"
	}
	return values
}

// oneLine joins lines and drops control characters: what ends a line would end the header.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 }), " ")
}

// blocks end a line of text where they begin or end.
var blocks = map[string]bool{
	"p": true, "br": true, "div": true, "li": true, "ul": true, "ol": true, "tr": true, "table": true, "blockquote": true,
	"h1": true, "h2": true, "h3": true, "h4": true, "h5": true, "h6": true, "hr": true, "pre": true,
}

// plainText is the text of a body; the address of a link follows its text.
func plainText(body string) string {
	var b strings.Builder
	link, hidden := "", false
	z := xhtml.NewTokenizer(strings.NewReader(body))
	for {
		kind := z.Next()
		if kind == xhtml.ErrorToken {
			break
		}
		t := z.Token()
		switch {
		case kind == xhtml.TextToken && !hidden:
			b.WriteString(strings.NewReplacer("\r", " ", "\n", " ").Replace(t.Data))
		case t.Data == "style" || t.Data == "script" || t.Data == "title":
			hidden = kind == xhtml.StartTagToken
		case t.Data == "a" && kind == xhtml.StartTagToken:
			link = attribute(t, "href")
			b.WriteByte(' ')
		case t.Data == "a" && kind == xhtml.EndTagToken:
			if link != "" && !strings.HasSuffix(b.String(), link) {
				b.WriteString(" (" + link + ")")
			}
			link = ""
		case blocks[t.Data]:
			b.WriteByte('\n')
		}
	}
	return tidy(b.String())
}

func attribute(t xhtml.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// tidy trims lines and keeps at most one that is empty between two.
func tidy(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.Join(strings.Fields(line), " ")
		if line != "" || len(lines) > 0 && lines[len(lines)-1] != "" {
			lines = append(lines, line)
		}
	}
	return strings.TrimSpace(strings.Join(lines, "\n")) + "\n"
}
