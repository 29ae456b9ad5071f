package arm_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"portico/internal/access"
	"portico/internal/account"
	"portico/internal/catalog"
	"portico/internal/egress"
	"portico/internal/fault"
	"portico/internal/gateway"
	"portico/internal/mail"
	"portico/internal/policy"
	"portico/internal/policy/catalogue"
	"portico/internal/policy/document"
	"portico/internal/record"
	"portico/internal/rest"
	"portico/internal/rest/arm"
	"portico/internal/rest/resttest"
	"portico/internal/secret"
	"portico/internal/store"
	"portico/internal/usage"
)

// policies is what the program gives the API: package policy.
type policies struct{}

func (policies) Check(format, value, scope string) ([]fault.Problem, error) {
	if scope == "fragment" {
		return nil, checkFragment(format, value)
	}
	scopes := map[string]policy.Scope{"global": policy.Global, "product": policy.Product, "api": policy.API, "operation": policy.Operation}
	return catalogue.New().Check(format, value, scopes[scope])
}

// checkFragment is as much of a check as the tests here need.
func checkFragment(format, value string) error {
	doc, problems := document.Parse(document.Format(format), value)
	if len(problems) > 0 || doc.Root == nil || doc.Root.Name != "fragment" {
		return &fault.Error{Kind: fault.Invalid, Code: "ValidationError", Message: "The outermost element must be <fragment>.", Problems: problems}
	}
	return nil
}

func (policies) Describe() []policy.Description { return catalogue.New().Describe() }

func (policies) Convert(value, from, to string) (string, error) {
	return document.Convert(document.Format(from), document.Format(to), value)
}

