package developer

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/account"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/openid"
	"portico/internal/record"
	"portico/internal/rest"
	"portico/internal/rest/relay"
)

// signInRoutes are what people do who have not signed in.
func (a *api) signInRoutes() []rest.Route {
	return []rest.Route{
		anyone(http.MethodGet, "/settings", a.settings),
		anyone(http.MethodGet, "/identityProviders", a.identityProviders),
		anyone(http.MethodGet, "/identity", a.identity),
		anyone(http.MethodPost, "/signin", a.fromHere(a.signIn)),
		anyone(http.MethodPost, "/signout", a.fromHere(a.signOut)),
		anyone(http.MethodPost, "/signup", a.fromHere(a.signUp)),
		anyone(http.MethodPost, "/users", a.fromHere(a.signUp)),
		anyone(http.MethodPost, "/confirmations/signup", a.fromHere(a.confirmSignUp)),
		anyone(http.MethodPost, "/confirmations/password", a.fromHere(a.requestReset)),
		anyone(http.MethodPost, "/confirmations/password/complete", a.fromHere(a.reset)),
		anyone(http.MethodPost, "/confirmations/email", a.fromHere(a.confirmEmail)),
		anyone(http.MethodGet, "/signin/{provider}", a.beginSignIn),
		anyone(http.MethodGet, "/signin/{provider}/callback", a.finishSignIn),
		anyone(http.MethodGet, "/join", a.joining),
		anyone(http.MethodPost, "/join", a.fromHere(a.join)),
		anyone(http.MethodGet, "/delegation/settings", a.delegationSettings),
		anyone(http.MethodPost, "/delegation/urls/signin", a.fromHere(a.delegatedSignIn)),
		{Method: http.MethodGet, Pattern: "/signin-sso", Permission: access.Anyone, Handle: a.singleSignOn},
	}
}

// fromHere refuses what a browser sends from a page of another origin.
func (a *api) fromHere(h rest.Handler) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, who access.Principal) error {
		if err := a.Accounts.SameOrigin(r); err != nil {
			return err
		}
		return h(w, r, who)
	}
}

type providerView struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	URL   string `json:"url"` // where the browser goes to sign in; it takes returnUrl
}

func (a *api) providers(r *http.Request) ([]openid.Provider, error) {
	return openid.Providers(r.Context(), a.records, a.Keys, access.SignInDevelopers)
}

func (a *api) providerViews(r *http.Request) ([]providerView, error) {
	all, err := a.providers(r)
	if err != nil {
		return nil, err
	}
	views := []providerView{}
	for _, p := range all {
		views = append(views, providerView{p.Name, p.Title, "/developer/signin/" + url.PathEscape(p.Name)})
	}
	return views, nil
}

// settings answers with what a page needs before anybody signed in.
func (a *api) settings(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	ctx := r.Context()
	service, _, err := record.Get[catalog.Service](ctx, a.records, catalog.ServicePath)
	if err != nil {
		return err
	}
	signIn, err := a.Accounts.SignInSettings(ctx)
	if err != nil {
		return err
	}
	signUp, err := a.Accounts.SignUpSettings(ctx)
	if err != nil {
		return err
	}
	delegation, err := a.Accounts.DelegationSettings(ctx)
	if err != nil {
		return err
	}
	providers, err := a.providerViews(r)
	if err != nil {
		return err
	}
	if !signUp.TermsOfService.Enabled {
		signUp.TermsOfService.Text = ""
	}
	return rest.WriteJSON(w, http.StatusOK, struct {
		Organization      string            `json:"organization"`
		GatewayURL        string            `json:"gatewayUrl"`
		SignInRequired    bool              `json:"signInRequired"`
		SignUp            access.SignUp     `json:"signUp"`
		Delegation        delegationView    `json:"delegation"`
		IdentityProviders []providerView    `json:"identityProviders"`
		User              *string           `json:"userId"` // null for a guest
		Headers           map[string]string `json:"relayHeaders"`
	}{service.PublisherName, a.GatewayURL, signIn.Enabled, signUp, viewDelegation(delegation), providers, userOrNull(who),
		map[string]string{"method": relay.Method, "url": relay.URL, "requestHeaders": relay.Headers, "status": relay.Status, "responseHeaders": relay.Response}})
}

func userOrNull(who access.Principal) *string {
	if who.User == "" {
		return nil
	}
	return &who.User
}

func (a *api) identityProviders(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	views, err := a.providerViews(r)
	if err != nil {
		return err
	}
	return list(w, r, textFields(nil, "name", "title"), views)
}

// tokenLifetime is how long the token works that a program gets for a password.
const tokenLifetime = time.Hour

