package server

import (
	"context"
	"crypto/subtle"
	"net/netip"
	"net/url"
	"strings"

	"portico/internal/blob/account"
	"portico/internal/fault"
)

// Permissions that a signature may give on a blob.
const (
	MayRead  = "r"
	MayWrite = "w"
)

// HasKey tells whether a text is the account's key.
func (s *Server) HasKey(key string) bool {
	return subtle.ConstantTimeCompare([]byte(strings.TrimSpace(key)), []byte(s.credential.text)) == 1
}

// Key is the account's key, for who may use the account without typing it.
func (s *Server) Key() string { return s.credential.text }

// CheckSignature tells whether a shared access signature ("?sv=…&sig=…") gives
// a permission on a blob, for who reaches the account from within the process. It
// returns fault.Forbidden where it does not.
func (s *Server) CheckSignature(container, blob, token, permission string) error {
	values, err := url.ParseQuery(strings.TrimPrefix(token, "?"))
	if err != nil {
		return fault.Coded(fault.Forbidden, "AuthenticationFailed", "The shared access signature is not a query: %v.", err)
	}
	query := make(map[string]string, len(values))
	for name, v := range values {
		query[strings.ToLower(name)] = v[0]
	}
	c := &call{query: query, target: target{blobLevel, container, blob}}
	if c.grant.signature, err = s.authenticateSAS(query, c.target, netip.Addr{}, strings.HasPrefix(s.url, "https:")); err != nil {
		return err
	}
	return c.grant.allow(c, operation{types: "o", service: permission, account: permission})
}

// URL is the account's: the listener's with the account's name as its path.
func (s *Server) URL() string { return s.url + "/" + s.credential.account }

// maxNames is how many containers ContainerNames lists.
const maxNames = 1000

// ContainerNames gives the names of the account's containers, the first 1000.
func (s *Server) ContainerNames(ctx context.Context) ([]string, error) {
	page, err := s.Containers(ctx, account.Query{Limit: maxNames})
	if err != nil {
		return nil, err
	}
	names := make([]string, len(page.Containers))
	for i, c := range page.Containers {
		names[i] = c.Name
	}
	return names, nil
}
