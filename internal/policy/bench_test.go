package policy_test

import (
	"fmt"
	"testing"

	"portico/internal/catalog"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
)

// speed is issue-sized: what a call pays for a limit by a computed key, a
// computed header, a condition and a rewritten address.
const speed = `<inbound>
	<rate-limit-by-key calls="1000000000" renewal-period="60" counter-key="@(context.Subscription.Id)" />
	<set-header name="X-Caller" exists-action="override"><value>@(context.Request.IpAddress + "/" + context.Api.Id)</value></set-header>
	<choose>
		<when condition="@(context.Request.Method == "DELETE")"><set-status code="405" /></when>
		<otherwise><set-method>GET</set-method></otherwise>
	</choose>
	<rewrite-uri template="/v2/items" />
</inbound>`

// BenchmarkPolicies is one call through these policies alone.
func BenchmarkPolicies(b *testing.B) {
	bench := policytest.New(b)
	steps := policy.Assemble(bench.Unit(policy.API, speed)).Inbound
	fresh, x, headers := bench.Exchange(), new(policy.Exchange), make(policy.Headers, 0, 8)
	b.ReportAllocs()
	for b.Loop() {
		*x = *fresh
		x.Request.Headers = append(headers[:0], fresh.Request.Headers...)
		if err := steps.Run(x); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCompile compiles 3,000 documents.
func BenchmarkCompile(b *testing.B) {
	bench := policytest.New(b)
	for b.Loop() {
		for i := range 3000 {
			src := policy.Source{Scope: policy.API, Path: fmt.Sprintf("/apis/a%d/policies/policy", i), Policy: catalog.Policy{Format: "rawxml", Value: "<policies>" + speed + "</policies>"}}
			if u := bench.Compiler.Compile(src); len(u.Problems) > 0 {
				b.Fatal(u.Problems)
			}
		}
	}
}
