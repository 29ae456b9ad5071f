package experiment_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"portico/internal/dataset"
	"portico/internal/experiment"
)

// A long dataset goes through modules that work row by row in pieces, and comes out as it would in one.
func TestLongTablesGoInPieces(t *testing.T) {
	const rows = 300_000
	l := newLab(t, t.TempDir(), experiment.Options{})
	l.run()
	var file bytes.Buffer
	file.WriteString("n,text\n")
	for i := range rows {
		fmt.Fprintf(&file, "%d,row %d\n", i, i%10)
	}
	d, err := l.data.Create(t.Context(), workspace, dataset.Meta{Name: "long", DataTypeID: "GenericCSV"}, &file)
	if err != nil {
		t.Fatal(err)
	}
	draft := false
	in := &experiment.Submission{Description: "Long", IsDraft: &draft}
	in.Graph.ModuleNodes = []experiment.Node{
		{ID: "s", ModuleID: "Select Columns in Dataset", InputPortsInternal: []experiment.InputPort{{Name: "Dataset", DataSourceID: &d.ID}},
			ModuleParameters: []experiment.ParameterValue{{Name: "Select columns", Value: `{"isFilter":true,"rules":[{"ruleType":"ColumnNames","columns":["n"],"exclude":false}]}`}}},
		{ID: "c", ModuleID: "Convert to CSV"},
	}
	in.Graph.EdgesInternal = []experiment.Edge{{SourceOutputPortID: "s:Results dataset", DestinationInputPortID: "c:Dataset"}}
	x := l.settled(l.create(in).ExperimentID)
	want(t, x, experiment.Finished, "s:Finished c:Finished")
	for _, node := range []string{"s", "c"} {
		if log := l.logs(x.ExperimentID, node, experiment.StandardOut); !strings.Contains(log, `"Dataset": 300000 rows went through in pieces, 1 columns came out`) {
			t.Errorf("the log of %s is %s", node, log)
		}
	}
	port := "Results dataset"
	out, err := l.Output(t.Context(), workspace, x.ExperimentID, "s", port)
	if err != nil || out.Rows != rows || out.ColumnCalled("n").Ints[rows-1] != rows-1 {
		t.Fatal(out, err)
	}
	next, done, err := l.OutputPieces(t.Context(), workspace, x.ExperimentID, "s", port)
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for {
		piece, err := next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if piece.Rows > 1<<16 {
			t.Errorf("a piece has %d rows", piece.Rows)
		}
		read += piece.Rows
	}
	if err := done(); err != nil || read != rows {
		t.Errorf("%d rows, %v", read, err)
	}
}
