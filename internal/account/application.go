package account

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/mail"
	"portico/internal/record"
	"portico/internal/secret"
)

// Applications is the collection of developers' applications.
const Applications = "/applications"

// The states of an application: it is the developer's own until it is submitted
// for the gallery, and everybody sees it once it is published there.
const (
	Registered = "registered"
	InReview   = "submitted"
	InGallery  = "published"
)

// Application is a developer's named client and the subscriptions that it uses.
type Application struct {
	Name          string    `json:"name"`
	Description   string    `json:"description,omitempty"`
	URL           string    `json:"url,omitempty"`         // of its home page
	CallbackURL   string    `json:"callbackUrl,omitempty"` // where authorization servers send people back to
	Subscriptions []string  `json:"subscriptions"`         // ids of the owner's
	State         string    `json:"state"`
	UserID        string    `json:"userId"` // /users/{id}
	CreatedDate   time.Time `json:"createdDate"`
}

const (
	maxApplications  = 100 // of one developer
	maxText          = 10_000
	maxAddress       = 2000 // bytes
	maxUsedBySubject = 100
)

// ApplicationPath is /applications/{id}.
func ApplicationPath(id string) string { return record.Path("applications", id) }

// check completes an application and checks it; the subscriptions must be the owner's.
func (p *Application) check(owned []record.Record) error {
	bad := catalog.Incorrect()
	p.Name = strings.TrimSpace(p.Name)
	for _, text := range []struct {
		target, value string
		least, most   int
	}{{"name", p.Name, 1, 100}, {"description", p.Description, 0, maxText}} {
		if n := utf8.RuneCountInString(text.value); n < text.least || n > text.most {
			bad.With(catalog.CodeValidation, text.target, "%s must be %d to %d characters long and has %d.", text.target, text.least, text.most, n)
		}
	}
	checkWebAddress(bad, "url", p.URL)
	checkWebAddress(bad, "callbackUrl", p.CallbackURL)
	if len(p.Subscriptions) > maxUsedBySubject {
		bad.With(catalog.CodeValidation, "subscriptions", "An application uses at most %d subscriptions.", maxUsedBySubject)
		return bad
	}
	used := []string{}
	for i, id := range p.Subscriptions {
		at := slices.IndexFunc(owned, func(r record.Record) bool { return strings.EqualFold(record.Name(r.Path), record.Name("/"+id)) })
		if at < 0 {
			bad.With(catalog.CodeValidation, fmt.Sprintf("subscriptions[%d]", i), "There is no subscription %s of yours.", id)
			continue
		}
		if name := record.Name(owned[at].Path); !slices.Contains(used, name) {
			used = append(used, name)
		}
	}
	p.Subscriptions = used
	return bad.OrNil()
}

// checkWebAddress checks an absolute URL without a user's name or a fragment.
// http is for the machine that the application is developed on.
func checkWebAddress(bad *fault.Error, target, text string) {
	if text == "" {
		return
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.Fragment != "" || len(text) > maxAddress:
		bad.With(catalog.CodeValidation, target, "%q is not an absolute URL such as https://example.com/callback.", text)
	case u.Scheme == "http" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1" && u.Hostname() != "::1":
		bad.With(catalog.CodeValidation, target, "%s must begin with https, except on localhost.", target)
	}
}

// Named is an application with its id.
type Named struct {
	ID string `json:"id"`
	Application
}

// ListApplications gives the applications that want holds, in the order in which they were made.
func (a *Accounts) ListApplications(ctx context.Context, want func(Named) bool) ([]Named, error) {
	recs, err := a.records.List(ctx, Applications)
	if err != nil {
		return nil, err
	}
	found := []Named{}
	for _, r := range recs {
		n := Named{ID: record.Name(r.Path)}
		if err := json.Unmarshal(r.Body, &n.Application); err != nil {
			return nil, fmt.Errorf("%s: %w", r.Path, err)
		}
		if want(n) {
			found = append(found, n)
		}
	}
	return found, nil
}

// OwnApplications gives a developer's applications.
func (a *Accounts) OwnApplications(ctx context.Context, user string) ([]Named, error) {
	return a.ListApplications(ctx, func(n Named) bool { return strings.EqualFold(n.UserID, access.UserPath(user)) })
}

