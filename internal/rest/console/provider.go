package console

import (
	"net/http"
	"net/url"
	"strings"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/openid"
	"portico/internal/rest"
)

// providers are those with whom the staff sign in.
func (c *console) providers(r *http.Request) ([]openid.Provider, error) {
	return openid.Providers(r.Context(), c.Records, c.Keys, access.SignInStaff)
}

// provider gives the provider that the path names, and where it sends the browser back to.
func (c *console) provider(r *http.Request) (openid.Provider, string, error) {
	all, err := c.providers(r)
	if err != nil {
		return openid.Provider{}, "", err
	}
	for _, p := range all {
		if strings.EqualFold(p.Name, r.PathValue("provider")) {
			return p, c.URL + "/signin/" + url.PathEscape(p.Name) + "/callback", nil
		}
	}
	return openid.Provider{}, "", fault.New(fault.NotFound, "Nobody signs in with %s here.", r.PathValue("provider"))
}

func (c *console) beginSignIn(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	p, back, err := c.provider(r)
	if err != nil {
		return err
	}
	return c.Flow.Begin(w, r, p, back, rest.LocalPath(r.URL.Query().Get("next")))
}

// finishSignIn takes a provider's answer, and starts the session of the member
// of staff whom it vouches for.
func (c *console) finishSignIn(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	p, back, err := c.provider(r)
	if err != nil {
		return err
	}
	claims, next, err := c.Flow.Finish(w, r, p, back)
	if err != nil {
		return err
	}
	email := ""
	if claims.EmailVerified {
		email = claims.Email
	}
	name, err := c.Authenticator.Staff.SignInAs(r.Context(), access.Identity{Provider: p.Name, ID: claims.Subject}, email)
	if err != nil {
		c.Log.WarnContext(r.Context(), "sign-in at a provider refused", "provider", p.Name, "client", access.Client(r))
		return err
	}
	if err := c.Authenticator.Sessions.Start(w, r, name); err != nil {
		return err
	}
	c.Log.InfoContext(r.Context(), "signed in", "staff", name, "provider", p.Name, "client", access.Client(r))
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}
