package developer

import (
	"net/http"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/rest"
)

// appearance answers GET /developer/appearance: how the portal looks, for
// everybody, as it is needed before anybody signs in.
func (a *api) appearance(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	look, _, err := record.Get[catalog.Appearance](r.Context(), a.records, record.Path("portalAppearances", catalog.DefaultAppearance))
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if look.Title == "" {
		service, _, err := record.Get[catalog.Service](r.Context(), a.records, catalog.ServicePath)
		if err != nil {
			return err
		}
		look.Title = service.PublisherName
	}
	w.Header().Set("Cache-Control", "no-cache")
	return rest.WriteJSON(w, http.StatusOK, look)
}
