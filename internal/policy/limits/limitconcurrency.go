package limits

import (
	"math"

	"portico/internal/limit"
	"portico/internal/policy"
	"portico/internal/policy/document"
)

// LimitConcurrency lets so many calls of a key be in its policies at the same time.
func LimitConcurrency() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name: "limit-concurrency",
			Attributes: []policy.Attribute{
				{Name: "key", Required: true, Kind: policy.Filled},
				{Name: "max-count", Required: true, Kind: policy.Integer, Min: 1, Max: math.MaxInt32},
			},
			Holds: policy.AnyPolicy,
		},
		Sections: policy.EverySection,
		Scopes:   policy.EveryScope,
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			return &limitingConcurrency{slots: c.Services.Slots, key: c.Value(e, "key", ""), most: c.Value(e, "max-count", ""), steps: c.Steps(e)}
		},
	}
}

type limitingConcurrency struct {
	slots     limit.Slots
	key, most policy.Value
	steps     policy.Steps
}

func (l *limitingConcurrency) Do(x *policy.Exchange) error {
	key, err := l.key.Text(x)
	if err != nil {
		return err
	}
	most, err := l.most.Bounded(x, 1, math.MaxInt32)
	if err != nil {
		return err
	}
	k := limit.Key{Policy: "limit-concurrency", Counted: key}
	ok, err := l.slots.Take(x.Context, k, most)
	if err != nil {
		return &policy.Error{Status: 500, Detail: "The call could not be counted.", Err: err}
	}
	if !ok {
		return &policy.Error{Status: 429, Reason: "ConcurrencyLimitExceeded", Message: "Concurrency limit is exceeded. Try again later.", Detail: "Concurrency limit is exceeded"}
	}
	defer l.slots.Release(x.Context, k)
	return l.steps.Run(x)
}
