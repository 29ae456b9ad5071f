package manipulation

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"portico/internal/module"
	"portico/internal/table"
)

// The parameters of Clean Missing Data and their choices.
const (
	cleanedColumns   = "Columns to be cleaned"
	minimumRatio     = "Minimum missing value ratio"
	maximumRatio     = "Maximum missing value ratio"
	cleaningMode     = "Cleaning mode"
	replacementValue = "Replacement value"
	allMissing       = "Cols with all missing values"
	generateFlag     = "Generate missing value indicator column"
	iterations       = "Number of iterations"
	pcaIterations    = "Number of iterations for PCA prediction"

	substitute   = "Custom substitution value"
	withMean     = "Replace with mean"
	withMedian   = "Replace with median"
	withMode     = "Replace with mode"
	withMICE     = "Replace using MICE"
	withPCA      = "Replace using Probabilistic PCA"
	removeRow    = "Remove entire row"
	removeColumn = "Remove entire column"

	propagateColumns = "Propagate"
	removeColumns    = "Remove"
)

// CleanMissingData replaces or removes missing values.
func CleanMissingData() *module.Module {
	replacing := []string{substitute, withMean, withMedian, withMode, withMICE, withPCA}
	m := &module.Module{
		Name:     "Clean Missing Data",
		Aliases:  []string{"Missing Values Scrubber"},
		FamilyID: "d2c5ca2f732341a39b7eda917c99f0c4",
		Category: category,
		Summary:  "Specifies how to handle the values missing from a dataset.",
		Help: "Of the selected columns those are cleaned whose share of missing values is within the ratios. Mean and median are for numbers and Booleans (a column of whole numbers becomes Double where some are missing), " +
			"MICE for numbers: it predicts each column from the others by linear regression, again and again. Probabilistic PCA is for numbers, Booleans and categories: it rebuilds the rows from the few factors that explain nine tenths of the variance. Other columns stay as they are. NaN counts as missing. " +
			"With an indicator there is a Boolean column {column}_IsMissing for every column that was cleaned. The transformation does the same, with the same values, to new data.",
		Version: 1,
		Inputs:  dataset("Dataset to be cleaned"),
		Outputs: []module.Port{
			{Name: "Cleaned dataset", Type: module.Data, Description: "Cleaned dataset"},
			{Name: "Cleaning transformation", Type: module.Transform, Description: "Transformation that is to be passed to the Apply Transformation module to clean new data"},
		},
		Parameters: []module.Parameter{
			{Name: cleanedColumns, Type: module.ColumnSelection, Default: "All", Description: "The columns to clean."},
			{Name: minimumRatio, Type: module.Float, Default: "0.0", High: 1, Description: "Only columns with at least this share of missing values are cleaned."},
			{Name: maximumRatio, Type: module.Float, Default: "1.0", High: 1, Description: "Only columns with at most this share of missing values are cleaned."},
			{Name: cleaningMode, Type: module.Choice, Default: substitute, Choices: append(slices.Clone(replacing), removeRow, removeColumn),
				Description: "What to do about missing values."},
			{Name: replacementValue, Type: module.Text, Default: "0", When: []module.Condition{module.When(cleaningMode, substitute)},
				Description: "The value that takes the place of missing ones. It must be of the columns' types."},
			{Name: allMissing, Type: module.Choice, Default: removeColumns, Choices: []string{propagateColumns, removeColumns},
				When: []module.Condition{module.When(cleaningMode, replacing[1:]...)}, Description: "Whether columns without any value stay."},
			{Name: generateFlag, Type: module.Bool, Default: "False", When: []module.Condition{module.When(cleaningMode, replacing...)},
				Description: "Whether to add a column that tells which rows were cleaned."},
			{Name: iterations, Aliases: []string{"Number of Iterations"}, Type: module.Integer, Default: "5", Min: 1, Max: 10, When: []module.Condition{module.When(cleaningMode, withMICE)},
				Description: "How often MICE predicts every column."},
			{Name: pcaIterations, Type: module.Integer, Default: "10", Min: 1, Max: 50, When: []module.Condition{module.When(cleaningMode, withPCA)},
				Description: "How often the factors are improved."},
		},
		Errors: []string{"0001", "0002", "0003", "0008", "0011", "0013", "0018", "0039", "0138"},
		Apply:  readCleaning,
	}
	m.Prepare = func(v module.Values) (module.Runner, error) { return prepareCleaning(m, v) }
	return m
}

