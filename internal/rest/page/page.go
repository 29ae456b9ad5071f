// Package page is how our HTTP APIs list: $filter, $orderby, $top and $skip, and
// the link to the next page (contracts apim.md, section 4.1).
package page

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/rest"
	"portico/internal/rest/odata"
)

// Sizes of a page, in items.
const (
	standard = 100
	most     = 1000
)

// Page is a collection as it travels.
type Page[T any] struct {
	Value    []T    `json:"value"`
	Count    int    `json:"count"` // of all pages together
	NextLink string `json:"nextLink,omitempty"`
}

// Options are what a request wants of a collection.
type Options struct {
	filter    odata.Filter
	compare   odata.Compare
	Top, Skip int
}

// Parse reads the options; fields are those that $filter and $orderby may name.
func Parse(query url.Values, fields odata.Fields) (o Options, err error) {
	bad := catalog.Incorrect()
	if text := query.Get("$filter"); text != "" {
		o.filter, err = odata.ParseFilter(text, fields)
		Explain(bad, "$filter", err)
	}
	if text := query.Get("$orderby"); text != "" {
		o.compare, err = odata.ParseOrderBy(text, fields)
		Explain(bad, "$orderby", err)
	}
	o.Cut(bad, query)
	return o, bad.OrNil()
}

// Cut reads $top and $skip.
func (o *Options) Cut(bad *fault.Error, query url.Values) {
	o.Top = min(number(bad, query, "$top", 1, standard), most)
	o.Skip = number(bad, query, "$skip", 0, 0)
}

// Explain adds what is wrong with an expression, if anything is.
func Explain(bad *fault.Error, target string, err error) {
	var wrong *odata.Error
	if errors.As(err, &wrong) {
		bad.With(catalog.CodeValidation, target, "The expression cannot be read: %v.", wrong)
	}
}

func number(bad *fault.Error, query url.Values, name string, least, absent int) int {
	text := query.Get(name)
	if text == "" {
		return absent
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least {
		bad.With(catalog.CodeValidation, name, "%s must be a whole number of at least %d, and is %q.", name, least, text)
	}
	return n
}

// Wants tells whether the filter wants an item.
func (o Options) Wants(item odata.Item) bool { return o.filter == nil || o.filter(item) }

// Choose keeps what the filter wants, in order; fields gives what it sees of an item.
func Choose[T any](o Options, all []T, fields func(T) (odata.Item, error)) ([]T, error) {
	if o.filter == nil && o.compare == nil {
		return all, nil
	}
	type candidate struct {
		item   T
		fields odata.Item
	}
	var wanted []candidate
	for _, item := range all {
		seen, err := fields(item)
		if err != nil {
			return nil, err
		}
		if o.Wants(seen) {
			wanted = append(wanted, candidate{item, seen})
		}
	}
	if o.compare != nil {
		slices.SortStableFunc(wanted, func(a, b candidate) int { return o.compare(a.fields, b.fields) })
	}
	chosen := make([]T, len(wanted))
	for i, c := range wanted {
		chosen[i] = c.item
	}
	return chosen, nil
}

// Of is the page of chosen items that the options want.
func Of[T any](r *http.Request, query url.Values, o Options, chosen []T) Page[T] {
	first := min(o.Skip, len(chosen))
	last := min(first+o.Top, len(chosen))
	p := Page[T]{Count: len(chosen), Value: append([]T{}, chosen[first:last]...)}
	if last < len(chosen) {
		p.NextLink = NextLink(r, query, last)
	}
	return p
}

// Write answers with the page of chosen items that the options want.
func Write[T any](w http.ResponseWriter, r *http.Request, query url.Values, o Options, chosen []T) error {
	return rest.WriteJSON(w, http.StatusOK, Of(r, query, o, chosen))
}

// Fields gives the members of v's JSON, as a filter sees them.
func Fields(v any) (map[string]any, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var fields map[string]any
	return fields, json.Unmarshal(b, &fields)
}

// Item is Fields as odata takes it.
func Item(v any) (odata.Item, error) {
	fields, err := Fields(v)
	return func(name string) any { return fields[name] }, err
}

// NextLink is the absolute URL of the page that begins after skip items.
func NextLink(r *http.Request, query url.Values, skip int) string {
	query.Set("$skip", strconv.Itoa(skip))
	next := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: query.Encode()}
	if r.TLS != nil {
		next.Scheme = "https"
	}
	return next.String()
}
