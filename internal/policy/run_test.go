package policy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/limit"
)

// quotaStore keeps reservations in memory.
type quotaStore struct {
	mu   sync.Mutex
	kept map[string]limit.Reservation
}

func (s *quotaStore) Reserve(_ context.Context, r limit.Reservation) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[r.Key] = r
	return nil
}

func (s *quotaStore) Load(_ context.Context, key string) (limit.Reservation, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.kept[key]
	return r, ok, nil
}

func (s *quotaStore) Prune(context.Context, time.Time) error { return nil }

// bench compiles documents and runs calls at a time of its own.
type bench struct {
	t        testing.TB
	now      time.Time
	created  time.Time // of the subscription
	compiler *Compiler
}

func newBench(t testing.TB) *bench {
	b := &bench{t: t, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	b.created = b.now.Add(-90 * time.Minute)
	clock := func() time.Time { return b.now }
	b.compiler = NewCompiler(Services{
		Rates:  limit.NewMemoryRates(clock),
		Quotas: limit.NewStoredQuotas(&quotaStore{kept: map[string]limit.Reservation{}}, clock, slog.New(slog.DiscardHandler)),
	})
	return b
}

// unit compiles the sections of a document, which must be valid.
func (b *bench) unit(scope Scope, body string) *Unit {
	b.t.Helper()
	u := b.compiler.Compile(Source{Scope: scope, Path: "/" + scope.String() + "/policies/policy",
		Policy: catalog.Policy{Format: "rawxml", Value: "<policies>" + body + "</policies>"}})
	if len(u.Problems) > 0 {
		b.t.Fatal(u.Problems)
	}
	return u
}

// exchange is a call of the operation GET /get?a={b} with a key.
func (b *bench) exchange() *Exchange {
	return &Exchange{
		Context: context.Background(), Start: b.now,
		Request: Request{Method: "GET", Path: "/echo/get", RawQuery: "a=x%26y&c=d", Headers: Headers{{"X-One", "1"}, {"X-Two", "2"}, {"x-one", "11"}}},
		APIID:   "echo", API: &catalog.API{DisplayName: "Echo API", Path: "echo"},
		OperationID: "get", Operation: &catalog.Operation{DisplayName: "Get", Method: "GET", URLTemplate: "/get?a={b}"},
		Matched:      []Parameter{{Name: "p", Value: "a/b c", Escaped: "a%2Fb%20c"}, {Name: "b", Value: "x&y", Escaped: "x%26y", InQuery: true, QueryName: "a"}},
		Subscription: &access.Subscription{ID: "sub", CreatedDate: b.created},
		Backend:      Target{BaseURL: "http://backend/api", Path: "/get", RawQuery: "a=x%26y&c=d"},
		Response:     Response{Status: 200, Headers: Headers{{"X-One", "1"}}},
	}
}

// lastError gives the Error of a step.
func lastError(t *testing.T, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("not an *Error: %v", err)
	}
	return e
}

// mark is a set-header that shows in which order steps run.
func mark(name string) string {
	return `<set-header name="Order" exists-action="append"><value>` + name + `</value></set-header>`
}

func TestAssembleInsertsWhereBaseStands(t *testing.T) {
	b := newBench(t)
	global := b.unit(Global, "<inbound>"+mark("g")+"</inbound><outbound>"+mark("go")+"</outbound>")
	product := b.unit(Product, "<inbound>"+mark("p1")+"<base/>"+mark("p2")+"</inbound>")
	api := b.unit(API, "<inbound><base/>"+mark("a")+"</inbound><outbound></outbound>")
	operation := b.unit(Operation, "<inbound>"+mark("o")+"<base/></inbound>")
	alone := b.unit(Operation, "<inbound>"+mark("o")+"</inbound>")
	for name, test := range map[string]struct {
		chain             []*Unit
		inbound, outbound string
	}{
		"global":          {[]*Unit{global}, "g", "go"},
		"product":         {[]*Unit{global, product}, "p1,g,p2", "go"},
		"all":             {[]*Unit{global, product, api, operation}, "o,p1,g,p2,a", ""},
		"no base":         {[]*Unit{global, product, api, alone}, "o", ""},
		"scopes without":  {[]*Unit{global, nil, nil, operation}, "o,g", "go"},
		"nothing at all":  {[]*Unit{nil, nil}, "", ""},
		"base at the top": {[]*Unit{b.unit(Global, "<inbound><base/>"+mark("g")+"</inbound>")}, "g", ""},
	} {
		p, x := Assemble(test.chain...), b.exchange()
		if err := errors.Join(p.Inbound.Run(x), p.Outbound.Run(x)); err != nil {
			t.Fatal(err)
		}
		if in, out := x.Request.Headers.Get("Order"), x.Response.Headers.Get("Order"); in != test.inbound || out != test.outbound {
			t.Errorf("%s: inbound ran %q, outbound %q; want %q, %q", name, in, out, test.inbound, test.outbound)
		}
	}
}

