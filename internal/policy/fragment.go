package policy

import (
	"strconv"
	"strings"

	"portico/internal/catalog"
	"portico/internal/fault"
)

// includeFragment runs a policy fragment's policies where it stands.
func includeFragment() declaration {
	return declaration{
		element:  element{name: "include-fragment", attributes: []attribute{{name: "fragment-id", required: true, kind: filled, literal: true}}},
		sections: everySection,
		scopes:   everyScope,
		check:    checkIncludeFragment,
		compile:  compileIncludeFragment,
	}
}

// CheckFragment tells whether a policy fragment may be stored; see Check. In
// which sections its policies are allowed is known where it is included.
func CheckFragment(format, value string) (warnings []fault.Problem, err error) {
	f, err := ParseFormat(format)
	if err != nil {
		return nil, err
	}
	doc, problems := Parse(f, value)
	v := &validator{table: newTable(), scope: everyScope, in: everySection, problems: problems}
	if doc.Root != nil {
		v.fragmentRoot(doc.Root)
	}
	if len(v.problems) > 0 {
		return nil, invalid(v.problems)
	}
	return v.warnings, nil
}

// fragmentRoot checks <fragment> and the policies in it.
func (v *validator) fragmentRoot(root *Element) {
	if root.Name != "fragment" {
		v.problem(root, "The outermost element must be <fragment>.")
		return
	}
	if v.seen == nil {
		v.seen = map[string]Place{}
	}
	v.plain(root)
	v.depth++
	for _, e := range root.Children {
		if e.Name == "base" {
			v.problem(e, "<base /> may stand directly in a section only.")
			continue
		}
		v.policy(e)
	}
	v.depth--
}

func checkIncludeFragment(v *validator, e *Element) {
	id, _ := e.Attr("fragment-id")
	if v.names == nil || id == "" {
		return // which fragments there are is known when the document is compiled
	}
	id = strings.ToLower(id)
	for _, open := range v.including {
		if open == id {
			v.problem(e, "The fragment '%s' includes itself: %s.", id, strings.Join(append(v.including, id), " → "))
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
func (v *validator) fragment(e *Element, id string) *Element {
	n := v.names
	n.uses[Use{Fragment: true, Name: id}] = true
	var stored catalog.Policy
	known := false
	if n.library != nil {
		stored, known = n.library.Fragment(id)
	}
	if !known {
		v.problem(e, "There is no policy fragment '%s'.", id)
		return nil
	}
	if n.grown += len(stored.Value); n.grown > maxGrown {
		v.problem(e, "With its named values and fragments, the document has more than %d bytes.", maxGrown)
		return nil
	}
	if root, done := n.fragments[id]; done {
		return root
	}
	root := v.parseFragment(e, id, stored)
	n.fragments[id] = root
	return root
}

func (v *validator) parseFragment(e *Element, id string, stored catalog.Policy) *Element {
	format, err := ParseFormat(stored.Format)
	if err != nil {
		v.problem(e, "The fragment '%s' cannot be read: %s", id, fault.As(err).Message)
		return nil
	}
	doc, problems := Parse(format, stored.Value)
	if len(problems) > 0 || doc.Root == nil {
		v.problem(e, "The fragment '%s' is broken: %s", id, problems[0].Message)
		return nil
	}
	v.including = append(v.including, id) // so that problems say where they are
	v.resolve(doc.Root)
	v.including = v.including[:len(v.including)-1]
	return doc.Root
}

func compileIncludeFragment(c *compiler, e *Element) Action {
	id, _ := e.Attr("fragment-id")
	id = strings.ToLower(id)
	inner := *c
	inner.document = catalog.FragmentPath(id)
	return block(inner.steps(c.names.fragments[id]))
}

// block is a list of steps that runs as one.
type block Steps

func (b block) Do(x *Exchange) error { return Steps(b).Run(x) }

// pathOf is an element's place among its siblings: "when[2]".
func pathOf(name string, n int) string { return name + "[" + strconv.Itoa(n) + "]" }