// OwnApplication gives an application of a developer, or fault.NotFound, also for one of somebody else.
func (a *Accounts) OwnApplication(ctx context.Context, user, id string) (Named, record.Record, error) {
	missing := fault.New(fault.NotFound, "There is no application %s of yours.", id)
	p, rec, err := record.Get[Application](ctx, a.records, ApplicationPath(id))
	if fault.Is(err, fault.NotFound) || err == nil && !strings.EqualFold(p.UserID, access.UserPath(user)) {
		return Named{}, rec, missing
	}
	return Named{record.Name(rec.Path), p}, rec, err
}

// PutApplication makes an application of a developer (id "") or changes one. What
// is in the gallery is looked at again once it changes.
func (a *Accounts) PutApplication(ctx context.Context, user, id string, p Application) (Named, error) {
	var stored Named
	_, err := a.Editor.Edit(ctx, func() ([]record.Change, error) {
		own, err := a.OwnApplications(ctx, user)
		if err != nil {
			return nil, err
		}
		match := "-"
		p.UserID, p.State, p.CreatedDate = access.UserPath(user), Registered, time.Now().UTC().Truncate(time.Second)
		if id != "" {
			old, rec, err := a.OwnApplication(ctx, user, id)
			if err != nil {
				return nil, err
			}
			match, p.CreatedDate = rec.ETag, old.CreatedDate
		} else if id = secret.ID(); len(own) >= maxApplications {
			return nil, fault.New(fault.Conflict, "You have %d applications, which is the limit: delete one first.", len(own))
		}
		owned, err := access.OwnedBy(ctx, a.records, user)
		if err != nil {
			return nil, err
		}
		if err := p.check(owned); err != nil {
			return nil, err
		}
		stored = Named{id, p}
		return []record.Change{record.PutOf(ApplicationPath(id), p, match)}, nil
	})
	return stored, err
}

// DeleteApplication deletes a developer's application.
func (a *Accounts) DeleteApplication(ctx context.Context, user, id string) error {
	_, err := a.Editor.Edit(ctx, func() ([]record.Change, error) {
		_, rec, err := a.OwnApplication(ctx, user, id)
		return []record.Change{{Op: record.Delete, Path: rec.Path, Match: rec.ETag}}, err
	})
	return err
}

// SubmitApplication asks the publishers to show an application in the gallery.
func (a *Accounts) SubmitApplication(ctx context.Context, user, id string) (Named, error) {
	var p Named
	_, err := a.Editor.Edit(ctx, func() ([]record.Change, error) {
		var rec record.Record
		var err error
		if p, rec, err = a.OwnApplication(ctx, user, id); err != nil {
			return nil, err
		}
		if p.State != Registered {
			return nil, fault.New(fault.Conflict, "The application is %s already.", p.State)
		}
		u, _, err := a.user(ctx, user)
		if err != nil {
			return nil, err
		}
		p.State = InReview
		message := a.Outbox.Plan(mail.Message{Notification: "NewApplicationNotificationMessage", Variables: aboutApplication(u, &p.Application)})
		return []record.Change{record.PutOf(rec.Path, p.Application, rec.ETag), message}, nil
	})
	return p, err
}

// DecideApplication is the publishers' answer to a submitted application: it is
// published in the gallery, and the developer is told, or it is the developer's own again.
func (a *Accounts) DecideApplication(ctx context.Context, id string, publish bool) (Named, error) {
	var decided Named
	_, err := a.Editor.Edit(ctx, func() ([]record.Change, error) {
		p, rec, err := record.Get[Application](ctx, a.records, ApplicationPath(id))
		if err != nil {
			return nil, err
		}
		told := publish && p.State != InGallery
		if p.State = Registered; publish {
			p.State = InGallery
		}
		decided = Named{record.Name(rec.Path), p}
		changes := []record.Change{record.PutOf(rec.Path, p, rec.ETag)}
		if !told {
			return changes, nil
		}
		u, _, err := a.user(ctx, record.Name(p.UserID))
		if err != nil {
			return nil, err
		}
		message := a.Outbox.Plan(mail.Message{Template: "applicationApprovedNotificationMessage", Recipients: []string{u.Email}, Variables: aboutApplication(u, &p)})
		return append(changes, message), nil
	})
	return decided, err
}

func aboutApplication(u *access.User, p *Application) map[string]string {
	return map[string]string{"DevFirstName": u.FirstName, "DevLastName": u.LastName, "DevEmail": u.Email, "AppName": p.Name}
}
