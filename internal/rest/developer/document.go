package developer

import (
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/catalog/openapi"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/rest"
)

// documentRoutes show what is written about APIs and products.
func (a *api) documentRoutes() []rest.Route {
	return []rest.Route{
		anyone(http.MethodGet, "/apis/{apiId}/wikis/default", a.wikiOfAPI),
		anyone(http.MethodGet, "/products/{productId}/wikis/default", a.wikiOfProduct),
		anyone(http.MethodGet, "/authServers/oauth2", authServers(a, access.AuthorizationServers, "authorizationServerId", func(id string, s *access.AuthorizationServer) oauthServerView {
			s.ResourceOwnerUsername = "" // the portal's own credentials
			return oauthServerView{authServerView{id, s.DisplayName}, *s}
		})),
		anyone(http.MethodGet, "/authServers/openidconnect", authServers(a, access.OpenIDProviders, "openidProviderId", func(id string, p *access.OpenIDProvider) openIDServerView {
			return openIDServerView{authServerView{id, p.DisplayName}, *p}
		})),
	}
}

// definition is a form in which an API's definition is downloaded.
type definition struct {
	format openapi.Format
	media  string
	file   string // the end of the file's name
}

// The definitions by the media type that an Accept header asks for (apim.md 5.2),
// and by the format parameter of the management API.
var (
	definitions = map[string]definition{
		"application/vnd.swagger.doc+json": {openapi.Swagger, "application/json", "swagger.json"},
		"application/vnd.oai.openapi":      {openapi.YAML, "application/yaml", "openapi.yaml"},
		"application/vnd.oai.openapi+json": {openapi.JSON, "application/json", "openapi.json"},
	}
	formats = map[string]string{"swagger": "application/vnd.swagger.doc+json", "openapi": "application/vnd.oai.openapi", "openapi+json": "application/vnd.oai.openapi+json"}
)

// export answers a request for an API's definition, which names no backend.
func (a *api) export(w http.ResponseWriter, r *http.Request, rec record.Record) (bool, error) {
	query, err := queryOf(r)
	if err != nil {
		return false, err
	}
	media, _, _ := mime.ParseMediaType(r.Header.Get("Accept")) // one that cannot be read asks for no definition
	if strings.EqualFold(query.Get("export"), "true") {
		format := strings.ToLower(strings.ReplaceAll(query.Get("format"), " ", "+")) // a plus that was not escaped
		if media = formats[format]; media == "" {
			return true, catalog.Incorrect().With(catalog.CodeValidation, "format", "%q is not a format: use swagger, openapi or openapi+json.", format)
		}
	}
	if strings.Contains(media, "wadl") || strings.Contains(media, "wsdl") {
		return true, fault.New(fault.Unsupported, "APIs are exported as OpenAPI 3.0 or 2.0 only.")
	}
	d, ok := definitions[media]
	if !ok {
		return false, nil
	}
	source, err := openapi.Load(r.Context(), a.records, rec, a.GatewayURL)
	if err != nil {
		return true, err
	}
	source.API.ServiceURL = ""
	text, err := openapi.Write(source, d.format)
	if err != nil {
		return true, err
	}
	w.Header().Set("Content-Type", d.media)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": record.Name(rec.Path) + "-" + d.file}))
	_, _ = w.Write(text) // the client is gone when this fails
	return true, nil
}

type releaseView struct {
	ID      string    `json:"id"`
	Notes   string    `json:"notes"`
	Created time.Time `json:"createdDateTime"`
	Updated time.Time `json:"updatedDateTime"`
}

// releases answers with an API's change log, the newest first.
func (a *api) releases(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	rec, _, err := a.api(r, who)
	if err != nil {
		return err
	}
	recs, err := a.records.List(r.Context(), rec.Path+"/releases")
	if err != nil {
		return err
	}
	views, err := mapped(recs, func(rel record.Record) (releaseView, error) {
		p, err := decoded[catalog.Release](rel)
		return releaseView{record.Name(rel.Path), p.Notes, rel.Created, rel.Updated}, err
	})
	if err != nil {
		return err
	}
	slices.Reverse(views)
	return list(w, r, textFields([]string{"properties"}, "id", "notes"), views)
}