func TestSetHeader(t *testing.T) {
	b := newBench(t)
	for name, test := range map[string]struct{ policy, header, want string }{
		"override replaces all lines":  {`<set-header name="X-ONE"><value>a</value></set-header>`, "x-one", "a"},
		"override with several":        {`<set-header name="X-One" exists-action="override"><value>a</value><value>b</value></set-header>`, "X-One", "a,b"},
		"override adds":                {`<set-header name="X-New"><value>a</value></set-header>`, "X-New", "a"},
		"override without value":       {`<set-header name="X-One" />`, "X-One", ""},
		"append":                       {`<set-header name="X-One" exists-action="append"><value>a</value></set-header>`, "X-One", "1,11,a"},
		"append adds":                  {`<set-header name="X-New" exists-action="append"><value>a</value></set-header>`, "X-New", "a"},
		"skip keeps":                   {`<set-header name="X-Two" exists-action="skip"><value>a</value></set-header>`, "X-Two", "2"},
		"skip adds":                    {`<set-header name="X-New" exists-action="skip"><value>a</value></set-header>`, "X-New", "a"},
		"delete":                       {`<set-header name="x-one" exists-action="delete" />`, "X-One", ""},
		"lines of their own":           {`<set-header name="Set-Cookie"><value>a=1</value><value>b=2</value></set-header>`, "Set-Cookie", "a=1|b=2"},
		"of the connection is refused": {`<set-header name="Connection"><value>close</value></set-header>`, "Connection", ""},
	} {
		x := b.exchange()
		if err := Assemble(b.unit(API, "<inbound>"+test.policy+"</inbound>")).Inbound.Run(x); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(x.Request.Headers.Values(test.header), "|"); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
		if len(x.Response.Headers) != 1 {
			t.Errorf("%s: the response changed", name)
		}
	}
	x := b.exchange()
	if err := Assemble(b.unit(API, `<on-error><set-header name="X-One"><value>a</value></set-header></on-error>`)).OnError.Run(x); err != nil {
		t.Fatal(err)
	}
	if x.Response.Headers.Get("X-One") != "a" || x.Request.Headers.Get("X-One") != "1" {
		t.Error("on-error must set the response's header")
	}
}

func TestRewriteURI(t *testing.T) {
	b := newBench(t)
	for _, test := range []struct{ policy, path, query string }{
		{`template="/put"`, "/put", "c=d"},
		{`template="/put" copy-unmatched-params="false"`, "/put", ""},
		{`template="/put" copy-unmatched-params="true"`, "/put", "c=d"},
		{`template="put?e=f"`, "/put", "e=f&c=d"},
		{`template="/put?c=own"`, "/put", "c=own"},
		{`template="/v2/{p}/x?q={p}&r={B}"`, "/v2/a%2Fb%20c/x", "q=a%2Fb+c&r=x%26y&c=d"},
		{`template="/{b}"`, "/x&y", "c=d"},
		{`template="/a b/é"`, "/a%20b/%C3%A9", "c=d"},
		{`template="/{*p}?"`, "/a%2Fb%20c", "c=d"},
	} {
		x := b.exchange()
		if err := Assemble(b.unit(API, "<inbound><rewrite-uri "+test.policy+" /></inbound>")).Inbound.Run(x); err != nil {
			t.Fatal(err)
		}
		if x.Backend.Path != test.path || x.Backend.RawQuery != test.query {
			t.Errorf("%s: %s?%s, want %s?%s", test.policy, x.Backend.Path, x.Backend.RawQuery, test.path, test.query)
		}
	}
	err := Assemble(b.unit(API, `<inbound><set-header name="a"><value>1</value></set-header><rewrite-uri id="r" template="/{none}" /></inbound>`)).Inbound.Run(b.exchange())
	if e := lastError(t, err); e.Status != 500 || e.Source != "rewrite-uri" || e.Scope != "api" || e.Section != "inbound" || e.Path != "rewrite-uri[1]" || e.PolicyID != "r" {
		t.Errorf("a parameter that is not in the template: %+v", e)
	}
}

