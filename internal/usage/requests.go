package usage

import (
	"cmp"
	"context"
	"math"
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
	sel := q.selection()
	for _, g := range slices.Backward(files) {
		if err := ctx.Err(); err != nil {
			return Page{}, err
		}
		if !q.From.IsZero() && (g.ended.Before(q.From) || g.known && g.last.Before(q.From)) || !q.To.IsZero() && g.known && !g.first.Before(q.To) {
			continue
		}
		l.mu.Lock()
		n, known := l.segments.taken(g.number, sel)
		l.mu.Unlock()
		if known && n <= skip {
			skip -= n
			continue
		}
		content, matched, err := l.scan(g, sel)
		if err != nil {
			return Page{}, err
		}
		if skip >= len(matched) {
			skip -= len(matched)
			continue
		}
		for _, at := range slices.Backward(matched[:len(matched)-skip]) {
			if len(page.Calls) == top {
				page.More = true
				return page, nil
			}
			var c Call
			if _, err := readCall(content[at.offset:], &c); err != nil {
				return Page{}, err
			}
			page.Calls = append(page.Calls, c)
		}
		skip = 0
	}
	return page, nil
}

// found is where a call stands in a file.
type found struct {
	nano   int64 // when it arrived
	offset int
}

// selection is what a query takes of single calls.
func (q Query) selection() selection {
	sel := selection{q.Filter, math.MinInt64, math.MaxInt64}
	if !q.From.IsZero() {
		sel.from = q.From.UnixNano()
	}
	if !q.To.IsZero() {
		sel.to = q.To.UnixNano()
	}
	return sel
}

// scan finds the calls of one file that are selected, in order of arrival.
func (l *Ledger) scan(g segment, sel selection) (content []byte, matched []found, err error) {
	if content, err = l.segments.content(g); err != nil {
		return nil, nil, err
	}
	filter := sel.filter.texts()
	first, last := int64(math.MaxInt64), int64(math.MinInt64)
	for offset := 0; offset < len(content); {
		size, nano, matches, err := peek(content[offset:], filter)
		if err != nil {
			break // what follows was never acknowledged
		}
		first, last = min(first, nano), max(last, nano)
		if matches && nano >= sel.from && nano < sel.to {
			matched = append(matched, found{nano, offset})
		}
		offset += size
	}
	if first <= last {
		l.mu.Lock()
		l.segments.learn(g.number, time.Unix(0, first).UTC(), time.Unix(0, last).UTC(), sel, len(matched))
		l.mu.Unlock()
	}
	slices.SortStableFunc(matched, func(a, b found) int { return cmp.Compare(a.nano, b.nano) })
	return content, matched, nil
}
