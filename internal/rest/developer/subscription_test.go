package developer_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"portico/internal/catalog"
	"portico/internal/record"
)

func basicOf(name, password string) string {
	return base64.StdEncoding.EncodeToString([]byte(name + ":" + password))
}

func TestSubscriptions(t *testing.T) {
	w := newWorld(t)
	limit := int32(1)
	w.apply(record.PutOf("/products/members", catalog.Product{DisplayName: "Members", State: catalog.Published, SubscriptionsLimit: &limit}, ""))
	ann, bob := w.signedIn("ann"), w.signedIn("bob")

	bob.call("PUT", "/users/me/subscriptions/m1", map[string]any{"scope": "/products/members", "name": "Mine"}).want(201, `"state":"active"`, `"name":"Mine"`, "!primaryKey")
	if all := w.letters(); len(all) != 2 || all[0].Template != "purchaseDeveloperNotificationMessage" || all[1].Notification != "PurchasePublisherNotificationMessage" {
		t.Errorf("told are %+v", all)
	}
	bob.call("PUT", "/users/me/subscriptions/m1", map[string]any{"scope": "/products/unlimited"}).want(409, "taken")
	ann.call("PUT", "/users/me/subscriptions/m1", map[string]any{"scope": "/products/unlimited"}).want(409, "taken")
	bob.call("POST", "/users/me/subscriptions", map[string]any{"scope": "/products/members"}).want(400, "limit is 1")
	for scope, want := range map[string]string{"/products/partners": "There is no product partners", "/products/draft": "There is no product draft", "/apis": "subscribe to products",
		"/apis/members": "subscribe to products", "": "scope", "/products/none": "There is no product none"} {
		bob.call("POST", "/users/me/subscriptions", map[string]any{"scope": scope}).want(400, want)
	}

	// Unlimited needs approval, partners has terms; the SDKs' form with properties is taken too.
	bob.call("PUT", "/users/bob/subscriptions/u1", map[string]any{"properties": map[string]any{"scope": "/products/unlimited", "name": "U"}}).want(201, `"state":"submitted"`)
	if all := w.letters(); len(all) != 2 || all[0].Template != "requestDeveloperNotificationMessage" || all[1].Notification != "RequestPublisherNotificationMessage" {
		t.Errorf("told are %+v", all)
	}
	ann.call("POST", "/users/me/subscriptions", map[string]any{"productId": "partners"}).want(400, "TermsNotAccepted")
	ann.call("POST", "/users/me/subscriptions", map[string]any{"productId": "partners", "termsAccepted": true}).want(201, `"productId":"partners"`)

	secrets := func() (keys struct{ PrimaryKey, SecondaryKey string }) {
		t.Helper()
		if err := json.Unmarshal([]byte(bob.call("POST", "/users/me/subscriptions/m1/listSecrets", nil).want(200).body), &keys); err != nil || keys.PrimaryKey == "" {
			t.Fatalf("got %+v, %v", keys, err)
		}
		return keys
	}
	before := secrets()
	bob.call("POST", "/users/me/subscriptions/m1/regeneratePrimaryKey", nil).want(204)
	if after := secrets(); after.PrimaryKey == before.PrimaryKey || after.SecondaryKey != before.SecondaryKey {
		t.Errorf("keys %+v, then %+v", before, after)
	}
	bob.call("POST", "/users/me/subscriptions/m1/regenerateSecondaryKey", nil).want(204)
	bob.call("PATCH", "/users/me/subscriptions/m1", map[string]string{"name": "Renamed"}).want(200, `"name":"Renamed"`)
	bob.call("PATCH", "/users/me/subscriptions/u1", map[string]string{"state": "active"}).want(400, "cancelled") // nobody approves himself
	bob.call("POST", "/users/me/subscriptions/m1/renew", nil).want(409)
	bob.call("PATCH", "/users/me/subscriptions/m1", map[string]any{"properties": map[string]string{"state": "Cancelled"}}).want(200, `"state":"cancelled"`, "endDate")
	bob.call("POST", "/users/me/subscriptions/m1/renew", nil).want(200, `"state":"active"`, "!endDate")
	bob.call("POST", "/users/me/subscriptions/u1/cancel", nil).want(200, `"state":"cancelled"`)
	bob.call("POST", "/users/me/subscriptions/u1/renew", nil).want(200, `"state":"submitted"`, "!startDate")
	if got := bob.call("GET", "/users/me/subscriptions?$filter=properties/scope%20eq%20'/products/members'", nil).names(); got != "m1" {
		t.Errorf("got %q", got)
	}

	// The product is withdrawn: who is in stays, nobody comes in, not even back.
	bob.call("POST", "/users/me/subscriptions/m1/cancel", nil).want(200)
	w.apply(record.PutOf("/products/members", catalog.Product{DisplayName: "Members", State: catalog.NotPublished}, ""))
	bob.call("POST", "/users/me/subscriptions/m1/renew", nil).want(400, "There is no product members")
}

