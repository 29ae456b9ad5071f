package mail

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/secret"
)

// Outgoing is where messages wait until they are sent, in the order in which they came.
const Outgoing = "/outbox"

const (
	outboxPurpose = "outbox" // messages hold one-time links, so they are sealed
	maxRecipients = 100
	maxVariables  = 50
	maxVariable   = 10_000 // bytes
)

// Message is what somebody is to be told. It names a template and its
// recipients, or a notification, whose recipients are those that it has when it is sent.
type Message struct {
	Template     string            `json:"template,omitempty"`     // one of TemplateNames
	Notification string            `json:"notification,omitempty"` // or one of NotificationNames
	Recipients   []string          `json:"recipients,omitempty"`   // e-mail addresses, for a template
	Variables    map[string]string `json:"variables,omitempty"`    // values of parameters, by name without $
}

// Outbox keeps messages until they are sent: what Plan and Enqueue stored is never lost.
type Outbox struct {
	Records record.Store
	Keys    *secret.Keeper
}

type sealedMessage struct {
	Sealed string `json:"sealed"`
}

// Plan is the change that stores a message: applied together with the change
// that it tells of, the two are kept or neither. It panics for a message that
// no program of ours may make: one without template, or with a line break in an address.
func (o Outbox) Plan(m Message) record.Change {
	if err := m.check(); err != nil {
		panic("mail: " + err.Error())
	}
	for name, value := range m.Variables {
		if len(value) > maxVariable {
			m.Variables[name] = strings.ToValidUTF8(value[:maxVariable], "") + "…"
		}
	}
	text, err := json.Marshal(m)
	if err != nil {
		panic("mail: " + err.Error()) // strings always marshal
	}
	return record.PutOf(record.Path("outbox", secret.ID()), sealedMessage{o.Keys.Seal(outboxPurpose, string(text))}, "-")
}

// Enqueue stores a message on its own. Where it tells of a change, use Plan.
func (o Outbox) Enqueue(ctx context.Context, m Message) error {
	_, err := o.Records.Apply(ctx, o.Plan(m))
	return err
}

// Open reads the message of a record below Outgoing.
func (o Outbox) Open(r record.Record) (Message, error) {
	var sealed sealedMessage
	var m Message
	if err := json.Unmarshal(r.Body, &sealed); err != nil {
		return m, fmt.Errorf("%s: %w", r.Path, err)
	}
	text, err := o.Keys.Open(outboxPurpose, sealed.Sealed)
	if err != nil {
		return m, fmt.Errorf("%s: %w", r.Path, err)
	}
	return m, json.Unmarshal([]byte(text), &m)
}

func (m Message) check() error {
	switch {
	case (m.Template == "") == (m.Notification == ""):
		return fault.New(fault.Invalid, "a message has a template or a notification")
	case m.Template != "" && !slices.Contains(TemplateNames(), m.Template):
		return fault.New(fault.Invalid, "there is no template %q", m.Template)
	case m.Notification != "" && !slices.Contains(NotificationNames(), m.Notification):
		return fault.New(fault.Invalid, "there is no notification %q", m.Notification)
	case m.Template != "" && len(m.Recipients) == 0, len(m.Recipients) > maxRecipients, len(m.Variables) > maxVariables:
		return fault.New(fault.Invalid, "a message has 1 to %d recipients and at most %d variables", maxRecipients, maxVariables)
	}
	for _, r := range m.Recipients {
		if r == "" || strings.ContainsAny(r, "\r\n\x00") {
			return fault.New(fault.Invalid, "%q is not the address of a recipient", r)
		}
	}
	return nil
}
