package scaling_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"portico/internal/module"
	"portico/internal/module/moduletest"
	"portico/internal/module/scaling"
	"portico/internal/module/score"
	"portico/internal/table"
)

type parameters = moduletest.Parameters

func csv(t *testing.T, text string) *table.Table { return moduletest.CSV(t, text) }

// apply applies a transformation that a module gave.
func apply(t *testing.T, m *module.Module, transform, in *table.Table) *table.Table {
	t.Helper()
	out, err := moduletest.Run(t, score.ApplyTransformation([]*module.Module{m}), nil, transform, in)
	if err != nil {
		t.Fatal(err)
	}
	return out[0]
}

// The methods agree with scikit-learn and SciPy to 12 digits.
func TestNormalizeAgainstOracle(t *testing.T) {
	recorded := moduletest.Oracle(t)
	for name, methods := range recorded.Normalized {
		for method, want := range methods {
			out, err := moduletest.Run(t, scaling.NormalizeData(), parameters{"Transformation method": method, "Columns to transform": moduletest.Columns(name)}, recorded.Data)
			if err != nil {
				t.Errorf("%s %s: %v", name, method, err)
				continue
			}
			tolerance := 1e-12
			if name == "tiny" {
				tolerance = 1e-4 // the deviation is 1e-12 of the values
			}
			for r := range want {
				moduletest.Near(t, fmt.Sprintf("%s %s, row %d", name, method, r), out[0].ColumnCalled(name), r, want[r], tolerance)
			}
		}
	}
}

func TestNormalize(t *testing.T) {
	in := csv(t, "a,s,b\n1,x,7\n,y,7\n3,z,7\n")
	for _, c := range []struct {
		given parameters
		want  string
	}{
		{parameters{}, "a,s,b\n-1,x,0\n?,y,0\n1,z,0"},
		{parameters{"Transformation method": "MinMax", "Use 0 for constant columns when checked": "False"}, "a,s,b\n0,x,?\n?,y,?\n1,z,?"},
		{parameters{"Transformation method": "Tanh", "Columns to transform": moduletest.Columns("b")}, "a,s,b\n1,x,0.9999983369439447\n?,y,0.9999983369439447\n3,z,0.9999983369439447"},
	} {
		out, err := moduletest.Run(t, scaling.NormalizeData(), c.given, in)
		if err != nil {
			t.Errorf("%v: %v", c.given, err)
			continue
		}
		moduletest.Want(t, fmt.Sprint(c.given), out[0], c.want)
		moduletest.Want(t, "the transformation", apply(t, scaling.NormalizeData(), out[1], in), c.want)
	}
	out, err := moduletest.Run(t, scaling.NormalizeData(), parameters{"Transformation method": "MinMax"}, csv(t, "a\n10\n20\n"))
	if err != nil {
		t.Fatal(err)
	}
	moduletest.Want(t, "new data", apply(t, scaling.NormalizeData(), out[1], csv(t, "z,a\nx,15\ny,30\n")), "z,a\nx,0.5\ny,2")
}

// Infinite values do not spoil the others, and have no scaled value.
func TestNormalizeInfinite(t *testing.T) {
	out, err := moduletest.Run(t, scaling.NormalizeData(), parameters{"Transformation method": "MinMax"}, csv(t, "a\n0.5\nInfinity\n1.5\n-Infinity\nNaN\n"))
	if err != nil {
		t.Fatal(err)
	}
	moduletest.Want(t, "infinite", out[0], "a\n0\n?\n1\n?\n?")
}

