package arm_test

import (
	"encoding/json"
	"strings"
	"testing"

	"portico/internal/mail"
)

// sent lists what waits to be sent as "template or notification: recipients".
func (f *fixture) sent(t *testing.T) []string {
	t.Helper()
	recs, err := f.records.List(t.Context(), mail.Outgoing)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, r := range recs {
		m, err := mail.Outbox{Records: f.records, Keys: f.keys}.Open(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m.Template+m.Notification+": "+strings.Join(m.Recipients, ", "))
	}
	return all
}

// TestEventsTellThoseConcerned: which change sends which messages, and which sends none.
func TestEventsTellThoseConcerned(t *testing.T) {
	f := newFixture(t)
	const (
		user     = `{"properties":{"email":"%@example.com","firstName":"F","lastName":"L"}}`
		issue    = "/apis/echo-api/issues/i"
		sub      = "/subscriptions/s"
		any      = "If-Match: *"
		newIssue = "newIssueNotificationMessage: eve@example.com"
		comment  = "newCommentNotificationMessage: eve@example.com"
		publish  = "NewIssuePublisherNotificationMessage: "
	)
	for _, c := range []struct {
		method, path, body string
		want               []string
	}{
		{"PUT", "/users/eve", strings.ReplaceAll(user, "%", "eve"), nil},
		{"PUT", "/users/bob?notify=true", strings.ReplaceAll(user, "%", "bob"), []string{"newDeveloperNotificationMessage: bob@example.com"}},
		{"PUT", "/users/bob?notify=true", strings.ReplaceAll(user, "%", "bob"), nil}, // there is nothing new
		{"PUT", issue, `{"properties":{"title":"T","description":"D","userId":"/users/eve"}}`, []string{newIssue, publish}},
		{"PATCH", issue, `{"properties":{"state":"open"}}`, nil},
		{"PUT", issue + "/comments/c1", `{"properties":{"text":"C","userId":"/users/bob"}}`, []string{publish, comment}},
		{"PUT", issue + "/comments/c2", `{"properties":{"text":"C","userId":"/users/eve"}}`, []string{publish, "newCommentNotificationMessage: bob@example.com"}},
		{"PUT", sub, `{"properties":{"displayName":"S","scope":"/products/starter","ownerId":"/users/eve","state":"submitted"}}`, nil},
		{"PATCH", sub + "?notify=true", `{"properties":{"state":"rejected","stateComment":"no"}}`, []string{"rejectDeveloperNotificationMessage: eve@example.com"}},
		{"PATCH", sub + "?notify=true", `{"properties":{"displayName":"S2"}}`, nil},
		{"PUT", "/subscriptions/s2?notify=true", `{"properties":{"displayName":"S2","scope":"/products/unlimited","ownerId":"/users/eve","state":"submitted"}}`,
			[]string{"requestDeveloperNotificationMessage: eve@example.com", "RequestPublisherNotificationMessage: "}},
		{"PATCH", "/subscriptions/s2?notify=true", `{"properties":{"state":"active"}}`, []string{"purchaseDeveloperNotificationMessage: eve@example.com"}},
		{"PUT", "/subscriptions/s3?notify=true", `{"properties":{"displayName":"S3","scope":"/apis","state":"active"}}`, nil}, // nobody owns it
		{"PUT", "/subscriptions/s4?notify=true", `{"properties":{"displayName":"S4","scope":"/apis/echo-api","ownerId":"/users/bob","state":"active"}}`,
			[]string{"purchaseDeveloperNotificationMessage: bob@example.com", "PurchasePublisherNotificationMessage: "}},
		{"DELETE", "/users/bob?notify=true&deleteSubscriptions=true", "", []string{"accountClosedDeveloper: bob@example.com"}},
		{"DELETE", "/users/eve?deleteSubscriptions=true", "", nil},
	} {
		before := len(f.sent(t))
		if w := f.call(t, c.method, c.path, c.body, any); w.Code >= 300 {
			t.Fatalf("%s %s: got %d %s", c.method, c.path, w.Code, w.Body)
		}
		if got := f.sent(t)[before:]; strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s %s sends %q, want %q", c.method, c.path, got, c.want)
		}
	}
	w := f.call(t, "GET", "/outbox?$filter=state+eq+'waiting'&$top=1", "")
	var page struct {
		Count int
		Value []struct {
			Name       string
			Properties struct {
				Template, State string
				Recipients      []string
			}
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || page.Count != len(f.sent(t)) || page.Value[0].Properties.Template != "newDeveloperNotificationMessage" ||
		page.Value[0].Properties.State != "waiting" || strings.Contains(w.Body.String(), "sealed") {
		t.Errorf("the outbox is listed as %d %s", w.Code, w.Body)
	}
	if w := f.call(t, "DELETE", "/outbox/"+page.Value[0].Name, "", any); w.Code != 200 || len(f.sent(t)) != page.Count-1 {
		t.Errorf("a message was not deleted: %d %s", w.Code, w.Body)
	}
}

func TestMailServer(t *testing.T) {
	f := newFixture(t)
	const server = "/mailServers/default"
	w := f.call(t, "PUT", server, `{"properties":{"host":"127.0.0.1","port":1,"userName":"u","password":"top secret"}}`)
	if w.Code != 201 || strings.Contains(w.Body.String(), "top secret") || !strings.Contains(w.Body.String(), `"security":"starttls"`) {
		t.Fatalf("got %d %s", w.Code, w.Body)
	}
	if w := f.call(t, "PATCH", server, `{"properties":{"from":"noreply@contoso.com"}}`, "If-Match: *"); w.Code != 200 {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	rec, err := f.records.Get(t.Context(), mail.Servers+"/default")
	if err != nil || strings.Contains(string(rec.Body), "top secret") || !strings.Contains(string(rec.Body), `"password":`) {
		t.Errorf("it is kept as %s, %v", rec.Body, err)
	}
	for _, path := range []string{server, "/templates/confirmSignUpIdentityDefault"} {
		if got := errorOf(t, f.call(t, "POST", path+"/sendTest", `{"email":"eve@example.com"}`)); !strings.Contains(got, "The mail server 127.0.0.1:1 does not take messages: ") || !strings.Contains(got, "refused") {
			t.Errorf("%s: got %s", path, got)
		}
		if got := errorOf(t, f.call(t, "POST", path+"/sendTest", `{"email":"eve@example.com\r\nBcc: bob@example.com"}`)); !strings.Contains(got, "is not an e-mail address") {
			t.Errorf("%s: got %s", path, got)
		}
	}
}

func TestTemplatePreview(t *testing.T) {
	f := newFixture(t)
	w := f.call(t, "POST", "/templates/inviteUserNotificationMessage/preview", `{"properties":{"subject":"Hi $DevFirstName"},"values":{"DevFirstName":"<Eve>"}}`)
	var got mail.Rendered
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Subject != "Hi <Eve>" || !strings.Contains(got.Body, "Dear &lt;Eve&gt; [Last name]") || !strings.HasPrefix(got.Text, "Dear <Eve> [Last name],\n\nYou are invited") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if got := errorOf(t, f.call(t, "POST", "/templates/inviteUserNotificationMessage/preview", `{"properties":{"subject":"Hi\r\nBcc: x@y.z"}}`)); !strings.Contains(got, "it must be one line") {
		t.Errorf("got %s", got)
	}
}
