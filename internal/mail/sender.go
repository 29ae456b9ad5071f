package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/job"
	"portico/internal/record"
)

// JobKind is the kind of the queue's entries for messages, whose ids are the
// names of records below Outgoing.
const JobKind = "mail"

// When a message is tried again, and when not any more.
const (
	leastWait   = 2 * time.Second
	longestWait = 10 * time.Minute
	giveUpAfter = 72 * time.Hour
	// refusedKept is how long a message that could not be delivered can be seen.
	refusedKept = 30 * 24 * time.Hour
	pruneEvery  = time.Hour
	// sendWithin bounds one attempt, with all recipients of a message.
	sendWithin = 2 * time.Minute
)

// Completer makes changes and completes an entry of the queue, both or neither.
type Completer interface {
	ApplyAndComplete(ctx context.Context, e *job.Entry, changes ...record.Change) error
}

// SenderConfig is what a Sender works on.
type SenderConfig struct {
	Outbox
	Store      Completer
	Dial       func(ctx context.Context, network, address string) (net.Conn, error) // under the rule for what staff types
	PortalURL  string
	ConsoleURL string
	Now        func() time.Time
	Log        *slog.Logger
}

// Sender sends what is in the outbox. A message is tried until every recipient
// has it or the server refused it for good, with pauses that grow; what could
// not be delivered stays to be seen for some time.
type Sender struct{ SenderConfig }

// NewSender makes a Sender; Handle belongs to the queue's entries of JobKind.
func NewSender(c SenderConfig) *Sender { return &Sender{c} }

// Refusal is a recipient who will not get a message, and the server's reason.
type Refusal struct {
	Address string `json:"address"`
	Reason  string `json:"reason"`
}

// Delivery is how far the sending of a message has come. It stands beside the
// message in its record.
type Delivery struct {
	Attempts int        `json:"attempts,omitempty"`
	Problem  string     `json:"problem,omitempty"` // of the last attempt
	Next     *time.Time `json:"next,omitempty"`    // attempt, not before
	Sent     []string   `json:"sent,omitempty"`    // recipients who have it
	Refused  []Refusal  `json:"refused,omitempty"`
	Ended    *time.Time `json:"ended,omitempty"` // it is not tried any more
}

// Handle sends one message; it is a job.Handler.
func (s *Sender) Handle(ctx context.Context, e *job.Entry) error {
	rec, err := s.Records.Get(ctx, record.Path("outbox", e.ID))
	if fault.Is(err, fault.NotFound) {
		return s.Store.ApplyAndComplete(ctx, e) // somebody deleted it
	}
	if err != nil {
		return err
	}
	o, err := open(rec)
	if err != nil {
		return err
	}
	attempt, cancel := context.WithTimeout(ctx, sendWithin)
	err = s.attempt(attempt, rec, &o.Delivery)
	cancel()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return s.settle(ctx, e, rec, o, err)
}

// attempt tries to send a message to all who do not have it, and notes in d who got it and who cannot.
func (s *Sender) attempt(ctx context.Context, rec record.Record, d *Delivery) error {
	m, err := s.Outbox.Open(rec)
	if err != nil {
		return err
	}
	mails, err := s.compose(ctx, m)
	if err != nil {
		return err
	}
	mails = slices.DeleteFunc(mails, func(c composed) bool { return d.has(c.to) })
	if len(mails) == 0 {
		return nil
	}
	p, err := s.server(ctx)
	if err != nil {
		return err
	}
	c, err := p.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	for _, mail := range mails {
		err := c.send(mail, record.Name(rec.Path))
		var refused *refusedError
		switch {
		case err == nil:
			d.Sent = append(d.Sent, mail.to)
		case errors.As(err, &refused):
			d.Refused = append(d.Refused, Refusal{mail.to, refused.Error()})
		default:
			return err
		}
	}
	return nil
}

// has tells whether the matter of a recipient is settled.
func (d *Delivery) has(address string) bool {
	return slices.Contains(d.Sent, address) || slices.ContainsFunc(d.Refused, func(r Refusal) bool { return r.Address == address })
}

// settle keeps what came of an attempt: a message that everybody has is
// deleted, one that somebody cannot get is kept to be seen, and one that waits is tried again.
func (s *Sender) settle(ctx context.Context, e *job.Entry, rec record.Record, o outgoing, failed error) error {
	now := s.Now().UTC()
	d := &o.Delivery
	d.Attempts++
	d.Problem, d.Next = "", nil
	waited := now.Sub(rec.Created)
	switch {
	case failed == nil && len(d.Refused) == 0:
		return s.Store.ApplyAndComplete(ctx, e, record.Change{Op: record.DeleteTree, Path: rec.Path})
	case failed == nil:
		d.Ended = &now
		s.Log.Error("a message was refused for some of its recipients", "message", e.ID, "refused", len(d.Refused))
		return s.Store.ApplyAndComplete(ctx, e, record.PutOf(rec.Path, o, "*"))
	case waited > giveUpAfter:
		d.Problem, d.Ended = failed.Error(), &now
		s.Log.Error("a message could not be sent and is not tried any more", "message", e.ID, "waited", waited, "error", failed)
		return s.Store.ApplyAndComplete(ctx, e, record.PutOf(rec.Path, o, "*"))
	}
	// As long again as it has waited: pauses double.
	pause := min(max(waited, leastWait), longestWait)
	next := now.Add(pause)
	d.Problem, d.Next = failed.Error(), &next
	s.Log.Warn("a message could not be sent and is tried again", "message", e.ID, "attempts", d.Attempts, "again", pause, "error", failed)
	if _, err := s.Records.Apply(ctx, record.PutOf(rec.Path, o, "*")); err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	return job.Later{After: pause}
}

