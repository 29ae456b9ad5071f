package auth

import (
	"errors"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"portico/internal/policy"
	"portico/internal/policy/document"
)

// ValidateJWT lets calls through that carry a token which keys of the document,
// or of an OpenID provider, have signed, and which says what it must.
func ValidateJWT(ids *Providers) policy.Declaration {
	key := policy.Form{Name: "key", Text: true, Attributes: []policy.Attribute{{Name: "id"}, {Name: "certificate-id", Kind: policy.Filled}, {Name: "n"}, {Name: "e"}}}
	return policy.Declaration{
		Form: policy.Form{
			Name: "validate-jwt",
			Attributes: append(tokenAttributes(),
				policy.Attribute{Name: "require-scheme"},
				policy.Attribute{Name: "require-expiration-time", Kind: policy.Boolean},
				policy.Attribute{Name: "require-signed-tokens", Kind: policy.Boolean},
				policy.Attribute{Name: "clock-skew", Kind: policy.Integer, Max: math.MaxInt32}),
			Children: []policy.Form{
				{Name: "openid-config", Attributes: []policy.Attribute{{Name: "url", Required: true, Kind: policy.Filled}, {Name: "host"}}},
				{Name: "issuer-signing-keys", Children: []policy.Form{key, {Name: "zumo-master-key", Text: true, Attributes: []policy.Attribute{{Name: "id"}}}}},
				{Name: "issuer-signing-tokens", Children: []policy.Form{{Name: "token", Text: true, Attributes: []policy.Attribute{{Name: "id"}}}}},
				{Name: "decryption-keys", Children: []policy.Form{key}},
				{Name: "audiences", Children: []policy.Form{{Name: "audience", Text: true}}},
				{Name: "issuers", Children: []policy.Form{{Name: "issuer", Text: true}}},
				requiredClaims(),
			},
		},
		Sections: policy.Inbound,
		Scopes:   policy.EveryScope,
		Check:    checkValidateJWT,
		Compile:  func(c *policy.Builder, e *document.Element) policy.Action { return compileValidateJWT(c, e, ids) },
	}
}

// tokenAttributes say where a token stands and what becomes of a call without a good one.
func tokenAttributes() []policy.Attribute {
	return []policy.Attribute{
		{Name: "header-name", Kind: policy.HeaderName},
		{Name: "query-parameter-name", Kind: policy.Filled},
		{Name: "token-value"},
		{Name: "failed-validation-httpcode", Kind: policy.Integer, Min: policy.MinStatus, Max: policy.MaxStatus},
		{Name: "failed-validation-error-message"},
		{Name: "output-token-variable-name", Kind: policy.Filled},
	}
}

func requiredClaims() policy.Form {
	return policy.Form{Name: "required-claims", Children: []policy.Form{{
		Name: "claim",
		Attributes: []policy.Attribute{
			{Name: "name", Required: true, Kind: policy.Filled},
			{Name: "match", Kind: policy.Enumeration, Values: []string{"all", "any"}},
			{Name: "separator"},
		},
		Children: []policy.Form{{Name: "value", Text: true}},
	}}}
}

// tokenPlaces are the attributes of which one says where the token stands.
var tokenPlaces = []string{"header-name", "query-parameter-name", "token-value"}

func checkValidateJWT(v *policy.Validator, e *document.Element) {
	checkTokenPlace(v, e, true)
	for _, c := range e.Children {
		if address, _ := c.Attr("url"); c.Name == "openid-config" && address != "" && !document.IsExpression(address) && !policy.HasNamedValue(address) {
			if u, err := url.Parse(address); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
				v.Problem(c, "The attribute 'url' must be an absolute URL that begins with http:// or https://.")
			}
		}
		for _, k := range c.Children {
			if c.Name == "issuer-signing-keys" || c.Name == "decryption-keys" {
				checkKey(v, k)
			}
		}
	}
}

func checkTokenPlace(v *policy.Validator, e *document.Element, required bool) {
	n := 0
	for _, name := range tokenPlaces {
		if _, there := e.Attr(name); there {
			n++
		}
	}
	if n > 1 || n == 0 && required {
		v.Problem(e, "One of the attributes '%s' must be there, and only one.", strings.Join(tokenPlaces, "', '"))
	}
}

