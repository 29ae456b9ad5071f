package counts_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"portico/internal/module"
	"portico/internal/module/counts"
	"portico/internal/module/inputoutput"
	"portico/internal/module/inputoutput/inputoutputtest"
	"portico/internal/module/moduletest"
	"portico/internal/module/score"
	"portico/internal/table"
)

type parameters = moduletest.Parameters

func csv(t *testing.T, text string) *table.Table { return moduletest.CSV(t, text) }

// example is the table of the reference: A with the classes 0, 0 and 1; B with 0, 1, 1 and 1.
const example = "y,v\n0,A\n0,A\n1,A\n0,B\n1,B\n1,B\n1,B\n"

func run(t *testing.T, m *module.Module, given parameters, in ...*table.Table) []*table.Table {
	t.Helper()
	out, err := moduletest.Run(t, m, given, in...)
	if err != nil {
		t.Fatalf("%s %v: %v", m.Name, given, err)
	}
	return out
}

func build(t *testing.T, in *table.Table, more parameters) *table.Table {
	t.Helper()
	given := parameters{"Label column index or name": moduletest.Columns("y"), "Select columns to count": moduletest.Columns("v")}
	for k, v := range more {
		given[k] = v
	}
	return run(t, counts.Build(inputoutput.Outside{}), given, in)[0]
}

func apply(t *testing.T, transform, in *table.Table) *table.Table {
	t.Helper()
	return run(t, score.ApplyTransformation([]*module.Module{counts.Build(inputoutput.Outside{})}), nil, transform, in)[0]
}

// modified makes a transform without garbage bin and prior, and more.
func modified(t *testing.T, transform *table.Table, more parameters) *table.Table {
	t.Helper()
	given := parameters{"Garbage bin threshold": "1", "Additional prior pseudo examples": "0"}
	for k, v := range more {
		given[k] = v
	}
	return run(t, counts.Modify(), given, transform)[0]
}

// The counts are those of the reference's example; its log odds come from a prior of half a row each.
func TestExample(t *testing.T) {
	in := csv(t, example)
	for _, kind := range []string{"Dictionary", "CMSketch"} {
		made := build(t, in, parameters{"Count table type": kind})
		a, b := fmt.Sprint(math.Log(2)), fmt.Sprint(math.Log(1.0/3))
		moduletest.Want(t, kind, apply(t, modified(t, made, nil), in), "y,0_0_Class000_Count,0_0_Class001_Count,0_0_Class000_LogOdds,0_0_IsBackoff\n"+
			strings.Repeat("0,2,1,"+a+",0\n", 2)+"1,2,1,"+a+",0\n0,1,3,"+b+",0\n"+strings.Repeat("1,1,3,"+b+",0\n", 3))
		// A value that was not counted stands with all that are too rare: with a threshold of 4, A's.
		moduletest.Want(t, kind, apply(t, modified(t, made, parameters{"Garbage bin threshold": "4", "Output features include": "CountsOnly"}), csv(t, "v,w\nC,1\nA,2\nB,3\n")),
			"w,0_0_Class000_Count,0_0_Class001_Count,0_0_IsBackoff\n1,2,1,1\n2,2,1,1\n3,1,3,0")
	}
	balanced := csv(t, example+"0,C\n")
	out := apply(t, modified(t, build(t, balanced, nil), parameters{"Additional prior pseudo examples": "1", "Output features include": "LogOddsOnly", "Ignore back off column": "True"}), in)
	odds := out.ColumnCalled("0_0_Class000_LogOdds")
	for r, want := range map[int]float64{0: 0.510826, 3: -0.8473} { // with shares of one half, the reference's numbers
		moduletest.Near(t, "log odds", odds, r, &want, 5e-6)
	}
	if out.Width() != 2 {
		t.Errorf("the columns are %v", out.Schema())
	}
}

// The documented formula, with the defaults: all seven rows are rare, and the prior is 42 examples.
func TestDefaults(t *testing.T) {
	in := csv(t, example)
	out := apply(t, build(t, in, nil), in)
	want := math.Log((3 + 42*3.0/7) / (4 + 42*4.0/7))
	moduletest.Near(t, "log odds", out.ColumnCalled("0_0_Class000_LogOdds"), 0, &want, 1e-12)
	if c := out.ColumnCalled("0_0_IsBackoff"); c.Ints[0] != 1 {
		t.Error("three rows are enough for a value of its own")
	}
}

