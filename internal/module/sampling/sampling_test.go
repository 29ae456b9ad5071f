package sampling_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"portico/internal/module"
	"portico/internal/module/moduletest"
	"portico/internal/module/sampling"
	"portico/internal/table"
)

type parameters = moduletest.Parameters

// numbered is a table of n rows: Row counts from 0, Group goes three in four are a.
func numbered(t *testing.T, n int) *table.Table {
	var b strings.Builder
	b.WriteString("Row,Group\n")
	for r := range n {
		group := "a"
		if r%4 == 3 {
			group = "b"
		}
		fmt.Fprintf(&b, "%d,%s\n", r, group)
	}
	return moduletest.CSV(t, b.String())
}

// rows gives the first column of tables, one list after the other.
func rows(tables ...*table.Table) (all []int64) {
	for _, t := range tables {
		all = append(all, t.Parts[0].Column.Ints...)
	}
	return all
}

func count(t *table.Table, group string) (n int) {
	for _, g := range t.ColumnCalled("Group").Strings {
		if g == group {
			n++
		}
	}
	return n
}

func TestSplitRows(t *testing.T) {
	in := numbered(t, 100)
	for _, c := range []struct {
		given        parameters
		first        int
		firstOfA     int // -1 where it is left to chance
		isContiguous bool
	}{
		{parameters{}, 50, -1, false},
		{parameters{"Fraction of rows in the first output dataset": "0.7", "Randomized split": "false"}, 70, 53, true},
		{parameters{"Fraction of rows in the first output dataset": "0.2", "Stratified split": "true", "Stratification key column": moduletest.Columns("Group")}, 20 - 1 + 1, 15, false},
		{parameters{"Fraction of rows in the first output dataset": "0"}, 0, 0, false},
		{parameters{"Fraction of rows in the first output dataset": "1"}, 100, 75, true},
	} {
		out, err := moduletest.Run(t, sampling.SplitData(), c.given, in)
		if err != nil {
			t.Errorf("%v: %v", c.given, err)
			continue
		}
		got := rows(out...)
		if out[0].Rows != c.first || c.firstOfA >= 0 && count(out[0], "a") != c.firstOfA || slices.IsSorted(got) != c.isContiguous && c.first > 0 {
			t.Errorf("%v gave %v", c.given, rows(out[0]))
		}
		slices.Sort(got)
		if !slices.Equal(got, rows(in)) {
			t.Errorf("%v: the outputs are not the input: %v", c.given, got)
		}
	}
}

// The same seed gives the same rows, and another seed others.
func TestSplitSeed(t *testing.T) {
	in := numbered(t, 200)
	split := func(seed string) []byte {
		out, err := moduletest.Run(t, sampling.SplitData(), parameters{"Random seed": seed}, in)
		if err != nil {
			t.Fatal(err)
		}
		return moduletest.Encoded(t, out[0])
	}
	if !bytes.Equal(split("7"), split("7")) || bytes.Equal(split("7"), split("8")) {
		t.Error("the seed does not decide the split")
	}
}

func TestSplitByExpression(t *testing.T) {
	in := moduletest.CSV(t, "Name,Age,Born,ok\nGreta,3,2001-02-03,True\nAda,4.5,1990-01-01,False\n,,,\nGryphon,-1,2010-05-05,True\n")
	for _, c := range []struct{ mode, expression, first string }{
		{"Regular Expression", `\"Name" ^Gr`, "Greta Gryphon"},
		{"Regular Expression", `(\0) a$`, "Greta Ada"},
		{"Relative Expression", `\"Age" > 3`, "Ada"},
		{"Relative Expression", `\"Age" >= 3.0`, "Greta Ada"},
		{"Relative Expression", `\1 != 3`, "Ada Gryphon"},
		{"Relative Expression", `(\1) <-0.5`, "Gryphon"},
		{"Relative Expression", `\"Born" < "1/1/2005"`, "Greta Ada"},
		{"Relative Expression", `\"Born" = 2010-05-05`, "Gryphon"},
		{"Relative Expression", `\"ok" == True`, "Greta Gryphon"},
	} {
		given := parameters{"Splitting mode": c.mode, "Regular expression": c.expression, "Relational expression": c.expression}
		out, err := moduletest.Run(t, sampling.SplitData(), given, in)
		if err != nil {
			t.Errorf("%s: %v", c.expression, err)
			continue
		}
		if got := strings.Join(out[0].ColumnCalled("Name").Strings, " "); got != c.first || out[0].Rows+out[1].Rows != 4 {
			t.Errorf("%s gave %q and %d more, want %q", c.expression, got, out[1].Rows, c.first)
		}
	}
}

