package catalogue_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"portico/internal/module"
	"portico/internal/module/catalogue"
	"portico/internal/module/inputoutput"
	"portico/internal/module/inputoutput/inputoutputtest"
	"portico/internal/module/moduletest"
	"portico/internal/table"
)

// hostile are tables that a module must take or refuse with a documented error.
func hostile() map[string]*table.Table {
	label := func(c *table.Column) *table.Column { c.Role = table.Label; return c }
	missing := func(t table.Type) *table.Column {
		c := &table.Column{Field: table.Field{Name: fmt.Sprint("none of ", t), Type: t}, Strings: make([]string, 3), Doubles: make([]float64, 3), Ints: make([]int64, 3), Missing: []bool{true, true, true}}
		switch t {
		case table.String:
			c.Doubles, c.Ints = nil, nil
		case table.Double:
			c.Strings, c.Ints = nil, nil
		default:
			c.Strings, c.Doubles = nil, nil
		}
		return c
	}
	extremes := []float64{math.Inf(1), math.Inf(-1), math.NaN(), math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, 0}
	var wide []*table.Column
	for i := range 10_000 {
		wide = append(wide, table.FromDoubles(fmt.Sprint("c", i), []float64{float64(i % 7), 1}))
	}
	categories := table.FromStrings("kind", []string{"x", "y", "x"})
	categories.Categorical = true
	block := table.NumberedBlock(table.Double, "f", "", table.Span{To: 50})
	block.Start, block.Index, block.Values = []int{0, 2, 2, 3}, []uint32{1, 49, 0}, []float64{1, math.Inf(1), -2}
	return map[string]*table.Table{
		"no columns":    table.New(0),
		"no rows":       table.FromColumns(0, table.FromDoubles("a", nil), table.FromStrings("s", nil)),
		"one row":       table.FromColumns(1, table.FromDoubles("a", []float64{1}), table.FromStrings("s", []string{"x"})),
		"constant":      table.FromColumns(3, table.FromDoubles("a", []float64{4, 4, 4}), label(table.FromStrings("s", []string{"x", "x", "x"}))),
		"all missing":   table.FromColumns(3, missing(table.Double), missing(table.Int32), missing(table.String), missing(table.Boolean), missing(table.DateTime), missing(table.TimeSpan)),
		"extremes":      table.FromColumns(len(extremes), table.FromDoubles("a", slices.Clone(extremes)), table.FromInts("i", table.Int64, []int64{math.MaxInt64, math.MinInt64, 0, 1, 2, 3, 4}), label(table.FromInts("y", table.Boolean, []int64{0, 1, 0, 1, 0, 1, 0}))),
		"10,000 wide":   table.FromColumns(2, wide...),
		"texts":         table.FromColumns(2, table.FromStrings("a", []string{"", "\x00\n\"'|||"}), table.FromStrings("b", []string{"ü", "🙂 x"})),
		"categories":    table.FromColumns(3, categories, table.FromDoubles("n", []float64{1, 2, 3})),
		"sparse":        table.New(3, table.Part{Sparse: block}, table.Part{Column: label(table.FromStrings("s", []string{"p", "q", "p"}))}),
		"equal names":   table.FromColumns(2, table.FromDoubles("a", []float64{1, 2}), table.FromDoubles("a", []float64{3, 4})),
		"a quoted name": table.FromColumns(1, table.FromDoubles("a\"; drop table t1; --", []float64{1})),
	}
}

// settings gives settings of a module: the defaults, and each choice of each
// parameter by itself; with every selection being all columns, and with each being one column, from the left and from the right.
func settings(m *module.Module) [][]moduletest.Parameters {
	var all [][]moduletest.Parameters
	for _, selections := range [][]string{{"All"}, {index(1), index(2)}, {index(2), index(1)}} {
		base := moduletest.Parameters{}
		selected := 0
		for _, p := range m.Parameters {
			switch {
			case p.Type == module.ColumnSelection:
				base[p.Name] = selections[selected%len(selections)]
				selected++
			case (p.Type == module.Text || p.Type == module.Secret) && p.Default == "" && !p.Optional:
				base[p.Name] = "1,2"
			case p.Type == module.Integer && p.Default == "" && !p.Optional:
				base[p.Name] = "1"
			}
		}
		all = append(all, varied(m, base))
		if selected == 0 {
			break
		}
	}
	return all
}

