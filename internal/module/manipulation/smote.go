package manipulation

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"portico/internal/module"
	"portico/internal/table"
)

const (
	smotePercentage = "SMOTE percentage"
	nearest         = "Number of nearest neighbors"
	smoteSeed       = "Random seed"
)

// SMOTE adds made-up rows of the rarest class.
func SMOTE() *module.Module {
	return &module.Module{
		Name:     "SMOTE",
		FamilyID: "9f3fe1c4520e49aca1522e104169912a",
		Category: category,
		Summary:  "Increases the number of low incidence examples in a dataset using synthetic minority oversampling.",
		Help: "The class is in the label column, which Edit Metadata sets; the rarest class is the minority. A new row lies at random between a minority row and one of its nearest " +
			"neighbours among the minority: numbers in between, anything else from one of the two. Distances are those of numeric features scaled to equal deviation, and 1 for features that are not numbers and differ. " +
			"New rows come at the end. 100 percent doubles the minority; between multiples of 100 rows are chosen at random.",
		Version: 1,
		Inputs:  []module.Port{{Name: "Samples", Type: module.Data, Description: "A dataset of samples"}},
		Outputs: []module.Port{{Name: "Table", Type: module.Data, Description: "The original samples and new samples of the minority class"}},
		Parameters: []module.Parameter{
			{Name: smotePercentage, Type: module.Integer, Default: "100", Max: 1_000_000, Description: "How many new rows to make, in percent of the minority rows."},
			{Name: nearest, Type: module.Integer, Default: "1", Min: 1, Max: math.MaxInt32, Description: "How many neighbours to choose from."},
			{Name: smoteSeed, Type: module.Integer, Default: "0", Max: math.MaxUint32, Description: "The seed of the random numbers."},
		},
		Errors:  []string{"0003", "0005", "0008", "0018", "0024", "0138"},
		Prepare: prepareSMOTE,
	}
}

// maxSynthetic is how many rows may be made up.
const maxSynthetic = 1 << 26

func prepareSMOTE(v module.Values) (module.Runner, error) {
	percentage, k, seed := v.Int(smotePercentage), int(v.Int(nearest)), v.Int(smoteSeed)
	return module.Unary("Samples", func(ctx context.Context, t *table.Table) (*table.Table, error) {
		t, places, err := module.AllColumns("Samples").Spread(t)
		if err != nil {
			return nil, err
		}
		minority, err := rarestClass(columnsAt(t, places))
		if err != nil || percentage == 0 || len(minority) == 0 {
			return t, err
		}
		if int64(len(minority))*percentage/100 > maxSynthetic {
			return nil, module.Fail("0138")
		}
		r := rand.New(rand.NewPCG(uint64(seed), 0))
		sources := slices.Repeat(minority, int(percentage/100))
		rest := slices.Clone(minority)
		r.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
		sources = append(sources, rest[:len(minority)*int(percentage%100)/100]...)
		slices.Sort(sources)
		made, err := newSynthesis(t, minority).rows(ctx, r, sources, k)
		if err != nil {
			return nil, err
		}
		return table.Concat(t, made)
	}), nil
}

// rarestClass gives the rows of the class that comes least often.
func rarestClass(columns []*table.Column) ([]int, error) {
	i := slices.IndexFunc(columns, func(c *table.Column) bool { return c.Role == table.Label })
	if i < 0 {
		return nil, module.Fail("0024", "Samples")
	}
	x := table.NewRowIndex(columns[i:i+1], columns[i].Len(), false)
	rows, start := x.Members()
	var rarest []int
	classes := 0
	for g := range x.Groups() {
		own := rows[start[g]:start[g+1]]
		if columns[i].IsMissing(own[0]) {
			continue
		}
		classes++
		if rarest == nil || len(own) < len(rarest) {
			rarest = own
		}
	}
	if classes < 2 && columns[i].Len() > 0 {
		return nil, module.Fail("0018", "Samples")
	}
	return rarest, nil
}

// synthesis makes up rows of a class.
type synthesis struct {
	t        *table.Table
	minority []int
	features []*table.Column
	scale    []float64 // by feature: 1 over the deviation among the minority; 0 for what is not a number
}