// Run forgets, until ctx ends, the messages that could not be delivered, when they were kept long enough.
func (s *Sender) Run(ctx context.Context) error {
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := s.prune(ctx); err != nil {
				s.Log.Warn("old messages could not be forgotten", "error", err)
			}
		}
	}
}

func (s *Sender) prune(ctx context.Context) error {
	recs, err := s.Records.List(ctx, Outgoing)
	if err != nil {
		return err
	}
	var old []record.Change
	for _, r := range recs {
		o, err := open(r)
		if err != nil {
			return err
		}
		if o.Ended != nil && s.Now().Sub(*o.Ended) > refusedKept {
			old = append(old, record.Change{Op: record.DeleteTree, Path: r.Path})
		}
	}
	if len(old) == 0 {
		return nil
	}
	_, err = s.Records.Apply(ctx, old...)
	return err
}

// composed is one mail to one recipient.
type composed struct {
	to string
	Rendered
}

// compose gives the mails that a message is sent as: one a recipient, so that
// none sees another, and copies for those who get all that developers get.
func (s *Sender) compose(ctx context.Context, m Message) ([]composed, error) {
	t, recipients, err := s.addressed(ctx, m)
	if err != nil {
		return nil, err
	}
	service, _, err := record.Get[catalog.Service](ctx, s.Records, catalog.ServicePath)
	if err != nil {
		return nil, err
	}
	var mails []composed
	for _, to := range recipients {
		values := map[string]string{"OrganizationName": service.PublisherName, "DevPortalUrl": s.PortalURL, "ConsoleUrl": s.ConsoleURL}
		if m.Notification == "" {
			values["DevEmail"] = to
			if err := s.nameOf(ctx, to, values); err != nil {
				return nil, err
			}
		}
		for name, value := range m.Variables {
			values[name] = value
		}
		mails = append(mails, composed{to, Render(t, values)})
	}
	// A copy of a link that lets somebody in would let others in.
	if m.Notification != "" || m.Variables["ConfirmUrl"] != "" || len(mails) == 0 {
		return mails, nil
	}
	copies, err := s.recipientsOf(ctx, "BCC")
	for _, to := range copies {
		if !slices.Contains(recipients, to) {
			mails = append(mails, composed{to, mails[0].Rendered})
		}
	}
	return mails, err
}

// addressed gives the template of a message and who gets it.
func (s *Sender) addressed(ctx context.Context, m Message) (Template, []string, error) {
	if m.Notification != "" {
		recipients, err := s.recipientsOf(ctx, m.Notification)
		return notices()[m.Notification], recipients, err
	}
	t, err := LoadTemplate(ctx, s.Records, m.Template)
	return t, m.Recipients, err
}

// LoadTemplate gives the template of a name, which is one of TemplateNames, as it was edited.
func LoadTemplate(ctx context.Context, records record.Store, name string) (Template, error) {
	t, _, err := record.Get[Template](ctx, records, Templates+"/"+name)
	if fault.Is(err, fault.NotFound) {
		return initial(templates(), name), nil
	}
	return t, err
}

// recipientsOf gives the addresses of a notification: those that were added,
// of people too. One without any goes to the publisher, but for copies.
func (s *Sender) recipientsOf(ctx context.Context, notification string) ([]string, error) {
	emails, err := s.Records.List(ctx, Notifications+"/"+notification+"/recipientEmails")
	if err != nil {
		return nil, err
	}
	var to []string
	add := func(address string) {
		if !slices.ContainsFunc(to, func(have string) bool { return strings.EqualFold(have, address) }) {
			to = append(to, address)
		}
	}
	for _, r := range emails {
		add(record.Name(r.Path))
	}
	people, err := s.Records.List(ctx, Notifications+"/"+notification+"/recipientUsers")
	if err != nil {
		return nil, err
	}
	for _, r := range people {
		u, _, err := record.Get[access.User](ctx, s.Records, access.UserPath(record.Name(r.Path)))
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		add(u.Email)
	}
	if len(to) == 0 && notification != "BCC" {
		service, _, err := record.Get[catalog.Service](ctx, s.Records, catalog.ServicePath)
		if err != nil {
			return nil, err
		}
		add(service.PublisherEmail)
	}
	return to, nil
}

// nameOf adds the name of the user with an e-mail address, if there is one.
func (s *Sender) nameOf(ctx context.Context, address string, values map[string]string) error {
	users, err := s.Records.List(ctx, access.Users)
	if err != nil {
		return err
	}
	for _, r := range users {
		var u access.User
		if err := json.Unmarshal(r.Body, &u); err != nil {
			return fmt.Errorf("%s: %w", r.Path, err)
		}
		if strings.EqualFold(u.Email, address) {
			values["DevFirstName"], values["DevLastName"] = u.FirstName, u.LastName
			return nil
		}
	}
	return nil
}
