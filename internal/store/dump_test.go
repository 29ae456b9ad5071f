package store_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/blob/account"
	"portico/internal/fault"
	"portico/internal/limit"
	"portico/internal/record"
	"portico/internal/store"
	"portico/internal/usage"
)

var update = flag.Bool("update", false, "keep a database of the current schema for the upgrade test")

// fill puts something into every area's tables.
func fill(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := context.Background()
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	_, err := s.Records().Apply(ctx, record.PutOf("/apis/Echo", map[string]string{"name": "Écho <&> \x00 \u2028"}, ""), record.PutOf("/apis/Echo/operations/get", 1, ""))
	check(t, err)
	check(t, s.Quotas().Reserve(ctx, limit.Reservation{Key: "key", PeriodStart: at, Period: time.Hour, UpTo: math.MaxInt64}))
	check(t, s.Usage().AddUsage(ctx, []usage.Rollup{{Start: at, Dimensions: usage.Dimensions{API: "echo"}, Success: 3}}, usage.Mark{Segment: 2, Offset: 7}))
	check(t, s.Storage().CreateContainer(ctx, account.Container{Name: "box", ETag: "c", Modified: at}))
	_, _, err = s.Storage().ReplaceBlob(ctx, "box", "a/\xff", func(*account.Blob, []account.Block, []account.Block) (account.Blob, []account.Block, error) {
		return account.Blob{Name: "a/\xff", ETag: "b", Size: 5, Created: at, Modified: at}, []account.Block{{ID: "AA==", Size: 5, Content: "content", Put: at}}, nil
	})
	check(t, err)
}

// verify finds what fill put there.
func verify(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := context.Background()
	v, r, err := record.Get[map[string]string](ctx, s.Records(), "/apis/echo")
	if err != nil || r.Path != "/apis/Echo" || v["name"] != "Écho <&> \x00 \u2028" {
		t.Errorf("the record: %+v, %v", r, err)
	}
	if all, err := s.Records().Tree(ctx, "/apis"); err != nil || len(all) != 2 {
		t.Errorf("the records: %+v, %v", all, err)
	}
	if q, ok, err := s.Quotas().Load(ctx, "key"); err != nil || !ok || q.UpTo != math.MaxInt64 || q.Period != time.Hour {
		t.Errorf("the quota: %+v, %v, %v", q, ok, err)
	}
	if m, err := s.Usage().UsageMark(ctx); err != nil || m != (usage.Mark{Segment: 2, Offset: 7}) {
		t.Errorf("the mark: %+v, %v", m, err)
	}
	if sums, err := s.Usage().Usage(ctx, usage.Query{By: usage.ByAPI}); err != nil || len(sums) != 1 || sums[0].Success != 3 {
		t.Errorf("usage: %+v, %v", sums, err)
	}
	if b, blocks, err := s.Storage().Blob(ctx, "box", "a/\xff", 0, 5); err != nil || b.Size != 5 || len(blocks) != 1 || blocks[0].Content != "content" {
		t.Errorf("the blob: %+v, %+v, %v", b, blocks, err)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// export gives the rows of a store, sorted, each after its table's name.
func export(t *testing.T, s *store.Store) []string {
	t.Helper()
	var all []string
	check(t, s.Export(context.Background(), func(table string, row []byte) error {
		all = append(all, table+"\t"+string(row))
		return nil
	}))
	slices.Sort(all)
	return all
}

// importRows puts exported rows into an empty database and opens it.
func importRows(t *testing.T, o store.Options, schema int64, rows []string) *opened {
	t.Helper()
	check(t, store.Import(context.Background(), o, schema, func(put func(string, []byte) error) error {
		for _, row := range rows {
			table, object, _ := strings.Cut(row, "\t")
			if err := put(table, []byte(object)); err != nil {
				return err
			}
		}
		return nil
	}))
	return open(t, o)
}

// TestExportMovesBetweenEngines moves everything from each engine to each other and to itself.
func TestExportMovesBetweenEngines(t *testing.T) {
	onEachEngine(t, func(t *testing.T, from *opened) {
		fill(t, from.Store)
		schema, err := from.Schema(context.Background())
		check(t, err)
		rows := export(t, from.Store)
		for _, engine := range []string{store.SQLite, store.PostgreSQL} {
			t.Run("to "+engine, func(t *testing.T) {
				to := importRows(t, empty(t, engine), schema, rows)
				verify(t, to.Store)
				if again := export(t, to.Store); !slices.Equal(again, rows) {
					t.Errorf("exported again it is\n%s\nnot\n%s", strings.Join(again, "\n"), strings.Join(rows, "\n"))
				}
			})
		}
	})
}

// TestExportIsOfOneMoment changes the database while it is exported.
func TestExportIsOfOneMoment(t *testing.T) {
	onEachEngine(t, func(t *testing.T, s *opened) {
		fill(t, s.Store)
		before := export(t, s.Store)
		var during []string
		check(t, s.Export(context.Background(), func(table string, row []byte) error {
			during = append(during, table+"\t"+string(row))
			if len(during) > 1 {
				return nil
			}
			_, err := s.Records().Apply(context.Background(), record.Change{Op: record.DeleteTree, Path: "/apis/echo"})
			return err
		}))
		slices.Sort(during)
		if !slices.Equal(before, during) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(during, "\n"), strings.Join(before, "\n"))
		}
	})
}

