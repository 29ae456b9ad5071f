package policy

import (
	"fmt"
	"testing"

	"portico/internal/catalog"
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
	bench := newBench(b)
	steps := Assemble(bench.unit(API, speed)).Inbound
	x, headers := bench.exchange(), make(Headers, 0, 8)
	request, backend := x.Request, x.Backend
	b.ReportAllocs()
	for b.Loop() {
		x.evaluator = evaluator{}
		x.Request, x.Backend = request, backend
		x.Request.Headers = append(headers[:0], request.Headers...)
		if err := steps.Run(x); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCompile compiles 3,000 documents.
func BenchmarkCompile(b *testing.B) {
	bench := newBench(b)
	for b.Loop() {
		for i := range 3000 {
			src := Source{Scope: API, Path: fmt.Sprintf("/apis/a%d/policies/policy", i), Policy: catalog.Policy{Format: "rawxml", Value: "<policies>" + speed + "</policies>"}}
			if u := bench.compiler.Compile(src); len(u.Problems) > 0 {
				b.Fatal(u.Problems)
			}
		}
	}
}
