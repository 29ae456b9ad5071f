package policy

import (
	"strconv"
	"strings"

	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/policy/document"
)

// includeFragment runs a policy fragment's policies where it stands.
func includeFragment() Declaration {
	return Declaration{
		Form:     Form{Name: "include-fragment", Attributes: []Attribute{{Name: "fragment-id", Required: true, Kind: Filled, Literal: true}}},
		Sections: EverySection,
		Scopes:   EveryScope,
		Check:    checkIncludeFragment,
		Compile:  compileIncludeFragment,
	}
}

// CheckFragment tells whether a policy fragment may be stored; see Check. In
// which sections its policies are allowed is known where it is included.
func (t Table) CheckFragment(format, value string) (warnings []fault.Problem, err error) {
	f, err := document.ParseFormat(format)
	if err != nil {
		return nil, err
	}
	doc, problems := document.Parse(f, value)
	v := &Validator{table: t, scope: EveryScope, in: EverySection, problems: problems}
	if doc.Root != nil {
		v.fragmentRoot(doc.Root)
	}
	if len(v.problems) > 0 {
		return nil, document.Invalid(v.problems)
	}
	return v.warnings, nil
}

// fragmentRoot checks <fragment> and the policies in it.
func (v *Validator) fragmentRoot(root *document.Element) {
	if root.Name != "fragment" {
		v.Problem(root, "The outermost element must be <fragment>.")
		return
	}
	if v.seen == nil {
		v.seen = map[string]document.Place{}
	}
	v.plain(root)
	outer := v.inFragment
	v.inFragment = true
	defer func() { v.inFragment = outer }()
	v.depth++
	for _, e := range root.Children {
		if e.Name == "base" {
			v.Problem(e, "<base /> may not stand in a fragment.")
			continue
		}
		v.policy(e)
	}
	v.depth--
}

func checkIncludeFragment(v *Validator, e *document.Element) {
	id, _ := e.Attr("fragment-id")
	if v.names == nil || id == "" {
		return // which fragments there are is known when the document is compiled
	}
	id = strings.ToLower(id)
	for _, open := range v.including {
		if open == id {
			v.Problem(e, "The fragment '%s' includes itself: %s.", id, strings.Join(append(v.including, id), " → "))
			return
		}
	}
	root := v.fragment(e, id)
	if root == nil {
		return
	}
	v.including = append(v.including, id)
	v.fragmentRoot(root)
	v.including = v.including[:len(v.including)-1]
}

// fragment parses the fragment that e includes, once a document.
func (v *Validator) fragment(e *document.Element, id string) *document.Element {
	n := v.names
	n.uses[Use{Fragment: true, Name: id}] = true
	var stored catalog.Policy
	known := false
	if n.library != nil {
		stored, known = n.library.Fragment(id)
	}
	if !known {
		v.Problem(e, "There is no policy fragment '%s'.", id)
		return nil
	}
	if n.grown += len(stored.Value); n.grown > maxGrown {
		v.Problem(e, "With its named values and fragments, the document has more than %d bytes.", maxGrown)
		return nil
	}
	if root, done := n.fragments[id]; done {
		return root
	}
	root := v.parseFragment(e, id, stored)
	n.fragments[id] = root
	return root
}

func (v *Validator) parseFragment(e *document.Element, id string, stored catalog.Policy) *document.Element {
	format, err := document.ParseFormat(stored.Format)
	if err != nil {
		v.Problem(e, "The fragment '%s' cannot be read: %s", id, fault.As(err).Message)
		return nil
	}
	doc, problems := document.Parse(format, stored.Value)
	if len(problems) > 0 || doc.Root == nil {
		v.Problem(e, "The fragment '%s' is broken: %s", id, problems[0].Message)
		return nil
	}
	v.including = append(v.including, id) // so that problems say where they are
	v.resolve(doc.Root)
	v.including = v.including[:len(v.including)-1]
	return doc.Root
}

func compileIncludeFragment(c *Builder, e *document.Element) Action {
	id, _ := e.Attr("fragment-id")
	id = strings.ToLower(id)
	inner := *c
	inner.document = catalog.FragmentPath(id)
	return block(inner.Steps(c.names.fragments[id]))
}

// block is a list of steps that runs as one.
type block Steps

func (b block) Do(x *Exchange) error { return Steps(b).Run(x) }

// pathOf is an element's place among its siblings: "when[2]".
func pathOf(name string, n int) string { return name + "[" + strconv.Itoa(n) + "]" }
