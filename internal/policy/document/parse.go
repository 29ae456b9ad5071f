package document

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"portico/internal/fault"
	"portico/internal/policy/csharp/syntax"
)

// Format is how a document's expressions are written (apim.md 3.1).
type Format string

// The formats. XML is well-formed: quotes and angle brackets inside expressions
// are escaped. RawXML leaves expressions alone, so it is not well-formed XML.
const (
	XML    Format = "xml"
	RawXML Format = "rawxml"
)

const (
	MaxSize     = 256 << 10 // bytes (apim.md 1.1)
	maxDepth    = 64        // elements inside each other
	MaxProblems = 100       // told at once
)

// ParseFormat reads a format's name; "" is XML.
func ParseFormat(name string) (Format, error) {
	switch f := Format(strings.ToLower(name)); f {
	case "":
		return XML, nil
	case XML, RawXML:
		return f, nil
	}
	return "", fault.New(fault.Invalid, "The policy format %q is not offered. Send the document itself, with format xml or rawxml.", name)
}

// Parse reads a document. It reports everything that is wrong with its markup
// at once, and gives what it could read all the same.
func Parse(f Format, source string) (*Document, []fault.Problem) {
	p := &parser{source: source, raw: f == RawXML, lines: newLineIndex(source)}
	if len(source) > MaxSize {
		p.problem("policies", 0, "The document has %d bytes; the limit is %d.", len(source), MaxSize)
		return &Document{}, p.problems
	}
	p.document()
	return &Document{Root: p.root}, p.problems
}

// parser reads markup tolerantly: it goes on after a mistake, and in raw
// documents it steps over expressions as C# does, quotes and brackets included.
type parser struct {
	source   string
	raw      bool
	lines    lineIndex
	pos      int
	closing  int // where the end tag begins that is read, or the end
	root     *Element
	open     []*Element
	texts    [][]byte // of the open elements
	insides  []int    // where they begin inside, as offsets
	problems []fault.Problem
	regions  []region
}

// region is a run of the source that holds a value: an attribute's, or text.
// Converting between formats rewrites regions and nothing else.
type region struct {
	start, end int
	attribute  bool
	expression bool
	decoded    string // an expression of a raw document that was escaped all the same; "" for all others
}

func (p *parser) problem(element string, offset int, format string, args ...any) {
	if len(p.problems) == MaxProblems {
		return
	}
	p.problems = append(p.problems, ProblemAt(element, p.lines.place(offset), format, args...))
}

// ProblemAt words a problem as the management API does.
func ProblemAt(element string, at Place, format string, args ...any) fault.Problem {
	return fault.Problem{Code: "ValidationError", Target: element,
		Message: fmt.Sprintf("Error in element '%s' on line %d, column %d: ", element, at.Line, at.Column) + fmt.Sprintf(format, args...)}
}

func (p *parser) document() {
	if i := strings.IndexFunc(p.source, notXML); i >= 0 {
		p.problem("policies", i, "The character %q is not allowed in a document.", []rune(p.source[i:])[0])
	}
	for p.pos < len(p.source) {
		if p.source[p.pos] == '<' && p.markup() {
			continue
		}
		p.text()
	}
	p.closing = len(p.source)
	for i := len(p.open) - 1; i >= 0; i-- {
		e := p.open[i]
		p.problems = append(p.problems, ProblemAt(e.Name, e.Place, "The element is not closed: </%s> is missing.", e.Name))
		p.pop()
	}
	if p.root == nil && len(p.problems) == 0 {
		p.problem("policies", 0, "The document is empty: it must hold <policies>.")
	}
}

// current is the name of the element that p stands in.
func (p *parser) current() string {
	if len(p.open) == 0 {
		return "policies"
	}
	return p.open[len(p.open)-1].Name
}

