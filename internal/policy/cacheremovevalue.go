package policy

import "portico/internal/cache"

// cacheRemoveValue forgets a kept value.
func cacheRemoveValue() declaration {
	return declaration{
		element: element{
			name:       "cache-remove-value",
			attributes: []attribute{{name: "key", required: true, kind: filled}, {name: "caching-type", kind: enumeration, values: cachingTypes}},
		},
		sections: everySection,
		scopes:   everyScope,
		compile: func(c *compiler, e *Element) Action {
			return &removingValue{cache: c.services.Cache, key: c.value(e, "key", "")}
		},
	}
}

type removingValue struct {
	cache cache.Cache
	key   Value
}

func (r *removingValue) Do(x *Exchange) error {
	key, err := valueKey(x, r.key)
	if err != nil || r.cache == nil {
		return err
	}
	if err := r.cache.Remove(x.Context, key); err != nil {
		return &Error{Status: 500, Detail: "The cached value could not be removed.", Err: err}
	}
	return nil
}
