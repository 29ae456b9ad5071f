package module

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Catalogue is the modules that there are. It does not change and is safe for concurrent use.
type Catalogue struct {
	modules []*Module
	byKey   map[string]*Module // family id, lower-case name and aliases
}

// NewCatalogue makes a catalogue, sorted by category and name. It panics where
// a declaration is wrong, which only a programming mistake makes.
func NewCatalogue(modules ...*Module) *Catalogue {
	c := &Catalogue{modules: slices.Clone(modules), byKey: map[string]*Module{}}
	slices.SortFunc(c.modules, func(a, b *Module) int {
		return strings.Compare(a.Category+"\x00"+a.Name, b.Category+"\x00"+b.Name)
	})
	for _, m := range c.modules {
		if err := m.check(); err != nil {
			panic(err)
		}
		for _, key := range append([]string{m.FamilyID, m.Name}, m.Aliases...) {
			key = strings.ToLower(key)
			if c.byKey[key] != nil {
				panic(fmt.Sprintf("module: %q names two modules", key))
			}
			c.byKey[key] = m
		}
	}
	return c
}

// check finds what is wrong with a declaration.
func (m *Module) check() error {
	if len(m.FamilyID) != 32 || familyKey(m.FamilyID) == "" {
		return fmt.Errorf("module %s: the family id %q is not 32 hex digits", m.Name, m.FamilyID)
	}
	if (m.WebService == NotEndpoint) != (m.Prepare != nil) {
		return fmt.Errorf("module %s: Prepare is for all but the web service's input and output", m.Name)
	}
	for _, code := range m.Errors {
		if documented[code] == nil {
			return fmt.Errorf("module %s: error %s has no documented text", m.Name, code)
		}
	}
	for i := range m.Parameters {
		p := &m.Parameters[i]
		for _, name := range p.names() {
			if m.Parameter(name) != p {
				return fmt.Errorf("module %s: two parameters are called %q", m.Name, name)
			}
		}
		for _, c := range p.Choices {
			if meant, _ := p.choice(c); meant != c {
				return fmt.Errorf("module %s: the choices %q and %q of %q are the same", m.Name, c, meant, p.Name)
			}
		}
		if p.Default == "" {
			continue
		}
		if _, err := m.bind(p, ""); err != nil {
			return fmt.Errorf("module %s: default of %q: %w", m.Name, p.Name, err)
		}
	}
	return nil
}

// All lists the modules by category and name.
func (c *Catalogue) All() []*Module { return slices.Clone(c.modules) }

// Find gives the module that an id names: "{workspace}.{family}.{version}" as
// graphs carry it, a family id alone, with or without dashes, or a name; all
// without regard to case.
func (c *Catalogue) Find(id string) (*Module, bool) {
	id = strings.TrimSpace(id)
	if m := c.byKey[strings.ToLower(id)]; m != nil {
		return m, true
	}
	family := id
	if parts := strings.SplitN(id, ".", 3); len(parts) > 1 {
		family = parts[1]
	}
	m := c.byKey[familyKey(family)]
	return m, m != nil
}

// familyKey is a family id in the form of the index, or "" where it is not one.
func familyKey(id string) string {
	id = strings.ToLower(strings.ReplaceAll(id, "-", ""))
	if len(id) != 32 || strings.Trim(id, "0123456789abcdef") != "" {
		return ""
	}
	return id
}

// ModuleID is the ModuleId of a node in that workspace (azureml.md 5.2); without one, the family's id.
func (m *Module) ModuleID(workspace string) string {
	if workspace == "" {
		return strings.ToLower(m.FamilyID)
	}
	return workspace + "." + strings.ToLower(m.FamilyID) + ".v1-default-" + strconv.Itoa(m.Version)
}
