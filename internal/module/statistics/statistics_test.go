package statistics_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"portico/internal/module/moduletest"
	"portico/internal/module/statistics"
	"portico/internal/table"
)

type parameters = moduletest.Parameters

func csv(t *testing.T, text string) *table.Table { return moduletest.CSV(t, text) }

// tolerance of a column's figures: the values of tiny are equal in their first 12 digits.
func tolerance(column string) float64 {
	if column == "tiny" {
		return 1e-3
	}
	return 1e-10
}

// Every figure agrees with pandas.
func TestSummarizeAgainstOracle(t *testing.T) {
	recorded := moduletest.Oracle(t)
	out, err := moduletest.Run(t, statistics.SummarizeData(), nil, recorded.Data)
	if err != nil {
		t.Fatal(err)
	}
	for r, name := range out[0].ColumnCalled("Feature").Strings {
		for figure, want := range recorded.Summary[name] {
			c := out[0].ColumnCalled(figure)
			if c == nil {
				t.Fatalf("there is no %s", figure)
			}
			moduletest.Near(t, name+" "+figure, c, r, want, tolerance(name))
		}
	}
}

func TestSummarize(t *testing.T) {
	out, err := moduletest.Run(t, statistics.SummarizeData(), nil, csv(t, "n,s,b,e,d\n1,x,True,,2020-01-01\n2,x,False,,2020-01-01\n,,True,,\n"))
	if err != nil {
		t.Fatal(err)
	}
	selected := table.FromColumns(5, out[0].Parts[0].Column, out[0].Parts[1].Column, out[0].Parts[2].Column, out[0].Parts[3].Column, out[0].Parts[4].Column, out[0].ColumnCalled("Mean"), out[0].ColumnCalled("Sample Kurtosis"))
	moduletest.Want(t, "summary", selected, "Feature,Count,Unique Value Count,Missing Value Count,Min,Mean,Sample Kurtosis\n"+
		"n,2,2,1,1,1.5,?\ns,2,1,1,?,?,?\nb,3,2,0,0,0.6666666666666666,?\ne,0,0,3,?,?,?\nd,2,1,1,?,?,?")
	fails := moduletest.Fails(t, statistics.SummarizeData())
	fails("no input", nil, nil, "0003")
	fails("no rows", nil, []*table.Table{csv(t, "a\n1\n").Head(0)}, "0021")
}

// The methods agree with SciPy and pandas.
func TestElementaryAgainstOracle(t *testing.T) {
	recorded := moduletest.Oracle(t)
	shared := map[string]string{"Max": "Max", "Mean": "Mean", "Mean Deviation": "Mean Deviation", "Median": "Median", "Min": "Min", "Mode": "Mode", "Range": "Range",
		"Sample Kurtosis": "Sample Kurtosis", "Sample Skewness": "Sample Skewness", "Sample Standard Deviation": "Sample Standard Deviation", "Sample Variance": "Sample Variance"}
	for name, methods := range recorded.Elementary {
		for method, figure := range shared {
			methods[method] = recorded.Summary[name][figure]
		}
		for method, want := range methods {
			out, err := moduletest.Run(t, statistics.ElementaryStatistics(), parameters{"Method": method, "Column set": moduletest.Columns(name)}, recorded.Data)
			if err != nil {
				t.Errorf("%s of %s: %v", method, name, err)
				continue
			}
			c := out[0].ColumnCalled(method + "(" + name + ")")
			if c == nil || out[0].Rows != 1 {
				t.Fatalf("%s gave\n%s", method, moduletest.Text(out[0]))
			}
			moduletest.Near(t, method+" of "+name, c, 0, want, tolerance(name))
		}
	}
}

func TestElementaryErrors(t *testing.T) {
	on := []*table.Table{csv(t, "a,s\n1,x\n")}
	fails := moduletest.Fails(t, statistics.ElementaryStatistics())
	fails("texts", parameters{"Column set": "All"}, on, "0017")
	fails("method", parameters{"Method": "Average"}, on, "0002")
	fails("order", parameters{"Method": "Kth Central Moment", "Order": "0"}, on, "0005")
	fails("no input", nil, nil, "0003")
	out, err := moduletest.Run(t, statistics.ElementaryStatistics(), parameters{"Method": "Geometric Mean"}, csv(t, "a,b\n-1,\n4,\n"))
	if err != nil {
		t.Fatal(err)
	}
	moduletest.Want(t, "undefined", out[0], "Geometric Mean(a)\n?")
}

