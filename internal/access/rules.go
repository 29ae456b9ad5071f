package access

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/secret"
)

const (
	maxSubscriptionName = 100 // characters
	maxKey              = 256
)

// States lists the states of a subscription.
func States() []State {
	return []State{Active, Cancelled, Expired, Rejected, Submitted, Suspended}
}

// CheckSubscription completes a subscription and checks it against the rules
// (apim.md 1.5): its scope and owner exist, its keys are its own. old is the one
// that it replaces, or nil; keys that s leaves out are kept, or drawn.
func CheckSubscription(ctx context.Context, records record.Store, k *secret.Keeper, s, old *Subscription) error {
	bad := catalog.Incorrect()
	if n := utf8.RuneCountInString(s.DisplayName); n < 1 || n > maxSubscriptionName {
		bad.With(catalog.CodeValidation, "displayName", "displayName must be 1 to %d characters long and has %d.", maxSubscriptionName, n)
	}
	s.checkState(bad, old)
	for _, check := range []func(context.Context, record.Store, *fault.Error) error{s.checkScope, s.checkOwner} {
		if err := check(ctx, records, bad); err != nil {
			return err
		}
	}
	if old != nil && strings.EqualFold(old.ID, MasterSubscription) && !strings.EqualFold(s.Scope, old.Scope) {
		bad.With(catalog.CodeValidation, "scope", "The built-in subscription %s is for all APIs and stays so.", MasterSubscription)
	}
	s.completeKeys(old)
	if err := s.checkKeys(ctx, records, k, bad); err != nil {
		return err
	}
	if err := s.checkLimit(ctx, records, k, bad); err != nil {
		return err
	}
	return bad.OrNil()
}

// checkState sets the state and the dates that go with it.
func (s *Subscription) checkState(bad *fault.Error, old *Subscription) {
	now := time.Now().UTC().Truncate(time.Second)
	s.CreatedDate = now
	if old != nil {
		s.CreatedDate = old.CreatedDate
		if s.State == "" {
			s.State = old.State
		}
		if s.StartDate == nil {
			s.StartDate = old.StartDate
		}
	}
	if s.State == "" {
		s.State = Submitted
	}
	known := false
	for _, state := range States() {
		if strings.EqualFold(string(state), string(s.State)) {
			s.State, known = state, true
		}
	}
	switch {
	case !known:
		bad.With(catalog.CodeValidation, "state", "%q is not a state; the states are %v.", s.State, States())
	case s.State == Active && s.StartDate == nil:
		s.StartDate = &now
	case (s.State == Cancelled || s.State == Expired) && s.EndDate == nil:
		s.EndDate = &now
	}
	if s.State == Active || s.State == Submitted {
		s.EndDate = nil
	}
}

// checkScope makes the scope that of the record that it names.
func (s *Subscription) checkScope(ctx context.Context, records record.Store, bad *fault.Error) error {
	s.Scope = strings.TrimSuffix(s.Scope, "/")
	if !strings.HasPrefix(s.Scope, "/") {
		s.Scope = "/" + s.Scope
	}
	if s.AllAPIs() {
		s.Scope = catalog.APIs
		return nil
	}
	kind, name := record.Kind(s.Scope), record.Name(s.Scope)
	if kind != "products" && kind != "apis" || strings.Count(s.Scope, "/") != 2 || name == "" {
		bad.With(catalog.CodeValidation, "scope", "%q is not a scope: use /products/{productId}, /apis/{apiId} or /apis.", s.Scope)
		return nil
	}
	rec, err := records.Get(ctx, s.Scope)
	if fault.Is(err, fault.NotFound) {
		bad.With(catalog.CodeValidation, "scope", "The scope %s names nothing that exists.", s.Scope)
		return nil
	}
	if err != nil {
		return err
	}
	s.Scope = rec.Path
	return nil
}