func TestNormalizeErrors(t *testing.T) {
	in := csv(t, "a,s\n1,x\n")
	on := []*table.Table{in}
	fails := moduletest.Fails(t, scaling.NormalizeData())
	fails("no input", nil, nil, "0003")
	fails("no rows", nil, []*table.Table{in.Head(0)}, `Error 0021: Number of rows in input dataset "Dataset" is less than allowed minimum of 1 row(s).`)
	fails("texts", parameters{"Columns to transform": "All"}, on, `Error 0017: Cannot process column "s" of type String. The type is not supported by the module.`)
	fails("no numbers", nil, []*table.Table{csv(t, "s\nx\n")}, "0011")
	fails("method", parameters{"Transformation method": "Log"}, on, "0002")
	fails("absent column", parameters{"Columns to transform": moduletest.Columns("z")}, on, "0001")
	fails("values near the end of the range", nil, []*table.Table{csv(t, "a\n1e308\n-1e308\n1e308\n")}, `Error 0039: Error while completing operation: the values of column "a" are too large to be scaled.`)
	out, err := moduletest.Run(t, scaling.NormalizeData(), nil, in)
	if err != nil {
		t.Fatal(err)
	}
	fails = moduletest.Fails(t, score.ApplyTransformation([]*module.Module{scaling.NormalizeData()}))
	fails("a column that vanished", nil, []*table.Table{out[1], csv(t, "s\nx\n")}, "0001")
	fails("a column that became text", nil, []*table.Table{out[1], csv(t, "a\nx\n")}, "0017")
}

func TestClip(t *testing.T) {
	in := csv(t, "a,s\n-3,p\n0,q\n,r\n4,s\n11,t\n")
	both := func(more parameters) parameters {
		p := parameters{"Set of thresholds": "ClipPeaksAndSubPeaks", "List of columns": moduletest.Columns("a")}
		for k, v := range more {
			p[k] = v
		}
		return p
	}
	for _, c := range []struct {
		given parameters
		want  string
	}{
		{parameters{"List of columns": moduletest.Columns("a"), "Constant value of upper threshold": "4"}, "a,s\n-3,p\n0,q\n?,r\n4,s\n4,t"},
		{parameters{"List of columns": moduletest.Columns("a"), "Set of thresholds": "ClipSubPeaks", "Lower substitute value": "Missing"}, "a,s\n?,p\n0,q\n?,r\n4,s\n11,t"},
		{both(nil), "a,s\n-1,p\n0,q\n?,r\n1,s\n1,t"},
		// The mean of -3, 0, 4 and 11 is 3, the median 2.
		{both(parameters{"Substitute value for peaks": "Mean", "Substitute value for subpeaks": "Median"}), "a,s\n2,p\n0,q\n?,r\n3,s\n3,t"},
		// A quarter of the way from the first to the last of four values is three quarters from -3 to 0; three quarters is a quarter from 4 to 11.
		{both(parameters{"Threshold": "Percentile", "Percentile number for lower threshold": "25", "Percentile number for upper threshold": "75"}), "a,s\n-0.75,p\n0,q\n?,r\n4,s\n5.75,t"},
		{both(parameters{"Overwrite flag": "False", "Add indicator columns": "True"}),
			"a,a_clipped_value,a_clipped,s\n-3,-1,True,p\n0,0,False,q\n?,?,False,r\n4,1,True,s\n11,1,True,t"},
	} {
		out, err := moduletest.Run(t, scaling.ClipValues(), c.given, in)
		if err != nil {
			t.Errorf("%v: %v", c.given, err)
			continue
		}
		moduletest.Want(t, fmt.Sprint(c.given), out[0], c.want)
	}
	on := []*table.Table{in}
	fails := moduletest.Fails(t, scaling.ClipValues())
	fails("no columns", nil, on, "0011")
	fails("texts", parameters{"List of columns": "All"}, on, "0017")
	fails("percentile", both(parameters{"Threshold": "Percentile", "Percentile number for upper threshold": "100"}), on, "0008")
	fails("thresholds the wrong way round", both(parameters{"Constant value for lower threshold": "2"}), on,
		`Error 0006: Parameter "Constant value for lower threshold" value should be less than parameter "Constant value for upper threshold" value.`)
	fails("no input", parameters{"List of columns": "All"}, nil, "0003")
}