// Every user rates every item: 20 users, 10 items.
func TestRecommenderSplit(t *testing.T) {
	var b strings.Builder
	b.WriteString("user,item,rating\n")
	for i := range 200 {
		fmt.Fprintf(&b, "u%d,i%d,%d\n", i/10, i%10, i%5)
	}
	in := moduletest.CSV(t, b.String())
	for _, c := range []struct {
		given       parameters
		first, both int
	}{
		// 10 users train all 10 ratings, 10 users 2 of 10 (2.5 is rounded to even).
		{parameters{}, 120, 200},
		// Of 20 users 2 are ignored, 10 train, 4 are cold; the other 4 train 2 each. No item is cold.
		{parameters{"Fraction of ignored users": "0.1", "Fraction of cold users": "0.2"}, 108, 180},
		// 5 of 10 items are ignored: half of the training users' ratings is left.
		{parameters{"Fraction of training-only users": "1", "Fraction of ignored items": "0.5"}, 100, 100},
		// All items are cold: nothing can train.
		{parameters{"Fraction of cold items": "1"}, 0, 200},
		// Nobody trains: without training ratings every item is removed from the test set.
		{parameters{"Fraction of training-only users": "0", "Fraction of test user ratings for training": "0", "Remove occasionally produced cold items": "True"}, 0, 0},
	} {
		c.given["Splitting mode"] = "Recommender Split"
		out, err := moduletest.Run(t, sampling.SplitData(), c.given, in)
		if err != nil || out[0].Rows != c.first || out[0].Rows+out[1].Rows != c.both {
			t.Errorf("%v gave %v, %v, want %d of %d", c.given, out, err, c.first, c.both)
		}
	}
}

func TestSplitErrors(t *testing.T) {
	in := numbered(t, 3)
	on := []*table.Table{in}
	regex := func(s string) parameters {
		return parameters{"Splitting mode": "Regular Expression", "Regular expression": s}
	}
	relative := func(s string) parameters {
		return parameters{"Splitting mode": "Relative Expression", "Relational expression": s}
	}
	fails := moduletest.Fails(t, sampling.SplitData())
	fails("without input", nil, nil, `Error 0003: Input "Dataset" is null or empty`)
	fails("without columns", nil, []*table.Table{table.New(3)}, "0003")
	fails("fraction", parameters{"Fraction of rows in the first output dataset": "1.5"}, on, `Error 0008: Parameter "Fraction of rows in the first output dataset" value should be in the range of [0, 1].`)
	fails("fraction not a number", parameters{"Fraction of rows in the first output dataset": "NaN"}, on, "0002")
	fails("seed", parameters{"Random seed": "-1"}, on, "0005")
	fails("mode", parameters{"Splitting mode": "Halves"}, on, "0002")
	fails("no key", parameters{"Stratified split": "True"}, on, "0011")
	fails("two keys", parameters{"Stratified split": "True", "Stratification key column": "All"}, on, "0022")
	fails("absent key", parameters{"Stratified split": "True", "Stratification key column": moduletest.Columns("x")}, on, `Error 0001: Column with name or index "x" not found`)
	fails("the default regex names no column", regex(""), on, `Error 0001: Column with name or index "column name" not found`)
	fails("regex", regex(`\"Group" (`), on, "0002")
	fails("regex without a column", regex(`^a`), on, "0002")
	fails("regex without end of name", regex(`\"Group`), on, "0002")
	fails("regex on numbers", regex(`\"Row" 1`), on, `Error 0017: Cannot process column "Row" of type Int32. The type is not supported by the module.`)
	fails("number beyond the last", regex(`\9 a`), on, "0001")
	fails("comparison of texts", relative(`\"Group" > 1`), on, "0017")
	fails("comparison with a text", relative(`\"Row" > x`), on, "0002")
	fails("no sign", relative(`\"Row" 3`), on, "0002")
	fails("no value", relative(`\"Row" >`), on, "0002")
	fails("two columns for a recommender", parameters{"Splitting mode": "Recommender Split"}, on, "0020")
}

func TestSplitOfNoRows(t *testing.T) {
	out, err := moduletest.Run(t, sampling.SplitData(), nil, numbered(t, 1).Head(0))
	if err != nil || out[0].Rows+out[1].Rows != 0 || out[1].Width() != 2 {
		t.Errorf("%v, %v", out, err)
	}
}

func TestSampling(t *testing.T) {
	in := numbered(t, 100)
	for _, c := range []struct {
		given parameters
		rows  int
		ofB   int // -1 where it is left to chance
	}{
		{parameters{}, 1, -1},
		{parameters{"Rate of sampling": "0.4", "Stratified split for sampling": "True", "Stratification key column for sampling": moduletest.Columns("Group")}, 40, 10},
		{parameters{"Partition or sample mode": "Head"}, 10, 2},
		{parameters{"Partition or sample mode": "Head", "Number of rows to select": "1000"}, 100, 25},
		{parameters{"Partition or sample mode": "Head", "Number of rows to select": "0"}, 0, 0},
	} {
		out, err := moduletest.Run(t, sampling.PartitionAndSample(), c.given, in)
		if err != nil || out[0].Rows != c.rows || c.ofB >= 0 && count(out[0], "b") != c.ofB || !slices.IsSorted(rows(out[0])) {
			t.Errorf("%v gave %v, %v", c.given, out, err)
		}
	}
}

