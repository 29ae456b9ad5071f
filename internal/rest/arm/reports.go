package arm

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/rest"
	"portico/internal/rest/odata"
	"portico/internal/usage"
)

// Reporter answers reports of calls; usage.Ledger is one.
type Reporter interface {
	Report(ctx context.Context, q usage.Query) ([]usage.ReportRecord, error)
	Requests(ctx context.Context, q usage.Query, skip, top int) (usage.Page, error)
}

// gatewayCalls is the listener whose calls the management API reports.
const gatewayCalls = "gateway"

// report declares one of the reports (apim.md 5.3).
type report struct {
	by usage.By
	// path is the record that a line is about, for its name; nil where it has none.
	path func(usage.ReportRecord) string
}

func reports() map[string]report {
	return map[string]report{
		"byApi":          {usage.ByAPI, func(r usage.ReportRecord) string { return r.APIID }},
		"byOperation":    {usage.ByOperation, func(r usage.ReportRecord) string { return r.OperationID }},
		"byProduct":      {usage.ByProduct, func(r usage.ReportRecord) string { return r.ProductID }},
		"bySubscription": {usage.BySubscription, func(r usage.ReportRecord) string { return r.SubscriptionID }},
		"byUser":         {usage.ByUser, func(r usage.ReportRecord) string { return r.UserID }},
		"byTime":         {by: usage.ByTime},
		"byGeo":          {by: usage.ByGeo},
	}
}

func (a *api) reportRoutes() []rest.Route {
	routes := []rest.Route{a.route(http.MethodGet, "/reports/byRequest", access.ReadCatalog, a.reportRequests)}
	for name, r := range reports() {
		routes = append(routes, a.route(http.MethodGet, "/reports/"+name, access.ReadCatalog, a.report(r)))
	}
	return routes
}

// reportFields are what $filter may ask for. One that a report has no line for narrows it.
var reportFields = odata.Fields{
	"timestamp": odata.Time, "apiId": odata.Text, "operationId": odata.Text, "productId": odata.Text, "subscriptionId": odata.Text, "userId": odata.Text,
}

// orderFields are what $orderby may name.
var orderFields = odata.Fields{
	"name": odata.Text, "timestamp": odata.Time, "callCountSuccess": odata.Number, "callCountBlocked": odata.Number, "callCountFailed": odata.Number,
	"callCountOther": odata.Number, "callCountTotal": odata.Number, "bandwidth": odata.Number, "apiTimeAvg": odata.Number, "serviceTimeAvg": odata.Number,
}

// report answers with the lines of one report, ordered and cut as $orderby, $skip and $top say.
func (a *api) report(d report) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
		query, err := queryOf(r)
		if err != nil {
			return err
		}
		q, top, skip, err := a.reportQuery(query, d.by)
		if err != nil {
			return err
		}
		lines, err := a.Reports.Report(r.Context(), q)
		if err != nil {
			return err
		}
		for i := range lines {
			if d.path != nil {
				lines[i].Name = a.displayName(r.Context(), d.path(lines[i]))
			}
		}
		if err := orderLines(lines, query.Get("$orderby")); err != nil {
			return err
		}
		first := min(skip, len(lines))
		last := min(first+top, len(lines))
		next := ""
		if last < len(lines) {
			next = nextLink(r, query, last)
		}
		return rest.WriteJSON(w, http.StatusOK, reportPage[usage.ReportRecord]{lines[first:last], len(lines), next})
	}
}

// reportRequests answers with single calls, the newest first.
func (a *api) reportRequests(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	query, err := queryOf(r)
	if err != nil {
		return err
	}
	q, top, skip, err := a.reportQuery(query, usage.ByGeo)
	if err != nil {
		return err
	}
	found, err := a.Reports.Requests(r.Context(), q, skip, top)
	if err != nil {
		return err
	}
	page := reportPage[usage.RequestRecord]{Value: make([]usage.RequestRecord, len(found.Calls)), Count: skip + len(found.Calls)}
	for i := range found.Calls {
		page.Value[i] = found.Calls[i].Report()
	}
	if found.More {
		page.NextLink = nextLink(r, query, skip+top)
	}
	return rest.WriteJSON(w, http.StatusOK, page)
}

// reportPage is a page of a report as it travels.
type reportPage[T any] struct {
	Value    []T    `json:"value"`
	Count    int    `json:"count"`
	NextLink string `json:"nextLink,omitempty"`
}

func (a *api) reportQuery(query url.Values, by usage.By) (q usage.Query, top, skip int, err error) {
	bad := catalog.Incorrect()
	q = usage.Query{By: by, Filter: usage.Dimensions{Listener: gatewayCalls}}
	if text := query.Get("$filter"); text != "" {
		terms, err := odata.ParseTerms(text, reportFields)
		explain(bad, "$filter", err)
		for _, t := range terms {
			a.narrow(&q, t, bad)
		}
	}
	if by == usage.ByTime {
		if q.Interval, err = parseInterval(query.Get("interval")); err != nil {
			bad.With(catalog.CodeValidation, "interval", "%s", err)
		}
	}
	top = min(number(bad, query, "$top", 1, defaultPage), maxPage)
	skip = number(bad, query, "$skip", 0, 0)
	return q, top, skip, bad.OrNil()
}

// narrow applies one term of the filter to the query.
func (a *api) narrow(q *usage.Query, t odata.Term, bad *fault.Error) {
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
	path := a.relative(t.Text())
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
	}
}

// displayName is how a line's resource is called, or was called by its id once it is gone.
func (a *api) displayName(ctx context.Context, path string) string {
	if path == "" {
		return ""
	}
	named, _, err := record.Get[struct {
		DisplayName string `json:"displayName"`
	}](ctx, a.records, path)
	if err != nil || named.DisplayName == "" {
		return record.Name(path)
	}
	return named.DisplayName
}

func orderLines(lines []usage.ReportRecord, orderBy string) error {
	if orderBy == "" {
		return nil
	}
	compare, err := odata.ParseOrderBy(orderBy, orderFields)
	if err != nil {
		bad := catalog.Incorrect()
		explain(bad, "$orderby", err)
		return bad
	}
	slices.SortStableFunc(lines, func(x, y usage.ReportRecord) int { return compare(lineItem(x), lineItem(y)) })
	return nil
}

// lineItem gives the fields of a line by their names on the wire.
func lineItem(r usage.ReportRecord) odata.Item {
	var fields map[string]any
	b, err := json.Marshal(r)
	if err == nil {
		err = json.Unmarshal(b, &fields)
	}
	return func(name string) any {
		if err != nil {
			return nil
		}
		return fields[name]
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
