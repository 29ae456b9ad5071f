package featureselection_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"portico/internal/module"
	"portico/internal/module/featureselection"
	"portico/internal/module/moduletest"
	"portico/internal/module/score"
	"portico/internal/table"
)

type parameters = moduletest.Parameters

func csv(t *testing.T, text string) *table.Table { return moduletest.CSV(t, text) }

// The scores are those of SciPy and scikit-learn, with a target of numbers and with one of classes.
func TestScoresAgainstOracle(t *testing.T) {
	recorded := moduletest.Oracle(t)
	if len(recorded.Scores) == 0 {
		t.Fatal("no scores are recorded")
	}
	for i, target := range []string{"related", "kind"} {
		for name, methods := range recorded.Scores {
			if name == target {
				continue
			}
			for method, want := range methods {
				if want[i] == nil {
					continue
				}
				given := parameters{"Feature scoring method": method, "Target column": moduletest.Columns(target), "Number of desired features": "100"}
				out, err := moduletest.Run(t, featureselection.FilterBased(), given, recorded.Data)
				if err != nil {
					t.Errorf("%s of %s: %v", method, target, err)
					continue
				}
				moduletest.Near(t, fmt.Sprintf("%s of %s and %s", method, name, target), out[1].ColumnCalled(name), 0, want[i], 1e-9)
			}
		}
	}
}

// A sparse column has the score of the same column written out.
func TestSparseScores(t *testing.T) {
	const rows, width = 60, 7
	block := table.NumberedBlock(table.Double, "f", "", table.Span{To: width})
	for r := range rows {
		for k := range width {
			if v := float64((r*7 + k*k*5) % 11); v > 6 || k == 0 && v > 0 {
				block.Index, block.Values = append(block.Index, uint32(k)), append(block.Values, v-float64(k%3))
			}
		}
		block.Start = append(block.Start, len(block.Index))
	}
	y, kind := make([]float64, rows), make([]string, rows)
	for r := range rows {
		y[r], kind[r] = float64(r*r%17), string(rune('a'+r*3%4))
	}
	sparse := table.New(rows, table.Part{Sparse: block}, table.Part{Column: table.FromDoubles("y", y)}, table.Part{Column: table.FromStrings("kind", kind)})
	dense, _, err := module.AllColumns("").Spread(sparse)
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range featureselection.Methods() {
		for _, target := range []string{"y", "kind"} {
			given := parameters{"Feature scoring method": method, "Target column": moduletest.Columns(target), "Number of desired features": "100"}
			if method == featureselection.CountBased {
				delete(given, "Target column")
				delete(given, "Number of desired features")
			}
			a, err := moduletest.Run(t, featureselection.FilterBased(), given, sparse)
			if err != nil {
				t.Fatal(err)
			}
			b, err := moduletest.Run(t, featureselection.FilterBased(), given, dense)
			if err != nil {
				t.Fatal(err)
			}
			for k := range width {
				name := fmt.Sprint("f", k)
				want, _ := b[1].ColumnCalled(name).Number(0)
				moduletest.Near(t, method+" of "+name+" and "+target, a[1].ColumnCalled(name), 0, &want, 1e-9)
			}
			if got, want := moduletest.Text(a[0]), moduletest.Text(b[0]); strings.Count(got, "\n") != strings.Count(want, "\n") || a[0].Width() != b[0].Width() {
				t.Errorf("%s: %d columns, want %d", method, a[0].Width(), b[0].Width())
			}
		}
	}
}

// marked gives roles to columns by name.
func marked(in *table.Table, roles map[string]table.Role) *table.Table {
	replaced := map[int]*table.Column{}
	for i, p := range in.Parts {
		if role, ok := roles[p.Column.Name]; ok {
			c := *p.Column
			c.Role = role
			replaced[i] = &c
		}
	}
	return in.WithColumns(replaced)
}

func TestFilterBased(t *testing.T) {
	in := csv(t, "a,b,s,y,n,z\n1,4,p,1,1,0\n2,0,q,2,2,0\n3,5,p,3,3,0\n4,,q,4,4,0\n")
	on := marked(in, map[string]table.Role{"n": table.NoRole})
	target := func(more parameters) parameters {
		more["Target column"] = moduletest.Columns("y")
		return more
	}
	for _, c := range []struct {
		given          parameters
		want, features string
	}{
		{target(parameters{}), "y,a\n1,1\n2,2\n3,3\n4,4", "a,b,s,z\n1,0.1889822365046136,0,0"},
		{target(parameters{"Number of desired features": "9", "Operate on feature columns only": "False"}),
			"y,a,n,b,s,z\n1,1,1,4,p,0\n2,2,2,0,q,0\n3,3,3,5,p,0\n4,4,4,?,q,0", "a,n,b,s,z\n1,1,0.1889822365046136,0,0"},
		{parameters{"Feature scoring method": "Count Based"}, "a,b,y\n1,4,1\n2,0,2\n3,5,3\n4,?,4", "a,y,b,s,z\n4,4,2,0,0"},
		{parameters{"Feature scoring method": "Counts", "Minimum number of non-zero elements": "3"}, "a,y\n1,1\n2,2\n3,3\n4,4", "a,y,b,s,z\n4,4,2,0,0"},
	} {
		out, err := moduletest.Run(t, featureselection.FilterBased(), c.given, on)
		if err != nil {
			t.Errorf("%v: %v", c.given, err)
			continue
		}
		moduletest.Want(t, fmt.Sprint(c.given), out[0], c.want)
		moduletest.Want(t, fmt.Sprint(c.given), out[1], c.features)
	}
}

