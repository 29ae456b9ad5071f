// Package counts has the modules of the palette category Learning with Counts:
// values of many kinds become how often each class came with them.
package counts

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/twmb/murmur3"

	"portico/internal/module"
	"portico/internal/table"
)

const (
	category = "Learning with Counts"
	// family is that of Build Counting Transform, whose definitions all modules here read and write.
	family = "f0a8e3c35d1b4a6f8e2c7b9d4a1f6e03"

	dictionary = "Dictionary"
	cmSketch   = "CMSketch"

	countsOnly  = "CountsOnly"
	logOddsOnly = "LogOddsOnly"
	both        = "BothCountsAndLogOdds"

	// maxKept is how many counts a transform may hold in all.
	maxKept = 10_000_000
)

// transform is the content of a counting transform.
type transform struct {
	Classes int       `json:"classes"`
	Label   string    `json:"label"`
	Type    string    `json:"type"` // dictionary or cmSketch
	Bits    int       `json:"bits"` // of the hash functions
	Seed    int64     `json:"seed"`
	Depth   int       `json:"depth"` // number of hash functions; 1 for a dictionary
	Total   []float64 `json:"total"` // rows of each class
	Groups  []group   `json:"groups"`
	Output  features  `json:"output"`
}

// group is columns that are counted together, and for each hash function the counts.
type group struct {
	Columns []string `json:"columns"`
	Tables  []counts `json:"tables"`
}

// counts are the rows of each class by a value's hash: those of Keys[i], which ascend, are Counts[i*classes:(i+1)*classes].
type counts struct {
	Keys   []uint32  `json:"keys"`
	Counts []float64 `json:"counts"`
}

// features says what is made of counts.
type features struct {
	Threshold    float64 `json:"threshold"`
	Pseudo       float64 `json:"pseudo"`
	Noise        float64 `json:"noise"`
	Include      string  `json:"include"`
	IgnoreBackOf bool    `json:"ignoreBackOff"`
}

func defaultFeatures() features { return features{Threshold: 10, Pseudo: 42, Include: both} }

// define makes the table of a counting transform.
func define(t *transform) ([]*table.Table, error) {
	maker := module.Module{Name: "Build Counting Transform", FamilyID: family, Version: version}
	out, err := maker.Define(t)
	return []*table.Table{out}, err
}

const version = 1

// read reads what came through a port: 0003 where nothing came, 0086 for what is no counting transform.
func read(t *table.Table, port string) (*transform, error) {
	if t == nil {
		return nil, module.Fail("0003", port)
	}
	invalid := func(err error) error {
		e := module.Fail("0086", port)
		e.Err = err
		return e
	}
	d, err := module.ReadDefinition(t, port)
	if err != nil {
		return nil, invalid(err)
	}
	if d.FamilyID != family || d.Version != version {
		return nil, invalid(fmt.Errorf("a definition of %s, version %d", d.FamilyID, d.Version))
	}
	var tr transform
	if err := json.Unmarshal(d.Content, &tr); err != nil {
		return nil, invalid(err)
	}
	if err := tr.check(); err != nil {
		return nil, invalid(err)
	}
	return &tr, nil
}

// check finds what keeps a transform from being used.
func (t *transform) check() error {
	if t.Classes < 1 || len(t.Total) != t.Classes || t.Depth < 1 || t.Bits < 1 || t.Bits > 31 {
		return fmt.Errorf("%d classes with %d totals, depth %d, %d bits", t.Classes, len(t.Total), t.Depth, t.Bits)
	}
	for _, g := range t.Groups {
		if len(g.Tables) != t.Depth || len(g.Columns) == 0 {
			return fmt.Errorf("%d tables for %v", len(g.Tables), g.Columns)
		}
		for _, c := range g.Tables {
			if len(c.Counts) != len(c.Keys)*t.Classes || !slices.IsSorted(c.Keys) {
				return fmt.Errorf("the counts of %v are not whole", g.Columns)
			}
		}
	}
	return nil
}

// hash is the place of a text in the table of hash function f.
func (t *transform) hash(text []byte, f int) uint32 {
	return murmur3.SeedSum32(uint32(t.Seed)+uint32(f)*0x9e3779b9, text) & (1<<t.Bits - 1)
}

// find gives the counts of a key, nil where there are none.
func (c *counts) find(key uint32, classes int) []float64 {
	i, found := slices.BinarySearch(c.Keys, key)
	if !found {
		return nil
	}
	return c.Counts[i*classes : (i+1)*classes]
}

// of gives the counts of a text in a group: of several hash functions, the least for each class.
func (t *transform) of(g *group, text []byte) []float64 {
	n := make([]float64, t.Classes)
	for f := range g.Tables {
		found := g.Tables[f].find(t.hash(text, f), t.Classes)
		for k := range n {
			switch {
			case found == nil:
				n[k] = 0
			case f == 0:
				n[k] = found[k]
			default:
				n[k] = min(n[k], found[k])
			}
		}
	}
	return n
}

