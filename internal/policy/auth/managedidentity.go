package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"portico/internal/policy"
)

const (
	tokenTimeout   = 10 * time.Second
	tokenDefault   = 5 * time.Minute // where the endpoint does not say how long a token holds
	tokenMargin    = time.Minute     // a token is replaced so long before its end
	maxIdentTokens = 1000
)

// identities keeps the tokens of the configured identities until they end.
type identities struct {
	mu     sync.Mutex
	tokens map[string]*identityToken // by identity and scope
}

// identityToken is one token; who holds turn asks for the next.
type identityToken struct {
	turn  chan struct{}
	token string
	until time.Time
}

// get gives a token for a resource.
func (i *identities) get(ctx context.Context, services *policy.Services, name, resource string) (string, error) {
	var identity *policy.ManagedIdentity
	for n := range services.ManagedIdentities {
		if strings.EqualFold(services.ManagedIdentities[n].Name, name) {
			identity = &services.ManagedIdentities[n]
		}
	}
	switch {
	case identity == nil && name == "":
		return "", errors.New("no identity is configured for authentication-managed-identity")
	case identity == nil:
		return "", fmt.Errorf("no identity %s is configured for authentication-managed-identity", name)
	case identity.Static != "":
		return identity.Static, nil
	}
	scope := identity.Scope
	if scope == "" {
		scope = "{resource}/.default"
	}
	scope = strings.ReplaceAll(scope, "{resource}", strings.TrimSuffix(resource, "/"))
	t := i.entry(identity.Name + "\x00" + scope)
	select {
	case t.turn <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { <-t.turn }()
	now := services.Now()
	if t.token != "" && now.Before(t.until) {
		return t.token, nil
	}
	token, holds, err := ask(ctx, services.Sender, identity, scope)
	if err != nil {
		return "", err
	}
	t.token, t.until = token, now.Add(holds-min(tokenMargin, holds/2))
	return token, nil
}

func (i *identities) entry(key string) *identityToken {
	i.mu.Lock()
	defer i.mu.Unlock()
	t := i.tokens[key]
	if t == nil {
		t = &identityToken{turn: make(chan struct{}, 1)}
		if i.tokens == nil || len(i.tokens) >= maxIdentTokens {
			i.tokens = map[string]*identityToken{}
		}
		i.tokens[key] = t
	}
	return t
}

// ask requests a token with the client's credentials.
func ask(ctx context.Context, sender policy.Sender, id *policy.ManagedIdentity, scope string) (token string, holds time.Duration, err error) {
	if sender == nil {
		return "", 0, errors.New("no requests are made here")
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {id.ClientID}, "client_secret": {id.ClientSecret}, "scope": {scope}}
	res, err := sender.Send(ctx, &policy.Outgoing{Method: "POST", URL: id.TokenURL, Body: []byte(form.Encode()), Timeout: tokenTimeout,
		Headers: policy.Headers{{Name: "Content-Type", Value: "application/x-www-form-urlencoded"}, {Name: "Accept", Value: "application/json"}}})
	if err != nil {
		return "", 0, fmt.Errorf("ask %s for a token: %w", policy.WithoutQuery(id.TokenURL), err)
	}
	var answer struct {
		AccessToken string      `json:"access_token"`
		ExpiresIn   json.Number `json:"expires_in"`
		Error       string      `json:"error"`
	}
	body, _ := res.Body.InMemory()
	if err := json.Unmarshal(body, &answer); err != nil || res.Status != 200 || answer.AccessToken == "" {
		return "", 0, fmt.Errorf("ask %s for a token: the answer has the status %d and no token (%s)", policy.WithoutQuery(id.TokenURL), res.Status, policy.Short(answer.Error))
	}
	holds = tokenDefault
	if n, err := answer.ExpiresIn.Int64(); err == nil && n > 0 {
		holds = time.Duration(min(n, 24*60*60)) * time.Second
	}
	return answer.AccessToken, holds, nil
}
