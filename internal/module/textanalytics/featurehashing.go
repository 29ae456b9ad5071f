// Package textanalytics has the modules of the palette category Text Analytics.
package textanalytics

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"portico/internal/module"
	"portico/internal/table"
)

const (
	targetColumns  = "Target columns"
	hashingBitsize = "Hashing bitsize"
	nGrams         = "N-grams"
)

// FeatureHashing turns text columns into counts of hashed words and word
// sequences (azureml.md 5.4). The original columns stay; each target adds a
// sparse block of 2^bits columns called {target}_HashingFeature.{i}, from 0.
func FeatureHashing() *module.Module {
	return &module.Module{
		Name:     "Feature Hashing",
		FamilyID: "c9a826602d9c411d81224d9e0b3ce92a",
		Category: "Text Analytics",
		Summary:  "Turns text columns into numeric features by hashing their words and word sequences.",
		Help: "Each text is cut at blanks into words; case and punctuation count. Every word, and every sequence of up to N-grams words, " +
			"is hashed (MurmurHash3, as Vowpal Wabbit does) to one of 2^bits columns, which holds how often that happened. A missing text counts as an empty one.",
		Version: 1,
		Inputs:  []module.Port{{Name: "Dataset", Type: module.Data, Description: "Input dataset"}},
		Outputs: []module.Port{{Name: "Transformed dataset", Type: module.Data, Description: "Output dataset with hashed columns"}},
		Parameters: []module.Parameter{
			{Name: targetColumns, Type: module.ColumnSelection, Default: "StringFeature",
				Description: "The columns to hash. They must be of type String."},
			{Name: hashingBitsize, Type: module.Integer, Default: "10", Min: 1, Max: maxBits,
				Description: "How many bits of the hash to use: k bits make 2^k columns for each target."},
			{Name: nGrams, Type: module.Integer, Default: "2", Min: 0, Max: 10,
				Description: "The longest word sequence to count; shorter ones are counted too. 0 is the same as 1."},
		},
		Errors:   []string{"0001", "0003", "0004", "0008", "0011", "0017"},
		RowByRow: true,
		Prepare:  prepareFeatureHashing,
	}
}

func prepareFeatureHashing(v module.Values) (module.Runner, error) {
	targets, err := v.Columns(targetColumns)
	if err != nil {
		return nil, err
	}
	bits, n := int(v.Int(hashingBitsize)), max(int(v.Int(nGrams)), 1)
	hashers := &sync.Pool{New: func() any { return newHasher(bits, n) }}
	return func(ctx context.Context, in []*table.Table) ([]*table.Table, error) {
		if in[0] == nil || in[0].Width() == 0 {
			return nil, module.Fail("0003", "Dataset")
		}
		columns, err := hashable(in[0], targets)
		if err != nil {
			return nil, err
		}
		h := hashers.Get().(*hasher)
		defer hashers.Put(h)
		out := in[0]
		for _, c := range columns {
			block, err := h.hashColumn(ctx, c, blockPrefix(out, c.Name, bits))
			if err != nil {
				return nil, err
			}
			out = table.New(out.Rows, append(out.Parts[:len(out.Parts):len(out.Parts)], table.Part{Sparse: block})...)
		}
		return []*table.Table{out}, nil
	}, nil
}

// hashable gives the target columns, all of type String.
func hashable(t *table.Table, targets module.Selection) ([]*table.Column, error) {
	selected, err := targets.Select(t)
	if err != nil {
		return nil, err
	}
	columns := make([]*table.Column, 0, len(selected.Parts))
	for _, p := range selected.Parts {
		switch {
		case p.Sparse != nil:
			return nil, module.Fail("0017", p.Sparse.Type, p.Sparse.Name(0)).In(targetColumns)
		case p.Column.Type != table.String:
			return nil, module.Fail("0017", p.Column.Type, p.Column.Name).In(targetColumns)
		}
		columns = append(columns, p.Column)
	}
	return columns, nil
}

// blockPrefix gives the names' part before the number: {column}_HashingFeature.,
// or _HashingFeature2. and so on where the table has such columns already.
func blockPrefix(t *table.Table, column string, bits int) string {
	prefix := column + "_HashingFeature."
	for n := 2; taken(t, prefix, 1<<bits); n++ {
		prefix = fmt.Sprintf("%s_HashingFeature%d.", column, n)
	}
	return prefix
}

// taken tells whether a column of t is called prefix and a number below width.
func taken(t *table.Table, prefix string, width int) bool {
	clashes := func(name string) bool {
		digits, ok := strings.CutPrefix(name, prefix)
		n, err := strconv.Atoi(digits)
		return ok && err == nil && n >= 0 && n < width
	}
	for _, p := range t.Parts {
		if p.Column != nil && clashes(p.Column.Name) {
			return true
		}
		if p.Sparse == nil {
			continue
		}
		for _, name := range p.Sparse.Names {
			if clashes(name) {
				return true
			}
		}
		for _, n := range p.Sparse.Numbers {
			if p.Sparse.Prefix == prefix && n.From < width {
				return true
			}
		}
	}
	return false
}
