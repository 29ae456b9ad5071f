package policy

import (
	"crypto/x509"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"portico/internal/catalog"
	"portico/internal/policy/csharp"
	"portico/internal/policy/csharp/host"
)

// evaluator is what the expressions of one call work with. It is filled by the
// first of them, in the memory of the Exchange.
type evaluator struct {
	ready        bool
	env          csharp.Env
	call         host.Call
	api          host.API
	operation    host.Operation
	product      host.Product
	subscription host.Subscription
}

// environment gives what an expression sees of the call now.
func (x *Exchange) environment() *csharp.Env {
	v := &x.evaluator
	if !v.ready {
		v.ready = true
		v.env.Call = &v.call
		v.call = host.Call{RequestID: x.RequestID, Timestamp: x.Start, Tracing: x.Tracer != nil, Deployment: x.Deployment,
			Request: (*requestView)(x), Variables: (*variablesView)(x)}
		if x.Tracer != nil {
			v.call.Trace = func(message string) {
				x.Note(TraceMessage{Source: "expression", Severity: "verbose", Message: message})
			}
		}
	}
	v.env.Context = x.Context
	if x.Backend.BaseURL != "" && v.call.Backend == nil {
		v.call.Backend = (*requestView)(x)
	}
	v.nouns(x)
	v.call.Response = nil
	if x.Response.Status != 0 {
		v.call.Response = (*responseView)(x)
	}
	if x.LastError != nil && v.call.LastError == nil {
		v.call.LastError = x.ErrorView
	}
	return &v.env
}

// nouns fills in what is known of the API, the product and the caller.
func (v *evaluator) nouns(x *Exchange) {
	c := &v.call
	if x.API != nil && c.API == nil {
		v.api = apiView(x.APIID, x.API)
		c.API = &v.api
	}
	if x.Operation != nil && c.Operation == nil {
		v.operation = host.Operation{ID: x.OperationID, Name: x.Operation.DisplayName, Method: x.Operation.Method, URLTemplate: x.Operation.URLTemplate}
		c.Operation = &v.operation
	}
	if x.Product != nil && c.Product == nil {
		p := x.Product
		v.product = host.Product{ID: x.ProductID, Name: p.DisplayName, State: p.State, SubscriptionRequired: !p.Open(),
			ApprovalRequired: p.ApprovalRequired != nil && *p.ApprovalRequired, Contents: x.Contents}
		if p.SubscriptionsLimit != nil {
			n := int(*p.SubscriptionsLimit)
			v.product.SubscriptionLimit = &n
		}
		c.Product = &v.product
	}
	if x.Subscription != nil && c.Subscription == nil {
		s := x.Subscription
		v.subscription = host.Subscription{ID: s.ID, Name: s.DisplayName, Key: x.SubscriptionKey, CreatedDate: s.CreatedDate, StartDate: s.StartDate, EndDate: s.ExpirationDate,
			PrimaryKey: s.PrimaryKey, SecondaryKey: s.SecondaryKey}
		c.Subscription = &v.subscription
	}
	c.User = x.User
}

// APIView is an API as expressions see it.
func APIView(id string, a *catalog.API) *host.API {
	view := apiView(id, a)
	return &view
}

func apiView(id string, a *catalog.API) host.API {
	view := host.API{ID: id, Name: a.DisplayName, Path: a.Path, Version: a.APIVersion, Revision: a.APIRevision,
		IsCurrentRevision: a.IsCurrent == nil || *a.IsCurrent, ServiceURL: cutURL(a.ServiceURL)}
	if view.Revision == "" {
		view.Revision = "1"
	}
	return view
}

// BackendNow is context.Backend.
func (v *requestView) BackendNow() *host.Backend {
	return &host.Backend{ID: v.Backend.EntityID, URL: v.URL()}
}

// ErrorView is context.LastError, or nil.
func (x *Exchange) ErrorView() *host.LastError {
	e := x.LastError
	if e == nil {
		return nil
	}
	return &host.LastError{Source: e.Source, Reason: e.Reason, Message: e.LastMessage(), Scope: e.Scope, Section: e.Section, Path: e.Path, PolicyID: e.PolicyID}
}

// requestView, responseView and variablesView are the Exchange as expressions see it.
type (
	requestView   Exchange
	responseView  Exchange
	variablesView Exchange
	linesView     Headers
	matchedView   []Parameter
	bodyView      Body
)

// Headers and the methods below make the views what package host asks for.
func (v *requestView) Headers() host.Lines { return (*linesView)(&v.Request.Headers) }

// Body is the request's.
func (v *requestView) Body() host.Body { return (*bodyView)(&v.Request.Body) }