func TestSetBackendService(t *testing.T) {
	b := newBench(t)
	x := b.exchange()
	if err := Assemble(b.unit(API, `<inbound><set-backend-service base-url="https://other/v1/" /></inbound>`)).Inbound.Run(x); err != nil {
		t.Fatal(err)
	}
	if x.Backend.BaseURL != "https://other/v1/" || x.Backend.Path != "/get" || x.Backend.EntityID != "" {
		t.Errorf("%+v", x.Backend)
	}
	if err := Assemble(b.unit(API, `<inbound><set-backend-service backend-id="pool" /></inbound>`)).Inbound.Run(x); err != nil || x.Backend.EntityID != "pool" {
		t.Errorf("%+v, %v", x.Backend, err)
	}
}

// forwarder remembers how it was called.
type forwarder struct{ options []ForwardOptions }

func (f *forwarder) Forward(_ *Exchange, o ForwardOptions) error {
	f.options = append(f.options, o)
	return nil
}

func TestForwardRequest(t *testing.T) {
	b := newBench(t)
	for attributes, want := range map[string]ForwardOptions{
		``:                                 {Timeout: 300 * time.Second, BufferResponse: true},
		`timeout="5"`:                      {Timeout: 5 * time.Second, BufferResponse: true},
		`timeout-ms="250"`:                 {Timeout: 250 * time.Millisecond, BufferResponse: true},
		`timeout="0"`:                      {Timeout: 300 * time.Second, BufferResponse: true},
		`follow-redirects="true"`:          {Timeout: 300 * time.Second, BufferResponse: true, FollowRedirects: true},
		`buffer-response="false"`:          {Timeout: 300 * time.Second},
		`buffer-request-body="true"`:       {Timeout: 300 * time.Second, BufferResponse: true, BufferRequestBody: true},
		`fail-on-error-status-code="True"`: {Timeout: 300 * time.Second, BufferResponse: true, FailOnErrorStatusCode: true},
	} {
		f, x := &forwarder{}, b.exchange()
		x.Forwarder = f
		if err := Assemble(b.unit(API, "<backend><forward-request "+attributes+" /></backend>")).Backend.Run(x); err != nil {
			t.Fatal(err)
		}
		if len(f.options) != 1 || f.options[0] != want {
			t.Errorf("%s: %+v", attributes, f.options)
		}
	}
}

func TestRateLimit(t *testing.T) {
	b := newBench(t)
	steps := Assemble(b.unit(Product, `<inbound><rate-limit calls="2" renewal-period="60" remaining-calls-header-name="X-Left" total-calls-header-name="X-Total"
		remaining-calls-variable-name="left" retry-after-variable-name="wait" /></inbound>`)).Inbound
	for i := range 2 {
		x := b.exchange()
		if err := steps.Run(x); err != nil {
			t.Fatal(err)
		}
		if left := fmt.Sprint(1 - i); x.ResponseHeaders.Get("X-Left") != left || fmt.Sprint(x.Variables["left"]) != left || x.ResponseHeaders.Get("X-Total") != "2" {
			t.Errorf("call %d: headers %v, variables %v", i, x.ResponseHeaders, x.Variables)
		}
		b.now = b.now.Add(1500 * time.Millisecond)
	}
	x := b.exchange()
	e := lastError(t, steps.Run(x))
	if e.Status != 429 || e.Message != "Rate limit is exceeded. Try again in 57 seconds." || e.Headers.Get("Retry-After") != "57" ||
		e.Reason != "RateLimitExceeded" || e.LastMessage() != "Rate limit is exceeded" || e.Source != "rate-limit" || e.Scope != "product" {
		t.Errorf("%+v", e)
	}
	if x.ResponseHeaders.Get("X-Left") != "0" || fmt.Sprint(x.Variables["wait"]) != "57" {
		t.Errorf("headers %v, variables %v", x.ResponseHeaders, x.Variables)
	}

	other := b.exchange()
	other.Subscription = &access.Subscription{ID: "other"}
	if err := steps.Run(other); err != nil {
		t.Errorf("another subscription is refused: %v", err)
	}
	keyless := b.exchange()
	keyless.Subscription = nil
	if err := steps.Run(keyless); err != nil {
		t.Errorf("a call without a key is refused: %v", err)
	}
}

