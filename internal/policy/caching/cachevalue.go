package caching

import (
	"errors"
	"slices"
	"sync"
	"time"

	"portico/internal/cache"
	"portico/internal/policy"
	"portico/internal/policy/document"
)

// CacheValue puts a kept value into a variable. Where there is none, the
// policies inside set the variable, and what they set is kept. A value that is
// due for a refresh is replaced by one call, while the others still use it.
func CacheValue() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name: "cache-value",
			Attributes: []policy.Attribute{
				{Name: "key", Required: true, Kind: policy.Filled},
				{Name: "variable-name", Required: true, Kind: policy.Filled},
				{Name: "expires-after", Kind: policy.Integer, Min: 1, Max: maxCacheSeconds},
				{Name: "refresh-after", Kind: policy.Integer, Min: 1, Max: maxCacheSeconds},
				{Name: "default-value"},
				{Name: "caching-type", Kind: policy.Enumeration, Values: cachingTypes},
			},
			Children: []policy.Form{{Name: "value", Holds: policy.AnyPolicy}}, // the policies may stand in it, or beside it
			Holds:    policy.AnyPolicy,
		},
		Sections: policy.EverySection,
		Scopes:   policy.EveryScope,
		Check: func(v *policy.Validator, e *document.Element) {
			if len(e.Children) > 1 && slices.ContainsFunc(e.Children, func(c *document.Element) bool { return c.Name == "value" }) {
				v.Problem(e, "Beside <value>, nothing else may stand inside.")
			}
		},
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			k := &keepingValue{cache: c.Services.Cache, key: c.Value(e, "key", ""), variable: c.Value(e, "variable-name", ""),
				expires: c.Value(e, "expires-after", "3600"), refresh: c.Value(e, "refresh-after", "0"), otherwise: c.Value(e, "default-value", ""), steps: stepsOf(c, e)}
			_, k.hasDefault = e.Attr("default-value")
			return k
		},
	}
}

// stepsOf are the policies that make the value.
func stepsOf(c *policy.Builder, e *document.Element) policy.Steps {
	for _, child := range e.Children {
		if child.Name == "value" {
			return c.Within("value", 1).Steps(child)
		}
	}
	return c.Steps(e)
}

type keepingValue struct {
	cache                                      cache.Cache
	key, variable, expires, refresh, otherwise policy.Value
	hasDefault                                 bool
	steps                                      policy.Steps
	refreshing                                 sync.Map // keys that a call is making anew
}

func (k *keepingValue) Do(x *policy.Exchange) error {
	key, err := valueKey(x, k.key)
	if err != nil {
		return err
	}
	name, err := k.variable.Text(x)
	if err != nil {
		return err
	}
	expires, err := k.expires.Int(x)
	if err != nil {
		return err
	}
	refresh, err := k.refresh.Int(x)
	if err != nil {
		return err
	}
	value, left, ok := lookup(x, k.cache, key)
	if !ok {
		return k.fill(x, key, name, expires)
	}
	x.SetVariable(name, value)
	age := time.Duration(expires)*time.Second - left
	if refresh <= 0 || age < time.Duration(refresh)*time.Second {
		return nil
	}
	if _, taken := k.refreshing.LoadOrStore(key, true); taken {
		return nil
	}
	defer k.refreshing.Delete(key)
	if err := k.make(x, key, name, expires); errors.Is(err, policy.ErrAnswered) {
		return err
	} else if err != nil {
		x.SetVariable(name, value) // the old one is better than none
		x.Note(map[string]any{"message": "The value could not be refreshed: " + err.Error()})
	}
	return nil
}

// fill makes the value that is missing, or takes the default.
func (k *keepingValue) fill(x *policy.Exchange, key, name string, expires int64) error {
	err := k.make(x, key, name, expires)
	if err == nil || errors.Is(err, policy.ErrAnswered) || !k.hasDefault {
		return err
	}
	x.Note(map[string]any{"message": "The default is used: " + err.Error()})
	value, err := k.otherwise.Result(x)
	x.SetVariable(name, value)
	return err
}

// make has the policies inside set the variable, and keeps what they set.
func (k *keepingValue) make(x *policy.Exchange, key, name string, expires int64) error {
	delete(x.Variables, name)
	if err := k.steps.Run(x); err != nil {
		return err
	}
	value, set := x.Variables[name]
	if !set {
		return &policy.Error{Status: 500, Detail: "The policies inside of <cache-value> did not set the variable '" + name + "'."}
	}
	return store(x, k.cache, key, value, expires)
}
