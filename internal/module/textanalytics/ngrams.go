package textanalytics

import (
	"context"
	"math"

	"portico/internal/module"
	"portico/internal/module/featureselection"
	"portico/internal/table"
)

// The parameters of Extract N-Gram Features from Text.
const (
	ngramText      = "Text column"
	vocabularyMode = "Vocabulary mode"
	ngramSize      = "N-Grams size"
	skipSize       = "K-Skip size"
	weighting      = "Weighting function"
	minWord        = "Minimum word length"
	maxWord        = "Maximum word length"
	minDocuments   = "Minimum n-gram document absolute frequency"
	maxDocuments   = "Maximum n-gram document ratio"
	detectUnknown  = "Detect out-of-vocabulary rows"
	markBegin      = "Mark begin-of-sentence"
	normalizeRows  = "Normalize n-gram feature vectors"
	useSelection   = "Use filter-based feature selection"
	scoringMethod  = "Feature scoring method"
	targetColumn   = "Target column"
	desiredNumber  = "Number of desired features"
	minNonZero     = "Minimum number of non-zero elements"

	vocabularyCreate   = "Create"
	vocabularyReadOnly = "ReadOnly"
	vocabularyUpdate   = "Update"
	vocabularyMerge    = "Merge"

	weightBinary = "Binary Weight"
	weightTF     = "TF Weight"
	weightIDF    = "IDF Weight"
	weightTFIDF  = "TF-IDF Weight"

	weightGraph = "Graph Weight"

	maxNgrams = 10
	maxSkips  = 10
)

// ExtractNGrams makes a column for every n-gram of a text column.
func ExtractNGrams() *module.Module {
	selecting := module.When(useSelection, "True")
	scored := []module.Condition{selecting, module.When(scoringMethod, featureselection.Supervised()...)}
	atLeast := func(name string, least, most int64, preset, description string) module.Parameter {
		return module.Parameter{Name: name, Type: module.Integer, Default: preset, Min: least, Max: most, Description: description}
	}
	return &module.Module{
		Name:     "Extract N-Gram Features from Text",
		FamilyID: "a8a662d089bb48c985629b9589124c4a",
		Category: "Text Analytics",
		Summary:  "Creates N-Gram dictionary features and does feature selection on them.",
		Help: "Texts are cut at blanks; n-grams do not go across \"|||\", which Preprocess Text puts between sentences. Each n-gram of the vocabulary, its words joined by _, becomes a column {text column}.[{n-gram}] behind the others, after {text column}.NgramsString, which lists the n-grams of a text, and {text column}.NumUniqueNgrams, their number; those two are no features. " +
			"IDF is the logarithm of the number of texts over the number of those with the n-gram (DF). ReadOnly takes the vocabulary as it is; Update and Merge add this dataset's n-grams and counts to it. " +
			"With ReadOnly, {text column}.[OOV] tells which texts have words that the vocabulary does not know. The vocabulary that comes out has the columns Id, NGram, DF and IDF.",
		Version: 2,
		Inputs: []module.Port{
			{Name: "Dataset", Type: module.Data, Description: "Input data"},
			{Name: "Input vocabulary", Type: module.Data, Optional: true, Description: "Input vocabulary"},
		},
		Outputs: []module.Port{
			{Name: "Results dataset", Type: module.Data, Description: "Extracted features"},
			{Name: "Result vocabulary", Type: module.Data, Description: "Result vocabulary"},
		},
		Parameters: []module.Parameter{
			{Name: ngramText, Type: module.ColumnSelection, Default: "StringFeature", Description: "The column of texts."},
			{Name: vocabularyMode, Type: module.Choice, Default: vocabularyCreate, Choices: []string{vocabularyCreate, vocabularyReadOnly, vocabularyUpdate, vocabularyMerge}, Description: "Where the vocabulary comes from."},
			atLeast(ngramSize, 1, maxNgrams, "1", "The longest n-grams; shorter ones are made too."),
			atLeast(skipSize, 0, maxSkips, "0", "How many words may be left out within an n-gram."),
			{Name: weighting, Type: module.Choice, Default: weightBinary, Choices: []string{weightBinary, weightTF, weightIDF, weightTFIDF, weightGraph},
				Description: "The value of an n-gram: 1; how often it comes; its IDF; the last two multiplied; or its TextRank in these texts."},
			atLeast(minWord, 1, math.MaxInt32, "3", "Shorter words are left out."),
			atLeast(maxWord, 2, math.MaxInt32, "25", "Longer words are left out."),
			{Name: minDocuments, Type: module.Float, Default: "5.0", Low: 1, High: math.MaxFloat64, Description: "N-grams of fewer texts are left out."},
			{Name: maxDocuments, Type: module.Float, Default: "1.0", Low: 0.0001, High: math.MaxFloat64, Description: "N-grams of a larger share of the texts are left out."},
			{Name: detectUnknown, Type: module.Bool, Default: "True", Description: "Whether to tell which texts have words that the vocabulary does not know."},
			{Name: markBegin, Type: module.Bool, Default: "False", Description: "Whether the beginning of a sentence counts as a word, <s>, in n-grams of two and more."},
			{Name: normalizeRows, Type: module.Bool, Default: "True", Description: "Whether each row's values are divided by their Euclidean length."},
			{Name: useSelection, Type: module.Choice, Default: "True", Choices: []string{"True", "False"}, Description: "Whether only the n-grams with the best scores are kept."},
			{Name: scoringMethod, Type: module.Choice, Default: featureselection.FisherScore, Choices: featureselection.Methods(), Synonyms: featureselection.Synonyms(), When: []module.Condition{selecting}, Description: "How n-grams are scored."},
			{Name: targetColumn, Type: module.ColumnSelection, When: scored, Description: "The column of classes that the score is about."},
			{Name: desiredNumber, Type: module.Integer, Default: "1", Min: 1, Max: math.MaxInt32, When: scored, Description: "How many n-grams to keep."},
			{Name: minNonZero, Type: module.Integer, Default: "1", Min: 1, Max: math.MaxInt32, When: []module.Condition{selecting, module.When(scoringMethod, featureselection.CountBased)},
				Description: "In how many texts an n-gram must come to be kept."},
		},
		Errors:  []string{"0001", "0002", "0003", "0005", "0006", "0008", "0011", "0014", "0017", "0018", "0021", "0022", "0129", "0138"},
		Prepare: prepareNGrams,
	}
}