func TestFilterBasedErrors(t *testing.T) {
	in := csv(t, "a,s,e\n1,x,\n2,y,\n")
	on := []*table.Table{in}
	target := func(names ...string) parameters { return parameters{"Target column": moduletest.Columns(names...)} }
	fails := moduletest.Fails(t, featureselection.FilterBased())
	fails("no input", target("a"), nil, "0003")
	fails("no rows", target("a"), []*table.Table{in.Head(0)}, "0021")
	fails("no target", nil, on, "0011")
	fails("two targets", target("a", "s"), on, "0022")
	fails("absent target", target("z"), on, "0001")
	fails("a target without values", target("e"), on, "Error 0018: Target column contains invalid data.")
	fails("none wanted", parameters{"Target column": moduletest.Columns("a"), "Number of desired features": "0"}, on, `Error 0004: Parameter "Number of desired features" value should be greater than 0.`)
	fails("no elements", parameters{"Feature scoring method": "Count Based", "Minimum number of non-zero elements": "0"}, on, "0004")
	fails("method", parameters{"Feature scoring method": "ANOVA"}, on, "0002")
	fails("nothing to score", target("a"), []*table.Table{csv(t, "a\n1\n")}, "0011")
}

// The combinations are scikit-learn's.
func TestDiscriminantAgainstOracle(t *testing.T) {
	recorded := moduletest.Oracle(t)
	data := recorded.Data
	in := table.FromColumns(data.Rows, data.ColumnCalled("normal"), data.ColumnCalled("skewed"), data.ColumnCalled("kind"), data.ColumnCalled("whole"), data.ColumnCalled("related"))
	m := featureselection.FisherDiscriminant()
	out, err := moduletest.Run(t, m, parameters{"Class labels column": moduletest.Columns("kind"), "Number of feature extractors": "2"}, in)
	if err != nil {
		t.Fatal(err)
	}
	again, err := moduletest.Run(t, score.ApplyTransformation([]*module.Module{m}), nil, out[1], in)
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []*table.Table{out[0], again[0]} {
		for k, want := range recorded.Discriminants {
			c := got.ColumnCalled(fmt.Sprint("col", k+1))
			for r := range want {
				moduletest.Near(t, fmt.Sprintf("combination %d, row %d", k+1, r), c, r, want[r], 1e-9)
			}
		}
		if got.Width() != 3 || got.Schema()[2].Name != "kind" {
			t.Errorf("the columns are %v", got.Schema())
		}
	}
	if out, err = moduletest.Run(t, m, parameters{"Class labels column": moduletest.Columns("kind")}, in); err != nil || out[0].Width() != 5 {
		t.Errorf("with 0 extractors there are not all: %v", err)
	}
}

// Two classes that differ in one column alone are told apart by it.
func TestDiscriminant(t *testing.T) {
	in := csv(t, "a,b,y\n1,5,0\n2,4,0\n3,5,0\n,5,0\n11,5,1\n12,4,1\n13,5,1\n")
	out, err := moduletest.Run(t, featureselection.FisherDiscriminant(), parameters{"Class labels column": moduletest.Columns("y"), "Number of feature extractors": "1"}, in)
	if err != nil {
		t.Fatal(err)
	}
	c := out[0].ColumnCalled("col1")
	if !c.IsMissing(3) || math.Abs(c.Doubles[4]-c.Doubles[0]-10/math.Sqrt(2.0/3)) > 1e-9 {
		t.Errorf("the combination is %v", c.Doubles)
	}
	on := []*table.Table{in}
	fails := moduletest.Fails(t, featureselection.FisherDiscriminant())
	fails("no input", parameters{"Class labels column": moduletest.Columns("y")}, nil, "0003")
	fails("no class", nil, on, "0011")
	fails("absent class", parameters{"Class labels column": moduletest.Columns("z")}, on, "0001")
	fails("texts", parameters{"Class labels column": moduletest.Columns("y")}, []*table.Table{csv(t, "y,s\n0,p\n1,q\n")}, `Error 0017: Cannot process column "s" of type String. The type is not supported by the module.`)
	fails("too many", parameters{"Class labels column": moduletest.Columns("y"), "Number of feature extractors": "3"}, on, "0008")
	fails("fewer than none", parameters{"Class labels column": moduletest.Columns("y"), "Number of feature extractors": "-1"}, on, "0005")
	fails("the class alone", parameters{"Class labels column": moduletest.Columns("y")}, []*table.Table{csv(t, "y\n0\n1\n")}, "0020")
	fails("no whole row", parameters{"Class labels column": moduletest.Columns("y")}, []*table.Table{csv(t, "a,b,y\n1,,0\n,2,1\n")}, "0018")
}
