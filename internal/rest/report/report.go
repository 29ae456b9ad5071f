// Package report is how our HTTP APIs give reports of calls (contracts apim.md,
// section 5.3): their query, their lines with names, and their pages.
package report

import (
	"context"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/rest"
	"portico/internal/rest/csvfile"
	"portico/internal/rest/odata"
	"portico/internal/rest/page"
	"portico/internal/usage"
)

// Source answers reports of calls; usage.Ledger is one.
type Source interface {
	Report(ctx context.Context, q usage.Query) ([]usage.ReportRecord, error)
	Requests(ctx context.Context, q usage.Query, skip, top int) (usage.Page, error)
}

// gatewayCalls is the listener whose calls are reported.
const gatewayCalls = "gateway"

// Kind declares one of the reports.
type Kind struct {
	By usage.By
	// path is the record that a line is about, for its name; nil where it has none.
	path func(usage.ReportRecord) string
}

// Kinds are the reports by their names on the wire, besides that of single calls.
func Kinds() map[string]Kind {
	return map[string]Kind{
		"byApi":          {usage.ByAPI, func(r usage.ReportRecord) string { return r.APIID }},
		"byOperation":    {usage.ByOperation, func(r usage.ReportRecord) string { return r.OperationID }},
		"byProduct":      {usage.ByProduct, func(r usage.ReportRecord) string { return r.ProductID }},
		"bySubscription": {usage.BySubscription, func(r usage.ReportRecord) string { return r.SubscriptionID }},
		"byUser":         {usage.ByUser, func(r usage.ReportRecord) string { return r.UserID }},
		"byTime":         {By: usage.ByTime},
		"byGeo":          {By: usage.ByGeo},
	}
}

// Reader reads reports for one wire.
type Reader struct {
	Source  Source
	Records record.Store // for the names of what lines are about
	// Relative turns an id of the wire into a record's path.
	Relative func(id string) string
	// Narrow limits a query to what the request's caller may see; nil: nothing is hidden.
	Narrow func(r *http.Request, q *usage.Query) error
}

// filterFields are what $filter may ask for. One that a report has no line for narrows it.
var filterFields = odata.Fields{
	"timestamp": odata.Time, "apiId": odata.Text, "operationId": odata.Text, "productId": odata.Text, "subscriptionId": odata.Text, "userId": odata.Text,
	"country": odata.Text, "region": odata.Text,
}

// orderFields are what $orderby may name.
var orderFields = odata.Fields{
	"name": odata.Text, "timestamp": odata.Time, "callCountSuccess": odata.Number, "callCountBlocked": odata.Number, "callCountFailed": odata.Number,
	"callCountOther": odata.Number, "callCountTotal": odata.Number, "bandwidth": odata.Number, "apiTimeAvg": odata.Number, "serviceTimeAvg": odata.Number,
}

// Write answers with the lines of one report, ordered and cut as $orderby, $skip and $top say.
func (a Reader) Write(w http.ResponseWriter, r *http.Request, query url.Values, k Kind) error {
	q, o, err := a.query(r, query, k.By)
	if err != nil {
		return err
	}
	lines, err := a.Source.Report(r.Context(), q)
	if err != nil {
		return err
	}
	orderBy := query.Get("$orderby")
	if strings.Contains(orderBy, "name") {
		a.name(r.Context(), k, lines)
	}
	if err := order(lines, orderBy); err != nil {
		return err
	}
	if isCSV(query) {
		a.name(r.Context(), k, lines)
		return csvfile.Write(w, path.Base(r.URL.Path), lines)
	}
	p := page.Of(r, query, o, lines)
	a.name(r.Context(), k, p.Value)
	return rest.WriteJSON(w, http.StatusOK, p)
}

// name completes the names of lines.
func (a Reader) name(ctx context.Context, k Kind, lines []usage.ReportRecord) {
	for i := range lines {
		if k.path != nil && lines[i].Name == "" {
			lines[i].Name = a.displayName(ctx, k.path(lines[i]))
		}
	}
}

// isCSV tells whether a request wants a file for a spreadsheet.
func isCSV(query url.Values) bool { return strings.EqualFold(query.Get("format"), "csv") }

