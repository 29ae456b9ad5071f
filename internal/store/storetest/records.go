// Package storetest is the conformance suite of the stores, run unchanged on every engine.
package storetest

import (
	"context"
	"encoding/json"
	"sync"
	"testing"

	"portico/internal/fault"
	"portico/internal/record"
)

// Records checks a record.Store that is empty; reopen closes it and opens the same data again.
func Records(t *testing.T, s record.Store, reopen func() record.Store) {
	ctx := context.Background()
	put := func(path, body, match string) (record.Record, error) {
		a, err := s.Apply(ctx, record.Change{Op: record.Put, Path: path, Body: json.RawMessage(body), Match: match})
		if err != nil {
			return record.Record{}, err
		}
		return a[0].New, nil
	}
	must := func(path, body string) record.Record {
		t.Helper()
		r, err := put(path, body, "")
		if err != nil {
			t.Fatalf("put %s: %v", path, err)
		}
		return r
	}
	wantKind := func(what string, err error, k fault.Kind) {
		t.Helper()
		if !fault.Is(err, k) {
			t.Errorf("%s: got %v, want kind %d", what, err, k)
		}
	}

	_, err := s.Get(ctx, "/apis/echo")
	wantKind("get of nothing", err, fault.NotFound)
	echo := must("/apis/Echo", `{"n":1}`)
	must("/apis/echo/operations/get", `{}`)
	must("/apis/echo2", `{}`)
	must("/apis/echo2/operations/get", `{}`)
	must("/apis/echo2/operations/put", `{}`)

	t.Run("case", func(t *testing.T) {
		r, err := s.Get(ctx, "/APIS/ECHO")
		if err != nil || r.Path != "/apis/Echo" || string(r.Body) != `{"n":1}` || r.ETag != echo.ETag {
			t.Errorf("got %+v, %v", r, err)
		}
		again, err := put("/apis/ECHO", `{"n":2}`, echo.ETag)
		if err != nil || again.Path != "/apis/Echo" || again.ETag == echo.ETag || !again.Created.Equal(echo.Created) {
			t.Errorf("update: got %+v, %v", again, err)
		}
	})
	t.Run("preconditions", func(t *testing.T) {
		_, err := put("/apis/echo", `{}`, echo.ETag)
		wantKind("stale ETag", err, fault.StaleETag)
		_, err = put("/apis/echo", `{}`, "-")
		wantKind("must not exist", err, fault.Conflict)
		_, err = put("/apis/new", `{}`, "*")
		wantKind("must exist", err, fault.NotFound)
		_, err = put("/apis/new", `{}`, "AAAAAAAAAAA=")
		wantKind("ETag of nothing", err, fault.NotFound)
		_, err = s.Apply(ctx, record.Change{Op: record.Delete, Path: "/apis/new"})
		wantKind("delete of nothing", err, fault.NotFound)
	})
	t.Run("lists", func(t *testing.T) {
		for collection, want := range map[string][]string{
			"/apis":                  {"/apis/Echo", "/apis/echo2"},
			"/apis/echo/operations":  {"/apis/echo/operations/get"},
			"/apis/*/operations":     {"/apis/echo/operations/get", "/apis/echo2/operations/get", "/apis/echo2/operations/put"},
			"/products":              {},
			"/apis/ech/operations":   {},
			"/apis/echo2/operations": {"/apis/echo2/operations/get", "/apis/echo2/operations/put"},
		} {
			recs, err := s.List(ctx, collection)
			if err != nil {
				t.Fatal(err)
			}
			checkPaths(t, collection, recs, want)
		}
	})
	t.Run("atomic", func(t *testing.T) {
		_, err := s.Apply(ctx,
			record.PutOf("/apis/third", 3, ""),
			record.Change{Op: record.DeleteTree, Path: "/apis/echo"},
			record.PutOf("/apis/echo2", 2, "-"))
		wantKind("a batch with a conflict", err, fault.Conflict)
		recs, err := s.Tree(ctx, "/")
		if err != nil {
			t.Fatal(err)
		}
		checkPaths(t, "tree after a refused batch", recs, []string{"/apis/Echo", "/apis/echo/operations/get",
			"/apis/echo2", "/apis/echo2/operations/get", "/apis/echo2/operations/put"})
	})
	t.Run("delete tree", func(t *testing.T) {
		gone, err := s.Apply(ctx, record.Change{Op: record.DeleteTree, Path: "/apis/echo"})
		if err != nil || len(gone) != 2 || gone[0].New.Path != "" {
			t.Errorf("got %+v, %v", gone, err)
		}
	})
	t.Run("one winner", func(t *testing.T) {
		start := must("/apis/race", `0`)
		var wg sync.WaitGroup
		wins := make(chan struct{}, 16)
		for range 16 {
			wg.Go(func() {
				if _, err := put("/apis/race", `1`, start.ETag); err == nil {
					wins <- struct{}{}
				}
			})
		}
		wg.Wait()
		if len(wins) != 1 {
			t.Errorf("%d writers won with the same ETag, want 1", len(wins))
		}
	})
	t.Run("kept", func(t *testing.T) {
		s = reopen()
		recs, err := s.Tree(ctx, "/apis/echo2")
		if err != nil {
			t.Fatal(err)
		}
		checkPaths(t, "after reopening", recs, []string{"/apis/echo2", "/apis/echo2/operations/get", "/apis/echo2/operations/put"})
	})
}

func checkPaths(t *testing.T, what string, recs []record.Record, want []string) {
	t.Helper()
	if len(recs) != len(want) {
		t.Errorf("%s: got %d records, want %v", what, len(recs), want)
		return
	}
	for i, r := range recs {
		if r.Path != want[i] {
			t.Errorf("%s: record %d is %s, want %s", what, i, r.Path, want[i])
		}
	}
}
