package developer

import (
	"net/http"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/record"
)

// hit is something that a search found.
type hit struct {
	Type        string `json:"type"` // api, operation or product
	ID          string `json:"id"`
	APIID       string `json:"apiId,omitempty"` // of an operation
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Method      string `json:"method,omitempty"`
	URLTemplate string `json:"urlTemplate,omitempty"`
}

// search answers GET /search?q=…: products, APIs and operations that hold every
// word of q in their name, path, template or description, in this order.
func (a *api) search(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	query, err := queryOf(r)
	if err != nil {
		return err
	}
	if err := required("q", query.Get("q")); err != nil {
		return err
	}
	words := strings.Fields(strings.ToLower(query.Get("q")))
	sight, err := a.sight(r, who)
	if err != nil {
		return err
	}
	hits := []hit{}
	add := func(h hit, texts ...string) {
		all := strings.ToLower(strings.Join(append(texts, h.Name, h.ID, h.Description), "\n"))
		for _, w := range words {
			if !strings.Contains(all, w) {
				return
			}
		}
		hits = append(hits, h)
	}
	for _, rec := range sight.Products {
		p, err := decoded[catalog.Product](rec)
		if err != nil {
			return err
		}
		add(hit{Type: "product", ID: record.Name(rec.Path), Name: p.DisplayName, Description: p.Description})
	}
	apis, err := a.visibleAPIs(r.Context(), sight)
	if err != nil {
		return err
	}
	for _, rec := range apis {
		p, err := decoded[catalog.API](rec)
		if err != nil {
			return err
		}
		add(hit{Type: "api", ID: record.Name(rec.Path), Name: p.DisplayName, Description: p.Description}, p.Path)
	}
	operations, err := a.records.List(r.Context(), catalog.APIs+"/*/operations")
	if err != nil {
		return err
	}
	for _, rec := range operations {
		api := record.NameIn(rec.Path, "apis")
		if !sight.API(api) || !mayHold(rec, words) {
			continue
		}
		o, err := decoded[catalog.Operation](rec)
		if err != nil {
			return err
		}
		add(hit{Type: "operation", ID: record.Name(rec.Path), APIID: api, Name: o.DisplayName, Description: o.Description, Method: o.Method, URLTemplate: o.URLTemplate}, o.Method, o.URLTemplate)
	}
	return list(w, r, textFields(nil, "type", "apiId", "name"), hits)
}

// mayHold tells, before a record is decoded, whether it can hold every word: one
// that JSON writes as it is must stand in its text.
func mayHold(rec record.Record, words []string) bool {
	text := strings.ToLower(record.Name(rec.Path) + string(rec.Body))
	for _, w := range words {
		plain := !strings.ContainsFunc(w, func(r rune) bool { return r > '~' || strings.ContainsRune(`<>&"\`, r) })
		if plain && !strings.Contains(text, w) {
			return false
		}
	}
	return true
}
