// Package mail owns what people are told by e-mail: the notifications that
// publishers get, and the templates of the messages to developers (contracts
// apim.md, sections 1.6 and 5.4).
package mail

import (
	"slices"
	"strings"
	"unicode/utf8"

	"portico/internal/catalog"
	"portico/internal/fault"
)

// Collections of what is kept.
const (
	Notifications = "/notifications"
	Templates     = "/templates"
)

// Notification is NotificationContractProperties, without its recipients, which
// are links below it.
type Notification struct {
	Title       string `json:"title"`
	Description string `json:"description"`
}

// named is a notification or template with the name that clients use.
type named[T any] struct {
	name  string
	value T
}

func notifications() []named[Notification] {
	return []named[Notification]{
		{"RequestPublisherNotificationMessage", Notification{"Subscription requests that need approval", "Sent when somebody asks for a subscription to a product that needs approval."}},
		{"PurchasePublisherNotificationMessage", Notification{"New subscriptions", "Sent when somebody subscribes to a product that needs no approval."}},
		{"NewApplicationNotificationMessage", Notification{"New applications", "Sent when a developer submits an application for the gallery."}},
		{"BCC", Notification{"Blind copies", "These recipients get a blind copy of every message to a developer."}},
		{"NewIssuePublisherNotificationMessage", Notification{"New issues and comments", "Sent when somebody reports an issue with an API, or comments on one."}},
		{"AccountClosedPublisher", Notification{"Closed accounts", "Sent when a developer closes his account."}},
		{"QuotaLimitApproachingPublisherNotificationMessage", Notification{"Quotas that are nearly used up", "Sent when a subscription comes close to its quota."}},
	}
}

// NotificationNames are the names of the seven notifications.
func NotificationNames() []string { return names(notifications()) }

// InitialNotification is the notification of a name, which is one of NotificationNames.
func InitialNotification(name string) any { return initial(notifications(), name) }

func names[T any](all []named[T]) []string {
	list := make([]string, len(all))
	for i, n := range all {
		list[i] = n.name
	}
	return list
}

func initial[T any](all []named[T], name string) T {
	i := slices.IndexFunc(all, func(n named[T]) bool { return strings.EqualFold(n.name, name) })
	return all[i].value
}

// Longest texts of a template, in characters.
const (
	maxSubject = 1000
	maxBody    = 100_000
)

// Template is EmailTemplateContractProperties: a message with $Parameter in
// place of what differs from one to the next.
type Template struct {
	Subject     string      `json:"subject"`
	Title       string      `json:"title,omitempty"`
	Description string      `json:"description,omitempty"`
	Body        string      `json:"body"` // HTML
	IsDefault   bool        `json:"isDefault"`
	Parameters  []Parameter `json:"parameters,omitempty"`
}

// Parameter is EmailTemplateParametersContractProperties.
type Parameter struct {
	Name        string `json:"name"` // without $
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
}

// CheckTemplate completes the template of a name from its default, and checks
// that it can be sent. old is what it replaces.
func CheckTemplate(name string, t, old *Template) error {
	bad := catalog.Incorrect()
	standard := initial(templates(), name)
	for _, c := range []struct {
		text *string
		def  string
	}{{&t.Subject, old.Subject}, {&t.Body, old.Body}, {&t.Title, standard.Title}, {&t.Description, standard.Description}} {
		if *c.text == "" {
			*c.text = c.def
		}
	}
	t.Parameters, t.IsDefault = standard.Parameters, false
	limit(bad, "subject", t.Subject, maxSubject)
	limit(bad, "body", t.Body, maxBody)
	limit(bad, "title", t.Title, maxSubject)
	limit(bad, "description", t.Description, maxSubject)
	if strings.ContainsAny(t.Subject, "\r\n\x00") {
		bad.With(catalog.CodeValidation, "subject", "The subject is a header of the message, so it must be one line.")
	}
	for target, text := range map[string]string{"subject": t.Subject, "body": t.Body} {
		for _, unknown := range unknownParameters(text, t.Parameters) {
			bad.With(catalog.CodeValidation, target, "$%s is no parameter of this template; they are %s.", unknown, parameterList(t.Parameters))
		}
	}
	return bad.OrNil()
}

func limit(bad *fault.Error, target, text string, most int) {
	if n := utf8.RuneCountInString(text); n > most {
		bad.With(catalog.CodeValidation, target, "%s must be at most %d characters long and has %d.", target, most, n)
	}
}

func parameterList(parameters []Parameter) string {
	list := make([]string, len(parameters))
	for i, p := range parameters {
		list[i] = "$" + p.Name
	}
	return strings.Join(list, ", ")
}

// unknownParameters gives the names after $ that are no parameters. "$" before
// anything but a letter is plain text, such as in $5.
func unknownParameters(text string, parameters []Parameter) []string {
	var unknown []string
	each(text, func(name string) string {
		known := slices.ContainsFunc(parameters, func(p Parameter) bool { return p.Name == name })
		if !known && !slices.Contains(unknown, name) {
			unknown = append(unknown, name)
		}
		return ""
	})
	return unknown
}

// each gives text with what value says in place of each $name.
func each(text string, value func(name string) string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "$")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		n := 0
		for n < len(after) && (isLetter(after[n]) || n > 0 && after[n] >= '0' && after[n] <= '9') {
			n++
		}
		if n == 0 {
			b.WriteByte('$')
		} else {
			b.WriteString(value(after[:n]))
		}
		text = after[n:]
	}
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