// cleaning is what is done to a dataset: the content of the transformation.
type cleaning struct {
	Mode       string       `json:"mode"`
	Indicator  bool         `json:"indicator"`
	Iterations int          `json:"iterations,omitempty"`
	Columns    []cleanedOne `json:"columns"`
	Factors    *factorModel `json:"factors,omitempty"`
}

// cleanedOne is what is done to one column.
type cleanedOne struct {
	Name  string  `json:"name"`
	Drop  bool    `json:"drop,omitempty"`
	Keep  bool    `json:"keep,omitempty"`  // it has no value to clean with and stays as it is
	Type  string  `json:"type,omitempty"`  // of the cleaned column
	Value *string `json:"value,omitempty"` // that takes the place of missing ones
	// The regression of MICE: the constant and one coefficient for every other column with a regression.
	Regression []float64 `json:"regression,omitempty"`
}

func prepareCleaning(m *module.Module, v module.Values) (module.Runner, error) {
	selection, err := v.Columns(cleanedColumns)
	if err != nil {
		return nil, err
	}
	least, most := v.Float(minimumRatio), v.Float(maximumRatio)
	if least > most {
		return nil, module.Fail("0008", maximumRatio, least, 1).In(maximumRatio)
	}
	plan := cleaning{Mode: v.String(cleaningMode), Indicator: v.Bool(generateFlag), Iterations: int(v.Int(iterations) + v.Int(pcaIterations))} // one of the two applies
	value, dropEmpty := v[replacementValue], v.String(allMissing) == removeColumns
	return func(ctx context.Context, in []*table.Table) ([]*table.Table, error) {
		if err := module.Need(in[0], "Dataset", 0); err != nil {
			return nil, err
		}
		t, places, err := withoutWholeBlocks(selection, in[0])
		if err != nil {
			return nil, err
		}
		fitted := plan
		for _, c := range columnsAt(t, places) {
			ratio := missingRatio(c)
			if ratio < least || ratio > most {
				continue
			}
			one, err := plan.fit(c, ratio, value, dropEmpty)
			if err != nil {
				return nil, err
			}
			fitted.Columns = append(fitted.Columns, one)
		}
		switch plan.Mode {
		case withMICE:
			err = fitted.regress(ctx, t)
		case withPCA:
			err = fitted.fitFactors(ctx, t)
		}
		if err != nil {
			return nil, err
		}
		out, err := fitted.apply(ctx, in[0])
		if err != nil {
			return nil, err
		}
		transform, err := m.Define(fitted)
		return []*table.Table{out, transform}, err
	}, nil
}

// withoutWholeBlocks gives the selected columns but those of sparse blocks, in which nothing is missing.
func withoutWholeBlocks(s module.Selection, t *table.Table) (*table.Table, []int, error) {
	selected, err := s.Select(t)
	if err != nil {
		return nil, nil, err
	}
	var columns []*table.Column
	var places []int
	for _, p := range selected.Parts {
		if p.Column != nil {
			places = append(places, len(columns))
			columns = append(columns, p.Column)
		}
	}
	return table.FromColumns(t.Rows, columns...), places, nil
}

func missingRatio(c *table.Column) float64 {
	n := 0
	for r := range c.Len() {
		if c.IsMissing(r) {
			n++
		}
	}
	return float64(n) / float64(max(c.Len(), 1))
}

