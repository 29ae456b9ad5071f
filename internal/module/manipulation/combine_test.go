package manipulation_test

import (
	"fmt"
	"strings"
	"testing"

	"portico/internal/module/manipulation"
	"portico/internal/module/moduletest"
	"portico/internal/table"
)

func csv(t *testing.T, text string) *table.Table { return moduletest.CSV(t, text) }

// hashed is a table of one row with a sparse block of two columns f0 and f1, of which the second holds v.
func hashed(v float64) *table.Table {
	block := table.NumberedBlock(table.Int32, "f", "", table.Span{To: 2})
	block.Start, block.Index, block.Values = []int{0, 1}, []uint32{1}, []float64{v}
	return table.New(1, table.Part{Sparse: block})
}

func TestAddColumns(t *testing.T) {
	for _, c := range []struct {
		left, right *table.Table
		want        string
	}{
		{csv(t, "a,b\n1,x\n2,y\n"), csv(t, "c\nTrue\nFalse\n"), "a,b,c\n1,x,True\n2,y,False"},
		{csv(t, "a\n1\n"), csv(t, "a,a (2)\n2,3\n4,5\n"), "a,a (2),a (2) (2)\n1,2,3\n?,4,5"},
		{csv(t, "a\n1\n2\n"), hashed(7), "a,f0,f1\n1,0,7\n2,0,0"},
		{hashed(1), hashed(2), "f0,f1,f0 (2),f1 (2)\n0,1,0,2"},
	} {
		out, err := moduletest.Run(t, manipulation.AddColumns(), nil, c.left, c.right)
		if err != nil {
			t.Errorf("%s: %v", c.want, err)
			continue
		}
		moduletest.Want(t, "Add Columns", out[0], c.want)
	}
	fails := moduletest.Fails(t, manipulation.AddColumns())
	fails("no right dataset", nil, []*table.Table{hashed(1)}, `Error 0003: Input "Right dataset" is null or empty`)
	fails("no left dataset", nil, []*table.Table{nil, hashed(1)}, "0003")
}

func TestAddRows(t *testing.T) {
	whole, large := csv(t, "a,s\n1,x\n"), csv(t, "a,s\n3000000000,y\n")
	for _, c := range []struct {
		upper, lower *table.Table
		want, types  string
	}{
		{whole, whole, "a,s\n1,x\n1,x", "Int32,String"},
		{whole, large, "a,s\n1,x\n3000000000,y", "Int64,String"},
		{whole, csv(t, "a,s\n,z\n1.5,\n"), "a,s\n1,x\n?,z\n1.5,?", "Double,String"},
		{hashed(4), hashed(5), "f0,f1\n0,4\n0,5", "Int32,Int32"},
		{hashed(4), csv(t, "f0,f1\n1,2\n"), "f0,f1\n0,4\n1,2", "Int32,Int32"},
		{whole, whole.Head(0), "a,s\n1,x", "Int32,String"},
	} {
		out, err := moduletest.Run(t, manipulation.AddRows(), nil, c.upper, c.lower)
		if err != nil {
			t.Errorf("%s: %v", c.want, err)
			continue
		}
		moduletest.Want(t, "Add Rows", out[0], c.want)
		if got := moduletest.Types(out[0]); got != c.types {
			t.Errorf("%s has types %s, want %s", c.want, got, c.types)
		}
	}
	fails := moduletest.Fails(t, manipulation.AddRows())
	fails("no second dataset", nil, []*table.Table{whole}, "0003")
	fails("other names", nil, []*table.Table{whole, csv(t, "a,b\n1,x\n")}, "Error 0010: Column names are not the same for column 1 (zero-based) of input datasets (Dataset1 and Dataset2 respectively).")
	fails("fewer columns", nil, []*table.Table{whole, csv(t, "a\n1\n")}, "0010")
	fails("other types", nil, []*table.Table{whole, csv(t, "a,s\nx,x\n")}, "Error 0016: Column element types are not compatible for column 0 (zero-based) of input datasets (Dataset1 and Dataset2 respectively).")
}

func TestRemoveDuplicateRows(t *testing.T) {
	in := csv(t, "a,b,n\nx,1,1\nX,1,2\nx,1,3\n,,4\n,,5\nx,2,6\n")
	for _, c := range []struct {
		keys, first, want string
	}{
		{moduletest.Columns("a", "b"), "True", "a,b,n\nx,1,1\nX,1,2\n?,?,4\nx,2,6"},
		{moduletest.Columns("a", "b"), "False", "a,b,n\nX,1,2\nx,1,3\n?,?,5\nx,2,6"},
		{moduletest.Columns("b"), "True", "a,b,n\nx,1,1\n?,?,4\nx,2,6"},
		{"All", "True", moduletest.Text(in)},
	} {
		out, err := moduletest.Run(t, manipulation.RemoveDuplicateRows(), parameters{"Key column selection filter expression": c.keys, "Retain first duplicate row": c.first}, in)
		if err != nil {
			t.Errorf("%s: %v", c.keys, err)
			continue
		}
		moduletest.Want(t, c.keys+c.first, out[0], c.want)
	}
	fails := moduletest.Fails(t, manipulation.RemoveDuplicateRows())
	fails("no keys", nil, []*table.Table{in}, "0011")
	fails("absent key", parameters{"Key column selection filter expression": moduletest.Columns("z")}, []*table.Table{in}, "0001")
	fails("no input", parameters{"Key column selection filter expression": "All"}, nil, "0003")
}

