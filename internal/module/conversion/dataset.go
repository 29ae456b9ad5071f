package conversion

import (
	"context"

	"portico/internal/module"
	"portico/internal/table"
)

const (
	action        = "Action"
	missingValue  = "Custom missing value"
	replaceMethod = "Replace"
	customValue   = "Custom value"
	newValue      = "New value"

	actionNone    = "None"
	setMissing    = "SetMissingValues"
	replaceValues = "ReplaceValues"
	ofMissing     = "Missing"
	ofCustom      = "Custom"
)

// ToDataset gives the data as it is, perhaps with a value made missing or replaced.
func ToDataset() *module.Module {
	replacing := module.When(action, replaceValues)
	return &module.Module{
		Name:     "Convert to Dataset",
		FamilyID: "72bf58e0fc874bb19704f1805003b975",
		Category: category,
		Summary:  "Converts data input to the internal Dataset format used by Microsoft Machine Learning.",
		Help: "SetMissingValues makes the cells that print as the given value missing. ReplaceValues puts a new value in place of missing cells, or of those that print as the given value, " +
			"in every column of whose type the new value is.",
		Version: 1,
		Inputs:  []module.Port{{Name: "Dataset", Type: module.Data, Description: "Input dataset"}},
		Outputs: []module.Port{{Name: "Results dataset", Type: module.Data, Description: "Output dataset"}},
		Parameters: []module.Parameter{
			{Name: action, Type: module.Choice, Default: actionNone, Choices: []string{actionNone, setMissing, replaceValues}, Description: "What to do to the values."},
			{Name: missingValue, Type: module.Text, Default: "?", When: []module.Condition{module.When(action, setMissing)}, Description: "The value that stands for a missing one."},
			{Name: replaceMethod, Type: module.Choice, Default: ofMissing, Choices: []string{ofMissing, ofCustom}, When: []module.Condition{replacing}, Description: "Which values to replace."},
			{Name: customValue, Type: module.Text, Default: "obs", When: []module.Condition{replacing, module.When(replaceMethod, ofCustom)}, Description: "The value to replace."},
			{Name: newValue, Type: module.Text, Default: "0", When: []module.Condition{replacing}, Description: "What takes its place."},
		},
		Errors:   []string{"0002", "0003", "0138"},
		RowByRow: true,
		Prepare: func(v module.Values) (module.Runner, error) {
			change := cellChange{old: v[missingValue] + v[customValue], missing: v.String(replaceMethod) == ofMissing, replace: v.String(action) == replaceValues, new: v[newValue]}
			return module.Unary("Dataset", func(_ context.Context, t *table.Table) (*table.Table, error) {
				if v.String(action) == actionNone {
					return t, nil
				}
				t, places, err := module.AllColumns("Dataset").Spread(t)
				if err != nil {
					return nil, err
				}
				changed := map[int]*table.Column{}
				for _, i := range places {
					changed[i] = change.column(t.Parts[i].Column)
				}
				return t.WithColumns(changed), nil
			}), nil
		},
	}
}

// cellChange is which cells change, and into what.
type cellChange struct {
	old     string
	missing bool // missing cells in place of those that print as old
	replace bool // by new; else they become missing
	new     string
}

// column changes a column, or gives it back where the new value is not of its type.
func (ch cellChange) column(c *table.Column) *table.Column {
	b := table.NewColumnBuilder(c.Field, c.Len())
	var text []byte
	for r := range c.Len() {
		missing := c.IsMissing(r)
		text, _ = c.AppendCell(text[:0], r)
		hit := !missing && !ch.missing && string(text) == ch.old || missing && ch.missing && ch.replace
		switch {
		case hit && ch.replace:
			if b.Append([]byte(ch.new)) != nil {
				return c
			}
		case hit:
			b.AppendMissing()
		default:
			b.AppendFrom(c, r)
		}
	}
	return b.Column()
}