func (s *Subscription) checkOwner(ctx context.Context, records record.Store, bad *fault.Error) error {
	if s.OwnerID == "" {
		return nil
	}
	if !strings.HasPrefix(s.OwnerID, "/") {
		s.OwnerID = "/" + s.OwnerID
	}
	if record.Kind(s.OwnerID) == "users" && strings.Count(s.OwnerID, "/") == 2 {
		rec, err := records.Get(ctx, s.OwnerID)
		if err == nil {
			s.OwnerID = rec.Path
			return nil
		}
		if !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	bad.With(catalog.CodeValidation, "ownerId", "The owner %s is not a user: use /users/{userId}, or leave it out.", s.OwnerID)
	return nil
}

func (s *Subscription) completeKeys(old *Subscription) {
	if old != nil && s.PrimaryKey == "" {
		s.PrimaryKey = old.PrimaryKey
	}
	if old != nil && s.SecondaryKey == "" {
		s.SecondaryKey = old.SecondaryKey
	}
	if s.PrimaryKey == "" {
		s.PrimaryKey = secret.ID()
	}
	if s.SecondaryKey == "" {
		s.SecondaryKey = secret.ID()
	}
}

// checkKeys checks that both keys can travel in a header and a query, and that
// no other subscription has them: a key must lead to one subscription.
func (s *Subscription) checkKeys(ctx context.Context, records record.Store, k *secret.Keeper, bad *fault.Error) error {
	keys := []struct{ target, key string }{{"primaryKey", s.PrimaryKey}, {"secondaryKey", s.SecondaryKey}}
	for _, own := range keys {
		if len(own.key) > maxKey || strings.ContainsFunc(own.key, func(r rune) bool { return r <= ' ' || r > '~' }) {
			bad.With(catalog.CodeValidation, own.target, "A key has 1 to %d letters, digits and other printable ASCII characters, without spaces.", maxKey)
		}
	}
	if s.PrimaryKey == s.SecondaryKey {
		bad.With(catalog.CodeValidation, "secondaryKey", "The two keys of a subscription must differ, so that one can be replaced while the other is in use.")
	}
	others, err := ListSubscriptions(ctx, records, k)
	if err != nil {
		return err
	}
	for _, o := range others {
		if strings.EqualFold(o.ID, s.ID) {
			continue
		}
		for _, own := range keys {
			if own.key == o.PrimaryKey || own.key == o.SecondaryKey {
				bad.With(catalog.CodeValidation, own.target, "The key belongs to another subscription: choose another, or leave it out to have one drawn.")
			}
		}
	}
	return nil
}

// checkLimit holds the product's limit of subscriptions of one owner at a time.
func (s *Subscription) checkLimit(ctx context.Context, records record.Store, k *secret.Keeper, bad *fault.Error) error {
	if s.OwnerID == "" || s.ScopeProduct() == "" || s.State != Active && s.State != Submitted {
		return nil
	}
	p, _, err := record.Get[catalog.Product](ctx, records, s.Scope)
	if fault.Is(err, fault.NotFound) || err == nil && p.SubscriptionsLimit == nil {
		return nil
	}
	if err != nil {
		return err
	}
	all, err := ListSubscriptions(ctx, records, k)
	if err != nil {
		return err
	}
	var others int32
	for _, o := range all {
		if strings.EqualFold(o.OwnerID, s.OwnerID) && strings.EqualFold(o.Scope, s.Scope) && (o.State == Active || o.State == Submitted) && !strings.EqualFold(o.ID, s.ID) {
			others++
		}
	}
	if others >= *p.SubscriptionsLimit {
		bad.With(catalog.CodeValidation, "ownerId", "The user has %d subscriptions to the product %s, and its limit is %d.", others, p.DisplayName, *p.SubscriptionsLimit)
	}
	return nil
}

// ListSubscriptions gives all subscriptions with their keys open, in the order in which they were made.
func ListSubscriptions(ctx context.Context, records record.Store, k *secret.Keeper) ([]Subscription, error) {
	recs, err := records.List(ctx, Subscriptions)
	if err != nil {
		return nil, err
	}
	all := make([]Subscription, len(recs))
	for i, r := range recs {
		if all[i], err = LoadSubscription(k, r); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// ScopedTo gives the records of the subscriptions whose scope is one product or one API.
func ScopedTo(ctx context.Context, records record.Store, k *secret.Keeper, scope string) ([]record.Record, error) {
	recs, err := records.List(ctx, Subscriptions)
	if err != nil {
		return nil, err
	}
	var scoped []record.Record
	for _, r := range recs {
		s, err := LoadSubscription(k, r)
		if err != nil {
			return nil, err
		}
		if strings.EqualFold(s.Scope, scope) {
			scoped = append(scoped, r)
		}
	}
	return scoped, nil
}

// MayDeleteSubscription returns fault.NotAllowed for the built-in subscription.
func MayDeleteSubscription(id string) error {
	if strings.EqualFold(id, MasterSubscription) {
		return fault.New(fault.NotAllowed, "The subscription %s is built in and cannot be deleted. To stop its use, set its state to suspended, or regenerate its keys.", MasterSubscription)
	}
	return nil
}
