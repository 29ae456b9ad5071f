package manipulation

import (
	"context"
	"math"
	"slices"

	"portico/internal/module"
	"portico/internal/module/matrix"
	"portico/internal/table"
)

// What probabilistic PCA takes: its work grows with the cube of the variables.
const (
	maxVariables  = 500
	maxFactors    = 30
	factorsExplan = 0.9 // the share of the variance that the factors explain
)

// factorModel is probabilistic principal component analysis (Tipping and Bishop 1999) of
// standardized variables: x = mean + weights·z + noise.
type factorModel struct {
	Variables []variable  `json:"variables"`
	Weights   [][]float64 `json:"weights"` // by variable and factor
	Noise     float64     `json:"noise"`   // variance
}

// variable is a column of numbers, or whether a column has a category.
type variable struct {
	Column   string  `json:"column"`
	Category *string `json:"category,omitempty"` // as stored gives it
	Mean     float64 `json:"mean"`
	Scale    float64 `json:"scale"`
}

// matrixOf gives the variables of a table, standardized; NaN where one is missing. It
// returns 0001 for a column that vanished, and 0018 for one of another type.
func (m *factorModel) matrixOf(t *table.Table) ([][]float64, error) {
	x := matrix.New(t.Rows, len(m.Variables))
	for j, v := range m.Variables {
		c := t.ColumnCalled(v.Column)
		switch {
		case c == nil:
			return nil, module.Fail("0001", v.Column)
		case v.Category == nil && !c.Type.Numeric():
			return nil, module.Fail("0018", "Dataset")
		}
		for r := range t.Rows {
			value := math.NaN()
			if number, ok := c.Number(r); v.Category == nil && ok && !math.IsInf(number, 0) {
				value = number
			} else if v.Category != nil && !c.IsMissing(r) {
				value = 0
				if stored(c, r) == *v.Category {
					value = 1
				}
			}
			x[r][j] = (value - v.Mean) / v.Scale
		}
	}
	return x, nil
}

// fitFactors finds the model of the columns that are cleaned, by so many steps of expectation and maximization.
func (p *cleaning) fitFactors(ctx context.Context, t *table.Table) error {
	m := &factorModel{}
	for i := range p.Columns {
		if one := &p.Columns[i]; one.Value != nil {
			m.Variables = append(m.Variables, variablesOf(t.ColumnCalled(one.Name))...)
		}
	}
	if len(m.Variables) > maxVariables {
		return module.Fail("0138").In(cleaningMode)
	}
	for j := range m.Variables { // the numbers as they are, to find how they are standardized
		m.Variables[j].Scale = 1
	}
	x, err := m.matrixOf(t)
	if err != nil {
		return err
	}
	m.standardize(x)
	if len(m.Variables) < 2 || t.Rows < 2 {
		return nil // nothing to predict from
	}
	if err := m.start(ctx, x); err != nil {
		return err
	}
	for range p.Iterations {
		if err := m.step(ctx, x); err != nil {
			return err
		}
	}
	p.Factors = m
	return nil
}

// variablesOf gives a column's variables.
func variablesOf(c *table.Column) []variable {
	if c.Type.Numeric() && !c.Categorical {
		return []variable{{Column: c.Name}}
	}
	index := table.NewRowIndex([]*table.Column{c}, c.Len(), false)
	var all []variable
	for _, first := range index.First {
		if !c.IsMissing(int(first)) && len(all) <= maxVariables {
			category := stored(c, int(first))
			all = append(all, variable{Column: c.Name, Category: &category})
		}
	}
	return all
}

// standardize finds means and scales, and applies them to x.
func (m *factorModel) standardize(x [][]float64) {
	for j := range m.Variables {
		mean, squares, n := 0.0, 0.0, 0.0
		for _, row := range x {
			if v := row[j]; v == v {
				n++
				d := v - mean
				mean += d / n
				squares += d * (v - mean)
			}
		}
		scale := math.Sqrt(squares / max(n, 1))
		if !(scale > 0) || math.IsInf(scale, 0) {
			scale = 1
		}
		m.Variables[j].Mean, m.Variables[j].Scale = mean, scale
		for _, row := range x {
			row[j] = (row[j] - mean) / scale
		}
	}
}

// start takes the principal components with means in place of missing values.
func (m *factorModel) start(ctx context.Context, x [][]float64) error {
	d := len(m.Variables)
	covariance := matrix.New(d, d)
	for _, row := range x {
		for i, v := range row {
			if v != v {
				continue
			}
			for j := range i + 1 {
				if w := row[j]; w == w {
					covariance[i][j] += v * w / float64(len(x))
				}
			}
		}
	}
	trace := 0.0
	for i := range covariance {
		trace += covariance[i][i]
		for j := range i {
			covariance[j][i] = covariance[i][j]
		}
	}
	values, vectors, err := matrix.Eigen(ctx, covariance)
	if err != nil {
		return err
	}
	order := matrix.Descending(values)
	factors, explained := 0, 0.0
	for factors == 0 || factors < min(d-1, maxFactors) && explained < factorsExplan*trace {
		explained += max(values[order[factors]], 0)
		factors++
	}
	m.Noise = max((trace-explained)/float64(d-factors), 1e-6)
	m.Weights = matrix.New(d, factors)
	for k, at := range order[:factors] {
		for i := range d {
			m.Weights[i][k] = vectors[i][at] * math.Sqrt(max(values[at]-m.Noise, 1e-6))
		}
	}
	return nil
}

