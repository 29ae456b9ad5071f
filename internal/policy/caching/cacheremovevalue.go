package caching

import (
	"portico/internal/cache"
	"portico/internal/policy"
	"portico/internal/policy/document"
)

// CacheRemoveValue forgets a kept value.
func CacheRemoveValue() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name:       "cache-remove-value",
			Attributes: []policy.Attribute{{Name: "key", Required: true, Kind: policy.Filled}, {Name: "caching-type", Kind: policy.Enumeration, Values: cachingTypes}},
		},
		Sections: policy.EverySection,
		Scopes:   policy.EveryScope,
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			return &removingValue{cache: c.Services.Cache, key: c.Value(e, "key", "")}
		},
	}
}

type removingValue struct {
	cache cache.Cache
	key   policy.Value
}

func (r *removingValue) Do(x *policy.Exchange) error {
	key, err := valueKey(x, r.key)
	if err != nil || r.cache == nil {
		return err
	}
	if err := r.cache.Remove(x.Context, key); err != nil {
		return &policy.Error{Status: 500, Detail: "The cached value could not be removed.", Err: err}
	}
	return nil
}
