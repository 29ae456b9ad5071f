package caching

import (
	"time"

	"portico/internal/cache"
	"portico/internal/policy"
	"portico/internal/policy/document"
)

// CacheStoreValue keeps a value under a key.
func CacheStoreValue() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name: "cache-store-value",
			Attributes: []policy.Attribute{
				{Name: "key", Required: true, Kind: policy.Filled},
				{Name: "value", Required: true},
				{Name: "duration", Required: true, Kind: policy.Integer, Max: maxCacheSeconds, Lenient: true},
				{Name: "caching-type", Kind: policy.Enumeration, Values: cachingTypes},
			},
		},
		Sections: policy.EverySection,
		Scopes:   policy.EveryScope,
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			return &storingValue{cache: c.Services.Cache, key: c.Value(e, "key", ""), value: c.Value(e, "value", ""), seconds: c.Value(e, "duration", "0")}
		},
	}
}

type storingValue struct {
	cache               cache.Cache
	key, value, seconds policy.Value
}

func (s *storingValue) Do(x *policy.Exchange) error {
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
func store(x *policy.Exchange, c cache.Cache, key string, value any, seconds int64) error {
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
func lookup(x *policy.Exchange, c cache.Cache, key string) (value any, left time.Duration, ok bool) {
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
