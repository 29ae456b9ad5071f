package arm

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/rest"
	"portico/internal/rest/odata"
)

// Sizes of a page, in resources.
const (
	defaultPage = 100
	maxPage     = 1000
)

// listing declares a list of resources of one kind.
type listing struct {
	pattern string    // below the instance, such as /products/{productId}/apis
	kind    string    // what it lists, such as apis
	of      *resource // likewise; nil: the resource of that kind
	// find gives the resources of the list at path, which stands below parent.
	find func(a *api, ctx context.Context, path string, parent record.Record) ([]item, error)
}

// item is one resource of a list.
type item struct {
	record.Record
	path string // its place in the id, which for a link is the link's
}

// children finds the resources that stand in the list itself, and those that nobody wrote yet.
func children(res *resource) func(*api, context.Context, string, record.Record) ([]item, error) {
	return func(a *api, ctx context.Context, path string, _ record.Record) ([]item, error) {
		if res.initial == nil {
			recs, err := a.records.List(ctx, path)
			return itemsOf(recs), err
		}
		recs := make([]record.Record, len(res.names))
		for i, name := range res.names {
			var err error
			if recs[i], _, err = a.find(ctx, path+"/"+name); err != nil {
				return nil, err
			}
		}
		return itemsOf(recs), nil
	}
}

func itemsOf(recs []record.Record) []item {
	items := make([]item, len(recs))
	for i, r := range recs {
		items[i] = item{r, r.Path}
	}
	return items
}

// page is a collection as it travels.
type page struct {
	Value    []any  `json:"value"`
	Count    int    `json:"count"` // of all pages together
	NextLink string `json:"nextLink,omitempty"`
}

// list answers with the resources that $filter wants, ordered and cut as
// $orderby, $skip and $top say; further pages are behind nextLink.
func (a *api) list(l listing) rest.Handler {
	if l.of == nil {
		l.of = a.kinds[l.kind]
	}
	return func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
		query, err := queryOf(r)
		if err != nil {
			return err
		}
		o, err := listOptions(query, l.of.fields)
		if err != nil {
			return err
		}
		path := recordPath(l.pattern, r)
		parent, err := a.parent(r.Context(), path+"/x")
		if err != nil {
			return err
		}
		items, err := l.find(a, r.Context(), path, parent)
		if err != nil {
			return err
		}
		if l.of.narrow != nil {
			if items, err = l.of.narrow(a, r.Context(), query, items); err != nil {
				return err
			}
		}
		envelopes := make([]envelope, len(items))
		for i, it := range items {
			if envelopes[i], err = a.envelope(r, l.of, it.Record, it.path); err != nil {
				return err
			}
		}
		return a.writePage(w, r, query, o, envelopes, l.of.derive, nil)
	}
}

// writePage answers with those of some resources that the options want; present
// gives the form in which one travels, nil is its own.
func (a *api) writePage(w http.ResponseWriter, r *http.Request, query url.Values, o options, envelopes []envelope, derive func(map[string]any), present func(envelope) any) error {
	envelopes, err := o.choose(envelopes, derive)
	if err != nil {
		return err
	}
	p := page{Count: len(envelopes), Value: []any{}}
	first := min(o.skip, len(envelopes))
	last := min(first+o.top, len(envelopes))
	for _, e := range envelopes[first:last] {
		if present != nil {
			p.Value = append(p.Value, present(e))
		} else {
			p.Value = append(p.Value, e)
		}
	}
	if last < len(envelopes) {
		p.NextLink = nextLink(r, query, last)
	}
	return rest.WriteJSON(w, http.StatusOK, p)
}

type options struct {
	filter    odata.Filter
	compare   odata.Compare
	top, skip int
}

func listOptions(query url.Values, fields odata.Fields) (o options, err error) {
	bad := catalog.Incorrect()
	if text := query.Get("$filter"); text != "" {
		o.filter, err = odata.ParseFilter(text, fields)
		explain(bad, "$filter", err)
	}
	if text := query.Get("$orderby"); text != "" {
		o.compare, err = odata.ParseOrderBy(text, fields)
		explain(bad, "$orderby", err)
	}
	o.top = min(number(bad, query, "$top", 1, defaultPage), maxPage)
	o.skip = number(bad, query, "$skip", 0, 0)
	return o, bad.OrNil()
}

func explain(bad *fault.Error, target string, err error) {
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

// choose keeps what the filter wants, in order.
func (o options) choose(all []envelope, derive func(map[string]any)) ([]envelope, error) {
	if o.filter == nil && o.compare == nil {
		return all, nil
	}
	type candidate struct {
		envelope
		fields odata.Item
	}
	var wanted []candidate
	for _, e := range all {
		fields, err := fieldsOf(e, derive)
		if err != nil {
			return nil, err
		}
		if o.filter == nil || o.filter(fields) {
			wanted = append(wanted, candidate{e, fields})
		}
	}
	if o.compare != nil {
		slices.SortStableFunc(wanted, func(a, b candidate) int { return o.compare(a.fields, b.fields) })
	}
	chosen := make([]envelope, len(wanted))
	for i, c := range wanted {
		chosen[i] = c.envelope
	}
	return chosen, nil
}

// fieldsOf gives what a filter sees of a resource: its name and its properties.
func fieldsOf(e envelope, derive func(map[string]any)) (odata.Item, error) {
	raw, err := json.Marshal(e.Properties)
	if err != nil {
		return nil, err
	}
	var properties map[string]any
	if err := json.Unmarshal(raw, &properties); err != nil {
		return nil, err
	}
	properties["name"] = e.Name
	if derive != nil {
		derive(properties)
	}
	return func(field string) any { return properties[field] }, nil
}

// nextLink is the absolute URL of the next page.
func nextLink(r *http.Request, query url.Values, skip int) string {
	query.Set("$skip", strconv.Itoa(skip))
	next := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: query.Encode()}
	if r.TLS != nil {
		next.Scheme = "https"
	}
	return next.String()
}

// texts declares the fields of a kind that are text, and its name.
func texts(names ...string) odata.Fields {
	fields := odata.Fields{"name": odata.Text}
	for _, n := range names {
		fields[strings.TrimSpace(n)] = odata.Text
	}
	return fields
}
