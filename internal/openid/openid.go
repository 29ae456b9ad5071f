// Package openid signs people in at OpenID Connect providers: the authorization
// code flow with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636).
package openid

import (
	"context"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/secret"
)

// Provider is who vouches for people, as an operator set it up.
type Provider struct {
	Name         string // as in URLs and identities
	Title        string // as people see it
	Issuer       string // or the address of its metadata
	ClientID     string
	ClientSecret string
}

// Claims are what a provider says of somebody.
type Claims struct {
	Subject       string `json:"sub"`
	Email         string `json:"email"`
	EmailVerified claim  `json:"email_verified"`
	GivenName     string `json:"given_name"`
	FamilyName    string `json:"family_name"`
	Name          string `json:"name"`
}

// claim is true, also as the text that some providers send.
type claim bool

// UnmarshalJSON implements json.Unmarshaler.
func (c *claim) UnmarshalJSON(b []byte) error {
	*c = string(b) == "true" || string(b) == `"true"`
	return nil
}

// Flow signs people in on one listener. Its methods are safe for concurrent use.
type Flow struct {
	client *http.Client
	keys   *secret.Keeper
	cookie string // remembers a sign-in on its way

	mu    sync.Mutex
	known map[string]discovered
}

type discovered struct {
	*oidc.Provider
	at time.Time
}

const (
	flowLifetime  = 10 * time.Minute
	discoveryLife = time.Hour
	maxKnown      = 100
	sealPurpose   = "openid sign-in"
	wellKnown     = "/.well-known/openid-configuration"
	answerWithin  = 15 * time.Second
)

// New makes a Flow. client calls the providers, under the rule for what staff
// type; cookie is the name of the cookie that remembers a sign-in on its way.
func New(client *http.Client, keys *secret.Keeper, cookie string) *Flow {
	return &Flow{client: client, keys: keys, cookie: cookie, known: map[string]discovered{}}
}

// onItsWay is what the browser keeps, sealed, between the two ends of a sign-in.
type onItsWay struct {
	Provider string    `json:"provider"`
	State    string    `json:"state"`
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"`
	Return   string    `json:"return"`
	Expires  time.Time `json:"expires"`
}

// Begin sends the browser to the provider. redirect is the absolute URL to which
// the provider sends it back; returnTo is handed to Finish.
func (f *Flow) Begin(w http.ResponseWriter, r *http.Request, p Provider, redirect, returnTo string) error {
	config, _, err := f.config(r.Context(), p, redirect)
	if err != nil {
		return err
	}
	way := onItsWay{Provider: p.Name, State: secret.ID(), Nonce: secret.ID(), Verifier: oauth2.GenerateVerifier(), Return: returnTo, Expires: time.Now().Add(flowLifetime)}
	text, err := json.Marshal(way)
	if err != nil {
		return err
	}
	access.SetCookie(w, r, f.cookie, f.keys.Seal(sealPurpose, string(text)), int(flowLifetime.Seconds()))
	http.Redirect(w, r, config.AuthCodeURL(way.State, oidc.Nonce(way.Nonce), oauth2.S256ChallengeOption(way.Verifier)), http.StatusSeeOther)
	return nil
}

// Finish takes the provider's answer, proves it and gives what it says, and what
// Begin was given as returnTo. Its errors are for the person.
func (f *Flow) Finish(w http.ResponseWriter, r *http.Request, p Provider, redirect string) (claims Claims, returnTo string, err error) {
	lost := fault.New(fault.Invalid, "The sign-in took too long or was begun elsewhere: begin it again.")
	text, err := f.keys.Open(sealPurpose, access.CookieValue(r, f.cookie))
	access.SetCookie(w, r, f.cookie, "", -1) // it works once
	if err != nil {
		return claims, "", lost
	}
	var way onItsWay
	if err := json.Unmarshal([]byte(text), &way); err != nil {
		return claims, "", lost
	}
	query := r.URL.Query()
	if way.Provider != p.Name || time.Now().After(way.Expires) || !hmac.Equal([]byte(query.Get("state")), []byte(way.State)) {
		return claims, "", lost
	}
	if code := query.Get("error"); code != "" {
		return claims, "", fault.New(fault.Forbidden, "%s did not sign you in: %s.", p.title(), code)
	}
	config, provider, err := f.config(r.Context(), p, redirect)
	if err != nil {
		return claims, "", err
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(r.Context(), f.client), answerWithin)
	defer cancel()
	refused := func(err error) error {
		return fault.Wrap(err, fault.Forbidden, "What %s answered cannot be accepted, so you are not signed in.", p.title())
	}
	tokens, err := config.Exchange(ctx, query.Get("code"), oauth2.VerifierOption(way.Verifier))
	if err != nil {
		return claims, "", refused(err)
	}
	raw, _ := tokens.Extra("id_token").(string)
	token, err := provider.Verifier(&oidc.Config{ClientID: p.ClientID}).Verify(ctx, raw)
	if err != nil {
		return claims, "", refused(err)
	}
	if !hmac.Equal([]byte(token.Nonce), []byte(way.Nonce)) {
		return claims, "", refused(errors.New("the nonce is not that of this sign-in"))
	}
	if err := token.Claims(&claims); err != nil {
		return claims, "", refused(err)
	}
	if claims.Email == "" {
		if err := f.ask(ctx, provider, tokens, &claims); err != nil {
			return claims, "", refused(err)
		}
	}
	return claims, way.Return, nil
}

// ask gets from the provider what its token leaves out.
func (f *Flow) ask(ctx context.Context, provider *oidc.Provider, tokens *oauth2.Token, claims *Claims) error {
	if provider.UserInfoEndpoint() == "" {
		return nil
	}
	info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
	if err != nil {
		return err
	}
	if info.Subject != claims.Subject {
		return errors.New("the user's information is about somebody else")
	}
	return info.Claims(claims)
}

func (p Provider) title() string {
	if p.Title == "" {
		return p.Name
	}
	return p.Title
}

func (f *Flow) config(ctx context.Context, p Provider, redirect string) (*oauth2.Config, *oidc.Provider, error) {
	provider, err := f.discover(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	return &oauth2.Config{ClientID: p.ClientID, ClientSecret: p.ClientSecret, Endpoint: provider.Endpoint(), RedirectURL: redirect,
		Scopes: []string{oidc.ScopeOpenID, "profile", "email"}}, provider, nil
}

// discover gets a provider's metadata, which are good for an hour.
func (f *Flow) discover(ctx context.Context, p Provider) (*oidc.Provider, error) {
	f.mu.Lock()
	found, ok := f.known[p.Issuer]
	f.mu.Unlock()
	if ok && time.Since(found.at) < discoveryLife {
		return found.Provider, nil
	}
	// The keys that the metadata name are fetched later with this context, so it has no end of its own.
	ctx = oidc.ClientContext(context.WithoutCancel(ctx), f.client)
	provider, err := oidc.NewProvider(ctx, strings.TrimSuffix(p.Issuer, wellKnown))
	if err != nil {
		return nil, fault.Wrap(fmt.Errorf("%s: %w", p.Issuer, err), fault.Unavailable, "%s cannot be reached to sign you in: try again later.", p.title())
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.known) >= maxKnown {
		clear(f.known)
	}
	f.known[p.Issuer] = discovered{provider, time.Now()}
	return provider, nil
}
