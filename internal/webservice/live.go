package webservice

import (
	"crypto/sha256"
	"crypto/subtle"
	"sync/atomic"
	"time"
)

// Live is an endpoint ready for calls. It does not change; a change of the
// endpoint makes a new one, and calls under way finish on the old.
type Live struct {
	WorkspaceID       string
	ServiceID         string
	ServiceName       string
	ServiceText       string // its description
	EndpointID        string
	Name              string
	Description       string
	APILocation       string // URL before "/execute"
	Version           time.Time
	SampleDataEnabled bool
	MaxCalls          int64

	// Plan is nil, and Broken says why, where the stored definition cannot be run.
	Plan   *Plan
	Broken error

	compiled *compiled
	keys     [2][sha256.Size]byte
	running  *atomic.Int64 // calls under way, on this and on older versions of the endpoint
}

// Accepts tells whether key is one of the endpoint's two keys. Both are compared
// in full whatever they hold.
func (l *Live) Accepts(key string) bool {
	sum := sha256.Sum256([]byte(key))
	return subtle.ConstantTimeCompare(sum[:], l.keys[0][:])|subtle.ConstantTimeCompare(sum[:], l.keys[1][:]) == 1
}

// Enter takes a place for a call, or tells that all MaxCalls are taken. Leave gives it back.
func (l *Live) Enter() bool {
	if l.running.Add(1) > l.MaxCalls {
		l.running.Add(-1)
		return false
	}
	return true
}

// Leave gives a place back that Enter took.
func (l *Live) Leave() { l.running.Add(-1) }

// snapshot is every endpoint that can be called.
type snapshot struct {
	byID   map[string]*Live // endpoint id
	byName map[string]*Live // service id + "/" + endpoint name
}

// with gives a copy in which the endpoints that drop names are gone and add is in.
func (s *snapshot) with(drop func(*Live) bool, add ...*Live) *snapshot {
	out := &snapshot{byID: make(map[string]*Live, len(s.byID)+len(add)), byName: make(map[string]*Live, len(s.byName)+len(add))}
	put := func(l *Live) {
		out.byID[l.EndpointID] = l
		out.byName[l.ServiceID+"/"+l.Name] = l
	}
	for _, l := range s.byID {
		if !drop(l) {
			put(l)
		}
	}
	for _, l := range add {
		put(l)
	}
	return out
}
