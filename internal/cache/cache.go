// Package cache keeps values for a time, within a budget of bytes: responses and
// the values that policies store.
package cache

import (
	"context"
	"time"

	"portico/internal/fault"
)

// The longest key and value, in bytes. API Management has the same limit for values (apim.md 1.1).
const (
	MaxKey   = 4 << 10
	MaxValue = 2 << 20
)

// Cache keeps values under keys. It is safe for concurrent use. What it holds
// may go at any time; what is gone or too old is not found.
type Cache interface {
	// Get gives a key's value, which nobody may change, and how long it will
	// still be there. It fails with fault.Unavailable when the cache cannot be reached.
	Get(ctx context.Context, key string) (value []byte, left time.Duration, ok bool, err error)
	// Set keeps a value for that long. It fails with fault.TooLarge beyond MaxKey
	// and MaxValue, and with fault.Unavailable when the cache cannot be reached.
	Set(ctx context.Context, key string, value []byte, keep time.Duration) error
	// Remove forgets a key. It fails with fault.Unavailable when the cache cannot be reached.
	Remove(ctx context.Context, key string) error
}

// check tells whether a value may be kept.
func check(key string, value []byte) error {
	if len(key) > MaxKey {
		return fault.New(fault.TooLarge, "The cache key has %d bytes; the limit is %d.", len(key), MaxKey)
	}
	if len(value) > MaxValue {
		return fault.New(fault.TooLarge, "The value has %d bytes; a cached value may have %d.", len(value), MaxValue)
	}
	return nil
}
