package policy

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/limit"
)

// Services are what steps work with.
type Services struct {
	Rates  limit.Rates
	Quotas limit.Quotas
}

// Compiler makes steps of documents. It is safe for concurrent use.
type Compiler struct {
	services Services
	table    table
}

// NewCompiler makes a Compiler whose steps use those services.
func NewCompiler(s Services) *Compiler { return &Compiler{services: s, table: newTable()} }

// Source is one stored document.
type Source struct {
	Scope  Scope
	Path   string // of its record, such as "/products/starter/policies/policy"
	Policy catalog.Policy
}

// DefaultGlobal is the global document that holds where none is stored (apim.md 3.1).
func DefaultGlobal() Source {
	return Source{Scope: Global, Path: catalog.PolicyPath(""), Policy: catalog.Policy{Format: string(XML),
		Value: "<policies><inbound /><backend><forward-request /></backend><outbound /><on-error /></policies>"}}
}

// Unit is one compiled document: immutable, to be shared by every call chain that holds its scope.
type Unit struct {
	// Problems tell why the document is broken; calls in its scope fail then.
	Problems []fault.Problem
	source   Source
	parts    [4]part // by the order of sections
}

// part is one section of a document. A section that is not written inherits, as <base /> does.
type part struct {
	written bool
	steps   []Step // a Step without an action stands for <base />
}

// Compile makes the steps of one document. It never fails: a broken document
// becomes a Unit with Problems.
func (c *Compiler) Compile(src Source) *Unit {
	u := &Unit{source: src}
	format, err := ParseFormat(src.Policy.Format)
	if err != nil {
		u.Problems = []fault.Problem{{Code: "ValidationError", Target: "format", Message: fault.As(err).Message}}
		return u
	}
	doc, problems := Parse(format, src.Policy.Value)
	v := &validator{table: c.table, scope: src.Scope, problems: problems}
	v.document(doc)
	if u.Problems = v.problems; len(u.Problems) > 0 {
		return u
	}
	for _, s := range doc.Root.Children {
		for i, section := range sections {
			if section == sectionOf(s.Name) {
				cc := &compiler{Compiler: c, source: src, section: section}
				u.parts[i] = part{written: true, steps: cc.steps(s)}
			}
		}
	}
	return u
}

// compiler compiles one section of one document.
type compiler struct {
	*Compiler
	source  Source
	section Section
}

func (c *compiler) steps(parent *Element) []Step {
	var steps []Step
	count := map[string]int{}
	for _, e := range parent.Children {
		count[e.Name]++
		at := &location{source: e.Name, scope: c.source.Scope, section: c.section, document: c.source.Path, place: e.Place,
			path: e.Name + "[" + strconv.Itoa(count[e.Name]) + "]"}
		at.policyID, _ = e.Attr("id")
		steps = append(steps, Step{action: c.action(e), at: at})
	}
	return steps
}

// action gives nil for <base />.
func (c *compiler) action(e *Element) Action {
	d := c.table[e.Name]
	if d == nil {
		return &missing{what: "The policy '" + e.Name + "' is not offered yet."}
	}
	if what := notOffered(d, e); what != "" {
		return &missing{what: what + " not offered yet."}
	}
	if d.compile == nil {
		return nil
	}
	return d.compile(c, e)
}

// value, text, integer and boolean read attributes that the validator has accepted.
func (c *compiler) value(e *Element, name, fallback string) Value {
	return Value{literal: c.text(e, name, fallback)}
}

func (c *compiler) text(e *Element, name, fallback string) string {
	if v, ok := e.Attr(name); ok {
		return v
	}
	return fallback
}

func (c *compiler) integer(e *Element, name string, fallback int64) int64 {
	v, ok := e.Attr(name)
	if !ok {
		return fallback
	}
	n, _ := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
	return n
}

func (c *compiler) seconds(e *Element, name string, fallback int64) time.Duration {
	return time.Duration(c.integer(e, name, fallback)) * time.Second
}

func (c *compiler) boolean(e *Element, name string, fallback bool) bool {
	if v, ok := e.Attr(name); ok {
		fallback, _ = parseBool(v)
	}
	return fallback
}

// missing is the step of a policy that is documented and not offered yet.
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
