package developer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"portico/internal/access"
	"portico/internal/account"
	"portico/internal/catalog"
	"portico/internal/egress"
	"portico/internal/gateway"
	"portico/internal/mail"
	"portico/internal/openid"
	"portico/internal/record"
	"portico/internal/rest"
	"portico/internal/rest/developer"
	"portico/internal/secret"
	"portico/internal/store"
	"portico/internal/usage"
)

const password = "correct horse battery"

// world is a portal over an instance with two developers: ann is in the group
// partners, bob is not. What each may see:
//
//	product    state         groups        API       guests  bob  ann
//	starter    published     guests, …     echo-api  yes     yes  yes
//	members    published     developers    members   –       yes  yes
//	partners   published     partners      partners  –       –    yes
//	draft      notPublished  everybody     draft     –       –    –
type world struct {
	t       *testing.T
	api     rest.API
	url     string
	records record.Store
	keys    *secret.Keeper
	editor  *record.Editor
	calls   *ledger
}

// ledger is a report.Source that answers with the query that it was asked.
type ledger struct {
	mu    sync.Mutex
	asked []usage.Query
}

func (l *ledger) Report(_ context.Context, q usage.Query) ([]usage.ReportRecord, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, q)
	return []usage.ReportRecord{{APIID: "/apis/echo-api", CallCountTotal: 1, UserID: "/users/" + q.Filter.User}}, nil
}

func (l *ledger) Requests(_ context.Context, q usage.Query, _, _ int) (usage.Page, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, q)
	return usage.Page{Calls: []usage.Call{{Method: "GET"}}}, nil
}

// Record implements usage.Recorder.
func (l *ledger) Record(usage.Call) {}

func newWorld(t *testing.T) *world {
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
	keys, err := secret.New(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, records: s.Records(), keys: keys, editor: &record.Editor{Store: s.Records()}, calls: &ledger{}}
	service := catalog.Service{Name: "portico", Location: "South Central US", PublisherName: "Contoso", PublisherEmail: "admin@contoso.com"}
	if _, err := access.EnsureFirstContent(ctx, w.records, keys, service); err != nil {
		t.Fatal(err)
	}
	w.apply(catalogue()...)
	w.user("ann", "partners")
	w.user("bob")
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	g := gateway.New(gateway.Config{Log: log, Keeper: keys, Usage: w.calls, Egress: egress.ForStaff(nil), Locals: map[string]gateway.Local{"echoapi.cloudapp.net": gateway.Echo{}}})
	t.Cleanup(g.Close)
	s.Subscribe(g.Apply)
	if err := g.Load(ctx, w.records); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(nil)
	w.url = "http://" + srv.Listener.Addr().String()
	w.api = developer.New(developer.Options{
		Accounts: account.New(account.Config{Editor: w.editor, Keys: keys, Hasher: new(access.Hasher), Outbox: mail.Outbox{Records: w.records, Keys: keys}, PortalURL: w.url}),
		Editor:   w.editor, Keys: keys, Reports: w.calls, Flow: openid.New(egress.NewClient(egress.ForStaff(nil)), keys, "flow"), Gateway: g,
		PortalURL: w.url, GatewayURL: "http://gateway.example", MaxBody: 1 << 20, Log: log,
	})
	srv.Config.Handler = developer.CORS([]string{"https://friend.example"}, w.api.Handler())
	srv.Start()
	t.Cleanup(srv.Close)
	return w
}

