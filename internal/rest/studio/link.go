package studio

import (
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/fault"
)

const (
	linkPurpose = "studio download link"
	linkAge     = 24 * time.Hour // how long a link that the API gives out is good, at least
)

// place is an address in the three parts that clients of the classic API put together.
type place struct{ base, location, credential string }

// link gives a place to fetch from without a token: some clients send none to
// the places that they are told (azureml.md 5.3). The credential is good for
// reading this one path.
func (s *server) link(r *http.Request, segments ...string) place {
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	escaped := make([]string, len(segments))
	for i, segment := range segments {
		escaped[i] = url.PathEscape(segment)
	}
	path := "/api/workspaces/" + s.Workspace.ID + "/" + strings.Join(segments, "/")
	// The end is rounded up to the hour, so that an object that is asked for twice reads the same.
	end := strconv.FormatInt(time.Now().Add(linkAge+time.Hour).Truncate(time.Hour).Unix(), 10)
	return place{
		base:       scheme + r.Host + "/",
		location:   "api/workspaces/" + s.Workspace.ID + "/" + strings.Join(escaped, "/"),
		credential: "?se=" + end + "&sig=" + s.sign(path, end),
	}
}

func (s *server) sign(path, end string) string {
	sum := s.Keys.Hash(linkPurpose, end+"\n"+path)
	return hex.EncodeToString(sum[:])
}

// authenticate takes a link's credential where a reading request has no other, else what staff sends.
func (s *server) authenticate(r *http.Request) (access.Principal, error) {
	query := r.URL.Query()
	signature := query.Get("sig")
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	if signature == "" || !reads || r.Header.Get("Authorization") != "" || r.Header.Get(access.StudioTokenHeader) != "" {
		return s.Authenticate(r)
	}
	end := query.Get("se")
	if subtle.ConstantTimeCompare([]byte(signature), []byte(s.sign(r.URL.Path, end))) != 1 {
		return access.Principal{}, fault.New(fault.Unauthorized, "The link is not one that this server gave out, or it was changed.")
	}
	if seconds, err := strconv.ParseInt(end, 10, 64); err != nil || time.Now().Unix() >= seconds {
		return access.Principal{}, fault.New(fault.Unauthorized, "The link has expired: ask for the object again to get a new one.")
	}
	return access.Principal{Name: "a download link", Roles: []access.Role{access.Viewer}}, nil
}
