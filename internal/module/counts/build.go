package counts

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"portico/internal/module"
	"portico/internal/module/inputoutput"
	"portico/internal/table"
)

const (
	classNumber  = "Number of classes"
	hashBits     = "The bits of hash function"
	hashSeed     = "The seed of hash function"
	moduleType   = "Module type"
	tableType    = "Count table type"
	labelColumn  = "Label column index or name"
	countColumns = "Select columns to count"
	sketchDepth  = "Depth of CM sketch table"
	sketchWidth  = "Width of CM sketch table"
	blobName     = "Blob name"
	accountName  = "Account name"
	accountKey   = "Account key"
	container    = "Container name"
	blobColumns  = "Count columns"
	blobLabel    = "Label column"
	blobFormat   = "Blob format"

	fromDataset = "Dataset"
	fromBlob    = "Blob"
)

// Build counts the values of columns, by class.
func Build(outside inputoutput.Outside) *module.Module {
	data, blob := []module.Condition{module.When(moduleType, fromDataset)}, []module.Condition{module.When(moduleType, fromBlob)}
	sketch, dict := []module.Condition{module.When(tableType, cmSketch)}, []module.Condition{module.When(tableType, dictionary)}
	return &module.Module{
		Name:     "Build Counting Transform",
		FamilyID: family,
		Category: category,
		Summary:  "Creates a transformation that turns count tables into features, so that you can apply the transformation to multiple datasets.",
		Help: "Every value of a counted column is replaced, by Apply Transformation, by how often each class came with it: 0_{n}_Class000_Count and so on for the column number n from 0, the logarithm of the odds of all classes but the last, Class000_LogOdds, and IsBackoff, which is 1 where the value is too rare and stands for all such. " +
			"The features come last; the counted columns go. A label of numbers has the classes 0 up to one less than their number; of categories and texts, the classes are in alphabetical order. A dictionary keeps a count for each hash of a value, a CM sketch the least of several counts of coarser hashes.",
		Version: version,
		Inputs:  []module.Port{{Name: "Dataset", Type: module.Data, Optional: true, Description: "The dataset to count, where the module type is Dataset"}},
		Outputs: []module.Port{{Name: "Counting transform", Type: module.Transform, Description: "The counting transform"}},
		Parameters: []module.Parameter{
			{Name: classNumber, Type: module.Integer, Default: "2", Min: 2, Max: math.MaxInt32, Description: "How many classes the label has."},
			{Name: moduleType, Type: module.Choice, Default: fromDataset, Choices: []string{fromDataset, fromBlob}, Description: "Where the data is that is counted."},
			{Name: tableType, Type: module.Choice, Default: dictionary, Choices: []string{dictionary, cmSketch}, Description: "How the counts are kept."},
			{Name: hashBits, Type: module.Integer, Default: "20", Min: 12, Max: 31, When: dict, Description: "The bits of a value's hash."},
			{Name: hashSeed, Type: module.Integer, Default: "1", Min: math.MinInt32, Max: math.MaxInt32, When: dict, Description: "The seed of the hashes."},
			{Name: sketchDepth, Type: module.Integer, Default: "4", Min: 1, Max: math.MaxInt32, When: sketch, Description: "How many hash functions there are; at most 32."},
			{Name: sketchWidth, Type: module.Integer, Default: "20", Min: 1, Max: 31, When: sketch, Description: "The bits of a value's hashes."},
			{Name: labelColumn, Aliases: []string{"Label column index or namecolumn", "Label column or index"}, Type: module.ColumnSelection, When: data, Description: "The column of classes."},
			{Name: countColumns, Type: module.ColumnSelection, When: data, Description: "The columns whose values are counted."},
			{Name: blobName, Type: module.Text, When: blob, Description: "The blob that holds the data, without the container."},
			{Name: accountName, Type: module.Text, When: blob, Description: "The name of the storage account."},
			{Name: accountKey, Type: module.Secret, Optional: true, When: blob, Description: "The account's key; it may be left out for this workspace's own account."},
			{Name: container, Type: module.Text, When: blob, Description: "The container of the blob."},
			{Name: blobColumns, Type: module.Text, When: blob, Description: "The numbers of the columns to count, from 1, such as 2,3,5-7; those that are counted together are joined by +, such as 2,3+4."},
			{Name: blobLabel, Type: module.Integer, Default: "1", Min: 1, Max: math.MaxInt32, When: blob, Description: "The number of the column of classes, from 1."},
			{Name: blobFormat, Type: module.Choice, Default: "CSV", Choices: []string{"CSV", "TSV"}, When: blob, Description: "The format of the blob, which has no header row."},
		},
		Errors:      []string{"0001", "0002", "0003", "0004", "0005", "0007", "0008", "0009", "0011", "0021", "0022", "0029", "0030", "0048", "0049", "0052", "0059", "0060", "0064", "0065", "0089", "0138", "1000"},
		Outside:     true,
		OutsideWhen: blob,
		Prepare:     func(v module.Values) (module.Runner, error) { return prepareBuild(outside, v) },
		Apply: func(content []byte) (module.Applier, error) {
			var t transform
			if err := json.Unmarshal(content, &t); err != nil {
				return nil, err
			}
			return t.apply, t.check()
		},
	}
}