// The bins are those of pandas and NumPy.
func TestBinsAgainstOracle(t *testing.T) {
	recorded := moduletest.Oracle(t)
	for name, modes := range recorded.Binned {
		for mode, want := range modes {
			given := parameters{"Binning mode": mode, "Number of bins": "7", "Quantile normalization": "QuantileIndex", "Columns to bin": moduletest.Columns(name), "Output mode": "ResultOnly"}
			out, err := moduletest.Run(t, scaling.GroupIntoBins(), given, recorded.Data)
			if err != nil {
				t.Errorf("%s %s: %v", name, mode, err)
				continue
			}
			for r := range want {
				moduletest.Near(t, fmt.Sprintf("%s %s, row %d", name, mode, r), out[0].Parts[0].Column, r, want[r], 0)
			}
		}
	}
}

func TestBins(t *testing.T) {
	in := csv(t, "a,s\n1,x\n2,x\n,x\n3,y\n4,y\n9,y\n")
	with := func(given parameters) parameters {
		given["Output mode"] = "ResultOnly"
		return given
	}
	for _, c := range []struct {
		given       parameters
		want, types string
	}{
		{parameters{"Number of bins": "2", "Quantile normalization": "QuantileIndex"}, "a,s,a_quantized\n1,x,1\n2,x,1\n?,x,?\n3,y,1\n4,y,2\n9,y,2", "Int32,String,Int32 C"},
		{with(parameters{"Number of bins": "3", "Tag columns as categorical": "False"}), "a\n0\n0\n?\n50\n100\n100", "Double"},
		{with(parameters{"Number of bins": "3", "Quantile normalization": "PQuantile"}), "a\n0\n0\n?\n0.5\n1\n1", "Double C"},
		{with(parameters{"Binning mode": "Equal Width", "Number of bins": "4"}), "a\n1\n1\n?\n1\n2\n4", "Int32 C"},
		{with(parameters{"Binning mode": "Custom Edges", "Comma-separated list of bin edges": "1, 3.5"}), "a\n1\n2\n?\n2\n3\n3", "Int32 C"},
		{with(parameters{"Binning mode": "Equal Width with Custom Start and Stop", "First edge position": "2", "Bin width": "1", "Last edge position": "4"}), "a\n1\n1\n?\n2\n3\n4", "Int32 C"},
		{parameters{"Output mode": "Inplace", "Binning mode": "Equal Width", "Number of bins": "1"}, "a,s\n1,x\n1,x\n?,x\n1,y\n1,y\n1,y", "Int32 C,String"},
	} {
		out, err := moduletest.Run(t, scaling.GroupIntoBins(), c.given, in)
		if err != nil {
			t.Errorf("%v: %v", c.given, err)
			continue
		}
		moduletest.Want(t, fmt.Sprint(c.given), out[0], c.want)
		if got := moduletest.Types(out[0]); got != c.types {
			t.Errorf("%v has types %s, want %s", c.given, got, c.types)
		}
		moduletest.Want(t, "the transformation", apply(t, scaling.GroupIntoBins(), out[1], in), c.want)
	}
}

// labelled makes s the label.
func labelled(in *table.Table) *table.Table {
	c := *in.ColumnCalled("s")
	c.Role = table.Label
	return in.WithColumns(map[int]*table.Column{1: &c})
}

// Two classes that a cut at 20 tells apart give one edge; classes that come in turns give none.
func TestEntropyBins(t *testing.T) {
	var apart, turns strings.Builder
	apart.WriteString("a,s\n")
	turns.WriteString("a,s\n")
	for i := range 40 {
		fmt.Fprintf(&apart, "%d,%v\n", i+1, i < 20)
		fmt.Fprintf(&turns, "%d,%v\n", i+1, i%2 == 0)
	}
	for text, bins := range map[string]int64{apart.String(): 2, turns.String(): 1} {
		out, err := moduletest.Run(t, scaling.GroupIntoBins(), parameters{"Binning mode": "Entropy MDL", "Output mode": "Inplace"}, labelled(csv(t, text)))
		if err != nil {
			t.Fatal(err)
		}
		got := out[0].Parts[0].Column.Ints
		if got[0] != 1 || got[19] != 1 || got[20] != bins || got[39] != bins {
			t.Errorf("bins %v, want the last to be %d", got, bins)
		}
	}
}