func TestClasses(t *testing.T) {
	in := csv(t, "y,v,n\nred,A,1\ngreen,A,1\nblue,B,2\n,A,1\n")
	made := build(t, in, parameters{"Number of classes": "3", "Select columns to count": moduletest.Columns("v", "n")})
	out := apply(t, modified(t, made, parameters{"Output features include": "CountsOnly", "Ignore back off column": "True"}), in)
	moduletest.Want(t, "three classes in the order of their letters", out,
		"y,0_0_Class000_Count,0_0_Class001_Count,0_0_Class002_Count,0_1_Class000_Count,0_1_Class001_Count,0_1_Class002_Count\nred,0,1,1,0,1,1\ngreen,0,1,1,0,1,1\nblue,1,0,0,1,0,0\n?,0,1,1,0,1,1")
}

// Counts of two halves are those of the whole, and with a decay of 2 the second half counts twice.
func TestMerge(t *testing.T) {
	all := csv(t, example)
	first, second := build(t, all.Slice(0, 4), nil), build(t, all.Slice(4, 7), nil)
	merge := counts.Merge()
	merged := run(t, merge, nil, first, second)[0]
	if got, want := moduletest.Text(merged), moduletest.Text(build(t, all, nil)); strings.SplitN(got, "\n", 2)[1] != strings.SplitN(want, "\n", 2)[1] {
		t.Errorf("merged are %s, want %s", got, want)
	}
	twice := run(t, merge, parameters{"Decay factor": "2"}, first, second)[0]
	out := apply(t, modified(t, twice, parameters{"Output features include": "CountsOnly"}), csv(t, "v\nB\n"))
	moduletest.Want(t, "decay", out, "0_0_Class000_Count,0_0_Class001_Count,0_0_IsBackoff\n1,6,0")
	if alone := run(t, merge, nil, first)[0]; moduletest.Text(alone) != moduletest.Text(first) {
		t.Error("a transform that nothing is added to changes")
	}
	fails := moduletest.Fails(t, merge)
	fails("nothing", nil, nil, `Error 0003: Input "Previous counting transform" is null or empty`)
	fails("data", nil, []*table.Table{all}, "Error 0086: The counting transform at input port 'Previous counting transform' is invalid.")
	fails("other bits", nil, []*table.Table{first, build(t, all, parameters{"The bits of hash function": "12"})},
		"Error 0086: The counting transform at input port 'New counting transform' cannot be merged with the counting transform at input port 'Previous counting transform'. Check to verify the metadata used for counting matches.")
	fails("a decay below 0", parameters{"Decay factor": "-1"}, []*table.Table{first, second}, "0005")
}

// What is exported comes back as it was.
func TestExportAndImport(t *testing.T) {
	in := csv(t, example)
	made := modified(t, build(t, in, nil), nil)
	tables := run(t, counts.Export(), nil, made)
	back := run(t, counts.Import(), nil, tables[0], tables[1], in)[0]
	if got, want := moduletest.Text(back), moduletest.Text(made); got != want {
		t.Errorf("%s came back as %s", want, got)
	}
	on := []*table.Table{tables[0], tables[1]}
	fails := moduletest.Fails(t, counts.Import())
	fails("no metadata", nil, nil, "0003")
	fails("no counts", nil, []*table.Table{tables[0]}, "0003")
	fails("data for metadata", nil, []*table.Table{in, tables[1]}, "Error 0018: Count metadata contains invalid data.")
	fails("data for counts", nil, []*table.Table{tables[0], in}, "Error 0018: Count table contains invalid data.")
	fails("another dataset", nil, []*table.Table{tables[0], tables[1], csv(t, "a\n1\n")}, "0018")
	fails("type", parameters{"Counting type": "Tape"}, on, "0002")
	moduletest.Fails(t, counts.Export())("data", nil, []*table.Table{in}, "0086")
	moduletest.Fails(t, counts.Modify())("nothing", nil, nil, "0003")
	for _, name := range []string{"Garbage bin threshold", "Additional prior pseudo examples", "Laplacian noise scale"} {
		moduletest.Fails(t, counts.Modify())(name, parameters{name: "-0.1"}, []*table.Table{made}, "0005")
	}
}

// Noise moves the counts, the same way every time.
func TestNoise(t *testing.T) {
	in := csv(t, example)
	noisy := modified(t, build(t, in, nil), parameters{"Laplacian noise scale": "2", "Output features include": "CountsOnly"})
	a, b := apply(t, noisy, in), apply(t, noisy, in)
	if moduletest.Text(a) != moduletest.Text(b) || slices.Equal(a.ColumnCalled("0_0_Class000_Count").Doubles, []float64{2, 2, 2, 1, 1, 1, 1}) {
		t.Error(moduletest.Text(a))
	}
}