// catalogue is what the table above says.
func catalogue() []record.Change {
	required, terms := true, "Be kind."
	put := func(path string, v any) record.Change { return record.PutOf(path, v, "") }
	changes := []record.Change{
		put("/groups/partners", catalog.Group{DisplayName: "Partners", Type: "custom"}),
		put("/products/members", catalog.Product{DisplayName: "Members", State: catalog.Published, SubscriptionRequired: &required}),
		put("/products/partners", catalog.Product{DisplayName: "Partners only", State: catalog.Published, SubscriptionRequired: &required, Terms: terms}),
		put("/products/draft", catalog.Product{DisplayName: "Draft", State: catalog.NotPublished, SubscriptionRequired: &required}),
		put("/products/members/groups/developers", catalog.Link{}),
		put("/products/partners/groups/partners", catalog.Link{}),
		put("/tags/fast", catalog.Tag{DisplayName: "Fast"}),
		put("/tags/secret", catalog.Tag{DisplayName: "Secret"}),
		put("/apis/members/tags/fast", catalog.Link{}),
		put("/apis/draft/tags/secret", catalog.Link{}),
	}
	for _, group := range []string{"guests", "developers", "partners"} {
		changes = append(changes, put("/products/draft/groups/"+group, catalog.Link{}))
	}
	for _, name := range []string{"members", "partners", "draft"} {
		changes = append(changes,
			put("/apis/"+name, catalog.API{DisplayName: "The " + name + " API", Path: name, ServiceURL: "http://echoapi.cloudapp.net/api", APIRevision: "1", Protocols: []string{"https"}}),
			put("/apis/"+name+"/operations/get", catalog.Operation{DisplayName: "Get " + name, Method: "GET", URLTemplate: "/resource"}),
			put("/apis/"+name+"/schemas/s", catalog.Schema{ContentType: "application/json", Document: catalog.SchemaDocument{Value: "{}"}}),
			put("/apis/"+name+"/issues/open", catalog.Issue{Title: "An issue with " + name, Description: "x", State: "open", UserID: "/users/bob", APIID: "/apis/" + name}),
			put("/apis/"+name+"/issues/open/attachments/a", catalog.IssueAttachment{Title: "a.html", ContentFormat: "text/html", Content: "PGI+"}),
			put("/apis/"+name+"/issues/new", catalog.Issue{Title: "A new issue", Description: "x", State: "proposed", UserID: "/users/bob", APIID: "/apis/" + name}),
			put("/products/"+name+"/apis/"+name, catalog.Link{}))
	}
	return append(changes,
		put("/apis/members;rev=2", catalog.API{DisplayName: "The next revision", Path: "members", ServiceURL: "http://echoapi.cloudapp.net/", APIRevision: "2"}),
		put("/apis/members;rev=2/operations/get", catalog.Operation{DisplayName: "Get", Method: "GET", URLTemplate: "/resource"}))
}

func (w *world) apply(changes ...record.Change) {
	w.t.Helper()
	if _, err := w.records.Apply(context.Background(), changes...); err != nil {
		w.t.Fatal(err)
	}
}

// passwordHash is worked out once: it takes its time.
var passwordHash = sync.OnceValues(func() (string, error) { return new(access.Hasher).Hash(password, "") })

// user makes an active user of that name who is in some groups, with the password of all tests.
func (w *world) user(name string, groups ...string) {
	w.t.Helper()
	hash, err := passwordHash()
	if err != nil {
		w.t.Fatal(err)
	}
	u := access.User{Email: name + "@example.com", FirstName: strings.ToUpper(name[:1]) + name[1:], LastName: "Lee", State: access.UserActive, PasswordHash: hash,
		Note: "what staff think", Identities: []access.Identity{{Provider: access.BasicProvider, ID: name + "@example.com"}}}
	w.apply(catalog.Seal(w.keys, access.UserPath(name), &u, ""), record.PutOf(access.MembershipPath("developers", name), catalog.Link{}, ""))
	for _, g := range groups {
		w.apply(record.PutOf(access.MembershipPath(g, name), catalog.Link{}, ""))
	}
}

// subscription makes an active subscription with the key "{id}-primary".
func (w *world) subscription(id, owner, product string) {
	w.t.Helper()
	s := access.NewSubscription(id, id, "/products/"+product)
	s.OwnerID, s.PrimaryKey, s.SecondaryKey = "/users/"+owner, id+"-primary", id+"-secondary"
	w.apply(access.StoreSubscription(w.keys, s, ""))
}