// call runs the steps for one operation and tells whether it passed.
func (b *bench) call(steps Steps, api, operation string) bool {
	x := b.exchange()
	x.APIID, x.API = api, &catalog.API{DisplayName: strings.ToUpper(api)}
	x.OperationID, x.Operation = operation, &catalog.Operation{DisplayName: strings.ToUpper(operation)}
	return steps.Run(x) == nil
}

func TestRateLimitOfAPIsAndOperations(t *testing.T) {
	b := newBench(t)
	steps := Assemble(b.unit(Product, `<inbound><rate-limit calls="4" renewal-period="60">
		<api name="ONE" calls="2" renewal-period="60"><operation id="Get" name="ignored" calls="1" renewal-period="60" /></api>
	</rate-limit></inbound>`)).Inbound
	calls := []struct {
		api, operation string
		ok             bool
	}{
		{"one", "get", true},
		{"one", "get", false}, // the operation's limit; not counted by the others
		{"one", "put", true},
		{"one", "put", false}, // the API's limit
		{"two", "get", true},
		{"two", "get", true},
		{"two", "get", false}, // the product's limit
	}
	for i, c := range calls {
		if ok := b.call(steps, c.api, c.operation); ok != c.ok {
			t.Errorf("call %d: passed is %v", i, ok)
		}
	}
}

func TestQuotaCalls(t *testing.T) {
	b := newBench(t)
	steps := Assemble(b.unit(Product, `<inbound><quota calls="2" renewal-period="3600"><api id="one" calls="1" renewal-period="0" /></quota></inbound>`)).Inbound
	for i, ok := range []bool{true, false, false} {
		if got := b.call(steps, "one", "get"); got != ok {
			t.Errorf("call %d of the API: passed is %v", i, got)
		}
	}
	if !b.call(steps, "two", "get") {
		t.Error("the product's quota counted calls that the API's refused")
	}
	// The subscription began 90 minutes ago: its second period ends in 30 minutes.
	e := lastError(t, steps.Run(b.exchange()))
	if e.Status != 403 || e.Message != "Out of call volume quota. Quota will be replenished in 00:30:00." || e.Headers.Get("Retry-After") != "1800" ||
		e.Reason != "QuotaExceeded" || e.Source != "quota" {
		t.Errorf("%+v", e)
	}
	b.now = b.now.Add(30 * time.Minute)
	if !b.call(steps, "two", "get") {
		t.Error("the next period did not begin")
	}
	if e := lastError(t, steps.Run(func() *Exchange { x := b.exchange(); x.APIID = "one"; return x }())); e.Message != "Out of call volume quota." || e.Headers.Has("Retry-After") {
		t.Errorf("a quota for life: %+v", e)
	}
	keyless := b.exchange()
	keyless.Subscription = nil
	if err := steps.Run(keyless); err != nil {
		t.Errorf("a call without a key is refused: %v", err)
	}
}

func TestQuotaBandwidth(t *testing.T) {
	b := newBench(t)
	steps := Assemble(b.unit(Product, `<inbound><quota bandwidth="2" renewal-period="1000000" /></inbound>`)).Inbound
	for range 2 {
		x := b.exchange()
		if err := steps.Run(x); err != nil {
			t.Fatal(err)
		}
		x.RequestBytes, x.ResponseBytes = 500, 600
		if err := x.End(); err != nil {
			t.Fatal(err)
		}
	}
	e := lastError(t, steps.Run(b.exchange()))
	if e.Status != 403 || e.Message != "Out of bandwidth quota. Quota will be replenished in 11.12:16:40." || e.Headers.Get("Retry-After") != "994600" {
		t.Errorf("%+v", e)
	}
}

