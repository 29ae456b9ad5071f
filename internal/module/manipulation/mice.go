package manipulation

import (
	"context"
	"math"

	"portico/internal/module"
	"portico/internal/table"
)

// maxChained is how many columns MICE takes: its work grows with the cube of their number.
const maxChained = 300

// chained are the columns that MICE predicts from one another, with the means where values are missing.
type chained struct {
	columns []*cleanedOne
	missing [][]bool
	values  [][]float64
	start   []float64 // what takes the place of missing values at first
}

// chain gives those columns of a table, or nil where no MICE is asked for.
func (p *cleaning) chain(t *table.Table) (*chained, error) {
	if p.Mode != withMICE {
		return nil, nil
	}
	ch := &chained{}
	for i := range p.Columns {
		one := &p.Columns[i]
		if one.Value == nil {
			continue
		}
		c := t.ColumnCalled(one.Name)
		if c == nil {
			return nil, module.Fail("0001", one.Name)
		}
		start, row := table.FromStrings("", []string{*one.Value}).As(table.Field{Type: table.Double})
		if row >= 0 || !c.Type.Numeric() {
			return nil, module.Fail("0018", "Dataset")
		}
		values, missing := make([]float64, t.Rows), make([]bool, t.Rows)
		for r := range values {
			v, ok := c.Number(r)
			if values[r], missing[r] = v, !ok; !ok {
				values[r] = start.Doubles[0]
			}
		}
		ch.columns, ch.values, ch.missing = append(ch.columns, one), append(ch.values, values), append(ch.missing, missing)
		ch.start = append(ch.start, start.Doubles[0])
	}
	if len(ch.columns) > maxChained {
		return nil, module.Fail("0138")
	}
	return ch, nil
}

// regress finds the regressions of MICE: each column on the others, round after round, missing values as predicted so far.
func (p *cleaning) regress(ctx context.Context, t *table.Table) error {
	ch, err := p.chain(t)
	if err != nil || ch == nil || len(ch.columns) < 2 {
		return err
	}
	for range p.Iterations {
		for j, one := range ch.columns {
			if err := ctx.Err(); err != nil {
				return err
			}
			one.Regression = ch.fit(j)
			ch.predict(j)
		}
	}
	return nil
}

// predict gives the values that stand in for missing ones, by column: the regressions applied round after round.
func (p *cleaning) predict(ctx context.Context, t *table.Table) (map[string]*table.Column, error) {
	ch, err := p.chain(t)
	if err != nil || ch == nil || len(ch.columns) < 2 {
		return nil, err
	}
	predicted := map[string]*table.Column{}
	for range p.Iterations {
		for j, one := range ch.columns {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if len(one.Regression) != len(ch.columns) {
				return nil, module.Fail("0018", "Transformation")
			}
			ch.predict(j)
			predicted[one.Name] = table.FromDoubles(one.Name, ch.values[j])
		}
	}
	return predicted, nil
}

// predict replaces the missing values of column j.
func (ch *chained) predict(j int) {
	for r, missing := range ch.missing[j] {
		if !missing {
			continue
		}
		v := ch.columns[j].Regression[0]
		k := 1
		for i := range ch.columns {
			if i != j {
				v += ch.columns[j].Regression[k] * ch.values[i][r]
				k++
			}
		}
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			ch.values[j][r] = v
		}
	}
}

// fit regresses column j on the others by least squares over the rows where it is known.
func (ch *chained) fit(j int) []float64 {
	n := len(ch.columns)
	gram := make([][]float64, n)
	for i := range gram {
		gram[i] = make([]float64, n+1) // the last column is the right side
	}
	x := make([]float64, n)
	x[0] = 1
	for r, missing := range ch.missing[j] {
		if missing {
			continue
		}
		k := 1
		for i := range ch.columns {
			if i != j {
				x[k] = ch.values[i][r]
				k++
			}
		}
		for a := range n {
			for b := a; b < n; b++ {
				gram[a][b] += x[a] * x[b]
			}
			gram[a][n] += x[a] * ch.values[j][r]
		}
	}
	solution := solve(gram)
	for _, v := range solution {
		if math.IsNaN(v) || math.IsInf(v, 0) { // the values are too large to be multiplied: no prediction
			solution = make([]float64, n)
			solution[0] = ch.start[j]
			break
		}
	}
	return solution
}

// solve solves a symmetric system, given by its upper triangle and the right
// side as last column, by elimination. An unknown that the others decide already is 0.
func solve(m [][]float64) []float64 {
	n := len(m)
	const negligible = 1e-10
	diagonal := make([]float64, n)
	for i := range n {
		diagonal[i] = m[i][i]
		for j := range i {
			m[i][j] = m[j][i]
		}
	}
	used := make([]bool, n)
	for i := range n {
		if !(m[i][i] > negligible*diagonal[i]) {
			continue
		}
		used[i] = true
		for r := range n {
			if r == i || m[r][i] == 0 {
				continue
			}
			factor := m[r][i] / m[i][i]
			for c := range n + 1 {
				m[r][c] -= factor * m[i][c]
			}
		}
	}
	solution := make([]float64, n)
	for i := range solution {
		if used[i] {
			solution[i] = m[i][n] / m[i][i]
		}
	}
	return solution
}
