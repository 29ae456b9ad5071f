package arm_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"portico/internal/artifact"
	"portico/internal/catalog"
	"portico/internal/record"
)

// apply sends a configuration and gives the changes as "+ /path" lines, or the problems as "target: message".
func (f *fixture) apply(t *testing.T, dryRun bool, requests ...artifact.Request) []string {
	t.Helper()
	body, err := json.Marshal(artifact.Changes{Requests: requests, DryRun: dryRun})
	if err != nil {
		t.Fatal(err)
	}
	w := f.call(t, http.MethodPost, "/configuration", string(body))
	var answer struct {
		artifact.Outcome
		Error struct {
			Details []struct{ Target, Message string }
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	lines := []string{}
	for _, d := range answer.Error.Details {
		lines = append(lines, d.Target+": "+d.Message)
	}
	if (w.Code == http.StatusOK) != (len(lines) == 0) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for _, c := range answer.Changes {
		line := map[string]string{artifact.Create: "+", artifact.Update: "~", artifact.Delete: "-"}[c.Action] + " " + c.Path
		for _, field := range c.Fields {
			line += fmt.Sprintf(" %s:%s→%s", field.Name, field.Before, field.After)
		}
		lines = append(lines, line)
	}
	return lines
}

func put(path, properties string) artifact.Request {
	return artifact.Request{Resource: artifact.Resource{Path: path, Properties: json.RawMessage(properties)}}
}

func remove(path string) artifact.Request {
	return artifact.Request{Resource: artifact.Resource{Path: path}, Delete: true}
}

// configuration is what the instance says of itself.
func (f *fixture) configuration(t *testing.T) []artifact.Resource {
	t.Helper()
	w := f.call(t, http.MethodGet, "/configuration", "")
	var all artifact.Configuration
	if err := json.Unmarshal(w.Body.Bytes(), &all); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return all.Value
}

// sent is a configuration as a folder of it is sent: definitions as documents.
func sent(t *testing.T, all []artifact.Resource) []artifact.Request {
	t.Helper()
	files, err := artifact.Files(all)
	if err != nil {
		t.Fatal(err)
	}
	folder, problems := artifact.Read(fileSystem(files), artifact.Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var requests []artifact.Request
	for _, r := range folder.Resources {
		requests = append(requests, artifact.Request{Resource: r})
	}
	return requests
}

// whole is a configuration with something of every kind.
func whole() []artifact.Request {
	quoted, _ := json.Marshal(shop(orders))
	return []artifact.Request{
		put("/namedValues/plain", `{"displayName":"plain","value":"x","tags":["a"]}`),
		put("/namedValues/hidden", `{"displayName":"hidden","value":"the hidden value","secret":true}`),
		put("/apiVersionSets/shops", `{"displayName":"Shops","versioningScheme":"Header","versionHeaderName":"V"}`),
		put("/tags/new", `{"displayName":"New"}`),
		put("/groups/partners", `{"displayName":"Partners"}`),
		put("/loggers/hub", `{"loggerType":"azureEventHub","credentials":{"name":"hub","connectionString":"the hidden connection"}}`),
		put("/backends/one", `{"url":"https://one.example.com","protocol":"http","credentials":{"header":{"key":["the hidden header"]}}}`),
		put("/backends/pool", `{"type":"Pool","pool":{"services":[{"id":"/backends/one","weight":2}]}}`),
		put("/schemas/item", `{"schemaType":"json","document":{"type":"object"}}`),
		put("/documentations/page", `{"title":"Page","content":"# Page"}`),
		put("/policyFragments/mark", `{"format":"rawxml","value":"<fragment><set-header name=\"X\"><value>1</value></set-header></fragment>","description":"Marks"}`),
		put("/policies/policy", `{"format":"rawxml","value":"<policies><inbound><include-fragment fragment-id=\"mark\" /></inbound><backend><forward-request /></backend><outbound /><on-error /></policies>"}`),
		put("/diagnostics/azuremonitor", `{"loggerId":"/loggers/hub","sampling":{"samplingType":"fixed","percentage":50}}`),
		put("/products/gold", `{"displayName":"Gold","state":"published"}`),
		put("/products/gold/policies/policy", `{"format":"rawxml","value":"<policies><inbound><base /><rate-limit calls=\"10\" renewal-period=\"60\" /></inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"}`),
		put("/apis/shop", `{"path":"shop","displayName":"Shop","apiRevision":"2","apiVersion":"v1","apiVersionSetId":"/apiVersionSets/shops","serviceUrl":"https://shop.example.com/v1","format":"openapi+json","value":`+string(quoted)+`}`),
		put("/apis/shop;rev=1", `{"path":"shop","displayName":"Shop","apiRevision":"1"}`),
		put("/apis/shop;rev=1/operations/old", `{"displayName":"Old","method":"GET","urlTemplate":"/old/*"}`),
		put("/apis/shop/operations/by-kind", `{"displayName":"By kind","method":"GET","urlTemplate":"/items?kind=book"}`),
		put("/apis/shop/policies/policy", `{"format":"rawxml","value":"<policies><inbound><base /><set-backend-service backend-id=\"pool\" /></inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"}`),
		put("/apis/shop/operations/order/policies/policy", `{"format":"rawxml","value":"<policies>\n<inbound><base /></inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"}`),
		put("/apis/shop/diagnostics/azuremonitor", `{"loggerId":"/loggers/hub"}`),
		put("/apis/shop/releases/r1", `{"apiId":"/apis/shop;rev=1","notes":"First"}`),
		put("/apis/shop/wikis/default", `{"documents":[{"documentationId":"page"}]}`),
		put("/apis/shop/tagDescriptions/new", `{"description":"What is new"}`),
		put("/apis/shop/tags/new", `{}`),
		put("/apis/shop/operations/order/tags/new", `{}`),
		put("/products/gold/tags/new", `{}`),
		put("/products/gold/apis/shop", `{}`),
		put("/products/gold/groups/partners", `{}`),
		put("/gateways/edge", `{"description":"Edge","locationData":{"name":"Paris"}}`),
		put("/gateways/edge/apis/shop", `{}`),
		put("/subscriptions/partner", `{"displayName":"Partner","scope":"/products/gold","state":"active"}`),
		put("/portalsettings/signin", `{"enabled":true}`),
		put("/notifications/BCC/recipientEmails/ann@example.com", `{}`),
		put("/templates/newIssueNotificationMessage", `{"subject":"Changed","body":"<p>Changed</p>"}`),
	}
}

// TestConfigurationComesBack applies a configuration to one instance, what that
// says of itself to another, and wants the same from both.
func TestConfigurationComesBack(t *testing.T) {
	first, second := newFixture(t), newFixture(t)
	planned := first.apply(t, true, whole()...)
	if first.configuration(t); slices.ContainsFunc(first.configuration(t), func(r artifact.Resource) bool { return r.Path == "/products/gold" }) {
		t.Error("a dry run changed something")
	}
	if made := first.apply(t, false, whole()...); !slices.Equal(made, planned) || !slices.Contains(made, "+ /apis/shop/operations/getitem") || !slices.Contains(made, "+ /subscriptions/partner") {
		t.Errorf("made %q\nplanned %q", made, planned)
	}
	said := first.configuration(t)
	for _, r := range said {
		if text := string(r.Properties); strings.Contains(text, "the hidden") || strings.Contains(text, "v1.") && !strings.Contains(r.Path, "definitions") {
			t.Errorf("%s tells a secret: %s", r.Path, text)
		}
	}
	for path := range kindsOf(whole()) {
		if !slices.ContainsFunc(said, func(r artifact.Resource) bool { return record.Kind(r.Path) == path }) {
			t.Errorf("nothing of the kind %s is told", path)
		}
	}
	if again := first.apply(t, false, sent(t, said)...); len(again) > 0 {
		t.Errorf("what the instance says of itself changes it: %q", again)
	}
	requests := sent(t, said)
	for i := range requests { // the secrets are to be said anew
		filled, err := artifact.FillSecrets(requests[i].Resource, "another")
		if err != nil {
			t.Fatal(err)
		}
		requests[i].Properties = filled
	}
	second.apply(t, false, requests...)
	if a, b := files(t, said), files(t, second.configuration(t)); !reflect.DeepEqual(a, b) {
		for name := range a {
			if a[name] != b[name] {
				t.Errorf("%s:\n%s\nin the other instance:\n%s", name, a[name], b[name])
			}
		}
		t.Errorf("%d files and %d", len(a), len(b))
	}
	if got := second.apply(t, true, sent(t, said)...); len(got) > 0 {
		t.Errorf("the other instance: %q", got)
	}
	// A secret that changes is told, and not shown.
	if got := first.apply(t, true, put("/namedValues/hidden", `{"displayName":"hidden","value":"changed","secret":true}`)); len(got) != 1 || strings.Contains(got[0], "changed") {
		t.Errorf("got %q", got)
	}
	if got := first.apply(t, true, put("/namedValues/hidden", `{"displayName":"hidden","value":"the hidden value","secret":true}`)); len(got) > 0 {
		t.Errorf("the same secret: %q", got)
	}
}

func kindsOf(requests []artifact.Request) map[string]bool {
	kinds := map[string]bool{}
	for _, r := range requests {
		kinds[record.Kind(r.Path)] = true
	}
	return kinds
}

func files(t *testing.T, all []artifact.Resource) map[string]string {
	t.Helper()
	written, err := artifact.Files(all)
	if err != nil {
		t.Fatal(err)
	}
	texts := make(map[string]string, len(written))
	for name, text := range written {
		texts[name] = string(text)
	}
	return texts
}

// TestConfigurationIsAllOrNothing: what is wrong is told, all of it, and nothing is changed.
func TestConfigurationIsAllOrNothing(t *testing.T) {
	f := newFixture(t)
	before, err := f.records.Tree(ctx, "/")
	if err != nil {
		t.Fatal(err)
	}
	got := f.apply(t, false,
		put("/namedValues/good", `{"displayName":"good","value":"x"}`),
		put("/namedValues/bad", `{"displayName":"b a d","value":""}`),
		put("/products/gold", `{"displayName":""}`),
		put("/apis/shop", `{"path":"a b"}`),
		put("/apis/shop/operations/o", `{"displayName":"O","method":"GET","urlTemplate":"/o"}`), // its API is told already
		put("/products/starter/apis/shop", `{}`),
		put("/products/starter/apis/absent", `{}`),
		put("/policies/policy", `{"format":"rawxml","value":"<policies><nonsense/></policies>"}`),
		put("/users/ann", `{}`),
		put("/apis/x/definitions/source", `{}`),
		put("nonsense", `{}`),
		remove("/groups/administrators"),
	)
	want := []string{
		`/namedValues/bad#displayName: "b a d" may hold letters, digits, period, dash and underscore only: policies use it as {{name}}.`,
		`/namedValues/bad#value: value must not be empty or only spaces.`,
		`/products/gold#displayName: displayName must be 1 to 300 characters long and has 0.`,
		`/apis/shop#path: The path "a b" holds ' ': it may hold letters, digits and /-._~!$'()+,:@= only.`,
		`/products/starter/apis/absent: API not found: absent.`,
	}
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("not told: %s", w)
		}
	}
	for _, path := range []string{"/policies/policy", "/users/ann", "/apis/x/definitions/source", "nonsense", "/groups/administrators"} {
		if !slices.ContainsFunc(got, func(line string) bool { return strings.HasPrefix(line, path) }) {
			t.Errorf("nothing is told of %s", path)
		}
	}
	if len(got) != len(want)+5 {
		t.Errorf("got %s", strings.Join(got, "\n"))
	}
	after, err := f.records.Tree(ctx, "/")
	if err != nil || !reflect.DeepEqual(before, after) {
		t.Errorf("a refused configuration changed something (%v)", err)
	}
}

// TestConfigurationDeletes: what goes, goes after what is made, and with what stands below it.
func TestConfigurationDeletes(t *testing.T) {
	f := newFixture(t)
	f.apply(t, false, whole()...)
	if got := f.apply(t, false, remove("/backends/pool")); len(got) != 1 || !strings.Contains(got[0], "is in use") {
		t.Errorf("what is in use: %q", got)
	}
	fresh := newFixture(t).configuration(t)
	folder, problems := artifact.Read(fileSystem(bytesOf(files(t, fresh))), artifact.Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	requests := sent(t, fresh)
	for _, gone := range folder.Vanished(f.configuration(t)) {
		requests = append(requests, remove(gone.Path))
	}
	f.apply(t, false, requests...)
	got, want := files(t, f.configuration(t)), files(t, fresh)
	for name := range got {
		if strings.HasPrefix(name, "portal settings/") { // cannot be deleted
			delete(got, name)
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("left %v\nwant %v", got, want)
	}
}

func bytesOf(files map[string]string) map[string][]byte {
	out := make(map[string][]byte, len(files))
	for name, text := range files {
		out[name] = []byte(text)
	}
	return out
}

// TestConfigurationSaysWhichRevisionIsCurrent changes the current revision to one that is there, and to a new one.
func TestConfigurationSaysWhichRevisionIsCurrent(t *testing.T) {
	f := newFixture(t)
	api := func(name, revision, description string) artifact.Request {
		return put("/apis/"+name, `{"path":"r","displayName":"R","apiRevision":"`+revision+`","description":"`+description+`"}`)
	}
	operation := func(name, id string) artifact.Request {
		return put("/apis/"+name+"/operations/"+id, `{"displayName":"`+id+`","method":"GET","urlTemplate":"/`+id+`"}`)
	}
	f.apply(t, false, api("r", "1", "one"), api("r;rev=2", "2", "two"), operation("r", "a"), operation("r;rev=2", "b"))
	f.apply(t, false, api("r", "2", "two"), api("r;rev=1", "1", "one"), operation("r", "b"), operation("r;rev=1", "a"))
	f.apply(t, false, api("r", "3", "three"), operation("r", "b"), operation("r", "c"))
	for path, want := range map[string]string{"/apis/r": "3 three", "/apis/r;rev=1": "1 one", "/apis/r;rev=2": "2 two"} {
		a, _, err := record.Get[catalog.API](ctx, f.records, path)
		if got := a.APIRevision + " " + a.Description; err != nil || got != want || *a.IsCurrent != (path == "/apis/r") {
			t.Errorf("%s is %s (%v), want %s", path, got, err, want)
		}
	}
	for path, want := range map[string][]string{"/apis/r": {"b", "c"}, "/apis/r;rev=1": {"a"}, "/apis/r;rev=2": {"b"}} {
		recs, err := f.records.List(ctx, path+"/operations")
		var got []string
		for _, r := range recs {
			got = append(got, record.Name(r.Path))
		}
		if slices.Sort(got); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s has %v (%v), want %v", path, got, err, want)
		}
	}
}

// fileSystem has files as artifact.Read takes them.
func fileSystem(files map[string][]byte) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: text}
	}
	return fsys
}
