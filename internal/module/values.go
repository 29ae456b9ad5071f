package module

import (
	"errors"
	"iter"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"portico/internal/fault"
	"portico/internal/table"
)

// Values are a node's parameters by name, checked against the declaration and with defaults filled in.
type Values map[string]string

// Bind checks parameter values against the declaration and fills in the
// defaults; a blank value stands for the default, and one that does not apply is left out. It returns fault.Invalid for a
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
		if !values.meet(p.When) {
			continue
		}
		value, err := m.bind(p, p.in(given))
		if err != nil {
			return nil, err
		}
		values[p.Name] = value
	}
	return values, nil
}

// meet tells whether conditions hold.
func (v Values) meet(conditions []Condition) bool {
	for _, c := range conditions {
		if !slices.Contains(c.Values, v[c.Parameter]) {
			return false
		}
	}
	return true
}

// bind gives a value in its canonical form.
func (m *Module) bind(p *Parameter, value string) (string, error) {
	if (p.Type == Text || p.Type == Script || p.Type == Secret) && value != "" {
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
		case n < p.Min && p.Max >= math.MaxInt32:
			return "", Fail("0005", p.Name, p.Min).In(p.Name)
		case n < p.Min || n > p.Max:
			return "", Fail("0008", p.Name, p.Min, p.Max).In(p.Name)
		}
		return strconv.FormatInt(n, 10), nil
	case Float:
		f, err := strconv.ParseFloat(value, 64)
		switch {
		case err != nil || math.IsNaN(f) || math.IsInf(f, 0):
			return "", Fail("0002", p.Name, string(Float)).In(p.Name)
		case p.Low != p.High && f < p.Low && p.High >= math.MaxFloat64:
			return "", Fail("0005", p.Name, p.Low).In(p.Name)
		case p.Low != p.High && (f < p.Low || f > p.High):
			return "", Fail("0008", p.Name, p.Low, p.High).In(p.Name)
		}
		return strconv.FormatFloat(f, 'g', -1, 64), nil
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
		if c, ok := p.choice(value); ok {
			return c, nil
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

// choice finds the choice that a text means: case, blanks and punctuation do not count, for graphs write "PearsonCorrelation".
func (p *Parameter) choice(text string) (string, bool) {
	bare := letters(text)
	for _, c := range p.Choices {
		if letters(c) == bare {
			return c, true
		}
	}
	c, ok := p.Synonyms[bare]
	return c, ok
}

// letters keeps a text's letters and digits, in lower case; all of it where it has none.
func letters(text string) string {
	bare := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
	if bare == "" {
		return text
	}
	return bare
}

// Parameter gives the declaration of a parameter, by its name or an alias, or
// nil. Upper and lower case are the same: graphs and pages differ in them.
func (m *Module) Parameter(name string) *Parameter {
	for i := range m.Parameters {
		if p := &m.Parameters[i]; slices.ContainsFunc(p.names(), func(n string) bool { return strings.EqualFold(n, name) }) {
			return p
		}
	}
	return nil
}

// names lists the parameter's name and its aliases.
func (p *Parameter) names() []string { return append([]string{p.Name}, p.Aliases...) }

// in gives the parameter's value among those given: its name comes before its aliases, and those before other cases.
func (p *Parameter) in(given map[string]string) string {
	for _, name := range p.names() {
		if value, ok := given[name]; ok {
			return value
		}
	}
	for _, name := range p.names() {
		for _, other := range slices.Sorted(maps.Keys(given)) {
			if strings.EqualFold(name, other) {
				return given[other]
			}
		}
	}
	return ""
}

// Int gives an Integer parameter; Bind has checked that it is one.
func (v Values) Int(name string) int64 {
	n, _ := strconv.ParseInt(v[name], 10, 64)
	return n
}

// Float gives a Float parameter; Bind has checked that it is one.
func (v Values) Float(name string) float64 {
	f, _ := strconv.ParseFloat(v[name], 64)
	return f
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

// Spread is table.Selector's Spread. Its errors are Select's, and 0138 where too many
// columns of a sparse block are selected.
func (s Selection) Spread(t *table.Table) (*table.Table, []int, error) {
	out, places, err := s.Selector.Spread(t)
	return out, places, s.documented(err)
}

// One gives the table as Spread does and the place of the only selected column; 0022 where not one is selected.
func (s Selection) One(t *table.Table) (*table.Table, int, error) {
	out, places, err := s.Spread(t)
	if err != nil {
		return nil, 0, err
	}
	if len(places) != 1 {
		return nil, 0, Fail("0022", s.parameter, 1, len(places)).In(s.parameter)
	}
	return out, places[0], nil
}

// Unsupported is error 0017 about a selected column.
func (s Selection) Unsupported(c *table.Column) *Error {
	return Fail("0017", c.Type, c.Name).In(s.parameter)
}

func (s Selection) documented(err error) error {
	var e *table.SelectorError
	if errors.As(err, &e) {
		return selectionError(e, s.parameter)
	}
	if fault.Is(err, fault.TooLarge) {
		tooLarge := Fail("0138").In(s.parameter)
		tooLarge.Err = err
		return tooLarge
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

// AllColumns selects every column; parameter is what failures are reported about.
func AllColumns(parameter string) Selection {
	return Selection{table.Selector{IsFilter: true, Rules: []table.Rule{{Type: table.AllColumns}}}, parameter}
}

// SelectColumns selects columns by name, in that order.
func SelectColumns(parameter string, names iter.Seq[string]) Selection {
	return Selection{table.Selector{Rules: []table.Rule{{Type: table.ColumnNames, Columns: slices.Collect(names)}}}, parameter}
}
