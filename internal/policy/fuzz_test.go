package policy_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"portico/internal/catalog"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
)

// FuzzDocument checks, compiles and runs whatever a document holds: it may be
// refused, and a call may fail, and nothing else.
func FuzzDocument(f *testing.F) {
	files, err := filepath.Glob("testdata/check/*xml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	f.Add("<policies>" + speed + "<backend><forward-request/></backend></policies>")
	f.Add(`<policies><outbound><set-body template="liquid">{% for x in body.a %}{{x | Upcase}}{% endfor %}</set-body><find-and-replace from="a" to="b"/></outbound></policies>`)
	b := policytest.New(f)
	f.Fuzz(func(_ *testing.T, source string) {
		for _, format := range []string{"rawxml", "xml"} {
			u := b.Compiler.Compile(policy.Source{Scope: policy.API, Path: "/apis/a/policies/policy", Policy: catalog.Policy{Format: format, Value: source}})
			p := policy.Assemble(u)
			x := b.Exchange()
			ctx, cancel := context.WithTimeout(x.Context, 300*time.Millisecond)
			x.Context = ctx
			for _, steps := range []policy.Steps{p.Inbound, p.Outbound, p.OnError} {
				_ = steps.Run(x)
			}
			cancel()
		}
	})
}
