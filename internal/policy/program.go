package policy

import "errors"

// Action is what one policy does to a call. It must not keep the Exchange.
type Action interface {
	// Do runs the policy. An *Error says what the client gets; any other error is a 500.
	Do(x *Exchange) error
}

// Step is one compiled policy in its place.
type Step struct {
	action Action
	at     *location
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
	for i := range s {
		if err := s[i].action.Do(x); err != nil {
			return s[i].at.locate(err)
		}
	}
	return nil
}

// Assemble flattens the documents of a chain, from wide to narrow; nil stands
// for a scope without a document, which inherits.
func Assemble(chain ...*Unit) *Program {
	for _, u := range chain {
		if u != nil && len(u.Problems) > 0 {
			at := &location{scope: u.source.Scope, section: Inbound, document: u.source.Path}
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
		if s.action == nil {
			out = flatten(out, wider, i)
		} else {
			out = append(out, s)
		}
	}
	return out
}

// location says where a step was written.
type location struct {
	source   string
	scope    Scope
	section  Section
	document string
	place    Place
	path     string
	policyID string
}

// locate makes err an *Error that says where it happened.
func (l *location) locate(err error) error {
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
