package crossdomain

import (
	"strings"

	"portico/internal/policy"
	"portico/internal/policy/document"
)

// CrossDomain answers GET /crossdomain.xml with the policy for Flash and
// Silverlight clients that the document holds.
func CrossDomain() policy.Declaration {
	flag := policy.Attribute{Name: "secure", Kind: policy.Boolean, Literal: true}
	domain := policy.Attribute{Name: "domain", Required: true, Kind: policy.Filled, Literal: true}
	return policy.Declaration{
		Form: policy.Form{
			Name: "cross-domain",
			Children: []policy.Form{{
				Name: "cross-domain-policy",
				Children: []policy.Form{
					{Name: "site-control", Attributes: []policy.Attribute{{Name: "permitted-cross-domain-policies", Literal: true}}},
					{Name: "allow-access-from", Attributes: []policy.Attribute{domain, {Name: "to-ports", Literal: true}, flag}},
					{Name: "allow-http-request-headers-from", Attributes: []policy.Attribute{domain, {Name: "headers", Required: true, Literal: true}, flag}},
				},
			}},
		},
		Sections: policy.Inbound,
		Scopes:   policy.Global,
		Check:    checkCrossDomain,
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			var b strings.Builder
			b.WriteString(`<?xml version="1.0"?>` + "\n")
			writeElement(&b, e.Children[0])
			return &answeringFlash{document: []byte(b.String())}
		},
	}
}

func checkCrossDomain(v *policy.Validator, e *document.Element) {
	if len(e.Children) != 1 {
		v.Problem(e, "One <cross-domain-policy> must be inside.")
	}
}

func writeElement(b *strings.Builder, e *document.Element) {
	b.WriteString("<" + e.Name)
	for _, a := range e.Attributes {
		b.WriteString(" " + a.Name + `="`)
		document.Escape(b, a.Value, true)
		b.WriteString(`"`)
	}
	b.WriteString(">")
	for _, c := range e.Children {
		writeElement(b, c)
	}
	b.WriteString("</" + e.Name + ">")
}

type answeringFlash struct{ document []byte }

// Path is where Flash and Silverlight look for the policy.
const Path = "/crossdomain.xml"

func (a *answeringFlash) Do(x *policy.Exchange) error {
	if x.Request.Method != "GET" || x.Request.Path != Path {
		return nil
	}
	x.Answer(policy.Response{Status: 200, Headers: policy.Headers{{Name: "Content-Type", Value: "text/x-cross-domain-policy"}}, Body: policy.BytesBody(a.document)})
	return policy.ErrAnswered
}

// AnswerOutside answers a call of Path.
func (a *answeringFlash) AnswerOutside(x *policy.Exchange) bool { return a.Do(x) == policy.ErrAnswered }