// posterior is what is known of the factors of a row: their mean, and their covariance over the noise, by its Cholesky factor's inverse.
func (m *factorModel) posterior(row []float64) (z []float64, l [][]float64) {
	q := len(m.Weights[0])
	a, z := matrix.New(q, q), make([]float64, q)
	for j, v := range row {
		if v != v {
			continue
		}
		w := m.Weights[j]
		for i := range q {
			z[i] += w[i] * v
			for k := range i + 1 {
				a[i][k] += w[i] * w[k]
			}
		}
	}
	for i := range q {
		a[i][i] += m.Noise
		for k := range i {
			a[k][i] = a[i][k]
		}
	}
	if l = matrix.Cholesky(a); l == nil {
		return nil, nil
	}
	matrix.Forward(l, z)
	matrix.Backward(l, z)
	return z, l
}

// step is one of expectation and maximization. Where numbers run out of range the model stays as it is.
func (m *factorModel) step(ctx context.Context, x [][]float64) error {
	d, q := len(m.Weights), len(m.Weights[0])
	left, right := make([][][]float64, d), matrix.New(d, q)
	for j := range left {
		left[j] = matrix.New(q, q)
	}
	noise, n := 0.0, 0.0
	column := make([]float64, q)
	for r, row := range x {
		if r%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		z, l := m.posterior(row)
		if z == nil {
			return nil
		}
		second := matrix.New(q, q) // of the factors: their covariance and the square of their mean
		for i := range q {
			clear(column)
			column[i] = 1
			matrix.Forward(l, column)
			matrix.Backward(l, column)
			for k := range q {
				second[k][i] = m.Noise*column[k] + z[k]*z[i]
			}
		}
		for j, v := range row {
			if v != v {
				continue
			}
			fit, spread := 0.0, 0.0
			for i, w := range m.Weights[j] {
				fit += w * z[i]
				right[j][i] += v * z[i]
				for k := range q {
					left[j][i][k] += second[i][k]
					spread += w * m.Weights[j][k] * (second[i][k] - z[i]*z[k])
				}
			}
			noise += (v-fit)*(v-fit) + spread
			n++
		}
	}
	for j := range d {
		l := matrix.Cholesky(left[j])
		if l == nil {
			return nil
		}
		matrix.Forward(l, right[j])
		matrix.Backward(l, right[j])
	}
	m.Weights, m.Noise = right, max(noise/max(n, 1), 1e-9)
	return nil
}

// reconstruct gives columns with what the model makes of missing values: the number, or the likeliest category.
func (p *cleaning) reconstruct(ctx context.Context, t *table.Table) (map[string]*table.Column, error) {
	m := p.Factors
	if m == nil {
		return nil, nil
	}
	if len(m.Weights) != len(m.Variables) || len(m.Weights) == 0 || len(m.Weights[0]) == 0 {
		return nil, module.Fail("0018", "Transformation")
	}
	x, err := m.matrixOf(t)
	if err != nil {
		return nil, err
	}
	for r, row := range x {
		if r%256 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		z, _ := m.posterior(row)
		for j, v := range m.Variables {
			fit := 0.0
			for k := range z {
				fit += m.Weights[j][k] * z[k]
			}
			row[j] = v.Mean + v.Scale*fit
		}
	}
	return m.filled(p, x), nil
}

// filled makes columns of the reconstructed variables, by name.
func (m *factorModel) filled(p *cleaning, x [][]float64) map[string]*table.Column {
	made := map[string]*table.Column{}
	for _, one := range p.Columns {
		from := slices.IndexFunc(m.Variables, func(v variable) bool { return v.Column == one.Name })
		if from < 0 {
			continue
		}
		if m.Variables[from].Category == nil {
			values := make([]float64, len(x))
			for r, row := range x {
				values[r] = row[from]
			}
			made[one.Name] = table.FromDoubles(one.Name, values)
			continue
		}
		to := from
		for to < len(m.Variables) && m.Variables[to].Column == one.Name {
			to++
		}
		categories := make([]string, len(x))
		for r, row := range x {
			best := from
			for j := from; j < to; j++ {
				if row[j] > row[best] {
					best = j
				}
			}
			categories[r] = *m.Variables[best].Category
		}
		made[one.Name] = table.FromStrings(one.Name, categories)
	}
	return made
}