func TestWhatIsNotOfferedFailsTheCall(t *testing.T) {
	b := newBench(t)
	for policy, detail := range map[string]string{
		`<sql-data-source />`: "The policy 'sql-data-source' is not offered yet.",
	} {
		e := lastError(t, Assemble(b.unit(API, "<inbound>"+policy+"</inbound>")).Inbound.Run(b.exchange()))
		if e.Status != 500 || e.LastMessage() != detail || e.Reason != "PolicyNotOffered" || e.Message != "" || !strings.Contains(policy, "<"+e.Source) {
			t.Errorf("%s: %+v", policy, e)
		}
	}
}

func TestBrokenDocumentFailsItsCallsOnly(t *testing.T) {
	b := newBench(t)
	bad := b.compiler.Compile(Source{Scope: API, Path: "/apis/bad/policies/policy", Policy: catalog.Policy{Format: "xml", Value: "<policies><inbound><nothing/></inbound></policies>"}})
	if len(bad.Problems) != 1 {
		t.Fatal(bad.Problems)
	}
	good := b.unit(Global, "<inbound>"+mark("g")+"</inbound>")
	e := lastError(t, Assemble(good, nil, bad).Inbound.Run(b.exchange()))
	if e.Status != 500 || e.Document != "/apis/bad/policies/policy" || !strings.Contains(e.LastMessage(), "There is no such policy") {
		t.Errorf("%+v", e)
	}
	if err := Assemble(good).Inbound.Run(b.exchange()); err != nil {
		t.Error(err)
	}
	if u := b.compiler.Compile(Source{Scope: API, Policy: catalog.Policy{Format: "xml-link", Value: "http://x"}}); len(u.Problems) != 1 {
		t.Error("an unknown format must be a problem")
	}
}

func TestRateLimitByKey(t *testing.T) {
	b := newBench(t)
	steps := Assemble(b.unit(API, `<inbound><rate-limit-by-key calls="@(1 + 2)" renewal-period="60" counter-key="@(context.Request.Method)" increment-count="2"
		remaining-calls-variable-name="left" retry-after-header-name="Wait" /></inbound>`)).Inbound
	x := b.exchange()
	if err := steps.Run(x); err != nil || fmt.Sprint(x.Variables["left"]) != "1" {
		t.Errorf("%v, variables %v", err, x.Variables)
	}
	b.now = b.now.Add(20 * time.Second)
	if e := lastError(t, steps.Run(b.exchange())); e.Status != 429 || e.Headers.Get("Wait") != "40" || e.Reason != "RateLimitExceeded" {
		t.Errorf("%+v", e)
	}
	other := b.exchange()
	other.Request.Method = "POST"
	if err := steps.Run(other); err != nil {
		t.Errorf("another key is refused: %v", err)
	}
}

func TestQuotaByKey(t *testing.T) {
	b := newBench(t)
	steps := Assemble(b.unit(API, `<inbound><quota-by-key calls="2" bandwidth="1" renewal-period="3600" first-period-start="2026-01-01T00:00:00" counter-key="k"
		increment-condition="@(context.Response.StatusCode < 400)" /></inbound>`)).Inbound
	for _, status := range []int{500, 200} { // the first does not count
		x := b.exchange()
		if err := steps.Run(x); err != nil {
			t.Fatal(err)
		}
		x.Response.Status, x.ResponseBytes = status, 100
		if err := errors.Join(x.Settle(), x.End()); err != nil {
			t.Fatal(err)
		}
	}
	x := b.exchange()
	if err := steps.Run(x); err != nil {
		t.Fatalf("the second that counts is refused: %v", err)
	}
	if e := lastError(t, steps.Run(b.exchange())); e.Status != 403 || e.Message != "Out of call volume quota. Quota will be replenished in 00:55:55." {
		t.Errorf("%+v", e)
	}
	x.ResponseBytes = 1 << 20
	if err := errors.Join(x.Settle(), x.End()); err != nil {
		t.Fatal(err)
	}
	if e := lastError(t, steps.Run(b.exchange())); e.Message != "Out of bandwidth quota. Quota will be replenished in 00:55:55." {
		t.Errorf("%+v", e)
	}
}

// library is a Library in memory.
type library struct {
	values    map[string]string
	fragments map[string]string
}