// fixture is the API over a new instance.
type fixture struct {
	rest.API
	records record.Store
	keys    *secret.Keeper
	calls   *usage.Ledger
	gateway *gateway.Gateway
	token   string
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	keys, err := secret.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	service := catalog.Service{Name: "portico", Location: "South Central US", PublisherName: "Contoso", PublisherEmail: "ann@contoso.com"}
	if _, err := access.EnsureFirstContent(ctx, s.Records(), keys, service); err != nil {
		t.Fatal(err)
	}
	hasher, editor := new(access.Hasher), &record.Editor{Store: s.Records()}
	auth := access.NewAuthenticator(s.Records(), keys, hasher)
	log := slog.New(slog.DiscardHandler)
	calls, err := usage.Open(ctx, usage.Config{Dir: t.TempDir(), MaxBytes: 1 << 20, MaxAge: 24 * time.Hour, Store: s.Usage(), Now: time.Now, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	g := gateway.New(gateway.Config{Log: log, Keeper: keys, Usage: calls, Egress: egress.ForStaff(nil)})
	s.Subscribe(g.Apply)
	if err := g.Load(ctx, s.Records()); err != nil {
		t.Fatal(err)
	}
	f := &fixture{
		API: arm.New(arm.Options{
			ServiceName: service.Name,
			URLs:        arm.URLs{Gateway: "http://127.0.0.1:8080", Portal: "http://127.0.0.1:8083", Console: "http://127.0.0.1:8081"},
			Editor:      editor,
			Keys:        keys,
			Hasher:      hasher,
			Accounts: account.New(account.Config{
				Editor: editor, Keys: keys, Hasher: hasher, Outbox: mail.Outbox{Records: s.Records(), Keys: keys}, PortalURL: "http://127.0.0.1:8083",
			}),
			Policies:   policies{},
			Fetch:      egress.NewFetcher(egress.ForStaff(nil)).Fetch,
			Reports:    calls,
			Statements: calls,
			Tracer:     g,
			Reconnect:  g.Reconnect,
			Dial:       (&net.Dialer{Control: egress.ForStaff(nil).Control}).DialContext,
			Mail: mail.NewSender(mail.SenderConfig{
				Outbox: mail.Outbox{Records: s.Records(), Keys: keys}, Store: s, Dial: (&net.Dialer{}).DialContext, Now: time.Now, Log: log,
			}),
			Authenticate: auth.Authenticate,
			MaxBody:      1 << 20,
			Log:          log,
		}),
		calls:   calls,
		records: s.Records(),
		keys:    keys,
		gateway: g,
		token:   auth.AdminToken(),
	}
	answers.watch(f.Routes)
	return f
}

var servicePath = arm.ServiceID("portico")

// call sends a request to a path below the instance. Headers are "Name: value" lines.
func (f *fixture) call(t testing.TB, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	if !strings.HasPrefix(path, "/subscriptions/"+arm.SubscriptionID) {
		path = servicePath + path
	}
	if !strings.Contains(path, "api-version=") {
		separator := "?"
		if strings.Contains(path, "?") {
			separator = "&"
		}
		path += separator + "api-version=2024-05-01"
	}
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+f.token)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	f.Handler().ServeHTTP(w, r)
	return w
}

// errorOf reads an ARM error as "code: message [target: detail; …]".
func errorOf(t testing.TB, w *httptest.ResponseRecorder) string {
	t.Helper()
	var body struct {
		Error struct {
			Code, Message string
			Details       []struct{ Code, Target, Message string }
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || body.Error.Code == "" || body.Error.Message == "" {
		t.Fatalf("%d %q is no ARM error: %v", w.Code, w.Body, err)
	}
	text := body.Error.Code + ": " + body.Error.Message
	for _, d := range body.Error.Details {
		text += fmt.Sprintf(" [%s: %s: %s]", d.Code, d.Target, d.Message)
	}
	return text
}

func TestPermissions(t *testing.T) { resttest.Walk(t, newFixture(t).API) }

// refusal is a request that is refused, with what is said.
type refusal struct {
	method, path, body string
	headers            []string
	status             int
	want               string
}

// checkRefusals makes the requests on a new instance, which they leave as it was.
func checkRefusals(t *testing.T, refusals []refusal) {
	t.Helper()
	f := newFixture(t)
	before, err := f.records.Tree(context.Background(), "/")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range refusals {
		w := f.call(t, c.method, c.path, c.body, c.headers...)
		what := fmt.Sprintf("%s %.60s %.80s", c.method, c.path, c.body)
		if w.Code != c.status {
			t.Errorf("%s: got %d %s, want %d", what, w.Code, w.Body, c.status)
			continue
		}
		if c.method == "HEAD" {
			continue
		}
		if got := errorOf(t, w); !strings.Contains(got, c.want) {
			t.Errorf("%s: got %s, want %s", what, got, c.want)
		}
	}
	after, err := f.records.Tree(context.Background(), "/")
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(before, after) {
		t.Error("a refused request changed something")
	}
}

const (
	anAPI        = `{"properties":{"displayName":"A","path":"a"}}`
	subscription = "/subscriptions/" + arm.SubscriptionID
)

// TestRefusedAddresses: who asks for what, and in which version.
func TestRefusedAddresses(t *testing.T) {
	checkRefusals(t, []refusal{
		{"GET", "/apis?api-version=2017-03-01", "", nil, 400, "InvalidApiVersionParameter: The api-version '2017-03-01' is invalid. The supported versions are '2021-08-01,2022-08-01,2023-05-01-preview,2024-05-01'."},
		{"GET", "/apis?api-version=", "", nil, 400, "MissingApiVersionParameter: The api-version query parameter (?api-version=) is required"},
		{"GET", "/apis?x=%zz", "", nil, 400, "InvalidQuery"},
		{"GET", "/apis", "", []string{"Authorization: "}, 401, "AuthenticationFailed: This needs credentials"},
		{"GET", "/apis", "", []string{"Authorization: Bearer nonsense"}, 401, "AuthenticationFailed: The access token is not known"},
		{"GET", "/nothing", "", nil, 404, "ResourceNotFound"},
		{"POST", "/apis", "", nil, 405, "MethodNotAllowed: POST is not offered"},
		{"DELETE", "", "", nil, 405, "MethodNotAllowed"},
		{"GET", subscription + "/resourceGroups/other/providers/Microsoft.ApiManagement/service/portico/apis", "", nil, 404, "ResourceGroupNotFound: Resource group 'other' could not be found; here it is portico."},
		{"GET", subscription + "/resourceGroups/portico/providers/Microsoft.ApiManagement/service/other/apis", "", nil, 404, "ResourceNotFound: The Resource 'Microsoft.ApiManagement/service/other' under resource group 'portico' was not found"},

		{"GET", "/apis/gone", "", nil, 404, "ResourceNotFound: API not found: gone."},
		{"HEAD", "/apis/gone", "", nil, 404, ""},
		{"GET", "/apis/gone/operations", "", nil, 404, "API not found: gone."},
		{"GET", "/apis/*/operations", "", nil, 404, "API not found: *."},
		{"GET", "/apis/gone/products", "", nil, 404, "API not found: gone."},
		{"GET", "/apis/echo-api/operations/gone/policies", "", nil, 404, "Operation not found: gone."},
		{"GET", "/apis/echo-api/policies/policy", "", nil, 404, "Policy not found"},
		{"PUT", "/apis/gone/operations/o", `{"properties":{"displayName":"O","method":"GET","urlTemplate":"/"}}`, nil, 404, "API not found: gone."},
		{"PUT", "/products/gone/apis/echo-api", "", nil, 404, "Product not found: gone."},
		{"PUT", "/products/starter/apis/gone", "", nil, 404, "API not found: gone."},
		{"HEAD", "/products/starter/apis/gone", "", nil, 404, ""},
		{"PATCH", "/apis/gone", anAPI, []string{"If-Match: *"}, 404, "API not found: gone."},
	})
}

// TestRefusedBodies: what is sent.
func TestRefusedBodies(t *testing.T) {
	checkRefusals(t, []refusal{
		{"PUT", "/apis/a", `{"properties":`, nil, 400, "InvalidRequestContent: The request's body is not JSON: unexpected end of JSON input, at line 1, column 14."},
		{"PUT", "/apis/a", "", nil, 400, "InvalidRequestContent: The request's body is empty"},
		{"PUT", "/apis/a", anAPI + "x", nil, 400, "InvalidRequestContent"},
		{"PUT", "/apis/a", `{"properties":{"path":"a","PATH":"b"}}`, nil, 400, `InvalidRequestContent: The request's body has the member "PATH" twice`},
		{"PUT", "/apis/a", `{"properties":[]}`, nil, 400, "[ValidationError: properties: properties must be an object.]"},
		{"PUT", "/apis/a", `{"properties":{"path":1}}`, nil, 400, "ValidationError: One or more fields contain incorrect values: [ValidationError: path: The value of path must be a string and is a JSON number.]"},
		{"PUT", "/apis/a", `{"properties":{"path":"a","subscriptionRequired":"no"}}`, nil, 400, "subscriptionRequired must be true or false"},
		{"PUT", "/apis/a", `{"properties":{}}`, nil, 400, "[ValidationError: path: path is required"},
		{"PUT", "/apis/a", `{"properties":{"path":"echo"}}`, nil, 400, "[ValidationError: path: Cannot create API 'a' with the same Path 'echo' as API 'echo-api' unless it's a part of the same version set]"},
		{"PUT", "/apis/" + strings.Repeat("n", 257), anAPI, nil, 400, "must be 1 to 256 characters long"},
		{"PUT", "/apis/echo-api/operations/" + strings.Repeat("n", 81), "{}", nil, 400, "must be 1 to 80 characters long"},
		{"PUT", "/products/a", `{"properties":{"displayName":"` + strings.Repeat("a", 1<<20) + `"}}`, nil, 413, "RequestEntityTooLarge: The request's body is larger than the limit of 1048576 bytes."},
		{"PUT", "/apis/echo-api/operations/o", `{"properties":{"displayName":"O","method":"GET","urlTemplate":"/resource"}}`, nil, 400, "[ValidationError: urlTemplate: Operation with the same method and URL template already exists: GET, /resource"},
		{"PUT", "/apis/echo-api/operations/o", `{"properties":{"displayName":"O","method":"GET","urlTemplate":"/{id}"}}`, nil, 400, "All template parameters used in the UriTemplate must be defined in the Operation 'O', and vice-versa."},
		{"PUT", "/products/p", `{"properties":{"displayName":"P","state":"draft"}}`, nil, 400, `[ValidationError: state: "draft" is not a value of state: use published or notPublished.]`},
		{"PUT", "/subscriptions/s", `{"properties":{"displayName":"S","scope":"/products/gone"}}`, nil, 400, "[ValidationError: scope: The scope /products/gone names nothing that exists.]"},
		{"PUT", "/subscriptions/s", `{"properties":{"displayName":"S","scope":"/apis","expirationDate":"tomorrow"}}`, nil, 400, "InvalidRequestContent: The request's body does not fit"},
		{"PUT", "/policies/other", `{"properties":{"value":"<policies/>"}}`, nil, 400, "its name is policy"},
		{"PUT", "/policies/policy", `{"properties":{"value":"<policies><inbound><rate-limit/></inbound></policies>","format":"rawxml"}}`, nil, 400, "ValidationError: One or more fields contain incorrect values: [ValidationError: rate-limit: Error in element 'rate-limit'"},
		{"GET", "/policies/policy?format=yaml", "", nil, 400, "format must be xml or rawxml"},
	})
}

// TestRefusedChanges: stale versions, what is built in, lists, and the instance.
func TestRefusedChanges(t *testing.T) {
	checkRefusals(t, []refusal{
		{"PATCH", "/apis/echo-api", anAPI, nil, 400, "[ValidationError: If-Match: The header If-Match is required"},
		{"DELETE", "/apis/echo-api", "", nil, 400, "[ValidationError: If-Match:"},
		{"PATCH", "/apis/echo-api", anAPI, []string{`If-Match: "stale"`}, 412, "PreconditionFailed: The resource was changed"},
		{"DELETE", "/apis/echo-api", "", []string{`If-Match: "stale"`}, 412, "PreconditionFailed"},
		{"PUT", "/apis/echo-api", anAPI, []string{`If-Match: "stale"`}, 412, "PreconditionFailed"},
		{"PUT", "/apis/a", anAPI, []string{`If-Match: "stale"`}, 412, "PreconditionFailed: The resource does not exist"},
		{"PUT", "/apis/echo-api", anAPI, []string{"If-None-Match: *"}, 412, "PreconditionFailed: The resource exists already"},

		{"PUT", "/groups/guests", `{"properties":{"displayName":"G"}}`, nil, 405, "MethodNotAllowed: The group Guests is built in"},
		{"DELETE", "/groups/guests", "", []string{"If-Match: *"}, 405, "MethodNotAllowed: The group Guests is built in"},
		{"DELETE", "/subscriptions/master", "", []string{"If-Match: *"}, 405, "MethodNotAllowed: The subscription master is built in"},

		{"GET", "/apis?$filter=path+eq+5", "", nil, 400, "[ValidationError: $filter: The expression cannot be read: this is a number, and what it is compared with is text, at character 9.]"},
		{"GET", "/apis?$filter=nme+eq+'x'&$top=0&$skip=-1&$orderby=x", "", nil, 400, "[ValidationError: $skip: $skip must be a whole number of at least 0"},
		{"GET", "/products/starter/apis?$top=x", "", nil, 400, "[ValidationError: $top: $top must be a whole number of at least 1"},

		{"PUT", "", `{"location":"here","properties":{"publisherName":"C","publisherEmail":"x"}}`, nil, 400, `[ValidationError: publisherEmail: "x" is not an e-mail address.]`},
		{"PUT", "", `{"location":1}`, nil, 400, "location must be a string"},
		{"PATCH", "", `{"properties":{"publisherName":5}}`, nil, 400, "[ValidationError: publisherName: publisherName must be a string.]"},
		{"PATCH", "", `{"properties":{"hostnameConfigurations":[{"certificatePassword":"x"}]}}`, nil, 400, "[NotSupported: hostnameConfigurations:"},
		{"PATCH", "", `{}`, []string{`If-Match: "stale"`}, 412, "PreconditionFailed"},
	})
}