func TestImportRefusals(t *testing.T) {
	onEachEngine(t, func(t *testing.T, s *opened) {
		ctx := context.Background()
		schema, err := s.Schema(ctx)
		check(t, err)
		nothing := func(func(string, []byte) error) error { return nil }
		fill(t, s.Store)
		s.close()
		if err := store.Import(ctx, s.options, schema, nothing); !fault.Is(err, fault.Conflict) {
			t.Errorf("into a database that is not empty: %v", err)
		}
		if err := store.Import(ctx, empty(t, s.Engine()), 9999, nothing); !fault.Is(err, fault.Unsupported) {
			t.Errorf("of a newer schema: %v", err)
		}
		for name, row := range map[string][2]string{
			"an unknown table": {"sqlite_master", `{}`}, "a missing column": {"usage_mark", `{"id":1}`}, "no JSON": {"usage_mark", `{`},
			"an unknown column": {"usage_mark", `{"id":1,"segment":1,"place":1,"x) --":1}`}, "a list": {"usage_mark", `{"id":[],"segment":1,"place":1}`},
		} {
			o := empty(t, s.Engine())
			err := store.Import(ctx, o, schema, func(put func(string, []byte) error) error {
				if err := put("quota_reservation", []byte(`{"key":"k","period_start":1,"period":1,"period_end":1,"up_to":1}`)); err != nil {
					return fmt.Errorf("a good row: %w", err)
				}
				return put(row[0], []byte(row[1]))
			})
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: got %v", name, err)
			}
			again := importRows(t, o, schema, []string{`usage_mark	{"id":1,"segment":1,"place":1}`})
			if rows := export(t, again.Store); len(rows) != 1 {
				t.Errorf("%s left %v", name, rows)
			}
		}
	})
}

// TestUpgrade opens the databases that were kept of earlier schemas, each on
// both engines. Run it with -update to keep one of the current schema, which
// belongs to a release that changes the schema.
func TestUpgrade(t *testing.T) {
	if *update {
		keep(t)
	}
	kept, err := filepath.Glob("testdata/schema-*.db")
	if err != nil || len(kept) == 0 {
		t.Fatal("there is no kept database", err)
	}
	for _, file := range kept {
		var schema int64
		if _, err := fmt.Sscanf(filepath.Base(file), "schema-%d.db", &schema); err != nil {
			t.Fatal(file, err)
		}
		t.Run(fmt.Sprintf("%d on sqlite", schema), func(t *testing.T) {
			dir := t.TempDir()
			b, err := os.ReadFile(file)
			check(t, err)
			check(t, os.WriteFile(filepath.Join(dir, store.DatabaseFile), b, 0o600))
			s := open(t, store.Options{Dir: dir})
			verify(t, s.Store)
			sameSchema(t, s)
		})
		t.Run(fmt.Sprintf("%d on postgres", schema), func(t *testing.T) {
			b, err := os.ReadFile(strings.TrimSuffix(file, ".db") + ".rows")
			check(t, err)
			s := importRows(t, empty(t, store.PostgreSQL), schema, strings.Split(strings.TrimSpace(string(b)), "\n"))
			verify(t, s.Store)
			sameSchema(t, s)
		})
	}
}

// sameSchema finds the schema to be that of a new database.
func sameSchema(t *testing.T, s *opened) {
	t.Helper()
	have, err := s.Schema(context.Background())
	check(t, err)
	o := empty(t, s.Engine())
	want, err := open(t, o).Schema(context.Background())
	check(t, err)
	if have != want {
		t.Errorf("the schema has version %d, a new one has %d", have, want)
	}
	if s.Engine() == store.SQLite {
		const text = "SELECT name, COALESCE(sql, ''), '' FROM sqlite_master ORDER BY name"
		if upgraded, fresh := query(t, s.options, text), query(t, o, text); !maps.Equal(byName(upgraded), byName(fresh)) {
			t.Errorf("the upgraded schema is\n%v\nand a new one\n%v", upgraded, fresh)
		}
	}
}

func byName(rows [][3]string) map[string]string {
	m := map[string]string{}
	for _, r := range rows {
		m[r[0]] = r[1]
	}
	return m
}

// keep makes a database of the current schema for later.
func keep(t *testing.T) {
	o := empty(t, store.SQLite)
	s := open(t, o)
	fill(t, s.Store)
	schema, err := s.Schema(context.Background())
	check(t, err)
	rows := export(t, s.Store)
	s.close()
	b, err := os.ReadFile(filepath.Join(o.Dir, store.DatabaseFile))
	check(t, err)
	name := fmt.Sprintf("testdata/schema-%05d", schema)
	check(t, os.MkdirAll("testdata", 0o755))
	check(t, os.WriteFile(name+".db", b, 0o644))
	check(t, os.WriteFile(name+".rows", []byte(strings.Join(rows, "\n")+"\n"), 0o644))
}
