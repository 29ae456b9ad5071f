package featureselection

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"portico/internal/module"
	"portico/internal/module/matrix"
	"portico/internal/table"
)

const (
	classColumn = "Class labels column"
	extractors  = "Number of feature extractors"
	// maxDiscriminated is how many columns may be combined: the work grows with the cube of their number.
	maxDiscriminated = 1000
)

// FisherDiscriminant combines columns of numbers so that classes lie apart.
func FisherDiscriminant() *module.Module {
	m := &module.Module{
		Name:     "Fisher Linear Discriminant Analysis",
		FamilyID: "dcaab0b259ca4bec896ac9fd0ea3ab8f",
		Category: category,
		Summary:  "Identifies the linear combination of feature variables that can best group data into separate classes.",
		Help: "All columns but the class must be numbers or Booleans. They are replaced by col1, col2 and so on, the combination that tells the classes apart best first; the class comes last. " +
			"Beyond one less than the number of classes, a combination tells nothing more. Within the classes a combination has the variance 1, and its largest weight is positive. Rows with a missing value do not count, and have no values.",
		Version: 1,
		Inputs:  []module.Port{{Name: "Dataset", Type: module.Data, Description: "Input dataset"}},
		Outputs: []module.Port{
			{Name: "Transformed features", Type: module.Data, Description: "Fisher linear discriminant analysis features transformed to eigenvector space"},
			{Name: "Fisher linear discriminant analysis transformation", Type: module.Transform, Description: "Transformation of Fisher linear discriminant analysis"},
		},
		Parameters: []module.Parameter{
			{Name: classColumn, Type: module.ColumnSelection, Description: "The column of classes."},
			{Name: extractors, Type: module.Integer, Default: "0", Max: math.MaxInt32, Description: "How many combinations to make; 0 for as many as there are columns."},
		},
		Errors: []string{"0001", "0003", "0005", "0008", "0011", "0017", "0018", "0020", "0021", "0022", "0039", "0059", "0060", "0138"},
		Apply: func(content []byte) (module.Applier, error) {
			var d discriminant
			return d.apply, json.Unmarshal(content, &d)
		},
	}
	m.Prepare = func(v module.Values) (module.Runner, error) {
		class, err := v.Columns(classColumn)
		if err != nil {
			return nil, err
		}
		wanted := int(v.Int(extractors))
		return m.Fitting("Dataset", func(ctx context.Context, t *table.Table) (any, module.Applier, *table.Table, error) {
			d, t, err := fitDiscriminant(ctx, class, t, wanted)
			return d, d.apply, t, err
		}), nil
	}
	return m
}

// discriminant is the content of the transformation: the columns, the class, and the weights of each combination.
type discriminant struct {
	Columns []string    `json:"columns"`
	Class   string      `json:"class"`
	Weights [][]float64 `json:"weights"`
}

// fitDiscriminant finds the weights, and gives them with the table in which every column stands by itself.
func fitDiscriminant(ctx context.Context, class module.Selection, t *table.Table, wanted int) (*discriminant, *table.Table, error) {
	t, place, err := class.One(t)
	if err != nil {
		return nil, nil, err
	}
	d := &discriminant{Class: t.Parts[place].Column.Name}
	t, places, err := module.AllColumns(classColumn).Spread(t)
	if err != nil {
		return nil, nil, err
	}
	var target *table.Column
	var numbers []*table.Column
	for _, i := range places {
		switch c := t.Parts[i].Column; {
		case c.Name == d.Class && target == nil:
			target = c
		case !c.Type.Numeric() && c.Type != table.Boolean:
			return nil, nil, module.Fail("0017", c.Type, c.Name)
		default:
			d.Columns, numbers = append(d.Columns, c.Name), append(numbers, c)
		}
	}
	switch n := len(numbers); {
	case n == 0:
		return nil, nil, module.Fail("0020", "Dataset", 2)
	case n > maxDiscriminated:
		return nil, nil, module.Fail("0138")
	case wanted > n:
		return nil, nil, module.Fail("0008", extractors, 0, n).In(extractors)
	case wanted == 0:
		wanted = n
	}
	x := complete(numbers, t.Rows)
	of, classes := categories(target, false)
	within, between, err := x.scatter(ctx, of, classes)
	if err != nil {
		return nil, nil, err
	}
	d.Weights, err = directions(ctx, within, between, wanted)
	return d, t, err
}

