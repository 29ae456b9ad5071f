package control_test

import (
	"testing"
	"testing/synctest"
	"time"

	"portico/internal/policy"
	"portico/internal/policy/policytest"
)

// mark shows how often it ran.
const mark = `<set-header name="Order" exists-action="append"><value>x</value></set-header>`

func TestRetryWaits(t *testing.T) {
	for attributes, want := range map[string][2]time.Duration{
		`interval="2"`:                              {6 * time.Second, 6 * time.Second},
		`interval="2" delta="1"`:                    {9 * time.Second, 9 * time.Second},
		`interval="2" first-fast-retry="true"`:      {4 * time.Second, 4 * time.Second},
		`interval="1" delta="10" max-interval="5"`:  {11 * time.Second, 11 * time.Second},
		`interval="1" delta="1" max-interval="100"`: {6200 * time.Millisecond, 7800 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := policytest.New(t)
			x, start := b.Exchange(), time.Now()
			if err := policy.Assemble(b.Unit(policy.API, `<inbound><retry condition="@(true)" count="3" `+attributes+`>`+mark+`</retry></inbound>`)).Inbound.Run(x); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took < want[0] || took > want[1] || x.Request.Headers.Get("Order") != "x,x,x,x" {
				t.Errorf("%s: %v, ran %q", attributes, took, x.Request.Headers.Get("Order"))
			}
		})
	}
}
