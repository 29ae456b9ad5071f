// Package audit is the log of changes: who changed what, when, from where, and
// what it was before and after. The store writes an entry in the transaction of
// the change itself; secrets are masked before anything is written.
package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"portico/internal/record"
	"portico/internal/secret"
)

// The actions.
const (
	Create = "create"
	Update = "update"
	Delete = "delete"
)

// Program is the actor of what Portico does of its own accord.
const Program = "portico"

// MaxBody is how much of a record an entry keeps, in bytes; of a larger one it keeps the size.
const MaxBody = 64 << 10

// Entry is one change of one record.
type Entry struct {
	ID        int64           `json:"id,string"` // grows with time
	Time      time.Time       `json:"timestamp"`
	Actor     string          `json:"actor"`
	Address   string          `json:"address,omitempty"`
	RequestID string          `json:"requestId,omitempty"`
	Action    string          `json:"action"`
	Path      string          `json:"path"`
	Kind      string          `json:"kind"`
	Before    json.RawMessage `json:"before,omitempty"` // the record, secrets masked
	After     json.RawMessage `json:"after,omitempty"`
}

// Budget bounds the log: the oldest entries go.
type Budget struct {
	MaxBytes int64
	MaxAge   time.Duration
}

// DefaultBudget is for those who set none.
var DefaultBudget = Budget{MaxBytes: 256 << 20, MaxAge: 8760 * time.Hour}

// Log is the log as its readers see it.
type Log interface {
	// Entries gives the entries with an id below before (0: all), the newest
	// first, without Before and After, until next returns false.
	Entries(ctx context.Context, before int64, next func(Entry) bool) error
	// Entry gives one entry whole, or fault.NotFound.
	Entry(ctx context.Context, id int64) (Entry, error)
}

// unlogged are the kinds of records that hold what the program works out or
// hands on, not what somebody set.
var unlogged = []string{"outbox", "queue", "workspaces/results", "workspaces/uploads", "workspaces/datasetnames", "workspaces/experiments/runs"}

// sessions begin and end in the log; that one is in use does not show.
var sessions = []string{"sessions", "portalsessions"}

// Of gives the entry of a change, and false for one that is not logged.
func Of(a record.Applied, actor record.Actor) (Entry, bool) {
	e := Entry{Action: Update, Path: a.New.Path, Time: a.New.Updated, Actor: actor.Name, Address: actor.Address, RequestID: actor.RequestID}
	switch {
	case a.Old.Path == "":
		e.Action = Create
	case a.New.Path == "":
		e.Action, e.Path = Delete, a.Old.Path
	}
	e.Kind = record.Kind(e.Path)
	if slices.Contains(unlogged, e.Kind) || e.Action == Update && (slices.Contains(sessions, e.Kind) || bytes.Equal(a.Old.Body, a.New.Body)) {
		return e, false
	}
	if e.Actor == "" {
		e.Actor = Program
	}
	e.Before, e.After = masked(a.Old.Body), masked(a.New.Body)
	return e, true
}

// Masked stands for a secret.
const Masked = "***"

// masked is a record's body without its secrets, or its size where it is too large.
func masked(body json.RawMessage) json.RawMessage {
	if len(body) == 0 {
		return nil
	}
	if len(body) > MaxBody {
		return json.RawMessage(fmt.Sprintf(`{"bytes":%d}`, len(body)))
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber() // numbers stay as they are written
	var v any
	if err := d.Decode(&v); err != nil {
		return json.RawMessage(`"` + Masked + `"`) // nothing that cannot be read may hold a secret
	}
	out, err := json.Marshal(mask("", v))
	if err != nil {
		return json.RawMessage(`"` + Masked + `"`)
	}
	return out
}

func mask(name string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		for member, value := range v {
			v[member] = mask(member, value)
		}
	case []any:
		for i := range v {
			v[i] = mask(name, v[i])
		}
	case string:
		if v != "" && (secret.IsSealed(v) || isHash(name)) {
			return Masked
		}
	}
	return v
}

// isHash tells by its name whether a member holds what passwords and tokens are checked by.
func isHash(name string) bool { return strings.HasSuffix(strings.ToLower(name), "hash") }