func TestJoin(t *testing.T) {
	left := csv(t, "k,v\n1,a\n2,b\n,c\n2,d\n3,e\n")
	right := csv(t, "k,w\n2.0,P\n2.5,Q\n,R\n2,S\n1,T\n")
	for _, c := range []struct{ kind, keep, want string }{
		{"Inner Join", "True", "k,v,k (2),w\n1,a,1,T\n2,b,2,P\n2,b,2,S\n2,d,2,P\n2,d,2,S"},
		{"inner join", "False", "k,v,w\n1,a,T\n2,b,P\n2,b,S\n2,d,P\n2,d,S"},
		{"Left Outer Join", "False", "k,v,w\n1,a,T\n2,b,P\n2,b,S\n?,c,?\n2,d,P\n2,d,S\n3,e,?"},
		{"Full Outer Join", "True", "k,v,k (2),w\n1,a,1,T\n2,b,2,P\n2,b,2,S\n?,c,?,?\n2,d,2,P\n2,d,2,S\n3,e,?,?\n?,?,2.5,Q\n?,?,?,R"},
		{"Left Semi-Join", "True", "k,v\n1,a\n2,b\n2,d"},
	} {
		given := parameters{"Join key columns for L": moduletest.Columns("k"), "Join key columns for R": moduletest.Columns("k"), "Join type": c.kind, "Keep right key columns in joined table": c.keep}
		out, err := moduletest.Run(t, manipulation.JoinData(), given, left, right)
		if err != nil {
			t.Errorf("%s: %v", c.kind, err)
			continue
		}
		moduletest.Want(t, c.kind, out[0], c.want)
	}
}

// Two keys, one of them without regard to case, under the names that exported graphs have.
func TestJoinFolded(t *testing.T) {
	given := parameters{
		"Comma-separated case-sensitive names of join key columns for L": moduletest.Columns("a", "b"),
		"Comma-separated case-sensitive names of join key columns for R": moduletest.Columns("x", "y"),
		"Match case": "False", "Keep right key columns in joined table": "False",
	}
	out, err := moduletest.Run(t, manipulation.JoinData(), given, csv(t, "a,b\nÄrger,1\nüber,2\n"), csv(t, "x,y,z\nÜBER,2,r\närger,2,s\nÄRGER,1,q\n"))
	if err != nil {
		t.Fatal(err)
	}
	moduletest.Want(t, "without case", out[0], "a,b,z\nÄrger,1,q\nüber,2,r")
}

func TestJoinErrors(t *testing.T) {
	left, right := csv(t, "a,b\n1,x\n"), csv(t, "a,b\n1,x\n")
	on := []*table.Table{left, right}
	keys := func(l, r string) parameters {
		return parameters{"Join key columns for L": l, "Join key columns for R": r}
	}
	fails := moduletest.Fails(t, manipulation.JoinData())
	fails("no keys", nil, on, "0011")
	fails("absent key", keys(moduletest.Columns("a"), moduletest.Columns("z")), on, "0001")
	fails("more keys on one side", keys(moduletest.Columns("a"), "All"), on, `Error 0027: The size of "Join key columns for L" is inconsistent with size of "Join key columns for R".`)
	fails("number against text", keys(moduletest.Columns("a"), moduletest.Columns("b")), on, "Error 0016: Columns a and b are incompatible.")
	fails("no right dataset", keys("All", "All"), on[:1], "0003")
	fails("kind", parameters{"Join key columns for L": "All", "Join key columns for R": "All", "Join type": "Cross"}, on, "0002")
	many := strings.Repeat("1\n", 12_000) // 144 million pairs
	fails("too many rows", keys("All", "All"), []*table.Table{csv(t, "k\n"+many), csv(t, "k\n"+many)}, "0138")
}

// A join that is cancelled stops.
func TestJoinCancelled(t *testing.T) {
	m := manipulation.JoinData()
	v, err := m.Bind(parameters{"Join key columns for L": "All", "Join key columns for R": "All"})
	if err != nil {
		t.Fatal(err)
	}
	run, err := m.Prepare(v)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := run(cancelled(t), []*table.Table{csv(t, "k\n1\n"), csv(t, "k\n1\n")}); err == nil {
		t.Error("a cancelled join gave a result")
	}
}

