package manipulation

import (
	"context"
	"slices"

	"portico/internal/module"
	"portico/internal/table"
)

const (
	leftKeys      = "Join key columns for L"
	rightKeys     = "Join key columns for R"
	matchCase     = "Match case"
	joinType      = "Join type"
	keepRightKeys = "Keep right key columns in joined table"

	innerJoin = "Inner Join"
	leftOuter = "Left Outer Join"
	fullOuter = "Full Outer Join"
	leftSemi  = "Left Semi-Join"

	// maxJoinRows is how many rows a join may give: keys that come often on both sides multiply.
	maxJoinRows = 1 << 27
)

// JoinData joins two datasets on equal keys.
func JoinData() *module.Module {
	return &module.Module{
		Name:     "Join Data",
		Aliases:  []string{"Join"},
		FamilyID: "124865f7e9014656adacf4cb08248099",
		Category: category,
		Summary:  "Joins two datasets.",
		Help: "Rows come in the order of the first dataset, and for one of its rows in the order of the second; a full outer join then has the second dataset's rows without a partner. " +
			"A missing key matches nothing. A column of the second dataset whose name is taken gets a number after its name, such as \"Col1 (2)\". A semi-join keeps the rows of the first dataset that have a partner.",
		Version: 1,
		Inputs: []module.Port{
			{Name: "Dataset1", Type: module.Data, Description: "First dataset to join"},
			{Name: "Dataset2", Type: module.Data, Description: "Second dataset to join"},
		},
		Outputs: []module.Port{results("Result of join operation")},
		Parameters: []module.Parameter{
			{Name: leftKeys, Aliases: []string{"Comma-separated case-sensitive names of join key columns for L"}, Type: module.ColumnSelection,
				Description: "The key columns of the first dataset."},
			{Name: rightKeys, Aliases: []string{"Comma-separated case-sensitive names of join key columns for R"}, Type: module.ColumnSelection,
				Description: "The key columns of the second dataset, in the same order."},
			{Name: matchCase, Type: module.Bool, Default: "True", Description: "Whether case counts in keys that are texts."},
			{Name: joinType, Type: module.Choice, Default: innerJoin, Choices: []string{innerJoin, leftOuter, fullOuter, leftSemi}, Description: "Which rows without a partner are kept."},
			{Name: keepRightKeys, Type: module.Bool, Default: "True", When: []module.Condition{module.When(joinType, innerJoin, leftOuter, fullOuter)},
				Description: "Whether the second dataset's key columns are kept."},
		},
		Errors:  []string{"0001", "0003", "0006", "0011", "0016", "0017", "0020", "0027", "0028", "0138"},
		Prepare: prepareJoin,
	}
}

// join is a prepared Join Data.
type join struct {
	left, right    module.Selection
	fold, keepKeys bool
	kind           string
}

func prepareJoin(v module.Values) (module.Runner, error) {
	j := &join{fold: !v.Bool(matchCase), keepKeys: v.Bool(keepRightKeys), kind: v.String(joinType)}
	var err error
	if j.left, err = v.Columns(leftKeys); err != nil {
		return nil, err
	}
	if j.right, err = v.Columns(rightKeys); err != nil {
		return nil, err
	}
	return j.run, nil
}

func (j *join) run(ctx context.Context, in []*table.Table) ([]*table.Table, error) {
	for i, port := range []string{"Dataset1", "Dataset2"} {
		if err := module.Need(in[i], port, 0); err != nil {
			return nil, err
		}
	}
	left, leftPlaces, err := j.left.Spread(in[0])
	if err != nil {
		return nil, err
	}
	right, rightPlaces, err := j.right.Spread(in[1])
	if err != nil {
		return nil, err
	}
	a, b := columnsAt(left, leftPlaces), columnsAt(right, rightPlaces)
	if len(a) != len(b) {
		return nil, module.Fail("0027", leftKeys, rightKeys)
	}
	for i := range a {
		if a[i].Type != b[i].Type && !(a[i].Type.Numeric() && b[i].Type.Numeric()) {
			return nil, module.Fail("0016", a[i].Name, b[i].Name)
		}
	}
	leftRows, rightRows, err := j.pairs(ctx, a, b, left.Rows, right.Rows)
	if err != nil {
		return nil, err
	}
	if j.kind == leftSemi {
		return one(in[0].Take(leftRows)), nil
	}
	if !j.keepKeys {
		right = without(right, rightPlaces)
	}
	return one(beside(left.Take(leftRows), right.Take(rightRows).Parts)), nil
}

// pairs gives the rows of the result: the left and the right row of each, -1 for none.
func (j *join) pairs(ctx context.Context, a, b []*table.Column, leftTotal, rightTotal int) (left, right []int, err error) {
	x := table.NewRowIndex(b, rightTotal, j.fold)
	members, start := x.Members()
	partners := make([]int, leftTotal) // the group of each left row, or -1
	total := 0
	for r := range partners {
		if r%(1<<16) == 0 && ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		partners[r] = -1
		if !anyMissing(a, r) {
			partners[r] = x.Find(a, r)
		}
		if g := partners[r]; g >= 0 && j.kind != leftSemi {
			total += start[g+1] - start[g]
		} else {
			total++
		}
	}
	if total > maxJoinRows {
		return nil, nil, module.Fail("0138")
	}
	left, right = make([]int, 0, total), make([]int, 0, total)
	matched := make([]bool, x.Groups())
	for r, g := range partners {
		switch {
		case j.kind == leftSemi:
			if g >= 0 {
				left = append(left, r)
			}
		case g >= 0:
			matched[g] = true
			for _, partner := range members[start[g]:start[g+1]] {
				left, right = append(left, r), append(right, partner)
			}
		case j.kind != innerJoin:
			left, right = append(left, r), append(right, -1)
		}
	}
	if j.kind == fullOuter {
		for r, g := range x.Group {
			if !matched[g] {
				left, right = append(left, -1), append(right, r)
			}
		}
	}
	return left, right, nil
}

func anyMissing(columns []*table.Column, r int) bool {
	return slices.ContainsFunc(columns, func(c *table.Column) bool { return c.IsMissing(r) })
}

// without gives a table without the parts in those places.
func without(t *table.Table, places []int) *table.Table {
	var parts []table.Part
	for i, p := range t.Parts {
		if !slices.Contains(places, i) {
			parts = append(parts, p)
		}
	}
	return table.New(t.Rows, parts...)
}