func TestBinErrors(t *testing.T) {
	in := csv(t, "a,s\n1,x\n")
	on := []*table.Table{in}
	custom := func(edges string) parameters {
		return parameters{"Binning mode": "Custom Edges", "Comma-separated list of bin edges": edges}
	}
	span := func(first, width, last string) parameters {
		return parameters{"Binning mode": "Equal Width with Custom Start and Stop", "First edge position": first, "Bin width": width, "Last edge position": last}
	}
	fails := moduletest.Fails(t, scaling.GroupIntoBins())
	fails("no input", nil, nil, "0003")
	fails("no rows", nil, []*table.Table{in.Head(0)}, "0021")
	fails("bins", parameters{"Number of bins": "0"}, on, `Error 0004: Parameter "Number of bins" value should be greater than 0.`)
	fails("no edges", custom(""), on, "0002")
	fails("edges that are none", custom("1,x"), on, "0002")
	fails("edges in disorder", custom("2,1"), on, `Error 0019: Values in column "Comma-separated list of bin edges" are not sorted.`)
	fails("width", span("0", "0", "1"), on, "0004")
	fails("last edge", span("2", "1", "1"), on, "0005")
	fails("too many edges", span("0", "1e-9", "1"), on, "0039")
	fails("no label", parameters{"Binning mode": "Entropy MDL"}, on, "0024")
	fails("texts", parameters{"Columns to bin": "All"}, on, "0017")
}

// The components are scikit-learn's.
func TestPCAAgainstOracle(t *testing.T) {
	recorded := moduletest.Oracle(t)
	given := parameters{"Selected columns": moduletest.Columns("normal", "skewed", "whole", "related"), "Number of dimensions to reduce to": "3"}
	out, err := moduletest.Run(t, scaling.PrincipalComponents(), given, recorded.Data)
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []*table.Table{out[0], apply(t, scaling.PrincipalComponents(), out[1], recorded.Data)} {
		for k, want := range recorded.Components {
			c := got.ColumnCalled(fmt.Sprint("Col", k+1))
			for r := range want {
				moduletest.Near(t, fmt.Sprintf("component %d, row %d", k+1, r), c, r, want[r], 1e-9)
			}
		}
	}
	if got := moduletest.Types(out[0]); got != "Double,Double,Double,String,String,Double,Double,Double" {
		t.Error(got)
	}
}

func TestPCA(t *testing.T) {
	in := csv(t, "a,s,b\n1,x,2\n2,y,4\n,z,6\n")
	for _, centre := range []string{"True", "False"} {
		out, err := moduletest.Run(t, scaling.PrincipalComponents(), parameters{"Selected columns": "NumericAll", "Number of dimensions to reduce to": "1", "Normalize dense dataset to zero mean": centre}, in)
		if err != nil {
			t.Fatal(err)
		}
		c := out[0].ColumnCalled("Col1")
		sum := c.Doubles[0] + c.Doubles[1] + c.Doubles[2]
		if out[0].Width() != 2 || c.Doubles[2] <= c.Doubles[0] || (math.Abs(sum) < 1e-9) != (centre == "True") {
			t.Errorf("centred %s: %s", centre, moduletest.Text(out[0]))
		}
	}
	on := []*table.Table{in}
	fails := moduletest.Fails(t, scaling.PrincipalComponents())
	fails("no dimensions", parameters{"Selected columns": "NumericAll"}, on, `Error 0002: Failed to parse (convert) "Number of dimensions to reduce to" parameter to "Integer"`)
	fails("none", parameters{"Selected columns": "NumericAll", "Number of dimensions to reduce to": "0"}, on, "0004")
	fails("more dimensions than columns", parameters{"Selected columns": "NumericAll", "Number of dimensions to reduce to": "3"}, on, "0008")
	fails("texts", parameters{"Selected columns": "All", "Number of dimensions to reduce to": "1"}, on, "0017")
	fails("no columns", parameters{"Number of dimensions to reduce to": "1"}, on, "0011")
	fails("no rows", parameters{"Selected columns": "All", "Number of dimensions to reduce to": "1"}, []*table.Table{in.Head(0)}, "0021")
}
