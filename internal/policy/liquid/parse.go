package liquid

import "strings"

// Template is a parsed template. It is immutable.
type Template struct{ nodes []node }

// node is a piece of a template that writes itself.
type node interface{ render(r *run) error }

// Parse reads a template. Its error is an *Error with the first thing that is wrong.
func Parse(source string) (*Template, error) {
	tokens, err := scan(source)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	nodes, end, err := p.block(0)
	if err == nil && end.kind == tagToken {
		err = problem(end.line, "'%s' stands where nothing is open", end.text)
	}
	if err != nil {
		return nil, err
	}
	return &Template{nodes: nodes}, nil
}

type parser struct {
	tokens []token
	pos    int
}

// maxBlocks is how deep blocks may stand in each other.
const maxBlocks = 64

// block reads nodes up to a tag that it does not know, such as an end tag, or
// to the end; then end is the zero token, of text.
func (p *parser) block(depth int) (nodes []node, end token, err error) {
	for p.pos < len(p.tokens) {
		t := p.tokens[p.pos]
		p.pos++
		if depth > maxBlocks {
			return nil, t, problem(t.line, "blocks are nested more than %d deep", maxBlocks)
		}
		var n node
		switch t.kind {
		case textToken:
			n = textNode(t.text)
		case outputToken:
			n, err = p.output(t)
		default:
			name, rest, _ := strings.Cut(t.text, " ")
			var unknown bool
			n, unknown, err = p.tag(strings.TrimSpace(name), &lexer{text: rest, line: t.line}, depth+1)
			if unknown {
				return nodes, t, nil
			}
		}
		if err != nil {
			return nil, t, err
		}
		if n != nil {
			nodes = append(nodes, n)
		}
	}
	return nodes, token{}, nil
}

// until reads a block that one of the end tags closes, and gives that tag's name and what stands behind it.
func (p *parser) until(l *lexer, depth int, what string, ends ...string) (nodes []node, end string, rest *lexer, err error) {
	nodes, t, err := p.block(depth)
	if err != nil {
		return nil, "", nil, err
	}
	name, text, _ := strings.Cut(t.text, " ")
	name = strings.TrimSpace(name)
	for _, e := range ends {
		if t.kind == tagToken && name == e {
			return nodes, e, &lexer{text: text, line: t.line}, nil
		}
	}
	if t.kind == tagToken {
		return nil, "", nil, problem(t.line, "there is no tag '%s' inside of '%s'", name, what)
	}
	return nil, "", nil, problem(l.line, "'%s' is not closed by '%s'", what, ends[len(ends)-1])
}

func (p *parser) output(t token) (node, error) {
	l := &lexer{text: t.text, line: t.line}
	if l.done() {
		return nil, nil
	}
	e, err := l.whole()
	return &outputNode{e}, err
}

type textNode string

func (n textNode) render(r *run) error { return r.write(string(n)) }

type outputNode struct{ of expression }

func (n *outputNode) render(r *run) error {
	v, err := r.evaluate(&n.of)
	if err != nil {
		return err
	}
	return r.write(Text(v))
}
