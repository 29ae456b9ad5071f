package integration

import (
	"context"
	"errors"
	"math"
	"net/url"
	"slices"
	"time"

	"portico/internal/policy"
	"portico/internal/policy/document"
)

// SendRequest makes a request of its own and keeps the response in a variable.
func SendRequest() policy.Declaration {
	d := sending("send-request")
	d.Attributes = append(d.Attributes,
		policy.Attribute{Name: "response-variable-name", Kind: policy.Filled},
		policy.Attribute{Name: "timeout-ms", Kind: policy.Integer, Min: 1, Max: math.MaxInt32},
		policy.Attribute{Name: "ignore-error", Kind: policy.Boolean},
		policy.Attribute{Name: "buffer-response", Kind: policy.Boolean},
		policy.Attribute{Name: "fail-on-error-status-code", Kind: policy.Boolean})
	d.Compile = func(c *policy.Builder, e *document.Element) policy.Action {
		return &sendingRequest{drafting: newDrafting(c, e), variable: c.Value(e, "response-variable-name", ""), ignore: c.Value(e, "ignore-error", "false"),
			failOnStatus: c.Value(e, "fail-on-error-status-code", "false")}
	}
	return d
}

// sending is what send-request and send-one-way-request have in common.
func sending(name string) policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name: name,
			Attributes: []policy.Attribute{
				{Name: "mode", Kind: policy.Enumeration, Values: []string{"new", "copy"}},
				{Name: "timeout", Kind: policy.Integer, Min: 1, Max: math.MaxInt32},
			},
			Holds: []string{"set-url", "set-method", "set-header", "set-body", "authentication-basic", "authentication-certificate",
				"authentication-managed-identity", "authentication-token", "authentication-token-store", "proxy", "include-fragment"},
			Drafts: true,
		},
		Sections: policy.EverySection,
		Scopes:   policy.EveryScope,
		Check:    checkSending,
	}
}

func checkSending(v *policy.Validator, e *document.Element) {
	if mode, _ := e.Attr("mode"); mode == "copy" || document.IsExpression(mode) {
		return
	}
	if !slices.ContainsFunc(e.Children, func(c *document.Element) bool { return c.Name == "set-url" || c.Name == "include-fragment" }) {
		v.Problem(e, "The request has no address: <set-url> is missing.")
	}
}

// drafting puts a request together.
type drafting struct {
	sender   policy.Sender
	mode     policy.Value
	timeout  policy.Value
	perUnit  time.Duration // of timeout
	children policy.Steps
}

func newDrafting(c *policy.Builder, e *document.Element) drafting {
	inner := *c
	inner.Message = policy.TheDraft
	d := drafting{sender: c.Services.Sender, mode: c.Value(e, "mode", "new"), timeout: c.Value(e, "timeout", "60"), perUnit: time.Second, children: inner.Steps(e)}
	if _, ok := e.Attr("timeout-ms"); ok {
		d.timeout, d.perUnit = c.Value(e, "timeout-ms", ""), time.Millisecond
	}
	return d
}

// request evaluates the policies inside, which see the call as it is.
func (d *drafting) request(x *policy.Exchange) (*policy.Outgoing, error) {
	mode, err := d.mode.Text(x)
	if err != nil {
		return nil, err
	}
	n, err := d.timeout.Int(x)
	if err != nil {
		return nil, err
	}
	if n < 1 || n > math.MaxInt32 {
		return nil, policy.ValueError("%d is not a timeout", n)
	}
	draft := &policy.Draft{Method: "GET"}
	if mode == "copy" {
		body, err := policy.TheRequest.Bytes(x)
		if err != nil {
			return nil, err
		}
		draft.Method, draft.Headers, draft.Body = x.Request.Method, slices.Clone(x.Request.Headers), policy.BytesBody(body)
		draft.Headers.Del("Host")
		draft.URL = x.Backend.URL()
	}
	outer := x.Draft
	x.Draft = draft
	err = d.children.Run(x)
	x.Draft = outer
	if err != nil {
		return nil, err
	}
	body, err := draft.Body.Bytes(policy.MaxBuffered)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(draft.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, &policy.Error{Status: 500, Detail: "The request's URL is not an absolute URL that begins with http:// or https://."}
	}
	if d.sender == nil {
		return nil, &policy.Error{Status: 500, Detail: "No requests are made here."}
	}
	return &policy.Outgoing{Method: draft.Method, URL: draft.URL, Headers: draft.Headers, Body: body, Timeout: time.Duration(n) * d.perUnit,
		Certificate: draft.Certificate, Proxy: draft.Proxy}, nil
}

type sendingRequest struct {
	drafting
	variable, ignore, failOnStatus policy.Value
}

func (s *sendingRequest) Do(x *policy.Exchange) error {
	name, err := s.variable.Text(x)
	if err != nil {
		return err
	}
	ignore, err := s.ignore.Bool(x)
	if err != nil {
		return err
	}
	res, err := s.send(x)
	if err != nil && (!ignore || x.Context.Err() != nil) {
		return err
	}
	if err != nil {
		x.Note(map[string]any{"message": "The request failed, and the error is ignored: " + err.Error()})
	}
	switch {
	case name == "":
	case res == nil:
		x.SetVariable(name, nil)
	default:
		x.SetVariable(name, res)
	}
	return nil
}

func (s *sendingRequest) send(x *policy.Exchange) (*policy.Response, error) {
	fail, err := s.failOnStatus.Bool(x)
	if err != nil {
		return nil, err
	}
	o, err := s.request(x)
	if err != nil {
		return nil, err
	}
	res, err := s.sender.Send(x.Context, o)
	if err != nil {
		return nil, sendFailure(x, o, err)
	}
	x.Note(map[string]any{"request": map[string]any{"method": o.Method, "url": policy.WithoutQuery(o.URL)}, "response": map[string]any{"status": res.Status}})
	if fail && res.Status >= 400 && res.Status <= 599 {
		return nil, &policy.Error{Status: 500, Reason: "BackendErrorStatusCode", Detail: "The request to " + policy.WithoutQuery(o.URL) + " was answered with an error status."}
	}
	return res, nil
}

// sendFailure is the error of a request that got no answer.
func sendFailure(x *policy.Exchange, o *policy.Outgoing, err error) error {
	var e *policy.Error
	to := policy.WithoutQuery(o.URL)
	switch {
	case errors.As(err, &e):
		return err
	case x.Context.Err() != nil:
		return &policy.Error{Status: 500, Reason: "ClientConnectionFailure", Detail: "The client went away while the call was pending.", Err: x.Context.Err()}
	case errors.Is(err, context.DeadlineExceeded):
		return &policy.Error{Status: 500, Reason: "Timeout", Detail: "The request to " + to + " was not answered in time.", Err: err}
	case errors.Is(err, policy.ErrBodyTooLarge):
		// Not wrapped: it is not the client's request that is too large.
		return &policy.Error{Status: 500, Reason: "BackendConnectionFailure", Detail: "The answer of " + to + " is longer than may be read."}
	}
	return &policy.Error{Status: 500, Reason: "BackendConnectionFailure", Detail: "The request to " + to + " failed.", Err: err}
}