// browser is somebody's browser, or a program with a header of its own.
type browser struct {
	*world
	cookies []*http.Cookie
	header  []string // "Name: value"
}

func (w *world) guest() *browser { return &browser{world: w} }

// signedIn is a browser whose user signed in with the password.
func (w *world) signedIn(name string) *browser {
	w.t.Helper()
	b := w.guest()
	b.call("POST", "/signin", map[string]string{"email": name + "@example.com", "password": password}).want(200, `"id":"`+name+`"`)
	return b
}

type answer struct {
	t      *testing.T
	what   string
	status int
	body   string
	header http.Header
}

// call sends a request below /developer, or to an absolute URL, and keeps the
// cookies. body is JSON, or nil.
func (b *browser) call(method, path string, body any, headers ...string) answer {
	b.t.Helper()
	text := io.Reader(http.NoBody)
	switch v := body.(type) {
	case nil:
	case io.Reader:
		text = v
	default:
		j, err := json.Marshal(v)
		if err != nil {
			b.t.Fatal(err)
		}
		text = bytes.NewReader(j)
	}
	target := path
	if !strings.HasPrefix(path, "http") {
		target = b.url + "/developer" + path
	}
	r, err := http.NewRequest(method, target, text)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	for _, h := range append(b.header, headers...) {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if set := res.Cookies(); len(set) > 0 {
		b.cookies = set
	}
	return answer{b.t, method + " " + path, res.StatusCode, string(got), res.Header}
}

// want fails unless the answer has the status and holds each part; a part after "!" must be missing.
func (a answer) want(status int, parts ...string) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: got %d %s, want %d", a.what, a.status, a.body, status)
	}
	for _, p := range parts {
		if missing, ok := strings.CutPrefix(p, "!"); ok {
			if strings.Contains(a.body, missing) {
				a.t.Errorf("%s: the answer holds %s: %s", a.what, missing, a.body)
			}
		} else if !strings.Contains(a.body, p) {
			a.t.Errorf("%s: the answer lacks %s: %s", a.what, p, a.body)
		}
	}
	return a
}

// names gives the ids of a list.
func (a answer) names() string {
	a.t.Helper()
	var page struct {
		Value []struct{ ID string }
		Count int
	}
	if err := json.Unmarshal([]byte(a.body), &page); err != nil || a.status != 200 {
		a.t.Fatalf("%s: %d %s", a.what, a.status, a.body)
	}
	var ids []string
	for _, v := range page.Value {
		ids = append(ids, v.ID)
	}
	return strings.Join(ids, " ")
}

// letters gives the messages that wait, the oldest first, and takes them away.
func (w *world) letters() []mail.Message {
	w.t.Helper()
	recs, err := w.records.List(context.Background(), mail.Outgoing)
	if err != nil {
		w.t.Fatal(err)
	}
	var all []mail.Message
	for _, r := range recs {
		m, err := mail.Outbox{Keys: w.keys}.Open(r)
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, m)
		w.apply(record.Change{Op: record.Delete, Path: r.Path})
	}
	return all
}

// letter gives the one message of a template that waits.
func (w *world) letter(template, to string) mail.Message {
	w.t.Helper()
	all := w.letters()
	if len(all) != 1 || all[0].Template != template || len(all[0].Recipients) != 1 || all[0].Recipients[0] != to {
		w.t.Fatalf("waiting are %+v, want one of %s to %s", all, template, to)
	}
	return all[0]
}

// ticket gives the ticket in a message's link, which leads to a page of the portal.
func (w *world) ticket(m mail.Message, page string) map[string]string {
	w.t.Helper()
	link, err := url.Parse(m.Variables["ConfirmUrl"])
	if err != nil || !strings.HasPrefix(link.String(), w.url+page) {
		w.t.Fatalf("link %q, %v", m.Variables["ConfirmUrl"], err)
	}
	return map[string]string{"ticket": link.Query().Get("ticket")}
}