func (l library) NamedValue(name string) (string, bool) {
	v, ok := l.values[name]
	return v, ok
}

func (l library) Fragment(id string) (catalog.Policy, bool) {
	f, ok := l.fragments[id]
	return catalog.Policy{Format: "rawxml", Value: f}, ok
}

func TestNamedValuesAndFragments(t *testing.T) {
	b := newBench(t)
	l := library{
		values: map[string]string{"plain": "text", "code": `@(context.Api.Id + "!")`, "key.part": "Id"},
		fragments: map[string]string{
			"outer": `<fragment><include-fragment fragment-id="Inner" />` + mark("{{plain}}") + `</fragment>`,
			"inner": `<fragment>` + mark("inner") + `</fragment>`,
			"loop":  `<fragment><include-fragment fragment-id="loop2" /></fragment>`,
			"loop2": `<fragment><choose><when condition="true"><include-fragment fragment-id="loop" /></when></choose></fragment>`,
			"wrong": `<fragment><nothing /></fragment>`,
		},
	}
	compile := func(inbound string) *Unit {
		return b.compiler.Compile(Source{Scope: API, Path: "/apis/a/policies/policy", Library: l,
			Policy: catalog.Policy{Format: "rawxml", Value: "<policies><inbound>" + inbound + "</inbound></policies>"}})
	}
	for name, test := range map[string]struct{ inbound, want string }{
		"text":            {mark("a {{plain}} {{ plain }}"), "a text text"},
		"holds code":      {mark("{{code}}"), "echo!"},
		"inside code":     {mark(`@("{{plain}}" + context.Api.{{key.part}})`), "textecho"},
		"not a name":      {mark(`{ "a": {{ "b": 1 }} }`), `{ "a": {{ "b": 1 }} }`},
		"nested fragment": {`<include-fragment fragment-id="outer" />`, "inner,text"},
	} {
		u := compile(test.inbound)
		x := b.exchange()
		if err := Assemble(u).Inbound.Run(x); err != nil || x.Request.Headers.Get("Order") != test.want {
			t.Errorf("%s: %q, %v, problems %v", name, x.Request.Headers.Get("Order"), err, u.Problems)
		}
	}
	for inbound, want := range map[string]string{
		mark("{{missing}}"):                        "There is no named value 'missing'.",
		`<include-fragment fragment-id="none" />`:  "There is no policy fragment 'none'.",
		`<include-fragment fragment-id="loop" />`:  "The fragment 'loop' includes itself: loop → loop2 → loop.",
		`<include-fragment fragment-id="wrong" />`: "In the fragment 'wrong': Error in element 'nothing' on line 1, column 12: There is no such policy.",
	} {
		u := compile(inbound)
		if len(u.Problems) != 1 || !strings.Contains(u.Problems[0].Message, want) {
			t.Errorf("%s: %v", inbound, u.Problems)
		}
	}
	if u := compile(mark("{{missing}}") + `<include-fragment fragment-id="Outer" />`); !u.Uses[Use{Name: "missing"}] || !u.Uses[Use{Name: "plain"}] || !u.Uses[Use{Fragment: true, Name: "inner"}] {
		t.Errorf("uses %v", u.Uses)
	}
}

func TestRetryWaits(t *testing.T) {
	for attributes, want := range map[string][2]time.Duration{
		`interval="2"`:                              {6 * time.Second, 6 * time.Second},
		`interval="2" delta="1"`:                    {9 * time.Second, 9 * time.Second},
		`interval="2" first-fast-retry="true"`:      {4 * time.Second, 4 * time.Second},
		`interval="1" delta="10" max-interval="5"`:  {11 * time.Second, 11 * time.Second},
		`interval="1" delta="1" max-interval="100"`: {6200 * time.Millisecond, 7800 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			x, start := b.exchange(), time.Now()
			if err := Assemble(b.unit(API, `<inbound><retry condition="@(true)" count="3" `+attributes+`>`+mark("x")+`</retry></inbound>`)).Inbound.Run(x); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took < want[0] || took > want[1] || x.Request.Headers.Get("Order") != "x,x,x,x" {
				t.Errorf("%s: %v, ran %q", attributes, took, x.Request.Headers.Get("Order"))
			}
		})
	}
}
