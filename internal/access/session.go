package access

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/secret"
)

const (
	sessionPurpose = "session"
	sessionIdle    = 12 * time.Hour     // without a request
	sessionMaxAge  = 7 * 24 * time.Hour // from the sign-in
	sessionTouch   = 5 * time.Minute    // how exactly the last request is remembered
	maxSessions    = 20                 // of one person; the oldest go
	maxAgent       = 200                // bytes of a browser's own description
)

// session is what is kept of a sign-in, under the keyed hash of its id.
type session struct {
	Person  string    `json:"person"`
	Started time.Time `json:"started"`
	Seen    time.Time `json:"seen"`
	Address string    `json:"address"`
	Browser string    `json:"browser,omitempty"`
}

func (s session) over(now time.Time) bool {
	return now.Sub(s.Seen) >= sessionIdle || now.Sub(s.Started) >= sessionMaxAge
}

// Session is a sign-in as the person who made it sees it.
type Session struct {
	ID      string    `json:"id"` // opaque; it proves nothing
	Started time.Time `json:"started"`
	Seen    time.Time `json:"seen"`
	Address string    `json:"address"`
	Browser string    `json:"browser,omitempty"`
	Current bool      `json:"current"`
}

// ErrNoSession is returned for a request whose cookie proves nobody.
var ErrNoSession = errors.New("no session")

// Sessions keeps the sessions of people who signed in with a browser.
type Sessions struct {
	Records record.Store
	Keys    *secret.Keeper
	// collection is where they are kept, by the keyed hash of their ids.
	collection string
	// cookie is the cookie's name. Its __Host- form cannot be set from another
	// host or over plain HTTP. Each listener has its own: ports share cookies.
	cookie string
}

// StaffSessions are those of the console.
func StaffSessions(records record.Store, keys *secret.Keeper) Sessions {
	return Sessions{records, keys, "sessions", "portico-console"}
}

// DeveloperSessions are those of the developer portal.
func DeveloperSessions(records record.Store, keys *secret.Keeper) Sessions {
	return Sessions{records, keys, "portalSessions", "portico-portal"}
}

// Start begins a session and sets its cookie. Sessions that are over are
// forgotten, and of the person's those beyond the limit.
func (s Sessions) Start(w http.ResponseWriter, r *http.Request, person string) error {
	now := time.Now().UTC()
	changes, err := s.ending(r.Context(), func(all []stored) []stored { return beyond(all, person, now) })
	if err != nil {
		return err
	}
	id := secret.ID() + secret.ID()
	actor := record.ActorOf(r.Context())
	actor.Name = person
	browser := r.UserAgent()
	if len(browser) > maxAgent {
		browser = strings.ToValidUTF8(browser[:maxAgent], "")
	}
	changes = append(changes, record.PutOf(s.path(id), session{person, now, now, Client(r), browser}, "-"))
	if _, err := s.Records.Apply(record.WithActor(r.Context(), actor), changes...); err != nil {
		return err
	}
	s.setCookie(w, r, id, int(sessionMaxAge.Seconds()))
	return nil
}

// End ends the request's session, if it has one, and removes its cookie.
func (s Sessions) End(w http.ResponseWriter, r *http.Request) error {
	id := s.cookieValue(r)
	s.setCookie(w, r, "", -1)
	if id == "" {
		return nil
	}
	_, err := s.Records.Apply(r.Context(), record.Change{Op: record.DeleteTree, Path: s.path(id)})
	return err
}

// Find gives the person of the request's session, or ErrNoSession.
func (s Sessions) Find(r *http.Request) (person string, err error) {
	id := s.cookieValue(r)
	if id == "" {
		return "", ErrNoSession
	}
	found, rec, err := record.Get[session](r.Context(), s.Records, s.path(id))
	if fault.Is(err, fault.NotFound) {
		return "", ErrNoSession
	}
	if err != nil {
		return "", err
	}
	now := time.Now().UTC()
	if found.over(now) {
		return "", ErrNoSession
	}
	if now.Sub(found.Seen) >= sessionTouch {
		found.Seen = now
		_, err := s.Records.Apply(r.Context(), record.PutOf(rec.Path, found, rec.ETag))
		if err != nil && !fault.Is(err, fault.StaleETag) && !fault.Is(err, fault.NotFound) { // another request was faster, or it was just ended
			return "", err
		}
	}
	return found.Person, nil
}

