package policy_test

import (
	"errors"
	"strings"
	"testing"

	"portico/internal/catalog"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
)

// mark is a set-header that shows in which order steps run.
func mark(name string) string {
	return `<set-header name="Order" exists-action="append"><value>` + name + `</value></set-header>`
}

func TestAssembleInsertsWhereBaseStands(t *testing.T) {
	b := policytest.New(t)
	global := b.Unit(policy.Global, "<inbound>"+mark("g")+"</inbound><outbound>"+mark("go")+"</outbound>")
	product := b.Unit(policy.Product, "<inbound>"+mark("p1")+"<base/>"+mark("p2")+"</inbound>")
	api := b.Unit(policy.API, "<inbound><base/>"+mark("a")+"</inbound><outbound></outbound>")
	operation := b.Unit(policy.Operation, "<inbound>"+mark("o")+"<base/></inbound>")
	alone := b.Unit(policy.Operation, "<inbound>"+mark("o")+"</inbound>")
	for name, test := range map[string]struct {
		chain             []*policy.Unit
		inbound, outbound string
	}{
		"global":          {[]*policy.Unit{global}, "g", "go"},
		"product":         {[]*policy.Unit{global, product}, "p1,g,p2", "go"},
		"all":             {[]*policy.Unit{global, product, api, operation}, "o,p1,g,p2,a", ""},
		"no base":         {[]*policy.Unit{global, product, api, alone}, "o", ""},
		"scopes without":  {[]*policy.Unit{global, nil, nil, operation}, "o,g", "go"},
		"nothing at all":  {[]*policy.Unit{nil, nil}, "", ""},
		"base at the top": {[]*policy.Unit{b.Unit(policy.Global, "<inbound><base/>"+mark("g")+"</inbound>")}, "g", ""},
	} {
		p, x := policy.Assemble(test.chain...), b.Exchange()
		if err := errors.Join(p.Inbound.Run(x), p.Outbound.Run(x)); err != nil {
			t.Fatal(err)
		}
		if in, out := x.Request.Headers.Get("Order"), x.Response.Headers.Get("Order"); in != test.inbound || out != test.outbound {
			t.Errorf("%s: inbound ran %q, outbound %q; want %q, %q", name, in, out, test.inbound, test.outbound)
		}
	}
}

func TestBaseInsideOfAPolicy(t *testing.T) {
	b := policytest.New(t)
	global := b.Unit(policy.Global, "<inbound>"+mark("g")+"</inbound>")
	product := b.Unit(policy.Product, `<inbound><choose><when condition="true">`+mark("p1")+`<base/></when></choose></inbound>`)
	api := b.Unit(policy.API, `<inbound>`+mark("a1")+`<choose><when condition="@(context.Request.Method == "GET")"><base/></when><otherwise>`+mark("no")+`</otherwise></choose>`+mark("a2")+`</inbound>`)
	for method, want := range map[string]string{"GET": "a1,p1,g,a2", "PUT": "a1,no,a2"} {
		x := b.Exchange()
		x.Request.Method = method
		if err := policy.Assemble(global, product, api).Inbound.Run(x); err != nil {
			t.Fatal(err)
		}
		if got := x.Request.Headers.Get("Order"); got != want {
			t.Errorf("%s: ran %q, want %q", method, got, want)
		}
	}
	// The same document below others: what its <base /> stands for is not kept in it.
	x := b.Exchange()
	if err := policy.Assemble(nil, nil, api).Inbound.Run(x); err != nil || x.Request.Headers.Get("Order") != "a1,a2" {
		t.Errorf("%v, ran %q", err, x.Request.Headers.Get("Order"))
	}
}

func TestWhatIsNotOfferedFailsTheCall(t *testing.T) {
	b := policytest.New(t)
	for written, detail := range map[string]string{
		`<sql-data-source />`: "The policy 'sql-data-source' is not offered yet.",
	} {
		e := policytest.Error(t, policy.Assemble(b.Unit(policy.API, "<inbound>"+written+"</inbound>")).Inbound.Run(b.Exchange()))
		if e.Status != 500 || e.LastMessage() != detail || e.Reason != "PolicyNotOffered" || e.Message != "" || !strings.Contains(written, "<"+e.Source) {
			t.Errorf("%s: %+v", written, e)
		}
	}
}

func TestBrokenDocumentFailsItsCallsOnly(t *testing.T) {
	b := policytest.New(t)
	bad := b.Compiler.Compile(policy.Source{Scope: policy.API, Path: "/apis/bad/policies/policy", Policy: catalog.Policy{Format: "xml", Value: "<policies><inbound><nothing/></inbound></policies>"}})
	if len(bad.Problems) != 1 {
		t.Fatal(bad.Problems)
	}
	good := b.Unit(policy.Global, "<inbound>"+mark("g")+"</inbound>")
	e := policytest.Error(t, policy.Assemble(good, nil, bad).Inbound.Run(b.Exchange()))
	if e.Status != 500 || e.Document != "/apis/bad/policies/policy" || !strings.Contains(e.LastMessage(), "There is no such policy") {
		t.Errorf("%+v", e)
	}
	if err := policy.Assemble(good).Inbound.Run(b.Exchange()); err != nil {
		t.Error(err)
	}
	if u := b.Compiler.Compile(policy.Source{Scope: policy.API, Policy: catalog.Policy{Format: "xml-link", Value: "http://x"}}); len(u.Problems) != 1 {
		t.Error("an unknown format must be a problem")
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
	b := policytest.New(t)
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
	compile := func(inbound string) *policy.Unit {
		return b.Compiler.Compile(policy.Source{Scope: policy.API, Path: "/apis/a/policies/policy", Library: l,
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
		x := b.Exchange()
		if err := policy.Assemble(u).Inbound.Run(x); err != nil || x.Request.Headers.Get("Order") != test.want {
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
	if u := compile(mark("{{missing}}") + `<include-fragment fragment-id="Outer" />`); !u.Uses[policy.Use{Name: "missing"}] || !u.Uses[policy.Use{Name: "plain"}] || !u.Uses[policy.Use{Fragment: true, Name: "inner"}] {
		t.Errorf("uses %v", u.Uses)
	}
}
