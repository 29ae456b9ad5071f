package policy

import "portico/internal/cache"

// cacheLookupValue puts a kept value into a variable: the default value, or
// null, where there is none.
func cacheLookupValue() declaration {
	return declaration{
		element: element{
			name: "cache-lookup-value",
			attributes: []attribute{
				{name: "key", required: true, kind: filled},
				{name: "variable-name", required: true, kind: filled},
				{name: "default-value"},
				{name: "caching-type", kind: enumeration, values: cachingTypes},
			},
		},
		sections: everySection,
		scopes:   everyScope,
		compile: func(c *compiler, e *Element) Action {
			_, otherwise := e.Attr("default-value")
			return &lookingUpValue{cache: c.services.Cache, key: c.value(e, "key", ""), variable: c.value(e, "variable-name", ""),
				otherwise: c.value(e, "default-value", ""), hasDefault: otherwise}
		},
	}
}

type lookingUpValue struct {
	cache                    cache.Cache
	key, variable, otherwise Value
	hasDefault               bool
}

func (l *lookingUpValue) Do(x *Exchange) error {
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
func valueKey(x *Exchange, key Value) (string, error) {
	text, err := key.Text(x)
	if err == nil && text == "" {
		err = evaluation("the key of a cached value is empty")
	}
	return "value " + text, err
}
