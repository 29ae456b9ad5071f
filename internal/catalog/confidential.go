package catalog

import (
	"encoding/json"
	"fmt"

	"portico/internal/record"
	"portico/internal/secret"
)

// Confidential is a resource that holds secrets: they are sealed where it is
// kept, and no reader sees them except through the operations made for it.
type Confidential interface {
	// Secrets points at the secret texts, by a name that stays the same from one
	// version of the resource to the next.
	Secrets() map[string]*string
}

// Seal is the Put of v at a path; where v is Confidential, with its secrets sealed.
func Seal[P any](k *secret.Keeper, path string, v *P, match string) record.Change {
	c, ok := any(v).(Confidential)
	if !ok {
		return record.PutOf(path, v, match)
	}
	secrets, open := c.Secrets(), map[string]string{}
	for name, text := range secrets {
		if open[name] = *text; *text != "" {
			*text = k.Seal(record.Kind(path), *text)
		}
	}
	change := record.PutOf(path, v, match)
	for name, text := range secrets {
		*text = open[name]
	}
	return change
}

// Open reads a record that Seal made.
func Open[P any](k *secret.Keeper, r record.Record) (*P, error) {
	v := new(P)
	if err := json.Unmarshal(r.Body, v); err != nil {
		return nil, fmt.Errorf("%s: %w", r.Path, err)
	}
	c, ok := any(v).(Confidential)
	if !ok {
		return v, nil
	}
	for name, text := range c.Secrets() {
		if *text == "" {
			continue
		}
		opened, err := k.Open(record.Kind(r.Path), *text)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", r.Path, name, err)
		}
		*text = opened
	}
	return v, nil
}

// Conceal empties the secrets of what a reader sees.
func Conceal(c Confidential) {
	for _, text := range c.Secrets() {
		*text = ""
	}
}

// KeepSecrets takes from old, which may be nil, the secrets that p leaves empty:
// who changes something else need not know them.
func KeepSecrets[P any](p, old *P) {
	c, ok := any(p).(Confidential)
	if !ok || old == nil {
		return
	}
	before := any(old).(Confidential).Secrets()
	for name, text := range c.Secrets() {
		if known := before[name]; *text == "" && known != nil {
			*text = *known
		}
	}
}
