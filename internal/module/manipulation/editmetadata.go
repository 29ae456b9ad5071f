package manipulation

import (
	"context"
	"strings"

	"portico/internal/module"
	"portico/internal/table"
)

// The parameters of Edit Metadata and their choices.
const (
	editedColumns   = "Column"
	newDataType     = "Data type"
	newCategorical  = "Categorical"
	newField        = "Fields"
	newColumnNames  = "New column names"
	unchanged       = "Unchanged"
	categorical     = "Categorical"
	nonCategorical  = "NonCategorical"
	setFeatures     = "Features"
	setLabels       = "Labels"
	clearFeatures   = "ClearFeatures"
	clearLabels     = "ClearLabels"
	clearScores     = "ClearScores"
	maxColumnsNamed = 100_000
)

// EditMetadata changes what columns are called, their types and what they are for.
func EditMetadata() *module.Module {
	return &module.Module{
		Name:     "Edit Metadata",
		Aliases:  []string{"Metadata Editor"},
		FamilyID: "370b6676c11c486fbf7335349f842a66",
		Category: category,
		Summary:  "Edits metadata associated with columns in a dataset.",
		Help: "A new type converts the cells: a text must be one of that type, a number becomes an Integer (Int32, or Int64 where it is one already) only if it is whole. " +
			"A dataset has one label: making a column the label takes that away from another one. New names are listed in the order of the selected columns, with commas.",
		Version: 1,
		Inputs:  dataset("Input dataset"),
		Outputs: []module.Port{results("Dataset with changed metadata")},
		Parameters: []module.Parameter{
			{Name: editedColumns, Type: module.ColumnSelection, Description: "The columns to change."},
			{Name: newDataType, Aliases: []string{"Data Type"}, Type: module.Choice, Default: unchanged,
				Choices: []string{unchanged, "String", "Integer", "Double", "Boolean", "DateTime", "TimeSpan"}, Description: "The new type of the columns."},
			{Name: newCategorical, Type: module.Choice, Default: unchanged, Choices: []string{unchanged, categorical, nonCategorical},
				Description: "Whether the columns hold categories."},
			{Name: newField, Type: module.Choice, Default: unchanged, Choices: []string{unchanged, setFeatures, setLabels, clearFeatures, clearLabels, clearScores},
				Description: "What the columns are for learners."},
			{Name: newColumnNames, Aliases: []string{"New Column Name"}, Type: module.Text, Optional: true, Description: "The new names, separated by commas."},
		},
		Errors:   []string{"0001", "0003", "0011", "0017", "0020", "0027", "0028", "0031", "0037", "0042", "0138"},
		RowByRow: true,
		Prepare:  prepareEditMetadata,
	}
}

// metadata is what Edit Metadata changes.
type metadata struct {
	columns                      module.Selection
	dataType, categorical, field string
	names                        []string
}

func prepareEditMetadata(v module.Values) (module.Runner, error) {
	columns, err := v.Columns(editedColumns)
	if err != nil {
		return nil, err
	}
	m := metadata{columns: columns, dataType: v.String(newDataType), categorical: v.String(newCategorical), field: v.String(newField)}
	if text := v.String(newColumnNames); strings.TrimSpace(text) != "" {
		seen := map[string]bool{}
		for name := range strings.SplitSeq(text, ",") {
			name = strings.TrimSpace(name)
			switch {
			case name == "" || len(m.names) == maxColumnsNamed:
				return nil, module.Fail("0002", newColumnNames).In(newColumnNames)
			case seen[name]:
				return nil, module.Fail("0028", name, newColumnNames).In(newColumnNames)
			}
			seen[name] = true
			m.names = append(m.names, name)
		}
	}
	return module.Unary("Dataset", m.apply), nil
}

func (m *metadata) apply(_ context.Context, t *table.Table) (*table.Table, error) {
	t, places, err := m.columns.Spread(t)
	if err != nil {
		return nil, err
	}
	switch {
	case m.names != nil && len(m.names) != len(places):
		return nil, module.Fail("0027", newColumnNames, editedColumns).In(newColumnNames)
	case m.field == setLabels && len(places) > 1:
		return nil, module.Fail("0037").In(newField)
	}
	changed := map[int]*table.Column{}
	if m.field == setLabels {
		unlabel(t, changed)
	}
	for i, place := range places {
		c := t.Parts[place].Column
		f := m.describe(c.Field)
		if m.names != nil {
			f.Name = m.names[i]
		}
		converted, row := c.As(f)
		if row >= 0 {
			return nil, module.Fail("0042", c.Type, f.Type, c.Name).In(newDataType)
		}
		changed[place] = converted
	}
	out := t.WithColumns(changed)
	return out, m.distinct(out)
}

// describe gives a column's new description, its name aside.
func (m *metadata) describe(f table.Field) table.Field {
	switch m.dataType {
	case unchanged:
	case "Integer":
		if f.Type != table.Int64 {
			f.Type = table.Int32
		}
	default:
		f.Type, _ = table.ParseType(m.dataType) // the choices are types
	}
	switch m.categorical {
	case categorical:
		f.Categorical = true
	case nonCategorical:
		f.Categorical = false
	}
	switch {
	case m.field == setFeatures:
		f.Role = table.Feature
	case m.field == setLabels:
		f.Role = table.Label
	case m.field == clearFeatures && f.Role == table.Feature,
		m.field == clearLabels && f.Role == table.Label,
		m.field == clearScores && f.Role == table.Score:
		f.Role = table.NoRole
	}
	return f
}

// unlabel makes columns that are labels features, as they were before.
func unlabel(t *table.Table, changed map[int]*table.Column) {
	for i, p := range t.Parts {
		if p.Column != nil && p.Column.Role == table.Label {
			c := *p.Column
			c.Role = table.Feature
			changed[i] = &c
		}
	}
}

// distinct returns 0028 where a new name is that of another column.
func (m *metadata) distinct(t *table.Table) error {
	if m.names == nil {
		return nil
	}
	given := map[string]bool{}
	for _, name := range m.names {
		given[name] = true
	}
	seen := map[string]bool{}
	for _, p := range t.Parts {
		for i := range p.Width() {
			name := ""
			if p.Column != nil {
				name = p.Column.Name
			} else {
				name = p.Sparse.Name(i)
			}
			if given[name] && seen[name] {
				return module.Fail("0028", name, "Dataset").In(newColumnNames)
			}
			seen[name] = true
		}
	}
	return nil
}
