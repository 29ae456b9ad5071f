package console

import (
	"cmp"
	"net/http"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/openid"
	"portico/internal/record"
	"portico/internal/rest"
)

type signInView struct {
	Name  string
	Next  string
	Error string
	// Providers are other ways in.
	Providers []openid.Provider
}

func (c *console) signInPage(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	providers, err := c.providers(r)
	if err != nil {
		return err
	}
	return c.pages.write(w, http.StatusOK, "signin", "Sign in", signInView{Next: rest.LocalPath(r.URL.Query().Get("next")), Providers: providers})
}

func (c *console) signIn(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	if err := c.readForm(r); err != nil {
		return err
	}
	v := signInView{Name: strings.TrimSpace(r.PostForm.Get("name")), Next: rest.LocalPath(r.PostForm.Get("next"))}
	err := c.enter(w, r, v.Name, r.PostForm.Get("password"))
	if f := fault.As(err); err != nil && (f.Kind == fault.Unauthorized || f.Kind == fault.Throttled) {
		v.Error = f.Message
		if v.Providers, err = c.providers(r); err != nil {
			return err
		}
		return c.pages.write(w, rest.Status(f.Kind), "signin", "Sign in", v)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, v.Next, http.StatusSeeOther)
	return nil
}

// enter checks a name and password and starts the session of who they are.
func (c *console) enter(w http.ResponseWriter, r *http.Request, name, password string) error {
	if _, err := c.Authenticator.Staff.SignIn(r.Context(), name, password, access.Client(r)); err != nil {
		c.Log.WarnContext(r.Context(), "sign-in refused", "client", access.Client(r), "reason", err) // not the name: people type passwords there
		return err
	}
	if err := c.Authenticator.Sessions.Start(w, r, name); err != nil {
		return err
	}
	c.Log.InfoContext(r.Context(), "signed in", "staff", name, "client", access.Client(r))
	return nil
}

func (c *console) signOut(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	if err := c.Authenticator.SameOrigin(r); err != nil {
		return err
	}
	if err := c.Authenticator.Sessions.End(w, r); err != nil {
		return err
	}
	http.Redirect(w, r, "/signin", http.StatusSeeOther)
	return nil
}

type setupView struct {
	Code, Name                  string
	Instance                    bool // whose fields the form has too
	Organization, Email, Region string
	Error                       string
}

func (c *console) setupPage(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	code := r.URL.Query().Get("code")
	who, err := c.Authenticator.Staff.FindSetupCode(r.Context(), code, access.Client(r))
	if err != nil {
		return err
	}
	s, _, err := record.Get[catalog.Service](r.Context(), c.Records, catalog.ServicePath)
	if err != nil {
		return err
	}
	return c.pages.write(w, http.StatusOK, "setup", "Set up "+s.PublisherName,
		setupView{Code: code, Name: staffName(who), Instance: access.May(who, access.AdministerService), Organization: s.PublisherName, Email: s.PublisherEmail, Region: s.Location})
}

// staffName is the name of a member of staff without the role before it.
func staffName(who access.Principal) string {
	_, name, _ := strings.Cut(who.Name, " ")
	return name
}

// setup sets a password and, for an administrator, the fields of the guide's
// creation page, both or neither, and signs the member of staff in.
func (c *console) setup(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	if err := c.readForm(r); err != nil {
		return err
	}
	form := r.PostForm
	v := setupView{Code: form.Get("code"), Organization: form.Get("organization"), Email: form.Get("email"), Region: form.Get("region")}
	who, err := c.Authenticator.Staff.FindSetupCode(r.Context(), v.Code, access.Client(r))
	if err != nil {
		return err
	}
	v.Name, v.Instance = staffName(who), access.May(who, access.AdministerService)
	err = c.apply(r, v, form.Get("password"), form.Get("repeat"))
	if fault.Is(err, fault.Invalid) {
		f := fault.As(err)
		v.Error = f.Message
		for _, p := range f.Problems {
			v.Error += " " + p.Message
		}
		return c.pages.write(w, http.StatusBadRequest, "setup", "Set up "+v.Organization, v)
	}
	if err != nil {
		return err
	}
	if err := c.Authenticator.Sessions.Start(w, r, v.Name); err != nil {
		return err
	}
	c.Log.InfoContext(r.Context(), "password set", "staff", v.Name, "client", access.Client(r))
	http.Redirect(w, r, cmp.Or(c.Welcome, "/"), http.StatusSeeOther)
	return nil
}

func (c *console) apply(r *http.Request, v setupView, password, repeat string) error {
	if password != repeat {
		return fault.New(fault.Invalid, "The two passwords are not the same.")
	}
	if !v.Instance {
		_, err := c.Authenticator.Staff.SetPassword(r.Context(), v.Code, access.Client(r), password)
		return err
	}
	s, rec, err := record.Get[catalog.Service](r.Context(), c.Records, catalog.ServicePath)
	if err != nil {
		return err
	}
	s.PublisherName, s.PublisherEmail, s.Location = v.Organization, v.Email, v.Region
	if err := s.Check(); err != nil {
		return err
	}
	_, err = c.Authenticator.Staff.SetPassword(r.Context(), v.Code, access.Client(r), password, record.PutOf(catalog.ServicePath, s, rec.ETag))
	return err
}

// readForm reads a form that a page of ours sent.
func (c *console) readForm(r *http.Request) error {
	if err := c.Authenticator.SameOrigin(r); err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(err, fault.Invalid, "The form cannot be read.")
	}
	return nil
}