// source gives the table to count, the label and the groups of columns.
type source func(ctx context.Context, in *table.Table) (t *table.Table, label *table.Column, groups []group, err error)

func prepareBuild(outside inputoutput.Outside, v module.Values) (module.Runner, error) {
	base := transform{Classes: int(v.Int(classNumber)), Type: v.String(tableType), Bits: int(v.Int(hashBits)), Seed: v.Int(hashSeed), Depth: 1, Output: defaultFeatures()}
	if base.Type == cmSketch {
		base.Bits, base.Seed, base.Depth = int(v.Int(sketchWidth)), 1, int(v.Int(sketchDepth))
		if base.Depth > maxDepth {
			return nil, module.Fail("0007", sketchDepth, base.Depth, maxDepth).In(sketchDepth)
		}
	}
	if base.Classes > maxClasses {
		return nil, module.Fail("0007", classNumber, base.Classes, maxClasses).In(classNumber)
	}
	var from source
	var err error
	if v.String(moduleType) == fromBlob {
		from, err = blobSource(outside, v)
	} else {
		from, err = datasetSource(v)
	}
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, in []*table.Table) ([]*table.Table, error) {
		data, label, groups, err := from(ctx, in[0])
		if err != nil {
			return nil, err
		}
		t := base
		t.Label, t.Groups = label.Name, groups
		if err := t.count(ctx, data, label); err != nil {
			return nil, err
		}
		return define(&t)
	}, nil
}

const (
	maxDepth   = 32
	maxClasses = 10_000
)

func datasetSource(v module.Values) (source, error) {
	labels, err := v.Columns(labelColumn)
	if err != nil {
		return nil, err
	}
	counted, err := v.Columns(countColumns)
	if err != nil {
		return nil, err
	}
	return func(_ context.Context, in *table.Table) (*table.Table, *table.Column, []group, error) {
		if err := module.Need(in, "Dataset", 1); err != nil {
			return nil, nil, nil, err
		}
		t, place, err := labels.One(in)
		if err != nil {
			return nil, nil, nil, err
		}
		s, places, err := counted.Spread(in)
		if err != nil {
			return nil, nil, nil, err
		}
		var groups []group
		for _, i := range places {
			groups = append(groups, group{Columns: []string{s.Parts[i].Column.Name}})
		}
		return in, t.Parts[place].Column, groups, nil
	}, nil
}

func blobSource(outside inputoutput.Outside, v module.Values) (source, error) {
	numbers, err := columnGroups(v.String(blobColumns))
	if err != nil {
		return nil, err
	}
	at := inputoutput.Place{Account: strings.TrimSpace(v.String(accountName)), Key: strings.TrimSpace(v.String(accountKey)), Container: strings.TrimSpace(v.String(container))}
	format := table.CSVNoHeader
	if v.String(blobFormat) == "TSV" {
		format = table.TSVNoHeader
	}
	return func(ctx context.Context, _ *table.Table) (*table.Table, *table.Column, []group, error) {
		t, err := outside.Table(ctx, at, strings.TrimSpace(v.String(blobName)), format)
		if err != nil {
			return nil, nil, nil, err
		}
		if err := module.Need(t, blobName, 1); err != nil {
			return nil, nil, nil, err
		}
		name := func(number int, parameter string) (string, error) {
			if number < 1 || number > len(t.Parts) {
				return "", module.Fail("0060", number).In(parameter)
			}
			return t.Parts[number-1].Column.Name, nil
		}
		label, err := name(int(v.Int(blobLabel)), blobLabel)
		if err != nil {
			return nil, nil, nil, err
		}
		var groups []group
		for _, list := range numbers {
			var g group
			for _, n := range list {
				one, err := name(n, blobColumns)
				if err != nil {
					return nil, nil, nil, err
				}
				g.Columns = append(g.Columns, one)
			}
			groups = append(groups, g)
		}
		return t, t.ColumnCalled(label), groups, nil
	}, nil
}

