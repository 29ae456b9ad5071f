// Package moduletest runs one module in a test.
package moduletest

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"portico/internal/module"
	"portico/internal/table"
)

// Parameters are a node's parameters by name.
type Parameters = map[string]string

// Run binds the parameters, prepares the module and runs it.
func Run(t *testing.T, m *module.Module, given Parameters, in ...*table.Table) ([]*table.Table, error) {
	t.Helper()
	module.NewCatalogue(m) // panics for a wrong declaration
	v, err := m.Bind(given)
	if err != nil {
		return nil, err
	}
	runner, err := m.Prepare(v)
	if err != nil {
		return nil, err
	}
	for len(in) < len(m.Inputs) {
		in = append(in, nil)
	}
	out, err := runner(t.Context(), in)
	if err == nil && len(out) != len(m.Outputs) {
		t.Fatalf("%s gave %d tables for %d outputs", m.Name, len(out), len(m.Outputs))
	}
	return out, err
}

// CSV reads a small table.
func CSV(t *testing.T, text string) *table.Table {
	t.Helper()
	out, err := table.Parse(text, table.CSV)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Text prints a table: the columns' names, then the rows, each between lines.
// Missing cells are "?"; commas are between cells.
func Text(t *table.Table) string {
	var b []byte
	for i, f := range t.Schema() {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, f.Name...)
	}
	format := table.RowFormat{Separator: ",", Missing: "?"}.Prepare()
	for r := range t.Rows {
		b = format.AppendRow(append(b, '\n'), t, r)
	}
	return string(b)
}

// Types lists the columns' types: "C" after it marks a categorical column, "L" a label.
func Types(t *table.Table) string {
	var all []string
	for _, f := range t.Schema() {
		s := f.Type.String()
		if f.Categorical {
			s += " C"
		}
		switch f.Role {
		case table.Label:
			s += " L"
		case table.NoRole:
			s += " -"
		}
		all = append(all, s)
	}
	return strings.Join(all, ",")
}

// Want fails the test where a table does not print as want, whose lines may be indented.
func Want(t *testing.T, name string, got *table.Table, want string) {
	t.Helper()
	var lines []string
	for line := range strings.Lines(strings.TrimSpace(want)) {
		lines = append(lines, strings.TrimSpace(line))
	}
	if text := Text(got); text != strings.Join(lines, "\n") {
		t.Errorf("%s gave\n%s\nwant\n%s", name, text, strings.Join(lines, "\n"))
	}
}

// Fails gives a function that fails the test where the module does not refuse
// as want says: with the error's text, or its code alone.
func Fails(t *testing.T, m *module.Module) func(name string, given Parameters, in []*table.Table, want string) {
	return func(name string, given Parameters, in []*table.Table, want string) {
		t.Helper()
		_, err := Run(t, m, given, in...)
		var e *module.Error
		switch {
		case !errors.As(err, &e):
			t.Errorf("%s: %v, want error %s", name, err, want)
		case e.Error() != want && e.Code != want:
			t.Errorf("%s: %v, want %s", name, e, want)
		}
	}
}

// Encoded is a table's stored form, which tells whether two tables are the same.
func Encoded(t *testing.T, tab *table.Table) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := table.Encode(&b, tab); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Columns is a selection of columns by name, in the order listed.
func Columns(names ...string) string {
	return `{"isFilter":false,"rules":[{"ruleType":"ColumnNames","columns":["` + strings.Join(names, `","`) + `"]}]}`
}

// Recorded is what other programs made of a dataset: testdata/oracle.py says which and how.
type Recorded struct {
	Data        *table.Table                     `json:"-"`
	Summary     map[string]map[string]*float64   `json:"summary"`    // column, figure
	Elementary  map[string]map[string]*float64   `json:"elementary"` // column, method
	Correlation map[string][]*float64            `json:"correlation"`
	Normalized  map[string]map[string][]*float64 `json:"normalized"` // column, method
	Binned      map[string]map[string][]*float64 `json:"binned"`     // column, mode
	Components  [][]*float64                     `json:"components"` // the first three of normal, skewed, whole and related
	Functions   map[string]json.RawMessage       `json:"functions"`
	T           map[string]map[string][]*float64 `json:"t"` // tail, kind of test: statistic and P
	Filters     map[string][]*float64            `json:"filters"`
	// Scores of a column by method: with the target "related", and with "kind".
	Scores        map[string]map[string][]*float64 `json:"scores"`
	Discriminants [][]*float64                     `json:"discriminants"` // of "kind", by normal, skewed, whole and related
	Probabilities json.RawMessage                  `json:"probabilities"`
}

// Oracle reads what is recorded. It is for the packages beside testdata.
func Oracle(t *testing.T) *Recorded {
	t.Helper()
	r := &Recorded{}
	b, err := os.ReadFile("../testdata/oracle.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, r); err != nil {
		t.Fatal(err)
	}
	if b, err = os.ReadFile("../testdata/oracle.csv"); err != nil {
		t.Fatal(err)
	}
	r.Data = CSV(t, string(b))
	return r
}

// Near fails the test where a number is not the recorded one, within a relative
// error of tolerance; nil stands for a value that is missing or infinite.
func Near(t *testing.T, what string, c *table.Column, row int, want *float64, tolerance float64) {
	t.Helper()
	got, ok := c.Number(row)
	switch {
	case want == nil:
		if ok && !math.IsInf(got, 0) {
			t.Errorf("%s is %v, want none", what, got)
		}
	case !ok || math.Abs(got-*want) > tolerance*max(1, math.Abs(*want)):
		t.Errorf("%s is %v (%v), want %v", what, got, ok, *want)
	}
}
