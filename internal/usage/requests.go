package usage

import (
	"context"
	"slices"
	"strconv"
	"time"
)

// RequestRecord is one call in a report: RequestReportRecordContract (apim.md
// 5.3). Times are milliseconds, sizes bytes.
type RequestRecord struct {
	APIID               string    `json:"apiId,omitempty"`
	OperationID         string    `json:"operationId,omitempty"`
	ProductID           string    `json:"productId,omitempty"`
	UserID              string    `json:"userId,omitempty"`
	Method              string    `json:"method"`
	URL                 string    `json:"url"`
	IPAddress           string    `json:"ipAddress"`
	BackendResponseCode string    `json:"backendResponseCode"`
	ResponseCode        int       `json:"responseCode"`
	ResponseSize        int64     `json:"responseSize"`
	Timestamp           time.Time `json:"timestamp"`
	Cache               string    `json:"cache"`
	APITime             float64   `json:"apiTime"`
	ServiceTime         float64   `json:"serviceTime"`
	APIRegion           string    `json:"apiRegion,omitempty"`
	SubscriptionID      string    `json:"subscriptionId,omitempty"`
	RequestID           string    `json:"requestId"`
	RequestSize         int64     `json:"requestSize"`
}

// Report is the call as a line of the report of single calls.
func (c *Call) Report() RequestRecord {
	r := RequestRecord{
		APIID: path("/apis/", c.API), OperationID: operationPath(c.API, c.Operation), ProductID: path("/products/", c.Product), UserID: userPath(c.User),
		Method: c.Method, URL: c.URL, IPAddress: c.IP, ResponseCode: c.Status, ResponseSize: c.ResponseBytes, Timestamp: c.Time, Cache: c.Cache,
		APITime: milliseconds(c.Elapsed), ServiceTime: milliseconds(c.BackendElapsed), SubscriptionID: path("/subscriptions/", c.Subscription),
		RequestID: c.RequestID, RequestSize: c.RequestBytes,
	}
	if c.BackendStatus != 0 {
		r.BackendResponseCode = strconv.Itoa(c.BackendStatus)
	}
	return r
}

// Page is a part of the calls that a query selects, the newest first.
type Page struct {
	Calls []Call
	More  bool // there are older ones
}

// Requests gives single calls that arrived within [q.From, q.To) and match
// q.Filter, the newest first, after the first skip of them. Calls that are
// older than the budget of bytes or age allows are gone.
func (l *Ledger) Requests(ctx context.Context, q Query, skip, top int) (Page, error) {
	l.mu.Lock()
	err := l.collectLocked()
	l.tell(err)
	files := l.segments.all()
	l.mu.Unlock()

	var page Page
	for _, g := range slices.Backward(files) {
		if err := ctx.Err(); err != nil {
			return Page{}, err
		}
		if !q.From.IsZero() && (g.ended.Before(q.From) || g.known && g.last.Before(q.From)) || !q.To.IsZero() && g.known && !g.first.Before(q.To) {
			continue
		}
		matched, err := l.scan(g, q)
		if err != nil {
			return Page{}, err
		}
		for _, c := range slices.Backward(matched) {
			switch {
			case skip > 0:
				skip--
			case len(page.Calls) == top:
				page.More = true
				return page, nil
			default:
				page.Calls = append(page.Calls, c)
			}
		}
	}
	return page, nil
}

// scan gives the calls of one file that the query selects, in order of arrival.
func (l *Ledger) scan(g segment, q Query) ([]Call, error) {
	var matched []Call
	var first, last time.Time
	err := l.segments.read(g, 0, func(c *Call) {
		if first.IsZero() || c.Time.Before(first) {
			first = c.Time
		}
		if c.Time.After(last) {
			last = c.Time
		}
		d := Dimensions{Listener: c.Listener, API: c.API, Operation: c.Operation, Product: c.Product, Subscription: c.Subscription, User: c.User}
		if (q.From.IsZero() || !c.Time.Before(q.From)) && (q.To.IsZero() || c.Time.Before(q.To)) && d.matches(q.Filter) {
			matched = append(matched, *c)
		}
	})
	l.mu.Lock()
	l.segments.learn(g.number, first, last)
	l.mu.Unlock()
	slices.SortStableFunc(matched, func(a, b Call) int { return a.Time.Compare(b.Time) })
	return matched, err
}