// fit decides what is done to a column.
func (p *cleaning) fit(c *table.Column, ratio float64, value string, dropEmpty bool) (cleanedOne, error) {
	one := cleanedOne{Name: c.Name, Type: c.Type.String()}
	number := c.Type.Numeric() || c.Type == table.Boolean
	empty := ratio == 1 && c.Len() > 0
	switch {
	case p.Mode == substitute:
		v, err := replacement(c.Field, value)
		if err != nil {
			return one, err
		}
		one.Value = &v
	case p.Mode == removeRow:
	case p.Mode == removeColumn:
		one.Drop = ratio > 0
	case empty && dropEmpty:
		one.Drop = true
	case empty, p.Mode != withMode && !number && !(p.Mode == withPCA && c.Categorical), p.Mode == withMICE && c.Type == table.Boolean, c.Len() == 0:
		one.Keep = true
	case p.Mode == withMode, p.Mode == withPCA && (c.Categorical || c.Type == table.Boolean):
		v := mode(c)
		one.Value = &v
	default:
		v := mean(c)
		if p.Mode == withMedian {
			v = median(c)
		}
		if math.IsNaN(v) || math.IsInf(v, 0) { // the values are beyond what can be added up
			one.Keep = true
			break
		}
		text := strconv.FormatFloat(v, 'g', -1, 64)
		one.Value = &text
		switch {
		case c.Type == table.Boolean: // the nearer of the two
			text = "0"
			if v >= 0.5 {
				text = "1"
			}
		case ratio == 0 && p.Mode != withMICE && p.Mode != withPCA && c.Type != table.Double: // whole numbers need not become Double for the sake of new data
			text = strconv.FormatFloat(math.RoundToEven(v), 'f', 0, 64)
		default:
			one.Type = table.Double.String()
		}
	}
	return one, nil
}

// replacement checks that a value is of a column's type, and gives it as text of that type.
func replacement(f table.Field, value string) (string, error) {
	cell, row := table.FromStrings(f.Name, []string{value}).As(table.Field{Type: f.Type})
	if f.Type == table.Boolean && (value == "0" || value == "1") {
		return value, nil
	}
	if row >= 0 || cell.IsMissing(0) {
		return "", module.Fail("0002", replacementValue, value, table.String, f.Type).In(replacementValue)
	}
	return stored(cell, 0), nil
}

// stored is a cell as the transformation keeps it: exactly, and whatever the type of whole numbers in decimal digits.
func stored(c *table.Column, r int) string {
	switch c.Type {
	case table.String:
		return c.Strings[r]
	case table.Double:
		return strconv.FormatFloat(c.Doubles[r], 'g', -1, 64)
	default:
		return strconv.FormatInt(c.Ints[r], 10)
	}
}

func mean(c *table.Column) float64 {
	sum, n := 0.0, 0.0
	for r := range c.Len() {
		if v, ok := c.Number(r); ok {
			n++
			sum += (v - sum) / n // a running mean does not overflow
		}
	}
	return sum
}

func median(c *table.Column) float64 {
	var values []float64
	for r := range c.Len() {
		if v, ok := c.Number(r); ok {
			values = append(values, v)
		}
	}
	slices.Sort(values)
	n := len(values)
	if n%2 == 1 {
		return values[n/2]
	}
	return values[n/2-1]/2 + values[n/2]/2
}

// mode gives the value that comes most often, of several the one that comes first.
func mode(c *table.Column) string {
	x := table.NewRowIndex([]*table.Column{c}, c.Len(), false)
	counts := make([]int, x.Groups())
	for r, g := range x.Group {
		if !c.IsMissing(r) {
			counts[g]++
		}
	}
	best := 0
	for g := range counts {
		if counts[g] > counts[best] {
			best = g
		}
	}
	return stored(c, int(x.First[best]))
}