// columnGroups reads "2,3+4,6-8": each column by itself, and 3 and 4 together.
func columnGroups(text string) ([][]int, error) {
	bad := func(part string) error { return module.Fail("0059", part).In(blobColumns) }
	const most = 10_000
	var groups [][]int
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if from, to, ranged := strings.Cut(part, "-"); ranged {
			a, err := strconv.Atoi(strings.TrimSpace(from))
			b, err2 := strconv.Atoi(strings.TrimSpace(to))
			switch {
			case err != nil || err2 != nil:
				return nil, bad(part)
			case a < 1 || b < a || b-a > most:
				return nil, module.Fail("0060", part).In(blobColumns)
			}
			for n := a; n <= b; n++ {
				groups = append(groups, []int{n})
			}
			continue
		}
		var g []int
		for one := range strings.SplitSeq(part, "+") {
			n, err := strconv.Atoi(strings.TrimSpace(one))
			if err != nil {
				return nil, bad(part)
			}
			g = append(g, n)
		}
		groups = append(groups, g)
	}
	return groups, nil
}

// count fills in the counts.
func (t *transform) count(ctx context.Context, data *table.Table, label *table.Column) error {
	class, err := t.classes(label)
	if err != nil {
		return err
	}
	t.Total = make([]float64, t.Classes)
	for _, k := range class {
		if k >= 0 {
			t.Total[k]++
		}
	}
	kept := 0
	for i := range t.Groups {
		g := &t.Groups[i]
		columns, err := g.grouped(data)
		if err != nil {
			return err
		}
		found := make([]map[uint32][]float64, t.Depth)
		for f := range found {
			found[f] = map[uint32][]float64{}
		}
		var text []byte
		for r, k := range class {
			if r%1024 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			if k < 0 {
				continue
			}
			text = appendValue(text[:0], columns, r)
			for f := range found {
				key := t.hash(text, f)
				if found[f][key] == nil {
					if kept += t.Classes; kept > maxKept {
						return module.Fail("0138")
					}
					found[f][key] = make([]float64, t.Classes)
				}
				found[f][key][k]++
			}
		}
		for f := range found {
			g.Tables = append(g.Tables, ordered(found[f]))
		}
	}
	return nil
}

// ordered gives counts by key in the order of the keys.
func ordered(found map[uint32][]float64) counts {
	c := counts{Keys: slices.Sorted(maps.Keys(found))}
	for _, key := range c.Keys {
		c.Counts = append(c.Counts, found[key]...)
	}
	return c
}

// classes gives each row its class, -1 where the label is missing: 0089 for more than there are.
func (t *transform) classes(label *table.Column) ([]int, error) {
	of := make([]int, label.Len())
	tooFew := func(value string) error { return module.Fail("0089", t.Classes, value).In(classNumber) }
	if label.Type.Numeric() && !label.Categorical {
		for r := range of {
			v, ok := label.Number(r)
			switch {
			case !ok:
				of[r] = -1
			case v < 0 || v >= float64(t.Classes) || v != math.Trunc(v):
				text, _ := label.AppendCell(nil, r)
				return nil, tooFew(string(text))
			default:
				of[r] = int(v)
			}
		}
		return of, nil
	}
	x := table.NewRowIndex([]*table.Column{label}, label.Len(), false)
	type value struct {
		group int
		text  string
	}
	var values []value
	for g, first := range x.First {
		if !label.IsMissing(int(first)) {
			text, _ := label.AppendCell(nil, int(first))
			values = append(values, value{g, string(text)})
		}
	}
	slices.SortFunc(values, func(a, b value) int { return cmp.Compare(a.text, b.text) })
	if len(values) > t.Classes {
		return nil, tooFew(values[t.Classes].text)
	}
	place := slices.Repeat([]int{-1}, x.Groups())
	for k, v := range values {
		place[v.group] = k
	}
	for r, g := range x.Group {
		of[r] = place[g]
	}
	return of, nil
}
