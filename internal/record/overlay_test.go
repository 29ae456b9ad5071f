package record_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/store"
)

func openStore(t *testing.T) record.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s.Records()
}

func bodies(recs []record.Record) string {
	var b strings.Builder
	for _, r := range recs {
		fmt.Fprintf(&b, "%s %s\n", r.Path, r.Body)
	}
	return b.String()
}

// TestOverlayIsTheStoreThatItBecomes makes random changes in a store and in an
// overlay over a copy of it: both answer alike, and so does the copy once the
// overlay's difference is applied to it.
func TestOverlayIsTheStoreThatItBecomes(t *testing.T) {
	ctx := t.Context()
	real, copied := openStore(t), openStore(t)
	random := rand.New(rand.NewPCG(1, 2))
	paths := []string{"/apis/a", "/apis/b", "/apis/a/operations/x", "/apis/a/operations/y", "/apis/b/operations/x", "/apis/a;rev=2", "/products/p", "/products/p/apis/a"}
	change := func() record.Change {
		c := record.Change{Path: paths[random.IntN(len(paths))], Body: json.RawMessage(fmt.Sprint(random.IntN(4)))}
		c.Op = []record.Op{record.Put, record.Put, record.Put, record.Delete, record.DeleteTree}[random.IntN(5)]
		c.Match = []string{"", "", "", "*", "-"}[random.IntN(5)]
		if c.Op != record.Put {
			c.Body, c.Match = nil, ""
		}
		if random.IntN(3) == 0 {
			c.Path = strings.ToUpper(c.Path)
		}
		return c
	}
	for range 12 {
		c := change()
		_, err1 := real.Apply(ctx, c)
		_, err2 := copied.Apply(ctx, c)
		if (err1 == nil) != (err2 == nil) {
			t.Fatal(err1, err2)
		}
	}
	overlay := record.NewOverlay(copied)
	for i := range 300 {
		c := change()
		_, want := real.Apply(ctx, c)
		_, got := overlay.Apply(ctx, c)
		if (want == nil) != (got == nil) || want != nil && fault.As(want).Kind != fault.As(got).Kind {
			t.Fatalf("change %d, %+v: got %v, want %v", i, c, got, want)
		}
		compare(t, real, overlay)
	}
	before, err := copied.Tree(ctx, "/")
	if err != nil {
		t.Fatal(err)
	}
	difference := overlay.Difference(func(a, b record.Record) bool { return string(a.Body) == string(b.Body) })
	for _, d := range difference {
		if d.Old.Path != "" && string(d.Old.Body) == string(d.New.Body) {
			t.Errorf("%s is told and did not change", d.Old.Path)
		}
	}
	if _, err := copied.Apply(ctx, record.ChangesOf(difference)...); err != nil {
		t.Fatal(err)
	}
	for _, top := range []string{"/apis", "/products"} {
		want, err1 := real.Tree(ctx, top)
		got, err2 := copied.Tree(ctx, top)
		sorted := func(recs []record.Record) map[string]string {
			m := map[string]string{}
			for _, r := range recs {
				m[record.Key(r.Path)] = string(r.Body)
			}
			return m
		}
		if err1 != nil || err2 != nil || fmt.Sprint(sorted(got)) != fmt.Sprint(sorted(want)) {
			t.Errorf("%s after the difference:\n%v\nwant\n%v\n%v %v\nbefore:\n%s", top, sorted(got), sorted(want), err1, err2, bodies(before))
		}
	}
}

// compare fails unless two stores list the same.
func compare(t *testing.T, want, got record.Store) {
	t.Helper()
	for _, collection := range []string{"/apis", "/apis/a/operations", "/apis/*/operations", "/products", "/products/*/apis"} {
		w, err1 := want.List(context.Background(), collection)
		g, err2 := got.List(context.Background(), collection)
		if err1 != nil || err2 != nil || !strings.EqualFold(bodies(g), bodies(w)) {
			t.Fatalf("%s: got\n%swant\n%s%v %v", collection, bodies(g), bodies(w), err1, err2)
		}
	}
	for _, root := range []string{"/apis/a", "/products"} {
		w, err1 := want.Tree(context.Background(), root)
		g, err2 := got.Tree(context.Background(), root)
		if err1 != nil || err2 != nil || !strings.EqualFold(bodies(g), bodies(w)) {
			t.Fatalf("tree of %s: got\n%swant\n%s%v %v", root, bodies(g), bodies(w), err1, err2)
		}
	}
}

func TestOverlayRefusesAStaleVersion(t *testing.T) {
	ctx, s := t.Context(), openStore(t)
	applied, err := s.Apply(ctx, record.PutOf("/apis/a", 1, ""))
	if err != nil {
		t.Fatal(err)
	}
	o := record.NewOverlay(s)
	change := record.PutOf("/apis/a", 2, applied[0].New.ETag)
	if _, err := o.Apply(ctx, change); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Apply(ctx, change); !fault.Is(err, fault.StaleETag) {
		t.Errorf("the version of before: %v", err)
	}
	// Somebody else changes it meanwhile: the difference cannot be made any more.
	if _, err := s.Apply(ctx, record.PutOf("/apis/a", 3, "")); err != nil {
		t.Fatal(err)
	}
	difference := o.Difference(func(a, b record.Record) bool { return string(a.Body) == string(b.Body) })
	if _, err := s.Apply(ctx, record.ChangesOf(difference)...); !fault.Is(err, fault.StaleETag) {
		t.Errorf("a difference from what is not any more: %v", err)
	}
}
