package manipulation_test

import (
	"errors"
	"testing"

	"portico/internal/module"
	"portico/internal/module/manipulation"
	"portico/internal/table"
)

func run(t *testing.T, selector string, in *table.Table) (*table.Table, error) {
	t.Helper()
	m := manipulation.SelectColumns()
	v, err := m.Bind(map[string]string{"Select columns": selector})
	if err != nil {
		return nil, err
	}
	runner, err := m.Prepare(v)
	if err != nil {
		return nil, err
	}
	out, err := runner(t.Context(), []*table.Table{in})
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// The rules themselves are tested beside table.Selector.
func TestSelectColumns(t *testing.T) {
	in, err := table.Parse("1,2,3,4\na,b,c,d\n", table.CSVNoHeader)
	if err != nil {
		t.Fatal(err)
	}
	for selector, want := range map[string]string{
		`{"isFilter":true,"rules":[{"ruleType":"ColumnNames","columns":["Col4","Col3","Col1"]}]}`:  "1 3 4|a c d",
		`{"isFilter":false,"rules":[{"ruleType":"ColumnNames","columns":["Col4","Col3","Col1"]}]}`: "4 3 1|d c a",
		`{"isFilter":false,"rules":[{"ruleType":"ColumnIndexes","columns":["4,3,1"]}]}`:            "4 3 1|d c a",
	} {
		out, err := run(t, selector, in)
		if err != nil {
			t.Errorf("%s: %v", selector, err)
			continue
		}
		f := table.RowFormat{Separator: " "}.Prepare()
		if got := string(f.AppendRow(nil, out, 0)) + "|" + string(f.AppendRow(nil, out, 1)); got != want {
			t.Errorf("%s: %s, want %s", selector, got, want)
		}
	}
	if out, err := run(t, "All", in.Head(0)); err != nil || out.Rows != 0 || out.Width() != 4 {
		t.Errorf("a table without rows: %v, %v", out, err)
	}
}

func TestSelectColumnsErrors(t *testing.T) {
	in := table.FromColumns(1, table.FromStrings("a", []string{"x"}))
	for _, c := range []struct {
		selector, code string
		in             *table.Table
	}{
		{`{"rules":[{"ruleType":"ColumnNames","columns":["b"]}]}`, "0001", in},
		{"All", "0003", nil},
		{"All", "0003", table.New(5)},
		{"", "0011", in},
		{"NumericAll", "0011", in},
		{"nonsense", "0002", in},
	} {
		_, err := run(t, c.selector, c.in)
		var e *module.Error
		if !errors.As(err, &e) || e.Code != c.code {
			t.Errorf("%q: %v, want %s", c.selector, err, c.code)
		}
	}
}
