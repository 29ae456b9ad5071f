package arm

import (
	"net/http"

	"portico/internal/access"
	"portico/internal/account"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/rest"
)

// applicationArea shows staff the developers' applications: an addition of ours.
func applicationArea() area {
	return area{
		resources: []*resource{{
			pattern: "/applications/{applicationId}", noun: "Application", fields: texts("name", "description", "state", "userId"),
		}},
		routes: func(a *api) []rest.Route {
			return []rest.Route{
				a.route(http.MethodPost, "/applications/{applicationId}/publish", access.WriteCatalog, a.decideApplication(true)),
				a.route(http.MethodPost, "/applications/{applicationId}/decline", access.WriteCatalog, a.decideApplication(false)),
				a.route(http.MethodDelete, "/applications/{applicationId}", access.WriteCatalog, a.deleteApplication),
			}
		},
	}
}

// decideApplication puts an application into the gallery, or takes it out.
func (a *api) decideApplication(publish bool) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
		id := r.PathValue("applicationId")
		decided, err := a.Accounts.DecideApplication(r.Context(), id, publish)
		if fault.Is(err, fault.NotFound) {
			return fault.New(fault.NotFound, "Application not found: %s.", id)
		}
		if err != nil {
			return err
		}
		rec, err := a.records.Get(r.Context(), account.ApplicationPath(decided.ID))
		if err != nil {
			return err
		}
		return a.answer(w, r, http.StatusOK, a.kinds["applications"], rec)
	}
}

func (a *api) deleteApplication(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	_, err := a.records.Apply(r.Context(), record.Change{Op: record.DeleteTree, Path: account.ApplicationPath(r.PathValue("applicationId"))})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
