package limits

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"portico/internal/fault"
	"portico/internal/limit"
)

// Counters are the counters of quota-by-key, as the management API reads and sets them.
type Counters struct{ Quotas limit.Counters }

// Counter is what one key has used in the current period. A policy that counts
// calls, or bandwidth, alone leaves the other 0.
type Counter struct {
	Key        string
	Period     string // names the period: "12_P1D" is the twelfth day since 1970
	Start, End time.Time
	Calls      int64
	Kilobytes  float64
}

// Get gives the counter of a key; fault.NotFound where nothing was counted.
func (c Counters) Get(ctx context.Context, key string) (Counter, error) {
	out := Counter{Key: key}
	found := false
	for _, policy := range []string{CallsByKey, BytesByKey} {
		u, ok, err := c.Quotas.Usage(ctx, limit.Key{Policy: policy, Counted: key})
		if err != nil {
			return out, err
		}
		if !ok {
			continue
		}
		found = true
		out.Start, out.End, out.Period = u.Start, u.Start.Add(u.Period), periodKey(u)
		if u.Period <= 0 {
			out.End = endless
		}
		if policy == CallsByKey {
			out.Calls = u.Used
		} else {
			out.Kilobytes = float64(u.Used) / kilobyte
		}
	}
	if !found {
		return out, fault.New(fault.NotFound, "No quota has counted the key %q.", key)
	}
	return out, nil
}

// Set makes the counter of a key say so many calls and kilobytes; nil leaves
// what it has. It gives the counter as it is then.
func (c Counters) Set(ctx context.Context, key string, calls *int64, kilobytes *float64) (Counter, error) {
	if _, err := c.Get(ctx, key); err != nil {
		return Counter{}, err
	}
	if calls != nil {
		if _, err := c.Quotas.Set(ctx, limit.Key{Policy: CallsByKey, Counted: key}, *calls); err != nil {
			return Counter{}, err
		}
	}
	if kilobytes != nil {
		if _, err := c.Quotas.Set(ctx, limit.Key{Policy: BytesByKey, Counted: key}, int64(math.Round(*kilobytes*kilobyte))); err != nil {
			return Counter{}, err
		}
	}
	return c.Get(ctx, key)
}

// endless is the end of a period that has none, as .NET writes it.
var endless = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// periodKey names a period by its number since 1970 and its length (ISO 8601).
func periodKey(u limit.Usage) string {
	if u.Period <= 0 {
		return "0_P0D"
	}
	seconds := int64(u.Period / time.Second)
	const day = 24 * 60 * 60
	length := "P"
	if days := seconds / day; days > 0 {
		length += strconv.FormatInt(days, 10) + "D"
	}
	if rest := seconds % day; rest > 0 || seconds == 0 {
		length += "T"
		for _, unit := range []struct {
			seconds int64
			name    string
		}{{3600, "H"}, {60, "M"}, {1, "S"}} {
			if n := rest / unit.seconds; n > 0 {
				length += strconv.FormatInt(n, 10) + unit.name
				rest %= unit.seconds
			}
		}
	}
	return fmt.Sprintf("%d_%s", u.Start.Unix()/max(1, seconds), length)
}