// markup reads what begins with '<'. It tells false, having read nothing, where
// that is text after all.
func (p *parser) markup() bool {
	rest := p.source[p.pos:]
	switch {
	case strings.HasPrefix(rest, "<!--"):
		p.skipTo("-->", len("<!--"), "comment")
	case strings.HasPrefix(rest, "<![CDATA["):
		start := p.pos + len("<![CDATA[")
		p.skipTo("]]>", len("<![CDATA["), "CDATA section")
		p.addText(strings.TrimSuffix(p.source[min(start, p.pos):p.pos], "]]>"))
	case strings.HasPrefix(rest, "<?"):
		p.skipTo("?>", len("<?"), "processing instruction")
	case strings.HasPrefix(rest, "<!"):
		p.problem(p.current(), p.pos, "A document type declaration is not allowed.")
		end := ">"
		if i := strings.IndexAny(rest, "[>"); i >= 0 && rest[i] == '[' {
			end = "]>"
		}
		p.skipTo(end, len("<!"), "declaration")
	case strings.HasPrefix(rest, "</"):
		p.endTag()
	case len(rest) > 1 && isNameStart(rest[1:]):
		p.startTag()
	default:
		if !p.raw {
			p.problem(p.current(), p.pos, "'<' must be written as &lt; here.")
		}
		return false
	}
	return true
}

func (p *parser) skipTo(end string, from int, what string) {
	i := strings.Index(p.source[p.pos+from:], end)
	if i < 0 {
		p.problem(p.current(), p.pos, "The %s that begins here is not closed by %s.", what, end)
		p.pos = len(p.source)
		return
	}
	p.pos += from + i + len(end)
}

func (p *parser) startTag() {
	e := &Element{Place: p.lines.place(p.pos + 1)}
	p.pos++
	e.Name = p.name()
	if p.root == nil {
		p.root = e
	} else if len(p.open) == 0 {
		p.problem(e.Name, p.pos-len(e.Name), "A document has one outermost element; this is a second one.")
	}
	if n := len(p.open); n > 0 {
		p.open[n-1].Children = append(p.open[n-1].Children, e)
	}
	if closed := p.attributes(e); closed {
		return
	}
	if len(p.open) >= maxDepth {
		p.problem(e.Name, p.pos-1, "Elements are nested more than %d deep.", maxDepth)
		p.pos = len(p.source)
		return
	}
	p.open = append(p.open, e)
	p.texts = append(p.texts, nil)
	p.insides = append(p.insides, p.pos)
}

// attributes reads up to and with '>' and tells whether it was '/>'.
func (p *parser) attributes(e *Element) (closed bool) {
	for {
		p.space()
		rest := p.source[p.pos:]
		switch {
		case rest == "":
			p.problem(e.Name, p.pos, "The document ends inside the tag.")
			return true
		case strings.HasPrefix(rest, "/>"):
			p.pos += 2
			return true
		case rest[0] == '>':
			p.pos++
			return false
		case rest[0] == '<':
			p.problem(e.Name, p.pos, "The tag is not closed: '>' is missing.")
			return false
		case isNameStart(rest):
			p.attribute(e)
		default:
			r, size := utf8.DecodeRuneInString(rest)
			p.problem(e.Name, p.pos, "%q is not allowed in a tag. If it belongs to an expression, send the document with format rawxml.", r)
			p.pos += size
			p.skipJunk()
		}
	}
}

// skipJunk goes on behind what could not be understood, so that it is told once.
func (p *parser) skipJunk() {
	for p.pos < len(p.source) && !strings.ContainsRune("<>", rune(p.source[p.pos])) && !strings.HasPrefix(p.source[p.pos:], "/>") {
		p.pos++
	}
}