func readCleaning(content []byte) (module.Applier, error) {
	var p cleaning
	if err := json.Unmarshal(content, &p); err != nil {
		return nil, err
	}
	return p.apply, nil
}

// apply cleans a dataset that has the columns.
func (p *cleaning) apply(ctx context.Context, t *table.Table) (*table.Table, error) {
	predict := p.predict
	if p.Mode == withPCA {
		predict = p.reconstruct
	}
	predicted, err := predict(ctx, t)
	if err != nil {
		return nil, err
	}
	replaced := map[int]*table.Column{}
	var drop []int
	var flags []*table.Column
	names := table.NewNames(t)
	remove := make([]bool, t.Rows)
	for _, one := range p.Columns {
		i := slices.IndexFunc(t.Parts, func(q table.Part) bool { return q.Column != nil && q.Column.Name == one.Name })
		if i < 0 {
			return nil, module.Fail("0001", one.Name)
		}
		c := t.Parts[i].Column
		switch {
		case one.Drop:
			drop = append(drop, i)
			continue
		case one.Keep:
			continue
		case p.Mode == removeRow:
			for r := range remove {
				remove[r] = remove[r] || c.IsMissing(r)
			}
			continue
		}
		filled, err := one.fill(c, predicted[one.Name])
		if err != nil {
			return nil, err
		}
		replaced[i] = filled
		if p.Indicator {
			flags = append(flags, missingFlags(names.Free(one.Name+"_IsMissing"), c))
		}
	}
	out := without(t.WithColumns(replaced, flags...), drop)
	if p.Mode == removeRow {
		var keep []int
		for r, gone := range remove {
			if !gone {
				keep = append(keep, r)
			}
		}
		out = out.Take(keep)
	}
	return out, nil
}

// fill gives the column with missing cells replaced: by the predictions where there are some.
func (one *cleanedOne) fill(c, predicted *table.Column) (*table.Column, error) {
	t, err := table.ParseType(one.Type)
	if err != nil || one.Value == nil {
		return nil, module.Fail("0018", "Transformation")
	}
	f := c.Field
	f.Type = t
	converted, row := c.As(f)
	if row >= 0 {
		return nil, module.Fail("0018", "Dataset")
	}
	out := *converted
	out.Missing = nil
	switch t {
	case table.String:
		out.Strings = slices.Clone(out.Strings)
	case table.Double:
		out.Doubles = slices.Clone(out.Doubles)
	default:
		out.Ints = slices.Clone(out.Ints)
	}
	put, err := one.putter(&out)
	if err != nil {
		return nil, err
	}
	for r := range c.Len() {
		switch {
		case !c.IsMissing(r):
		case predicted != nil && t == table.Double:
			out.Doubles[r] = predicted.Doubles[r]
		case predicted != nil:
			category := *one
			category.Value = &predicted.Strings[r]
			put, err := category.putter(&out)
			if err != nil {
				return nil, err
			}
			put(r)
		default:
			put(r)
		}
	}
	return &out, nil
}

// putter gives what writes the value into a row.
func (one *cleanedOne) putter(out *table.Column) (func(r int), error) {
	var err error
	switch value := *one.Value; out.Type {
	case table.String:
		return func(r int) { out.Strings[r] = value }, nil
	case table.Double:
		var v float64
		if v, err = strconv.ParseFloat(value, 64); err == nil {
			return func(r int) { out.Doubles[r] = v }, nil
		}
	default:
		var n int64
		if n, err = strconv.ParseInt(value, 10, 64); err == nil {
			return func(r int) { out.Ints[r] = n }, nil
		}
	}
	return nil, module.Fail("0018", "Transformation")
}

// missingFlags tells for every cell whether it is missing.
func missingFlags(name string, c *table.Column) *table.Column {
	flags := make([]int64, c.Len())
	for r := range flags {
		if c.IsMissing(r) {
			flags[r] = 1
		}
	}
	return table.FromInts(name, table.Boolean, flags)
}
