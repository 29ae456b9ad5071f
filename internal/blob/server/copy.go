package server

import (
	"net/http"
	"net/url"
	"strings"

	"portico/internal/blob/account"
	"portico/internal/fault"
)

const headerCopySource = "x-ms-copy-source"

// putOrCopyBlob tells the two calls apart that differ by a header only.
func (s *Server) putOrCopyBlob(c *call) error {
	if c.r.Header.Get(headerCopySource) != "" {
		return s.copyBlob(c)
	}
	return s.putBlob(c)
}

// copyBlob copies a blob of this account, and answers when that is done.
func (s *Server) copyBlob(c *call) error {
	if kind := c.r.Header.Get("x-ms-blob-type"); kind != "" { // Put Blob From URL
		return unsupportedHeader(headerCopySource, c.r.Header.Get(headerCopySource))
	}
	x, err := c.writeConditions()
	if err != nil {
		return err
	}
	metadata, err := metadataOf(c.r.Header)
	if err != nil {
		return err
	}
	from, err := s.copySource(c)
	if err != nil {
		return err
	}
	made, err := s.CopyBlob(c.r.Context(), from, c.target.container, c.target.blob, metadata, c.checkMake(x))
	if err != nil {
		return err
	}
	setVersion(c.w.Header(), versionOf(&made))
	set(c.w.Header(), "x-ms-copy-id", made.Copy.ID)
	set(c.w.Header(), "x-ms-copy-status", "success")
	c.status(http.StatusAccepted)
	return nil
}

// copySource reads where to copy from, and checks that the caller may read it: by
// the URL's own signature, or because the call is signed with the account's key.
func (s *Server) copySource(c *call) (account.CopySource, error) {
	raw := c.r.Header.Get(headerCopySource)
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return account.CopySource{}, invalidHeader(headerCopySource, raw)
	}
	t, err := parseTarget(s.credential.account, u.Host, u.EscapedPath(), "")
	if err != nil || t.level != blobLevel {
		return account.CopySource{}, fault.Coded(fault.Invalid, "CopyAcrossAccountsNotSupported", "The copy source account and destination account must be the same.")
	}
	query, err := parseQuery(u.RawQuery)
	if err != nil {
		return account.CopySource{}, err
	}
	if query["sig"] != "" {
		sig, err := s.authenticateSAS(query, t, clientAddr(c.r.RemoteAddr), c.r.TLS != nil)
		if err != nil {
			return account.CopySource{}, err
		}
		if !strings.Contains(sig.query["sp"], "r") {
			return account.CopySource{}, cannotVerifySource("its signature does not allow reading")
		}
	} else if c.grant.signature != nil {
		return account.CopySource{}, cannotVerifySource("its URL has no signature")
	}
	x, err := conditionsOf(c.r.Header, "x-ms-source-")
	if err != nil {
		return account.CopySource{}, err
	}
	u.RawQuery, u.Fragment = "", ""
	return account.CopySource{Container: t.container, Blob: t.blob, URL: u.String(), Check: func(b *account.Blob) error {
		if x.read(versionOf(b)) != nil {
			return fault.Coded(fault.StaleETag, "SourceConditionNotMet", "The source condition specified using HTTP conditional header(s) is not met.")
		}
		return nil
	}}, nil
}

func cannotVerifySource(why string) error {
	return fault.Coded(fault.Forbidden, "CannotVerifyCopySource", "The caller may not read the copy source: %s.", why)
}

// abortCopy finds nothing to abort: a copy is done when its call is answered.
func (s *Server) abortCopy(c *call) error {
	if _, err := s.Stat(c.r.Context(), c.target.container, c.target.blob); err != nil {
		return err
	}
	return fault.Coded(fault.Conflict, "NoPendingCopyOperation", "There is currently no pending copy operation.")
}