// A blob is counted as a dataset is; columns can be counted together.
func TestBlob(t *testing.T) {
	blobs := inputoutputtest.Blobs{"files/data.csv": "0,A,x\n1,A,y\n1,B,x\n"}
	m := counts.Build(inputoutput.Outside{Blobs: blobs})
	given := func(more parameters) parameters {
		p := parameters{"Module type": "Blob", "Blob name": "data.csv", "Account name": "own", "Container name": "files", "Count columns": "2, 2+3"}
		for k, v := range more {
			p[k] = v
		}
		return p
	}
	made := modified(t, run(t, m, given(nil))[0], parameters{"Output features include": "CountsOnly", "Ignore back off column": "True"})
	moduletest.Want(t, "from a blob", apply(t, made, csv(t, "Col2,Col3\nA,x\nB,x\n")), "0_0_Class000_Count,0_0_Class001_Count,0_1_Class000_Count,0_1_Class001_Count\n1,1,1,0\n0,1,0,1")
	v, err := m.Bind(given(nil))
	if err != nil || !m.ReachesOutside(v) {
		t.Errorf("what is read from a blob may be used again: %v", err)
	}
	if v, err = m.Bind(parameters{"Label column index or name": "All", "Select columns to count": "All"}); err != nil || m.ReachesOutside(v) {
		t.Errorf("what is made of a dataset may not be used again: %v", err)
	}
	fails := moduletest.Fails(t, m)
	fails("absent blob", given(parameters{"Blob name": "none.csv"}), nil, `Error 0065: The Azure storage blob name "files/none.csv" is incorrect`)
	fails("column", given(parameters{"Count columns": "4"}), nil, `Error 0060: Column range "4" is invalid or out of range.`)
	fails("no column", given(parameters{"Count columns": "a"}), nil, "0059")
	fails("range", given(parameters{"Count columns": "3-2"}), nil, "0060")
	fails("label", given(parameters{"Label column": "9"}), nil, "0060")
	fails("label below 1", given(parameters{"Label column": "0"}), nil, "0004")
	fails("cut off", given(parameters{"Blob name": "cut"}), nil, "0065")
}

func TestBuildErrors(t *testing.T) {
	in := csv(t, example)
	on := []*table.Table{in}
	with := func(more parameters) parameters {
		p := parameters{"Label column index or name": moduletest.Columns("y"), "Select columns to count": moduletest.Columns("v")}
		for k, v := range more {
			p[k] = v
		}
		return p
	}
	fails := moduletest.Fails(t, counts.Build(inputoutput.Outside{}))
	fails("no dataset", with(nil), nil, `Error 0003: Input "Dataset" is null or empty`)
	fails("no rows", with(nil), []*table.Table{in.Head(0)}, "0021")
	fails("no columns", parameters{"Label column index or name": moduletest.Columns("y")}, on, "0011")
	fails("absent column", with(parameters{"Select columns to count": moduletest.Columns("z")}), on, "0001")
	fails("one class", with(parameters{"Number of classes": "1"}), on, `Error 0004: Parameter "Number of classes" value should be greater than 1.`)
	fails("bits", with(parameters{"The bits of hash function": "11"}), on, "0004")
	fails("more bits", with(parameters{"The bits of hash function": "32"}), on, "0008")
	fails("depth", with(parameters{"Count table type": "CMSketch", "Depth of CM sketch table": "33"}), on, "0007")
	fails("width", with(parameters{"Count table type": "CMSketch", "Width of CM sketch table": "0"}), on, "0004")
	fails("too few classes", with(nil), []*table.Table{csv(t, "y,v\n0,A\n2,A\n")},
		"Error 0089: The number of classes specified is '2', which is not greater than a label value '2' in the data set used to count. Make sure that the number of classes you specify in the parameter pane is greater than or equal to the number of classes in the label column.")
	fails("too few categories", with(nil), []*table.Table{csv(t, "y,v\na,A\nb,A\nc,B\n")}, "0089")
	fails("MapReduce", with(parameters{"Module type": "MapReduce"}), on, "0002")
	fails = moduletest.Fails(t, score.ApplyTransformation([]*module.Module{counts.Build(inputoutput.Outside{})}))
	fails("a column that vanished", nil, []*table.Table{build(t, in, nil), csv(t, "w\n1\n")}, "0001")
}
