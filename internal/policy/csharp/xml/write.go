package xml

import (
	"strconv"
	"strings"

	"portico/internal/policy/csharp/text"
	"portico/internal/policy/csharp/value"
)

// writer writes XML as XNode.ToString does.
type writer struct {
	r      *run
	b      []byte
	indent bool
	spent  int
}

// prefixes is what is declared around an element: prefix → URI.
type prefixes struct {
	up    *prefixes
	names map[string]string
}

func (p *prefixes) find(prefix string) string {
	for ; p != nil; p = p.up {
		if u, ok := p.names[prefix]; ok {
			return u
		}
	}
	return ""
}

// prefixOf finds a prefix that still stands for uri.
func (p *prefixes) prefixOf(uri string, attribute bool) (string, bool) {
	for s := p; s != nil; s = s.up {
		for name, u := range s.names {
			if u == uri && (!attribute || name != "") && p.find(name) == uri {
				return name, true
			}
		}
	}
	return "", false
}

func write(r *run, n *node, indent bool) string {
	w := &writer{r: r, indent: indent}
	w.node(n, 0, nil)
	r.Spend(len(w.b) - w.spent)
	return string(w.b)
}

func (w *writer) charge() {
	if n := len(w.b) - w.spent; n > 1<<12 {
		w.r.Spend(n)
		w.spent = len(w.b)
	}
}

func (w *writer) line(depth int) {
	w.b = append(w.b, '\n')
	for range depth {
		w.b = append(w.b, ' ', ' ')
	}
}

func (w *writer) node(n *node, depth int, ns *prefixes) {
	w.r.Enter()
	defer w.r.Leave()
	w.r.Step(1)
	w.charge()
	switch n.t {
	case documentType:
		for i, c := range n.kids {
			if i > 0 && w.indent {
				w.line(0)
			}
			w.node(c, depth, ns)
		}
	case textType:
		w.escape(n.text, false)
	case cdataType:
		w.b = append(w.b, "<![CDATA["+strings.ReplaceAll(n.text, "]]>", "]]]]><![CDATA[>")+"]]>"...)
	case commentType:
		w.b = append(w.b, "<!--"+n.text+"-->"...)
	case piType:
		w.b = append(w.b, strings.TrimRight("<?"+n.name.local+" "+n.text, " ")+"?>"...)
	case elementType:
		w.element(n, depth, ns)
	}
}

func (w *writer) element(n *node, depth int, ns *prefixes) {
	ns = &prefixes{up: ns, names: map[string]string{}}
	for _, a := range n.attrs {
		if a.name.ns == xmlnsURI {
			p := a.name.local
			if p == "xmlns" {
				p = ""
			}
			ns.names[p] = a.text
		} else if a.name == (name{"", "xmlns"}) {
			ns.names[""] = a.text
		}
	}
	var more []string
	declare := func(p, uri string) {
		ns.names[p] = uri
		more = append(more, p)
	}
	tag := n.name.local
	if n.name.ns == xmlURI {
		tag = "xml:" + tag
	} else if p, ok := ns.prefixOf(n.name.ns, false); ok {
		if p != "" {
			tag = p + ":" + tag
		}
	} else if n.name.ns != "" {
		declare("", n.name.ns)
	} else if ns.find("") != "" {
		declare("", "")
	}
	w.b = append(w.b, '<')
	w.b = append(w.b, tag...)
	for _, a := range n.attrs {
		w.b = append(w.b, ' ')
		w.b = append(w.b, w.attrName(a, ns, declare)...)
		w.b = append(w.b, '=', '"')
		w.escape(a.text, true)
		w.b = append(w.b, '"')
	}
	for _, p := range more {
		nm := "xmlns"
		if p != "" {
			nm += ":" + p
		}
		w.b = append(w.b, ' ')
		w.b = append(w.b, nm...)
		w.b = append(w.b, '=', '"')
		w.escape(ns.names[p], true)
		w.b = append(w.b, '"')
	}
	if len(n.kids) == 0 && !n.open {
		w.b = append(w.b, " />"...)
		return
	}
	w.b = append(w.b, '>')
	mixed := !w.indent
	for _, c := range n.kids {
		mixed = mixed || c.isText()
	}
	for _, c := range n.kids {
		if !mixed {
			w.line(depth + 1)
		}
		inner := depth + 1
		outer := w.indent
		if mixed {
			w.indent = false
		}
		w.node(c, inner, ns)
		w.indent = outer
	}
	if !mixed && len(n.kids) > 0 {
		w.line(depth)
	}
	w.b = append(w.b, "</"...)
	w.b = append(w.b, tag...)
	w.b = append(w.b, '>')
}

func (w *writer) attrName(a *attr, ns *prefixes, declare func(p, uri string)) string {
	switch a.name.ns {
	case "":
		return a.name.local
	case xmlnsURI:
		if a.name.local == "xmlns" {
			return "xmlns"
		}
		return "xmlns:" + a.name.local
	case xmlURI:
		return "xml:" + a.name.local
	}
	p, ok := ns.prefixOf(a.name.ns, true)
	if !ok {
		for i := 1; ; i++ {
			p = "p" + strconv.Itoa(i)
			if ns.find(p) == "" {
				break
			}
		}
		declare(p, a.name.ns)
	}
	return p + ":" + a.name.local
}

func (w *writer) escape(s string, attribute bool) {
	for s != "" {
		c, n := text.Decode(s)
		switch {
		case c == '&':
			w.b = append(w.b, "&amp;"...)
		case c == '<':
			w.b = append(w.b, "&lt;"...)
		case c == '>':
			w.b = append(w.b, "&gt;"...)
		case c == '"' && attribute:
			w.b = append(w.b, "&quot;"...)
		case attribute && (c == '\n' || c == '\t'):
			w.b = append(w.b, "&#x"+strings.ToUpper(strconv.FormatInt(int64(c), 16))+";"...)
		case c == '\r':
			w.b = append(w.b, "&#xD;"...)
		case c < 0x20 && c != '\n' && c != '\t', c == 0xFFFE, c == 0xFFFF:
			w.r.Throw(value.ExArgument, "'%s', hexadecimal value 0x%02X, is an invalid character.", s[:n], c)
		default:
			w.b = append(w.b, s[:n]...)
		}
		s = s[n:]
	}
}

// String is ToString(): indented.
func (n *node) String(r *run) string { return write(r, n, true) }

// String is name="value".
func (a *attr) String(r *run) string {
	w := &writer{r: r}
	w.escape(a.text, true)
	nm := a.name.local
	if a.name.ns == xmlnsURI && nm != "xmlns" {
		nm = "xmlns:" + nm
	} else if a.name.ns != "" && a.name.ns != xmlnsURI {
		nm = "p1:" + nm
	}
	return nm + `="` + string(w.b) + `"`
}