func newSynthesis(t *table.Table, minority []int) *synthesis {
	s := &synthesis{t: t, minority: minority}
	for _, p := range t.Parts {
		if p.Column.Role != table.Feature {
			continue
		}
		s.features = append(s.features, p.Column)
		s.scale = append(s.scale, scaleOf(p.Column, minority))
	}
	return s
}

func scaleOf(c *table.Column, rows []int) float64 {
	if !c.Type.Numeric() || c.Categorical {
		return 0
	}
	mean, squares, n := 0.0, 0.0, 0.0
	for _, r := range rows {
		if v, ok := c.Number(r); ok {
			n++
			d := v - mean
			mean += d / n
			squares += d * (v - mean)
		}
	}
	if !(squares > 0) {
		return 1
	}
	return 1 / math.Sqrt(squares/n)
}

// distance is the square of the distance of two rows.
func (s *synthesis) distance(a, b int) float64 {
	sum := 0.0
	for i, c := range s.features {
		if s.scale[i] == 0 {
			if !sameCell(c, a, b) {
				sum++
			}
			continue
		}
		v, ok := c.Number(a)
		w, ok2 := c.Number(b)
		if ok && ok2 {
			d := (v - w) * s.scale[i]
			sum += d * d
		} else if ok != ok2 {
			sum++
		}
	}
	return sum
}

func sameCell(c *table.Column, a, b int) bool {
	if c.IsMissing(a) || c.IsMissing(b) {
		return c.IsMissing(a) == c.IsMissing(b)
	}
	if c.Type == table.String {
		return c.Strings[a] == c.Strings[b]
	}
	v, _ := c.Number(a)
	w, _ := c.Number(b)
	return v == w
}

// neighbours gives the k rows of the minority that are nearest to a row, itself aside.
func (s *synthesis) neighbours(row, k int) []int {
	type near struct {
		row      int
		distance float64
	}
	var best []near // ascending
	for _, other := range s.minority {
		if other == row {
			continue
		}
		d := s.distance(row, other)
		if len(best) == k && d >= best[k-1].distance {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, d, func(n near, d float64) int { return cmp.Or(cmp.Compare(n.distance, d), -1) })
		best = slices.Insert(best, at, near{other, d})
		best = best[:min(len(best), k)]
	}
	rows := make([]int, len(best))
	for i, n := range best {
		rows[i] = n.row
	}
	return rows
}

// rows makes a row for each source.
func (s *synthesis) rows(ctx context.Context, r *rand.Rand, sources []int, k int) (*table.Table, error) {
	partner, along := make([]int, len(sources)), make([]float64, len(sources))
	var around []int
	for i, row := range sources {
		if i == 0 || row != sources[i-1] {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			around = s.neighbours(row, k)
		}
		partner[i] = row
		if len(around) > 0 {
			partner[i] = around[r.IntN(len(around))]
		}
		along[i] = r.Float64()
	}
	columns := make([]*table.Column, len(s.t.Parts))
	for j, p := range s.t.Parts {
		columns[j] = blend(p.Column, sources, partner, along)
	}
	return table.FromColumns(len(sources), columns...), nil
}

// blend makes cells that lie that far along from one row to another; what is no number feature is taken from the nearer of the two.
func blend(c *table.Column, from, to []int, along []float64) *table.Column {
	rows := make([]int, len(from))
	for i := range rows {
		rows[i] = from[i]
		if along[i] > 0.5 && c.Role == table.Feature {
			rows[i] = to[i]
		}
	}
	out := c.Take(rows)
	if !c.Type.Numeric() || c.Categorical || c.Role != table.Feature {
		return out
	}
	for i := range rows {
		v, ok := c.Number(from[i])
		w, ok2 := c.Number(to[i])
		if !ok || !ok2 {
			continue
		}
		between := v + (w-v)*along[i]
		if c.Type == table.Double {
			out.Doubles[i] = between
		} else {
			out.Ints[i] = int64(math.Round(between))
		}
	}
	return out
}
