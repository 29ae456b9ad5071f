package manipulation_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"portico/internal/module"
	"portico/internal/module/manipulation"
	"portico/internal/module/moduletest"
	"portico/internal/module/score"
	"portico/internal/table"
)

// Probabilistic PCA has no oracle here: scikit-learn's takes no missing values.
// These tests hold what the model says of data that follow it.

func pca(more moduletest.Parameters) moduletest.Parameters {
	p := moduletest.Parameters{"Cleaning mode": "Replace using Probabilistic PCA", "Number of iterations for PCA prediction": "50"}
	for k, v := range more {
		p[k] = v
	}
	return p
}

// plane has 40 points in three columns, of which two factors make all, and what the missing cells were.
func plane() (in *table.Table, want map[string]map[int]float64) {
	a, b, c := make([]float64, 40), make([]float64, 40), make([]float64, 40)
	for r := range a {
		x, y := math.Sin(float64(r)), math.Cos(float64(3*r))
		a[r], b[r], c[r] = 10+2*x, -3+x+y, 100+20*x-10*y
	}
	want = map[string]map[int]float64{"a": {4: a[4], 17: a[17]}, "b": {9: b[9]}, "c": {23: c[23], 31: c[31]}}
	columns := []*table.Column{table.FromDoubles("a", a), table.FromDoubles("b", b), table.FromDoubles("c", c)}
	for _, column := range columns {
		column.Missing = make([]bool, 40)
		for r := range want[column.Name] {
			column.Missing[r], column.Doubles[r] = true, 0
		}
	}
	return table.FromColumns(40, columns...), want
}

// Points of a plane are found again, in the data and in new data.
func TestPCAFindsThePlane(t *testing.T) {
	in, want := plane()
	m := manipulation.CleanMissingData()
	out, err := moduletest.Run(t, m, pca(nil), in)
	if err != nil {
		t.Fatal(err)
	}
	again, err := moduletest.Run(t, score.ApplyTransformation([]*module.Module{m}), nil, out[1], in)
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []*table.Table{out[0], again[0]} {
		for name, cells := range want {
			for r, value := range cells {
				moduletest.Near(t, fmt.Sprintf("%s, row %d", name, r), got.ColumnCalled(name), r, &value, 0.02)
			}
		}
	}
	for r := range in.Rows {
		if v, ok := in.Parts[0].Column.Number(r); ok && out[0].ColumnCalled("a").Doubles[r] != v {
			t.Errorf("row %d changed from %v", r, v)
		}
	}
}

// Categories and Booleans go with the numbers that they come with.
func TestPCACategories(t *testing.T) {
	var text strings.Builder
	text.WriteString("n,m,kind,hot\n")
	for r := range 30 {
		high := r%2 == 0
		kind, hot := map[bool]string{true: "up", false: "down"}[high], fmt.Sprint(high)
		switch r {
		case 12, 13:
			kind = ""
		case 20, 21:
			hot = ""
		}
		fmt.Fprintf(&text, "%d,%d,%s,%s\n", map[bool]int{true: 90, false: 10}[high]+r%3, map[bool]int{true: -5, false: 5}[high]+r%2, kind, hot)
	}
	in := moduletest.CSV(t, text.String())
	kind := *in.ColumnCalled("kind")
	kind.Categorical = true
	in = in.WithColumns(map[int]*table.Column{2: &kind})
	out, err := moduletest.Run(t, manipulation.CleanMissingData(), pca(nil), in)
	if err != nil {
		t.Fatal(err)
	}
	kinds, hot := out[0].ColumnCalled("kind").Strings, out[0].ColumnCalled("hot").Ints
	if kinds[12] != "up" || kinds[13] != "down" || hot[20] != 1 || hot[21] != 0 {
		t.Errorf("filled with %q, %q, %d, %d", kinds[12], kinds[13], hot[20], hot[21])
	}
}

func TestPCAErrors(t *testing.T) {
	in := moduletest.CSV(t, "a,b,s\n1,2,x\n,3,y\n3,4,z\n")
	out, err := moduletest.Run(t, manipulation.CleanMissingData(), pca(nil), in)
	if err != nil {
		t.Fatal(err)
	}
	fails := moduletest.Fails(t, manipulation.CleanMissingData())
	fails("no input", pca(nil), nil, "0003")
	fails("iterations", pca(moduletest.Parameters{"Number of iterations for PCA prediction": "51"}), []*table.Table{in}, "0008")
	fails("no iterations", pca(moduletest.Parameters{"Number of iterations for PCA prediction": "0"}), []*table.Table{in}, "0008")
	var wide []*table.Column
	for i := range 501 {
		wide = append(wide, table.FromDoubles(fmt.Sprint("c", i), []float64{1, float64(i)}))
	}
	fails("too many columns", pca(nil), []*table.Table{table.FromColumns(2, wide...)}, "0138")
	fails = moduletest.Fails(t, score.ApplyTransformation([]*module.Module{manipulation.CleanMissingData()}))
	fails("a column that vanished", nil, []*table.Table{out[1], moduletest.CSV(t, "a\n1\n")}, "0001")
	fails("a column of another type", nil, []*table.Table{out[1], moduletest.CSV(t, "a,b,s\nx,1,z\n")}, "0018")
}
