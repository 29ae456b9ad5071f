package arm

import (
	"net/http"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/record"
	"portico/internal/rest"
	"portico/internal/rest/odata"
	"portico/internal/secret"
)

func subscriptionResource() *resource {
	fields := texts("displayName", "stateComment", "ownerId", "scope", "state", "productId", "userId")
	fields["allowTracing"] = odata.Bool
	for _, date := range []string{"createdDate", "startDate", "endDate", "expirationDate", "notificationDate"} {
		fields[date] = odata.Time
	}
	return &resource{
		pattern: "/subscriptions/{sid}", noun: "Subscription", maxName: catalog.MaxName,
		fields: fields, derive: deriveNames, view: viewSubscription, write: writeSubscription,
		remove: func(e *edit) ([]record.Change, error) { return nil, access.MayDeleteSubscription(e.name) },
	}
}

// deriveNames gives filters the names of the product and of the user in a subscription's ids.
func deriveNames(properties map[string]any) {
	scope, _ := properties["scope"].(string)
	if name := record.NameIn(scope, "products"); name != "" {
		properties["productId"] = name
	}
	owner, _ := properties["ownerId"].(string)
	if name := record.NameIn(owner, "users"); name != "" {
		properties["userId"] = name
	}
}

// viewSubscription shows all but the keys; ids are whole.
func viewSubscription(a *api, _ *http.Request, rec record.Record) (any, error) {
	s, err := access.LoadSubscription(a.Keys, rec)
	if err != nil {
		return nil, err
	}
	s.Scope = a.serviceID + s.Scope
	if s.OwnerID != "" {
		s.OwnerID = a.serviceID + s.OwnerID
	}
	return s, nil
}

func writeSubscription(e *edit) (record.Change, error) {
	var p struct {
		access.Subscription
		PrimaryKey   string `json:"primaryKey"`
		SecondaryKey string `json:"secondaryKey"`
	}
	if err := e.decode(&p); err != nil {
		return record.Change{}, err
	}
	s := p.Subscription
	s.ID, s.PrimaryKey, s.SecondaryKey = e.name, p.PrimaryKey, p.SecondaryKey
	s.Scope, s.OwnerID = e.relative(s.Scope), e.relative(s.OwnerID)
	var old *access.Subscription
	if e.current != nil {
		stored, err := access.LoadSubscription(e.Keys, *e.current)
		if err != nil {
			return record.Change{}, err
		}
		old = &stored
	}
	if err := access.CheckSubscription(e.ctx, e.records, e.Keys, &s, old); err != nil {
		return record.Change{}, err
	}
	if isTrue(e.query, "notify") {
		if err := e.tell(e.events().Subscription(e.ctx, old, &s)); err != nil {
			return record.Change{}, err
		}
	}
	return access.StoreSubscription(e.Keys, s, ""), nil
}

// subscriptionActions are the routes of a subscription's keys.
func (a *api) subscriptionActions() []rest.Route {
	res := a.kinds["subscriptions"]
	regenerate := func(key func(*access.Subscription) *string) rest.Handler { return a.regenerate(res, key) }
	return []rest.Route{
		a.route(http.MethodPost, res.pattern+"/listSecrets", access.ReadCatalogKeys, a.listSecrets(res)),
		a.route(http.MethodPost, res.pattern+"/regeneratePrimaryKey", access.WriteCatalog,
			regenerate(func(s *access.Subscription) *string { return &s.PrimaryKey })),
		a.route(http.MethodPost, res.pattern+"/regenerateSecondaryKey", access.WriteCatalog,
			regenerate(func(s *access.Subscription) *string { return &s.SecondaryKey })),
	}
}

func (a *api) listSecrets(res *resource) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
		rec, err := a.lookUp(r.Context(), recordPath(res.pattern, r), res.noun)
		if err != nil {
			return err
		}
		s, err := access.LoadSubscription(a.Keys, rec)
		if err != nil {
			return err
		}
		w.Header().Set("ETag", quote(rec.ETag))
		w.Header().Set("Cache-Control", "no-store")
		return rest.WriteJSON(w, http.StatusOK, struct {
			Primary   string `json:"primaryKey"`
			Secondary string `json:"secondaryKey"`
		}{s.PrimaryKey, s.SecondaryKey})
	}
}

func (a *api) regenerate(res *resource, key func(*access.Subscription) *string) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
		_, err := a.Editor.Edit(r.Context(), func() ([]record.Change, error) {
			rec, err := a.lookUp(r.Context(), recordPath(res.pattern, r), res.noun)
			if err != nil {
				return nil, err
			}
			s, err := access.LoadSubscription(a.Keys, rec)
			if err != nil {
				return nil, err
			}
			*key(&s) = secret.ID()
			return []record.Change{access.StoreSubscription(a.Keys, s, rec.ETag)}, nil
		})
		if err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
}
