package arm

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/rest"
)

// instanceRoutes are what the instance says of itself.
func (a *api) instanceRoutes() []rest.Route {
	row := func(method, pattern string, h rest.Handler) rest.Route {
		return a.row(method, subscriptionPattern+"/providers/"+provider+pattern, access.ReadCatalog, h)
	}
	return []rest.Route{
		row(http.MethodPost, "/checkNameAvailability", a.checkNameAvailability),
		row(http.MethodGet, "/deletedservices", nothing),
		a.route(http.MethodGet, "/regions", access.ReadCatalog, a.regions),
		a.route(http.MethodGet, "/skus", access.ReadCatalog, a.skus),
		a.route(http.MethodGet, "/networkstatus", access.ReadCatalog, a.networkStatus),
		a.route(http.MethodGet, "/locations/{locationName}/networkstatus", access.ReadCatalog, a.networkStatusAt),
		a.route(http.MethodGet, "/settings", access.ReadCatalog, a.settings),
		a.route(http.MethodGet, "/settings/{settingsType}", access.ReadCatalog, a.settings),
	}
}

// nothing answers with an empty list: no instance that was deleted is kept.
func nothing(w http.ResponseWriter, _ *http.Request, _ access.Principal) error {
	return writeFlat[any](w, nil)
}

// checkNameAvailability tells whether an instance could be made under a name: here is one, and stays one.
func (a *api) checkNameAvailability(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	var body struct {
		Name string `json:"name"`
	}
	if err := rest.DecodeJSON(r, &body); err != nil {
		return err
	}
	answer := struct {
		Available bool   `json:"nameAvailable"`
		Reason    string `json:"reason"`
		Message   string `json:"message,omitempty"`
	}{true, "Valid", ""}
	switch problem := catalog.CheckServiceName(body.Name); {
	case problem != "":
		answer.Available, answer.Reason, answer.Message = false, "Invalid", problem
	case strings.EqualFold(body.Name, a.ServiceName):
		answer.Available, answer.Reason, answer.Message = false, "AlreadyExists", "The instance here has this name."
	}
	return rest.WriteJSON(w, http.StatusOK, answer)
}

func (a *api) service(r *http.Request) (catalog.Service, record.Record, error) {
	return record.Get[catalog.Service](r.Context(), a.records, catalog.ServicePath)
}

func (a *api) regions(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	s, _, err := a.service(r)
	if err != nil {
		return err
	}
	type region struct {
		Name     string `json:"name"`
		IsMaster bool   `json:"isMasterRegion"`
		Deleted  bool   `json:"isDeleted"`
	}
	return writeFlat(w, []region{{s.Location, true, false}})
}

// skus lists the tiers, all of which can be chosen and behave alike.
func (a *api) skus(w http.ResponseWriter, _ *http.Request, _ access.Principal) error {
	type capacity struct {
		Minimum int    `json:"minimum"`
		Maximum int    `json:"maximum"`
		Default int    `json:"default"`
		Scale   string `json:"scaleType"`
	}
	type sku struct {
		ResourceType string            `json:"resourceType"`
		SKU          map[string]string `json:"sku"`
		Capacity     capacity          `json:"capacity"`
	}
	var all []sku
	for _, name := range catalog.SKUs() {
		all = append(all, sku{provider + "/service", map[string]string{"name": name}, capacity{0, 100, 1, "manual"}})
	}
	return writeFlat(w, all)
}

// connectivity is ConnectivityStatusContract.
type connectivity struct {
	Name         string    `json:"name"`
	Status       string    `json:"status"`
	Error        string    `json:"error,omitempty"`
	ResourceType string    `json:"resourceType"`
	IsOptional   bool      `json:"isOptional"`
	Updated      time.Time `json:"lastUpdated"`
	Changed      time.Time `json:"lastStatusChange"`
}

// networkContract is NetworkStatusContract.
type networkContract struct {
	DNSServers   []string       `json:"dnsServers"`
	Connectivity []connectivity `json:"connectivityStatus"`
}

// network tells how the instance reaches what it depends on: its store, by reading it now.
func (a *api) network(r *http.Request) (networkContract, catalog.Service, error) {
	now := time.Now().UTC()
	s, rec, err := a.service(r)
	if err != nil {
		return networkContract{}, s, err
	}
	return networkContract{DNSServers: []string{}, Connectivity: []connectivity{
		{Name: "store", Status: "success", ResourceType: "Storage", Updated: now, Changed: rec.Created},
	}}, s, nil
}

func (a *api) networkStatus(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	n, s, err := a.network(r)
	if err != nil {
		return err
	}
	type byLocation struct {
		Location string          `json:"location"`
		Status   networkContract `json:"networkStatus"`
	}
	return rest.WriteJSON(w, http.StatusOK, []byLocation{{s.Location, n}})
}

func (a *api) networkStatusAt(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	n, s, err := a.network(r)
	if err != nil {
		return err
	}
	if name := r.PathValue("locationName"); !strings.EqualFold(strings.ReplaceAll(name, " ", ""), strings.ReplaceAll(s.Location, " ", "")) {
		return fault.New(fault.NotFound, "Location not found: %s. The instance is in %s.", name, s.Location)
	}
	return rest.WriteJSON(w, http.StatusOK, n)
}

// settings gives the public settings of the instance, as one resource named public.
func (a *api) settings(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	const public = "public"
	rec, err := a.lookUp(r.Context(), access.PortalSettings+"/"+access.SignUpSettings, "Settings")
	if err != nil {
		return err
	}
	var signUp access.SignUp
	if err := json.Unmarshal(rec.Body, &signUp); err != nil {
		return err
	}
	path := "/settings/" + public
	e := envelope{ID: a.serviceID + path, Type: typeOf(path), Name: public, Properties: map[string]any{"settings": map[string]string{
		"CustomPortalSettings.UserRegistrationTerms":                signUp.TermsOfService.Text,
		"CustomPortalSettings.UserRegistrationTermsEnabled":         boolText(signUp.TermsOfService.Enabled),
		"CustomPortalSettings.UserRegistrationTermsConsentRequired": boolText(signUp.TermsOfService.ConsentRequired),
		"CustomPortalSettings.RegistrationEnabled":                  boolText(signUp.Enabled),
		"GatewayUrl": a.URLs.Gateway, "DeveloperPortalUrl": a.URLs.Portal,
	}}}
	switch name := r.PathValue("settingsType"); {
	case name == "":
		return writeFlat(w, []envelope{e})
	case !strings.EqualFold(name, public):
		return fault.New(fault.NotFound, "Settings not found: %s. There are public.", name)
	}
	w.Header().Set("ETag", quote(rec.ETag))
	return rest.WriteJSON(w, http.StatusOK, e)
}

func boolText(b bool) string {
	if b {
		return "True"
	}
	return "False"
}
