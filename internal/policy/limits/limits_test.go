package limits_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
)

func TestRateLimit(t *testing.T) {
	b := policytest.New(t)
	steps := policy.Assemble(b.Unit(policy.Product, `<inbound><rate-limit calls="2" renewal-period="60" remaining-calls-header-name="X-Left" total-calls-header-name="X-Total"
		remaining-calls-variable-name="left" retry-after-variable-name="wait" /></inbound>`)).Inbound
	for i := range 2 {
		x := b.Exchange()
		if err := steps.Run(x); err != nil {
			t.Fatal(err)
		}
		if left := fmt.Sprint(1 - i); x.ResponseHeaders.Get("X-Left") != left || fmt.Sprint(x.Variables["left"]) != left || x.ResponseHeaders.Get("X-Total") != "2" {
			t.Errorf("call %d: headers %v, variables %v", i, x.ResponseHeaders, x.Variables)
		}
		b.Now = b.Now.Add(1500 * time.Millisecond)
	}
	x := b.Exchange()
	e := policytest.Error(t, steps.Run(x))
	if e.Status != 429 || e.Message != "Rate limit is exceeded. Try again in 57 seconds." || e.Headers.Get("Retry-After") != "57" ||
		e.Reason != "RateLimitExceeded" || e.LastMessage() != "Rate limit is exceeded" || e.Source != "rate-limit" || e.Scope != "product" {
		t.Errorf("%+v", e)
	}
	if x.ResponseHeaders.Get("X-Left") != "0" || fmt.Sprint(x.Variables["wait"]) != "57" {
		t.Errorf("headers %v, variables %v", x.ResponseHeaders, x.Variables)
	}

	other := b.Exchange()
	other.Subscription = &access.Subscription{ID: "other"}
	if err := steps.Run(other); err != nil {
		t.Errorf("another subscription is refused: %v", err)
	}
	keyless := b.Exchange()
	keyless.Subscription = nil
	if err := steps.Run(keyless); err != nil {
		t.Errorf("a call without a key is refused: %v", err)
	}
}

// call runs the steps for one operation and tells whether it passed.
func call(b *policytest.Bench, steps policy.Steps, api, operation string) bool {
	x := b.Exchange()
	x.APIID, x.API = api, &catalog.API{DisplayName: strings.ToUpper(api)}
	x.OperationID, x.Operation = operation, &catalog.Operation{DisplayName: strings.ToUpper(operation)}
	return steps.Run(x) == nil
}

