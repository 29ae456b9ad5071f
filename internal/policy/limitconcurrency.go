package policy

import (
	"math"

	"portico/internal/limit"
)

// limitConcurrency lets so many calls of a key be in its policies at the same time.
func limitConcurrency() declaration {
	return declaration{
		element: element{
			name: "limit-concurrency",
			attributes: []attribute{
				{name: "key", required: true, kind: filled},
				{name: "max-count", required: true, kind: integer, min: 1, max: math.MaxInt32},
			},
			holds: anyPolicy,
		},
		sections: everySection,
		scopes:   everyScope,
		compile: func(c *compiler, e *Element) Action {
			return &limitingConcurrency{slots: c.services.Slots, key: c.value(e, "key", ""), most: c.value(e, "max-count", ""), steps: c.steps(e)}
		},
	}
}

type limitingConcurrency struct {
	slots     limit.Slots
	key, most Value
	steps     Steps
}

func (l *limitingConcurrency) Do(x *Exchange) error {
	key, err := l.key.Text(x)
	if err != nil {
		return err
	}
	most, err := l.most.bounded(x, 1, math.MaxInt32)
	if err != nil {
		return err
	}
	k := limit.Key{Policy: "limit-concurrency", Counted: key}
	ok, err := l.slots.Take(x.Context, k, most)
	if err != nil {
		return &Error{Status: 500, Detail: "The call could not be counted.", Err: err}
	}
	if !ok {
		return &Error{Status: 429, Reason: "ConcurrencyLimitExceeded", Message: "Concurrency limit is exceeded. Try again later.", Detail: "Concurrency limit is exceeded"}
	}
	defer l.slots.Release(x.Context, k)
	return l.steps.Run(x)
}
