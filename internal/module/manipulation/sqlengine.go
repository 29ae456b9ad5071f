package manipulation

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
	"modernc.org/sqlite/vtab"

	"portico/internal/module"
	"portico/internal/table"
)

// Limits of a query.
const (
	databaseBytes = 2 << 30  // of the tables together
	resultBytes   = 2 << 30  // of the result
	cellBytes     = 16 << 20 // of a value anywhere
	pageBytes     = 4096
)

// engine runs queries, each in a database in memory of its own. It is safe for concurrent use.
type engine struct {
	driver *sqlite.Driver
	mu     sync.Mutex
	loads  map[string]*table.Table // tables on their way into a database
	next   int
}

const loader = "rows_of"

func newEngine() *engine {
	e := &engine{driver: &sqlite.Driver{}, loads: map[string]*table.Table{}}
	if err := e.driver.RegisterModule(loader, (*loading)(e)); err != nil {
		panic(err) // a new driver has no modules
	}
	return e
}

// run loads the tables that are not nil as t1, t2, t3, and gives the query's result.
func (e *engine) run(ctx context.Context, query string, tables []*table.Table) (_ *table.Table, err error) {
	db := sql.OpenDB(e)
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	for limit, value := range map[int]int{sqlite3.SQLITE_LIMIT_LENGTH: cellBytes, sqlite3.SQLITE_LIMIT_ATTACHED: 0} {
		if _, err := sqlite.Limit(conn, limit, value); err != nil {
			return nil, err
		}
	}
	if _, err := conn.ExecContext(ctx, "pragma max_page_count = "+strconv.Itoa(databaseBytes/pageBytes)); err != nil {
		return nil, err
	}
	for i, t := range tables {
		if t == nil || t.Width() == 0 {
			continue
		}
		if err := e.load(ctx, conn, "t"+strconv.Itoa(i+1), t); err != nil {
			return nil, err
		}
	}
	if err := conn.Raw(func(c any) error { return c.(sqlite.AuthorizerRegisterer).RegisterAuthorizer(readOnly) }); err != nil {
		return nil, err
	}
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	return readResult(rows)
}

// Connect opens a database in memory (driver.Connector).
func (e *engine) Connect(context.Context) (driver.Conn, error) { return e.driver.Open(":memory:") }

// Driver gives the engine's own driver (driver.Connector).
func (e *engine) Driver() driver.Driver { return e.driver }

// readOnly allows what reads the tables and nothing else.
func readOnly(action sqlite.AuthorizerActionCode, _, function, _, _ string) sqlite.AuthorizerReturnCode {
	switch action {
	case sqlite.AuthSelect, sqlite.AuthRead, sqlite.AuthRecursive:
		return sqlite.AuthorizerOK
	case sqlite.AuthFunction:
		if function != "load_extension" {
			return sqlite.AuthorizerOK
		}
	}
	return sqlite.AuthorizerDeny
}

// load makes a table of the database.
func (e *engine) load(ctx context.Context, conn *sql.Conn, name string, t *table.Table) error {
	t, _, err := module.AllColumns(name).Spread(t)
	if err != nil {
		return err
	}
	key := e.offer(t)
	defer e.withdraw(key)
	statements := []string{
		"create table " + name + " (" + declarations(t) + ")",
		"create virtual table loading using " + loader + "(" + key + ")",
		"insert into " + name + " select * from loading",
		"drop table loading",
	}
	for _, s := range statements {
		if _, err := conn.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (e *engine) offer(t *table.Table) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.next++
	key := strconv.Itoa(e.next)
	e.loads[key] = t
	return key
}

func (e *engine) withdraw(key string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.loads, key)
}

func (e *engine) offered(key string) *table.Table {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.loads[key]
}

// declared are the column types in the database; the result's types are read from them.
var declared = map[table.Type]string{
	table.String: "TEXT", table.Double: "REAL", table.Int32: "INTEGER", table.Int64: "INTEGER",
	table.Boolean: "BOOLEAN", table.DateTime: "DATETIME", table.TimeSpan: "TIMESPAN_TEXT",
}

func declarations(t *table.Table) string {
	var columns []string
	for _, p := range t.Parts {
		columns = append(columns, `"`+strings.ReplaceAll(p.Column.Name, `"`, `""`)+`" `+declared[p.Column.Type])
	}
	return strings.Join(columns, ", ")
}

// loading lets SQLite read the tables that an engine offers (vtab.Module).
type loading engine

func (l *loading) Create(ctx vtab.Context, args []string) (vtab.Table, error) {
	return l.Connect(ctx, args)
}

// Connect takes the key of an offered table as its last argument.
func (l *loading) Connect(ctx vtab.Context, args []string) (vtab.Table, error) {
	t := (*engine)(l).offered(args[len(args)-1])
	if t == nil {
		return nil, errors.New("there is no such table to load")
	}
	return (*loadedTable)(t), ctx.Declare("create table x (" + declarations(t) + ")")
}

// loadedTable is read from its first row to its last (vtab.Table).
type loadedTable table.Table

func (t *loadedTable) BestIndex(*vtab.IndexInfo) error { return nil }
func (t *loadedTable) Open() (vtab.Cursor, error)      { return &loadedCursor{t: (*table.Table)(t)}, nil }
func (t *loadedTable) Disconnect() error               { return nil }
func (t *loadedTable) Destroy() error                  { return nil }

type loadedCursor struct {
	t   *table.Table
	row int
}

