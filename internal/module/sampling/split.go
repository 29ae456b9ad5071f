package sampling

import (
	"context"
	"math/rand/v2"
	"slices"

	"portico/internal/module"
	"portico/internal/table"
)

// The parameters of Split Data.
const (
	splittingMode       = "Splitting mode"
	fraction            = "Fraction of rows in the first output dataset"
	randomizedSplit     = "Randomized split"
	randomSeed          = "Random seed"
	stratifiedSplit     = "Stratified split"
	stratificationKey   = "Stratification key column"
	trainingOnlyUsers   = "Fraction of training-only users"
	testUserRatings     = "Fraction of test user ratings for training"
	coldUsers           = "Fraction of cold users"
	coldItems           = "Fraction of cold items"
	ignoredUsers        = "Fraction of ignored users"
	ignoredItems        = "Fraction of ignored items"
	removeColdItems     = "Remove occasionally produced cold items"
	recommenderSeed     = "Random seed for Recommender"
	regularExpression   = "Regular expression"
	relationalCondition = "Relational expression"

	splitRows        = "Split Rows"
	splitRecommender = "Recommender Split"
	splitRegex       = "Regular Expression"
	splitRelative    = "Relative Expression"
)

// SplitData cuts the rows of a dataset in two.
func SplitData() *module.Module {
	rows, recommender := module.When(splittingMode, splitRows), module.When(splittingMode, splitRecommender)
	ratio := func(name, preset, description string) module.Parameter {
		return module.Parameter{Name: name, Type: module.Float, Default: preset, High: 1, When: []module.Condition{recommender}, Description: description}
	}
	return &module.Module{
		Name:     "Split Data",
		Aliases:  []string{"Split"},
		FamilyID: "70530644c97a4ab685f788bf30a8be5f",
		Category: category,
		Summary:  "Partitions the rows of a dataset into two distinct sets.",
		Help: "Split Rows takes a share of the rows, at random or the first ones, in every group of a key column where the split is stratified. " +
			"The expressions put the rows in which they hold into the first output: \\\"column\" and then a regular expression (RE2 syntax) or a comparison such as > 3. " +
			"Recommender Split reads users, items and ratings from the first three columns. Rows stay in the order of the dataset. The same seed gives the same split.",
		Version: 1,
		Inputs:  []module.Port{{Name: "Dataset", Type: module.Data, Description: "Dataset to split"}},
		Outputs: []module.Port{
			{Name: "Results dataset1", Type: module.Data, Description: "Dataset that contains selected rows"},
			{Name: "Results dataset2", Type: module.Data, Description: "Dataset that contains all other rows"},
		},
		Parameters: []module.Parameter{
			{Name: splittingMode, Type: module.Choice, Default: splitRows, Choices: []string{splitRows, splitRecommender, splitRegex, splitRelative},
				Description: "How to choose the rows of the first output."},
			{Name: fraction, Type: module.Float, Default: "0.5", High: 1, When: []module.Condition{rows},
				Description: "The share of the rows that the first output gets."},
			{Name: randomizedSplit, Type: module.Bool, Default: "True", When: []module.Condition{rows},
				Description: "Whether rows are chosen at random; else the first output gets the first ones."},
			{Name: randomSeed, Type: module.Integer, Default: "0", Max: maxSeed, When: []module.Condition{rows},
				Description: "The seed of the random numbers."},
			{Name: stratifiedSplit, Type: module.Choice, Default: "False", Choices: []string{"True", "False"}, When: []module.Condition{rows},
				Description: "Whether the share is taken of every group of rows with the same key."},
			{Name: stratificationKey, Type: module.ColumnSelection, When: []module.Condition{rows, module.When(stratifiedSplit, "True")},
				Description: "The column that groups the rows."},
			ratio(trainingOnlyUsers, "0.5", "The share of users all of whose ratings are for training."),
			ratio(testUserRatings, "0.25", "The share of a test user's ratings that is for training."),
			ratio(coldUsers, "0", "The share of users whose ratings are all for testing."),
			ratio(coldItems, "0", "The share of items whose ratings are all for testing."),
			ratio(ignoredUsers, "0", "The share of users that are left out."),
			ratio(ignoredItems, "0", "The share of items that are left out."),
			{Name: removeColdItems, Type: module.Bool, Default: "False", When: []module.Condition{recommender},
				Description: "Whether test ratings of items that came to be without training ratings are left out."},
			{Name: recommenderSeed, Type: module.Integer, Default: "0", Max: maxSeed, When: []module.Condition{recommender},
				Description: "The seed of the random numbers."},
			{Name: regularExpression, Type: module.Text, Default: `\"column name" ^start`, When: []module.Condition{module.When(splittingMode, splitRegex)},
				Description: `A column of texts, by name as \"name" or by number from 0 as \0, and a regular expression.`},
			{Name: relationalCondition, Type: module.Text, Default: `\"column name" > 3`, When: []module.Condition{module.When(splittingMode, splitRelative)},
				Description: `A column of numbers or dates, by name as \"name" or by number from 0 as \0, one of < <= > >= = != and a value.`},
		},
		Errors:  []string{"0001", "0002", "0003", "0005", "0008", "0011", "0017", "0020", "0022"},
		Prepare: prepareSplit,
	}
}

