// Package sampling has the modules of the palette category Data Transformation / Sample and Split.
package sampling

import (
	"math"
	"math/rand/v2"
	"slices"

	"portico/internal/module"
	"portico/internal/table"
)

const (
	category = "Data Transformation / Sample and Split"
	maxSeed  = math.MaxUint32
)

// random is a generator that gives the same numbers for the same seed, whatever the machine.
func random(seed int64) *rand.Rand { return rand.New(rand.NewPCG(uint64(seed), 0)) }

// share is how many of n rows a fraction is, halves to the even number.
func share(n int, fraction float64) int { return int(math.RoundToEven(float64(n) * fraction)) }

// strata gives the rows in groups: one for each value of the key column, or all in one where there is none.
func strata(t *table.Table, key *module.Selection) ([][]int, error) {
	if key == nil {
		all := make([]int, t.Rows)
		for r := range all {
			all[r] = r
		}
		return [][]int{all}, nil
	}
	t, i, err := key.One(t)
	if err != nil {
		return nil, err
	}
	x := table.NewRowIndex([]*table.Column{t.Parts[i].Column}, t.Rows, false)
	rows, start := x.Members()
	groups := make([][]int, x.Groups())
	for g := range groups {
		groups[g] = rows[start[g]:start[g+1]]
	}
	return groups, nil
}

// stratification gives the key column's selection where the flag is set, else nil.
func stratification(v module.Values, flag, column string) (*module.Selection, error) {
	if v.String(flag) != "True" {
		return nil, nil
	}
	s, err := v.Columns(column)
	return &s, err
}

// shuffled gives rows in random order, or as they are where r is nil.
func shuffled(rows []int, r *rand.Rand) []int {
	if r == nil {
		return rows
	}
	rows = slices.Clone(rows)
	r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	return rows
}