// garbage adds up the counts of the values that are too rare to stand for themselves.
func (t *transform) garbage(g *group) []float64 {
	bin := make([]float64, t.Classes)
	first := &g.Tables[0]
	for i := range first.Keys {
		n := first.Counts[i*t.Classes : (i+1)*t.Classes]
		if sum(n) < t.Output.Threshold {
			for k, v := range n {
				bin[k] += v
			}
		}
	}
	return bin
}

func sum(values []float64) float64 {
	s := 0.0
	for _, v := range values {
		s += v
	}
	return s
}

// grouped gives the columns of a group; 0001 where one is missing.
func (g *group) grouped(t *table.Table) ([]*table.Column, error) {
	s, places, err := module.SelectColumns("Dataset", slices.Values(g.Columns)).Spread(t)
	if err != nil {
		return nil, err
	}
	columns := make([]*table.Column, len(places))
	for i, p := range places {
		columns[i] = s.Parts[p].Column
	}
	return columns, nil
}

// appendValue appends the value of a group in a row: its cells as text, a missing one as none.
func appendValue(dst []byte, columns []*table.Column, r int) []byte {
	for i, c := range columns {
		if i > 0 {
			dst = append(dst, 0)
		}
		if !c.IsMissing(r) {
			dst, _ = c.AppendCell(dst, r)
		}
	}
	return dst
}

// apply puts the features in place of the counted columns.
func (t *transform) apply(ctx context.Context, in *table.Table) (*table.Table, error) {
	var made []*table.Column
	var counted []string
	for i := range t.Groups {
		g := &t.Groups[i]
		columns, err := g.grouped(in)
		if err != nil {
			return nil, err
		}
		added, err := t.features(ctx, i, columns, in.Rows)
		if err != nil {
			return nil, err
		}
		made, counted = append(made, added...), append(counted, g.Columns...)
	}
	var parts []table.Part
	spread, _, err := module.SelectColumns("Dataset", slices.Values(counted)).Spread(in)
	if err != nil {
		return nil, err
	}
	for _, p := range spread.Parts {
		if p.Column == nil || !slices.Contains(counted, p.Column.Name) {
			parts = append(parts, p)
		}
	}
	names := table.NewNames(table.New(in.Rows, parts...))
	for _, c := range made {
		c.Name = names.Free(c.Name)
		parts = append(parts, table.Part{Column: c})
	}
	return table.New(in.Rows, parts...), nil
}

// features makes the columns of group i: counts, log odds, and whether the value was too rare.
func (t *transform) features(ctx context.Context, i int, columns []*table.Column, rows int) ([]*table.Column, error) {
	g := &t.Groups[i]
	garbage := t.garbage(g)
	noise := rand.New(rand.NewPCG(uint64(t.Seed), uint64(i)))
	number := make([][]float64, t.Classes)
	odds := make([][]float64, t.Classes-1)
	for k := range number {
		number[k] = make([]float64, rows)
	}
	for k := range odds {
		odds[k] = make([]float64, rows)
	}
	backOff := make([]int64, rows)
	var text []byte
	for r := range rows {
		if r%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		text = appendValue(text[:0], columns, r)
		n := t.of(g, text)
		if sum(n) < t.Output.Threshold {
			backOff[r] = 1
			copy(n, garbage)
		}
		for k := range n {
			if t.Output.Noise > 0 {
				n[k] = max(0, n[k]+laplacian(noise, t.Output.Noise))
			}
			number[k][r] = n[k]
		}
		for k := range odds {
			odds[k][r] = t.logOdds(n, k)
		}
	}
	var made []*table.Column
	prefix := fmt.Sprintf("0_%d_", i)
	if t.Output.Include != logOddsOnly {
		for k, values := range number {
			made = append(made, table.FromDoubles(fmt.Sprintf("%sClass%03d_Count", prefix, k), values))
		}
	}
	if t.Output.Include != countsOnly {
		for k, values := range odds {
			made = append(made, table.FromNumbers(fmt.Sprintf("%sClass%03d_LogOdds", prefix, k), values))
		}
	}
	if !t.Output.IgnoreBackOf {
		made = append(made, table.FromInts(prefix+"IsBackoff", table.Int32, backOff))
	}
	return made, nil
}

// laplacian draws from the distribution of Laplace.
func laplacian(r *rand.Rand, scale float64) float64 {
	u := r.Float64() - 0.5
	return -scale * math.Copysign(math.Log1p(-2*math.Abs(u)), u)
}

// logOdds is log((n + c·p) / (rest + c·(1-p))) of a class, where c pseudo examples follow the shares p of the classes; NaN where there is nothing to tell.
func (t *transform) logOdds(n []float64, k int) float64 {
	all := sum(t.Total)
	p := 0.0
	if all > 0 {
		p = t.Total[k] / all
	}
	odds := math.Log((n[k] + t.Output.Pseudo*p) / (sum(n) - n[k] + t.Output.Pseudo*(1-p)))
	if math.IsInf(odds, 0) {
		return math.NaN()
	}
	return odds
}
