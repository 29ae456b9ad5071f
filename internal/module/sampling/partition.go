package sampling

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"portico/internal/module"
	"portico/internal/table"
)

// The parameters of Partition and Sample that Split Data does not have too.
const (
	partitionMode     = "Partition or sample mode"
	useReplacement    = "Use replacement in the partitioning"
	partitionerMethod = "Specify the partitioner method"
	numberOfFolds     = "Specify number of folds to split evenly into"
	proportions       = "List of proportions separated by comma"
	customStratified  = "Stratified split for customized fold assignment"
	customKey         = "Stratification key column for customized fold assignment"
	sampledFold       = "Specify which fold to be sampled from"
	pickComplement    = "Pick complement of the selected fold"
	samplingRate      = "Rate of sampling"
	samplingSeed      = "Random seed for sampling"
	samplingStratify  = "Stratified split for sampling"
	samplingKey       = "Stratification key column for sampling"
	numberOfRows      = "Number of rows to select"

	assignToFolds = "Assign to Folds"
	pickFold      = "Pick Fold"
	sample        = "Sampling"
	head          = "Head"

	partitionEvenly = "Partition evenly"
	partitionCustom = "Partition with customized proportions"

	// foldColumn holds the number of each row's fold, from 1, between Assign to Folds and Pick Fold.
	foldColumn = "Assigned Fold"
	maxFolds   = 10_000
)

// PartitionAndSample takes a sample, or assigns rows to folds and picks one.
func PartitionAndSample() *module.Module {
	folds, picked := module.When(partitionMode, assignToFolds), module.When(partitionMode, pickFold)
	sampled := module.When(partitionMode, sample)
	even, custom := module.When(partitionerMethod, partitionEvenly), module.When(partitionerMethod, partitionCustom)
	yesNo := []string{"True", "False"}
	all := func(conditions ...module.Condition) []module.Condition { return conditions }
	return &module.Module{
		Name:     "Partition and Sample",
		FamilyID: "a8726e341b3e4515b59a3e4a475654b8",
		Category: category,
		Summary:  "Creates multiple partitions of a dataset based on sampling.",
		Help: "Sampling takes a share of the rows at random, Head the first ones. Assign to Folds writes the number of each row's fold into the column " +
			foldColumn + ", which is no feature; a further Partition and Sample with Pick Fold gives the rows of one fold, or of all others, without that column. " +
			"With replacement a row can be in several folds, and in one of them several times.",
		Version: 1,
		Inputs:  []module.Port{{Name: "Dataset", Type: module.Data, Description: "Dataset to be split"}},
		Outputs: []module.Port{{Name: "oDataset", Type: module.Data, Description: "Dataset resulting from the split"}},
		Parameters: []module.Parameter{
			{Name: partitionMode, Type: module.Choice, Default: sample, Choices: []string{assignToFolds, pickFold, sample, head}, Description: "What to do."},
			{Name: useReplacement, Type: module.Bool, Default: "False", When: all(folds), Description: "Whether folds may overlap."},
			{Name: randomizedSplit, Type: module.Bool, Default: "True", When: all(folds), Description: "Whether rows are assigned at random; else in order."},
			{Name: randomSeed, Type: module.Integer, Default: "0", Max: maxSeed, When: all(folds), Description: "The seed of the random numbers."},
			{Name: partitionerMethod, Type: module.Choice, Default: partitionEvenly, Choices: []string{partitionEvenly, partitionCustom}, When: all(folds),
				Description: "Whether folds are of equal size or of sizes that you list."},
			{Name: numberOfFolds, Type: module.Integer, Default: "5", Min: 1, Max: maxFolds, When: all(folds, even), Description: "How many folds."},
			{Name: stratifiedSplit, Type: module.Choice, Default: "False", Choices: yesNo, When: all(folds, even), Description: "Whether every group of rows with the same key is spread over the folds."},
			{Name: stratificationKey, Type: module.ColumnSelection, When: all(folds, even, module.When(stratifiedSplit, "True")), Description: "The column that groups the rows."},
			{Name: proportions, Type: module.Text, When: all(folds, custom), Description: "The share of each fold, such as 0.2, 0.3; what is left over to 1 is one more fold."},
			{Name: customStratified, Type: module.Choice, Default: "False", Choices: yesNo, When: all(folds, custom), Description: "Whether every group of rows with the same key is spread over the folds."},
			{Name: customKey, Type: module.ColumnSelection, When: all(folds, custom, module.When(customStratified, "True")), Description: "The column that groups the rows."},
			{Name: sampledFold, Type: module.Integer, Default: "1", Min: 1, Max: maxFolds, When: all(picked), Description: "The number of the fold, from 1."},
			{Name: pickComplement, Type: module.Bool, Default: "False", When: all(picked), Description: "Whether to give all other folds in its place."},
			{Name: samplingRate, Type: module.Float, Default: "0.01", High: 1, When: all(sampled), Description: "The share of the rows to take."},
			{Name: samplingSeed, Type: module.Integer, Default: "0", Max: maxSeed, When: all(sampled), Description: "The seed of the random numbers."},
			{Name: samplingStratify, Type: module.Choice, Default: "False", Choices: yesNo, When: all(sampled), Description: "Whether the share is taken of every group of rows with the same key."},
			{Name: samplingKey, Type: module.ColumnSelection, When: all(sampled, module.When(samplingStratify, "True")), Description: "The column that groups the rows."},
			{Name: numberOfRows, Type: module.Integer, Default: "10", Max: 1<<31 - 1, When: all(module.When(partitionMode, head)), Description: "How many rows to take."},
		},
		Errors:  []string{"0001", "0002", "0003", "0005", "0008", "0011", "0018", "0022"},
		Prepare: preparePartition,
	}
}

