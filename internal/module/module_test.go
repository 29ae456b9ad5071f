package module

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"
	"testing"

	"portico/internal/fault"
	"portico/internal/table"
)

func sample() *Module {
	return &Module{
		Name: "Sample", Aliases: []string{"Old Sample"}, FamilyID: strings.Repeat("ab", 16), Category: "Test", Version: 3,
		Parameters: []Parameter{
			{Name: "Columns", Type: ColumnSelection, Default: "NumericAll"},
			{Name: "Bits", Type: Integer, Default: "10", Min: 1, Max: 31},
			{Name: "Seed", Type: Integer, Max: 9, Optional: true},
			{Name: "Mode", Type: Choice, Default: "Fast", Choices: []string{"Fast", "Exact"}},
			{Name: "Keep", Type: Bool, Default: "True"},
			{Name: "Text", Type: Text, Optional: true},
		},
		Errors:  []string{"0004"},
		Prepare: func(Values) (Runner, error) { return nil, nil },
	}
}

func TestBind(t *testing.T) {
	for _, c := range []struct {
		given map[string]string
		want  map[string]string // what differs from the defaults
	}{
		{nil, nil},
		{map[string]string{"Bits": "", "Columns": " ", "Seed": "", "Mode": ""}, nil},
		{map[string]string{"Bits": " 031 "}, map[string]string{"Bits": "31"}},
		{map[string]string{"Mode": "exact", "Keep": "false"}, map[string]string{"Mode": "Exact", "Keep": "False"}},
		{map[string]string{"Text": " as it is\n", "Seed": "9"}, map[string]string{"Text": " as it is\n", "Seed": "9"}},
		{map[string]string{"Keep": "0", "Columns": "StringFeature"}, map[string]string{"Keep": "False", "Columns": "StringFeature"}},
	} {
		want := Values{"Columns": "NumericAll", "Bits": "10", "Seed": "", "Mode": "Fast", "Keep": "True", "Text": ""}
		maps.Copy(want, c.want)
		got, err := sample().Bind(c.given)
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("%v: %v, %v; want %v", c.given, got, err, want)
		}
	}
	v, err := sample().Bind(map[string]string{"Bits": "7", "Keep": "no value", "Mode": "exact"})
	if err == nil {
		t.Errorf("bound %v", v)
	}
	v, err = sample().Bind(map[string]string{"Bits": "7", "Mode": "exact"})
	if err != nil || v.Int("Bits") != 7 || v.Int("Seed") != 0 || !v.Bool("Keep") || v.String("Mode") != "Exact" {
		t.Errorf("%v, %v", v, err)
	}
}

func TestBindErrors(t *testing.T) {
	required := sample()
	required.Parameters = []Parameter{{Name: "Columns", Type: ColumnSelection}}
	text := sample()
	text.Parameters = []Parameter{{Name: "Data", Type: Text}}
	undocumented := sample()
	undocumented.Errors = nil
	for _, c := range []struct {
		m           *Module
		name, value string
		code, want  string
	}{
		{sample(), "Bits", "0", "0004", `Parameter "Bits" value should be greater than 0.`},
		{undocumented, "Bits", "0", "0008", `Parameter "Bits" value should be in the range of [1, 31].`},
		{sample(), "Bits", "32", "0008", `Parameter "Bits" value should be in the range of [1, 31].`},
		{sample(), "Bits", "3.5", "0002", `Failed to parse (convert) "Bits" parameter to "Integer"`},
		{sample(), "Bits", "99999999999999999999", "0002", `Failed to parse (convert) "Bits" parameter to "Integer"`},
		{sample(), "Keep", "maybe", "0002", `Failed to parse (convert) "Keep" parameter to "Boolean"`},
		{sample(), "Mode", "Slow", "0002", `Failed to parse (convert) "Mode" parameter to "Fast, Exact"`},
		{sample(), "Columns", "{", "0002", `Failed to parse (convert) "Columns" parameter to "ColumnSelection"`},
		{required, "Columns", "", "0011", `Specified column set "Columns" does not apply to any of dataset columns.`},
		{text, "Data", "", "0002", `Failed to parse "Data" parameter`},
	} {
		_, err := c.m.Bind(map[string]string{c.name: c.value})
		var e *Error
		if !errors.As(err, &e) || e.Code != c.code || e.Message != c.want || e.Parameter != c.name {
			t.Errorf("%s = %q: %v, want %s %s", c.name, c.value, err, c.code, c.want)
		}
	}
	_, err := sample().Bind(map[string]string{"Bitz": "1", "Age": "2"})
	if !fault.Is(err, fault.Invalid) || err.Error() != `module "Sample" has no parameter "Age", "Bitz"` {
		t.Errorf("unknown names: %v", err)
	}
}

func TestSelectionErrors(t *testing.T) {
	tab := table.FromColumns(1, table.FromStrings("a", []string{"x"}))
	for selector, want := range map[string]string{
		`{"rules":[{"ruleType":"ColumnNames","columns":["{0} b"]}]}`: `Error 0001: Column with name or index "{0} b" not found`,
		`{"rules":[{"ruleType":"ColumnIndexes","columns":["2-1"]}]}`: `Error 0060: Column range "2-1" is invalid or out of range.`,
		`{"rules":[{"ruleType":"ColumnIndexes","columns":["z"]}]}`:   `Error 0059: Column index or range "z" could not be parsed.`,
		"NumericAll": `Error 0011: Specified column set "Columns" does not apply to any of dataset columns.`,
	} {
		s, err := Values{"Columns": selector}.Columns("Columns")
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Select(tab)
		var e *Error
		if !errors.As(err, &e) || e.Error() != want || e.Parameter != "Columns" {
			t.Errorf("%s: %v, want %s", selector, err, want)
		}
		var cause *table.SelectorError
		if !errors.As(err, &cause) {
			t.Errorf("%s: the cause is lost", selector)
		}
	}
}