// List gives a person's sessions, the newest first; the request's own is marked.
func (s Sessions) List(r *http.Request, person string) ([]Session, error) {
	all, err := s.all(r.Context())
	if err != nil {
		return nil, err
	}
	current := s.path(s.cookieValue(r))
	sessions := []Session{}
	for _, found := range slices.Backward(all) {
		if strings.EqualFold(found.Person, person) && !found.over(time.Now()) {
			sessions = append(sessions, Session{record.Name(found.path), found.Started, found.Seen, found.Address, found.Browser, found.path == current})
		}
	}
	return sessions, nil
}

// Revoke ends one session of a person, by the id that List gives. It returns
// fault.NotFound where the person has none of that id.
func (s Sessions) Revoke(ctx context.Context, person, id string) error {
	changes, err := s.ending(ctx, func(all []stored) []stored {
		return slices.DeleteFunc(all, func(found stored) bool {
			return !strings.EqualFold(found.Person, person) || record.Name(found.path) != id
		})
	})
	if err == nil && len(changes) == 0 {
		err = fault.New(fault.NotFound, "There is no session %s: it has ended already.", id)
	}
	if err != nil {
		return err
	}
	_, err = s.Records.Apply(ctx, changes...)
	return err
}

// Ending gives the deletions of all sessions of a person, to be applied with
// what makes them end.
func (s Sessions) Ending(ctx context.Context, person string) ([]record.Change, error) {
	return s.ending(ctx, func(all []stored) []stored {
		return slices.DeleteFunc(all, func(found stored) bool { return !strings.EqualFold(found.Person, person) })
	})
}

// stored is a session with the path of its record.
type stored struct {
	session
	path string
}

// all gives the sessions in the order in which they began.
func (s Sessions) all(ctx context.Context) ([]stored, error) {
	recs, err := s.Records.List(ctx, "/"+s.collection)
	if err != nil {
		return nil, err
	}
	all := make([]stored, len(recs))
	for i, r := range recs {
		all[i].path = r.Path
		if err := json.Unmarshal(r.Body, &all[i].session); err != nil {
			return nil, fmt.Errorf("%s: %w", r.Path, err)
		}
	}
	return all, nil
}

// ending gives the deletions of the sessions that choose keeps of all.
func (s Sessions) ending(ctx context.Context, choose func([]stored) []stored) ([]record.Change, error) {
	all, err := s.all(ctx)
	if err != nil {
		return nil, err
	}
	var changes []record.Change
	for _, found := range choose(all) {
		changes = append(changes, record.Change{Op: record.DeleteTree, Path: found.path})
	}
	return changes, nil
}

// beyond keeps the sessions that are over, and the oldest of a person who begins another.
func beyond(all []stored, person string, now time.Time) []stored {
	var gone []stored
	kept := 0
	for _, found := range slices.Backward(all) {
		if !found.over(now) {
			if !strings.EqualFold(found.Person, person) {
				continue
			}
			if kept++; kept < maxSessions {
				continue
			}
		}
		gone = append(gone, found)
	}
	return gone
}

func (s Sessions) path(id string) string {
	h := s.Keys.Hash(sessionPurpose, id)
	return record.Path(s.collection, hex.EncodeToString(h[:]))
}

func (s Sessions) setCookie(w http.ResponseWriter, r *http.Request, value string, maxAge int) {
	SetCookie(w, r, s.cookie, value, maxAge)
}

// cookieValue is the session's id, from the cookie that fits the connection.
func (s Sessions) cookieValue(r *http.Request) string { return CookieValue(r, s.cookie) }

// hostPrefix makes a cookie one that only this host can set, over TLS.
const hostPrefix = "__Host-"

// SetCookie sets a cookie that no script reads and that no other site's form
// sends; over TLS under a name that cannot be set from elsewhere. maxAge is in seconds.
func SetCookie(w http.ResponseWriter, r *http.Request, name, value string, maxAge int) {
	c := &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if r.TLS != nil {
		c.Name, c.Secure = hostPrefix+name, true
	}
	http.SetCookie(w, c)
}

// CookieValue is what SetCookie set, or "".
func CookieValue(r *http.Request, name string) string {
	if r.TLS != nil {
		name = hostPrefix + name
	}
	c, err := r.Cookie(name)
	if err != nil || len(c.Value) > maxCookie {
		return ""
	}
	return c.Value
}

const maxCookie = 4096 // bytes
