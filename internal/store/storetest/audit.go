package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"portico/internal/audit"
	"portico/internal/fault"
	"portico/internal/record"
)

// Audit checks the log of changes of a store that is empty, with a budget of
// maxBytes; reopen closes it and opens the same data again.
func Audit(t *testing.T, open func() (record.Store, audit.Log), reopen func(), maxBytes int64) {
	ctx := record.WithActor(context.Background(), record.Actor{Name: "administrator ann", Address: "192.0.2.1", RequestID: "r1"})
	records, log := open()
	apply := func(changes ...record.Change) error {
		_, err := records.Apply(ctx, changes...)
		return err
	}
	put := func(path, body, match string) record.Change {
		return record.Change{Op: record.Put, Path: path, Body: json.RawMessage(body), Match: match}
	}
	entries := func() (list []string, ids []int64) {
		t.Helper()
		if err := log.Entries(ctx, 0, func(e audit.Entry) bool {
			list, ids = append(list, e.Action+" "+e.Path), append(ids, e.ID)
			return true
		}); err != nil {
			t.Fatal(err)
		}
		return list, ids
	}

	if err := apply(put("/apis/a", `{"n":1}`, "-"), put("/apis/a/operations/o", `{}`, "-")); err != nil {
		t.Fatal(err)
	}
	if err := apply(put("/apis/a", `{"n":2}`, "*")); err != nil {
		t.Fatal(err)
	}
	if err := apply(put("/apis/b", `{}`, "-"), put("/apis/a", `{}`, "-")); !fault.Is(err, fault.Conflict) {
		t.Fatalf("got %v, want a conflict", err)
	}
	if err := apply(record.Change{Op: record.DeleteTree, Path: "/apis/a"}); err != nil {
		t.Fatal(err)
	}
	list, ids := entries()
	want := []string{"delete /apis/a/operations/o", "delete /apis/a", "update /apis/a", "create /apis/a/operations/o", "create /apis/a"}
	if !slices.Equal(list, want) {
		t.Fatalf("got %q, want %q: a change that fails leaves nothing", list, want)
	}
	e, err := log.Entry(ctx, ids[2])
	if err != nil || e.Actor != "administrator ann" || e.Address != "192.0.2.1" || e.RequestID != "r1" || string(e.Before) != `{"n":1}` || string(e.After) != `{"n":2}` {
		t.Errorf("got %+v, %v", e, err)
	}
	if _, err := log.Entry(ctx, 1); !fault.Is(err, fault.NotFound) {
		t.Errorf("got %v, want not found", err)
	}

	reopen()
	records, log = open()
	big := `"` + strings.Repeat("x", int(maxBytes/10)) + `"`
	for i := range 20 {
		if err := apply(put(fmt.Sprintf("/apis/big%d", i), big, "-")); err != nil {
			t.Fatal(err)
		}
	}
	list, ids = entries()
	if len(list) < 5 || len(list) > 10 || list[0] != "create /apis/big19" {
		t.Errorf("the budget keeps %q", list)
	}
	if !slices.IsSortedFunc(ids, func(a, b int64) int { return int(b - a) }) {
		t.Errorf("the newest are not first: %v", ids)
	}
}
