package arm

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"portico/internal/access"
	"portico/internal/record"
	"portico/internal/rest"
	"portico/internal/rest/odata"
	"portico/internal/rest/page"
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
		o, err := page.Parse(query, l.of.fields)
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
func (a *api) writePage(w http.ResponseWriter, r *http.Request, query url.Values, o page.Options, envelopes []envelope, derive func(map[string]any), present func(envelope) any) error {
	chosen, err := page.Choose(o, envelopes, func(e envelope) (odata.Item, error) { return fieldsOf(e, derive) })
	if err != nil {
		return err
	}
	if present == nil {
		return page.Write(w, r, query, o, chosen)
	}
	forms := make([]any, len(chosen))
	for i, e := range chosen {
		forms[i] = present(e)
	}
	return page.Write(w, r, query, o, forms)
}

// fieldsOf gives what a filter sees of a resource: its name and its properties.
func fieldsOf(e envelope, derive func(map[string]any)) (odata.Item, error) {
	properties, err := page.Fields(e.Properties)
	if err != nil {
		return nil, err
	}
	properties["name"] = e.Name
	if derive != nil {
		derive(properties)
	}
	return func(field string) any { return properties[field] }, nil
}

// texts declares the fields of a kind that are text, and its name.
func texts(names ...string) odata.Fields {
	fields := odata.Fields{"name": odata.Text}
	for _, n := range names {
		fields[strings.TrimSpace(n)] = odata.Text
	}
	return fields
}
