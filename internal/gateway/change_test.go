package gateway

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portico/internal/catalog"
	"portico/internal/policy"
	"portico/internal/record"
)

const (
	manyAPIs       = 3000
	operationsEach = 20
)

// many gives a gateway 3,000 APIs of 20 operations.
func many(w *world) {
	var records []record.Applied
	n := 0
	add := func(path string, v any) {
		n++
		records = append(records, record.Applied{New: record.Record{Path: path, Body: record.PutOf(path, v, "").Body, ETag: strconv.Itoa(n)}})
	}
	open := false
	for i := range manyAPIs {
		path := catalog.APIPath("a" + strconv.Itoa(i))
		add(path, catalog.API{DisplayName: "A", Path: "suite/a" + strconv.Itoa(i), ServiceURL: "http://local.test", SubscriptionRequired: &open})
		for j := range operationsEach {
			add(fmt.Sprintf("%s/operations/o%d", path, j), catalog.Operation{Method: "GET", URLTemplate: fmt.Sprintf("/things/{id}/parts%d/{part}", j)})
		}
	}
	w.gateway.Apply(records)
}

// change gives one API another policy document.
func (w *world) change(n int) time.Duration {
	path := catalog.PolicyPath(catalog.APIPath("a7"))
	document := catalog.Policy{Format: "rawxml", Value: fmt.Sprintf(`<policies><inbound><base /><set-header name="A"><value>%d</value></set-header></inbound></policies>`, n)}
	begin := time.Now()
	w.gateway.Apply([]record.Applied{{New: record.Record{Path: path, Body: record.PutOf(path, document, "").Body, ETag: "change-" + strconv.Itoa(n)}}})
	return time.Since(begin)
}

// BenchmarkChangeAmongSixtyThousand changes one API among 3,000 with 60,000 operations.
func BenchmarkChangeAmongSixtyThousand(b *testing.B) {
	w := newWorld(b, nil)
	many(w)
	b.ResetTimer()
	for i := range b.N {
		w.change(i)
	}
}

// BenchmarkMatchAmongSixtyThousand finds one of 60,000 operations.
func BenchmarkMatchAmongSixtyThousand(b *testing.B) {
	w := newWorld(b, nil)
	many(w)
	x := &policy.Exchange{Request: policy.Request{Method: "GET", Scheme: "http", Path: "/suite/a1234/things/17/parts13/x"}}
	b.ReportAllocs()
	for b.Loop() {
		r := route{snapshot: w.gateway.snapshot.Load()}
		x.Matched = x.Matched[:0]
		if err := w.gateway.match(x, &r); err != nil {
			b.Fatal(err)
		}
	}
	if x.OperationID != "o13" {
		b.Fatal(x.OperationID)
	}
}

// TestChangesFailNoCall changes the configuration while calls go on: none fails.
func TestChangesFailNoCall(t *testing.T) {
	w := newWorld(t, nil)
	many(w)
	var done atomic.Bool
	var calls atomic.Int64
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for i := 0; !done.Load(); i++ {
				res, err := w.server.Client().Get(fmt.Sprintf("%s/suite/a7/things/%d/parts%d/x", w.server.URL, i, i%operationsEach))
				if err != nil {
					t.Error(err)
					return
				}
				_, err = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
				if err != nil || res.StatusCode != http.StatusOK {
					t.Errorf("call %d: %d, %v", i, res.StatusCode, err)
					return
				}
				calls.Add(1)
			}
		})
	}
	for i := range 60 {
		for before := calls.Load(); calls.Load() < before+10 && !t.Failed(); {
			time.Sleep(time.Millisecond) // changes come between calls
		}
		w.change(i)
	}
	done.Store(true)
	clients.Wait()
	if calls.Load() < 600 {
		t.Errorf("%d calls were made", calls.Load())
	}
}