// chooser tells for every row where it goes: 1 and 2 to that output, 0 to none.
type chooser func(t *table.Table) ([]uint8, error)

func prepareSplit(v module.Values) (module.Runner, error) {
	var choose chooser
	var err error
	switch v.String(splittingMode) {
	case splitRows:
		choose, err = chooseShare(v)
	case splitRecommender:
		choose = recommenderSplit(v).choose
	case splitRegex:
		choose, err = chooseMatching(v.String(regularExpression))
	default:
		choose, err = chooseComparing(v.String(relationalCondition))
	}
	if err != nil {
		return nil, err
	}
	return func(_ context.Context, in []*table.Table) ([]*table.Table, error) {
		if err := module.Need(in[0], "Dataset", 0); err != nil {
			return nil, err
		}
		output, err := choose(in[0])
		if err != nil {
			return nil, err
		}
		rows := make([][]int, 3)
		for r, o := range output {
			rows[o] = append(rows[o], r)
		}
		return []*table.Table{in[0].Take(rows[1]), in[0].Take(rows[2])}, nil
	}, nil
}

func chooseShare(v module.Values) (chooser, error) {
	key, err := stratification(v, stratifiedSplit, stratificationKey)
	if err != nil {
		return nil, err
	}
	part, randomized, seed := v.Float(fraction), v.Bool(randomizedSplit), v.Int(randomSeed)
	return func(t *table.Table) ([]uint8, error) {
		groups, err := strata(t, key)
		if err != nil {
			return nil, err
		}
		var r *rand.Rand
		if randomized {
			r = random(seed)
		}
		output := make([]uint8, t.Rows)
		for _, rows := range groups {
			first := share(len(rows), part)
			for i, row := range shuffled(rows, r) {
				output[row] = 2
				if i < first {
					output[row] = 1
				}
			}
		}
		return output, nil
	}, nil
}

// recommenderSplit splits users, items and ratings.
type recommenderSplit module.Values

func (s recommenderSplit) choose(t *table.Table) ([]uint8, error) {
	if len(t.Parts) < 3 || t.Parts[0].Column == nil || t.Parts[1].Column == nil {
		return nil, module.Fail("0020", "Dataset", 3)
	}
	v := module.Values(s)
	r := random(v.Int(recommenderSeed))
	users := table.NewRowIndex([]*table.Column{t.Parts[0].Column}, t.Rows, false)
	items := table.NewRowIndex([]*table.Column{t.Parts[1].Column}, t.Rows, false)
	const ignored, trainingOnly, cold, test = 0, 1, 2, 3
	userKind := draw(r, users.Groups(), test, v.Float(ignoredUsers), v.Float(trainingOnlyUsers), v.Float(coldUsers))
	itemKind := draw(r, items.Groups(), test, v.Float(ignoredItems), 0, v.Float(coldItems))
	output := make([]uint8, t.Rows)
	rows, start := users.Members()
	for u, kind := range userKind {
		own := rows[start[u]:start[u+1]]
		training := 0
		switch kind {
		case trainingOnly:
			training = len(own)
		case test:
			training = share(len(own), v.Float(testUserRatings))
		}
		for i, row := range shuffled(own, r) {
			switch item := itemKind[items.Group[row]]; {
			case kind == ignored || item == ignored:
			case i < training && item != cold:
				output[row] = 1
			default:
				output[row] = 2
			}
		}
	}
	if v.Bool(removeColdItems) {
		trained := make([]bool, items.Groups())
		for row, o := range output {
			trained[items.Group[row]] = trained[items.Group[row]] || o == 1
		}
		for row := range output {
			if g := items.Group[row]; !trained[g] && itemKind[g] != cold {
				output[row] = 0
			}
		}
	}
	return output, nil
}

// draw gives each of n things a kind at random: kind k to that share of them, rest to what is left over.
func draw(r *rand.Rand, n, rest int, shares ...float64) []int {
	kinds := slices.Repeat([]int{rest}, n)
	order := r.Perm(n)
	for kind, part := range shares {
		take := min(share(n, part), len(order))
		for _, i := range order[:take] {
			kinds[i] = kind
		}
		order = order[take:]
	}
	return kinds
}
