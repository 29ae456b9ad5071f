package developer

import (
	"net/http"
	"net/url"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/rest"
	"portico/internal/rest/report"
	"portico/internal/usage"
)

// accountRoutes are what a developer does with the account.
func (a *api) accountRoutes() []rest.Route {
	const user = "/users/{userId}"
	routes := []rest.Route{
		own(http.MethodGet, user, a.getUser),
		own(http.MethodPatch, user, a.changeUser),
		own(http.MethodDelete, user, a.closeAccount),
		own(http.MethodGet, user+"/groups", a.groups),
		own(http.MethodGet, user+"/identities", a.identities),
		own(http.MethodDelete, user+"/identities/{provider}", a.forgetIdentity),
		own(http.MethodGet, user+"/sessions", a.sessions),
		own(http.MethodDelete, user+"/sessions", a.endSessions),
		own(http.MethodDelete, user+"/sessions/{id}", a.endSession),
		own(http.MethodPost, "/delegation/urls/users/{userId}/{operation}", a.delegated),
		own(http.MethodGet, user+"/reports/byRequest", a.reportRequests),
	}
	for name, kind := range report.Kinds() {
		routes = append(routes, own(http.MethodGet, user+"/reports/"+name, func(w http.ResponseWriter, r *http.Request, who access.Principal) error {
			query, err := queryOf(r)
			if err != nil {
				return err
			}
			return a.reports(who).Write(w, r, query, kind)
		}))
	}
	return routes
}

// reports reads those of the caller's own calls.
func (a *api) reports(who access.Principal) report.Reader {
	return report.Reader{Source: a.Reports, Records: a.records, Relative: func(id string) string { return id }, Narrow: func(r *http.Request, q *usage.Query) error {
		id, err := self(r, who)
		q.Filter.User = id
		return err
	}}
}

func (a *api) reportRequests(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	query, err := queryOf(r)
	if err != nil {
		return err
	}
	return a.reports(who).WriteRequests(w, r, query)
}

// userView is a user as he sees himself: without the note that staff made.
type userView struct {
	ID               string            `json:"id"`
	Email            string            `json:"email"`
	FirstName        string            `json:"firstName"`
	LastName         string            `json:"lastName"`
	State            string            `json:"state"`
	RegistrationDate time.Time         `json:"registrationDate"`
	Identities       []access.Identity `json:"identities"`
	HasPassword      bool              `json:"hasPassword"`
}

func (a *api) writeUser(w http.ResponseWriter, r *http.Request, name string) error {
	u, err := a.Accounts.User(r.Context(), name)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return rest.WriteJSON(w, http.StatusOK, userView{name, u.Email, u.FirstName, u.LastName, u.State, u.RegistrationDate, u.Identities, u.PasswordHash != ""})
}

func (a *api) getUser(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	id, err := self(r, who)
	if err != nil {
		return err
	}
	return a.writeUser(w, r, id)
}

// changeUser answers PATCH /users/{id} with any of {"firstName", "lastName"},
// {"email"} and {"password"}; the latter two want "currentPassword".
func (a *api) changeUser(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	id, err := self(r, who)
	if err != nil {
		return err
	}
	var in struct {
		FirstName, LastName, Email, Password string
		CurrentPassword                      string
	}
	if err := body(r, &in); err != nil {
		return err
	}
	if in.FirstName != "" || in.LastName != "" {
		if err := a.Accounts.Rename(r.Context(), id, in.FirstName, in.LastName); err != nil {
			return err
		}
	}
	if in.Email != "" {
		if err := a.Accounts.RequestEmail(r.Context(), id, in.CurrentPassword, in.Email, access.Client(r)); err != nil {
			return err
		}
	}
	if in.Password != "" {
		if err := a.Accounts.ChangePassword(r.Context(), id, in.CurrentPassword, in.Password, access.Client(r)); err != nil {
			return err
		}
		if r.Header.Get("Authorization") == "" { // all sessions ended; this browser goes on
			if err := a.Accounts.Sessions.Start(w, r, id); err != nil {
				return err
			}
		}
	}
	return a.writeUser(w, r, id)
}

