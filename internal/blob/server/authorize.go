package server

import (
	"net/netip"
	"strings"

	"portico/internal/fault"
)

// grant is what a call's credentials allow: everything for who has the account's key, else what a signature says.
type grant struct {
	signature *signature // nil: the account's key
}

// authenticate finds out what a call may do. There is no public access.
func (s *Server) authenticate(c *call) (err error) {
	authorization := c.r.Header.Get("Authorization")
	switch {
	case authorization != "":
		err = s.authenticateSharedKey(c, authorization)
	case c.query["sig"] != "":
		c.grant.signature, err = s.authenticateSAS(c.query, c.target, clientAddr(c.r.RemoteAddr), c.r.TLS != nil)
	default:
		err = fault.Coded(fault.Unauthorized, "NoAuthenticationInformation",
			"Server failed to authenticate the request. Sign it with the account's key, or use a shared access signature: this account has no public access.")
	}
	c.authenticated = err == nil
	return err
}

func clientAddr(remote string) netip.Addr {
	ap, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr()
}

// allow refuses an operation that a signature does not cover. Any one of the
// operation's permissions suffices; creating alone allows no overwriting.
func (g grant) allow(c *call, op operation) error {
	if g.signature == nil {
		return nil
	}
	q := g.signature.query
	wanted := op.service
	if g.signature.account {
		wanted = op.account
		if !strings.Contains(q["ss"], sasForBlobs) {
			return fault.Coded(fault.Forbidden, "AuthorizationServiceMismatch", "This request is not authorized to perform this operation using this service.")
		}
		if !strings.ContainsAny(q["srt"], op.types) {
			return fault.Coded(fault.Forbidden, "AuthorizationResourceTypeMismatch", "This request is not authorized to perform this operation using this resource type.")
		}
	}
	if !strings.ContainsAny(q["sp"], wanted) {
		return fault.Coded(fault.Forbidden, "AuthorizationPermissionMismatch", "This request is not authorized to perform this operation using this permission.")
	}
	c.createOnly = wanted == createOrWrite && !strings.Contains(q["sp"], "w")
	c.overrides = overridesOf(g.signature)
	return nil
}

// overridesOf gives the response headers that a service signature sets.
func overridesOf(g *signature) map[string]string {
	overrides := map[string]string{}
	if g.account || g.query["sv"] < sasWithOverrides { // there they are not signed
		return overrides
	}
	for parameter, header := range map[string]string{"rscc": "Cache-Control", "rscd": "Content-Disposition", "rsce": "Content-Encoding", "rscl": "Content-Language", "rsct": "Content-Type"} {
		if v := g.query[parameter]; v != "" {
			overrides[header] = v
		}
	}
	return overrides
}
