package statistics_test

import (
	"testing"

	"portico/internal/module"
	"portico/internal/module/moduletest"
	"portico/internal/module/score"
	"portico/internal/module/statistics"
	"portico/internal/table"
)

func TestReplaceDiscrete(t *testing.T) {
	in := csv(t, "city,n,churn,price\nA,1,yes,10\nA,1,no,20\nB,2,no,\n,2,yes,40\n")
	for _, c := range []struct{ discrete, replacement, want, other string }{
		{moduletest.Columns("city"), moduletest.Columns("price"),
			"city,n,churn,price,city_price\nA,1,yes,10,15\nA,1,no,20,15\nB,2,no,?,?\n?,2,yes,40,?", "city,x,city_price\nA,1,15\nC,2,?"},
		{moduletest.Columns("city", "n"), moduletest.Columns("churn", "price"),
			"city,n,churn,price,city_churn=yes,city_churn=no,n_price\nA,1,yes,10,0.5,0.5,15\nA,1,no,20,0.5,0.5,15\nB,2,no,?,0,1,40\n?,2,yes,40,?,?,40", ""},
	} {
		out, err := moduletest.Run(t, statistics.ReplaceDiscrete(), parameters{"Discrete columns": c.discrete, "Replacement columns": c.replacement}, in)
		if err != nil {
			t.Errorf("%s: %v", c.discrete, err)
			continue
		}
		moduletest.Want(t, c.discrete, out[0], c.want)
		apply := score.ApplyTransformation([]*module.Module{statistics.ReplaceDiscrete()})
		again, err := moduletest.Run(t, apply, nil, out[1], in)
		if err != nil {
			t.Fatal(err)
		}
		moduletest.Want(t, "the transform function", again[0], c.want)
		if c.other == "" {
			continue
		}
		if again, err = moduletest.Run(t, apply, nil, out[1], csv(t, "city,x\nA,1\nC,2\n")); err != nil {
			t.Fatal(err)
		}
		moduletest.Want(t, "new data", again[0], c.other)
	}
	on := []*table.Table{in}
	fails := moduletest.Fails(t, statistics.ReplaceDiscrete())
	fails("no columns", nil, on, "0011")
	fails("two for one", parameters{"Discrete columns": moduletest.Columns("city"), "Replacement columns": moduletest.Columns("n", "price")}, on,
		`Error 0022: Column selection pattern "Replacement columns" is expected to provide 1 column(s) selected in input dataset, but 2 column(s) is/are provided.`)
	fails("a column for itself", parameters{"Discrete columns": moduletest.Columns("n"), "Replacement columns": moduletest.Columns("n")}, on, "0026")
	fails("numbers that are not discrete", parameters{"Discrete columns": moduletest.Columns("d"), "Replacement columns": moduletest.Columns("n")}, []*table.Table{csv(t, "d,n\n1.5,1\n")}, "0017")
	fails("no rows", parameters{"Discrete columns": moduletest.Columns("city"), "Replacement columns": moduletest.Columns("price")}, []*table.Table{in.Head(0)}, "0021")
}

// P agrees with SciPy.
func TestTTestAgainstOracle(t *testing.T) {
	recorded := moduletest.Oracle(t)
	tails := map[string]string{"two-sided": "Two-tail", "greater": "One-tail Greater than", "less": "One-tail Less than"}
	kinds := map[string]parameters{
		"single":  {"Target column(s)": moduletest.Columns("normal"), "Null hypothesized μ": "10.5"},
		"paired":  {"Test type": "PairedSamples", "Target column(s)": moduletest.Columns("normal", "related")},
		"equal":   {"Test type": "UnpairedSamples", "Target column(s)": moduletest.Columns("normal", "related")},
		"unequal": {"Test type": "UnpairedSamples", "Target column(s)": moduletest.Columns("normal", "related"), "Assume equal variances": "False"},
	}
	for tail, byKind := range recorded.T {
		for kind, want := range byKind {
			given := kinds[kind]
			given["Hypothesis type"] = tails[tail]
			out, err := moduletest.Run(t, statistics.TTest(), given, recorded.Data)
			if err != nil {
				t.Errorf("%s %s: %v", kind, tail, err)
				continue
			}
			moduletest.Near(t, kind+" "+tail, out[0].ColumnCalled("P"), 0, want[1], 1e-9)
			reject := 0.0
			if *want[1] < 0.95 {
				reject = 1
			}
			moduletest.Near(t, "rejection", out[1].ColumnCalled("Reject H0"), 0, &reject, 0)
		}
	}
}

func TestTTestErrors(t *testing.T) {
	in := csv(t, "a,b,s,c\n1,2,x,5\n2,Infinity,y,5\n")
	on := []*table.Table{in}
	target := func(names ...string) parameters {
		return parameters{"Target column(s)": moduletest.Columns(names...)}
	}
	fails := moduletest.Fails(t, statistics.TTest())
	fails("two columns for one sample", target("a", "c"), on, "Error 0031: 1 column(s) should be specified. The actual number of specified columns is 2.")
	fails("texts", target("s"), on, "0017")
	fails("infinite", target("b"), on, `Error 0033: "b" is not finite.`)
	fails("all equal to μ", parameters{"Target column(s)": moduletest.Columns("c"), "Null hypothesized μ": "5"}, on, `Error 0032: "t" is not a number.`)
	fails("one row", target("a"), []*table.Table{in.Head(1)}, "0021")
	fails("α", parameters{"Target column(s)": moduletest.Columns("a"), "α": "2"}, on, "0008")
	fails("no input", target("a"), nil, "0003")
}
