package mail

import (
	"strings"
	"testing"
)

// TestDefaults: every default can be sent as it is, and names are the contract's.
func TestDefaults(t *testing.T) {
	if len(TemplateNames()) != 14 || len(NotificationNames()) != 7 {
		t.Fatalf("%d templates and %d notifications", len(TemplateNames()), len(NotificationNames()))
	}
	for _, n := range templates() {
		value := n.value
		if err := CheckTemplate(n.name, &value, &n.value); err != nil {
			t.Errorf("%s: %v", n.name, err)
		}
	}
}

func TestCheckTemplate(t *testing.T) {
	old := initial(templates(), "newDeveloperNotificationMessage")
	for _, c := range []struct{ subject, body, want string }{
		{"Hello $DevFirstName, it costs $5", "<p>$OrganizationName</p>", ""},
		{"", "", ""}, // what was there stays
		{"Hello\r\nBcc: other@example.com", "", "it must be one line"},
		{"Hello $Password", "", "$Password is no parameter of this template; they are $DevFirstName"},
		{strings.Repeat("x", 1001), "", "subject must be at most 1000 characters"},
	} {
		m := Template{Subject: c.subject, Body: c.body}
		err := CheckTemplate("newDeveloperNotificationMessage", &m, &old)
		if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %q", c.subject, err, c.want)
		}
		if err == nil && (m.IsDefault || m.Subject == "" || m.Body == "" || m.Title == "") {
			t.Errorf("%q: got %+v", c.subject, m)
		}
	}
}
