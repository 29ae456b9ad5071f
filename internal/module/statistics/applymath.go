package statistics

import (
	"context"
	"slices"

	"portico/internal/module"
	"portico/internal/table"
)

const (
	functionCategory = "Category"
	mathColumns      = "Column set"
	argumentConstant = "Constant"
	argumentColumns  = "ColumnSet"
	mathOutput       = "Output mode"
	outputAppend     = "Append"
	outputInplace    = "Inplace"
	outputResultOnly = "ResultOnly"
)

// ApplyMath computes a function of every value of the selected columns.
func ApplyMath() *module.Module {
	categories := mathCategories()
	m := &module.Module{
		Name:     "Apply Math Operation",
		FamilyID: "6bd12c13d9c3452294d34aa44513af57",
		Category: category,
		Summary:  "Applies a mathematical operation to column values.",
		Help: "The second argument of a function that has one is a number or the value of another column: one column for all, or one for each selected column in order. " +
			"New columns are called {function}({column}), {function}({column}_${number}) or {function}({column}_{other column}). What is not defined is missing.",
		Version:  1,
		Inputs:   dataset(),
		Outputs:  results("Results dataset"),
		Errors:   []string{"0001", "0002", "0003", "0011", "0017", "0027", "0138"},
		RowByRow: true,
		Prepare:  func(v module.Values) (module.Runner, error) { return prepareMath(categories, v) },
	}
	var names []string
	for _, c := range categories {
		names = append(names, c.name)
	}
	m.Parameters = append(m.Parameters, module.Parameter{Name: functionCategory, Type: module.Choice, Default: "Basic", Choices: names, Description: "The kind of function."})
	for _, c := range categories {
		m.Parameters = append(m.Parameters, c.parameters()...)
	}
	m.Parameters = append(m.Parameters,
		module.Parameter{Name: mathColumns, Type: module.ColumnSelection, Default: "NumericAll", Description: "The columns of numbers or Booleans whose values the function is applied to."},
		module.Parameter{Name: mathOutput, Type: module.Choice, Default: outputAppend, Choices: []string{outputAppend, outputInplace, outputResultOnly},
			Description: "Whether the new columns come behind all others, in place of the selected ones, or alone."})
	return m
}

// The names of a category's parameters for the second argument: categories share words, and parameters have names of their own.
func (c *mathCategory) typeName() string     { return c.argument + " type (" + c.name + ")" }
func (c *mathCategory) constantName() string { return c.argument + " (" + c.name + ")" }
func (c *mathCategory) columnsName() string  { return c.argument + " columns (" + c.name + ")" }

// parameters declares the function and, where some functions have one, the second argument.
func (c *mathCategory) parameters() []module.Parameter {
	chosen := module.When(functionCategory, c.name)
	var names, ofTwo []string
	for _, f := range c.functions {
		names = append(names, f.name)
		if f.one == nil {
			ofTwo = append(ofTwo, f.name)
		}
	}
	list := []module.Parameter{{Name: c.parameter, Type: module.Choice, Default: names[0], Choices: names, When: []module.Condition{chosen}, Description: "The function."}}
	if ofTwo == nil {
		return list
	}
	second := []module.Condition{chosen, module.When(c.parameter, ofTwo...)}
	return append(list,
		module.Parameter{Name: c.typeName(), Type: module.Choice, Default: argumentConstant, Choices: []string{argumentConstant, argumentColumns}, When: second,
			Description: "Whether the second argument is a number or in columns."},
		module.Parameter{Name: c.constantName(), Type: module.Float, Default: c.preset, When: append(slices.Clone(second), module.When(c.typeName(), argumentConstant)),
			Description: "The second argument."},
		module.Parameter{Name: c.columnsName(), Type: module.ColumnSelection, Default: "NumericAll", When: append(slices.Clone(second), module.When(c.typeName(), argumentColumns)),
			Description: "The columns that hold the second argument."})
}

