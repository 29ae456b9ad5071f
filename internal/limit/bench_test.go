package limit

import (
	"context"
	"testing"
	"time"
)

func BenchmarkRateTake(b *testing.B) {
	m := NewMemoryRates(time.Now)
	k, r := Key{"/products/starter/policies/policy", "subscription"}, Rate{Calls: 1 << 40, Period: time.Minute}
	b.ReportAllocs()
	for b.Loop() {
		if got, err := m.Take(context.Background(), k, r); err != nil || !got.OK {
			b.Fatal(got, err)
		}
	}
}