func (p *parser) attribute(e *Element) {
	at := p.pos
	name := p.name()
	p.space()
	if p.pos >= len(p.source) || p.source[p.pos] != '=' {
		p.problem(e.Name, at, "The attribute '%s' has no value.", name)
		return
	}
	p.pos++
	p.space()
	if p.pos >= len(p.source) || (p.source[p.pos] != '"' && p.source[p.pos] != '\'') {
		p.problem(e.Name, at, "The value of the attribute '%s' is not in quotes.", name)
		for p.pos < len(p.source) && !unicode.IsSpace(rune(p.source[p.pos])) && !strings.ContainsRune("<>", rune(p.source[p.pos])) {
			p.pos++
		}
		return
	}
	value, ok := p.quoted(e, name)
	if !ok {
		return
	}
	if _, twice := e.Attr(name); twice {
		p.problem(e.Name, at, "The attribute '%s' is there twice.", name)
		return
	}
	e.Attributes = append(e.Attributes, Attribute{Name: name, Value: value})
}

// quoted reads a value with its quotes.
func (p *parser) quoted(e *Element, name string) (string, bool) {
	quote := p.source[p.pos]
	start := p.pos + 1
	end := -1
	expression, decoded := false, ""
	if p.raw && IsExpression(p.source[start:]) {
		if end = p.expressionEnd(start, quote); end >= 0 {
			decoded = escaped(p.source[start:end])
		} else if i := strings.IndexByte(p.source[start:], quote); i >= 0 {
			if decoded = escaped(p.source[start : start+i]); decoded != "" {
				end = start + i
			}
		}
		if expression = end >= 0; !expression {
			p.problem(e.Name, start, "The expression in the attribute '%s' is not closed.", name)
		}
	}
	if end < 0 {
		i := strings.IndexByte(p.source[start:], quote)
		if i < 0 {
			p.problem(e.Name, start-1, "The value of the attribute '%s' has no closing quote.", name)
			p.pos = len(p.source)
			return "", false
		}
		end = start + i
	}
	p.pos = end + 1
	value := p.source[start:end]
	if decoded != "" {
		value = decoded
	}
	if !expression {
		if i := strings.IndexByte(value, '<'); i >= 0 && !p.raw {
			p.problem(e.Name, start+i, "'<' must be written as &lt; in the attribute '%s'.", name)
		}
		value = p.decode(e.Name, start, value)
		expression = IsExpression(value)
	}
	p.regions = append(p.regions, region{start: start, end: end, attribute: true, expression: expression, decoded: decoded})
	return value, true
}

// escaped gives an expression of a raw document without its entities, where it is
// escaped as in a document that is not raw, and an expression only then; else "".
// People mix the two formats, and both can be told from each other.
func escaped(source string) string {
	if !strings.Contains(source, "&") || parses(source) {
		return ""
	}
	p := &parser{raw: true}
	if plain := p.decode("", 0, source); plain != source && parses(plain) {
		return plain
	}
	return ""
}

// parses tells whether a text is an expression. Its named values are not known
// yet: they stand for operands.
func parses(source string) bool {
	_, problems := syntax.Parse(strings.NewReplacer("{{", "(", "}}", ")").Replace(source))
	return len(problems) == 0
}

// expressionEnd finds the quote behind the expression that begins at start.
func (p *parser) expressionEnd(start int, quote byte) int {
	i := start + strings.IndexByte(p.source[start:], '@')
	n, ok := syntax.Scan(p.source[i:])
	if !ok {
		return -1
	}
	end := i + n
	for end < len(p.source) && isSpace(p.source[end]) {
		end++
	}
	if end < len(p.source) && p.source[end] == quote {
		return end
	}
	return -1
}

