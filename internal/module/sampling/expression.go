package sampling

import (
	"regexp"
	"strconv"
	"strings"

	"portico/internal/module"
	"portico/internal/table"
)

// maxExpression is how long an expression may be, in bytes.
const maxExpression = 4 << 10

// columnReference is the column that an expression begins with: \"name" or \0, perhaps in parentheses.
type columnReference struct {
	name  string
	index int // from 0; -1 for a name
}

// cutColumn reads the column and gives the rest of the expression.
func cutColumn(expression string) (ref columnReference, rest string, ok bool) {
	s := strings.TrimSpace(expression)
	s, parenthesis := strings.CutPrefix(s, "(")
	s, ok = strings.CutPrefix(s, `\`)
	if !ok || len(expression) > maxExpression {
		return ref, "", false
	}
	if name, quoted := strings.CutPrefix(s, `"`); quoted {
		ref.index = -1
		if ref.name, rest, ok = strings.Cut(name, `"`); !ok || ref.name == "" {
			return ref, "", false
		}
	} else {
		digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
		n, err := strconv.Atoi(s[:digits])
		if err != nil {
			return ref, "", false
		}
		ref.index, rest = n, s[digits:]
	}
	if parenthesis {
		if rest, ok = strings.CutPrefix(rest, ")"); !ok {
			return ref, "", false
		}
	}
	return ref, strings.TrimSpace(rest), true
}

// find gives the column of a table.
func (ref columnReference) find(t *table.Table) (*table.Column, error) {
	var c *table.Column
	name := ref.name
	if ref.index < 0 {
		c = t.ColumnCalled(name)
	} else {
		name = strconv.Itoa(ref.index)
		if ref.index < len(t.Parts) {
			c = t.Parts[ref.index].Column
		}
	}
	if c == nil {
		return nil, module.Fail("0001", name)
	}
	return c, nil
}

// rowsWhere sends the rows for which holds is true to the first output.
func rowsWhere(rows int, holds func(r int) bool) []uint8 {
	output := make([]uint8, rows)
	for r := range output {
		output[r] = 2
		if holds(r) {
			output[r] = 1
		}
	}
	return output
}

func chooseMatching(expression string) (chooser, error) {
	ref, pattern, ok := cutColumn(expression)
	if !ok || pattern == "" {
		return nil, module.Fail("0002", regularExpression).In(regularExpression)
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		e := module.Fail("0002", regularExpression).In(regularExpression)
		e.Err = err
		return nil, e
	}
	return func(t *table.Table) ([]uint8, error) {
		c, err := ref.find(t)
		if err != nil {
			return nil, err
		}
		if c.Type != table.String {
			return nil, module.Fail("0017", c.Type, c.Name).In(regularExpression)
		}
		return rowsWhere(t.Rows, func(r int) bool { return !c.IsMissing(r) && re.MatchString(c.Strings[r]) }), nil
	}, nil
}

// comparisons tell whether the order of a cell and the value, -1, 0 or 1, is the wanted one.
var comparisons = []struct {
	sign  string
	holds func(order int) bool
}{
	{"<=", func(o int) bool { return o <= 0 }},
	{">=", func(o int) bool { return o >= 0 }},
	{"==", func(o int) bool { return o == 0 }},
	{"!=", func(o int) bool { return o != 0 }},
	{"<>", func(o int) bool { return o != 0 }},
	{"<", func(o int) bool { return o < 0 }},
	{">", func(o int) bool { return o > 0 }},
	{"=", func(o int) bool { return o == 0 }},
}

func chooseComparing(expression string) (chooser, error) {
	bad := module.Fail("0002", relationalCondition).In(relationalCondition)
	ref, rest, ok := cutColumn(expression)
	if !ok {
		return nil, bad
	}
	for _, c := range comparisons {
		text, found := strings.CutPrefix(rest, c.sign)
		if !found {
			continue
		}
		text = strings.TrimSpace(text)
		if len(text) > 1 && text[0] == '"' && text[len(text)-1] == '"' {
			text = text[1 : len(text)-1]
		}
		if text == "" {
			return nil, bad
		}
		return func(t *table.Table) ([]uint8, error) {
			column, err := ref.find(t)
			if err != nil {
				return nil, err
			}
			return compareCells(column, text, c.holds)
		}, nil
	}
	return nil, bad
}

// compareCells chooses the rows whose cell stands in that order to the value, which is read as the column's type.
func compareCells(c *table.Column, value string, holds func(order int) bool) ([]uint8, error) {
	as := c.Type
	switch {
	case c.Type == table.String:
		return nil, module.Fail("0017", c.Type, c.Name).In(relationalCondition)
	case c.Type.Numeric():
		as = table.Double // 3.5 may be compared with whole numbers
	}
	v, err := table.ParseColumn(table.Field{Name: c.Name, Type: as}, []string{value}, nil)
	if err != nil {
		return nil, module.Fail("0002", relationalCondition, as).In(relationalCondition)
	}
	wanted, ok := v.Number(0)
	if !ok {
		return nil, module.Fail("0002", relationalCondition, as).In(relationalCondition)
	}
	return rowsWhere(c.Len(), func(r int) bool {
		cell, ok := c.Number(r)
		order := 0
		switch {
		case !ok:
			return false
		case cell < wanted:
			order = -1
		case cell > wanted:
			order = 1
		}
		return holds(order)
	}), nil
}
