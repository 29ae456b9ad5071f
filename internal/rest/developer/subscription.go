package developer

import (
	"context"
	"net/http"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/account"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/rest"
	"portico/internal/secret"
)

// subscriptionRoutes are what a developer does with his subscriptions.
func (a *api) subscriptionRoutes() []rest.Route {
	const all = "/users/{userId}/subscriptions"
	const one = all + "/{sid}"
	return []rest.Route{
		own(http.MethodGet, all, a.listSubscriptions),
		own(http.MethodPost, all, a.subscribe),
		own(http.MethodGet, one, a.getSubscription),
		own(http.MethodPut, one, a.subscribe),
		own(http.MethodPatch, one, a.changeSubscription),
		own(http.MethodPost, one+"/cancel", a.onSubscription(a.Accounts.Cancel)),
		own(http.MethodPost, one+"/renew", a.onSubscription(a.Accounts.Renew)),
		own(http.MethodPost, one+"/listSecrets", a.listSecrets),
		own(http.MethodPost, one+"/regeneratePrimaryKey", a.regenerate(false)),
		own(http.MethodPost, one+"/regenerateSecondaryKey", a.regenerate(true)),
	}
}

// subscriptionView is a subscription without its keys.
type subscriptionView struct {
	ID               string       `json:"id"`
	Name             string       `json:"name"` // the display name
	DisplayName      string       `json:"displayName"`
	Scope            string       `json:"scope"`
	ProductID        string       `json:"productId,omitempty"`
	State            access.State `json:"state"`
	CreatedDate      time.Time    `json:"createdDate"`
	StartDate        *time.Time   `json:"startDate,omitempty"`
	ExpirationDate   *time.Time   `json:"expirationDate,omitempty"`
	EndDate          *time.Time   `json:"endDate,omitempty"`
	NotificationDate *time.Time   `json:"notificationDate,omitempty"`
	StateComment     string       `json:"stateComment,omitempty"`
	OwnerID          string       `json:"ownerId"`
}

func viewSubscription(s access.Subscription) subscriptionView {
	return subscriptionView{s.ID, s.DisplayName, s.DisplayName, s.Scope, s.ScopeProduct(), s.State, s.CreatedDate, s.StartDate, s.ExpirationDate, s.EndDate, s.NotificationDate, s.StateComment, s.OwnerID}
}

func viewGroup(r record.Record) (tagView, error) {
	g, err := decoded[catalog.Group](r)
	return tagView{record.Name(r.Path), g.DisplayName}, err
}

func (a *api) listSubscriptions(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	id, err := self(r, who)
	if err != nil {
		return err
	}
	subscriptions, err := a.Accounts.Subscriptions(r.Context(), id)
	if err != nil {
		return err
	}
	views := make([]subscriptionView, len(subscriptions))
	for i, s := range subscriptions {
		views[i] = viewSubscription(s)
	}
	return list(w, r, textFields([]string{"properties"}, "id", "name", "displayName", "scope", "productId", "state"), views)
}

func (a *api) getSubscription(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	id, err := self(r, who)
	if err != nil {
		return err
	}
	s, _, err := a.Accounts.Subscription(r.Context(), id, r.PathValue("sid"))
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, viewSubscription(s))
}

// subscribe answers PUT with an id of the caller's choice, or POST, with
// {"scope": "/products/{id}", "name", "termsAccepted"}.
func (a *api) subscribe(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	id, err := self(r, who)
	if err != nil {
		return err
	}
	var in struct {
		Scope, ProductID, Name, DisplayName string
		TermsAccepted                       bool
	}
	if err := body(r, &in); err != nil {
		return err
	}
	product := in.ProductID
	if scope := strings.Trim(in.Scope, "/"); scope != "" {
		var ok bool
		if product, ok = strings.CutPrefix(scope, "products/"); !ok {
			return catalog.Incorrect().With(catalog.CodeValidation, "scope", "Developers subscribe to products: the scope is /products/{productId}.")
		}
	}
	if err := required("scope", product); err != nil {
		return err
	}
	wish := account.Wish{ID: r.PathValue("sid"), Name: in.Name, Product: product, TermsAccepted: in.TermsAccepted}
	if wish.ID == "" {
		wish.ID = secret.ID()
	}
	if wish.Name == "" {
		wish.Name = in.DisplayName
	}
	s, err := a.Accounts.Subscribe(r.Context(), id, wish)
	if fault.Is(err, fault.Conflict) && r.Method == http.MethodPut {
		return fault.New(fault.Conflict, "The id %s is taken: choose another, or POST to have one drawn.", wish.ID)
	}
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusCreated, viewSubscription(s))
}

// changeSubscription answers PATCH with {"name"}, or {"state": "cancelled"}.
func (a *api) changeSubscription(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	id, err := self(r, who)
	if err != nil {
		return err
	}
	var in struct{ Name, DisplayName, State string }
	if err := body(r, &in); err != nil {
		return err
	}
	if in.Name == "" {
		in.Name = in.DisplayName
	}
	sid := r.PathValue("sid")
	if in.State != "" && !strings.EqualFold(in.State, string(access.Cancelled)) {
		return catalog.Incorrect().With(catalog.CodeValidation, "state", "A developer can cancel a subscription: the state is %s.", access.Cancelled)
	}
	if in.Name != "" {
		if _, err := a.Accounts.RenameSubscription(r.Context(), id, sid, in.Name); err != nil {
			return err
		}
	}
	if in.State != "" {
		if _, err := a.Accounts.Cancel(r.Context(), id, sid); err != nil {
			return err
		}
	}
	return a.getSubscription(w, r, who)
}

// subscriptionAction is something that a developer does with a subscription.
type subscriptionAction func(ctx context.Context, user, id string) (access.Subscription, error)

// onSubscription answers with what an action made of a subscription.
func (a *api) onSubscription(act subscriptionAction) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, who access.Principal) error {
		id, err := self(r, who)
		if err != nil {
			return err
		}
		s, err := act(r.Context(), id, r.PathValue("sid"))
		if err != nil {
			return err
		}
		return rest.WriteJSON(w, http.StatusOK, viewSubscription(s))
	}
}

func (a *api) listSecrets(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	id, err := self(r, who)
	if err != nil {
		return err
	}
	s, _, err := a.Accounts.Subscription(r.Context(), id, r.PathValue("sid"))
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return rest.WriteJSON(w, http.StatusOK, struct {
		Primary   string `json:"primaryKey"`
		Secondary string `json:"secondaryKey"`
	}{s.PrimaryKey, s.SecondaryKey})
}

func (a *api) regenerate(secondary bool) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, who access.Principal) error {
		id, err := self(r, who)
		if err != nil {
			return err
		}
		return noContent(w, a.Accounts.Regenerate(r.Context(), id, r.PathValue("sid"), secondary))
	}
}
