package policy

import (
	"errors"

	"portico/internal/policy/document"
)

// ErrAnswered ends a pipeline without an error: a policy made the response, and
// nothing else runs.
var ErrAnswered = errors.New("a policy answered the call")

// ErrCached ends the inbound section without an error: the response is there,
// and the call goes on behind the outbound section's cache-store.
var ErrCached = errors.New("the response is from the cache")

// Action is what one policy does to a call. It must not keep the Exchange.
type Action interface {
	// Do runs the policy. An *Error says what the client gets; any other error is a 500.
	Do(x *Exchange) error
}

// Step is one compiled policy in its place.
type Step struct {
	action Action
	at     *Location
	stores bool // it is cache-store, or holds one
	// inherits tells that it holds a <base />.
	inherits bool
}

// Steps is one section of a Program.
type Steps []Step

// Program is what runs for the calls of one operation in one context: the
// documents of all scopes flattened into one list a section. It is immutable.
type Program struct {
	Inbound, Backend, Outbound, OnError Steps
}

// Run does the steps in order. An error stops it, and is an *Error that says where.
func (s Steps) Run(x *Exchange) error {
	outer := x.running
	for i := range s {
		x.running = s[i].at
		var err error
		if x.Tracer == nil {
			err = s[i].action.Do(x)
		} else {
			err = s[i].traced(x)
		}
		if err != nil {
			x.running = outer
			if err == ErrAnswered || err == ErrCached {
				return err
			}
			return s[i].at.Locate(err)
		}
	}
	x.running = outer
	return nil
}

// AfterCacheStore gives the steps behind the first that stores the response; all
// of them where none does.
func (s Steps) AfterCacheStore() Steps {
	for i := range s {
		if s[i].stores {
			return s[i+1:]
		}
	}
	return s
}

// Assemble flattens the documents of a chain, from wide to narrow; nil stands
// for a scope without a document, which inherits.
func Assemble(chain ...*Unit) *Program {
	for _, u := range chain {
		if u != nil && len(u.Problems) > 0 {
			at := &Location{scope: u.source.Scope, section: Inbound, document: u.source.Path}
			return &Program{Inbound: Steps{{action: &broken{u}, at: at}}}
		}
	}
	p := &Program{}
	for i, to := range []*Steps{&p.Inbound, &p.Backend, &p.Outbound, &p.OnError} {
		*to = flatten(nil, chain, i)
	}
	return p
}

// flatten appends the steps of section i as the narrowest document of the chain has them.
func flatten(out Steps, chain []*Unit, i int) Steps {
	if len(chain) == 0 {
		return out
	}
	wider, u := chain[:len(chain)-1], chain[len(chain)-1]
	if u == nil || !u.parts[i].written {
		return flatten(out, wider, i)
	}
	for _, s := range u.parts[i].steps {
		switch {
		case s.action == nil:
			out = flatten(out, wider, i)
			continue
		case s.inherits:
			s.action = &inheriting{action: s.action, wider: flatten(nil, wider, i)}
		}
		out = append(out, s)
	}
	return out
}

// inheriting runs an action that holds a <base />, which stands for these steps.
type inheriting struct {
	action Action
	wider  Steps
}

func (i *inheriting) Do(x *Exchange) error {
	outer := x.wider
	x.wider = i.wider
	err := i.action.Do(x)
	x.wider = outer
	return err
}

// inherited is a <base /> inside of another policy.
type inherited struct{}

func (inherited) Do(x *Exchange) error { return x.wider.Run(x) }

// Preflighter is an Action that answers preflight requests.
type Preflighter interface {
	// Preflight makes the answer to a preflight request that the policy allows.
	// last tells that no policy behind it is asked.
	Preflight(x *Exchange) (allowed, last bool, err error)
}

// Preflight answers a preflight request (OPTIONS with Access-Control-Request-Method)
// by the cors policies of the inbound section alone. It tells false where there is
// none, and then nothing changed.
func (p *Program) Preflight(x *Exchange) (answered bool, err error) {
	for _, s := range p.Inbound.withFragments() {
		c, ok := s.action.(Preflighter)
		if !ok {
			continue
		}
		allowed, last, err := c.Preflight(x)
		if err != nil {
			return true, s.at.Locate(err)
		}
		answered = true
		if allowed {
			return true, nil
		}
		if last {
			break
		}
	}
	if answered {
		x.Answer(Response{Status: 200})
	}
	return answered, nil
}

// withFragments gives the steps with those of fragments in the place of what includes them.
func (s Steps) withFragments() (out Steps) {
	for _, step := range s {
		if inner, ok := step.action.(block); ok {
			out = append(out, Steps(inner).withFragments()...)
		} else {
			out = append(out, step)
		}
	}
	return out
}

// OutsideAnswerer is an Action of the global document that answers calls which
// are for no API.
type OutsideAnswerer interface {
	// AnswerOutside tells whether it answered the call.
	AnswerOutside(x *Exchange) bool
}

// CrossDomain answers a call of CrossDomainPath by the global document; see Preflight.
func (p *Program) CrossDomain(x *Exchange) (answered bool) {
	for i := range p.Inbound {
		if a, ok := p.Inbound[i].action.(OutsideAnswerer); ok && a.AnswerOutside(x) {
			return true
		}
	}
	return false
}

// Location says where a step was written.
type Location struct {
	source   string
	scope    Scope
	section  Section
	document string
	place    document.Place
	path     string
	policyID string
}

// Locate makes err an *Error that says where it happened.
func (l *Location) Locate(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Status: 500, Err: err}
	}
	if e.Source == "" {
		e.Source = l.source
	}
	if e.Section == "" {
		e.Scope, e.Section, e.Path, e.PolicyID = l.scope.String(), l.section.String(), l.path, l.policyID
		e.Document, e.Place = l.document, l.place
	}
	return e
}