func TestFail(t *testing.T) {
	e := Fail("0017", "{1}", "a{0}b").In("P")
	e.Node = "-101"
	if got := e.Error(); got != `node -101: Error 0017: Cannot process column "a{0}b" of type {1}. The type is not supported by the module.` {
		t.Error(got)
	}
	for _, f := range []func(){func() { Fail("9999") }, func() { Fail("0001", 1, 2, 3) }} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("an error that is not documented was made")
				}
			}()
			f()
		}()
	}
}

func TestCheckDense(t *testing.T) {
	wide := func(n int) *table.Table {
		return table.New(0, table.Part{Sparse: table.NumberedBlock(table.Double, "f", "", table.Span{To: n})})
	}
	if err := CheckDense(wide(100_000), "out"); err != nil {
		t.Error(err)
	}
	if err := CheckDense(wide(100_001), "out"); err == nil || err.Error() != "Error 0129: Number of columns in the dataset in 'out' exceeds allowed limit of '100000'.'" {
		t.Error(err)
	}
}

func TestFind(t *testing.T) {
	m := sample()
	c := NewCatalogue(m)
	dashed := "ABABABAB-abab-abab-abab-abababababab"
	for _, id := range []string{m.FamilyID, strings.ToUpper(m.FamilyID), dashed, "ws." + m.FamilyID + ".v1-default-1751", "ws." + dashed + ".x.y", m.ModuleID("ws"), "sample", " SAMPLE ", "old sample"} {
		if got, ok := c.Find(id); !ok || got != m {
			t.Errorf("%q was not found", id)
		}
	}
	for _, id := range []string{"", ".", "..", "ws.x.y", m.FamilyID[1:], m.FamilyID + "0", "Other", "ws"} {
		if got, ok := c.Find(id); ok {
			t.Errorf("%q is %s", id, got.Name)
		}
	}
	if got := m.ModuleID("ws"); got != "ws."+m.FamilyID+".v1-default-3" {
		t.Error(got)
	}
}

// A declaration with a mistake never gets into a catalogue.
func TestCatalogueChecks(t *testing.T) {
	for name, spoil := range map[string]func(m *Module){
		"family":       func(m *Module) { m.FamilyID = "xyz" },
		"no Prepare":   func(m *Module) { m.Prepare = nil },
		"endpoint":     func(m *Module) { m.WebService = ServiceInput },
		"undocumented": func(m *Module) { m.Errors = []string{"7777"} },
		"bad default":  func(m *Module) { m.Parameters[1].Default = "99" },
		"own alias":    func(m *Module) { m.Aliases = []string{"sample"} },
	} {
		m := sample()
		spoil(m)
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: accepted", name)
				}
			}()
			NewCatalogue(m)
		}()
	}
}

// A definition comes through being stored, and what is none is refused.
func TestDefinition(t *testing.T) {
	m := sample()
	made, err := m.Define(map[string]any{"text": "ü, \"x\"", "number": 1.5})
	if err != nil {
		t.Fatal(err)
	}
	var stored bytes.Buffer
	if err := table.Encode(&stored, made); err != nil {
		t.Fatal(err)
	}
	read, err := table.Decode(&stored)
	if err != nil {
		t.Fatal(err)
	}
	d, err := ReadDefinition(read, "Transformation")
	if err != nil || d.FamilyID != m.FamilyID || d.Version != m.Version || string(d.Content) != `{"number":1.5,"text":"ü, \"x\""}` {
		t.Errorf("%+v, %v", d, err)
	}
	for name, bad := range map[string]*table.Table{
		"0003": nil,
		"0018": table.FromColumns(1, table.FromStrings("Module", []string{m.FamilyID})),
	} {
		var e *Error
		if _, err := ReadDefinition(bad, "Transformation"); !errors.As(err, &e) || e.Code != name {
			t.Errorf("%v, want %s", err, name)
		}
	}
	if _, err := m.Define(math.Inf(1)); err == nil {
		t.Error("what JSON cannot say was made a definition")
	}
}

// A parameter applies where its conditions hold; elsewhere its value is neither checked nor bound.
func TestConditions(t *testing.T) {
	m := sample()
	m.Parameters = []Parameter{
		{Name: "Mode", Type: Choice, Default: "A", Choices: []string{"A", "B"}},
		{Name: "Share", Aliases: []string{"Old share"}, Type: Float, Default: "0.5", High: 1, When: []Condition{When("Mode", "B")}},
		{Name: "Wide", Type: Float, Optional: true, When: []Condition{When("Mode", "B")}},
	}
	for _, c := range []struct {
		given map[string]string
		want  string // the values, or the error's code
	}{
		{nil, "map[Mode:A]"},
		{map[string]string{"Share": "7"}, "map[Mode:A]"},
		{map[string]string{"Mode": "b"}, "map[Mode:B Share:0.5 Wide:]"},
		{map[string]string{"Mode": "B", "Old share": " 1e-1 ", "Wide": "-1e300"}, "map[Mode:B Share:0.1 Wide:-1e+300]"},
		{map[string]string{"Mode": "B", "Share": "1.01"}, "0008"},
		{map[string]string{"Mode": "B", "Share": "x"}, "0002"},
		{map[string]string{"Mode": "B", "Wide": "Inf"}, "0002"},
	} {
		v, err := m.Bind(c.given)
		got := fmt.Sprint(map[string]string(v))
		var e *Error
		if errors.As(err, &e) {
			got = e.Code
		}
		if got != c.want {
			t.Errorf("%v: %s, want %s", c.given, got, c.want)
		}
	}
}
