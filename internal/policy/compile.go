package policy

import (
	"crypto/x509"
	"fmt"
	"strconv"
	"strings"
	"time"

	"portico/internal/cache"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/limit"
	"portico/internal/policy/csharp"
	"portico/internal/policy/csharp/value"
)

// Services are what steps work with.
type Services struct {
	Rates  limit.Rates
	Quotas limit.Quotas
	// Cache keeps responses and values; nil keeps nothing.
	Cache cache.Cache
	// Sender makes the requests of policies; the gateway fills in its own.
	Sender Sender
	// Certificates has the instance's client certificates; the gateway fills in its own.
	Certificates Certificates
	// ClientRoots are the authorities of validate-client-certificate; nil is the system's.
	ClientRoots *x509.CertPool
	// Schemas has the schemas that bodies are validated with; the gateway fills in its own.
	Schemas Schemas
	// ManagedIdentities are where authentication-managed-identity takes its tokens from.
	ManagedIdentities []ManagedIdentity
	// Authority is the address of validate-azure-ad-token's tenants; "" is DefaultAuthority.
	Authority string
	// Now tells the time; nil is time.Now.
	Now func() time.Time
	// Slots are in memory where nil.
	Slots limit.Slots
	// Metrics takes what emit-metric emits; nil drops it.
	Metrics Metrics
	// Loggers take what log-to-eventhub writes; nil knows no logger.
	Loggers Loggers
	// Deployment is what expressions know of this gateway.
	Deployment Deployment
}

// Compiler makes steps of documents. It is safe for concurrent use.
type Compiler struct {
	services   Services
	table      table
	identities *identities
	openIDs    openIDs
}

// NewCompiler makes a Compiler whose steps use those services.
func NewCompiler(s Services) *Compiler {
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Slots == nil {
		s.Slots = limit.NewMemorySlots()
	}
	c := &Compiler{services: s, table: newTable()}
	c.identities = &identities{services: &c.services}
	return c
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
	return Source{Scope: Global, Path: catalog.PolicyPath(""), Policy: catalog.Policy{Format: string(XML),
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
	format, err := ParseFormat(src.Policy.Format)
	if err != nil {
		u.Problems = []fault.Problem{{Code: "ValidationError", Target: "format", Message: fault.As(err).Message}}
		return u
	}
	doc, problems := Parse(format, src.Policy.Value)
	v := &validator{table: c.table, scope: src.Scope, problems: problems, names: n}
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
				cc := &compiler{Compiler: c, source: src, section: section, names: n, document: src.Path, message: targetIn(section)}
				u.parts[i] = part{written: true, steps: cc.steps(s)}
			}
		}
	}
	return u
}

// compiler compiles one section of one document.
type compiler struct {
	*Compiler
	source   Source
	section  Section
	names    *names
	document string  // the path of the record that the steps are written in: the source's, or a fragment's
	path     string  // of the element that holds the steps: "choose[1]/when[2]/", or ""
	message  message // that the policies change
}

// within gives the compiler of what element number n of that name holds.
func (c *compiler) within(name string, n int) *compiler {
	inner := *c
	inner.path += pathOf(name, n) + "/"
	return &inner
}

func (c *compiler) steps(parent *Element) []Step {
	var steps []Step
	count := map[string]int{}
	for _, e := range parent.Children {
		count[e.Name]++
		at := c.location(e, count[e.Name])
		step := Step{action: c.within(e.Name, count[e.Name]).action(e), at: at}
		e.walk(func(inner *Element) { step.stores = step.stores || inner.Name == "cache-store" })
		steps = append(steps, step)
	}
	return steps
}

// location is where element number n of its name stands.
func (c *compiler) location(e *Element, n int) *location {
	at := &location{source: e.Name, scope: c.source.Scope, section: c.section, document: c.document, place: e.Place, path: c.path + pathOf(e.Name, n)}
	at.policyID, _ = e.Attr("id")
	return at
}

// action gives nil for <base />.
func (c *compiler) action(e *Element) Action {
	d := c.table[e.Name]
	if d == nil {
		return &missing{what: "The policy '" + e.Name + "' is not offered yet."}
	}
	if what := notOffered(&d.element, e); what != "" {
		return &missing{what: what + " not offered yet."}
	}
	if d.compile == nil {
		return nil
	}
	return d.compile(c, e)
}

// value, text, integer and boolean read attributes that the validator has accepted.
func (c *compiler) value(e *Element, name, fallback string) Value {
	return c.valueOf(c.text(e, name, fallback))
}

// textValue is what stands between an element's tags.
func (c *compiler) textValue(e *Element) Value { return c.valueOf(e.Text) }

// valueOf makes a Value of a text. One that always gives the same is a literal.
func (c *compiler) valueOf(text string) Value {
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
	return seconds(c.integer(e, name, fallback))
}

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }

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