// jwtRules are what validate-jwt and validate-azure-ad-token have in common.
type jwtRules struct {
	services                                  *policy.Services
	place                                     string // which of tokenPlaces
	at                                        policy.Value
	status, message, variable, scheme         policy.Value
	requireExpiration, requireSignature, skew policy.Value
	providers                                 []metadataOf
	keys, decryption                          []keyOf
	audiences, issuers                        []policy.Value
	claims                                    []claimRule
}

// metadataOf finds an OpenID provider for a call.
type metadataOf struct{ address, host policy.Value }

type claimRule struct {
	name, match, separator policy.Value
	values                 []policy.Value
}

type validatingJWT struct {
	*jwtRules
	openIDs *Providers
	own     func(x *policy.Exchange, t *Token) error // further checks; nil is none
	// tenantIssuers accepts Entra ID's issuer of version 1.0 tokens beside the provider's.
	tenantIssuers bool
}

func newJWTRules(c *policy.Builder, e *document.Element) *jwtRules {
	r := &jwtRules{
		services: &c.Compiler.Services,
		status:   c.Value(e, "failed-validation-httpcode", "401"), message: c.Value(e, "failed-validation-error-message", ""),
		variable: c.Value(e, "output-token-variable-name", ""), scheme: c.Value(e, "require-scheme", ""),
		requireExpiration: c.Value(e, "require-expiration-time", "true"), requireSignature: c.Value(e, "require-signed-tokens", "true"),
		skew: c.Value(e, "clock-skew", "0"), place: "header-name", at: c.Value(e, "header-name", "Authorization"),
	}
	for _, name := range tokenPlaces {
		if _, there := e.Attr(name); there {
			r.place, r.at = name, c.Value(e, name, "")
		}
	}
	for _, list := range e.Children {
		for _, child := range list.Children {
			switch list.Name {
			case "issuer-signing-keys", "issuer-signing-tokens":
				r.keys = append(r.keys, newKeyOf(c, child))
			case "decryption-keys":
				r.decryption = append(r.decryption, newKeyOf(c, child))
			case "audiences":
				r.audiences = append(r.audiences, c.TextValue(child))
			case "issuers":
				r.issuers = append(r.issuers, c.TextValue(child))
			case "required-claims":
				claim := claimRule{name: c.Value(child, "name", ""), match: c.Value(child, "match", "all"), separator: c.Value(child, "separator", "")}
				for _, v := range child.Children {
					claim.values = append(claim.values, c.TextValue(v))
				}
				r.claims = append(r.claims, claim)
			}
		}
	}
	return r
}

func compileValidateJWT(c *policy.Builder, e *document.Element, ids *Providers) policy.Action {
	v := &validatingJWT{jwtRules: newJWTRules(c, e), openIDs: ids}
	for _, child := range e.Children {
		if child.Name == "openid-config" {
			v.providers = append(v.providers, metadataOf{address: c.Value(child, "url", ""), host: c.Value(child, "host", "")})
		}
	}
	return v
}

func (v *validatingJWT) Do(x *policy.Exchange) error {
	token, err := v.validate(x)
	if err == nil && v.own != nil {
		err = v.own(x, token)
	}
	var r *refusal
	if errors.As(err, &r) {
		return v.refuse(x, r)
	}
	if err != nil {
		return err
	}
	name, err := v.variable.Text(x)
	if err != nil {
		return err
	}
	if name != "" {
		x.SetVariable(name, policy.JWT(token.Raw))
	}
	x.Note(map[string]any{"message": "JWT validation succeeded."})
	return nil
}

// The messages of a call that is refused, where the document has none.
const (
	messageNotPresent = "JWT not present."
	messageInvalid    = "Invalid JWT."
)

