package gateway

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"portico/internal/catalog"
	"portico/internal/policy"
)

// pool shares calls among backends: those of the lowest priority number while
// one of them is available, by weight, in a fixed rotation.
type pool struct {
	mu    sync.Mutex
	tiers [][]*poolMember // by priority
}

type poolMember struct {
	id     string // in lower case
	weight int
	credit int // what the rotation owes it
}

func newPool(p *catalog.BackendPool) *pool {
	services := slices.Clone(p.Services)
	slices.SortStableFunc(services, func(a, b catalog.BackendPoolItem) int {
		return cmp.Compare(number(a.Priority, 0), number(b.Priority, 0))
	})
	out, last := &pool{}, -1
	for _, s := range services {
		if n := number(s.Priority, 0); n != last {
			out.tiers, last = append(out.tiers, nil), n
		}
		if w := number(s.Weight, 1); w > 0 {
			tier := &out.tiers[len(out.tiers)-1]
			*tier = append(*tier, &poolMember{id: strings.ToLower(s.Name()), weight: w})
		}
	}
	return out
}

func number(n *int, otherwise int) int {
	if n == nil {
		return otherwise
	}
	return *n
}

// choose gives the service whose turn it is among those whose circuit is closed.
func (p *pool) choose(id string, s entities) (*entity, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var soonest time.Duration
	for _, tier := range p.tiers {
		var best *poolMember
		total := 0
		for _, m := range tier {
			e := s.backends[m.id]
			if e == nil || e.pool != nil {
				continue
			}
			if wait := e.openFor(); wait > 0 {
				if soonest == 0 || wait < soonest {
					soonest = wait
				}
				continue
			}
			m.credit += m.weight
			total += m.weight
			if best == nil || m.credit > best.credit {
				best = m
			}
		}
		if best != nil {
			best.credit -= total
			return s.backends[best.id], nil
		}
	}
	if soonest > 0 {
		return nil, circuitOpen(id, soonest)
	}
	return nil, &policy.Error{Status: 500, Reason: "BackendNotFound", Detail: "The pool " + id + " has no backend that exists."}
}
