// Package featureselection has the modules of the palette category Feature
// Selection, and the scores that other modules choose features by.
package featureselection

import (
	"cmp"
	"context"
	"math"
	"slices"

	"portico/internal/module"
	"portico/internal/table"
)

const (
	category = "Feature Selection"

	scoringMethod = "Feature scoring method"
	featuresOnly  = "Operate on feature columns only"
	targetColumn  = "Target column"
	desiredNumber = "Number of desired features"
	minNonZero    = "Minimum number of non-zero elements"
)

// FilterBased keeps the features that say most about a target.
func FilterBased() *module.Module {
	supervised := []module.Condition{module.When(scoringMethod, Supervised()...)}
	return &module.Module{
		Name:     "Filter Based Feature Selection",
		FamilyID: "818b356b045c412baa1294a1d2dad90f",
		Category: category,
		Summary:  "Identifies the features in a dataset with the greatest predictive power.",
		Help: "Pearson, Kendall (tau-b) and Spearman Correlation give the size of the coefficient; with a target of classes, that of the column and the means of its classes. " +
			"Mutual Information is a share of the larger entropy, Chi Squared the statistic; for both, numbers of more than 10 different values are put into 10 bins of one width. Fisher Score is the spread between classes over that within. " +
			"Rows in which one of the two is missing do not count. A column of a type that the method does not take has the score 0. " +
			"The filtered dataset has the target and the best columns, the best first. Count Based counts the values that are neither 0 nor missing, and keeps every column with enough of them, in its place. The other output has one row: the scores, the best first.",
		Version: 1,
		Inputs:  []module.Port{{Name: "Dataset", Type: module.Data, Description: "Input dataset"}},
		Outputs: []module.Port{
			{Name: "Filtered dataset", Type: module.Data, Description: "Filtered dataset"},
			{Name: "Features", Type: module.Data, Description: "Names of output columns and feature selection scores"},
		},
		Parameters: []module.Parameter{
			{Name: scoringMethod, Type: module.Choice, Default: Pearson, Choices: Methods(), Synonyms: Synonyms(), Description: "How columns are scored."},
			{Name: featuresOnly, Type: module.Bool, Default: "True", Description: "Whether columns that are no features are left out; labels and scores always are, but for Count Based."},
			{Name: targetColumn, Type: module.ColumnSelection, When: supervised, Description: "The column that the scores are about."},
			{Name: desiredNumber, Type: module.Integer, Default: "1", Min: 1, Max: math.MaxInt32, When: supervised, Description: "How many columns to keep besides the target."},
			{Name: minNonZero, Type: module.Integer, Default: "1", Min: 1, Max: math.MaxInt32, When: []module.Condition{module.When(scoringMethod, CountBased)}, Description: "How many values other than 0 a column must have to be kept."},
		},
		Errors:  []string{"0001", "0002", "0003", "0004", "0011", "0014", "0017", "0018", "0021", "0022", "0059", "0060", "0129", "0138"},
		Prepare: prepareFilter,
	}
}

// selection is a prepared Filter Based Feature Selection.
type selection struct {
	method       string
	featuresOnly bool
	target       *module.Selection
	desired      int
	nonZero      float64
}

func prepareFilter(v module.Values) (module.Runner, error) {
	s := &selection{method: v.String(scoringMethod), featuresOnly: v.Bool(featuresOnly), desired: int(v.Int(desiredNumber)), nonZero: float64(v.Int(minNonZero))}
	if s.method != CountBased {
		target, err := v.Columns(targetColumn)
		if err != nil {
			return nil, err
		}
		s.target = &target
	}
	return func(ctx context.Context, in []*table.Table) ([]*table.Table, error) {
		if err := module.Need(in[0], "Dataset", 1); err != nil {
			return nil, err
		}
		return s.run(ctx, in[0])
	}, nil
}

// scored is a column's score: of the part, or of column of a sparse block.
type scored struct {
	part, column int
	name         string
	score        float64
}

