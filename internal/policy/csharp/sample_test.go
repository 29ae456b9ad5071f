package csharp

import (
	"context"
	"crypto/x509"
	"strings"
	"time"

	"portico/internal/policy/csharp/host"
)

// lines is a list of names and values.
type lines [][2]string

func (l lines) Len() int                      { return len(l) }
func (l lines) At(i int) (name, value string) { return l[i][0], l[i][1] }

// sampleBody is a body in memory that can be consumed.
type sampleBody struct {
	text string
	gone bool
}

func (b *sampleBody) Read(limit int64, preserve bool) ([]byte, error) {
	if b.gone {
		return nil, host.ErrConsumed
	}
	b.gone = !preserve
	return []byte(b.text), nil
}

type sampleRequest struct {
	headers    lines
	parameters lines // of the template, beside id and place
	body       *sampleBody
	url        host.URL
}

func (r *sampleRequest) Headers() host.Lines { return &r.headers }
func (r *sampleRequest) Body() host.Body {
	if r.body == nil {
		return nil
	}
	return r.body
}
func (r *sampleRequest) Method() string        { return "GET" }
func (r *sampleRequest) IPAddress() string     { return "203.0.113.7" }
func (r *sampleRequest) URL() host.URL         { return r.url }
func (r *sampleRequest) OriginalURL() host.URL { return r.url }
func (r *sampleRequest) MatchedParameters() host.Lines {
	return append(lines{{"id", "42"}, {"place", "Paris"}}, r.parameters...)
}
func (r *sampleRequest) Certificate() *x509.Certificate { return nil }

type sampleResponse struct {
	status  int
	headers lines
	body    *sampleBody
}

func (r *sampleResponse) Headers() host.Lines  { return &r.headers }
func (r *sampleResponse) Body() host.Body      { return r.body }
func (r *sampleResponse) StatusCode() int      { return r.status }
func (r *sampleResponse) StatusReason() string { return "OK" }

type sampleVariables map[string]any

func (v *sampleVariables) Get(name string) (any, bool) { x, ok := (*v)[name]; return x, ok }
func (v *sampleVariables) Names() []string {
	names := make([]string, 0, len(*v))
	for n := range *v {
		names = append(names, n)
	}
	return names
}

// sampleJSON stands for the answers that documents get from token endpoints and services.
const sampleJSON = `{"access_token":"abc","expires_in":3600,"status":200,"value":"v","name":"n","id":1,"list":[{"id":1,"name":"a"},{"id":2,"name":"b"}]}`

func newSampleResponse() *sampleResponse {
	return &sampleResponse{status: 200, headers: lines{{"Content-Type", "application/json"}}, body: &sampleBody{text: sampleJSON}}
}

// sampleToken is an unsigned token for the claims sub, aud and roles.
const sampleToken = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0IiwiaXNzIjoibWUiLCJhdWQiOlsiYSIsImIiXSwiZXhwIjoyMDAwMDAwMDAwLCJyb2xlcyI6WyJ4IiwieSJdLCJhZG1pbiI6dHJ1ZX0.c2ln"

// sampleEnv is a call with something in every place that expressions look at.
func sampleEnv() *Env {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	ends := start.AddDate(1, 0, 0)
	api := &host.API{ID: "demo-api", Name: "Demo API", Path: "demo", Revision: "1", IsCurrentRevision: true,
		ServiceURL: host.URL{Scheme: "https", Host: "backend.example.com", Path: "/v1"}}
	var traced strings.Builder
	return &Env{
		Context: context.Background(),
		Now:     func() time.Time { return start.Add(1500 * time.Millisecond) },
		Call: &host.Call{
			RequestID: "0f8fad5b-d9cb-469f-a165-70867728950e", Timestamp: start, API: api,
			Operation:    &host.Operation{ID: "get-item", Name: "Get item", Method: "GET", URLTemplate: "/items/{id}"},
			Product:      &host.Product{ID: "starter", Name: "Starter", State: "Published", SubscriptionRequired: true, APIs: []*host.API{api}, Groups: []host.Group{{ID: "developers", Name: "Developers"}}},
			Subscription: &host.Subscription{ID: "sub-1", Name: "First", Key: "k1", PrimaryKey: "k1", SecondaryKey: "k2", CreatedDate: start, EndDate: &ends},
			User: &host.User{ID: "u1", Email: "ada@example.com", FirstName: "Ada", LastName: "Lovelace", RegistrationDate: start,
				Groups: []host.Group{{ID: "developers", Name: "Developers"}}, Identities: []host.Identity{{ID: "ada", Provider: "Basic"}}},
			Deployment: &host.Deployment{Region: "West Europe", ServiceName: "portico", GatewayID: "managed", Managed: true},
			Request: &sampleRequest{
				headers: lines{{"Host", "api.example.com"}, {"X-Forwarded-For", "10.0.0.1"}, {"x-forwarded-for", "10.0.0.2"}, {"Authorization", "Bearer " + sampleToken},
					{"Content-Length", "10"}, {"Cookie", "a=b"}},
				body: &sampleBody{text: sampleJSON},
				url:  host.URL{Scheme: "https", Host: "api.example.com", Path: "/demo/items/42", RawQuery: "page=2&q=a%20b&q=c"},
			},
			Response:  newSampleResponse(),
			Variables: &sampleVariables{"text": "hello", "number": 5, "flag": true, "response": newSampleResponse()},
			LastError: func() *host.LastError {
				return &host.LastError{Source: "validate-jwt", Reason: "TokenNotPresent", Message: "JWT not present.", Scope: "api", Section: "inbound", Path: "validate-jwt"}
			},
			Trace: func(s string) { traced.WriteString(s) },
		},
	}
}
