package manipulation_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"portico/internal/module"
	"portico/internal/module/manipulation"
	"portico/internal/module/moduletest"
	"portico/internal/module/score"
	"portico/internal/table"
)

func cancelled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// apply applies a transformation that a module gave.
func apply(t *testing.T, m *module.Module, transform, in *table.Table) *table.Table {
	t.Helper()
	out, err := moduletest.Run(t, score.ApplyTransformation([]*module.Module{m}), nil, transform, in)
	if err != nil {
		t.Fatal(err)
	}
	return out[0]
}

const gaps = "i,d,s,b,e\n1,1.5,x,True,\n,,x,,\n4,,,False,\n4,2.5,y,True,\n"

func TestCleanMissingData(t *testing.T) {
	in := csv(t, gaps)
	for _, c := range []struct {
		given       parameters
		want, types string
	}{
		{parameters{"Columns to be cleaned": moduletest.Columns("i", "d", "s", "b")},
			"i,d,s,b,e\n1,1.5,x,True,?\n0,0,x,False,?\n4,0,0,False,?\n4,2.5,y,True,?", "Int32,Double,String,Boolean,String"},
		{parameters{"Columns to be cleaned": moduletest.Columns("s", "e"), "Replacement value": "none", "Generate missing value indicator column": "true"},
			"i,d,s,b,e,s_IsMissing,e_IsMissing\n1,1.5,x,True,none,False,True\n?,?,x,?,none,False,True\n4,?,none,False,none,True,True\n4,2.5,y,True,none,False,True",
			"Int32,Double,String,Boolean,String,Boolean,Boolean"},
		// (1+4+4)/3 = 3; (1.5+2.5)/2 = 2; two of three are true; e has no value and goes.
		{parameters{"Cleaning mode": "Replace with mean"}, "i,d,s,b\n1,1.5,x,True\n3,2,x,True\n4,2,?,False\n4,2.5,y,True", "Double,Double,String,Boolean"},
		{parameters{"Cleaning mode": "Replace with median", "Cols with all missing values": "Propagate"},
			"i,d,s,b,e\n1,1.5,x,True,?\n4,2,x,True,?\n4,2,?,False,?\n4,2.5,y,True,?", "Double,Double,String,Boolean,String"},
		{parameters{"Cleaning mode": "Replace with mode"}, "i,d,s,b\n1,1.5,x,True\n4,1.5,x,True\n4,1.5,x,False\n4,2.5,y,True", "Int32,Double,String,Boolean"},
		{parameters{"Cleaning mode": "Remove entire row", "Columns to be cleaned": moduletest.Columns("i", "s")},
			"i,d,s,b,e\n1,1.5,x,True,?\n4,2.5,y,True,?", "Int32,Double,String,Boolean,String"},
		{parameters{"Cleaning mode": "Remove entire row"}, "i,d,s,b,e", "Int32,Double,String,Boolean,String"},
		{parameters{"Cleaning mode": "Remove entire column", "Minimum missing value ratio": "0.3"}, "i,s,b\n1,x,True\n?,x,?\n4,?,False\n4,y,True", "Int32,String,Boolean"},
		{parameters{"Cleaning mode": "Remove entire column", "Maximum missing value ratio": "0.25"}, "d,e\n1.5,?\n?,?\n?,?\n2.5,?", "Double,String"},
	} {
		out, err := moduletest.Run(t, manipulation.CleanMissingData(), c.given, in)
		if err != nil {
			t.Errorf("%v: %v", c.given, err)
			continue
		}
		moduletest.Want(t, fmt.Sprint(c.given), out[0], c.want)
		if got := moduletest.Types(out[0]); got != c.types {
			t.Errorf("%v gave types %s, want %s", c.given, got, c.types)
		}
		moduletest.Want(t, "the transformation", apply(t, manipulation.CleanMissingData(), out[1], in), c.want)
	}
}

