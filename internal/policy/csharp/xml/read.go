package xml

import (
	"strconv"
	"strings"
	"unicode"

	"portico/internal/policy/csharp/text"
	"portico/internal/policy/csharp/value"
)

// maxNesting is how deep an XML text may be.
const maxNesting = 400

// reader reads XML 1.0 with namespaces, without DTD.
type reader struct {
	r     *run
	s     string
	i     int
	depth int
	keep  bool // white space between elements stays
}

// scope is the namespaces that prefixes stand for.
type scope struct {
	up     *scope
	prefix map[string]string
}

func (s *scope) find(p string) (string, bool) {
	for ; s != nil; s = s.up {
		if u, ok := s.prefix[p]; ok {
			return u, true
		}
	}
	switch p {
	case "":
		return "", true
	case "xml":
		return xmlURI, true
	case "xmlns":
		return xmlnsURI, true
	}
	return "", false
}

// As reads the XML of a body as an XElement, XDocument or XNode; ok is false for other types.
func As(r *value.Run, s string, t *value.Type) (v value.Value, ok bool) {
	switch t {
	case documentType:
		return ref(parse(r, s, false)), true
	case elementType, nodeType, containerType:
		d := parse(r, s, false)
		root := d.root()
		root.up = nil
		return ref(root), true
	}
	return value.Null, false
}

func (d *reader) fail(format string, args ...any) {
	at := min(d.i, len(d.s))
	line := 1 + strings.Count(d.s[:at], "\n")
	col := at - strings.LastIndexByte(d.s[:at], '\n')
	d.r.Throw(value.ExXML, format+" Line %d, position %d.", append(args, line, col)...)
}

// parse gives the document.
func parse(r *run, s string, keep bool) *node {
	r.Spend(len(s) * 2)
	d := &reader{r: r, s: strings.ReplaceAll(strings.TrimPrefix(s, "\uFEFF"), "\r\n", "\n"), keep: keep}
	doc := &node{t: documentType}
	if strings.HasPrefix(d.s, "<?xml") && len(d.s) > 5 && (d.s[5] == ' ' || d.s[5] == '\n' || d.s[5] == '\t') {
		doc.decl = d.declaration()
	}
	for d.i < len(d.s) {
		switch {
		case strings.HasPrefix(d.s[d.i:], "<!--") || strings.HasPrefix(d.s[d.i:], "<?"):
			d.misc(doc)
		case strings.HasPrefix(d.s[d.i:], "<!"):
			d.fail("For security reasons DTD is prohibited in this XML document.")
		case d.s[d.i] == '<':
			if doc.root() != nil {
				d.fail("There are multiple root elements.")
			}
			d.element(doc, nil)
		case strings.IndexByte(" \t\r\n", d.s[d.i]) >= 0:
			d.i++
		default:
			d.fail("Data at the root level is invalid.")
		}
	}
	if doc.root() == nil {
		d.fail("Root element is missing.")
	}
	return doc
}

func (d *reader) declaration() *declaration {
	end := strings.Index(d.s, "?>")
	if end < 0 {
		d.fail("Unexpected end of file has occurred.")
	}
	body := d.s[5:end]
	d.i = end + 2
	get := func(key string) string {
		i := strings.Index(body, key)
		if i < 0 {
			return ""
		}
		rest := strings.TrimLeft(body[i+len(key):], " =\t\n")
		if rest == "" || rest[0] != '"' && rest[0] != '\'' {
			return ""
		}
		v, _, _ := strings.Cut(rest[1:], rest[:1])
		return v
	}
	return &declaration{get("version"), get("encoding"), get("standalone")}
}