func TestFolds(t *testing.T) {
	in := numbered(t, 103)
	for _, c := range []struct {
		given parameters
		sizes []int
	}{
		{parameters{}, []int{21, 20, 21, 20, 21}},
		{parameters{"Randomized split": "False", "Specify number of folds to split evenly into": "2"}, []int{52, 51}},
		{parameters{"Specify the partitioner method": "Partition with customized proportions", "List of proportions separated by comma": "0.1, .3"}, []int{10, 31, 62}},
		// 78 rows of group a and 25 of b, in four folds each.
		{parameters{"Specify number of folds to split evenly into": "4", "Stratified split": "True", "Stratification key column": moduletest.Columns("Group")}, []int{26, 25, 26, 26}},
		{parameters{"Use replacement in the partitioning": "True", "Specify number of folds to split evenly into": "2"}, []int{52, 51}},
	} {
		c.given["Partition or sample mode"] = "Assign to Folds"
		out, err := moduletest.Run(t, sampling.PartitionAndSample(), c.given, in)
		if err != nil {
			t.Errorf("%v: %v", c.given, err)
			continue
		}
		var all []int64
		for f, size := range c.sizes {
			pick := parameters{"Partition or sample mode": "Pick Fold", "Specify which fold to be sampled from": fmt.Sprint(f + 1)}
			picked, err := moduletest.Run(t, sampling.PartitionAndSample(), pick, out[0])
			if err != nil || picked[0].Rows != size || moduletest.Types(picked[0]) != "Int32,String" {
				t.Errorf("%v: fold %d: %v, %v, want %d rows", c.given, f+1, picked, err, size)
				continue
			}
			pick["Pick complement of the selected fold"] = "True"
			others, err := moduletest.Run(t, sampling.PartitionAndSample(), pick, out[0])
			if err != nil || others[0].Rows != in.Rows-size {
				t.Errorf("%v: all but fold %d: %v, %v", c.given, f+1, others, err)
			}
			all = append(all, rows(picked[0])...)
		}
		slices.Sort(all)
		if disjoint := slices.Equal(all, rows(in)); disjoint == (c.given["Use replacement in the partitioning"] == "True") {
			t.Errorf("%v: disjoint is %v", c.given, disjoint)
		}
	}
}

func TestPartitionErrors(t *testing.T) {
	in := numbered(t, 3)
	on := []*table.Table{in}
	custom := func(list string) parameters {
		return parameters{"Partition or sample mode": "Assign to Folds", "Specify the partitioner method": "Partition with customized proportions", "List of proportions separated by comma": list}
	}
	folded, err := moduletest.Run(t, sampling.PartitionAndSample(), parameters{"Partition or sample mode": "Assign to Folds"}, in)
	if err != nil {
		t.Fatal(err)
	}
	fails := moduletest.Fails(t, sampling.PartitionAndSample())
	fails("without input", nil, nil, "0003")
	fails("rate", parameters{"Rate of sampling": "2"}, on, "0008")
	fails("folds", parameters{"Partition or sample mode": "Assign to Folds", "Specify number of folds to split evenly into": "0"}, on, "0008")
	fails("rows", parameters{"Partition or sample mode": "Head", "Number of rows to select": "-1"}, on, `Error 0005: Parameter "Number of rows to select" value should be greater than or equal to 0.`)
	fails("no proportions", custom(""), on, "0002")
	fails("bad proportions", custom("0.1,x"), on, "0002")
	fails("negative proportion", custom("-0.1"), on, "0002")
	fails("too much", custom("0.6,0.6"), on, "0008")
	fails("no folds to pick from", parameters{"Partition or sample mode": "Pick Fold"}, on, "Error 0018: Dataset contains invalid data.")
	fails("fold beyond the last", parameters{"Partition or sample mode": "Pick Fold", "Specify which fold to be sampled from": "9"}, folded, "0008")
}

func FuzzExpression(f *testing.F) {
	in := table.FromColumns(2, table.FromStrings("a", []string{"x", ""}), table.FromDoubles("b", []float64{1, 2}))
	for _, s := range []string{`\"a" ^x`, `(\1) > 3`, `\"`, `(\0`, `\"b" >= "1"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for mode, parameter := range map[string]string{"Regular Expression": "Regular expression", "Relative Expression": "Relational expression"} {
			out, err := moduletest.Run(t, sampling.SplitData(), parameters{"Splitting mode": mode, parameter: s}, in)
			var documented *module.Error
			if err == nil && out[0].Rows+out[1].Rows != 2 || err != nil && !asError(err, &documented) {
				t.Errorf("%q: %v, %v", s, out, err)
			}
		}
	})
}

func asError(err error, e **module.Error) (ok bool) {
	*e, ok = err.(*module.Error)
	return ok
}