// Method is the request's, as policies left it.
func (v *requestView) Method() string { return v.Request.Method }

// IPAddress is the caller's.
func (v *requestView) IPAddress() string { return v.Request.RemoteIP }

// MatchedParameters are those of the operation's URL template.
func (v *requestView) MatchedParameters() host.Lines { return (*matchedView)(&v.Matched) }

// Certificate is the client's.
func (v *requestView) Certificate() *x509.Certificate { return v.Request.Certificate }

// URL is the backend's address, as policies left it: context.Request.Url.
func (v *requestView) URL() host.URL {
	if v.Backend.BaseURL == "" {
		return v.OriginalURL()
	}
	u := cutURL(v.Backend.BaseURL)
	u.Path = strings.TrimSuffix(u.Path, "/") + v.Backend.Path
	u.RawQuery = v.Backend.RawQuery
	return u
}

// OriginalURL is the address that the client called.
func (v *requestView) OriginalURL() host.URL {
	u := host.URL{Scheme: v.Request.Scheme, Path: v.Request.Path, RawQuery: v.Request.RawQuery}
	u.Host, u.Port = cutPort(v.Request.Host)
	return u
}

// RequestURL is context.Request.Url.
func (x *Exchange) RequestURL() host.URL { return (*requestView)(x).URL() }

// OriginalURL is context.Request.OriginalUrl.
func (x *Exchange) OriginalURL() host.URL { return (*requestView)(x).OriginalURL() }

// Headers are the response's.
func (v *responseView) Headers() host.Lines { return (*linesView)(&v.Response.Headers) }

// Body is the response's.
func (v *responseView) Body() host.Body { return (*bodyView)(&v.Response.Body) }

// StatusCode is the response's.
func (v *responseView) StatusCode() int { return v.Response.Status }

// StatusReason is the response's, or the standard text.
func (v *responseView) StatusReason() string { return v.Response.ReasonText() }

// ReasonText is the response's reason, or the standard text of its status.
func (r *Response) ReasonText() string {
	if r.Reason != "" {
		return r.Reason
	}
	return http.StatusText(r.Status)
}

// Get finds a variable. What Go code put there is made a value of C#'s.
func (v *variablesView) Get(name string) (any, bool) {
	kept, ok := v.Variables[name]
	if r, is := kept.(*Response); is {
		return keptResponse{r}, ok
	}
	return kept, ok
}

// Names are those of the variables.
func (v *variablesView) Names() []string {
	names := make([]string, 0, len(v.Variables))
	for n := range v.Variables {
		names = append(names, n)
	}
	return names
}

// keptResponse is a response in a variable, as expressions see it.
type keptResponse struct{ of *Response }

// Headers are the response's.
func (r keptResponse) Headers() host.Lines { return (*linesView)(&r.of.Headers) }

// Body is the response's.
func (r keptResponse) Body() host.Body { return (*bodyView)(&r.of.Body) }

// StatusCode is the response's.
func (r keptResponse) StatusCode() int { return r.of.Status }

// StatusReason is the response's, or the standard text.
func (r keptResponse) StatusReason() string { return r.of.ReasonText() }

// Len is the number of lines.
func (l *linesView) Len() int { return len(*l) }

// At gives a line.
func (l *linesView) At(i int) (name, value string) { return (*l)[i].Name, (*l)[i].Value }

// Len is the number of parameters.
func (m *matchedView) Len() int { return len(*m) }

// At gives a parameter.
func (m *matchedView) At(i int) (name, value string) { return (*m)[i].Name, (*m)[i].Value }

// Read gives the body. Without preserve it is gone then, as API Management has it.
func (b *bodyView) Read(limit int64, preserve bool) ([]byte, error) {
	data, err := (*Body)(b).Bytes(limit)
	switch {
	case errors.Is(err, ErrBodyConsumed):
		return nil, host.ErrConsumed
	case err != nil:
		return nil, err
	case !preserve:
		*b = bodyView{consumed: true}
	}
	return data, nil
}

// cutURL cuts a URL into its parts without checking it.
func cutURL(s string) host.URL {
	var u host.URL
	rest := ""
	u.Scheme, rest, _ = strings.Cut(s, "://")
	rest, u.RawQuery, _ = strings.Cut(rest, "?")
	authority := rest
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		authority, u.Path = rest[:i], rest[i:]
	}
	u.Host, u.Port = cutPort(authority)
	return u
}

func cutPort(authority string) (string, int) {
	if i := strings.LastIndexByte(authority, ':'); i >= 0 && !strings.HasSuffix(authority, "]") {
		if port, err := strconv.Atoi(authority[i+1:]); err == nil {
			return authority[:i], port
		}
	}
	return authority, 0
}
