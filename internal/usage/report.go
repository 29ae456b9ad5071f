package usage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"portico/internal/fault"
)

// ReportRecord is one line of a report: ReportRecordContract (apim.md 5.3).
// Times are milliseconds. The wire that answers adds the names.
type ReportRecord struct {
	Name             string     `json:"name,omitempty"`
	Timestamp        *time.Time `json:"timestamp,omitempty"`
	Interval         string     `json:"interval,omitempty"` // ISO 8601
	Country          string     `json:"country,omitempty"`
	Region           string     `json:"region,omitempty"`
	Zip              string     `json:"zip,omitempty"`
	UserID           string     `json:"userId,omitempty"`
	ProductID        string     `json:"productId,omitempty"`
	APIID            string     `json:"apiId,omitempty"`
	OperationID      string     `json:"operationId,omitempty"`
	APIRegion        string     `json:"apiRegion,omitempty"`
	SubscriptionID   string     `json:"subscriptionId,omitempty"`
	CallCountSuccess int64      `json:"callCountSuccess"`
	CallCountBlocked int64      `json:"callCountBlocked"`
	CallCountFailed  int64      `json:"callCountFailed"`
	CallCountOther   int64      `json:"callCountOther"`
	CallCountTotal   int64      `json:"callCountTotal"`
	Bandwidth        int64      `json:"bandwidth"`
	CacheHitCount    int64      `json:"cacheHitCount"`
	CacheMissCount   int64      `json:"cacheMissCount"`
	APITimeAvg       float64    `json:"apiTimeAvg"`
	APITimeMin       float64    `json:"apiTimeMin"`
	APITimeMax       float64    `json:"apiTimeMax"`
	ServiceTimeAvg   float64    `json:"serviceTimeAvg"`
	ServiceTimeMin   float64    `json:"serviceTimeMin"`
	ServiceTimeMax   float64    `json:"serviceTimeMax"`
}

// Report sums what the query selects, calls that ended a moment ago included.
// ByTime is in order of time, the others of their ids. A call without the
// report's dimension (one that matched no API, for instance) is on the line
// with the empty id.
func (l *Ledger) Report(ctx context.Context, q Query) ([]ReportRecord, error) {
	if q.By == ByTime && (q.Interval <= 0 || q.Interval%Interval != 0) {
		return nil, fault.New(fault.Invalid, "The interval must be a multiple of %s.", Interval)
	}
	if !q.From.IsZero() {
		q.From = q.From.Truncate(Interval) // an interval counts whole
	}
	return l.sum(ctx, q)
}

// Statement sums, by subscription, the calls that arrived within [from, to),
// whole days of UTC; subscription "" is all. It reaches further back than reports do.
func (l *Ledger) Statement(ctx context.Context, subscription string, from, to time.Time) ([]ReportRecord, error) {
	return l.sum(ctx, Query{By: ByStatement, From: from, To: to, Filter: Dimensions{Listener: "gateway", Subscription: subscription}})
}

func (l *Ledger) sum(ctx context.Context, q Query) ([]ReportRecord, error) {
	kept, err := l.choose(ctx, q)
	if err != nil {
		return nil, err
	}
	lines := map[rollupKey]*Rollup{}
	for i := range kept {
		r := &kept[i]
		key := q.line(r)
		if lines[key] == nil {
			lines[key] = &Rollup{Start: time.Unix(key.start, 0).UTC(), Dimensions: key.Dimensions}
		}
		lines[key].add(r)
	}
	var out []ReportRecord
	for _, r := range sorted(lines) {
		out = append(out, q.record(r))
	}
	return out, nil
}

