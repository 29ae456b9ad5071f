package console

import (
	"net/http"
	"time"

	"portico/internal/access"
	"portico/internal/rest"
)

// listTokens answers GET /tokens: {"value": [{"name", "role", "created", "expires"}]}.
func (c *console) listTokens(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	tokens, err := c.Authenticator.Tokens.List(r.Context())
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, struct {
		Value []access.Token `json:"value"`
	}{tokens})
}

// createToken answers PUT /tokens/{name} with {"role", "expires"}. Only this
// answer has the token's value, as "token".
func (c *console) createToken(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	var body struct {
		Role    access.Role `json:"role"`
		Expires *time.Time  `json:"expires"`
	}
	if err := rest.DecodeJSON(r, &body); err != nil {
		return err
	}
	value, token, err := c.Authenticator.Tokens.Create(r.Context(), r.PathValue("name"), body.Role, body.Expires)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return rest.WriteJSON(w, http.StatusCreated, struct {
		access.Token
		Value string `json:"token"`
	}{token, value})
}

// revokeToken answers DELETE /tokens/{name}.
func (c *console) revokeToken(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	if err := c.Authenticator.Tokens.Revoke(r.Context(), r.PathValue("name")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