// operation is a prepared Apply Math Operation.
type operation struct {
	function
	columns  module.Selection
	second   *module.Selection // the columns of the second argument, or nil
	constant float64
	text     string // the constant as the user sees it
	names    [2]string
	output   string
}

func prepareMath(categories []mathCategory, v module.Values) (module.Runner, error) {
	c := categories[slices.IndexFunc(categories, func(c mathCategory) bool { return c.name == v.String(functionCategory) })]
	o := &operation{output: v.String(mathOutput), constant: v.Float(c.constantName()), text: v.String(c.constantName()), names: [2]string{mathColumns, c.columnsName()}}
	o.function = c.functions[slices.IndexFunc(c.functions, func(f function) bool { return f.name == v.String(c.parameter) })]
	var err error
	if o.columns, err = v.Columns(mathColumns); err != nil {
		return nil, err
	}
	if v.String(c.typeName()) == argumentColumns {
		second, err := v.Columns(c.columnsName())
		if err != nil {
			return nil, err
		}
		o.second = &second
	}
	return module.Unary("Dataset", o.apply), nil
}

func (o *operation) apply(_ context.Context, t *table.Table) (*table.Table, error) {
	arguments, err := o.arguments(t)
	if err != nil {
		return nil, err
	}
	t, places, err := o.columns.Spread(t)
	if err != nil {
		return nil, err
	}
	pairs := max(len(places), len(arguments))
	if len(arguments) > 1 && len(places) != len(arguments) && (len(places) > 1 || o.output == outputInplace) {
		return nil, module.Fail("0027", o.names[0], o.names[1]).In(o.names[1])
	}
	made := make([]*table.Column, pairs)
	at := make([]int, pairs)
	for i := range pairs {
		place := places[i%len(places)]
		at[i] = place
		c := t.Parts[place].Column
		if !c.Type.Numeric() && c.Type != table.Boolean {
			return nil, o.columns.Unsupported(c)
		}
		var second *table.Column
		if len(arguments) > 0 {
			second = arguments[i%len(arguments)]
		}
		made[i] = o.column(c, second)
	}
	return arranged(t, at, made, o.output), nil
}

// arguments gives the columns of the second argument, or none.
func (o *operation) arguments(t *table.Table) ([]*table.Column, error) {
	if o.second == nil {
		return nil, nil
	}
	t, places, err := o.second.Spread(t)
	if err != nil {
		return nil, err
	}
	columns := make([]*table.Column, len(places))
	for i, place := range places {
		columns[i] = t.Parts[place].Column
		if c := columns[i]; !c.Type.Numeric() && c.Type != table.Boolean {
			return nil, o.second.Unsupported(c)
		}
	}
	return columns, nil
}

// column computes the function for every cell.
func (o *operation) column(c, second *table.Column) *table.Column {
	name := o.name + "(" + c.Name + ")"
	if o.one == nil {
		name = o.name + "(" + c.Name + "_$" + o.text + ")"
	}
	y := func(int) (float64, bool) { return o.constant, true }
	if second != nil {
		name = o.name + "(" + c.Name + "_" + second.Name + ")"
		y = second.Number
	}
	if o.truth != nil {
		return o.truths(name, c, y)
	}
	values := c.Numbers()
	values = slices.Clone(values)
	for r, x := range values {
		switch {
		case x != x:
		case o.one != nil:
			values[r] = o.one(x)
		default:
			w, _ := y(r) // NaN where it is missing
			values[r] = o.two(x, w)
			if w != w {
				values[r] = w
			}
		}
	}
	return table.FromNumbers(name, values)
}

func (o *operation) truths(name string, c *table.Column, y func(int) (float64, bool)) *table.Column {
	cells, missing := make([]int64, c.Len()), make([]bool, c.Len())
	any := false
	for r := range cells {
		x, ok := c.Number(r)
		w, ok2 := y(r)
		switch {
		case !ok || !ok2:
			missing[r], any = true, true
		case o.truth(x, w):
			cells[r] = 1
		}
	}
	out := table.FromInts(name, table.Boolean, cells)
	if any {
		out.Missing = missing
	}
	return out
}