// index selects one column by its number.
func index(n int) string {
	return fmt.Sprintf(`{"isFilter":true,"rules":[{"ruleType":"ColumnIndexes","columns":["%d"]}]}`, n)
}

// varied gives settings, and each choice of each parameter by itself.
func varied(m *module.Module, base moduletest.Parameters) []moduletest.Parameters {
	all := []moduletest.Parameters{base}
	with := func(name, value string) {
		p := maps.Clone(base)
		p[name] = value
		all = append(all, p)
	}
	for _, p := range m.Parameters {
		for _, c := range p.Choices {
			with(p.Name, c)
		}
		switch p.Type {
		case module.Bool:
			with(p.Name, "True")
			with(p.Name, "False")
		case module.ColumnSelection:
			with(p.Name, "NumericAll")
			with(p.Name, "StringAll")
		}
	}
	return all
}

// No table harms a module: it gives tables, or a documented error that its declaration lists.
func TestHostileTables(t *testing.T) {
	tables := hostile()
	for _, m := range catalogue.New(inputoutput.Outside{Blobs: inputoutputtest.Blobs{}}, nil).All() {
		if m.Prepare == nil || strings.HasSuffix(m.Category, "Language Modules") { // those are run where the interpreters are
			continue
		}
		for _, list := range settings(m) {
			for i, given := range list {
				for name, in := range tables {
					if name == "10,000 wide" && i > 0 {
						continue // once takes long enough
					}
					inputs := make([]*table.Table, len(m.Inputs))
					for k := range inputs {
						inputs[k] = in
					}
					refusesOrGives(t, m, given, name, inputs)
				}
			}
		}
	}
}

// What a module found in one table harms no other: a column that vanished, that
// is of another type or has no values is refused, or passed over.
func TestHostileTransforms(t *testing.T) {
	tables := hostile()
	modules := catalogue.New(inputoutput.Outside{}, nil)
	apply, _ := modules.Find("Apply Transformation")
	filter, _ := modules.Find("Apply Filter")
	for _, m := range modules.All() {
		for port, out := range m.Outputs {
			if out.Type != module.Transform && out.Type != module.Filter {
				continue
			}
			user := apply
			if out.Type == module.Filter {
				user = filter
			}
			for _, list := range settings(m) {
				for from, in := range tables {
					if from == "10,000 wide" {
						continue
					}
					inputs := make([]*table.Table, len(m.Inputs))
					for k := range inputs {
						inputs[k] = in
					}
					made, err := moduletest.Run(t, m, list[0], inputs...)
					if err != nil {
						continue
					}
					for name, other := range tables {
						refusesOrGives(t, user, nil, m.Name+" of "+from+" on "+name, []*table.Table{made[port], other})
					}
				}
			}
		}
	}
}

func refusesOrGives(t *testing.T, m *module.Module, given moduletest.Parameters, name string, inputs []*table.Table) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("%s %v with %s: panic: %v\n%s", m.Name, given, name, p, debug.Stack())
		}
	}()
	out, err := moduletest.Run(t, m, given, inputs...)
	var documented *module.Error
	switch {
	case err == nil:
		for _, o := range out {
			if o == nil {
				t.Errorf("%s %v with %s: an output is nil", m.Name, given, name)
			}
			moduletest.Encoded(t, o)
		}
	case !errors.As(err, &documented):
		t.Errorf("%s %v with %s: %v is no documented error", m.Name, given, name, err)
	case !slices.Contains(m.Errors, documented.Code):
		t.Errorf("%s %v with %s: error %s is not in its declaration", m.Name, given, name, documented.Code)
	}
}