// identity tells who calls: by a session or a token, or by e-mail address and
// password (Authorization: Basic), which give a token in the header Ocp-Apim-Sas-Token.
func (a *api) identity(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	email, password, basic := r.BasicAuth()
	name := who.User
	if basic {
		var err error
		if name, err = a.Accounts.SignIn(r.Context(), email, password, access.Client(r)); err != nil {
			if fault.Is(err, fault.Unauthorized) {
				reason := "invalid_identity"
				if fault.As(err).Code == account.CodeNotConfirmed {
					reason = "identity_not_confirmed"
				}
				w.Header().Set("WWW-Authenticate", `Basic realm="portico", error="`+reason+`"`)
			}
			return err
		}
	}
	if name == "" {
		return fault.New(fault.Unauthorized, "Nobody has signed in.")
	}
	if basic || r.Header.Get("Authorization") != "" {
		u, err := a.Accounts.User(r.Context(), name)
		if err != nil {
			return err
		}
		token, err := access.UserToken(a.Keys, name, u, access.PrimaryKey, time.Now().Add(tokenLifetime))
		if err != nil {
			return err
		}
		w.Header().Set("Ocp-Apim-Sas-Token", fmt.Sprintf(`token="%s",refresh="true"`, token))
	}
	return rest.WriteJSON(w, http.StatusOK, struct {
		ID       string `json:"id"`
		Provider string `json:"provider"`
	}{name, access.BasicProvider})
}

// signIn answers POST /signin with {"email", "password"}: the session's cookie, and the user.
func (a *api) signIn(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	var in struct {
		Email    string `json:"email"`
		Password string `json:"password"`
	}
	if err := rest.DecodeJSON(r, &in); err != nil {
		return err
	}
	name, err := a.Accounts.SignIn(r.Context(), in.Email, in.Password, access.Client(r))
	if err != nil {
		if fault.Is(err, fault.Unauthorized) {
			a.Log.WarnContext(r.Context(), "sign-in to the portal refused", "client", access.Client(r)) // not the address: people type passwords there
		}
		return err
	}
	if err := a.Accounts.Sessions.Start(w, r, name); err != nil {
		return err
	}
	return a.writeUser(w, r, name)
}

func (a *api) signOut(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	return noContent(w, a.Accounts.Sessions.End(w, r))
}

// accepted says that a message is on its way, if there is anybody to get it.
func accepted(w http.ResponseWriter, err error, message string) error {
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusAccepted, struct {
		Message string `json:"message"`
	}{message})
}

func (a *api) signUp(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	var in account.SignUp
	if err := body(r, &in); err != nil {
		return err
	}
	return accepted(w, a.Accounts.SignUp(r.Context(), in, access.Client(r)), "We sent you a message: the link in it completes your account.")
}

// ticketBody carries a ticket from a link.
type ticketBody struct {
	Ticket    string `json:"ticket"`
	Password  string `json:"password"`
	FirstName string `json:"firstName"`
	LastName  string `json:"lastName"`
	Email     string `json:"email"`
	Accepted  bool   `json:"termsAccepted"`
}

func readTicket(r *http.Request) (t ticketBody, err error) {
	if err = rest.DecodeJSON(r, &t); err == nil {
		err = required("ticket", t.Ticket)
	}
	return t, err
}

func (a *api) confirmSignUp(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	t, err := readTicket(r)
	if err != nil {
		return err
	}
	_, err = a.Accounts.Confirm(r.Context(), t.Ticket)
	return noContent(w, err)
}

// requestReset answers POST /confirmations/password with {"to"}.
func (a *api) requestReset(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	var in struct {
		To string `json:"to"`
	}
	if err := rest.DecodeJSON(r, &in); err != nil {
		return err
	}
	if err := required("to", in.To); err != nil {
		return err
	}
	return accepted(w, a.Accounts.RequestReset(r.Context(), in.To, access.Client(r)), "If there is an account with this address, we sent a message to it.")
}

func (a *api) reset(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	t, err := readTicket(r)
	if err != nil {
		return err
	}
	return noContent(w, a.Accounts.Reset(r.Context(), t.Ticket, t.Password))
}

func (a *api) confirmEmail(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	t, err := readTicket(r)
	if err != nil {
		return err
	}
	return noContent(w, a.Accounts.ConfirmEmail(r.Context(), t.Ticket))
}

// provider gives the provider that the path names, and where it sends the browser back to.
func (a *api) provider(r *http.Request) (openid.Provider, string, error) {
	all, err := a.providers(r)
	if err != nil {
		return openid.Provider{}, "", err
	}
	for _, p := range all {
		if strings.EqualFold(p.Name, r.PathValue("provider")) {
			return p, a.PortalURL + "/developer/signin/" + url.PathEscape(p.Name) + "/callback", nil
		}
	}
	return openid.Provider{}, "", fault.New(fault.NotFound, "Nobody signs in with %s here.", r.PathValue("provider"))
}