// extraction is a prepared Extract N-Gram Features from Text.
type extraction struct {
	text      module.Selection
	target    *module.Selection
	mode      string
	cutter    ngramCutter
	weighting string
	leastDF   float64
	mostRatio float64
	unknown   bool
	normalize bool
	selecting bool
	method    string
	desired   int
	nonZero   int
}

func prepareNGrams(v module.Values) (module.Runner, error) {
	e := &extraction{
		mode: v.String(vocabularyMode), weighting: v.String(weighting), leastDF: v.Float(minDocuments), mostRatio: v.Float(maxDocuments),
		unknown: v.Bool(detectUnknown), normalize: v.Bool(normalizeRows), selecting: v.String(useSelection) == "True", method: v.String(scoringMethod),
		desired: int(v.Int(desiredNumber)), nonZero: int(v.Int(minNonZero)),
		cutter: ngramCutter{n: int(v.Int(ngramSize)), skip: int(v.Int(skipSize)), short: int(v.Int(minWord)), long: int(v.Int(maxWord)), begin: v.Bool(markBegin)},
	}
	if e.cutter.short > e.cutter.long {
		return nil, module.Fail("0006", minWord, maxWord).In(minWord)
	}
	var err error
	if e.text, err = v.Columns(ngramText); err != nil {
		return nil, err
	}
	if e.selecting && e.method != featureselection.CountBased {
		target, err := v.Columns(targetColumn)
		if err != nil {
			return nil, err
		}
		e.target = &target
	}
	return e.run, nil
}

func (e *extraction) run(ctx context.Context, in []*table.Table) ([]*table.Table, error) {
	if err := module.Need(in[0], "Dataset", 1); err != nil {
		return nil, err
	}
	t, place, err := e.text.One(in[0])
	if err != nil {
		return nil, err
	}
	column := t.Parts[place].Column
	if column.Type != table.String {
		return nil, e.text.Unsupported(column)
	}
	v := newVocabulary()
	if e.mode != vocabularyCreate {
		if v, err = readVocabulary(in[1]); err != nil {
			return nil, err
		}
	}
	if e.mode != vocabularyReadOnly {
		if err := v.learn(ctx, column, e.cutter, e.leastDF, e.mostRatio); err != nil {
			return nil, err
		}
	}
	counts, unknown, err := v.count(ctx, column, e.cutter)
	if err != nil {
		return nil, err
	}
	if e.selecting && e.mode != vocabularyReadOnly {
		keep, err := e.best(ctx, t, counts, len(v.grams))
		if err != nil {
			return nil, err
		}
		counts = v.keepOnly(keep, counts)
	}
	if len(v.grams) > table.MaxDenseColumns {
		return nil, module.Fail("0129", "Results dataset", table.MaxDenseColumns)
	}
	var ranks []float64
	if e.weighting == weightGraph {
		if ranks, err = v.rank(ctx, column, e.cutter); err != nil {
			return nil, err
		}
	}
	names := table.NewNames(t)
	parts := t.Parts[:len(t.Parts):len(t.Parts)]
	for _, c := range v.listed(column, e.cutter) {
		c.Name = names.Free(column.Name + "." + c.Name)
		parts = append(parts, table.Part{Column: c})
	}
	parts = append(parts, names.FreePart(table.Part{Sparse: e.features(column.Name, v, counts, ranks)}))
	if e.unknown && e.mode == vocabularyReadOnly {
		parts = append(parts, table.Part{Column: table.FromInts(names.Free(column.Name+".[OOV]"), table.Boolean, unknown)})
	}
	return []*table.Table{table.New(t.Rows, parts...), v.table()}, nil
}

// features makes the block of weighted n-grams.
func (e *extraction) features(column string, v *vocabulary, rows []rowCounts, ranks []float64) *table.Sparse {
	names := make([]string, len(v.grams))
	for i, g := range v.grams {
		names[i] = column + ".[" + g.text + "]"
	}
	block := table.NamedBlock(table.Double, names)
	for _, row := range rows {
		from := len(block.Values)
		squares := 0.0
		for k, id := range row.ids {
			w := 1.0
			if e.weighting == weightTF || e.weighting == weightTFIDF {
				w = float64(row.counts[k])
			}
			if e.weighting == weightIDF || e.weighting == weightTFIDF {
				w *= v.idf(int(id))
			}
			if e.weighting == weightGraph {
				w = ranks[id]
			}
			if w == 0 {
				continue
			}
			squares += w * w
			block.Index, block.Values = append(block.Index, id), append(block.Values, w)
		}
		if e.normalize && squares > 0 {
			for i := from; i < len(block.Values); i++ {
				block.Values[i] /= math.Sqrt(squares)
			}
		}
		block.Start = append(block.Start, len(block.Index))
	}
	return block
}
