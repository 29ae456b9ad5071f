package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/store"
	"portico/internal/store/postgrestest"
)

// TestSchemasAreAlike compares what the migrations made on each engine.
func TestSchemasAreAlike(t *testing.T) {
	file, server := open(t, empty(t, store.SQLite)), open(t, empty(t, store.PostgreSQL))
	onSQLite := query(t, file.options, `SELECT m.name, c.name, LOWER(c.type) || CASE c."notnull" WHEN 1 THEN ' required' ELSE '' END || CASE WHEN c.pk > 0 THEN ' key ' || c.pk ELSE '' END
		FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name <> 'goose_db_version'`)
	onPostgreSQL := query(t, server.options, `SELECT c.table_name::text, c.column_name::text, c.data_type || CASE c.is_nullable WHEN 'NO' THEN ' required' ELSE '' END ||
			COALESCE(' key ' || k.ordinal_position, '') || CASE WHEN c.data_type = 'text' AND COALESCE(c.collation_name, '') <> 'C' THEN ' not ordered by bytes' ELSE '' END
		FROM information_schema.columns c LEFT JOIN information_schema.key_column_usage k USING (table_schema, table_name, column_name)
		WHERE c.table_schema = current_schema() AND c.table_name <> 'goose_db_version'`)
	const indexes = "SELECT %s, %s, '' FROM %s WHERE %s"
	onSQLite = append(onSQLite, query(t, file.options, fmt.Sprintf(indexes, "tbl_name", "name", "sqlite_master", "type = 'index' AND name NOT LIKE 'sqlite%'"))...)
	onPostgreSQL = append(onPostgreSQL, query(t, server.options, fmt.Sprintf(indexes, "tablename::text", "indexname::text", "pg_indexes",
		"schemaname = current_schema() AND tablename <> 'goose_db_version' AND indexname NOT LIKE '%_pkey'"))...)
	for _, rows := range [][][3]string{onSQLite, onPostgreSQL} {
		slices.SortFunc(rows, func(a, b [3]string) int { return slices.Compare(a[:], b[:]) })
	}
	if len(onSQLite) < 40 {
		t.Fatalf("found only %d columns: the queries of this test are wrong", len(onSQLite))
	}
	for i := range max(len(onSQLite), len(onPostgreSQL)) {
		var a, b [3]string
		if i < len(onSQLite) {
			a = onSQLite[i]
		}
		if i < len(onPostgreSQL) {
			b = onPostgreSQL[i]
		}
		if a != b {
			t.Fatalf("SQLite has %q where PostgreSQL has %q", a, b)
		}
	}
}

func TestSecondWriterIsRefused(t *testing.T) {
	s := open(t, empty(t, store.PostgreSQL))
	if _, err := store.Open(context.Background(), s.options); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "in use by another Portico") {
		t.Errorf("got %v", err)
	}
}

func TestWrongDatabases(t *testing.T) {
	good := postgrestest.Database(t)
	for name, url := range map[string]string{"no URL": "postgres://%zz:secret@", "no such database": strings.Replace(good, "/test", "/absent", 1)} {
		_, err := store.Open(context.Background(), store.Options{Database: url})
		if !fault.Is(err, fault.Invalid) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestTextThatPostgreSQLCannotKeep(t *testing.T) {
	s := open(t, empty(t, store.PostgreSQL))
	for _, path := range []string{"/apis/a\x00b", "/apis/a\xffb"} {
		if _, err := s.Records().Apply(context.Background(), record.PutOf(path, 1, "")); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: got %v", path, err)
		}
	}
}

// TestServerRestarts breaks the server again and again under writers. What was
// acknowledged is there, what was refused is not, and subscribers know exactly that.
func TestServerRestarts(t *testing.T) {
	const restarts, writers = 5, 4
	s := open(t, empty(t, store.PostgreSQL))
	ctx := context.Background()
	var mu sync.Mutex
	noticed := map[string]bool{}
	s.Subscribe(func(applied []record.Applied) {
		mu.Lock()
		defer mu.Unlock()
		noticed[applied[0].New.Path] = true
	})
	acknowledged := map[string]bool{}
	stop := make(chan struct{})
	progress := make(chan struct{})
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				path := fmt.Sprintf("/apis/%d-%d", w, n)
				_, err := s.Records().Apply(ctx, record.PutOf(path, n, "-"))
				if err != nil {
					if !fault.Is(err, fault.Unavailable) {
						t.Errorf("%s: got %v", path, err)
					}
					continue
				}
				mu.Lock()
				acknowledged[path] = true
				mu.Unlock()
				select {
				case progress <- struct{}{}:
				default:
				}
			}
		})
	}
	server := postgrestest.Shared(t)
	for range restarts {
		for range 20 {
			<-progress
		}
		server.Stop(t)
		server.Restart(t)
	}
	<-progress
	close(stop)
	wg.Wait()
	kept, err := s.Records().List(ctx, "/apis")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, r := range kept {
		found[r.Path] = true
		if !acknowledged[r.Path] || !noticed[r.Path] {
			t.Errorf("%s is there and was refused", r.Path)
		}
	}
	for path := range acknowledged {
		if !found[path] {
			t.Errorf("%s was acknowledged and is gone", path)
		}
	}
	if len(noticed) != len(found) {
		t.Errorf("subscribers saw %d changes, %d were made", len(noticed), len(found))
	}
}

