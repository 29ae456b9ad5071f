package module

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"portico/internal/fault"
	"portico/internal/table"
)

// Values are a node's parameters by name, checked against the declaration and with defaults filled in.
type Values map[string]string

// Bind checks parameter values against the declaration and fills in the
// defaults; a blank value stands for the default. It returns fault.Invalid for a
// name that the module does not have, else *Error: 0002 for a value that is not of
// the parameter's type, 0004 or 0008 outside its range, 0011 for an absent selection.
func (m *Module) Bind(given map[string]string) (Values, error) {
	var unknown []string
	for name := range given {
		if m.Parameter(name) == nil {
			unknown = append(unknown, strconv.Quote(name))
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return nil, fault.New(fault.Invalid, "module %q has no parameter %s", m.Name, strings.Join(unknown, ", "))
	}
	values := make(Values, len(m.Parameters))
	for i := range m.Parameters {
		p := &m.Parameters[i]
		value, err := m.bind(p, given[p.Name])
		if err != nil {
			return nil, err
		}
		values[p.Name] = value
	}
	return values, nil
}

// bind gives a value in its canonical form.
func (m *Module) bind(p *Parameter, value string) (string, error) {
	if p.Type == Text && value != "" {
		return value, nil
	}
	value = strings.TrimSpace(value)
	if value == "" {
		value = p.Default
	}
	if value == "" && p.Optional {
		return "", nil
	}
	switch p.Type {
	case Integer:
		n, err := strconv.ParseInt(value, 10, 64)
		switch {
		case err != nil:
			return "", Fail("0002", p.Name, string(Integer)).In(p.Name)
		case n < p.Min && slices.Contains(m.Errors, "0004"):
			return "", Fail("0004", p.Name, p.Min-1).In(p.Name)
		case n < p.Min || n > p.Max:
			return "", Fail("0008", p.Name, p.Min, p.Max).In(p.Name)
		}
		return strconv.FormatInt(n, 10), nil
	case Bool:
		b, err := strconv.ParseBool(strings.ToLower(value))
		if err != nil {
			return "", Fail("0002", p.Name, string(Bool)).In(p.Name)
		}
		if b {
			return "True", nil
		}
		return "False", nil
	case Choice:
		for _, c := range p.Choices {
			if strings.EqualFold(c, value) {
				return c, nil
			}
		}
		return "", Fail("0002", p.Name, strings.Join(p.Choices, ", ")).In(p.Name)
	case ColumnSelection:
		_, err := parseSelection(p.Name, value)
		return value, err
	}
	if value == "" {
		return "", Fail("0002", p.Name).In(p.Name)
	}
	return value, nil
}

// Parameter gives the declaration of a parameter, or nil.
func (m *Module) Parameter(name string) *Parameter {
	for i := range m.Parameters {
		if m.Parameters[i].Name == name {
			return &m.Parameters[i]
		}
	}
	return nil
}

// Int gives an Integer parameter; Bind has checked that it is one.
func (v Values) Int(name string) int64 {
	n, _ := strconv.ParseInt(v[name], 10, 64)
	return n
}

// Bool gives a Boolean parameter.
func (v Values) Bool(name string) bool { return v[name] == "True" }

// String gives a parameter as text: of a Choice, the choice as it is declared.
func (v Values) String(name string) string { return v[name] }

// Columns gives a ColumnSelection parameter, parsed. It returns *Error.
func (v Values) Columns(name string) (Selection, error) {
	s, err := parseSelection(name, v[name])
	return Selection{s, name}, err
}

// Selection is a column selection that reports its failures as documented errors.
type Selection struct {
	table.Selector
	parameter string
}

// Select gives a table of the selected columns. It returns *Error: 0001, 0011, 0059, 0060.
func (s Selection) Select(t *table.Table) (*table.Table, error) {
	out, err := s.Selector.Select(t)
	return out, s.documented(err)
}

func (s Selection) documented(err error) error {
	var e *table.SelectorError
	if errors.As(err, &e) {
		return selectionError(e, s.parameter)
	}
	return err
}

func parseSelection(parameter, text string) (table.Selector, error) {
	s, err := table.ParseSelector(text)
	var e *table.SelectorError
	if errors.As(err, &e) {
		return s, selectionError(e, parameter)
	}
	return s, err
}
