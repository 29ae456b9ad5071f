package cache

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"portico/internal/fault"
)

func TestMemoryKeepsValuesForTheirTime(t *testing.T) {
	now, ctx := time.Unix(0, 0), context.Background()
	m := NewMemory(1<<20, func() time.Time { return now })
	if err := m.Set(ctx, "a", []byte("1"), time.Minute); err != nil {
		t.Fatal(err)
	}
	now = now.Add(59 * time.Second)
	if v, left, ok, _ := m.Get(ctx, "a"); !ok || string(v) != "1" || left != time.Second {
		t.Errorf("%q, %v left, there is %v", v, left, ok)
	}
	now = now.Add(time.Second)
	if _, _, ok, _ := m.Get(ctx, "a"); ok {
		t.Error("a value that is too old was found")
	}
	for _, v := range []string{"1", "2"} {
		if err := m.Set(ctx, "a", []byte(v), time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if v, _, _, _ := m.Get(ctx, "a"); string(v) != "2" {
		t.Errorf("%q", v)
	}
	if err := m.Remove(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	if _, _, ok, _ := m.Get(ctx, "a"); ok {
		t.Error("a removed value was found")
	}
}

func TestMemoryRefusesWhatIsTooLarge(t *testing.T) {
	m := NewMemory(0, time.Now)
	for name, err := range map[string]error{
		"value": m.Set(context.Background(), "a", make([]byte, MaxValue+1), time.Minute),
		"key":   m.Set(context.Background(), string(make([]byte, MaxKey+1)), nil, time.Minute),
	} {
		if !fault.Is(err, fault.TooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := m.Set(context.Background(), string(make([]byte, MaxKey)), make([]byte, MaxValue), time.Minute); err != nil {
		t.Errorf("the largest value: %v", err)
	}
}

func TestMemoryStaysWithinItsBudget(t *testing.T) {
	const budget = 64 << 20
	ctx := context.Background()
	m := NewMemory(budget, time.Now)
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			for i := range 2000 {
				key := fmt.Sprint(g, "-", i)
				if err := m.Set(ctx, key, make([]byte, 64<<10), time.Hour); err != nil {
					t.Error(err)
				}
				if _, _, ok, _ := m.Get(ctx, "keep"); !ok {
					if err := m.Set(ctx, "keep", nil, time.Hour); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wait.Wait()
	var used int64
	for i := range m.shards {
		s := &m.shards[i]
		for _, e := range s.entries {
			used += e.cost()
		}
		if s.left < 0 {
			t.Errorf("shard %d is %d bytes over its budget", i, -s.left)
		}
	}
	if used > budget || used < budget/2 {
		t.Errorf("%d bytes are used of %d", used, budget)
	}
	if _, _, ok, _ := m.Get(ctx, "keep"); !ok {
		t.Error("the value in use went before others")
	}
}

func BenchmarkMemory(b *testing.B) {
	ctx := context.Background()
	m := NewMemory(64<<20, time.Now)
	keys := make([]string, 1000)
	for i := range keys {
		keys[i] = fmt.Sprint("key-", i)
		if err := m.Set(ctx, keys[i], make([]byte, 1000), time.Hour); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for i := 0; p.Next(); i++ {
			if _, _, ok, _ := m.Get(ctx, keys[i%len(keys)]); !ok {
				b.Fatal("not there")
			}
		}
	})
}