type schemaView struct {
	ID string `json:"id"`
	catalog.Schema
}

func viewSchema(rec record.Record) (schemaView, error) {
	s, err := decoded[catalog.Schema](rec)
	return schemaView{record.Name(rec.Path), s}, err
}

func (a *api) listSchemas(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	rec, _, err := a.api(r, who)
	if err != nil {
		return err
	}
	recs, err := a.records.List(r.Context(), rec.Path+catalog.Schemas)
	if err != nil {
		return err
	}
	views, err := mapped(recs, viewSchema)
	if err != nil {
		return err
	}
	return list(w, r, textFields([]string{"properties"}, "id", "contentType"), views)
}

func (a *api) getSchema(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	rec, _, err := a.api(r, who)
	if err != nil {
		return err
	}
	s, err := a.records.Get(r.Context(), rec.Path+record.Path("schemas", r.PathValue("schemaId")))
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.NotFound, "The API has no schema %s.", r.PathValue("schemaId"))
	}
	if err != nil {
		return err
	}
	v, err := viewSchema(s)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, v)
}

func (a *api) wikiOfAPI(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	rec, _, err := a.api(r, who)
	if err != nil {
		return err
	}
	return a.wiki(w, r, rec)
}

func (a *api) wikiOfProduct(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	rec, err := a.product(r, who)
	if err != nil {
		return err
	}
	return a.wiki(w, r, rec)
}

// wikiPage is a page of a wiki with its text.
type wikiPage struct {
	ID string `json:"documentationId"`
	catalog.Documentation
}

// wiki answers with the pages of a wiki in their order, in Markdown.
func (a *api) wiki(w http.ResponseWriter, r *http.Request, of record.Record) error {
	wiki, _, err := record.Get[catalog.Wiki](r.Context(), a.records, of.Path+record.Path("wikis", "default"))
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	pages := []wikiPage{}
	for _, d := range wiki.Documents {
		text, _, err := record.Get[catalog.Documentation](r.Context(), a.records, record.Path("documentations", d.DocumentationID))
		if err != nil {
			return err
		}
		pages = append(pages, wikiPage{d.DocumentationID, text})
	}
	return rest.WriteJSON(w, http.StatusOK, struct {
		Documents []wikiPage `json:"documents"`
	}{pages})
}

type authServerView struct {
	ID   string `json:"id"`
	Name string `json:"name"` // the display name
}

type oauthServerView struct {
	authServerView
	access.AuthorizationServer
}

type openIDServerView struct {
	authServerView
	access.OpenIDProvider
}

// authServers answers with the servers of a collection that the APIs name which
// the caller may see, without their secrets.
func authServers[P, V any](a *api, collection, member string, view func(id string, p *P) V) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, who access.Principal) error {
		sight, err := a.sight(r, who)
		if err != nil {
			return err
		}
		apis, err := a.visibleAPIs(r.Context(), sight)
		if err != nil {
			return err
		}
		recs, err := a.records.List(r.Context(), collection)
		if err != nil {
			return err
		}
		views := []V{}
		for _, rec := range recs {
			named := false
			for _, api := range apis {
				p, err := decoded[catalog.API](api)
				if err != nil {
					return err
				}
				named = named || catalog.Authorizes(&p, member, record.Name(rec.Path))
			}
			if !named {
				continue
			}
			p, err := catalog.Show[P](a.Keys, rec)
			if err != nil {
				return err
			}
			views = append(views, view(record.Name(rec.Path), p))
		}
		return list(w, r, textFields([]string{"properties"}, "id", "name"), views)
	}
}
