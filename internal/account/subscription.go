package account

import (
	"context"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/secret"
)

// CodeTerms is the code of the refusal of one who did not accept a product's terms.
const CodeTerms = "TermsNotAccepted"

// maxSubscriptions is how many one developer can have, ended ones too.
const maxSubscriptions = 500

// Subscriptions gives a developer's subscriptions, in the order in which they were made.
func (a *Accounts) Subscriptions(ctx context.Context, user string) ([]access.Subscription, error) {
	recs, err := access.OwnedBy(ctx, a.records, user)
	if err != nil {
		return nil, err
	}
	all := make([]access.Subscription, len(recs))
	for i, rec := range recs {
		if all[i], err = access.LoadSubscription(a.Keys, rec); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Subscription gives a subscription of a developer, or fault.NotFound, also for one of somebody else.
func (a *Accounts) Subscription(ctx context.Context, user, id string) (access.Subscription, record.Record, error) {
	missing := fault.New(fault.NotFound, "There is no subscription %s of yours.", id)
	rec, err := a.records.Get(ctx, access.SubscriptionPath(id))
	if fault.Is(err, fault.NotFound) {
		return access.Subscription{}, rec, missing
	}
	if err != nil {
		return access.Subscription{}, rec, err
	}
	s, err := access.LoadSubscription(a.Keys, rec)
	if err == nil && !strings.EqualFold(s.OwnerID, access.UserPath(user)) {
		return access.Subscription{}, rec, missing
	}
	return s, rec, err
}

// Wish is what a developer asks for who subscribes to a product.
type Wish struct {
	ID            string // of the subscription
	Name          string
	Product       string // its id
	TermsAccepted bool
}

// Subscribe makes a subscription to a product that the developer may see. It
// waits for approval where the product wants that, else it is active at once.
func (a *Accounts) Subscribe(ctx context.Context, user string, w Wish) (access.Subscription, error) {
	if err := catalog.CheckName("id", w.ID, catalog.MaxName); err != nil {
		return access.Subscription{}, err
	}
	if err := a.notDelegated(ctx); err != nil {
		return access.Subscription{}, err
	}
	var made access.Subscription
	_, err := a.Editor.Edit(ctx, func() ([]record.Change, error) {
		p, err := a.offered(ctx, user, w.Product)
		if err != nil {
			return nil, err
		}
		if strings.TrimSpace(p.Terms) != "" && !w.TermsAccepted {
			return nil, fault.Coded(fault.Invalid, CodeTerms, "The terms of %s must be accepted: send termsAccepted with true.", p.DisplayName)
		}
		owned, err := access.OwnedBy(ctx, a.records, user)
		if err != nil {
			return nil, err
		}
		if len(owned) >= maxSubscriptions {
			return nil, fault.New(fault.Conflict, "You have %d subscriptions, which is the limit.", len(owned))
		}
		made = access.NewSubscription(w.ID, w.Name, catalog.ProductPath(w.Product))
		made.OwnerID = access.UserPath(user)
		if made.DisplayName == "" {
			made.DisplayName = p.DisplayName
		}
		return a.begin(ctx, p, &made, nil, "-")
	})
	return made, err
}

// notDelegated refuses where another site subscribes people.
func (a *Accounts) notDelegated(ctx context.Context) error {
	d, err := a.DelegationSettings(ctx)
	if err == nil && d.Subscriptions.Enabled {
		err = fault.New(fault.NotAllowed, "Subscriptions are made at another site, to which the portal sends people: POST /developer/delegation/urls/users/{userId}/Subscribe says where.")
	}
	return err
}

// offered gives a product that a developer can subscribe to.
func (a *Accounts) offered(ctx context.Context, user, product string) (*catalog.Product, error) {
	sight, err := access.See(ctx, a.records, user)
	if err != nil {
		return nil, err
	}
	if !sight.Product(product) {
		return nil, catalog.Incorrect().With(catalog.CodeValidation, "scope", "There is no product %s.", product)
	}
	p, _, err := record.Get[catalog.Product](ctx, a.records, catalog.ProductPath(product))
	if err == nil && p.Open() {
		err = catalog.Incorrect().With(catalog.CodeValidation, "scope", "The product %s is open: its APIs need no subscription.", p.DisplayName)
	}
	return &p, err
}

// begin plans a subscription that begins, or begins again: what it waits for, and who is told.
func (a *Accounts) begin(ctx context.Context, p *catalog.Product, s, old *access.Subscription, match string) ([]record.Change, error) {
	s.State = access.Active
	if p.ApprovalRequired != nil && *p.ApprovalRequired {
		s.State = access.Submitted
	}
	if err := access.CheckSubscription(ctx, a.records, a.Keys, s, old); err != nil {
		return nil, err
	}
	if s.State == access.Submitted {
		s.StartDate = nil // of an earlier time
	}
	told, err := a.events().Subscription(ctx, nil, s)
	return append([]record.Change{access.StoreSubscription(a.Keys, *s, match)}, told...), err
}

// changeSubscription plans and applies a change of a developer's subscription and gives what became of it.
func (a *Accounts) changeSubscription(ctx context.Context, user, id string, edit func(s *access.Subscription) error) (access.Subscription, error) {
	var changed access.Subscription
	_, err := a.Editor.Edit(ctx, func() ([]record.Change, error) {
		old, rec, err := a.Subscription(ctx, user, id)
		if err != nil {
			return nil, err
		}
		changed = old
		if err := edit(&changed); err != nil {
			return nil, err
		}
		if err := access.CheckSubscription(ctx, a.records, a.Keys, &changed, &old); err != nil {
			return nil, err
		}
		return []record.Change{access.StoreSubscription(a.Keys, changed, rec.ETag)}, nil
	})
	return changed, err
}

// RenameSubscription gives a subscription another display name.
func (a *Accounts) RenameSubscription(ctx context.Context, user, id, name string) (access.Subscription, error) {
	return a.changeSubscription(ctx, user, id, func(s *access.Subscription) error {
		s.DisplayName = strings.TrimSpace(name)
		return nil
	})
}

// Cancel ends a subscription: its keys let no call through any more.
func (a *Accounts) Cancel(ctx context.Context, user, id string) (access.Subscription, error) {
	if err := a.notDelegated(ctx); err != nil {
		return access.Subscription{}, err
	}
	return a.changeSubscription(ctx, user, id, func(s *access.Subscription) error {
		switch s.State {
		case access.Active, access.Submitted, access.Suspended, access.Cancelled:
			s.State = access.Cancelled
			return nil
		}
		return fault.New(fault.Conflict, "The subscription is %s: there is nothing to cancel.", s.State)
	})
}

// Renew begins a subscription again that was cancelled or has expired, with the
// keys it had. It waits for approval as a new one does.
func (a *Accounts) Renew(ctx context.Context, user, id string) (access.Subscription, error) {
	if err := a.notDelegated(ctx); err != nil {
		return access.Subscription{}, err
	}
	var renewed access.Subscription
	_, err := a.Editor.Edit(ctx, func() ([]record.Change, error) {
		old, rec, err := a.Subscription(ctx, user, id)
		if err != nil {
			return nil, err
		}
		if old.State != access.Cancelled && old.State != access.Expired {
			return nil, fault.New(fault.Conflict, "The subscription is %s: only one that was cancelled or has expired is renewed.", old.State)
		}
		p, err := a.offered(ctx, user, old.ScopeProduct())
		if err != nil {
			return nil, err
		}
		renewed = old
		now := time.Now().UTC().Truncate(time.Second)
		renewed.StartDate, renewed.EndDate, renewed.ExpirationDate = &now, nil, nil
		return a.begin(ctx, p, &renewed, &old, rec.ETag)
	})
	return renewed, err
}

// Regenerate draws another key: the secondary one, or the primary one.
func (a *Accounts) Regenerate(ctx context.Context, user, id string, secondary bool) error {
	_, err := a.changeSubscription(ctx, user, id, func(s *access.Subscription) error {
		if secondary {
			s.SecondaryKey = secret.ID()
		} else {
			s.PrimaryKey = secret.ID()
		}
		return nil
	})
	return err
}
