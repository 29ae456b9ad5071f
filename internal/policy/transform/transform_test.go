package transform_test

import (
	"strings"
	"testing"

	"portico/internal/policy"
	"portico/internal/policy/policytest"
)

func TestSetHeader(t *testing.T) {
	b := policytest.New(t)
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
		x := b.Exchange()
		if err := policy.Assemble(b.Unit(policy.API, "<inbound>"+test.policy+"</inbound>")).Inbound.Run(x); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(x.Request.Headers.Values(test.header), "|"); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
		if len(x.Response.Headers) != 1 {
			t.Errorf("%s: the response changed", name)
		}
	}
	x := b.Exchange()
	if err := policy.Assemble(b.Unit(policy.API, `<on-error><set-header name="X-One"><value>a</value></set-header></on-error>`)).OnError.Run(x); err != nil {
		t.Fatal(err)
	}
	if x.Response.Headers.Get("X-One") != "a" || x.Request.Headers.Get("X-One") != "1" {
		t.Error("on-error must set the response's header")
	}
}

func TestRewriteURI(t *testing.T) {
	b := policytest.New(t)
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
		x := b.Exchange()
		if err := policy.Assemble(b.Unit(policy.API, "<inbound><rewrite-uri "+test.policy+" /></inbound>")).Inbound.Run(x); err != nil {
			t.Fatal(err)
		}
		if x.Backend.Path != test.path || x.Backend.RawQuery != test.query {
			t.Errorf("%s: %s?%s, want %s?%s", test.policy, x.Backend.Path, x.Backend.RawQuery, test.path, test.query)
		}
	}
	err := policy.Assemble(b.Unit(policy.API, `<inbound><set-header name="a"><value>1</value></set-header><rewrite-uri id="r" template="/{none}" /></inbound>`)).Inbound.Run(b.Exchange())
	if e := policytest.Error(t, err); e.Status != 500 || e.Source != "rewrite-uri" || e.Scope != "api" || e.Section != "inbound" || e.Path != "rewrite-uri[1]" || e.PolicyID != "r" {
		t.Errorf("a parameter that is not in the template: %+v", e)
	}
}
