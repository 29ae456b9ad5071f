package artifact

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"slices"

	"portico/internal/catalog"
	"portico/internal/record"
)

// Files writes a configuration as files, by their paths with slashes.
func Files(resources []Resource) (map[string][]byte, error) {
	w := &writer{files: map[string][]byte{}, implied: map[string]bool{}, empty: map[string]map[string]json.RawMessage{}}
	resources = slices.Clone(resources)
	Sort(resources)
	if err := w.specifications(resources); err != nil {
		return nil, err
	}
	for _, r := range resources {
		if err := w.write(r); err != nil {
			return nil, fmt.Errorf("%s: %w", r.Path, err)
		}
	}
	return w.files, nil
}

type writer struct {
	files   map[string][]byte
	implied map[string]bool                       // keys of what specification files say
	empty   map[string]map[string]json.RawMessage // members of APIs to be written although they are empty, by key
}

// specifications writes the definitions of all APIs.
func (w *writer) specifications(resources []Resource) error {
	all, err := definitions(resources)
	if err != nil {
		return err
	}
	for _, r := range resources {
		if record.Kind(r.Path) != "apis" {
			continue
		}
		d := all[record.Key(record.Name(r.Path))]
		s, err := d.specify()
		if err != nil {
			return fmt.Errorf("%s: %w", r.Path, err)
		}
		w.files[path.Join(folder(r.Path), s.name)] = s.text
		w.empty[record.Key(r.Path)] = unsaidMembers(&d.api, s.api)
		unsaid := d.unsaid(s.api)
		for _, p := range implied(record.Name(r.Path), s.api) {
			said := true
			switch record.Kind(p) {
			case "apis/operations":
				said = !unsaid[record.Name(p)]
			case "apis/schemas":
				said = d.schema != nil && sameJSON(d.schema, s.api.Schema)
			}
			if said {
				w.implied[record.Key(p)] = true
			}
		}
	}
	return nil
}

// write writes the files of one resource, unless a specification says it.
func (w *writer) write(r Resource) error {
	k, _ := KindOf(r.Path)
	switch {
	case k == nil:
		return fmt.Errorf("it is no configuration")
	case k.Name == "apis/definitions", w.implied[record.Key(r.Path)]:
		return nil
	case k.Link:
		w.files[path.Join(folder(r.Path), k.File)] = []byte("{}\n")
		return nil
	case k.File == "":
		var p catalog.Policy
		if err := json.Unmarshal(r.Properties, &p); err != nil {
			return err
		}
		w.files[path.Join(folder(record.Parent(r.Path)), policyFile)] = []byte(p.Value)
		return nil
	}
	var properties map[string]json.RawMessage
	if err := json.Unmarshal(r.Properties, &properties); err != nil {
		return err
	}
	if k.Name == "policyfragments" {
		var p catalog.Policy
		if err := json.Unmarshal(r.Properties, &p); err != nil {
			return err
		}
		w.files[path.Join(folder(r.Path), policyFile)] = []byte(p.Value)
		delete(properties, "value")
		delete(properties, "format")
	}
	for _, name := range k.Left {
		delete(properties, name)
	}
	if k.Name == "namedvalues" && string(properties["value"]) == `""` {
		delete(properties, "value") // a secret, which is left out
	}
	for name, value := range w.empty[record.Key(r.Path)] {
		properties[name] = value
	}
	text, err := marshal(map[string]any{"properties": properties})
	w.files[path.Join(folder(r.Path), k.File)] = text
	return err
}

// marshal writes JSON for people: members in order, two spaces a level, no escapes but those that JSON needs.
func marshal(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	decoded, err := record.Decode(raw)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err = e.Encode(decoded)
	return b.Bytes(), err
}

// Same tells whether two documents say the same; equal tells whether two texts
// that differ do, and nil is that none do.
func Same(a, b []byte, equal func(a, b string) bool) bool {
	x, errX := record.Decode(a)
	y, errY := record.Decode(b)
	return errX == nil && errY == nil && same(x, y, equal)
}

func same(a, b any, equal func(a, b string) bool) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for name, item := range a {
			if other, ok := b[name]; !ok || !same(item, other, equal) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, func(x, y any) bool { return same(x, y, equal) })
	case string:
		b, ok := b.(string)
		return ok && (a == b || equal != nil && equal(a, b))
	}
	return a == b
}
