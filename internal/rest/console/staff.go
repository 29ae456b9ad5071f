package console

import (
	"net/http"
	"net/url"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/rest"
)

// staffRoutes are the API of the staff's members.
func (c *console) staffRoutes() []rest.Route {
	const member = "/staff/{name}"
	row := func(method, pattern string, h rest.Handler) rest.Route {
		return rest.Route{Method: method, Pattern: pattern, Permission: access.AdministerPeople, Handle: h}
	}
	return []rest.Route{
		row(http.MethodGet, "/staff", c.listStaff),
		row(http.MethodPut, member, c.putMember),
		row(http.MethodDelete, member, c.removeMember),
		row(http.MethodPost, member+"/setupLink", c.setupLink),
		row(http.MethodGet, member+"/sessions", c.memberSessions),
		row(http.MethodDelete, member+"/sessions", c.endMemberSessions),
		row(http.MethodDelete, member+"/sessions/{id}", c.endMemberSession),
	}
}

// listStaff answers GET /staff: {"value": [{"name", "roles", "hasPassword", "identities", "invited"}]}.
func (c *console) listStaff(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	members, err := c.Authenticator.Staff.Members(r.Context())
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, struct {
		Value []access.Member `json:"value"`
	}{members})
}

// putMember answers PUT /staff/{name} with {"roles"}. A new member's answer has
// the link with which the password is set, as "setupUrl", this once.
func (c *console) putMember(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	var body struct {
		Roles []access.Role `json:"roles"`
	}
	if err := rest.DecodeJSON(r, &body); err != nil {
		return err
	}
	name := r.PathValue("name")
	err := c.Authenticator.Staff.SetRoles(r.Context(), name, body.Roles)
	if !fault.Is(err, fault.NotFound) {
		if err == nil {
			err = c.writeMember(w, r, http.StatusOK, name, "")
		}
		return err
	}
	code, err := c.Authenticator.Staff.Add(r.Context(), name, body.Roles)
	if err != nil {
		return err
	}
	return c.writeMember(w, r, http.StatusCreated, name, setupURL(r, code))
}

func (c *console) writeMember(w http.ResponseWriter, r *http.Request, status int, name, setup string) error {
	who, err := c.Authenticator.Staff.Principal(r.Context(), name)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return rest.WriteJSON(w, status, struct {
		Name     string        `json:"name"`
		Roles    []access.Role `json:"roles"`
		SetupURL string        `json:"setupUrl,omitempty"`
	}{name, who.Roles, setup})
}

// setupURL is the one-time link on the address that the request came to.
func setupURL(r *http.Request, code string) string {
	link := url.URL{Scheme: "http", Host: r.Host, Path: "/setup", RawQuery: url.Values{"code": {code}}.Encode()}
	if r.TLS != nil {
		link.Scheme = "https"
	}
	return link.String()
}

// removeMember answers DELETE /staff/{name}.
func (c *console) removeMember(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	if err := c.Authenticator.Staff.Remove(r.Context(), r.PathValue("name")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// setupLink answers POST /staff/{name}/setupLink with a new link for a password: {"setupUrl"}.
func (c *console) setupLink(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	name := r.PathValue("name")
	if _, err := c.Authenticator.Staff.Principal(r.Context(), name); err != nil {
		return err
	}
	code, err := c.Authenticator.Staff.SetupCode(r.Context(), name)
	if err != nil {
		return err
	}
	return c.writeMember(w, r, http.StatusOK, name, setupURL(r, code))
}

// memberSessions answers GET /staff/{name}/sessions: {"value": [{"id", "started", "seen", "address", "browser", "current"}]}.
func (c *console) memberSessions(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	sessions, err := c.Authenticator.Sessions.List(r, r.PathValue("name"))
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, struct {
		Value []access.Session `json:"value"`
	}{sessions})
}

// endMemberSessions answers DELETE /staff/{name}/sessions: it signs the member out everywhere.
func (c *console) endMemberSessions(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	changes, err := c.Authenticator.Sessions.Ending(r.Context(), r.PathValue("name"))
	if err == nil && len(changes) > 0 {
		_, err = c.Records.Apply(r.Context(), changes...)
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// endMemberSession answers DELETE /staff/{name}/sessions/{id}.
func (c *console) endMemberSession(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	if err := c.Authenticator.Sessions.Revoke(r.Context(), r.PathValue("name"), r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
