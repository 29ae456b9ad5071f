package gateway

import (
	"encoding/json"
	"strings"

	"portico/internal/catalog"
	"portico/internal/policy"
	"portico/internal/record"
)

// library is what documents refer to by name: named values, secret ones opened,
// and policy fragments.
type library struct {
	values    map[string]string         // by display name
	names     map[string]string         // display names, by record path in lower case
	secrets   map[string]string         // the texts of secret ones, likewise
	fragments map[string]catalog.Policy // by id in lower case
}

func newLibrary() *library {
	return &library{values: map[string]string{}, names: map[string]string{}, secrets: map[string]string{}, fragments: map[string]catalog.Policy{}}
}

// NamedValue gives the text of a named value; see policy.Library.
func (l *library) NamedValue(name string) (string, bool) {
	value, ok := l.values[name]
	return value, ok
}

// Fragment gives a policy fragment; see policy.Library.
func (l *library) Fragment(id string) (catalog.Policy, bool) {
	f, ok := l.fragments[strings.ToLower(id)]
	return f, ok
}

// namedValue takes note of a named value that is new, changed or gone.
func (b *builder) namedValue(path string, now record.Record) {
	key := record.Key(path)
	if old, known := b.library.names[key]; known {
		delete(b.library.values, old)
		delete(b.library.names, key)
		delete(b.library.secrets, key)
		defer b.recompile(policy.Use{Name: old})
	}
	if now.Path == "" {
		return
	}
	v, err := catalog.Open[catalog.NamedValue](b.keeper, now)
	if err != nil {
		b.report(path, "value", "The named value cannot be read: %s", err)
		return
	}
	if v.Secret {
		b.library.secrets[key] = v.Value
	}
	b.library.values[v.DisplayName], b.library.names[key] = v.Value, v.DisplayName
	b.recompile(policy.Use{Name: v.DisplayName})
}

// fragment takes note of a policy fragment that is new, changed or gone.
func (b *builder) fragment(path string, now record.Record) {
	id := strings.ToLower(record.Name(path))
	delete(b.library.fragments, id)
	if now.Path != "" {
		var f catalog.Policy
		if err := json.Unmarshal(now.Body, &f); err != nil {
			b.report(path, "", "The record cannot be read: %s", err)
		} else {
			b.library.fragments[id] = f
		}
	}
	b.recompile(policy.Use{Fragment: true, Name: id})
}

// recompile compiles the documents again that refer to something that changed.
func (b *builder) recompile(u policy.Use) {
	refers := func(d document) bool { return d.record.Path != "" && d.unit.Uses[u] }
	if refers(b.global) {
		b.change(b.global.record.Path, b.global.record)
	}
	for _, p := range b.products {
		if refers(p.policy) {
			b.change(p.policy.record.Path, p.policy.record)
		}
	}
	for _, a := range b.apis {
		if refers(a.policy) {
			b.change(a.policy.record.Path, a.policy.record)
		}
		for _, o := range a.operations {
			if refers(o.policy) {
				b.change(o.policy.record.Path, o.policy.record)
			}
		}
	}
}