func (a *api) beginSignIn(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	p, back, err := a.provider(r)
	if err != nil {
		return err
	}
	return a.Flow.Begin(w, r, p, back, rest.LocalPath(r.URL.Query().Get("returnUrl")))
}

// joinPage is the portal's page on which somebody new completes an account.
const joinPage = "/join"

// finishSignIn takes a provider's answer: it signs the person in and goes on to
// where the person was, or to the page that completes a new account.
func (a *api) finishSignIn(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	p, back, err := a.provider(r)
	if err != nil {
		return err
	}
	claims, returnTo, err := a.Flow.Finish(w, r, p, back)
	if err != nil {
		return a.failSignIn(w, r, err)
	}
	name, ticket, err := a.Accounts.SignInAs(r.Context(), account.Vouched{Identity: access.Identity{Provider: p.Name, ID: claims.Subject},
		Email: claims.Email, Verified: bool(claims.EmailVerified) && claims.Email != "", FirstName: claims.GivenName, LastName: claims.FamilyName})
	if err != nil {
		return a.failSignIn(w, r, err)
	}
	if ticket != "" {
		returnTo = joinPage + "?" + url.Values{"ticket": {ticket}, "returnUrl": {returnTo}}.Encode()
	} else if err := a.Accounts.Sessions.Start(w, r, name); err != nil {
		return err
	}
	http.Redirect(w, r, returnTo, http.StatusSeeOther)
	return nil
}

// failSignIn sends the browser to the sign-in page with what went wrong.
func (a *api) failSignIn(w http.ResponseWriter, r *http.Request, err error) error {
	f := fault.As(err)
	if f.Kind == fault.Internal || f.Kind == fault.StorageFailed {
		return err
	}
	a.Log.WarnContext(r.Context(), "sign-in at a provider refused", "provider", r.PathValue("provider"), "error", err)
	http.Redirect(w, r, "/signin?"+url.Values{"error": {f.Message}}.Encode(), http.StatusSeeOther)
	return nil
}

// joining answers GET /join?ticket=… with what the provider said of somebody new.
func (a *api) joining(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	v, err := a.Accounts.Vouched(r.URL.Query().Get("ticket"))
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, v)
}

// join completes the account of somebody new and, where the address is proved, signs in.
func (a *api) join(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	t, err := readTicket(r)
	if err != nil {
		return err
	}
	name, active, err := a.Accounts.Join(r.Context(), t.Ticket, account.SignUp{Email: t.Email, FirstName: t.FirstName, LastName: t.LastName, TermsAccepted: t.Accepted})
	if err != nil {
		return err
	}
	if !active {
		return accepted(w, nil, "We sent you a message: the link in it completes your account.")
	}
	if err := a.Accounts.Sessions.Start(w, r, name); err != nil {
		return err
	}
	return a.writeUser(w, r, name)
}

// singleSignOn signs in who comes with a user's token, from the site to which
// sign-in is delegated (apim.md 5.2), and goes on to a page of the portal.
func (a *api) singleSignOn(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	query, err := queryOf(r)
	if err != nil {
		return err
	}
	_, name, err := access.UserOfToken(r.Context(), a.records, a.Keys, query.Get("token"))
	if err != nil {
		return err
	}
	if err := a.Accounts.Sessions.Start(w, r, name); err != nil {
		return err
	}
	w.Header().Set("Referrer-Policy", "no-referrer") // the address holds the token
	http.Redirect(w, r, rest.LocalPath(query.Get("returnUrl")), http.StatusSeeOther)
	return nil
}

type delegationView struct {
	SignIn    bool `json:"signin"`
	Subscribe bool `json:"subscribe"`
}

func viewDelegation(d access.Delegation) delegationView {
	return delegationView{d.UserRegistration.Enabled, d.Subscriptions.Enabled}
}

func (a *api) delegationSettings(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	d, err := a.Accounts.DelegationSettings(r.Context())
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, viewDelegation(d))
}

// delegatedSignIn answers with the address of the site that signs people in: {"ssoLoginUri"}.
func (a *api) delegatedSignIn(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	var in struct {
		ReturnURL string `json:"returnUrl"`
		SignUp    bool   `json:"signUp"`
	}
	if err := rest.DecodeJSON(r, &in); err != nil {
		return err
	}
	operation := "SignIn"
	if in.SignUp {
		operation = "SignUp"
	}
	to, err := a.Accounts.DelegatedURL(r.Context(), operation, url.Values{"returnUrl": {rest.LocalPath(in.ReturnURL)}})
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, struct {
		URL string `json:"ssoLoginUri"`
	}{to})
}