// misc reads a comment or a processing instruction.
func (d *reader) misc(up *node) {
	n := &node{t: commentType, up: up}
	start, end := "<!--", "-->"
	if strings.HasPrefix(d.s[d.i:], "<?") {
		n.t, start, end = piType, "<?", "?>"
	}
	j := strings.Index(d.s[d.i+len(start):], end)
	if j < 0 {
		d.fail("Unexpected end of file has occurred.")
	}
	n.text = d.s[d.i+len(start) : d.i+len(start)+j]
	d.i += len(start) + j + len(end)
	if n.t == piType {
		target, data, _ := strings.Cut(n.text, " ")
		n.name.local, n.text = target, strings.TrimLeft(data, " ")
	}
	d.r.Alloc(160)
	up.kids = append(up.kids, n)
}

func nameStart(c rune) bool { return c == '_' || c == ':' || unicode.IsLetter(c) }

func namePart(c rune) bool {
	return nameStart(c) || c == '-' || c == '.' || unicode.IsDigit(c) || c == 0xB7 || unicode.Is(unicode.Mn, c)
}

func (d *reader) name() string {
	start := d.i
	for d.i < len(d.s) {
		c, n := text.Decode(d.s[d.i:])
		if d.i == start && !nameStart(c) || !namePart(c) {
			break
		}
		d.i += n
	}
	if d.i == start {
		if d.i >= len(d.s) {
			d.fail("Unexpected end of file has occurred.")
		}
		c, _ := text.Decode(d.s[d.i:])
		d.fail("Name cannot begin with the '%c' character, hexadecimal value 0x%02X.", c, c)
	}
	return d.s[start:d.i]
}

func (d *reader) blank() bool {
	start := d.i
	for d.i < len(d.s) && strings.IndexByte(" \t\r\n", d.s[d.i]) >= 0 {
		d.i++
	}
	return d.i > start
}

func (d *reader) expand(sc *scope, qname string, attribute bool) name {
	p, local, ok := strings.Cut(qname, ":")
	if !ok {
		p, local = "", qname
		if attribute {
			if qname == "xmlns" {
				return name{xmlnsURI, "xmlns"}
			}
			return name{"", local}
		}
	}
	uri, found := sc.find(p)
	if !found {
		d.fail("'%s' is an undeclared prefix.", p)
	}
	return name{uri, local}
}

// element reads <a …>…</a>.
func (d *reader) element(up *node, sc *scope) {
	if d.depth++; d.depth > maxNesting {
		d.fail("The XML document is nested deeper than %d levels.", maxNesting)
	}
	defer func() { d.depth-- }()
	d.r.Step(2)
	d.r.Alloc(200)
	d.i++
	qname := d.name()
	n := &node{t: elementType, up: up}
	type pair struct{ q, v string }
	var list []pair
	for {
		spaced := d.blank()
		if d.i >= len(d.s) {
			d.fail("Unexpected end of file has occurred.")
		}
		if c := d.s[d.i]; c == '>' || c == '/' {
			break
		}
		if !spaced {
			d.fail("'%c' is an unexpected token. Expecting white space.", d.s[d.i])
		}
		q := d.name()
		d.blank()
		if d.i >= len(d.s) || d.s[d.i] != '=' {
			d.fail("'%s' is an unexpected token. The expected token is '='.", d.s[d.i:min(d.i+1, len(d.s))])
		}
		d.i++
		d.blank()
		list = append(list, pair{q, d.quoted()})
	}
	own := false // the element declares namespaces
	for _, a := range list {
		p, local, has := strings.Cut(a.q, ":")
		if a.q == "xmlns" {
			p, local, has = "xmlns", "", true
		}
		if has && p == "xmlns" {
			if !own {
				sc, own = &scope{up: sc, prefix: map[string]string{}}, true
			}
			sc.prefix[local] = a.v
		}
	}
	n.name = d.expand(sc, qname, false)
	for _, a := range list {
		nm := d.expand(sc, a.q, true)
		if n.attribute(nm) != nil {
			d.fail("'%s' is a duplicate attribute name.", a.q)
		}
		d.r.Alloc(80)
		n.attrs = append(n.attrs, &attr{n, nm, a.v})
	}
	up.kids = append(up.kids, n)
	if d.s[d.i] == '/' {
		d.i++
		if d.i >= len(d.s) || d.s[d.i] != '>' {
			d.fail("'%s' is an unexpected token. The expected token is '>'.", d.s[d.i:min(d.i+1, len(d.s))])
		}
		d.i++
		return
	}
	d.i++
	d.content(n, sc)
	n.open = len(n.kids) == 0
	d.i += 2
	if end := d.name(); end != qname {
		d.fail("The '%s' start tag does not match the end tag of '%s'.", qname, end)
	}
	d.blank()
	if d.i >= len(d.s) || d.s[d.i] != '>' {
		d.fail("Unexpected end of file has occurred.")
	}
	d.i++
}