// TestFullDatabaseDisk fills the disk of a database: what is refused changes nothing.
func TestFullDatabaseDisk(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("mounting a small file system needs root")
	}
	admin := postgrestest.Database(t)
	disk := smallDisk(t)
	statement(t, admin, "CREATE TABLESPACE small LOCATION '"+disk+"'")
	statement(t, admin, "CREATE DATABASE small TABLESPACE small")
	small, err := url.Parse(admin)
	if err != nil {
		t.Fatal(err)
	}
	small.Path = "/small"
	s, err := store.Open(context.Background(), store.Options{Database: small.String()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // before the disk goes
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		statement(t, admin, "DROP DATABASE small")
		statement(t, admin, "DROP TABLESPACE small")
	})
	ctx := context.Background()
	random := rand.New(rand.NewPCG(1, 2)) // compresses badly
	var kept int
	for err == nil && kept < 1000 {
		text := make([]byte, 64<<10)
		for i := range text {
			text[i] = byte('a' + random.IntN(26))
		}
		if _, err = s.Records().Apply(ctx, record.PutOf(fmt.Sprintf("/apis/%d", kept), string(text), "-")); err == nil {
			kept++
		}
	}
	if !fault.Is(err, fault.StorageFailed) || !strings.Contains(err.Error(), "nothing was changed") {
		t.Errorf("after %d records: got %v", kept, err)
	}
	if all, err := s.Records().List(ctx, "/apis"); err != nil || len(all) != kept {
		t.Errorf("%d records are there, %v; want %d", len(all), err, kept)
	}
	if out, err := exec.Command("mount", "-o", "remount,size=64m", disk).CombinedOutput(); err != nil {
		t.Fatalf("%s", out)
	}
	if _, err := s.Records().Apply(ctx, record.PutOf("/apis/after", strings.Repeat("x", 64<<10), "-")); err != nil {
		t.Errorf("with space again: %v", err)
	}
}

// smallDisk mounts a file system that PostgreSQL's user owns.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "portico-disk-")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("no small file system can be mounted here: %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %s", out)
		}
		if err := os.Remove(dir); err != nil {
			t.Error(err)
		}
	})
	if out, err := exec.Command("chown", "postgres", dir).CombinedOutput(); err != nil {
		t.Fatalf("%s", out)
	}
	return dir
}

// statement runs one in a database.
func statement(t *testing.T, database, text string) {
	t.Helper()
	db, err := sql.Open("pgx", database)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec(text)
	if err = errors.Join(err, db.Close()); err != nil {
		t.Error(err)
	}
}

// TestPgxTxIsPartOfTheTransaction writes both ways in transactions that end either way.
func TestPgxTxIsPartOfTheTransaction(t *testing.T) {
	s := open(t, empty(t, store.PostgreSQL))
	ctx := context.Background()
	statement(t, s.options.Database, "CREATE TABLE both_ways (n BIGINT)")
	refused := errors.New("refused")
	for n, end := range []error{nil, refused, nil} {
		err := store.InTx(s.Store, ctx, func(tx *sql.Tx) error {
			if _, err := tx.ExecContext(ctx, "INSERT INTO both_ways VALUES ($1)", n); err != nil {
				return err
			}
			own, err := s.PgxTx(tx)
			if err != nil {
				return err
			}
			if _, err := own.Exec(ctx, "INSERT INTO both_ways SELECT n + 10 FROM both_ways WHERE n = $1", n); err != nil {
				return err
			}
			if err := own.Commit(ctx); err == nil {
				t.Error("a borrowed transaction was committed")
			}
			return end
		})
		if !errors.Is(err, end) {
			t.Fatal(err)
		}
	}
	rows := query(t, s.options, "SELECT COUNT(*)::text, SUM(n)::text, '' FROM both_ways")
	if rows[0] != [3]string{"4", "24", ""} {
		t.Errorf("got %q, want the rows 0, 10, 2 and 12", rows[0])
	}
	if _, err := open(t, empty(t, store.SQLite)).PgxTx(&sql.Tx{}); err == nil {
		t.Error("SQLite gave a transaction of PostgreSQL")
	}
}
