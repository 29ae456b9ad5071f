package caching

import (
	"portico/internal/cache"
	"portico/internal/policy"
	"portico/internal/policy/document"
)

// CacheLookupValue puts a kept value into a variable: the default value, or
// null, where there is none.
func CacheLookupValue() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name: "cache-lookup-value",
			Attributes: []policy.Attribute{
				{Name: "key", Required: true, Kind: policy.Filled},
				{Name: "variable-name", Required: true, Kind: policy.Filled},
				{Name: "default-value"},
				{Name: "caching-type", Kind: policy.Enumeration, Values: cachingTypes},
			},
		},
		Sections: policy.EverySection,
		Scopes:   policy.EveryScope,
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			_, otherwise := e.Attr("default-value")
			return &lookingUpValue{cache: c.Services.Cache, key: c.Value(e, "key", ""), variable: c.Value(e, "variable-name", ""),
				otherwise: c.Value(e, "default-value", ""), hasDefault: otherwise}
		},
	}
}

type lookingUpValue struct {
	cache                    cache.Cache
	key, variable, otherwise policy.Value
	hasDefault               bool
}

func (l *lookingUpValue) Do(x *policy.Exchange) error {
	key, err := valueKey(x, l.key)
	if err != nil {
		return err
	}
	name, err := l.variable.Text(x)
	if err != nil {
		return err
	}
	value, _, ok := lookup(x, l.cache, key)
	if !ok && l.hasDefault {
		if value, err = l.otherwise.Result(x); err != nil {
			return err
		}
	}
	x.SetVariable(name, value)
	return nil
}

// valueKey is the key under which a value is kept. Documents share values:
// the key is all that tells them apart.
func valueKey(x *policy.Exchange, key policy.Value) (string, error) {
	text, err := key.Text(x)
	if err == nil && text == "" {
		err = policy.ValueError("the key of a cached value is empty")
	}
	return "value " + text, err
}