func preparePartition(v module.Values) (module.Runner, error) {
	var apply func(t *table.Table) (*table.Table, error)
	var err error
	switch v.String(partitionMode) {
	case assignToFolds:
		apply, err = folding(v)
	case pickFold:
		apply = picking(v.Int(sampledFold), v.Bool(pickComplement))
	case sample:
		apply, err = taking(v)
	default:
		rows := int(v.Int(numberOfRows))
		apply = func(t *table.Table) (*table.Table, error) { return t.Head(rows), nil }
	}
	if err != nil {
		return nil, err
	}
	return module.Unary("Dataset", func(_ context.Context, t *table.Table) (*table.Table, error) { return apply(t) }), nil
}

func taking(v module.Values) (func(*table.Table) (*table.Table, error), error) {
	key, err := stratification(v, samplingStratify, samplingKey)
	rate, seed := v.Float(samplingRate), v.Int(samplingSeed)
	return func(t *table.Table) (*table.Table, error) {
		groups, err := strata(t, key)
		if err != nil {
			return nil, err
		}
		r := random(seed)
		var taken []int
		for _, rows := range groups {
			taken = append(taken, shuffled(rows, r)[:share(len(rows), rate)]...)
		}
		slices.Sort(taken)
		return t.Take(taken), nil
	}, err
}

func folding(v module.Values) (func(*table.Table) (*table.Table, error), error) {
	flag, column := stratifiedSplit, stratificationKey
	var sizes []float64
	if v.String(partitionerMethod) == partitionCustom {
		flag, column = customStratified, customKey
		var err error
		if sizes, err = parseProportions(v.String(proportions)); err != nil {
			return nil, err
		}
	} else {
		n := v.Int(numberOfFolds)
		sizes = slices.Repeat([]float64{1 / float64(n)}, int(n))
	}
	key, err := stratification(v, flag, column)
	replacement, randomized, seed := v.Bool(useReplacement), v.Bool(randomizedSplit), v.Int(randomSeed)
	return func(t *table.Table) (*table.Table, error) {
		groups, err := strata(t, key)
		if err != nil {
			return nil, err
		}
		var r *rand.Rand
		if randomized || replacement {
			r = random(seed)
		}
		fold := make([]int64, t.Rows)
		var drawn []int // with replacement: the rows of the folds, fold after fold
		var drawnFold []int64
		for _, rows := range groups {
			order := shuffled(rows, r)
			for f, size := range foldSizes(len(rows), sizes) {
				for i := range size {
					if replacement {
						drawn = append(drawn, rows[r.IntN(len(rows))])
						drawnFold = append(drawnFold, int64(f+1))
					} else {
						fold[order[i]] = int64(f + 1)
					}
				}
				order = order[size:]
			}
		}
		if replacement {
			t, fold = t.Take(drawn), drawnFold
		}
		c := table.FromInts(table.NewNames(t).Free(foldColumn), table.Int32, fold)
		c.Role = table.NoRole
		return t.WithColumns(nil, c), nil
	}, err
}

// foldSizes cuts n rows into folds of these shares, so that the sizes add up to n.
func foldSizes(n int, shares []float64) []int {
	sizes := make([]int, len(shares))
	sum, done := 0.0, 0
	for i, s := range shares {
		sum += s
		upTo := min(share(n, sum), n)
		if i == len(shares)-1 {
			upTo = n
		}
		sizes[i] = upTo - done
		done = upTo
	}
	return sizes
}

// parseProportions reads shares above 0 that add up to at most 1; what is left over is one more.
func parseProportions(text string) ([]float64, error) {
	var shares []float64
	sum := 0.0
	for one := range strings.SplitSeq(text, ",") {
		s, err := strconv.ParseFloat(strings.TrimSpace(one), 64)
		if err != nil || !(s > 0) || len(shares) == maxFolds {
			return nil, module.Fail("0002", proportions).In(proportions)
		}
		sum += s
		shares = append(shares, s)
	}
	const rounding = 1e-9
	switch {
	case sum > 1+rounding:
		return nil, module.Fail("0008", proportions, 0, 1).In(proportions)
	case sum < 1-rounding:
		shares = append(shares, 1-sum)
	}
	return shares, nil
}

func picking(fold int64, complement bool) func(*table.Table) (*table.Table, error) {
	return func(t *table.Table) (*table.Table, error) {
		last := t.Parts[len(t.Parts)-1].Column
		if last == nil || last.Type != table.Int32 || last.Role != table.NoRole || !strings.HasPrefix(last.Name, foldColumn) {
			return nil, module.Fail("0018", "Dataset")
		}
		most := int64(0)
		var rows []int
		for r, f := range last.Ints {
			most = max(most, f)
			if (f == fold) != complement {
				rows = append(rows, r)
			}
		}
		if fold > most && t.Rows > 0 {
			return nil, module.Fail("0008", sampledFold, 1, most).In(sampledFold)
		}
		return table.New(t.Rows, t.Parts[:len(t.Parts)-1]...).Take(rows), nil
	}
}