// content reads up to the end tag.
func (d *reader) content(n *node, sc *scope) {
	for {
		rest := d.s[d.i:]
		switch {
		case rest == "":
			d.fail("Unexpected end of file has occurred. The following elements are not closed: %s.", n.name.local)
		case strings.HasPrefix(rest, "</"):
			return
		case strings.HasPrefix(rest, "<![CDATA["):
			end := strings.Index(rest, "]]>")
			if end < 0 {
				d.fail("Unexpected end of file has occurred.")
			}
			d.r.Alloc(160)
			n.kids = append(n.kids, &node{t: cdataType, up: n, text: rest[9:end]})
			d.i += end + 3
		case strings.HasPrefix(rest, "<!--"), strings.HasPrefix(rest, "<?"):
			d.misc(n)
		case rest[0] == '<':
			d.element(n, sc)
		default:
			end := strings.IndexByte(rest, '<')
			if end < 0 {
				end = len(rest)
			}
			raw := rest[:end]
			if d.keep || strings.Trim(raw, " \t\r\n") != "" {
				d.r.Alloc(160)
				n.kids = append(n.kids, &node{t: textType, up: n, text: d.decode(raw)})
			}
			d.i += end
		}
	}
}

func (d *reader) quoted() string {
	if d.i >= len(d.s) || d.s[d.i] != '"' && d.s[d.i] != '\'' {
		d.fail("'%s' is an unexpected token. The expected token is '\"' or '''.", d.s[d.i:min(d.i+1, len(d.s))])
	}
	q := d.s[d.i]
	d.i++
	end := strings.IndexByte(d.s[d.i:], q)
	if end < 0 {
		d.i = len(d.s)
		d.fail("Unexpected end of file has occurred.")
	}
	raw := d.s[d.i : d.i+end]
	if strings.Contains(raw, "<") {
		d.fail("'<', hexadecimal value 0x3C, is an invalid attribute character.")
	}
	v := d.decode(raw)
	d.i += end + 1
	return v
}

// decode replaces the references of a text.
func (d *reader) decode(s string) string {
	if !strings.Contains(s, "&") {
		return s
	}
	var b []byte
	for s != "" {
		i := strings.IndexByte(s, '&')
		if i < 0 {
			b = append(b, s...)
			break
		}
		b = append(b, s[:i]...)
		s = s[i+1:]
		end := strings.IndexByte(s, ';')
		if end < 0 {
			d.fail("An error occurred while parsing EntityName.")
		}
		ent := s[:end]
		s = s[end+1:]
		switch ent {
		case "lt":
			b = append(b, '<')
		case "gt":
			b = append(b, '>')
		case "amp":
			b = append(b, '&')
		case "quot":
			b = append(b, '"')
		case "apos":
			b = append(b, '\'')
		default:
			num, base := strings.TrimPrefix(ent, "#"), 10
			if num == ent {
				d.fail("Reference to undeclared entity '%s'.", ent)
			}
			if strings.HasPrefix(num, "x") {
				num, base = num[1:], 16
			}
			v, err := strconv.ParseUint(num, base, 32)
			if err != nil || v > unicode.MaxRune || v < 0x20 && v != 9 && v != 10 && v != 13 || v >= 0xD800 && v < 0xE000 {
				d.fail("Invalid character in the given encoding.")
			}
			b = text.Append(b, rune(v))
		}
	}
	return string(b)
}
