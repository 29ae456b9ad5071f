package developer

import (
	"net/http"
	"time"

	"portico/internal/access"
	"portico/internal/account"
	"portico/internal/rest"
)

// applicationRoutes are the gallery, and what a developer does with his applications.
func (a *api) applicationRoutes() []rest.Route {
	const all = "/users/{userId}/applications"
	const one = all + "/{applicationId}"
	return []rest.Route{
		anyone(http.MethodGet, "/applications", a.gallery),
		own(http.MethodGet, all, a.listApplications),
		own(http.MethodPost, all, a.putApplication),
		own(http.MethodGet, one, a.getApplication),
		own(http.MethodPut, one, a.putApplication),
		own(http.MethodDelete, one, a.deleteApplication),
		own(http.MethodPost, one+"/submit", a.submitApplication),
	}
}

// galleryView is an application as everybody sees it.
type galleryView struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	URL         string    `json:"url,omitempty"`
	CreatedDate time.Time `json:"createdDate"`
}

var applicationFields = textFields([]string{"properties"}, "id", "name", "description", "state")

// gallery answers with the applications that the publishers show to everybody.
func (a *api) gallery(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	if _, err := a.sight(r, who); err != nil {
		return err
	}
	found, err := a.Accounts.ListApplications(r.Context(), func(n account.Named) bool { return n.State == account.InGallery })
	if err != nil {
		return err
	}
	views := make([]galleryView, len(found))
	for i, n := range found {
		views[i] = galleryView{n.ID, n.Name, n.Description, n.URL, n.CreatedDate}
	}
	return list(w, r, applicationFields, views)
}

func (a *api) listApplications(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	id, err := self(r, who)
	if err != nil {
		return err
	}
	own, err := a.Accounts.OwnApplications(r.Context(), id)
	if err != nil {
		return err
	}
	return list(w, r, applicationFields, own)
}

func (a *api) getApplication(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	id, err := self(r, who)
	if err != nil {
		return err
	}
	found, _, err := a.Accounts.OwnApplication(r.Context(), id, r.PathValue("applicationId"))
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, found)
}

// putApplication answers POST, which makes one, and PUT with {"name",
// "description", "url", "callbackUrl", "subscriptions": [id]}.
func (a *api) putApplication(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	id, err := self(r, who)
	if err != nil {
		return err
	}
	var in account.Application
	if err := body(r, &in); err != nil {
		return err
	}
	stored, err := a.Accounts.PutApplication(r.Context(), id, r.PathValue("applicationId"), in)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if r.Method == http.MethodPost {
		status = http.StatusCreated
	}
	return rest.WriteJSON(w, status, stored)
}

func (a *api) deleteApplication(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	id, err := self(r, who)
	if err != nil {
		return err
	}
	return noContent(w, a.Accounts.DeleteApplication(r.Context(), id, r.PathValue("applicationId")))
}

func (a *api) submitApplication(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	id, err := self(r, who)
	if err != nil {
		return err
	}
	p, err := a.Accounts.SubmitApplication(r.Context(), id, r.PathValue("applicationId"))
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, p)
}