func BenchmarkJoin(b *testing.B) {
	const rows = 1_000_000
	keys, reversed, values := make([]int64, rows), make([]int64, rows), make([]float64, rows)
	for i := range rows {
		keys[i], reversed[i], values[i] = int64(i*7%rows), int64(rows-1-i), float64(i)
	}
	left := table.FromColumns(rows, table.FromInts("k", table.Int64, keys), table.FromDoubles("v", values))
	right := table.FromColumns(rows, table.FromInts("k", table.Int64, reversed), table.FromDoubles("w", values))
	m := manipulation.JoinData()
	v, err := m.Bind(parameters{"Join key columns for L": moduletest.Columns("k"), "Join key columns for R": moduletest.Columns("k")})
	if err != nil {
		b.Fatal(err)
	}
	run, err := m.Prepare(v)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		out, err := run(b.Context(), []*table.Table{left, right})
		if err != nil || out[0].Rows != rows {
			b.Fatal(out, err)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}

func TestEditMetadata(t *testing.T) {
	in := csv(t, "a,b,c\n1,x,1.5\n,y,2\n")
	in = in.WithColumns(map[int]*table.Column{2: {Field: table.Field{Name: "c", Type: table.Double, Role: table.Label}, Doubles: in.Parts[2].Column.Doubles}})
	for _, c := range []struct {
		given       parameters
		want, types string
	}{
		{parameters{"Column": moduletest.Columns("a"), "Data type": "String"}, "a,b,c\n1,x,1.5\n?,y,2", "String,String,Double L"},
		{parameters{"Column": moduletest.Columns("a"), "Data Type": "Double", "Categorical": "Categorical"}, "a,b,c\n1,x,1.5\n?,y,2", "Double C,String,Double L"},
		{parameters{"Column": moduletest.Columns("b"), "Fields": "Labels"}, "a,b,c\n1,x,1.5\n?,y,2", "Int32,String L,Double"},
		{parameters{"Column": moduletest.Columns("a", "c"), "Fields": "ClearFeatures"}, "a,b,c\n1,x,1.5\n?,y,2", "Int32 -,String,Double L"},
		{parameters{"Column": "All", "Fields": "ClearLabels"}, "a,b,c\n1,x,1.5\n?,y,2", "Int32,String,Double -"},
		{parameters{"Column": moduletest.Columns("c", "a"), "New column names": " z , y"}, "y,b,z\n1,x,1.5\n?,y,2", "Int32,String,Double L"},
		{parameters{"Column": moduletest.Columns("a", "b"), "New column names": "b,a"}, "b,a,c\n1,x,1.5\n?,y,2", "Int32,String,Double L"},
		{parameters{"Column": moduletest.Columns("a"), "Data type": "Boolean"}, "a,b,c\nTrue,x,1.5\n?,y,2", "Boolean,String,Double L"},
	} {
		out, err := moduletest.Run(t, manipulation.EditMetadata(), c.given, in)
		if err != nil {
			t.Errorf("%v: %v", c.given, err)
			continue
		}
		moduletest.Want(t, fmt.Sprint(c.given), out[0], c.want)
		if got := moduletest.Types(out[0]); got != c.types {
			t.Errorf("%v gave types %s, want %s", c.given, got, c.types)
		}
	}
	on := []*table.Table{in}
	fails := moduletest.Fails(t, manipulation.EditMetadata())
	fails("no columns", nil, on, "0011")
	fails("no number", parameters{"Column": moduletest.Columns("b"), "Data type": "Integer"}, on, `Error 0042: Could not convert column "b" of type String to column of type Int32.`)
	fails("no whole number", parameters{"Column": moduletest.Columns("c"), "Data type": "Integer"}, on, "0042")
	fails("two labels", parameters{"Column": "All", "Fields": "Labels"}, on, "Error 0037: Multiple label columns are specified.")
	fails("one name for two columns", parameters{"Column": moduletest.Columns("a", "b"), "New column names": "x"}, on, `Error 0027: The size of "New column names" is inconsistent with size of "Column".`)
	fails("a name twice", parameters{"Column": moduletest.Columns("a", "b"), "New column names": "x,x"}, on, `Error 0028: The name "x" is duplicated in "New column names".`)
	fails("a name that is taken", parameters{"Column": moduletest.Columns("a"), "New column names": "b"}, on, `Error 0028: The name "b" is duplicated in "Dataset".`)
	fails("an empty name", parameters{"Column": moduletest.Columns("a"), "New column names": "x,"}, on, "0002")
	fails("no input", parameters{"Column": "All"}, nil, "0003")
}