// What was found in one dataset is used for another, in which nothing, or everything, is missing.
func TestCleaningOfNewData(t *testing.T) {
	out, err := moduletest.Run(t, manipulation.CleanMissingData(), parameters{"Cleaning mode": "Replace with mean"}, csv(t, "a,b\n1,1\n2,\n4,3\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := apply(t, manipulation.CleanMissingData(), out[1], csv(t, "x,b,a\nu,7,\nv,,5\n"))
	moduletest.Want(t, "new data", got, "x,b,a\nu,7,2\nv,2,5") // the mean of a, 7/3, is rounded, since a had no gaps
}

// MICE finds what linear columns say about each other: c = 2a - b, exactly.
func TestMICE(t *testing.T) {
	in := csv(t, "a,b,c,s\n1,5,-3,x\n2,1,3,x\n3,7,,x\n4,2,6,\n5,,1,x\n6,4,8,x\n7,3,11,x\n")
	out, err := moduletest.Run(t, manipulation.CleanMissingData(), parameters{"Cleaning mode": "Replace using MICE", "Number of iterations": "10"}, in)
	if err != nil {
		t.Fatal(err)
	}
	if got := moduletest.Types(out[0]); got != "Double,Double,Double,String" {
		t.Error(got)
	}
	again := apply(t, manipulation.CleanMissingData(), out[1], in)
	for _, got := range []*table.Table{out[0], again} {
		c, b := got.ColumnCalled("c").Doubles[2], got.ColumnCalled("b").Doubles[4]
		if math.Abs(c+1) > 0.05 || math.Abs(b-9) > 0.05 || got.ColumnCalled("s").Missing == nil {
			t.Errorf("c is %v, want -1; b is %v, want 9", c, b)
		}
	}
}

func TestCleanMissingErrors(t *testing.T) {
	in := csv(t, gaps)
	on := []*table.Table{in}
	fails := moduletest.Fails(t, manipulation.CleanMissingData())
	fails("no input", nil, nil, "0003")
	fails("ratio", parameters{"Minimum missing value ratio": "1.1"}, on, "0008")
	fails("ratios the wrong way round", parameters{"Minimum missing value ratio": "0.5", "Maximum missing value ratio": "0.4"}, on, "0008")
	fails("mode", parameters{"Cleaning mode": "Guess"}, on, "0002")
	fails("a text for a number", parameters{"Replacement value": "none"}, on, `Error 0002: Failed to convert "Replacement value" parameter value "none" from "String" to "Int32"`)
	fails("iterations", parameters{"Cleaning mode": "Replace using MICE", "Number of iterations": "11"}, on, "0008")
	fails("absent column", parameters{"Columns to be cleaned": moduletest.Columns("z")}, on, "0001")

	out, err := moduletest.Run(t, manipulation.CleanMissingData(), nil, csv(t, "a\n1\n"))
	if err != nil {
		t.Fatal(err)
	}
	m := score.ApplyTransformation([]*module.Module{manipulation.CleanMissingData()})
	fails = moduletest.Fails(t, m)
	fails("a column that vanished", nil, []*table.Table{out[1], csv(t, "b\n1\n")}, "0001")
	fails("a column of another type", nil, []*table.Table{out[1], csv(t, "a\nx\n")}, "0018")
	fails("no transformation", nil, []*table.Table{nil, in}, `Error 0003: Input "Transformation" is null or empty`)
	fails("data in place of a transformation", nil, []*table.Table{in, in}, "Error 0018: Transformation contains invalid data.")
	fails("no dataset", nil, []*table.Table{out[1], nil}, "0003")
	foreign, err := manipulation.SelectColumnsTransform().Define("x")
	if err != nil {
		t.Fatal(err)
	}
	fails("a transformation that nobody applies", nil, []*table.Table{foreign, in}, "0018")
}

func TestSelectColumnsTransform(t *testing.T) {
	m := manipulation.SelectColumnsTransform()
	out, err := moduletest.Run(t, m, nil, csv(t, "b,a\n1,x\n"))
	if err != nil {
		t.Fatal(err)
	}
	moduletest.Want(t, "selection", apply(t, m, out[0], csv(t, "a,z,b\n1,2,3\n")), "b,a\n3,1")
	moduletest.Fails(t, m)("no input", nil, nil, `Error 0003: Input "Dataset with desired columns" is null or empty`)
	moduletest.Fails(t, score.ApplyTransformation([]*module.Module{m}))("a column that vanished", nil, []*table.Table{out[0], csv(t, "a\n1\n")}, `Error 0001: Column with name or index "b" not found`)
}

// sex is a table with a categorical column, whose values come in no order.
func sex(t *testing.T) *table.Table {
	in, err := moduletest.Run(t, manipulation.EditMetadata(), parameters{"Column": moduletest.Columns("sex", "n"), "Categorical": "Categorical"}, csv(t, "sex,n,v\nmale,10,1\nfemale,9,2\n,,3\nmale,9,4\n"))
	if err != nil {
		t.Fatal(err)
	}
	return in[0]
}

func TestConvertToIndicators(t *testing.T) {
	in := sex(t)
	for _, c := range []struct{ columns, overwrite, want string }{
		{moduletest.Columns("sex"), "False", "sex,n,v,sex-female,sex-male\nmale,10,1,0,1\nfemale,9,2,1,0\n?,?,3,0,0\nmale,9,4,0,1"},
		{moduletest.Columns("sex", "n"), "True", "v,sex-female,sex-male,n-9,n-10\n1,0,1,0,1\n2,1,0,1,0\n3,0,0,0,0\n4,0,1,1,0"},
	} {
		out, err := moduletest.Run(t, manipulation.ConvertToIndicators(), parameters{"Categorical columns to convert": c.columns, "Overwrite categorical columns": c.overwrite}, in)
		if err != nil {
			t.Errorf("%s: %v", c.columns, err)
			continue
		}
		moduletest.Want(t, c.columns, out[0], c.want)
	}
	fails := moduletest.Fails(t, manipulation.ConvertToIndicators())
	fails("no categories", parameters{"Categorical columns to convert": "All"}, []*table.Table{in}, `Error 0056: Column with name "v" is not in an allowed category.`)
	fails("no columns", nil, []*table.Table{in}, "0011")
	fails("no input", parameters{"Categorical columns to convert": "All"}, nil, "0003")
}

func TestGroupCategories(t *testing.T) {
	in := sex(t)
	levels := parameters{"Name of new level 1": "few", "Comma-separated list of old levels to map to new level 1": "9, 8"}
	for _, c := range []struct{ mode, rest, want string }{
		{"ResultOnly", "many", "n\nmany\nfew\n?\nfew"},
		{"Inplace", "", "sex,n,v\nmale,?,1\nfemale,few,2\n?,?,3\nmale,few,4"},
		{"Append", "many", "sex,n,v,n (2)\nmale,10,1,many\nfemale,9,2,few\n?,?,3,?\nmale,9,4,few"},
	} {
		given := parameters{"Selected columns": moduletest.Columns("n"), "Output mode": c.mode, "Default level name": c.rest}
		for k, v := range levels {
			given[k] = v
		}
		out, err := moduletest.Run(t, manipulation.GroupCategories(), given, in)
		if err != nil {
			t.Errorf("%s: %v", c.mode, err)
			continue
		}
		moduletest.Want(t, c.mode, out[0], c.want)
	}
	on := []*table.Table{in}
	fails := moduletest.Fails(t, manipulation.GroupCategories())
	fails("no level", nil, on, `Error 0002: Failed to parse "Name of new level 1" parameter`)
	fails("a level twice", parameters{"Name of new level 1": "a", "Comma-separated list of old levels to map to new level 1": "x,x"}, on, "0028")
	fails("no categories", parameters{"Selected columns": moduletest.Columns("v"), "New number of levels": "1"}, on, "0056")
	fails("too many levels", parameters{"New number of levels": "6"}, on, "0002")
}

func TestSMOTE(t *testing.T) {
	text := "x,y,c,k\n"
	for i := range 20 {
		text += fmt.Sprintf("%d,%d,blue,no\n", i, -i)
	}
	for i := range 4 { // the minority lies on a line from (100, 0) to (103, 30)
		text += fmt.Sprintf("%d,%d.0,red,yes\n", 100+i, 10*i)
	}
	in, err := moduletest.Run(t, manipulation.EditMetadata(), parameters{"Column": moduletest.Columns("k"), "Fields": "Labels"}, csv(t, text))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		given parameters
		made  int
	}{{parameters{}, 4}, {parameters{"SMOTE percentage": "0"}, 0}, {parameters{"SMOTE percentage": "350", "Number of nearest neighbors": "3"}, 14}, {parameters{"Number of nearest neighbors": "99"}, 4}} {
		out, err := moduletest.Run(t, manipulation.SMOTE(), c.given, in[0])
		if err != nil || out[0].Rows != 24+c.made {
			t.Errorf("%v gave %v, %v", c.given, out, err)
			continue
		}
		for r := 24; r < out[0].Rows; r++ {
			x, _ := out[0].Parts[0].Column.Number(r)
			y, _ := out[0].Parts[1].Column.Number(r)
			// Whole numbers are rounded, so that a row is at most half a step from the line.
			if x < 100 || x > 103 || math.Abs(y-10*(x-100)) > 5 || out[0].Parts[2].Column.Strings[r] != "red" || out[0].Parts[3].Column.Strings[r] != "yes" {
				t.Errorf("%v made %v, %v", c.given, x, y)
			}
		}
	}
	fails := moduletest.Fails(t, manipulation.SMOTE())
	fails("no label", nil, []*table.Table{csv(t, text)}, `Error 0024: There is no label column in "Samples".`)
	fails("one class", nil, []*table.Table{in[0].Head(20)}, "0018")
	fails("percentage", parameters{"SMOTE percentage": "-1"}, []*table.Table{in[0]}, "0008")
	fails("neighbours", parameters{"Number of nearest neighbors": "0"}, []*table.Table{in[0]}, "0005")
	fails("no input", nil, nil, "0003")
}

// soon is a context that ends while something runs.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}
