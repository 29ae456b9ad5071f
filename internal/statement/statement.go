// Package statement says what a subscription used in a month and what that costs
// by its product's pricing plan. The calls are those of the reports, which the
// gateway counts beside the quotas. Nothing is paid here.
package statement

import (
	"context"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/secret"
	"portico/internal/usage"
)

// Counter counts the calls of subscriptions; usage.Ledger is one.
type Counter interface {
	// Statement gives, by subscription, the calls that arrived within [from, to),
	// whole days of UTC; subscription "" is all.
	Statement(ctx context.Context, subscription string, from, to time.Time) ([]usage.ReportRecord, error)
}

// Month is a calendar month in UTC, "2026-11".
type Month struct{ begin time.Time }

const monthForm = "2006-01"

// ParseMonth reads a month. The error is a fault for the user.
func ParseMonth(text string) (Month, error) {
	begin, err := time.Parse(monthForm, text)
	if err != nil || len(text) != len(monthForm) {
		return Month{}, catalog.Incorrect().With(catalog.CodeValidation, "month", "%q is not a month such as 2026-11.", text)
	}
	return Month{begin}, nil
}

// MonthOf is the month of a time.
func MonthOf(t time.Time) Month {
	t = t.UTC()
	return Month{time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)}
}

// String is its name.
func (m Month) String() string { return m.begin.Format(monthForm) }

// Next is the month after.
func (m Month) Next() Month { return Month{m.begin.AddDate(0, 1, 0)} }

// Statement is one subscription's month.
type Statement struct {
	Month          string `json:"month"`
	SubscriptionID string `json:"subscriptionId"` // a record's path
	DisplayName    string `json:"displayName"`
	OwnerID        string `json:"ownerId,omitempty"`
	ProductID      string `json:"productId,omitempty"`
	ProductName    string `json:"productName,omitempty"`
	Complete       bool   `json:"complete"` // the month is over
	CallCountTotal int64  `json:"callCountTotal"`
	// CallCountBlocked are calls that a key, a limit or a quota refused: they are not billed.
	CallCountBlocked int64         `json:"callCountBlocked"`
	CallCountBilled  int64         `json:"callCountBilled"`
	Bandwidth        int64         `json:"bandwidth"` // bytes
	PlanText         string        `json:"planText,omitempty"`
	Currency         string        `json:"currency,omitempty"` // "" where the product has no plan
	IncludedCalls    int64         `json:"includedCalls"`
	CallsBeyond      int64         `json:"callsBeyond"`
	Price            catalog.Money `json:"price"`
	PriceBeyond      catalog.Money `json:"priceBeyond"`
	AmountBeyond     catalog.Money `json:"amountBeyond"`
	Amount           catalog.Money `json:"amount"`
}

// Maker makes statements.
type Maker struct {
	Records record.Store
	Keys    *secret.Keeper
	Calls   Counter
	Now     func() time.Time
}

// Of is the statement of one subscription; fault.NotFound where there is none.
func (m Maker) Of(ctx context.Context, subscription string, month Month) (Statement, error) {
	rec, err := m.Records.Get(ctx, access.SubscriptionPath(subscription))
	if fault.Is(err, fault.NotFound) {
		return Statement{}, fault.New(fault.NotFound, "Subscription not found: %s.", subscription)
	}
	if err != nil {
		return Statement{}, err
	}
	name := record.Name(rec.Path)
	calls, err := m.Calls.Statement(ctx, name, month.begin, month.Next().begin)
	if err != nil {
		return Statement{}, err
	}
	return m.of(ctx, rec, month, sum(calls)[record.Key(rec.Path)])
}

// All are the statements of every subscription that there was in a month, in order of creation.
func (m Maker) All(ctx context.Context, month Month) ([]Statement, error) {
	recs, err := m.Records.List(ctx, access.Subscriptions)
	if err != nil {
		return nil, err
	}
	calls, err := m.Calls.Statement(ctx, "", month.begin, month.Next().begin)
	if err != nil {
		return nil, err
	}
	used := sum(calls)
	all := []Statement{}
	for _, rec := range recs {
		s, err := m.of(ctx, rec, month, used[record.Key(rec.Path)])
		if err != nil {
			return nil, err
		}
		if rec.Created.Before(month.Next().begin) {
			all = append(all, s)
		}
	}
	return all, nil
}

// sum adds the lines of each subscription, by its path's key: it may have changed its owner or product.
func sum(lines []usage.ReportRecord) map[string]usage.ReportRecord {
	sums := map[string]usage.ReportRecord{}
	for _, l := range lines {
		key := record.Key(l.SubscriptionID)
		s := sums[key]
		s.CallCountTotal += l.CallCountTotal
		s.CallCountBlocked += l.CallCountBlocked
		s.Bandwidth += l.Bandwidth
		sums[key] = s
	}
	return sums
}

func (m Maker) of(ctx context.Context, rec record.Record, month Month, used usage.ReportRecord) (Statement, error) {
	sub, err := access.LoadSubscription(m.Keys, rec)
	if err != nil {
		return Statement{}, err
	}
	s := Statement{
		Month: month.String(), SubscriptionID: rec.Path, DisplayName: sub.DisplayName, OwnerID: sub.OwnerID, Complete: !m.Now().Before(month.Next().begin),
		CallCountTotal: used.CallCountTotal, CallCountBlocked: used.CallCountBlocked, CallCountBilled: used.CallCountTotal - used.CallCountBlocked, Bandwidth: used.Bandwidth,
	}
	product := sub.ScopeProduct()
	if product == "" {
		return s, nil
	}
	p, prec, err := record.Get[catalog.Product](ctx, m.Records, catalog.ProductPath(product))
	if err != nil {
		return s, err
	}
	s.ProductID, s.ProductName = prec.Path, p.DisplayName
	plan, _, err := record.Get[catalog.PricingPlan](ctx, m.Records, catalog.PricingPlanPath(record.Name(prec.Path)))
	if fault.Is(err, fault.NotFound) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	s.bill(plan.At(month.begin), sub.CreatedDate.Before(month.Next().begin) && !endedBefore(sub, month.begin))
	return s, nil
}

// endedBefore tells whether a subscription was given up before a time.
func endedBefore(s access.Subscription, t time.Time) bool {
	return !strings.EqualFold(string(s.State), string(access.Active)) && s.EndDate != nil && s.EndDate.Before(t)
}

// bill works out what the calls cost; there tells whether the subscription existed in the month.
func (s *Statement) bill(p catalog.PricingPlan, there bool) {
	s.PlanText, s.Currency, s.IncludedCalls, s.PriceBeyond = p.Text, p.Currency, p.IncludedCalls, p.PriceBeyond
	if there {
		s.Price = p.Price
	}
	s.CallsBeyond = max(0, s.CallCountBilled-p.IncludedCalls)
	s.AmountBeyond = p.PriceBeyond.Times(s.CallsBeyond)
	s.Amount = s.Price + s.AmountBeyond
}
