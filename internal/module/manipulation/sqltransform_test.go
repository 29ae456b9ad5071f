package manipulation_test

import (
	"strings"
	"testing"

	"portico/internal/module/manipulation"
	"portico/internal/module/moduletest"
	"portico/internal/table"
)

func TestApplySQL(t *testing.T) {
	t1 := csv(t, "id,name,amount,day,ok\n1,a,1.5,2020-01-02,True\n2,b,,2020-02-03 04:05:06,False\n3,a,3,,\n")
	t2 := csv(t, "id,\"odd \"\"name\"\"\"\n1,x\n3,5000000000\n9,\n")
	for _, c := range []struct{ query, want, types string }{
		{"", "id,name,amount,day,ok\n1,a,1.5,1/2/2020 12:00:00 AM,True\n2,b,?,2/3/2020 4:05:06 AM,False\n3,a,3,?,?", "Int32,String,Double,DateTime,Boolean"},
		{"select name, count(*) n, sum(amount) total from t1 group by name order by name;", "name,n,total\na,2,4.5\nb,1,?", "String,Int32,Double"},
		{`select t1.id, t2.* from t1 join t2 on t1.id = t2.id`, "id,id (2),odd \"name\"\n1,1,x\n3,3,5000000000", "Int32,Int32,String"},
		{"select id * 4000000000 big, 1 one, 'x' || id as text, null gone from t1 where ok", "big,one,text,gone\n4000000000,1,x1,?", "Int64,Int32,String,String"},
		{"select strftime('%Y-%m', day) m from t1 where day is not null", "m\n2020-01\n2020-02", "String"},
		{"select * from t1 where id > 100", "id,name,amount,day,ok", "Int32,String,Double,DateTime,Boolean"},
		{"with recursive n(i) as (select 1 union all select i + 1 from n where i < 4) select sum(i) s from n", "s\n10", "Int32"},
		{"select case when id = 1 then 1 when id = 2 then 2.5 else 'x' end v from t1", "v\n1\n2.5\nx", "String"},
		{"select row_number() over (order by amount desc) r, id from t1 order by id limit 1", "r,id\n2,1", "Int32,Int32"},
	} {
		out, err := moduletest.Run(t, manipulation.ApplySQL(), parameters{"SQL Query Script": c.query}, t1, t2)
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		moduletest.Want(t, c.query, out[0], c.want)
		if got := moduletest.Types(out[0]); got != c.types {
			t.Errorf("%s gave types %s, want %s", c.query, got, c.types)
		}
	}
}

// Time spans and the columns of sparse blocks come through; numbers that are none are missing.
func TestApplySQLTypes(t *testing.T) {
	span := table.FromInts("span", table.TimeSpan, []int64{90_061_000_000_000})
	in := table.New(1, append(hashed(3).Parts, table.Part{Column: span}, table.Part{Column: table.FromDoubles("d", []float64{nan()})})...)
	out, err := moduletest.Run(t, manipulation.ApplySQL(), nil, in)
	if err != nil {
		t.Fatal(err)
	}
	moduletest.Want(t, "types", out[0], "f0,f1,span,d\n0,3,1.01:01:01,?")
	if got := moduletest.Types(out[0]); got != "Int32,Int32,TimeSpan,Double" {
		t.Error(got)
	}
}

func nan() float64 { var zero float64; return zero / zero }

func TestApplySQLRefuses(t *testing.T) {
	on := []*table.Table{csv(t, "id\n1\n")}
	fails := moduletest.Fails(t, manipulation.ApplySQL())
	fails("no input", nil, nil, `Error 0003: Input "Table1" is null or empty`)
	for _, query := range []string{
		"selec * from t1", "select * from t2", "select nothing from t1", "insert into t1 values (2)", "delete from t1", "update t1 set id = 2", "drop table t1",
		"create table x (a)", "create temp table x as select * from t1", "attach 'file.db' as other", "attach ':memory:' as other", "pragma journal_mode = delete",
		"select * from pragma_database_list", "vacuum into 'copy.db'", "select load_extension('x')", "select * from loading", "begin; select 1", "select 1; insert into t1 values (3)",
		"create virtual table v using rows_of(1)", "-- nothing", "select x'ff' as bytes", "select readfile('/etc/passwd')", "analyze",
		strings.Repeat("(", 2000),
	} {
		fails(query, parameters{"SQL Query Script": query}, on, "0069")
	}
	fails("a value that is too large", parameters{"SQL Query Script": "select zeroblob(100000000)"}, on, "0138")
	fails("columns that differ by case", nil, []*table.Table{csv(t, "a,A\n1,2\n")}, "0069")
	_, err := moduletest.Run(t, manipulation.ApplySQL(), parameters{"SQL Query Script": "delete from t1"}, on...)
	if want := `Error 0069: SQL query "delete from t1" is not correct: `; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, want %s…", err, want)
	}
}

// A query that never ends is stopped when its run is.
func TestApplySQLStops(t *testing.T) {
	m := manipulation.ApplySQL()
	v, err := m.Bind(parameters{"SQL Query Script": "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n"})
	if err != nil {
		t.Fatal(err)
	}
	run, err := m.Prepare(v)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := run(soon(t), []*table.Table{csv(t, "id\n1\n")}); err == nil {
		t.Errorf("it gave %v", out)
	}
}