func (v *validatingJWT) refuse(x *policy.Exchange, r *refusal) error {
	status, err := v.status.Status(x)
	if err != nil {
		return err
	}
	message, err := v.message.Text(x)
	if err != nil {
		return err
	}
	if message == "" {
		message = messageInvalid
		if r.reason == tokenNotPresent {
			message = messageNotPresent
		}
	}
	return &policy.Error{Status: status, Reason: r.reason, Message: message, Detail: r.message}
}

// validate gives the token if it is good, else a *refusal, or the error of what could not be checked.
func (v *validatingJWT) validate(x *policy.Exchange) (*Token, error) {
	raw, err := v.find(x)
	if err != nil {
		return nil, err
	}
	if strings.Count(raw, ".") == 4 {
		keys, err := v.decryptionKeys(x)
		if err != nil {
			return nil, err
		}
		if raw, err = decrypt(raw, keys); err != nil {
			return nil, err
		}
	}
	t, err := readToken(raw)
	if err != nil {
		return nil, err
	}
	issuers, err := v.checkSignature(x, t)
	if err != nil {
		return nil, err
	}
	skew, err := v.skew.Int(x)
	if err != nil {
		return nil, err
	}
	expires, err := v.requireExpiration.Bool(x)
	if err != nil {
		return nil, err
	}
	if err := t.checkLifetime(v.services.Now(), time.Duration(skew)*time.Second, expires); err != nil {
		return nil, err
	}
	if err := v.checkAudience(x, t); err != nil {
		return nil, err
	}
	if err := v.checkIssuer(x, t, issuers); err != nil {
		return nil, err
	}
	return t, v.checkClaims(x, t)
}

// find gives the token as the call carries it.
func (v *validatingJWT) find(x *policy.Exchange) (string, error) {
	at, err := v.at.Text(x)
	if err != nil {
		return "", err
	}
	scheme, err := v.scheme.Text(x)
	if err != nil {
		return "", err
	}
	raw := at // token-value
	switch v.place {
	case "header-name":
		raw = x.Request.Headers.Get(at)
	case "query-parameter-name":
		raw = queryText(x.Request.RawQuery, at)
	}
	raw = strings.TrimSpace(raw)
	if first, rest, ok := strings.Cut(raw, " "); ok && v.place != "query-parameter-name" {
		if scheme != "" && !strings.EqualFold(first, scheme) {
			return "", &refusal{tokenNotPresent, messageNotPresent}
		}
		raw = strings.TrimSpace(rest)
	} else if scheme != "" && v.place == "header-name" {
		return "", &refusal{tokenNotPresent, messageNotPresent}
	}
	if raw == "" {
		return "", &refusal{tokenNotPresent, messageNotPresent}
	}
	return raw, nil
}

// queryText is the first value of a parameter, decoded; names compare without regard to case.
func queryText(query, name string) string {
	for pair := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(key); err == nil && strings.EqualFold(plain, name) {
			if plain, err := url.QueryUnescape(value); err == nil {
				return plain
			}
		}
	}
	return ""
}

// checkSignature verifies the token, and gives the issuers of the providers that the document names.
func (v *validatingJWT) checkSignature(x *policy.Exchange, t *Token) (issuers []string, err error) {
	required, err := v.requireSignature.Bool(x)
	if err != nil {
		return nil, err
	}
	keys, err := v.ownKeys(x)
	if err != nil {
		return nil, err
	}
	found := candidates(t, keys)
	for _, of := range v.providers {
		p, err := v.provider(x, of)
		if err != nil {
			return nil, err
		}
		m, err := p.metadata(x.Context, nil)
		if err != nil {
			return nil, &policy.Error{Status: 500, Detail: "The OpenID configuration cannot be had.", Err: err}
		}
		theirs := candidates(t, m.keys)
		if len(theirs) == 0 && len(found) == 0 {
			if m, err = p.metadata(x.Context, m); err != nil {
				return nil, &policy.Error{Status: 500, Detail: "The OpenID configuration cannot be had.", Err: err}
			}
			theirs = candidates(t, m.keys)
		}
		found = append(found, theirs...)
		if m.issuer != "" {
			issuers = append(issuers, m.issuer)
		}
	}
	signed := !strings.HasSuffix(t.Raw, ".") && !strings.EqualFold(member(t.Header, "alg"), "none")
	switch {
	case !signed && !required, !required && len(v.keys) == 0 && len(v.providers) == 0:
		return issuers, nil
	case !signed:
		return nil, refuse(tokenSignature, "The token is not signed.")
	case len(found) == 0:
		return nil, refuse(tokenKeyNotFound, "The key that signed the token is not known.")
	}
	return issuers, t.verify(found)
}

