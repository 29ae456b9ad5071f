package artifact

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"portico/internal/record"
	"portico/internal/secret"
)

// Request is one change that an apply asks for.
type Request struct {
	Resource
	Delete bool `json:"delete,omitempty"`
}

// Changes is what an apply sends.
type Changes struct {
	Requests []Request `json:"requests"`
	DryRun   bool      `json:"dryRun,omitempty"`
}

// Configuration is what a server answers of itself.
type Configuration struct {
	Value []Resource `json:"value"`
}

// Outcome is what an apply did, or in a dry run would do.
type Outcome struct {
	Changes []Change `json:"changes"`
}

// The actions of a Change.
const (
	Create = "create"
	Update = "update"
	Delete = "delete"
)

// Change is one resource that is not as it was.
type Change struct {
	Action string  `json:"action"`
	Path   string  `json:"path"`
	Fields []Field `json:"fields,omitempty"` // of an Update
}

// Field is a member that changed, as JSON; "" where it is not there. Secrets are not shown.
type Field struct {
	Name   string `json:"name"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// Describe tells what became of a record.
func Describe(d record.Applied) Change {
	switch {
	case d.Old.Path == "":
		return Change{Action: Create, Path: d.New.Path}
	case d.New.Path == "":
		return Change{Action: Delete, Path: d.Old.Path}
	}
	c := Change{Action: Update, Path: d.Old.Path}
	var before, after any
	if json.Unmarshal(d.Old.Body, &before) == nil && json.Unmarshal(d.New.Body, &after) == nil {
		c.compare("", before, after)
	}
	return c
}

// maxShown is how much of a value a Field shows, in bytes.
const maxShown = 64 << 10

func (c *Change) compare(name string, before, after any) {
	b, isObject := before.(map[string]any)
	a, staysObject := after.(map[string]any)
	if isObject && staysObject {
		names := map[string]bool{}
		for n := range b {
			names[n] = true
		}
		for n := range a {
			names[n] = true
		}
		for _, n := range slices.Sorted(maps.Keys(names)) {
			c.compare(strings.TrimPrefix(name+"."+n, "."), b[n], a[n])
		}
		return
	}
	if f := (Field{name, show(before), show(after)}); f.Before != f.After {
		c.Fields = append(c.Fields, f)
	}
}

// show writes a value without its secrets.
func show(v any) string {
	if v == nil {
		return ""
	}
	raw, err := json.Marshal(Conceal(v, "(secret)"))
	if err != nil || len(raw) > maxShown || !utf8.Valid(raw) {
		return fmt.Sprintf("%d bytes", len(raw))
	}
	return string(raw)
}

// Conceal puts a text in the place of every secret of a decoded document.
func Conceal(v any, in string) any {
	switch v := v.(type) {
	case string:
		if secret.IsSealed(v) {
			return in
		}
	case []any:
		for i := range v {
			v[i] = Conceal(v[i], in)
		}
	case map[string]any:
		for n := range v {
			v[n] = Conceal(v[n], in)
		}
	}
	return v
}
