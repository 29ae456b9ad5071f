package policy

import "strings"

// crossDomain answers GET /crossdomain.xml with the policy for Flash and
// Silverlight clients that the document holds.
func crossDomain() declaration {
	flag := attribute{name: "secure", kind: boolean, literal: true}
	domain := attribute{name: "domain", required: true, kind: filled, literal: true}
	return declaration{
		element: element{
			name: "cross-domain",
			children: []element{{
				name: "cross-domain-policy",
				children: []element{
					{name: "site-control", attributes: []attribute{{name: "permitted-cross-domain-policies", literal: true}}},
					{name: "allow-access-from", attributes: []attribute{domain, {name: "to-ports", literal: true}, flag}},
					{name: "allow-http-request-headers-from", attributes: []attribute{domain, {name: "headers", required: true, literal: true}, flag}},
				},
			}},
		},
		sections: Inbound,
		scopes:   Global,
		check:    checkCrossDomain,
		compile: func(c *compiler, e *Element) Action {
			var b strings.Builder
			b.WriteString(`<?xml version="1.0"?>` + "\n")
			writeElement(&b, e.Children[0])
			return &answeringFlash{document: []byte(b.String())}
		},
	}
}

func checkCrossDomain(v *validator, e *Element) {
	if len(e.Children) != 1 {
		v.problem(e, "One <cross-domain-policy> must be inside.")
	}
}

func writeElement(b *strings.Builder, e *Element) {
	b.WriteString("<" + e.Name)
	for _, a := range e.Attributes {
		b.WriteString(" " + a.Name + `="`)
		escapeExpression(b, a.Value, true)
		b.WriteString(`"`)
	}
	b.WriteString(">")
	for _, c := range e.Children {
		writeElement(b, c)
	}
	b.WriteString("</" + e.Name + ">")
}

type answeringFlash struct{ document []byte }

// CrossDomainPath is where Flash and Silverlight look for the policy.
const CrossDomainPath = "/crossdomain.xml"

func (a *answeringFlash) Do(x *Exchange) error {
	if x.Request.Method != "GET" || x.Request.Path != CrossDomainPath {
		return nil
	}
	x.answer(Response{Status: 200, Headers: Headers{{"Content-Type", "text/x-cross-domain-policy"}}, Body: BytesBody(a.document)})
	return ErrAnswered
}

// CrossDomain answers a call of CrossDomainPath by the global document; see Preflight.
func (p *Program) CrossDomain(x *Exchange) (answered bool) {
	for i := range p.Inbound {
		if a, ok := p.Inbound[i].action.(*answeringFlash); ok {
			return a.Do(x) == ErrAnswered
		}
	}
	return false
}
