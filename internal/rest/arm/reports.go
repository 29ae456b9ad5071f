package arm

import (
	"net/http"

	"portico/internal/access"
	"portico/internal/rest"
	"portico/internal/rest/report"
)

func (a *api) reportRoutes() []rest.Route {
	reader := report.Reader{Source: a.Reports, Records: a.records, Relative: a.relative}
	routes := []rest.Route{a.route(http.MethodGet, "/reports/byRequest", access.ReadCatalog, func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
		query, err := queryOf(r)
		if err != nil {
			return err
		}
		return reader.WriteRequests(w, r, query)
	})}
	for name, kind := range report.Kinds() {
		routes = append(routes, a.route(http.MethodGet, "/reports/"+name, access.ReadCatalog, func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
			query, err := queryOf(r)
			if err != nil {
				return err
			}
			return reader.Write(w, r, query, kind)
		}))
	}
	return routes
}
