package console

import (
	"net/http"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/record"
	"portico/internal/rest"
)

// sessionView is what a page needs to know of the one who is signed in, and of
// the instance, before it can show anything.
type sessionView struct {
	Name        string              `json:"name"`
	Roles       []access.Role       `json:"roles"`
	Permissions []access.Permission `json:"permissions"`
	ServiceID   string              `json:"serviceId"`
	WorkspaceID string              `json:"workspaceId"`
	Instance    instanceView        `json:"instance"`
	URLs        map[string]string   `json:"urls"` // by listener
}

type instanceView struct {
	Name         string `json:"name"`
	Organization string `json:"organization"`
	Email        string `json:"email"`
	Region       string `json:"region"`
}

// getSession answers GET /session: who is signed in, what they may do, and where
// everything is.
func (c *console) getSession(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	s, _, err := record.Get[catalog.Service](r.Context(), c.Records, catalog.ServicePath)
	if err != nil {
		return err
	}
	v := sessionView{
		Name: who.Name, Roles: who.Roles, Permissions: access.PermissionsOf(who), ServiceID: c.ServiceID, WorkspaceID: c.WorkspaceID,
		Instance: instanceView{s.Name, s.PublisherName, s.PublisherEmail, s.Location}, URLs: map[string]string{},
	}
	for _, l := range c.Listeners {
		v.URLs[strings.ToLower(l.Name)] = l.URL
	}
	w.Header().Set("Cache-Control", "no-store")
	return rest.WriteJSON(w, http.StatusOK, v)
}

// openSession answers POST /session with {"name", "password"}: it signs in as
// the form does, for a page whose session ended while somebody was writing.
func (c *console) openSession(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	if err := c.Authenticator.SameOrigin(r); err != nil {
		return err
	}
	var body struct {
		Name     string `json:"name"`
		Password string `json:"password"`
	}
	if err := rest.DecodeJSON(r, &body); err != nil {
		return err
	}
	if err := c.enter(w, r, strings.TrimSpace(body.Name), body.Password); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// leaveSession answers DELETE /session.
func (c *console) leaveSession(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	if err := c.Authenticator.SameOrigin(r); err != nil {
		return err
	}
	if err := c.Authenticator.Sessions.End(w, r); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
