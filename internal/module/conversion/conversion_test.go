package conversion_test

import (
	"fmt"
	"testing"

	"portico/internal/module"
	"portico/internal/module/conversion"
	"portico/internal/module/moduletest"
	"portico/internal/table"
)

type parameters = moduletest.Parameters

func TestConverters(t *testing.T) {
	in := moduletest.CSV(t, "a,b\n1,True\n2,False\n")
	for _, c := range []struct {
		m      *module.Module
		format table.Format
	}{{conversion.ToCSV(), table.CSV}, {conversion.ToTSV(), table.TSV}, {conversion.ToARFF(), table.ARFF}, {conversion.ToSVMLight(), table.SVMLight}} {
		out, err := moduletest.Run(t, c.m, nil, in)
		if err != nil || c.m.Outputs[0].Format != c.format {
			t.Errorf("%s: %v", c.m.Name, err)
			continue
		}
		moduletest.Want(t, c.m.Name, out[0], moduletest.Text(in))
		moduletest.Fails(t, c.m)("no input", nil, nil, "0003")
	}
	wide := table.NumberedBlock(table.Double, "f", "", table.Span{To: table.MaxDenseColumns + 1})
	wide.Start = []int{0, 0}
	moduletest.Fails(t, conversion.ToCSV())("too wide", nil, []*table.Table{table.New(1, table.Part{Sparse: wide})}, "0129")
	moduletest.Fails(t, conversion.ToSVMLight())("texts", nil, []*table.Table{moduletest.CSV(t, "s\nx\n")}, "0017")
}

func TestToDataset(t *testing.T) {
	in := moduletest.CSV(t, "n,s,b,d\n1,?,True,0.5\n,obs,,1\n")
	for _, c := range []struct {
		given parameters
		want  string
	}{
		{parameters{}, "n,s,b,d\n1,?,True,0.5\n?,obs,?,1"},
		{parameters{"Action": "SetMissingValues", "Custom missing value": "1"}, "n,s,b,d\n?,?,True,0.5\n?,obs,?,?"},
		{parameters{"Action": "ReplaceValues"}, "n,s,b,d\n1,?,True,0.5\n0,obs,?,1"},
		{parameters{"Action": "ReplaceValues", "Replace": "Custom", "New value": "seen"}, "n,s,b,d\n1,?,True,0.5\n?,seen,?,1"},
	} {
		out, err := moduletest.Run(t, conversion.ToDataset(), c.given, in)
		if err != nil {
			t.Errorf("%v: %v", c.given, err)
			continue
		}
		moduletest.Want(t, fmt.Sprint(c.given), out[0], c.want)
	}
	out, err := moduletest.Run(t, conversion.ToDataset(), parameters{"Action": "SetMissingValues"}, in)
	if err != nil || out[0].ColumnCalled("s").Missing == nil || !out[0].ColumnCalled("s").Missing[0] {
		t.Errorf("a question mark is not missing: %v, %v", out, err)
	}
	fails := moduletest.Fails(t, conversion.ToDataset())
	fails("no input", nil, nil, "0003")
	fails("action", parameters{"Action": "Explode"}, []*table.Table{in}, "0002")
}