// observations are rows of numbers, NaN in all places where one is missing.
type observations struct {
	values [][]float64 // by row
	whole  []bool
}

func complete(columns []*table.Column, rows int) *observations {
	x := &observations{values: matrix.New(rows, len(columns)), whole: make([]bool, rows)}
	for r := range rows {
		x.whole[r] = true
		for i, c := range columns {
			v, ok := c.Number(r)
			x.values[r][i] = v
			x.whole[r] = x.whole[r] && ok && finite(v)
		}
	}
	return x
}

// scatter gives the covariance within the classes, and that of their means.
func (x *observations) scatter(ctx context.Context, of []int32, classes int) (within, between [][]float64, err error) {
	d := len(x.values[0])
	means, counts := matrix.New(classes, d), make([]float64, classes)
	all, n := make([]float64, d), 0.0
	for r, row := range x.values {
		if k := of[r]; k >= 0 && x.whole[r] {
			counts[k]++
			n++
			for i, v := range row {
				means[k][i] += (v - means[k][i]) / counts[k]
				all[i] += (v - all[i]) / n
			}
		}
	}
	if n == 0 {
		return nil, nil, module.Fail("0018", "Dataset")
	}
	within, between = matrix.New(d, d), matrix.New(d, d)
	difference := make([]float64, d)
	add := func(to [][]float64, weight float64) {
		for i, v := range difference {
			for j := range i + 1 {
				to[i][j] += weight * v * difference[j]
				to[j][i] = to[i][j]
			}
		}
	}
	for r, row := range x.values {
		if r%256 == 0 && ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		if k := of[r]; k >= 0 && x.whole[r] {
			for i, v := range row {
				difference[i] = v - means[k][i]
			}
			add(within, 1/n)
		}
	}
	for k, m := range means {
		for i, v := range m {
			difference[i] = v - all[i]
		}
		add(between, counts[k]/n)
	}
	for i := range within {
		if !finite(within[i][i]) || !finite(between[i][i]) {
			return nil, nil, module.Fail("0039", "the values are too large to be multiplied")
		}
	}
	return within, between, nil
}

// directions solves between·w = λ·within·w for the largest λ: with within = L·Lᵀ,
// the eigenvectors of L⁻¹·between·L⁻ᵀ, taken back by L⁻ᵀ.
func directions(ctx context.Context, within, between [][]float64, wanted int) ([][]float64, error) {
	l := matrix.Cholesky(within)
	if l == nil {
		return nil, module.Fail("0039", "the values are too large to be multiplied")
	}
	for range 2 { // from the left, then from the right
		for _, row := range between {
			matrix.Forward(l, row)
		}
		for i := range between {
			for j := range i {
				between[i][j], between[j][i] = between[j][i], between[i][j]
			}
		}
	}
	values, vectors, err := matrix.Eigen(ctx, between)
	if err != nil {
		return nil, err
	}
	columns := matrix.New(len(vectors), len(vectors))
	for k := range vectors {
		w := make([]float64, len(vectors))
		for i := range w {
			w[i] = vectors[i][k]
		}
		matrix.Backward(l, w)
		for i := range w {
			columns[i][k] = w[i]
		}
	}
	var weights [][]float64
	for _, k := range matrix.Descending(values)[:wanted] {
		weights = append(weights, matrix.Direction(columns, k))
	}
	return weights, nil
}

func (d *discriminant) apply(ctx context.Context, t *table.Table) (*table.Table, error) {
	selected, places, err := module.SelectColumns("Dataset", slices.Values(d.Columns)).Spread(t)
	if err != nil {
		return nil, err
	}
	combined := matrix.New(len(d.Weights), t.Rows)
	for i, place := range places {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c := selected.Parts[place].Column
		if !c.Type.Numeric() && c.Type != table.Boolean {
			return nil, module.Fail("0017", c.Type, c.Name)
		}
		for r := range t.Rows {
			v, ok := c.Number(r)
			if !ok || math.IsInf(v, 0) {
				v = math.NaN()
			}
			for k, w := range d.Weights {
				if i >= len(w) {
					return nil, module.Fail("0018", "Transformation")
				}
				combined[k][r] += w[i] * v
			}
		}
	}
	var columns []*table.Column
	for k, values := range combined {
		columns = append(columns, table.FromNumbers("col"+strconv.Itoa(k+1), values))
	}
	if class := selected.ColumnCalled(d.Class); class != nil {
		columns = append(columns, class)
	}
	return table.FromColumns(t.Rows, columns...), nil
}
