package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"portico/internal/fault"
)

// versionTable is goose's own.
const versionTable = "goose_db_version"

// queuePrefix begins the names of the job queue's tables. A queue entry says
// only that a job waits, and the job itself says that too.
const queuePrefix = "river"

// Schema is the version of the schema.
func (s *Store) Schema(ctx context.Context) (int64, error) {
	p, err := s.provider()
	if err != nil {
		return 0, err
	}
	version, err := p.GetDBVersion(ctx)
	return version, storageFault(err, "read the schema version")
}

// Export gives every row of every table, table by table, all as they were at
// one moment after the call: row is a JSON object that Import takes, on any engine.
func (s *Store) Export(ctx context.Context, emit func(table string, row []byte) error) error {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: s.snapshot})
	if err != nil {
		return storageFault(err, "begin to export")
	}
	defer func() { _ = tx.Rollback() }() // it was only read
	tables, err := s.tableNames(ctx, tx)
	if err != nil {
		return err
	}
	for _, table := range tables {
		rows, err := tx.QueryContext(ctx, "SELECT * FROM "+table)
		if err != nil {
			return storageFault(err, "export "+table)
		}
		if err := exportRows(rows, func(row []byte) error { return emit(table, row) }); err != nil {
			return err
		}
	}
	return nil
}

func (e *engine) tableNames(ctx context.Context, tx *sql.Tx) ([]string, error) {
	rows, err := tx.QueryContext(ctx, e.tables)
	if err != nil {
		return nil, storageFault(err, "list the tables")
	}
	all, err := collect(rows, func(rows *sql.Rows) (name string, err error) {
		err = rows.Scan(&name)
		return name, err
	})
	return slices.DeleteFunc(all, func(name string) bool { return name == versionTable || strings.HasPrefix(name, queuePrefix) }), err
}

func exportRows(rows *sql.Rows, emit func([]byte) error) (err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	columns, err := rows.Columns()
	if err != nil {
		return storageFault(err, "export")
	}
	values, places := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		places[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return storageFault(err, "export")
		}
		row := map[string]any{}
		for i, c := range columns {
			row[c] = exported(values[i])
		}
		line, err := json.Marshal(row)
		if err != nil {
			return fmt.Errorf("export: %w", err)
		}
		if err := emit(line); err != nil {
			return err
		}
	}
	return storageFault(rows.Err(), "export")
}

// encoded is a value that JSON cannot say: bytes, or text that is not UTF-8.
type encoded struct {
	Bytes []byte `json:"base64"`
	Text  bool   `json:"text,omitempty"`
}

func exported(v any) any {
	switch v := v.(type) {
	case []byte:
		return encoded{Bytes: v}
	case string:
		if !utf8.ValidString(v) {
			return encoded{Bytes: []byte(v), Text: true}
		}
	}
	return v
}

// Import opens an empty database (no tables, or none with rows), gives it the schema of that version, has fill
// put rows into it in one transaction, and brings the schema up to date. It
// returns fault.Conflict where the database is not empty, and fault.Unsupported
// for a schema newer than this program knows.
func Import(ctx context.Context, o Options, schema int64, fill func(put func(table string, row []byte) error) error) (err error) {
	e, err := openEngine(o)
	if err != nil {
		return err
	}
	s := &Store{engine: e}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.wantEmpty(ctx, schema); err != nil {
		return err
	}
	if err := e.migrate(ctx, schema); err != nil {
		return err
	}
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		in := &importer{tx: tx, tables: map[string]*importTable{}}
		names, err := e.tableNames(ctx, tx)
		if err != nil {
			return err
		}
		for _, name := range names {
			in.tables[name] = &importTable{name: name}
		}
		return fill(func(table string, row []byte) error { return in.put(ctx, table, row) })
	})
	if err != nil {
		return err
	}
	return e.migrate(ctx, 0)
}

// wantEmpty takes tables without rows for empty: an Import that failed leaves them.
func (s *Store) wantEmpty(ctx context.Context, schema int64) error {
	have, err := s.Schema(ctx)
	if err != nil {
		return err
	}
	if have > schema {
		return fault.New(fault.Conflict, "The database has tables of schema version %d, newer than the %d of what is to be imported: use a new database.", have, schema)
	}
	err = s.Export(ctx, func(string, []byte) error { return errRow })
	if errors.Is(err, errRow) {
		return fault.New(fault.Conflict, "The database is not empty: import into an empty one.")
	}
	return err
}

// errRow ends an Export at the first row.
var errRow = errors.New("there is a row")

type importer struct {
	tx     *sql.Tx
	tables map[string]*importTable
}

// importTable is a table that exists, its columns once they were looked up.
type importTable struct {
	name    string
	columns []string // in alphabetical order
	insert  *sql.Stmt
}

func (in *importer) put(ctx context.Context, table string, line []byte) error {
	t := in.tables[table]
	if t == nil {
		return fault.New(fault.Invalid, "The backup has rows of a table %q that its schema does not have.", table)
	}
	if t.insert == nil {
		if err := t.prepare(ctx, in.tx); err != nil {
			return err
		}
	}
	var row map[string]json.RawMessage
	if err := json.Unmarshal(line, &row); err != nil {
		return fault.Wrap(err, fault.Invalid, "A row of %s is not JSON.", table)
	}
	if !slices.Equal(slices.Sorted(maps.Keys(row)), t.columns) {
		return fault.New(fault.Invalid, "A row of %s has the columns %v; the schema has %v.", table, slices.Sorted(maps.Keys(row)), t.columns)
	}
	args := make([]any, len(t.columns))
	for i, c := range t.columns {
		v, err := imported(row[c])
		if err != nil {
			return fault.Wrap(err, fault.Invalid, "A row of %s has an unknown value in %s.", table, c)
		}
		args[i] = v
	}
	_, err := t.insert.ExecContext(ctx, args...)
	return storageFault(err, "import a row of "+table)
}

func (t *importTable) prepare(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, "SELECT * FROM "+t.name+" LIMIT 0")
	if err != nil {
		return storageFault(err, "look at "+t.name)
	}
	t.columns, err = rows.Columns()
	if err = errors.Join(err, rows.Close()); err != nil {
		return storageFault(err, "look at "+t.name)
	}
	slices.Sort(t.columns)
	t.insert, err = tx.PrepareContext(ctx, "INSERT INTO "+t.name+" ("+strings.Join(t.columns, ", ")+") VALUES ("+placeholders(1, len(t.columns))+")")
	return storageFault(err, "import into "+t.name)
}

func imported(value json.RawMessage) (any, error) {
	if bytes.HasPrefix(value, []byte("{")) {
		var v encoded
		err := json.Unmarshal(value, &v)
		if v.Text {
			return string(v.Bytes), err
		}
		return v.Bytes, err
	}
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case nil, string, bool:
		return v, nil
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i, nil
		}
		return v.Float64()
	}
	return nil, errors.New("it is a list")
}
