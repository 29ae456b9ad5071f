package arm

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/record"
	"portico/internal/rest"
)

// serviceRoutes are those of the instance itself, whose shape is its own.
func (a *api) serviceRoutes() []rest.Route {
	row := a.row
	return []rest.Route{
		row(http.MethodGet, subscriptionPattern+"/providers/"+provider+"/service", access.ReadCatalog, a.listServices),
		row(http.MethodGet, groupPattern+"/providers/"+provider+"/service", access.ReadCatalog, a.listServices),
		row(http.MethodGet, servicePattern, access.ReadCatalog, a.getService),
		row(http.MethodPut, servicePattern, access.AdministerService, a.storeService),
		row(http.MethodPatch, servicePattern, access.AdministerService, a.storeService),
	}
}

// serviceDocument is ServiceResource as a client sends it.
type serviceDocument struct {
	Location   string                     `json:"location"`
	SKU        json.RawMessage            `json:"sku,omitempty"`
	Tags       json.RawMessage            `json:"tags,omitempty"`
	Properties map[string]json.RawMessage `json:"properties"`
}

// serviceView is ServiceResource as it is read.
type serviceView struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	Name string `json:"name"`
	ETag string `json:"etag"`
	serviceDocument
}

func (a *api) viewService(s catalog.Service, rec record.Record) (serviceView, error) {
	properties := map[string]json.RawMessage{}
	for name, value := range s.Properties {
		properties[name] = value
	}
	for name, value := range map[string]string{
		"publisherName": s.PublisherName, "publisherEmail": s.PublisherEmail,
		"provisioningState": succeeded, "targetProvisioningState": "", "createdAtUtc": rec.Created.Format(time.RFC3339),
		"gatewayUrl": a.URLs.Gateway, "developerPortalUrl": a.URLs.Portal, "portalUrl": a.URLs.Console, "managementApiUrl": a.URLs.Console,
	} {
		raw, err := json.Marshal(value)
		if err != nil {
			return serviceView{}, err
		}
		properties[name] = raw
	}
	return serviceView{
		ID: a.serviceID, Type: provider + "/service", Name: a.ServiceName, ETag: rec.ETag,
		serviceDocument: serviceDocument{Location: s.Location, SKU: s.SKU, Tags: s.Tags, Properties: properties},
	}, nil
}

// readOnly are the members of properties that a client's words do not change;
// the two of the publisher have fields of their own.
var readOnly = []string{
	"publisherName", "publisherEmail", "provisioningState", "targetProvisioningState", "createdAtUtc", "gatewayUrl", "gatewayRegionalUrl",
	"developerPortalUrl", "portalUrl", "managementApiUrl", "scmUrl", "publicIPAddresses", "privateIPAddresses", "outboundPublicIPAddresses",
	"platformVersion", "privateEndpointConnections",
}

// service makes the instance of a document.
func (d serviceDocument) service(name string) (catalog.Service, error) {
	s := catalog.Service{Name: name, Location: d.Location, SKU: d.SKU, Tags: d.Tags, Properties: map[string]json.RawMessage{}}
	for member, value := range d.Properties {
		field := ""
		for _, known := range readOnly {
			if strings.EqualFold(member, known) {
				field = known
			}
		}
		var err error
		switch field {
		case "":
			s.Properties[member] = value
		case "publisherName":
			err = rest.UnmarshalJSON(value, &s.PublisherName)
		case "publisherEmail":
			err = rest.UnmarshalJSON(value, &s.PublisherEmail)
		}
		if err != nil {
			return s, catalog.Incorrect().With(catalog.CodeValidation, field, "%s must be a string.", field)
		}
	}
	return s, s.Check()
}

func (a *api) listServices(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	s, rec, err := record.Get[catalog.Service](r.Context(), a.records, catalog.ServicePath)
	if err != nil {
		return err
	}
	v, err := a.viewService(s, rec)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, struct {
		Value []serviceView `json:"value"`
	}{[]serviceView{v}})
}

func (a *api) getService(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	s, rec, err := record.Get[catalog.Service](r.Context(), a.records, catalog.ServicePath)
	if err != nil {
		return err
	}
	return a.answerService(w, s, rec)
}

func (a *api) answerService(w http.ResponseWriter, s catalog.Service, rec record.Record) error {
	v, err := a.viewService(s, rec)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", quote(rec.ETag))
	return rest.WriteJSON(w, http.StatusOK, v)
}

// storeService replaces the instance's settings (PUT), or some of them (PATCH).
func (a *api) storeService(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	var sent json.RawMessage
	if err := rest.DecodeJSON(r, &sent); err != nil {
		return err
	}
	var s catalog.Service
	applied, err := a.Editor.Edit(r.Context(), func() ([]record.Change, error) {
		old, rec, err := record.Get[catalog.Service](r.Context(), a.records, catalog.ServicePath)
		if err != nil {
			return nil, err
		}
		if err := checkConditions(r, &rec); err != nil {
			return nil, err
		}
		whole := sent
		if r.Method == http.MethodPatch {
			if whole, err = a.mergeService(old, rec, sent); err != nil {
				return nil, err
			}
		}
		var d serviceDocument
		if err := rest.UnmarshalJSON(whole, &d); err != nil {
			return nil, err
		}
		if s, err = d.service(old.Name); err != nil {
			return nil, err
		}
		return []record.Change{record.PutOf(catalog.ServicePath, s, rec.ETag)}, nil
	})
	if err != nil {
		return err
	}
	return a.answerService(w, s, applied[0].New)
}

func (a *api) mergeService(old catalog.Service, rec record.Record, sent json.RawMessage) (json.RawMessage, error) {
	v, err := a.viewService(old, rec)
	if err != nil {
		return nil, err
	}
	base, err := json.Marshal(v.serviceDocument)
	if err != nil {
		return nil, err
	}
	return record.Merge(base, sent)
}
