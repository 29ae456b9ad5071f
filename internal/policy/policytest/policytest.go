// Package policytest compiles policies and runs calls through them, in the tests
// of the policies' packages.
package policytest

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/limit"
	"portico/internal/policy"
	"portico/internal/policy/catalogue"
)

// Bench compiles documents and runs calls at a time of its own.
type Bench struct {
	Now      time.Time
	Created  time.Time // of the subscription
	Compiler *policy.Compiler
	t        testing.TB
}

// New makes a Bench with counters in memory and no other services.
func New(t testing.TB) *Bench {
	b := &Bench{t: t, Now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	b.Created = b.Now.Add(-90 * time.Minute)
	b.Use(policy.Services{})
	return b
}

// Use makes another Compiler, with those services and the Bench's time. Counters
// that are not given are new ones.
func (b *Bench) Use(s policy.Services) {
	clock := func() time.Time { return b.Now }
	if s.Now == nil {
		s.Now = clock
	}
	if s.Rates == nil {
		s.Rates = limit.NewMemoryRates(clock)
	}
	if s.Quotas == nil {
		s.Quotas = limit.NewStoredQuotas(&reservations{kept: map[string]limit.Reservation{}}, clock, slog.New(slog.DiscardHandler))
	}
	b.Compiler = policy.NewCompiler(catalogue.New(), s)
}

// Unit compiles the sections of a document, which must be valid.
func (b *Bench) Unit(scope policy.Scope, body string) *policy.Unit {
	b.t.Helper()
	u := b.Compiler.Compile(policy.Source{Scope: scope, Path: "/" + scope.String() + "/policies/policy",
		Policy: catalog.Policy{Format: "rawxml", Value: "<policies>" + body + "</policies>"}})
	if len(u.Problems) > 0 {
		b.t.Fatal(u.Problems)
	}
	return u
}

// Program compiles the sections of an API's document.
func (b *Bench) Program(body string) *policy.Program {
	b.t.Helper()
	return policy.Assemble(b.Unit(policy.API, body))
}

// Inbound compiles the policies of an API's inbound section.
func (b *Bench) Inbound(policies string) policy.Steps {
	b.t.Helper()
	return b.Program("<inbound>" + policies + "</inbound>").Inbound
}

// Exchange is a call of the operation GET /get?a={b} with a key.
func (b *Bench) Exchange() *policy.Exchange {
	return &policy.Exchange{
		Context: context.Background(), Start: b.Now,
		Request: policy.Request{Method: "GET", Path: "/echo/get", RawQuery: "a=x%26y&c=d", Headers: policy.Headers{{Name: "X-One", Value: "1"}, {Name: "X-Two", Value: "2"}, {Name: "x-one", Value: "11"}}},
		APIID:   "echo", API: &catalog.API{DisplayName: "Echo API", Path: "echo"},
		OperationID: "get", Operation: &catalog.Operation{DisplayName: "Get", Method: "GET", URLTemplate: "/get?a={b}"},
		Matched:      []policy.Parameter{{Name: "p", Value: "a/b c", Escaped: "a%2Fb%20c"}, {Name: "b", Value: "x&y", Escaped: "x%26y", InQuery: true, QueryName: "a"}},
		Subscription: &access.Subscription{ID: "sub", CreatedDate: b.Created},
		Backend:      policy.Target{BaseURL: "http://backend/api", Path: "/get", RawQuery: "a=x%26y&c=d"},
		Response:     policy.Response{Status: 200, Headers: policy.Headers{{Name: "X-One", Value: "1"}}},
	}
}

// Error gives the Error of a step.
func Error(t testing.TB, err error) *policy.Error {
	t.Helper()
	var e *policy.Error
	if !errors.As(err, &e) {
		t.Fatalf("not an *Error: %v", err)
	}
	return e
}

// reservations keeps reservations in memory.
type reservations struct {
	mu   sync.Mutex
	kept map[string]limit.Reservation
}

// Reserve keeps r.
func (s *reservations) Reserve(_ context.Context, r limit.Reservation) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[r.Key] = r
	return nil
}

// Load gives what is kept.
func (s *reservations) Load(_ context.Context, key string) (limit.Reservation, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.kept[key]
	return r, ok, nil
}

// Prune forgets nothing.
func (s *reservations) Prune(context.Context, time.Time) error { return nil }
