package manipulation_test

import (
	"testing"

	"portico/internal/module/manipulation"
	"portico/internal/module/moduletest"
	"portico/internal/table"
)

type parameters = moduletest.Parameters

// The rules themselves are tested beside table.Selector.
func TestSelectColumns(t *testing.T) {
	in, err := table.Parse("1,2,3,4\na,b,c,d\n", table.CSVNoHeader)
	if err != nil {
		t.Fatal(err)
	}
	for selector, want := range map[string]string{
		`{"isFilter":true,"rules":[{"ruleType":"ColumnNames","columns":["Col4","Col3","Col1"]}]}`:  "Col1,Col3,Col4\n1,3,4\na,c,d",
		`{"isFilter":false,"rules":[{"ruleType":"ColumnNames","columns":["Col4","Col3","Col1"]}]}`: "Col4,Col3,Col1\n4,3,1\nd,c,a",
		`{"isFilter":false,"rules":[{"ruleType":"ColumnIndexes","columns":["4,3,1"]}]}`:            "Col4,Col3,Col1\n4,3,1\nd,c,a",
	} {
		out, err := moduletest.Run(t, manipulation.SelectColumns(), parameters{"Select columns": selector}, in)
		if err != nil {
			t.Errorf("%s: %v", selector, err)
			continue
		}
		moduletest.Want(t, selector, out[0], want)
	}
	out, err := moduletest.Run(t, manipulation.SelectColumns(), parameters{"Select columns": "All"}, in.Head(0))
	if err != nil || out[0].Rows != 0 || out[0].Width() != 4 {
		t.Errorf("a table without rows: %v, %v", out, err)
	}
}

func TestSelectColumnsErrors(t *testing.T) {
	on := []*table.Table{table.FromColumns(1, table.FromStrings("a", []string{"x"}))}
	fails := moduletest.Fails(t, manipulation.SelectColumns())
	fails("absent column", parameters{"Select columns": `{"rules":[{"ruleType":"ColumnNames","columns":["b"]}]}`}, on, "0001")
	fails("no input", parameters{"Select columns": "All"}, nil, "0003")
	fails("no columns", parameters{"Select columns": "All"}, []*table.Table{table.New(5)}, "0003")
	fails("no selection", nil, on, "0011")
	fails("selection that fits nothing", parameters{"Select columns": "NumericAll"}, on, "0011")
	fails("no selector", parameters{"Select columns": "nonsense"}, on, "0002")
}