func (v *validatingJWT) provider(x *policy.Exchange, of metadataOf) (*provider, error) {
	address, err := of.address.Text(x)
	if err != nil {
		return nil, err
	}
	host, err := of.host.Text(x)
	return v.openIDs.provider(v.services, address, host), err
}

func (v *validatingJWT) ownKeys(x *policy.Exchange) ([]signingKey, error) {
	var keys []signingKey
	for i := range v.keys {
		k, err := v.keys[i].signing(x, v.services)
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, nil
}

func (v *validatingJWT) decryptionKeys(x *policy.Exchange) ([]any, error) {
	var keys []any
	for i := range v.decryption {
		k := &v.decryption[i]
		if !k.hasCertificate {
			own, err := k.signing(x, v.services)
			if err != nil {
				return nil, err
			}
			keys = append(keys, own.key)
			continue
		}
		_, private, err := k.pair(x, v.services)
		if err != nil {
			return nil, err
		}
		keys = append(keys, private)
	}
	return keys, nil
}

func (v *validatingJWT) checkAudience(x *policy.Exchange, t *Token) error {
	if len(v.audiences) == 0 {
		return nil
	}
	allowed, err := policy.Texts(x, v.audiences)
	if err != nil {
		return err
	}
	values, there := t.values("aud")
	if !there || !slices.ContainsFunc(values, func(a string) bool { return slices.Contains(allowed, a) }) {
		return refuse(tokenAudience, "The token is for another audience.")
	}
	return nil
}

// checkIssuer checks the issuer against the document's, or where it has none, the providers'.
func (v *validatingJWT) checkIssuer(x *policy.Exchange, t *Token, issuers []string) error {
	if len(v.issuers) > 0 {
		var err error
		if issuers, err = policy.Texts(x, v.issuers); err != nil {
			return err
		}
	}
	if v.tenantIssuers {
		issuers = withVersion1(issuers)
	}
	issuer := member(t.Claims, "iss")
	known := func(i string) bool {
		return i == issuer || strings.ReplaceAll(i, "{tenantid}", member(t.Claims, "tid")) == issuer
	}
	if len(issuers) > 0 && !slices.ContainsFunc(issuers, known) {
		return refuse(tokenIssuer, "The token comes from another issuer.")
	}
	return nil
}

func (v *validatingJWT) checkClaims(x *policy.Exchange, t *Token) error {
	var missing []string
	for i := range v.claims {
		name, err := v.claims[i].name.Text(x)
		if err != nil {
			return err
		}
		if _, there := t.Claims[name]; !there {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return refuse(tokenClaimMissing, "JWT token is missing the following claims: %s.", strings.Join(missing, ", "))
	}
	for i := range v.claims {
		if err := v.claims[i].check(x, t); err != nil {
			return err
		}
	}
	return nil
}

func (c *claimRule) check(x *policy.Exchange, t *Token) error {
	name, err := c.name.Text(x)
	if err != nil || len(c.values) == 0 {
		return err
	}
	match, err := c.match.Text(x)
	if err != nil {
		return err
	}
	separator, err := c.separator.Text(x)
	if err != nil {
		return err
	}
	wanted, err := policy.Texts(x, c.values)
	if err != nil {
		return err
	}
	values, _ := t.values(name)
	if separator != "" && len(values) == 1 {
		values = strings.Split(values[0], separator)
	}
	found := 0
	for _, w := range wanted {
		if slices.Contains(values, w) {
			found++
		}
	}
	if found == len(wanted) || match == "any" && found > 0 {
		return nil
	}
	return refuse(tokenClaimValue, "Claim %s value of %s is not allowed.", name, strings.Join(values, ","))
}