// closeAccount answers DELETE /users/{id}; who has a password sends it as {"currentPassword"}.
func (a *api) closeAccount(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	id, err := self(r, who)
	if err != nil {
		return err
	}
	var in struct {
		CurrentPassword string `json:"currentPassword"`
	}
	if r.ContentLength != 0 {
		if err := rest.DecodeJSON(r, &in); err != nil {
			return err
		}
	}
	if err := a.Accounts.Close(r.Context(), id, in.CurrentPassword, access.Client(r)); err != nil {
		return err
	}
	return noContent(w, a.Accounts.Sessions.End(w, r))
}

func (a *api) groups(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	id, err := self(r, who)
	if err != nil {
		return err
	}
	recs, err := access.GroupsOf(r.Context(), a.records, id)
	if err != nil {
		return err
	}
	views, err := mapped(recs, viewGroup)
	if err != nil {
		return err
	}
	return list(w, r, textFields([]string{"properties"}, "id", "name"), views)
}

func (a *api) identities(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	id, err := self(r, who)
	if err != nil {
		return err
	}
	u, err := a.Accounts.User(r.Context(), id)
	if err != nil {
		return err
	}
	return list(w, r, textFields(nil, "provider", "id"), u.Identities)
}

func (a *api) forgetIdentity(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	id, err := self(r, who)
	if err != nil {
		return err
	}
	return noContent(w, a.Accounts.Forget(r.Context(), id, r.PathValue("provider")))
}

func (a *api) sessions(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	id, err := self(r, who)
	if err != nil {
		return err
	}
	sessions, err := a.Accounts.Sessions.List(r, id)
	if err != nil {
		return err
	}
	return list(w, r, textFields(nil, "id", "address"), sessions)
}

// endSessions signs the caller out everywhere, tokens too.
func (a *api) endSessions(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	id, err := self(r, who)
	if err != nil {
		return err
	}
	return noContent(w, a.Accounts.SignOutEverywhere(r.Context(), id))
}

func (a *api) endSession(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	id, err := self(r, who)
	if err != nil {
		return err
	}
	return noContent(w, a.Accounts.Sessions.Revoke(r.Context(), id, r.PathValue("id")))
}

// delegated answers with the address of the site that does an operation for the
// caller: {"redirectUrl"}. The body names what it is about.
func (a *api) delegated(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	id, err := self(r, who)
	if err != nil {
		return err
	}
	var in struct {
		ProductID      string `json:"productId"`
		SubscriptionID string `json:"subscriptionId"`
	}
	if r.ContentLength != 0 {
		if err := rest.DecodeJSON(r, &in); err != nil {
			return err
		}
	}
	parameters := url.Values{"userId": {id}}
	if in.ProductID != "" {
		sight, err := a.sight(r, who)
		if err != nil {
			return err
		}
		if !sight.Product(in.ProductID) {
			return catalog.Incorrect().With(catalog.CodeValidation, "productId", "There is no product %s.", in.ProductID)
		}
		parameters.Set("productId", in.ProductID)
	}
	if in.SubscriptionID != "" {
		if _, _, err := a.Accounts.Subscription(r.Context(), id, in.SubscriptionID); err != nil {
			return err
		}
		parameters.Set("subscriptionId", in.SubscriptionID)
	}
	operation := r.PathValue("operation")
	if operation == "SignIn" || operation == "SignUp" {
		return fault.New(fault.NotFound, "%q is for those who have not signed in: POST /developer/delegation/urls/signin.", operation)
	}
	to, err := a.Accounts.DelegatedURL(r.Context(), operation, parameters)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, struct {
		URL string `json:"redirectUrl"`
	}{to})
}