// TestNobodySeesAnothersThings walks all that is a developer's own as guest, as
// another developer, and as its owner.
func TestNobodySeesAnothersThings(t *testing.T) {
	w := newWorld(t)
	w.subscription("anns", "ann", "members")
	ann, bob := w.signedIn("ann"), w.signedIn("bob")
	var app struct{ ID string }
	if err := json.Unmarshal([]byte(ann.call("POST", "/users/me/applications", map[string]any{"name": "App", "subscriptions": []string{"anns"}}).want(201).body), &app); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		method, path string
		body         any
		owner        int
	}{
		{"GET", "/users/%", nil, 200},
		{"PATCH", "/users/%", map[string]string{"firstName": "Eve"}, 200},
		{"GET", "/users/%/groups", nil, 200},
		{"GET", "/users/%/identities", nil, 200},
		{"GET", "/users/%/sessions", nil, 200},
		{"GET", "/users/%/subscriptions", nil, 200},
		{"GET", "/users/%/subscriptions/anns", nil, 200},
		{"POST", "/users/%/subscriptions", map[string]string{"scope": "/products/starter"}, 201},
		{"PUT", "/users/%/subscriptions/x", map[string]string{"scope": "/products/members"}, 201},
		{"PATCH", "/users/%/subscriptions/anns", map[string]string{"name": "x"}, 200},
		{"POST", "/users/%/subscriptions/anns/listSecrets", nil, 200},
		{"POST", "/users/%/subscriptions/anns/regeneratePrimaryKey", nil, 204},
		{"POST", "/users/%/subscriptions/anns/regenerateSecondaryKey", nil, 204},
		{"POST", "/users/%/subscriptions/anns/cancel", nil, 200},
		{"POST", "/users/%/subscriptions/anns/renew", nil, 200},
		{"GET", "/users/%/applications", nil, 200},
		{"GET", "/users/%/applications/" + app.ID, nil, 200},
		{"PUT", "/users/%/applications/" + app.ID, map[string]string{"name": "App"}, 200},
		{"POST", "/users/%/applications/" + app.ID + "/submit", nil, 200},
		{"DELETE", "/users/%/applications/" + app.ID, nil, 204},
		{"DELETE", "/users/%/sessions", nil, 204},
	} {
		path := strings.ReplaceAll(c.path, "%", "ann")
		w.guest().call(c.method, path, c.body).want(401, "!primary")
		bob.call(c.method, path, c.body).want(403, "!anns", "!@example.com")
		if strings.Contains(c.path, "anns") || strings.Contains(c.path, app.ID) { // by an address of his own
			a := bob.call(c.method, strings.ReplaceAll(c.path, "%", "me"), c.body)
			if a.status != 404 || strings.Contains(a.body, "anns-") {
				t.Errorf("bob: %s %s: got %d %s", c.method, c.path, a.status, a.body)
			}
		}
		ann.call(c.method, path, c.body).want(c.owner)
	}
}

func TestApplications(t *testing.T) {
	w := newWorld(t)
	w.subscription("anns", "ann", "members")
	w.subscription("bobs", "bob", "members")
	ann := w.signedIn("ann")
	for _, c := range []struct {
		app  map[string]any
		want string
	}{
		{map[string]any{"name": ""}, `"name"`},
		{map[string]any{"name": "A", "callbackUrl": "http://example.com/cb"}, "callbackUrl must begin with https"},
		{map[string]any{"name": "A", "callbackUrl": "javascript:alert(1)"}, "callbackUrl"},
		{map[string]any{"name": "A", "callbackUrl": "https://u:p@example.com/"}, "callbackUrl"},
		{map[string]any{"name": "A", "subscriptions": []string{"bobs"}}, "There is no subscription bobs of yours"},
		{map[string]any{"name": "A", "subscriptions": "anns"}, "an array"},
	} {
		ann.call("POST", "/users/me/applications", c.app).want(400, c.want)
	}
	var made struct{ ID string }
	good := map[string]any{"name": "Weather", "description": "Shows it.", "url": "https://weather.example/", "callbackUrl": "http://localhost:3000/cb", "subscriptions": []string{"ANNS", "anns"},
		"state": "published", "userId": "/users/bob"}
	a := ann.call("POST", "/users/me/applications", good).want(201, `"subscriptions":["anns"]`, `"state":"registered"`, `"userId":"/users/ann"`)
	if err := json.Unmarshal([]byte(a.body), &made); err != nil {
		t.Fatal(err)
	}
	w.guest().call("GET", "/applications", nil).want(200, `"count":0`)
	w.letters()
	ann.call("POST", "/users/me/applications/"+made.ID+"/submit", nil).want(200, `"state":"submitted"`)
	if all := w.letters(); len(all) != 1 || all[0].Notification != "NewApplicationNotificationMessage" {
		t.Errorf("told are %+v", all)
	}
	ann.call("POST", "/users/me/applications/"+made.ID+"/submit", nil).want(409)
	w.apply(record.PutOf("/applications/"+made.ID, map[string]any{"name": "Weather", "state": "published", "userId": "/users/ann", "callbackUrl": "http://localhost:3000/cb"}, ""))
	w.guest().call("GET", "/applications", nil).want(200, "Weather", "!callbackUrl", "!ann")
	ann.call("PUT", "/users/me/applications/"+made.ID, map[string]any{"name": "Weather 2"}).want(200, `"state":"registered"`)
	w.guest().call("GET", "/applications", nil).want(200, `"count":0`)
}

