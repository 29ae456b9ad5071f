package counts

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"portico/internal/module"
	"portico/internal/table"
)

const (
	metadataPort = "Count metadata"
	countsPort   = "Count table"
	countedPort  = "Counted data set"
	countingType = "Counting type"

	metadataColumn = "Metadata"
	groupColumn    = "Group"
	functionColumn = "Function"
	hashColumn     = "Hash"
)

// Export gives a counting transform as two tables.
func Export() *module.Module {
	return &module.Module{
		Name:     "Export Count Table",
		FamilyID: "2b0f9d5a7c3e4168a5d4e3c2b1a09f8e",
		Category: category,
		Summary:  "Exports the count table from a saved transformation for use with new data.",
		Help:     "The metadata is one text that Import Count Table reads. The count table has a row for each hash of a value: the number of the counted column and that of the hash function, both from 0, the hash, and how often each class came with it.",
		Version:  1,
		Inputs:   []module.Port{{Name: countingPort, Type: module.Transform, Description: countingPortDoc}},
		Outputs: []module.Port{
			{Name: "Dracula count metadata", Type: module.Data, Description: "The metadata of the counts"},
			{Name: "Dracula count table", Type: module.Data, Description: "The count table"},
		},
		Errors: []string{"0003", "0086"},
		Prepare: func(module.Values) (module.Runner, error) {
			return func(_ context.Context, in []*table.Table) ([]*table.Table, error) {
				t, err := read(in[0], countingPort)
				if err != nil {
					return nil, err
				}
				return t.tables()
			}, nil
		},
	}
}

// tables gives the metadata and the counts.
func (t *transform) tables() ([]*table.Table, error) {
	var groups, functions, hashes []int64
	classes := make([][]float64, t.Classes)
	for i := range t.Groups {
		for f := range t.Groups[i].Tables {
			c := &t.Groups[i].Tables[f]
			for _, key := range c.Keys {
				groups, functions, hashes = append(groups, int64(i)), append(functions, int64(f)), append(hashes, int64(key))
				for k, n := range c.find(key, t.Classes) {
					classes[k] = append(classes[k], n)
				}
			}
		}
	}
	bare := *t
	bare.Groups = slices.Clone(t.Groups)
	for i := range bare.Groups {
		bare.Groups[i].Tables = nil
	}
	text, err := json.Marshal(bare)
	if err != nil {
		return nil, fmt.Errorf("metadata of counts: %w", err)
	}
	columns := []*table.Column{table.FromInts(groupColumn, table.Int32, groups), table.FromInts(functionColumn, table.Int32, functions), table.FromInts(hashColumn, table.Int64, hashes)}
	for k, n := range classes {
		columns = append(columns, table.FromDoubles(className(k), n))
	}
	return []*table.Table{table.FromColumns(1, table.FromStrings(metadataColumn, []string{string(text)})), table.FromColumns(len(hashes), columns...)}, nil
}

func className(k int) string { return fmt.Sprintf("Class%03d", k) }

// Import makes a counting transform of the tables that Export Count Table gives.
func Import() *module.Module {
	return &module.Module{
		Name:     "Import Count Table",
		FamilyID: "c4a1d8e96b0f4f7e8d2b5a3c9e7f1064",
		Category: category,
		Summary:  "Imports a previously created table of counts.",
		Help:     "The tables are those of Export Count Table. Where the dataset that was counted is connected, it must have the columns that the counts are of.",
		Version:  1,
		Inputs: []module.Port{
			{Name: metadataPort, Type: module.Data, Description: "The metadata of the counts"},
			{Name: countsPort, Type: module.Data, Description: "The count table"},
			{Name: countedPort, Type: module.Data, Optional: true, Description: "The data set used for counting"},
		},
		Outputs: []module.Port{{Name: countingPort, Type: module.Transform, Description: countingPortDoc}},
		Parameters: []module.Parameter{
			{Name: countingType, Type: module.Choice, Default: fromDataset, Choices: []string{fromDataset, fromBlob, "MapReduce"}, Description: "Where the data was that was counted; the tables are read in the same way."},
		},
		Errors: []string{"0003", "0018"},
		Prepare: func(module.Values) (module.Runner, error) {
			return func(_ context.Context, in []*table.Table) ([]*table.Table, error) {
				t, err := fromTables(in[0], in[1])
				if err != nil {
					return nil, err
				}
				if in[2] != nil {
					for i := range t.Groups {
						if _, err := t.Groups[i].grouped(in[2]); err != nil {
							return nil, module.Fail("0018", countedPort, countsPort)
						}
					}
				}
				return define(t)
			}, nil
		},
	}
}

// fromTables reads what tables has written: 0018 for anything else.
func fromTables(metadata, rows *table.Table) (*transform, error) {
	if err := module.Need(metadata, metadataPort, 0); err != nil {
		return nil, err
	}
	if err := module.Need(rows, countsPort, 0); err != nil {
		return nil, err
	}
	var t transform
	text := metadata.ColumnCalled(metadataColumn)
	if text == nil || text.Type != table.String || metadata.Rows != 1 || json.Unmarshal([]byte(text.Strings[0]), &t) != nil ||
		t.Depth < 1 || t.Depth > maxDepth || t.Classes < 1 || t.Classes > maxClasses {
		return nil, module.Fail("0018", metadataPort)
	}
	find := func(name string) []float64 {
		c := rows.ColumnCalled(name)
		if c == nil || !c.Type.Numeric() {
			return nil
		}
		return c.Numbers()
	}
	groups, functions, hashes := find(groupColumn), find(functionColumn), find(hashColumn)
	classes := make([][]float64, t.Classes)
	whole := groups != nil && functions != nil && hashes != nil
	for k := range classes {
		classes[k] = find(className(k))
		whole = whole && classes[k] != nil
	}
	if !whole {
		return nil, module.Fail("0018", countsPort)
	}
	found := make([][]map[uint32][]float64, len(t.Groups))
	for i := range found {
		for range t.Depth {
			found[i] = append(found[i], map[uint32][]float64{})
		}
	}
	for r := range rows.Rows {
		i, f, key := groups[r], functions[r], hashes[r]
		if !(i >= 0 && i < float64(len(found)) && f >= 0 && f < float64(t.Depth) && key >= 0 && key < 1<<31) {
			return nil, module.Fail("0018", countsPort)
		}
		n := make([]float64, t.Classes)
		for k := range n {
			if n[k] = classes[k][r]; !(n[k] >= 0) {
				return nil, module.Fail("0018", countsPort)
			}
		}
		found[int(i)][int(f)][uint32(key)] = n
	}
	for i := range t.Groups {
		t.Groups[i].Tables = nil
		for _, f := range found[i] {
			t.Groups[i].Tables = append(t.Groups[i].Tables, ordered(f))
		}
	}
	if err := t.check(); err != nil {
		e := module.Fail("0018", metadataPort)
		e.Err = err
		return nil, e
	}
	return &t, nil
}