func (c *loadedCursor) Filter(int, string, []vtab.Value) error { c.row = 0; return nil }
func (c *loadedCursor) Next() error                            { c.row++; return nil }
func (c *loadedCursor) Eof() bool                              { return c.row >= c.t.Rows }
func (c *loadedCursor) Rowid() (int64, error)                  { return int64(c.row), nil }
func (c *loadedCursor) Close() error                           { return nil }

const sqlDateTime = "2006-01-02 15:04:05.999999999"

// Column gives a cell as SQLite keeps it.
func (c *loadedCursor) Column(i int) (vtab.Value, error) {
	column := c.t.Parts[i].Column
	switch {
	case column.IsMissing(c.row):
		return nil, nil
	case column.Type == table.String:
		return column.Strings[c.row], nil
	case column.Type == table.Double:
		return column.Doubles[c.row], nil
	case column.Type == table.DateTime:
		return time.Unix(0, column.Ints[c.row]).UTC().Format(sqlDateTime), nil
	case column.Type == table.TimeSpan:
		text, _ := column.AppendCell(nil, c.row)
		return string(text), nil
	default:
		return column.Ints[c.row], nil
	}
}

// readResult makes a table of the rows of a query.
func readResult(rows *sql.Rows) (*table.Table, error) {
	kinds, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	if len(kinds) == 0 {
		return nil, errors.New("it gives no result: end the script with a SELECT")
	}
	columns, cells := make([]resultColumn, len(kinds)), make([]any, len(kinds))
	names := table.NewNames(table.New(0))
	for i, k := range kinds {
		columns[i] = resultColumn{name: names.Free(k.Name()), declared: k.DatabaseTypeName()}
		cells[i] = &columns[i].cell
	}
	n, size := 0, 0
	for rows.Next() {
		if err := rows.Scan(cells...); err != nil {
			return nil, err
		}
		n++
		for i := range columns {
			columns[i].add()
			size += 24 + columns[i].textBytes()
		}
		if size > resultBytes {
			return nil, module.Fail("0138").In(queryScript)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	out := make([]*table.Column, len(columns))
	for i := range columns {
		if out[i], err = columns[i].column(n); err != nil {
			return nil, err
		}
	}
	return table.FromColumns(n, out...), nil
}

// resultColumn collects the cells of a column, whose type SQLite does not tell before the last.
type resultColumn struct {
	name, declared string
	cell           any // the current one
	cells          []any
	texts, doubles bool // what there is among the cells
	wide           bool // whole numbers that do not fit in 32 bits
	wholes, large  bool // whole numbers; some other than 0 and 1
	dates          bool
}

func (c *resultColumn) textBytes() int {
	s, _ := c.cell.(string)
	return len(s)
}

func (c *resultColumn) add() {
	switch v := c.cell.(type) {
	case []byte:
		c.cell, c.texts = string(v), true
	case string:
		c.texts = true
	case float64:
		c.doubles = true
	case int64:
		c.wholes = true
		c.wide = c.wide || v != int64(int32(v))
		c.large = c.large || v != 0 && v != 1
	case time.Time:
		c.dates = true
	}
	c.cells = append(c.cells, c.cell)
}

// kind is the type that holds every cell.
func (c *resultColumn) kind() table.Type {
	switch only := c.declared; {
	case only == declared[table.TimeSpan] && c.texts && !c.doubles && !c.wholes:
		return table.TimeSpan
	case c.texts, c.dates && (c.doubles || c.wholes):
		return table.String
	case c.dates:
		return table.DateTime
	case only == declared[table.Boolean] && c.wholes && !c.doubles && !c.large:
		return table.Boolean
	case c.doubles:
		return table.Double
	case c.wide:
		return table.Int64
	case c.wholes:
		return table.Int32
	}
	for t, d := range declared { // no cell says anything
		if d == c.declared && t != table.Int64 {
			return t
		}
	}
	return table.String
}

func (c *resultColumn) column(rows int) (*table.Column, error) {
	f := table.Field{Name: c.name, Type: c.kind()}
	out, err := c.build(f, rows)
	if err != nil && f.Type == table.TimeSpan { // an expression that is called as a column of time spans
		f.Type = table.String
		out, err = c.build(f, rows)
	}
	return out, err
}

func (c *resultColumn) build(f table.Field, rows int) (*table.Column, error) {
	b := table.NewColumnBuilder(f, rows)
	var text []byte
	for _, cell := range c.cells {
		text = text[:0]
		switch v := cell.(type) {
		case nil:
			b.AppendMissing()
			continue
		case string:
			if !utf8.ValidString(v) {
				return nil, fmt.Errorf("column %q holds bytes that are not text", c.name)
			}
			text = append(text, v...)
		case float64:
			text = table.AppendDouble(text, v)
		case int64:
			if f.Type == table.Boolean {
				text = strconv.AppendBool(text, v == 1)
			} else {
				text = strconv.AppendInt(text, v, 10)
			}
		case time.Time:
			text = v.UTC().AppendFormat(text, time.RFC3339Nano)
		}
		if err := b.Append(text); err != nil {
			return nil, err
		}
	}
	return b.Column(), nil
}

// outOfMemory tells whether SQLite ran into a limit of its size.
func outOfMemory(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_FULL || e.Code()&0xff == sqlite3.SQLITE_NOMEM || e.Code()&0xff == sqlite3.SQLITE_TOOBIG)
}