func TestCorrelationAgainstOracle(t *testing.T) {
	recorded := moduletest.Oracle(t)
	out, err := moduletest.Run(t, statistics.LinearCorrelation(), nil, recorded.Data)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range recorded.Correlation {
		for r := range want {
			moduletest.Near(t, fmt.Sprintf("%s, row %d", name, r), out[0].ColumnCalled(name), r, want[r], tolerance(name))
		}
	}
	fails := moduletest.Fails(t, statistics.LinearCorrelation())
	fails("no input", nil, nil, "0003")
	fails("one row", nil, []*table.Table{csv(t, "a\n1\n")}, "0021")
	fails("no numbers", nil, []*table.Table{csv(t, "s\nx\ny\n")}, "0020")
}

// Functions agree with NumPy and SciPy to 10 digits.
func TestApplyMathAgainstOracle(t *testing.T) {
	recorded := moduletest.Oracle(t)
	categories := map[string]string{}
	for _, p := range statistics.ApplyMath().Parameters {
		for _, f := range p.Choices {
			if len(p.When) == 1 && p.When[0].Parameter == "Category" && p.Name != p.When[0].Parameter {
				categories[f] = p.When[0].Values[0] + "\x00" + p.Name
			}
		}
	}
	numbers := func(key string) []float64 {
		var v []float64
		if err := json.Unmarshal(recorded.Functions[key], &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, argument := range []string{"x", "positive"} {
		x := numbers(argument)
		in := table.FromColumns(len(x), table.FromDoubles("x", x), table.FromDoubles("y", numbers("y")))
		var functions map[string][]*float64
		if err := json.Unmarshal(recorded.Functions["of "+argument], &functions); err != nil {
			t.Fatal(err)
		}
		for name, want := range functions {
			category, parameter, ok := strings.Cut(categories[name], "\x00")
			if !ok {
				t.Errorf("there is no function %s", name)
				continue
			}
			given := parameters{"Category": category, parameter: name, "Column set": moduletest.Columns("x"), "Output mode": "ResultOnly",
				"Second argument type (Basic)": "ColumnSet", "Second argument type (Special)": "ColumnSet", "Second argument columns (Basic)": moduletest.Columns("y"), "Second argument columns (Special)": moduletest.Columns("y")}
			data := in
			switch name {
			case "Polygamma":
				given["Second argument type (Special)"] = "Constant"
			case "Log":
				base := append([]float64(nil), in.Parts[1].Column.Doubles...)
				for i := range base {
					base[i] += 1.1
				}
				data = table.FromColumns(len(x), in.Parts[0].Column, table.FromDoubles("y", base))
			case "EllipticIntegralK", "EllipticIntegralE":
				m := append([]float64(nil), x...)
				for i := range m {
					m[i] /= 11
				}
				data = table.FromColumns(len(x), table.FromDoubles("x", m), in.Parts[1].Column)
			}
			out, err := moduletest.Run(t, statistics.ApplyMath(), given, data)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			for r := range want {
				moduletest.Near(t, fmt.Sprintf("%s(%v, %v)", name, data.Parts[0].Column.Doubles[r], data.Parts[1].Column.Doubles[r]), out[0].Parts[0].Column, r, want[r], 1e-10)
			}
		}
	}
}

func TestApplyMath(t *testing.T) {
	in := csv(t, "a,b,s\n7,2,x\n-7.5,2,y\n,3,z\n")
	on := func(category, parameter, function string, more parameters) parameters {
		p := parameters{"Category": category, parameter: function, "Output mode": "ResultOnly", "Column set": moduletest.Columns("a")}
		for k, v := range more {
			p[k] = v
		}
		return p
	}
	for _, c := range []struct {
		given parameters
		want  string
	}{
		{parameters{}, "a,b,s,Abs(a),Abs(b)\n7,2,x,7,2\n-7.5,2,y,7.5,2\n?,3,z,?,3"},
		{on("Operations", "Arithmetic operation", "Divide", parameters{"Second argument (Operations)": "2"}), "Divide(a_$2)\n3.5\n-3.75\n?"},
		{on("Operations", "Arithmetic operation", "Add", parameters{"Second argument type (Operations)": "ColumnSet", "Second argument columns (Operations)": moduletest.Columns("b")}), "Add(a_b)\n9\n-5.5\n?"},
		{on("Operations", "Arithmetic operation", "Divide", parameters{"Second argument (Operations)": "0"}), "Divide(a_$0)\nInfinity\n-Infinity\n?"},
		{on("Compare", "Comparison function", "GreaterThan", parameters{"Value to compare (Compare)": "1.5"}), "GreaterThan(a_$1.5)\nTrue\nFalse\n?"},
		{on("Compare", "Comparison function", "PairMax", parameters{"Value to compare (Compare)": "1.5"}), "PairMax(a_$1.5)\n7\n1.5\n?"},
		{on("Rounding", "Rounding operation", "Ceiling", parameters{"Precision (Rounding)": "5"}), "Ceiling(a_$5)\n10\n-5\n?"},
		{on("Rounding", "Rounding operation", "Mod", parameters{"Precision (Rounding)": "5"}), "Mod(a_$5)\n2\n2.5\n?"},
		{on("Rounding", "Rounding operation", "Remainder", parameters{"Precision (Rounding)": "5"}), "Remainder(a_$5)\n2\n-2.5\n?"},
		{on("Rounding", "Rounding operation", "RoundUp", parameters{"Precision (Rounding)": "0"}), "RoundUp(a_$0)\n7\n-8\n?"},
		{on("Rounding", "Rounding operation", "ToEven", nil), "ToEven(a)\n8\n-8\n?"},
		{on("Rounding", "Rounding operation", "ToOdd", nil), "ToOdd(a)\n7\n-9\n?"},
		{on("Rounding", "Rounding operation", "CeilingPower2", nil), "CeilingPower2(a)\n8\n0\n?"},
		{on("Basic", "Basic math function", "Factorial", nil), "Factorial(a)\n5040\n?\n?"},
		{on("Basic", "Basic math function", "DoubleFactorial", nil), "DoubleFactorial(a)\n105\n?\n?"},
		{on("Basic", "Basic math function", "Ln", parameters{"Output mode": "Inplace"}), "a,b,s\n1.9459101490553132,2,x\n?,2,y\n?,3,z"},
		{on("Trigonometric", "Trigonometric function", "Sign", nil), "Sign(a)\n1\n-1\n?"},
	} {
		out, err := moduletest.Run(t, statistics.ApplyMath(), c.given, in)
		if err != nil {
			t.Errorf("%v: %v", c.given, err)
			continue
		}
		moduletest.Want(t, fmt.Sprint(c.given), out[0], c.want)
	}
	fails := moduletest.Fails(t, statistics.ApplyMath())
	fails("texts", parameters{"Column set": "All"}, []*table.Table{in}, "0017")
	fails("function", parameters{"Basic math function": "Cube"}, []*table.Table{in}, "0002")
	fails("three arguments for two columns", parameters{"Category": "Operations", "Column set": moduletest.Columns("a", "b"), "Second argument type (Operations)": "ColumnSet",
		"Second argument columns (Operations)": moduletest.Columns("a", "b", "a")}, []*table.Table{in}, "0027")
	fails("no input", nil, nil, "0003")
}

// Inverses undo their functions.
func TestInverses(t *testing.T) {
	for _, f := range []string{"GammaRegularizedP", "GammaRegularizedQ"} {
		in := csv(t, "a,x\n0.5,0.1\n0.5,2\n3,1\n3,9\n20,15\n")
		given := func(name string) parameters {
			return parameters{"Category": "Special", "Special function": name, "Column set": moduletest.Columns("a"), "Second argument type (Special)": "ColumnSet",
				"Second argument columns (Special)": moduletest.Columns("x"), "Output mode": "ResultOnly"}
		}
		there, err := moduletest.Run(t, statistics.ApplyMath(), given(f), in)
		if err != nil {
			t.Fatal(err)
		}
		back, err := moduletest.Run(t, statistics.ApplyMath(), given(f+"Inverse"), table.FromColumns(in.Rows, in.Parts[0].Column, table.FromDoubles("x", there[0].Parts[0].Column.Doubles)))
		if err != nil {
			t.Fatal(err)
		}
		for r := range in.Rows {
			want, _ := in.Parts[1].Column.Number(r)
			if got := back[0].Parts[0].Column.Doubles[r]; math.Abs(got-want) > 1e-8*want {
				t.Errorf("%s: %v came back as %v", f, want, got)
			}
		}
	}
}
