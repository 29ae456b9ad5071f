package scaling

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
	pcaColumns    = "Selected columns"
	pcaDimensions = "Number of dimensions to reduce to"
	pcaCentre     = "Normalize dense dataset to zero mean"
	// maxPCAColumns is how many columns may be reduced: the work grows with the cube of their number.
	maxPCAColumns = 1000
)

// PrincipalComponents reduces columns of numbers to fewer that say most.
func PrincipalComponents() *module.Module {
	m := &module.Module{
		Name:     "Principal Component Analysis",
		FamilyID: "a1b2c3d4e5f647089a0b1c2d3e4f5061",
		Category: "Data Transformation / Sample and Split",
		Summary:  "Computes a set of features with reduced dimensionality for more efficient learning.",
		Help: "The selected columns are replaced by Col1, Col2 and so on, behind the others: the principal components, those with the largest variance first. " +
			"The largest weight of a component is positive. A missing value counts as its column's mean.",
		Version: 1,
		Inputs:  dataset("Dataset whose dimensions are to be reduced"),
		Outputs: []module.Port{
			{Name: "Results dataset", Type: module.Data, Description: "Dataset with reduced dimensions"},
			{Name: "PCA Transformation", Type: module.Transform, Description: "Transformation which when applied to dataset will give new dataset with reduced dimensions"},
		},
		Parameters: []module.Parameter{
			{Name: pcaColumns, Type: module.ColumnSelection, Description: "The columns of numbers to reduce."},
			{Name: pcaDimensions, Type: module.Integer, Min: 1, Max: math.MaxInt32, Description: "How many components to keep."},
			{Name: pcaCentre, Type: module.Bool, Default: "True", Description: "Whether the columns' means are subtracted first."},
		},
		Errors: []string{"0001", "0002", "0003", "0004", "0008", "0011", "0017", "0021", "0039", "0138"},
		Apply: func(content []byte) (module.Applier, error) {
			var p projection
			return p.apply, json.Unmarshal(content, &p)
		},
	}
	m.Prepare = func(v module.Values) (module.Runner, error) {
		columns, err := v.Columns(pcaColumns)
		if err != nil {
			return nil, err
		}
		dimensions, centre := int(v.Int(pcaDimensions)), v.Bool(pcaCentre)
		return m.Fitting("Dataset", func(ctx context.Context, t *table.Table) (any, module.Applier, *table.Table, error) {
			t, places, err := numeric(columns, t)
			switch {
			case err != nil:
				return nil, nil, nil, err
			case len(places) > maxPCAColumns:
				return nil, nil, nil, module.Fail("0138").In(pcaColumns)
			case dimensions > len(places):
				return nil, nil, nil, module.Fail("0008", pcaDimensions, 1, len(places)).In(pcaDimensions)
			}
			p, err := fitPCA(ctx, t, places, dimensions, centre)
			return p, p.apply, t, err
		}), nil
	}
	return m
}

// projection is the content of the transformation: the columns, what is
// subtracted from them, what a missing value counts as, and the components' weights.
type projection struct {
	Columns    []string    `json:"columns"`
	Shift      []float64   `json:"shift"`
	Missing    []float64   `json:"missing"`
	Components [][]float64 `json:"components"`
}

func fitPCA(ctx context.Context, t *table.Table, places []int, dimensions int, centre bool) (*projection, error) {
	p := &projection{}
	values := make([][]float64, len(places))
	for k, i := range places {
		c := t.Parts[i].Column
		average := mean(finite(c))
		p.Columns, p.Missing = append(p.Columns, c.Name), append(p.Missing, average)
		shift := 0.0
		if centre {
			shift = average
		}
		p.Shift = append(p.Shift, shift)
		values[k] = shifted(c, average, shift)
	}
	d := len(places)
	covariance := make([][]float64, d)
	for i := range covariance {
		covariance[i] = make([]float64, d)
	}
	for i := range d {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for j := i; j < d; j++ {
			sum := 0.0
			for r, v := range values[i] {
				sum += v * values[j][r]
			}
			covariance[i][j], covariance[j][i] = sum, sum
			if math.IsNaN(sum) || math.IsInf(sum, 0) {
				return nil, module.Fail("0039", "the values of column \""+p.Columns[i]+"\" are too large to be multiplied").In(pcaColumns)
			}
		}
	}
	variances, vectors, err := matrix.Eigen(ctx, covariance)
	if err != nil {
		return nil, err
	}
	for _, k := range matrix.Descending(variances)[:dimensions] {
		p.Components = append(p.Components, matrix.Direction(vectors, k))
	}
	return p, nil
}

// shifted gives the column's numbers less shift; what is missing or infinite counts as missing.
func shifted(c *table.Column, missing, shift float64) []float64 {
	out := make([]float64, c.Len())
	for r := range out {
		v, ok := c.Number(r)
		if !ok || math.IsInf(v, 0) {
			v = missing
		}
		out[r] = v - shift
	}
	return out
}

func (p *projection) apply(ctx context.Context, t *table.Table) (*table.Table, error) {
	t, err := spreadAll(t, p.Columns)
	if err != nil {
		return nil, err
	}
	components := make([][]float64, len(p.Components))
	for k := range components {
		components[k] = make([]float64, t.Rows)
	}
	var places []int
	for i, name := range p.Columns {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		place, err := called(t, name)
		if err != nil {
			return nil, err
		}
		places = append(places, place)
		for r, v := range shifted(t.Parts[place].Column, p.Missing[i], p.Shift[i]) {
			for k := range components {
				components[k][r] += v * p.Components[k][i]
			}
		}
	}
	var parts []table.Part
	for i, part := range t.Parts {
		if !slices.Contains(places, i) {
			parts = append(parts, part)
		}
	}
	names := table.NewNames(table.New(t.Rows, parts...))
	for k, values := range components {
		parts = append(parts, table.Part{Column: table.FromNumbers(names.Free("Col"+strconv.Itoa(k+1)), values)})
	}
	return table.New(t.Rows, parts...), nil
}
