package manipulation

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"portico/internal/module"
	"portico/internal/table"
)

// The parameters of Group Categorical Values; those of a level are made by levelName and levelList.
const (
	groupedColumns   = "Selected columns"
	groupOutput      = "Output mode"
	defaultLevel     = "Default level name"
	numberOfLevels   = "New number of levels"
	mostGroupLevels  = 5
	outputResultOnly = "ResultOnly"
	outputInplace    = "Inplace"
	outputAppend     = "Append"
)

func levelName(n int) string { return fmt.Sprintf("Name of new level %d", n) }
func levelList(n int) string {
	return fmt.Sprintf("Comma-separated list of old levels to map to new level %d", n)
}

// GroupCategories gives several categories a new, common name.
func GroupCategories() *module.Module {
	m := &module.Module{
		Name:     "Group Categorical Values",
		FamilyID: "2c6f5f5e9b6d4f5b8a7d6c1e3f904ab2",
		Category: category,
		Summary:  "Groups data from multiple categories into a new category.",
		Help: "Each new level stands for the old levels that you list, as they are printed. An old level on no list becomes the default level, or missing where that has no name. " +
			"The number of levels counts the default level.",
		Version: 1,
		Inputs:  dataset("Data to group"),
		Outputs: []module.Port{results("Grouped data")},
		Parameters: []module.Parameter{
			{Name: groupedColumns, Type: module.ColumnSelection, Default: "CategoricalAll", Description: "The categorical columns to group."},
			{Name: groupOutput, Type: module.Choice, Default: outputResultOnly, Choices: []string{outputResultOnly, outputInplace, outputAppend},
				Description: "Whether the new columns stand alone, in place of the old ones, or behind all columns."},
			{Name: defaultLevel, Type: module.Text, Optional: true, Description: "The level of old levels that are on no list."},
			{Name: numberOfLevels, Type: module.Choice, Default: "2", Choices: levelCounts(), Description: "How many levels there are then, with the default level."},
		},
		Errors:   []string{"0001", "0002", "0003", "0011", "0028", "0056"},
		RowByRow: true,
		Prepare:  prepareGroupCategories,
	}
	for n := 1; n < mostGroupLevels; n++ {
		applies := []module.Condition{module.When(numberOfLevels, levelCounts()[n:]...)}
		m.Parameters = append(m.Parameters,
			module.Parameter{Name: levelName(n), Type: module.Text, When: applies, Description: "The new level's name."},
			module.Parameter{Name: levelList(n), Type: module.Text, When: applies, Description: "The old levels that it stands for."})
	}
	return m
}

func levelCounts() (counts []string) {
	for n := 1; n <= mostGroupLevels; n++ {
		counts = append(counts, strconv.Itoa(n))
	}
	return counts
}

func prepareGroupCategories(v module.Values) (module.Runner, error) {
	selection, err := v.Columns(groupedColumns)
	if err != nil {
		return nil, err
	}
	levels := map[string]string{}
	for n := 1; v[levelName(n)] != ""; n++ {
		for old := range strings.SplitSeq(v[levelList(n)], ",") {
			old = strings.TrimSpace(old)
			if _, twice := levels[old]; twice {
				return nil, module.Fail("0028", old, levelList(n)).In(levelList(n))
			}
			levels[old] = strings.TrimSpace(v[levelName(n)])
		}
	}
	rest, mode := v.String(defaultLevel), v.String(groupOutput)
	return module.Unary("Dataset", func(_ context.Context, t *table.Table) (*table.Table, error) {
		t, places, err := selection.Spread(t)
		if err != nil {
			return nil, err
		}
		grouped := map[int]*table.Column{}
		columns := columnsAt(t, places)
		for i, c := range columns {
			if !c.Categorical {
				return nil, module.Fail("0056", c.Name).In(groupedColumns)
			}
			columns[i] = grouping(c, levels, rest)
			grouped[places[i]] = columns[i]
		}
		switch mode {
		case outputResultOnly:
			return table.FromColumns(t.Rows, columns...), nil
		case outputInplace:
			return t.WithColumns(grouped), nil
		}
		return beside(t, table.FromColumns(t.Rows, columns...).Parts), nil
	}), nil
}

// grouping gives the column with new levels.
func grouping(c *table.Column, levels map[string]string, rest string) *table.Column {
	f := c.Field
	f.Type = table.String
	b := table.NewColumnBuilder(f, c.Len())
	var text []byte
	for r := range c.Len() {
		level := rest
		if !c.IsMissing(r) {
			text, _ = c.AppendCell(text[:0], r)
			if mapped, ok := levels[string(text)]; ok {
				level = mapped
			}
		}
		if level == "" || c.IsMissing(r) {
			b.AppendMissing()
		} else if err := b.Append([]byte(level)); err != nil {
			panic(err) // a String column takes every text
		}
	}
	return b.Column()
}
