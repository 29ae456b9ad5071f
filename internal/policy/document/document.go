package document

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// Document is a policy document as it was written, with the place of every element.
type Document struct {
	Root *Element // nil when there is none
}

// Element is one element of a Document.
type Element struct {
	Name       string
	Place      Place // of the name
	Attributes []Attribute
	Children   []*Element
	Text       string // what stands directly inside, without comments and outer white space
}

// Attribute is one attribute of an Element.
type Attribute struct {
	Name, Value string
}

// Place is where something stands in a document, both from 1. Columns count characters.
type Place struct {
	Line, Column int
}

// Attr gives an attribute's value, and whether it is there.
func (e *Element) Attr(name string) (string, bool) {
	for _, a := range e.Attributes {
		if a.Name == name {
			return a.Value, true
		}
	}
	return "", false
}

// Walk calls fn for e and every element below it.
func (e *Element) Walk(fn func(*Element)) {
	fn(e)
	for _, c := range e.Children {
		c.Walk(fn)
	}
}

// lineIndex turns offsets into places.
type lineIndex struct {
	source string
	starts []int // offsets of the lines' first bytes
}

func newLineIndex(source string) lineIndex {
	x := lineIndex{source: source, starts: []int{0}}
	for i := range len(source) {
		if source[i] == '\n' {
			x.starts = append(x.starts, i+1)
		}
	}
	return x
}

func (x lineIndex) place(offset int) Place {
	line := sort.SearchInts(x.starts, offset+1) - 1
	return Place{Line: line + 1, Column: 1 + utf8.RuneCountInString(x.source[x.starts[line]:offset])}
}

// IsExpression tells whether a value is a policy expression, @(…) or @{…}.
func IsExpression(value string) bool {
	v := strings.TrimLeft(value, " \t\r\n")
	return strings.HasPrefix(v, "@(") || strings.HasPrefix(v, "@{")
}
