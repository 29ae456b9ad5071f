package console

import (
	"net/http"
	"net/url"
	"strconv"

	"portico/internal/access"
	"portico/internal/audit"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/rest"
	"portico/internal/rest/odata"
	"portico/internal/rest/page"
)

// entryFields are what $filter may ask the audit log for; it is always in order of time, the newest first.
var entryFields = odata.Fields{
	"timestamp": odata.Time, "actor": odata.Text, "address": odata.Text, "requestId": odata.Text, "action": odata.Text, "path": odata.Text, "kind": odata.Text,
}

// entryPage is a page of the audit log. Entries are not counted: the log grows while it is read.
type entryPage struct {
	Value    []audit.Entry `json:"value"`
	NextLink string        `json:"nextLink,omitempty"`
}

// listAudit answers GET /audit: the entries that $filter wants, the newest first. A page
// ends where the next one begins, also when entries came since.
func (c *console) listAudit(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	query := r.URL.Query()
	if query.Get("$orderby") != "" || query.Get("$skip") != "" {
		return catalog.Incorrect().With(catalog.CodeValidation, "$orderby", "The audit log is in order of time, and its pages follow nextLink: $orderby and $skip are not offered.")
	}
	o, err := page.Parse(query, entryFields)
	if err != nil {
		return err
	}
	before, err := strconv.ParseInt(query.Get("before"), 10, 64)
	if query.Get("before") != "" && (err != nil || before < 1) {
		return catalog.Incorrect().With(catalog.CodeValidation, "before", "before must be the id of an entry.")
	}
	found := entryPage{Value: []audit.Entry{}}
	err = c.Audit.Entries(r.Context(), before, func(e audit.Entry) bool {
		if !o.Wants(fieldsOf(e)) {
			return true
		}
		if len(found.Value) == o.Top {
			found.NextLink = olderLink(r, query, found.Value[o.Top-1].ID)
			return false
		}
		found.Value = append(found.Value, e)
		return true
	})
	if err != nil {
		return err
	}
	for i := range found.Value {
		e, err := c.Audit.Entry(r.Context(), found.Value[i].ID)
		if fault.Is(err, fault.NotFound) { // it has just become too old
			continue
		}
		if err != nil {
			return err
		}
		found.Value[i] = e
	}
	return rest.WriteJSON(w, http.StatusOK, found)
}

func fieldsOf(e audit.Entry) odata.Item {
	return func(name string) any {
		switch name {
		case "timestamp":
			return e.Time
		case "actor":
			return e.Actor
		case "address":
			return e.Address
		case "requestId":
			return e.RequestID
		case "action":
			return e.Action
		case "path":
			return e.Path
		}
		return e.Kind
	}
}

func olderLink(r *http.Request, query url.Values, before int64) string {
	query.Set("before", strconv.FormatInt(before, 10))
	link := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawQuery: query.Encode()}
	if r.TLS != nil {
		link.Scheme = "https"
	}
	return link.String()
}

// getAudit answers GET /audit/{id}.
func (c *console) getAudit(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id < 1 {
		return fault.New(fault.NotFound, "The audit log has no entry %q.", r.PathValue("id"))
	}
	e, err := c.Audit.Entry(r.Context(), id)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, e)
}