func (p *parser) endTag() {
	at := p.pos
	p.closing = at
	p.pos += 2
	name := p.name()
	p.space()
	if p.pos < len(p.source) && p.source[p.pos] == '>' {
		p.pos++
	} else {
		p.problem(name, at, "The end tag is not closed: '>' is missing.")
		p.skipJunk()
		if p.pos < len(p.source) && p.source[p.pos] == '>' {
			p.pos++
		}
	}
	opened := -1
	for i := len(p.open) - 1; i >= 0 && opened < 0; i-- {
		if p.open[i].Name == name {
			opened = i
		}
	}
	if opened < 0 {
		if len(p.open) == 0 {
			p.problem(name, at, "</%s> closes nothing.", name)
			return
		}
		// Most likely a slip of the pen: it closes the innermost element.
		e := p.open[len(p.open)-1]
		p.problem(name, at, "</%s> does not match <%s> of line %d, column %d.", name, e.Name, e.Place.Line, e.Place.Column)
		p.pop()
		return
	}
	for i := len(p.open) - 1; i > opened; i-- {
		e := p.open[i]
		p.problem(e.Name, at, "The element of line %d, column %d is not closed before </%s>.", e.Place.Line, e.Place.Column, name)
		p.pop()
	}
	p.pop()
}

// pop closes the innermost open element.
func (p *parser) pop() {
	n := len(p.open) - 1
	e := p.open[n]
	e.Text = strings.TrimSpace(string(p.texts[n]))
	if e.Name == "set-body" && len(e.Children) > 0 { // what looks like elements is the body
		e.Text, e.Children = strings.TrimSpace(p.source[p.insides[n]:p.closing]), nil
	}
	p.open, p.texts, p.insides = p.open[:n], p.texts[:n], p.insides[:n]
}

// text reads up to the next markup; it always reads at least one byte.
func (p *parser) text() {
	start, expression := p.pos, false
	begins := -1 // where an expression of a raw document does
	if p.raw && len(p.open) > 0 && IsExpression(p.source[start:]) {
		begins = start + strings.IndexByte(p.source[start:], '@')
		if n, ok := syntax.Scan(p.source[begins:]); ok {
			p.pos, expression = begins+n, true
		}
	}
	if p.pos == start {
		p.pos++
	}
	if i := strings.IndexByte(p.source[p.pos:], '<'); i >= 0 {
		p.pos += i
	} else {
		p.pos = len(p.source)
	}
	value, decoded := p.source[start:p.pos], ""
	if begins >= 0 {
		if decoded = escaped(value); decoded != "" {
			value, expression = decoded, true
		} else if !expression {
			p.problem(p.current(), begins, "The expression that begins here is not closed.")
		}
	}
	if !expression {
		value = p.decode(p.current(), start, value)
		expression = IsExpression(value)
	}
	p.regions = append(p.regions, region{start: start, end: p.pos, expression: expression, decoded: decoded})
	p.addText(value)
	if len(p.open) == 0 && strings.TrimSpace(strings.TrimPrefix(value, "\ufeff")) != "" {
		p.problem("policies", start, "Text is not allowed outside of <policies>.")
	}
}

func (p *parser) addText(s string) {
	if n := len(p.texts); n > 0 {
		p.texts[n-1] = append(p.texts[n-1], s...)
	}
}

// decode resolves the entities of a value. Raw documents may hold a bare '&'.
func (p *parser) decode(element string, offset int, s string) string {
	if strings.IndexByte(s, '&') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '&' {
			b.WriteByte(s[i])
			i++
			continue
		}
		if r, size := entity(s[i:]); size > 0 {
			b.WriteRune(r)
			i += size
			continue
		}
		if !p.raw {
			p.problem(element, offset+i, "'&' must be written as &amp; unless it begins an entity.")
		}
		b.WriteByte('&')
		i++
	}
	return b.String()
}

func (p *parser) space() {
	for p.pos < len(p.source) && isSpace(p.source[p.pos]) {
		p.pos++
	}
}

func (p *parser) name() string {
	start := p.pos
	for p.pos < len(p.source) {
		r, size := utf8.DecodeRuneInString(p.source[p.pos:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.:", r) {
			break
		}
		p.pos += size
	}
	return p.source[start:p.pos]
}

func isNameStart(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return r == '_' || unicode.IsLetter(r)
}

// notXML tells the characters that XML 1.0 does not allow.
func notXML(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff || r == utf8.RuneError
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
