package access

import (
	"math"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"portico/internal/fault"
)

// Pace is how fast attempts may come: so many at once, then one every so often.
type Pace struct {
	Burst int
	Every time.Duration
}

// A person who mistypes does not notice these; a program that guesses does. For
// one name the pace is wider, so that a stranger cannot lock its owner out for long.
var (
	PerClient = Pace{10, 30 * time.Second}
	PerName   = Pace{20, 10 * time.Second}
)

// maxBuckets bounds the memory of a throttle, some 100 bytes each.
const maxBuckets = 10_000

// Throttle slows attempts down, by key. The zero value is ready.
type Throttle struct {
	mu      sync.Mutex
	buckets map[string]bucket
}

// bucket is full again at the time that it names; before that, one attempt less
// for each "every" that is missing.
type bucket struct {
	full time.Time
	pace Pace
}

// Take counts an attempt, or returns fault.Throttled where there were too many.
// giveBack uncounts one that succeeded.
func (t *Throttle) Take(key string, p Pace) (giveBack func(), err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	b, ok := t.buckets[key]
	if !ok || b.full.Before(now) {
		b = bucket{full: now, pace: p}
	}
	if wait := b.full.Add(p.Every).Sub(now) - time.Duration(p.Burst)*p.Every; wait > 0 {
		return nil, fault.New(fault.Throttled, "Too many attempts: try again in %.0f seconds.", math.Ceil(wait.Seconds()))
	}
	b.full = b.full.Add(p.Every)
	t.put(key, b, now)
	return func() { t.giveBack(key) }, nil
}

func (t *Throttle) giveBack(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if b, ok := t.buckets[key]; ok {
		b.full = b.full.Add(-b.pace.Every)
		t.buckets[key] = b
	}
}

// put keeps a bucket; at the limit, those that are full go, then the fullest.
func (t *Throttle) put(key string, b bucket, now time.Time) {
	if t.buckets == nil {
		t.buckets = map[string]bucket{}
	}
	if _, ok := t.buckets[key]; !ok && len(t.buckets) >= maxBuckets {
		fullest := ""
		for k, other := range t.buckets {
			if !other.full.After(now) {
				delete(t.buckets, k)
			} else if fullest == "" || other.full.Before(t.buckets[fullest].full) {
				fullest = k
			}
		}
		if len(t.buckets) >= maxBuckets {
			delete(t.buckets, fullest)
		}
	}
	t.buckets[strings.Clone(key)] = b
}

// Client names the machine that sent a request, for slowing down guesses: its
// address, of IPv6 the network that one subscriber usually has.
func Client(r *http.Request) string {
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	ip := addr.Addr().Unmap()
	if ip.Is4() {
		return ip.String()
	}
	network, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return ip.String()
	}
	return network.String()
}