func TestRateLimitOfAPIsAndOperations(t *testing.T) {
	b := policytest.New(t)
	steps := policy.Assemble(b.Unit(policy.Product, `<inbound><rate-limit calls="4" renewal-period="60">
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
		if ok := call(b, steps, c.api, c.operation); ok != c.ok {
			t.Errorf("call %d: passed is %v", i, ok)
		}
	}
}

func TestQuotaCalls(t *testing.T) {
	b := policytest.New(t)
	steps := policy.Assemble(b.Unit(policy.Product, `<inbound><quota calls="2" renewal-period="3600"><api id="one" calls="1" renewal-period="0" /></quota></inbound>`)).Inbound
	for i, ok := range []bool{true, false, false} {
		if got := call(b, steps, "one", "get"); got != ok {
			t.Errorf("call %d of the API: passed is %v", i, got)
		}
	}
	if !call(b, steps, "two", "get") {
		t.Error("the product's quota counted calls that the API's refused")
	}
	// The subscription began 90 minutes ago: its second period ends in 30 minutes.
	e := policytest.Error(t, steps.Run(b.Exchange()))
	if e.Status != 403 || e.Message != "Out of call volume quota. Quota will be replenished in 00:30:00." || e.Headers.Get("Retry-After") != "1800" ||
		e.Reason != "QuotaExceeded" || e.Source != "quota" {
		t.Errorf("%+v", e)
	}
	b.Now = b.Now.Add(30 * time.Minute)
	if !call(b, steps, "two", "get") {
		t.Error("the next period did not begin")
	}
	if e := policytest.Error(t, steps.Run(func() *policy.Exchange { x := b.Exchange(); x.APIID = "one"; return x }())); e.Message != "Out of call volume quota." || e.Headers.Has("Retry-After") {
		t.Errorf("a quota for life: %+v", e)
	}
	keyless := b.Exchange()
	keyless.Subscription = nil
	if err := steps.Run(keyless); err != nil {
		t.Errorf("a call without a key is refused: %v", err)
	}
}

func TestQuotaBandwidth(t *testing.T) {
	b := policytest.New(t)
	steps := policy.Assemble(b.Unit(policy.Product, `<inbound><quota bandwidth="2" renewal-period="1000000" /></inbound>`)).Inbound
	for range 2 {
		x := b.Exchange()
		if err := steps.Run(x); err != nil {
			t.Fatal(err)
		}
		x.RequestBytes, x.ResponseBytes = 500, 600
		if err := x.End(); err != nil {
			t.Fatal(err)
		}
	}
	e := policytest.Error(t, steps.Run(b.Exchange()))
	if e.Status != 403 || e.Message != "Out of bandwidth quota. Quota will be replenished in 11.12:16:40." || e.Headers.Get("Retry-After") != "994600" {
		t.Errorf("%+v", e)
	}
}

func TestRateLimitByKey(t *testing.T) {
	b := policytest.New(t)
	steps := policy.Assemble(b.Unit(policy.API, `<inbound><rate-limit-by-key calls="@(1 + 2)" renewal-period="60" counter-key="@(context.Request.Method)" increment-count="2"
		remaining-calls-variable-name="left" retry-after-header-name="Wait" /></inbound>`)).Inbound
	x := b.Exchange()
	if err := steps.Run(x); err != nil || fmt.Sprint(x.Variables["left"]) != "1" {
		t.Errorf("%v, variables %v", err, x.Variables)
	}
	b.Now = b.Now.Add(20 * time.Second)
	if e := policytest.Error(t, steps.Run(b.Exchange())); e.Status != 429 || e.Headers.Get("Wait") != "40" || e.Reason != "RateLimitExceeded" {
		t.Errorf("%+v", e)
	}
	other := b.Exchange()
	other.Request.Method = "POST"
	if err := steps.Run(other); err != nil {
		t.Errorf("another key is refused: %v", err)
	}
}

func TestQuotaByKey(t *testing.T) {
	b := policytest.New(t)
	steps := policy.Assemble(b.Unit(policy.API, `<inbound><quota-by-key calls="2" bandwidth="1" renewal-period="3600" first-period-start="2026-01-01T00:00:00" counter-key="k"
		increment-condition="@(context.Response.StatusCode < 400)" /></inbound>`)).Inbound
	for _, status := range []int{500, 200} { // the first does not count
		x := b.Exchange()
		if err := steps.Run(x); err != nil {
			t.Fatal(err)
		}
		x.Response.Status, x.ResponseBytes = status, 100
		if err := errors.Join(x.Settle(), x.End()); err != nil {
			t.Fatal(err)
		}
	}
	x := b.Exchange()
	if err := steps.Run(x); err != nil {
		t.Fatalf("the second that counts is refused: %v", err)
	}
	if e := policytest.Error(t, steps.Run(b.Exchange())); e.Status != 403 || e.Message != "Out of call volume quota. Quota will be replenished in 00:55:55." {
		t.Errorf("%+v", e)
	}
	x.ResponseBytes = 1 << 20
	if err := errors.Join(x.Settle(), x.End()); err != nil {
		t.Fatal(err)
	}
	if e := policytest.Error(t, steps.Run(b.Exchange())); e.Message != "Out of bandwidth quota. Quota will be replenished in 00:55:55." {
		t.Errorf("%+v", e)
	}
}

// watched notes what a QuotaWatch is told.
type watched []string

func (w *watched) Near(subscription string, percent int, resets time.Duration) {
	*w = append(*w, fmt.Sprint(subscription, " ", percent, " ", resets > 0))
}

// TestQuotaWatch: it is told once a period, with the call that uses 90 % up.
func TestQuotaWatch(t *testing.T) {
	for calls, want := range map[int]int{5: 0, 10: 9, 15: 14, 100: 90, 1005: 905} {
		var told watched
		b := policytest.New(t)
		b.Use(policy.Services{QuotaWatch: &told})
		steps := policy.Assemble(b.Unit(policy.Product, fmt.Sprintf(`<inbound><quota calls="%d" renewal-period="3600" /></inbound>`, calls))).Inbound
		at := 0
		for i := range calls {
			if err := steps.Run(b.Exchange()); err != nil {
				t.Fatal(err)
			}
			if at == 0 && len(told) > 0 {
				at = i + 1
			}
		}
		if at != want || want > 0 && (len(told) != 1 || told[0] != "sub 90 true") {
			t.Errorf("of %d calls: told %v with call %d, want %d", calls, told, at, want)
		}
	}
}