// WriteRequests answers with single calls, the newest first.
func (a Reader) WriteRequests(w http.ResponseWriter, r *http.Request, query url.Values) error {
	q, o, err := a.query(r, query, usage.ByGeo)
	if err != nil {
		return err
	}
	found, err := a.Source.Requests(r.Context(), q, o.Skip, o.Top)
	if err != nil {
		return err
	}
	lines := make([]usage.RequestRecord, len(found.Calls))
	for i := range found.Calls {
		lines[i] = found.Calls[i].Report()
	}
	if isCSV(query) {
		return csvfile.Write(w, path.Base(r.URL.Path), lines)
	}
	p := page.Page[usage.RequestRecord]{Value: lines, Count: o.Skip + len(lines)}
	if found.More {
		p.NextLink = page.NextLink(r, query, o.Skip+o.Top)
	}
	return rest.WriteJSON(w, http.StatusOK, p)
}

func (a Reader) query(r *http.Request, query url.Values, by usage.By) (q usage.Query, o page.Options, err error) {
	bad := catalog.Incorrect()
	q = usage.Query{By: by, Filter: usage.Dimensions{Listener: gatewayCalls}}
	if text := query.Get("$filter"); text != "" {
		terms, err := odata.ParseTerms(text, filterFields)
		page.Explain(bad, "$filter", err)
		for _, t := range terms {
			a.narrow(&q, t, bad)
		}
	}
	if by == usage.ByTime {
		if q.Interval, err = parseInterval(query.Get("interval")); err != nil {
			bad.With(catalog.CodeValidation, "interval", "%s", err)
		}
	}
	o.Cut(bad, query)
	if err := bad.OrNil(); err != nil || a.Narrow == nil {
		return q, o, err
	}
	return q, o, a.Narrow(r, &q)
}

// narrow applies one term of the filter to the query.
func (a Reader) narrow(q *usage.Query, t odata.Term, bad *fault.Error) {
	if t.Field == "timestamp" {
		switch t.Operator {
		case "ge":
			q.From = t.Time()
		case "gt":
			q.From = t.Time().Add(1)
		case "lt":
			q.To = t.Time()
		case "le":
			q.To = t.Time().Add(1)
		default:
			bad.With(catalog.CodeValidation, "$filter", "timestamp takes ge, gt, le and lt, and not %s.", t.Operator)
		}
		return
	}
	if t.Operator != "eq" {
		bad.With(catalog.CodeValidation, "$filter", "%s takes eq, and not %s.", t.Field, t.Operator)
		return
	}
	path := a.Relative(t.Text())
	switch t.Field {
	case "apiId":
		q.Filter.API = record.Name(path)
	case "operationId":
		q.Filter.Operation = record.Name(path)
		if api := record.NameIn(path, "apis"); api != "" {
			q.Filter.API = api
		}
	case "productId":
		q.Filter.Product = record.Name(path)
	case "subscriptionId":
		q.Filter.Subscription = record.Name(path)
	case "userId":
		q.Filter.User = record.Name(path)
	case "country":
		q.Filter.Country = t.Text()
	case "region":
		q.Filter.Region = t.Text()
	}
}

// displayName is how a line's resource is called, or was called by its id once it is gone.
func (a Reader) displayName(ctx context.Context, path string) string {
	if path == "" {
		return ""
	}
	named, _, err := record.Get[struct {
		DisplayName string `json:"displayName"`
	}](ctx, a.Records, path)
	if err != nil || named.DisplayName == "" {
		return record.Name(path)
	}
	return named.DisplayName
}

func order(lines []usage.ReportRecord, orderBy string) error {
	if orderBy == "" {
		return nil
	}
	compare, err := odata.ParseOrderBy(orderBy, orderFields)
	if err != nil {
		bad := catalog.Incorrect()
		page.Explain(bad, "$orderby", err)
		return bad
	}
	slices.SortStableFunc(lines, func(x, y usage.ReportRecord) int { return compare(fields(x), fields(y)) })
	return nil
}

// fields gives the fields of a line by their names on the wire.
func fields(r usage.ReportRecord) odata.Item {
	members, err := page.Fields(r)
	return func(name string) any {
		if err != nil {
			return nil
		}
		return members[name]
	}
}

const leastInterval = 15 * time.Minute

// parseInterval reads byTime's interval: an ISO 8601 duration of whole quarters of an hour.
func parseInterval(text string) (time.Duration, error) {
	d, err := catalog.ParseDuration(text)
	if err != nil || d == 0 || d%leastInterval != 0 {
		return 0, fault.New(fault.Invalid, "The interval must be a multiple of PT15M in ISO 8601, such as PT15M, PT1H or P1D, and is %q.", text)
	}
	return d, nil
}