func (s *selection) run(ctx context.Context, t *table.Table) ([]*table.Table, error) {
	place := -1
	var target *table.Column
	if s.target != nil {
		var err error
		if t, place, err = s.target.One(t); err != nil {
			return nil, err
		}
		target = t.Parts[place].Column
	}
	scorer, err := NewScorer(s.method, target, targetColumn)
	if err != nil {
		return nil, err
	}
	all, err := s.scores(ctx, t, place, scorer)
	if err != nil {
		return nil, err
	}
	ranked := slices.Clone(all)
	slices.SortStableFunc(ranked, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	kept := ranked[:min(max(s.desired, 0), len(ranked))]
	if s.method == CountBased {
		kept = slices.DeleteFunc(all, func(c scored) bool { return c.score < s.nonZero })
	}
	if len(ranked) > table.MaxDenseColumns {
		return nil, module.Fail("0129", "Features", table.MaxDenseColumns)
	}
	filtered, err := pick(t, target, kept)
	if err != nil {
		return nil, err
	}
	features := make([]*table.Column, len(ranked))
	for i, c := range ranked {
		features[i] = table.FromDoubles(c.name, []float64{c.score})
	}
	return []*table.Table{filtered, table.FromColumns(1, features...)}, nil
}

// scores scores every column that may be kept.
func (s *selection) scores(ctx context.Context, t *table.Table, target int, scorer *Scorer) ([]scored, error) {
	var all []scored
	for i, p := range t.Parts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		switch c := p.Column; {
		case i == target:
		case p.Sparse != nil:
			for k, column := range transpose(p.Sparse, t.Rows) {
				if k%256 == 0 && ctx.Err() != nil {
					return nil, ctx.Err()
				}
				all = append(all, scored{i, k, p.Sparse.Name(k), scorer.Sparse(column.rows, column.values)})
			}
		case s.featuresOnly && c.Role != table.Feature && s.method != CountBased,
			s.featuresOnly && c.Role == table.NoRole,
			s.method != CountBased && (c.Role == table.Label || c.Role == table.Score):
		default:
			one := scored{part: i, name: c.Name}
			if scorer.Takes(c.Type) {
				one.score = scorer.Dense(c)
			}
			all = append(all, one)
		}
	}
	if len(all) == 0 {
		return nil, module.Fail("0011")
	}
	return all, nil
}

// sparseColumn is one column of a block: rows, ascending, and their values.
type sparseColumn struct {
	rows   []int
	values []float64
}

func transpose(s *table.Sparse, rows int) []sparseColumn {
	columns := make([]sparseColumn, s.Width)
	for r := range rows {
		index, values := s.Row(r)
		for i, k := range index {
			if values[i] != 0 {
				columns[k].rows, columns[k].values = append(columns[k].rows, r), append(columns[k].values, values[i])
			}
		}
	}
	return columns
}

// pick gives the target, where there is one, and the kept columns in their order; those of sparse blocks stay sparse, block by block.
func pick(t *table.Table, target *table.Column, kept []scored) (*table.Table, error) {
	var parts []table.Part
	if target != nil {
		parts = append(parts, table.Part{Column: target})
	}
	for i := 0; i < len(kept); {
		p := t.Parts[kept[i].part]
		if p.Column != nil {
			parts = append(parts, p)
			i++
			continue
		}
		j := i
		for j < len(kept) && kept[j].part == kept[i].part {
			j++
		}
		parts = append(parts, table.Part{Sparse: subset(p.Sparse, kept[i:j], t.Rows)})
		i = j
	}
	return table.New(t.Rows, parts...), nil
}

// subset makes a block of some columns of another.
func subset(s *table.Sparse, kept []scored, rows int) *table.Sparse {
	names, place := make([]string, len(kept)), make(map[uint32]uint32, len(kept))
	for i, c := range kept {
		names[i], place[uint32(c.column)] = c.name, uint32(i)
	}
	out := table.NamedBlock(s.Type, names)
	type entry struct {
		at    uint32
		value float64
	}
	var row []entry
	for r := range rows {
		row = row[:0]
		index, values := s.Row(r)
		for i, k := range index {
			if at, ok := place[k]; ok {
				row = append(row, entry{at, values[i]})
			}
		}
		slices.SortFunc(row, func(a, b entry) int { return cmp.Compare(a.at, b.at) })
		for _, c := range row {
			out.Index, out.Values = append(out.Index, c.at), append(out.Values, c.value)
		}
		out.Start = append(out.Start, len(out.Index))
	}
	return out
}