func TestIssues(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.signedIn("ann"), w.signedIn("bob")
	if got := ann.call("GET", "/apis/members/issues", nil).names(); got != "open" {
		t.Errorf("ann sees %q: a proposed issue is between its author and the publishers", got)
	}
	if got := bob.call("GET", "/apis/members/issues", nil).names(); got != "new open" {
		t.Errorf("bob sees %q", got)
	}
	ann.call("GET", "/apis/members/issues/new", nil).want(404)
	w.guest().call("POST", "/apis/echo-api/issues", map[string]string{"title": "T", "description": "D"}).want(401)
	bob.call("POST", "/apis/partners/issues", map[string]string{"title": "T", "description": "D"}).want(404)
	ann.call("POST", "/apis/members/issues", map[string]string{"title": "", "description": "D"}).want(400, "title")
	var made struct{ ID string }
	a := ann.call("POST", "/apis/members/issues", map[string]string{"title": "T", "description": "D", "state": "open", "userId": "/users/bob"}).want(201, `"state":"proposed"`, `"author":"Ann Lee"`, `"mine":true`)
	if err := json.Unmarshal([]byte(a.body), &made); err != nil {
		t.Fatal(err)
	}
	if all := w.letters(); len(all) != 2 || all[0].Template != "newIssueNotificationMessage" || all[1].Notification != "NewIssuePublisherNotificationMessage" {
		t.Errorf("told are %+v", all)
	}
	ann.call("POST", "/apis/members/issues/open/comments", map[string]string{"text": "Me too."}).want(201, `"author":"Ann Lee"`)
	told := map[string]string{}
	for _, m := range w.letters() {
		told[m.Template+m.Notification] = strings.Join(m.Recipients, ",")
	}
	if told["newCommentNotificationMessage"] != "bob@example.com" || len(told) != 2 {
		t.Errorf("told are %v", told)
	}
	bob.call("GET", "/apis/members/issues/open/comments", nil).want(200, "Me too.", `"mine":false`, "!example.com")
	ann.call("PATCH", "/apis/members/issues/open", map[string]string{"title": "Mine now"}).want(403)
	bob.call("PATCH", "/apis/members/issues/open", map[string]string{"state": "resolved"}).want(400)
	bob.call("PATCH", "/apis/members/issues/open", map[string]string{"title": "Better", "state": "closed"}).want(200, `"title":"Better"`, `"state":"closed"`)
	ann.call("POST", "/apis/members/issues/open/attachments", map[string]string{"title": "x", "contentFormat": "text/plain", "content": "eA=="}).want(403)
	bob.call("POST", "/apis/members/issues/open/attachments", map[string]string{"title": "x", "contentFormat": "text/plain", "content": "no base64!"}).want(400, "content")
	bob.call("POST", "/apis/members/issues/open/attachments", map[string]string{"title": "x", "contentFormat": "link", "content": "javascript:alert(1)"}).want(400, "content")
	bob.call("POST", "/apis/members/issues/open/attachments", map[string]string{"title": "x\".txt", "contentFormat": "text/plain", "content": "eA=="}).want(201)
	file := ann.call("GET", "/apis/members/issues/open/attachments/a", nil).want(200, "<b>")
	if file.header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(file.header.Get("Content-Disposition"), "attachment") || file.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("a browser may show the file: %v", file.header)
	}
	if recs, err := w.records.List(context.Background(), "/apis/members/issues/open/attachments"); err != nil || len(recs) != 2 {
		t.Errorf("%d attachments, %v", len(recs), err)
	}
}
