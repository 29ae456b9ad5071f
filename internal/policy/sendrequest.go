package policy

import (
	"context"
	"errors"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"
)

// sendRequest makes a request of its own and keeps the response in a variable.
func sendRequest() declaration {
	d := sending("send-request")
	d.attributes = append(d.attributes,
		attribute{name: "response-variable-name", kind: filled},
		attribute{name: "timeout-ms", kind: integer, min: 1, max: math.MaxInt32},
		attribute{name: "ignore-error", kind: boolean},
		attribute{name: "buffer-response", kind: boolean},
		attribute{name: "fail-on-error-status-code", kind: boolean})
	d.compile = func(c *compiler, e *Element) Action {
		return &sendingRequest{drafting: c.drafting(e), variable: c.value(e, "response-variable-name", ""), ignore: c.value(e, "ignore-error", "false"),
			failOnStatus: c.value(e, "fail-on-error-status-code", "false")}
	}
	return d
}

// sending is what send-request and send-one-way-request have in common.
func sending(name string) declaration {
	return declaration{
		element: element{
			name: name,
			attributes: []attribute{
				{name: "mode", kind: enumeration, values: []string{"new", "copy"}},
				{name: "timeout", kind: integer, min: 1, max: math.MaxInt32},
			},
			holds: []string{"set-url", "set-method", "set-header", "set-body", "authentication-basic", "authentication-certificate",
				"authentication-managed-identity", "authentication-token", "authentication-token-store", "proxy", "include-fragment"},
			drafts: true,
		},
		sections: everySection,
		scopes:   everyScope,
		check:    checkSending,
	}
}

func checkSending(v *validator, e *Element) {
	if mode, _ := e.Attr("mode"); mode == "copy" || isExpression(mode) {
		return
	}
	if !slices.ContainsFunc(e.Children, func(c *Element) bool { return c.Name == "set-url" || c.Name == "include-fragment" }) {
		v.problem(e, "The request has no address: <set-url> is missing.")
	}
}

// drafting puts a request together.
type drafting struct {
	sender   Sender
	mode     Value
	timeout  Value
	perUnit  time.Duration // of timeout
	children Steps
}

func (c *compiler) drafting(e *Element) drafting {
	inner := *c
	inner.message = theDraft
	d := drafting{sender: c.services.Sender, mode: c.value(e, "mode", "new"), timeout: c.value(e, "timeout", "60"), perUnit: time.Second, children: inner.steps(e)}
	if _, ok := e.Attr("timeout-ms"); ok {
		d.timeout, d.perUnit = c.value(e, "timeout-ms", ""), time.Millisecond
	}
	return d
}

// request evaluates the policies inside, which see the call as it is.
func (d *drafting) request(x *Exchange) (*Outgoing, error) {
	mode, err := d.mode.Text(x)
	if err != nil {
		return nil, err
	}
	n, err := d.timeout.Int(x)
	if err != nil {
		return nil, err
	}
	if n < 1 || n > math.MaxInt32 {
		return nil, evaluation("%d is not a timeout", n)
	}
	draft := &Draft{Method: "GET"}
	if mode == "copy" {
		body, err := theRequest.bytes(x)
		if err != nil {
			return nil, err
		}
		draft.Method, draft.Headers, draft.Body = x.Request.Method, slices.Clone(x.Request.Headers), BytesBody(body)
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
	body, err := draft.Body.Bytes(MaxBuffered)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(draft.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, &Error{Status: 500, Detail: "The request's URL is not an absolute URL that begins with http:// or https://."}
	}
	if d.sender == nil {
		return nil, &Error{Status: 500, Detail: "No requests are made here."}
	}
	return &Outgoing{Method: draft.Method, URL: draft.URL, Headers: draft.Headers, Body: body, Timeout: time.Duration(n) * d.perUnit,
		Certificate: draft.Certificate, Proxy: draft.Proxy}, nil
}

// URL is the whole address, without what a backend entity would change.
func (t *Target) URL() string {
	u := strings.TrimSuffix(t.BaseURL, "/") + t.Path
	if t.RawQuery != "" {
		u += "?" + t.RawQuery
	}
	return u
}

type sendingRequest struct {
	drafting
	variable, ignore, failOnStatus Value
}

func (s *sendingRequest) Do(x *Exchange) error {
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

func (s *sendingRequest) send(x *Exchange) (*Response, error) {
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
	x.Note(map[string]any{"request": map[string]any{"method": o.Method, "url": withoutQuery(o.URL)}, "response": map[string]any{"status": res.Status}})
	if fail && res.Status >= 400 && res.Status <= 599 {
		return nil, &Error{Status: 500, Reason: "BackendErrorStatusCode", Detail: "The request to " + withoutQuery(o.URL) + " was answered with an error status."}
	}
	return res, nil
}

// sendFailure is the error of a request that got no answer.
func sendFailure(x *Exchange, o *Outgoing, err error) error {
	var e *Error
	to := withoutQuery(o.URL)
	switch {
	case errors.As(err, &e):
		return err
	case x.Context.Err() != nil:
		return &Error{Status: 500, Reason: "ClientConnectionFailure", Detail: "The client went away while the call was pending.", Err: x.Context.Err()}
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Status: 500, Reason: "Timeout", Detail: "The request to " + to + " was not answered in time.", Err: err}
	case errors.Is(err, ErrBodyTooLarge):
		// Not wrapped: it is not the client's request that is too large.
		return &Error{Status: 500, Reason: "BackendConnectionFailure", Detail: "The answer of " + to + " is longer than may be read."}
	}
	return &Error{Status: 500, Reason: "BackendConnectionFailure", Detail: "The request to " + to + " failed.", Err: err}
}

// withoutQuery is what of a URL may be shown: keys stand in queries.
func withoutQuery(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "an address that is no URL"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