// choose gives the roll-ups that are kept and those that the store did not get yet.
func (l *Ledger) choose(ctx context.Context, q Query) ([]Rollup, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	collected := l.collectLocked()
	l.tell(collected)
	kept, err := l.config.Store.Usage(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, r := range l.pending {
		if q.selects(r) {
			kept = append(kept, *r)
		}
	}
	return kept, nil
}

// selects tells whether a roll-up is within the query.
func (q Query) selects(r *Rollup) bool {
	return (q.From.IsZero() || !r.Start.Before(q.From)) && (q.To.IsZero() || r.Start.Before(q.To)) && r.Dimensions.matches(q.Filter)
}

// line is what the roll-ups of one line have in common.
func (q Query) line(r *Rollup) rollupKey {
	switch q.By {
	case ByTime:
		return rollupKey{start: r.Start.Truncate(q.Interval).Unix()}
	case ByAPI:
		return rollupKey{Dimensions: Dimensions{API: r.API}}
	case ByOperation:
		return rollupKey{Dimensions: Dimensions{API: r.API, Operation: r.Operation}}
	case ByProduct:
		return rollupKey{Dimensions: Dimensions{Product: r.Product}}
	case BySubscription:
		return rollupKey{Dimensions: Dimensions{Subscription: r.Subscription, Product: r.Product, User: r.User}}
	case ByUser:
		return rollupKey{Dimensions: Dimensions{User: r.User}}
	case ByStatement:
		return rollupKey{Dimensions: Dimensions{Subscription: r.Subscription}}
	case ByGeo:
		return rollupKey{Dimensions: Dimensions{Country: r.Country, Region: r.Region}}
	}
	return rollupKey{}
}

func sorted(lines map[rollupKey]*Rollup) []*Rollup {
	out := make([]*Rollup, 0, len(lines))
	for _, r := range lines {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b *Rollup) int {
		return cmp.Or(a.Start.Compare(b.Start), strings.Compare(a.API, b.API), strings.Compare(a.Operation, b.Operation),
			strings.Compare(a.Product, b.Product), strings.Compare(a.Subscription, b.Subscription), strings.Compare(a.User, b.User),
			strings.Compare(a.Country, b.Country), strings.Compare(a.Region, b.Region))
	})
	return out
}

func (q Query) record(r *Rollup) ReportRecord {
	out := ReportRecord{
		UserID: userPath(r.User), ProductID: path("/products/", r.Product), APIID: path("/apis/", r.API), OperationID: operationPath(r.API, r.Operation),
		Country: r.Country, Region: r.Region,
		SubscriptionID:   path("/subscriptions/", r.Subscription),
		CallCountSuccess: r.Success, CallCountBlocked: r.Blocked, CallCountFailed: r.Failed, CallCountOther: r.Other, CallCountTotal: r.Total(),
		Bandwidth: r.Bandwidth, CacheHitCount: r.CacheHits, CacheMissCount: r.CacheMisses,
	}
	out.APITimeAvg, out.APITimeMin, out.APITimeMax = r.Time.milliseconds()
	out.ServiceTimeAvg, out.ServiceTimeMin, out.ServiceTimeMax = r.Backend.milliseconds()
	if q.By == ByTime {
		out.Timestamp, out.Interval = &r.Start, isoDuration(q.Interval)
	}
	return out
}

func (t Timing) milliseconds() (avg, least, most float64) {
	if t.Count == 0 {
		return 0, 0, 0
	}
	return milliseconds(t.Sum) / float64(t.Count), milliseconds(t.Min), milliseconds(t.Max)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// isoDuration writes a whole number of minutes, such as PT15M.
func isoDuration(d time.Duration) string {
	if d%time.Hour == 0 {
		return fmt.Sprintf("PT%dH", d/time.Hour)
	}
	return fmt.Sprintf("PT%dM", d/time.Minute)
}

func path(collection, id string) string {
	if id == "" {
		return ""
	}
	return collection + id
}

func operationPath(api, operation string) string {
	if operation == "" {
		return ""
	}
	return "/apis/" + api + "/operations/" + operation
}

// userPath is the owner of a subscription, which may be a path already.
func userPath(user string) string {
	if user == "" || strings.HasPrefix(user, "/") {
		return user
	}
	return "/users/" + user
}
