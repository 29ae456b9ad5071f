package access

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/secret"
)

// SessionCollection is where browser sessions are kept, by the keyed hash of their ids.
const SessionCollection = "/sessions"

const (
	sessionPurpose = "session"
	sessionIdle    = 12 * time.Hour     // without a request
	sessionMaxAge  = 7 * 24 * time.Hour // from the sign-in
	sessionTouch   = 5 * time.Minute    // how exactly the last request is remembered
	maxSessions    = 20                 // of one administrator; the oldest go
)

// The cookie's name. Its __Host- form cannot be set from another host or over
// plain HTTP. The developer portal's cookie has another name: ports share cookies.
const (
	sessionCookie       = "portico-console"
	secureSessionCookie = "__Host-portico-console"
)

type session struct {
	Administrator string    `json:"administrator"`
	Started       time.Time `json:"started"`
	Seen          time.Time `json:"seen"`
}

func (s session) over(now time.Time) bool {
	return now.Sub(s.Seen) >= sessionIdle || now.Sub(s.Started) >= sessionMaxAge
}

// errNoSession is returned for a cookie that proves nobody.
var errNoSession = errors.New("no session")

// Sessions keeps the sessions of administrators who signed in with a browser.
type Sessions struct {
	Records record.Store
	Keys    *secret.Keeper
}

// Start begins a session and sets its cookie. Sessions that are over are
// forgotten, and of the administrator's those beyond the limit.
func (s Sessions) Start(w http.ResponseWriter, r *http.Request, administrator string) error {
	ctx, now := r.Context(), time.Now().UTC()
	changes, err := s.tidy(ctx, administrator, now)
	if err != nil {
		return err
	}
	id := secret.ID() + secret.ID()
	changes = append(changes, record.PutOf(s.path(id), session{administrator, now, now}, "-"))
	if _, err := s.Records.Apply(ctx, changes...); err != nil {
		return err
	}
	setCookie(w, r, id, int(sessionMaxAge.Seconds()))
	return nil
}

// End ends the request's session, if it has one, and removes its cookie.
func (s Sessions) End(w http.ResponseWriter, r *http.Request) error {
	id := cookieValue(r)
	setCookie(w, r, "", -1)
	if id == "" {
		return nil
	}
	_, err := s.Records.Apply(r.Context(), record.Change{Op: record.DeleteTree, Path: s.path(id)})
	return err
}

// find gives the principal of the request's session, or errNoSession.
func (s Sessions) find(r *http.Request) (Principal, error) {
	id := cookieValue(r)
	if id == "" {
		return Principal{}, errNoSession
	}
	found, rec, err := record.Get[session](r.Context(), s.Records, s.path(id))
	if fault.Is(err, fault.NotFound) {
		return Principal{}, errNoSession
	}
	if err != nil {
		return Principal{}, err
	}
	now := time.Now().UTC()
	if found.over(now) {
		return Principal{}, errNoSession
	}
	if now.Sub(found.Seen) >= sessionTouch {
		found.Seen = now
		_, err := s.Records.Apply(r.Context(), record.PutOf(rec.Path, found, rec.ETag))
		if err != nil && !fault.Is(err, fault.StaleETag) && !fault.Is(err, fault.NotFound) { // another request was faster, or it was just ended
			return Principal{}, err
		}
	}
	return administratorPrincipal(found.Administrator), nil
}

// tidy gives the deletions of sessions that are over, and of the oldest of one administrator.
func (s Sessions) tidy(ctx context.Context, administrator string, now time.Time) ([]record.Change, error) {
	recs, err := s.Records.List(ctx, SessionCollection)
	if err != nil {
		return nil, err
	}
	var changes []record.Change
	kept := 0
	for i := len(recs) - 1; i >= 0; i-- { // the newest first
		var found session
		if err := json.Unmarshal(recs[i].Body, &found); err != nil {
			return nil, fmt.Errorf("%s: %w", recs[i].Path, err)
		}
		if !found.over(now) {
			if !strings.EqualFold(found.Administrator, administrator) {
				continue
			}
			if kept++; kept < maxSessions {
				continue
			}
		}
		changes = append(changes, record.Change{Op: record.DeleteTree, Path: recs[i].Path})
	}
	return changes, nil
}

// sessionsOf gives the deletions of all sessions of an administrator.
func sessionsOf(ctx context.Context, s record.Store, administrator string) ([]record.Change, error) {
	recs, err := s.List(ctx, SessionCollection)
	if err != nil {
		return nil, err
	}
	var changes []record.Change
	for _, r := range recs {
		var found session
		if err := json.Unmarshal(r.Body, &found); err != nil {
			return nil, fmt.Errorf("%s: %w", r.Path, err)
		}
		if strings.EqualFold(found.Administrator, administrator) {
			changes = append(changes, record.Change{Op: record.DeleteTree, Path: r.Path})
		}
	}
	return changes, nil
}

func (s Sessions) path(id string) string {
	h := s.Keys.Hash(sessionPurpose, id)
	return record.Path("sessions", hex.EncodeToString(h[:]))
}

func setCookie(w http.ResponseWriter, r *http.Request, value string, maxAge int) {
	c := &http.Cookie{Name: sessionCookie, Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if r.TLS != nil {
		c.Name, c.Secure = secureSessionCookie, true
	}
	http.SetCookie(w, c)
}

// cookieValue is the session's id, from the cookie that fits the connection.
func cookieValue(r *http.Request) string {
	name := sessionCookie
	if r.TLS != nil {
		name = secureSessionCookie
	}
	c, err := r.Cookie(name)
	if err != nil || len(c.Value) > 128 {
		return ""
	}
	return c.Value
}
