package policy

import (
	"time"

	"portico/internal/cache"
)

// cacheStoreValue keeps a value under a key.
func cacheStoreValue() declaration {
	return declaration{
		element: element{
			name: "cache-store-value",
			attributes: []attribute{
				{name: "key", required: true, kind: filled},
				{name: "value", required: true},
				{name: "duration", required: true, kind: integer, max: maxCacheSeconds, lenient: true},
				{name: "caching-type", kind: enumeration, values: cachingTypes},
			},
		},
		sections: everySection,
		scopes:   everyScope,
		compile: func(c *compiler, e *Element) Action {
			return &storingValue{cache: c.services.Cache, key: c.value(e, "key", ""), value: c.value(e, "value", ""), seconds: c.value(e, "duration", "0")}
		},
	}
}

type storingValue struct {
	cache               cache.Cache
	key, value, seconds Value
}

func (s *storingValue) Do(x *Exchange) error {
	key, err := valueKey(x, s.key)
	if err != nil {
		return err
	}
	value, err := s.value.Result(x)
	if err != nil {
		return err
	}
	seconds, err := s.seconds.Int(x)
	if err != nil {
		return err
	}
	return store(x, s.cache, key, value, seconds)
}

// store keeps a value. What cannot be kept is no error of the call: what is kept may go at any time.
func store(x *Exchange, c cache.Cache, key string, value any, seconds int64) error {
	stored, err := storedForm(value)
	if err != nil {
		return err
	}
	if c == nil {
		return nil
	}
	if err := c.Set(x.Context, key, stored, time.Duration(min(seconds, maxCacheSeconds))*time.Second); err != nil {
		x.Note(map[string]any{"message": "The value is not kept: " + err.Error()})
	}
	return nil
}

// lookup finds a kept value, and how long it will still be there.
func lookup(x *Exchange, c cache.Cache, key string) (value any, left time.Duration, ok bool) {
	if c == nil {
		return nil, 0, false
	}
	stored, left, ok, err := c.Get(x.Context, key)
	if err != nil {
		x.Note(map[string]any{"message": "The cache cannot be reached."})
		return nil, 0, false
	}
	if ok {
		value, ok = fromStoredForm(stored)
	}
	x.Note(map[string]any{"hit": ok})
	return value, left, ok
}
