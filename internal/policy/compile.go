package policy

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/limit"
	"portico/internal/policy/csharp"
	"portico/internal/policy/csharp/value"
	"portico/internal/policy/document"
)

// Compiler makes steps of documents. It is safe for concurrent use.
type Compiler struct {
	Services Services
	table    Table
}

// NewCompiler makes a Compiler whose steps use those services. The table, which
// is that of all policies, belongs to it.
func NewCompiler(t Table, s Services) *Compiler {
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Slots == nil {
		s.Slots = limit.NewMemorySlots()
	}
	return &Compiler{Services: s, table: t}
}

// Source is one stored document.
type Source struct {
	Scope  Scope
	Path   string // of its record, such as "/products/starter/policies/policy"
	Policy catalog.Policy
	// Library has the named values and fragments that it refers to.
	Library Library
}

// DefaultGlobal is the global document that holds where none is stored (apim.md 3.1).
func DefaultGlobal() Source {
	return Source{Scope: Global, Path: catalog.PolicyPath(""), Policy: catalog.Policy{Format: string(document.XML),
		Value: "<policies><inbound /><backend><forward-request /></backend><outbound /><on-error /></policies>"}}
}

// Unit is one compiled document: immutable, to be shared by every call chain that holds its scope.
type Unit struct {
	// Problems tell why the document is broken; calls in its scope fail then.
	Problems []fault.Problem
	// Uses are the named values and fragments that it was compiled with, and
	// those that it misses: when one of them changes, compile it again.
	Uses   map[Use]bool
	source Source
	parts  [4]part // by the order of sections
}

// part is one section of a document. A section that is not written inherits, as <base /> does.
type part struct {
	written bool
	steps   []Step // a Step without an action stands for <base />
}

// Compile makes the steps of one document. It never fails: a broken document
// becomes a Unit with Problems.
func (c *Compiler) Compile(src Source) *Unit {
	n := newNames(src.Library)
	u := &Unit{source: src, Uses: n.uses}
	format, err := document.ParseFormat(src.Policy.Format)
	if err != nil {
		u.Problems = []fault.Problem{{Code: "ValidationError", Target: "format", Message: fault.As(err).Message}}
		return u
	}
	doc, problems := document.Parse(format, src.Policy.Value)
	v := &Validator{table: c.table, scope: src.Scope, problems: problems, names: n}
	if doc.Root != nil {
		v.resolve(doc.Root)
	}
	v.document(doc)
	if u.Problems = v.problems; len(u.Problems) > 0 {
		return u
	}
	for _, s := range doc.Root.Children {
		for i, section := range sections {
			if section == sectionOf(s.Name) {
				cc := &Builder{Compiler: c, Source: src, section: section, names: n, document: src.Path, Message: targetIn(section)}
				u.parts[i] = part{written: true, steps: cc.Steps(s)}
			}
		}
	}
	return u
}

// Builder makes the steps of one section of one document.
type Builder struct {
	*Compiler
	Source   Source // of the document
	section  Section
	names    *names
	document string  // the path of the record that the steps are written in: the source's, or a fragment's
	nested   bool    // inside of a policy
	path     string  // of the element that holds the steps: "choose[1]/when[2]/", or ""
	Message  Message // that the policies change
}

// Within gives the compiler of what element number n of that name holds.
func (c *Builder) Within(name string, n int) *Builder {
	inner := *c
	inner.path += pathOf(name, n) + "/"
	inner.nested = true
	return &inner
}

// Steps makes the steps of the policies in parent.
func (c *Builder) Steps(parent *document.Element) []Step {
	var steps []Step
	count := map[string]int{}
	for _, e := range parent.Children {
		count[e.Name]++
		at := c.Location(e, count[e.Name])
		step := Step{action: c.Within(e.Name, count[e.Name]).action(e), at: at}
		e.Walk(func(inner *document.Element) {
			step.stores = step.stores || inner.Name == "cache-store"
			step.inherits = step.inherits || inner != e && inner.Name == "base"
		})
		if e.Name == "base" && c.nested {
			step.action = inherited{}
		}
		steps = append(steps, step)
	}
	return steps
}

// Location is where element number n of its name stands.
func (c *Builder) Location(e *document.Element, n int) *Location {
	at := &Location{source: e.Name, scope: c.Source.Scope, section: c.section, document: c.document, place: e.Place, path: c.path + pathOf(e.Name, n)}
	at.policyID, _ = e.Attr("id")
	return at
}

// action gives nil for <base />.
func (c *Builder) action(e *document.Element) Action {
	d := c.table[e.Name]
	if d == nil {
		return NotOffered("The policy '" + e.Name + "' is not offered yet.")
	}
	if what := notOffered(&d.Form, e); what != "" {
		return NotOffered(what + " not offered yet.")
	}
	if d.Compile == nil {
		return nil
	}
	return d.Compile(c, e)
}

// Value gives an attribute that the validator has accepted, or the fallback where it is not there.
func (c *Builder) Value(e *document.Element, name, fallback string) Value {
	return c.valueOf(c.Text(e, name, fallback))
}

// TextValue is what stands between an element's tags.
func (c *Builder) TextValue(e *document.Element) Value { return c.valueOf(e.Text) }

// valueOf makes a Value of a text. One that always gives the same is a literal.
func (c *Builder) valueOf(text string) Value {
	p := c.names.programs[text]
	if p == nil {
		return Value{literal: text}
	}
	if constant, ok := p.Constant(); ok {
		if s, ok := csharp.AsString(constant); ok && constant.R.Type() == value.String {
			return Value{literal: s}
		}
	}
	return Value{program: p}
}

// Text gives an attribute as it is written.
func (c *Builder) Text(e *document.Element, name, fallback string) string {
	if v, ok := e.Attr(name); ok {
		return v
	}
	return fallback
}

// Integer gives an attribute that allows no expressions.
func (c *Builder) Integer(e *document.Element, name string, fallback int64) int64 {
	v, ok := e.Attr(name)
	if !ok {
		return fallback
	}
	n, _ := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
	return n
}

// Seconds gives an attribute in seconds.
func (c *Builder) Seconds(e *document.Element, name string, fallback int64) time.Duration {
	return Seconds(c.Integer(e, name, fallback))
}

// Seconds is a time of n seconds.
func Seconds(n int64) time.Duration { return time.Duration(n) * time.Second }

// Boolean gives an attribute that allows no expressions.
func (c *Builder) Boolean(e *document.Element, name string, fallback bool) bool {
	if v, ok := e.Attr(name); ok {
		fallback, _ = ParseBool(v)
	}
	return fallback
}

// NotOffered is the step of a policy, or of a form of one, that is accepted and
// fails the calls that reach it. What says so in a sentence.
func NotOffered(what string) Action { return &missing{what} }

type missing struct{ what string }

func (m *missing) Do(*Exchange) error {
	return &Error{Status: 500, Reason: "PolicyNotOffered", Detail: m.what}
}

// broken is the only step of a chain with a document that cannot be compiled.
type broken struct{ unit *Unit }

func (b *broken) Do(*Exchange) error {
	return &Error{Status: 500, Source: "configuration", Reason: "PolicyNotValid",
		Detail: fmt.Sprintf("The policy document %s is broken: %s", b.unit.source.Path, b.unit.Problems[0].Message)}
}
