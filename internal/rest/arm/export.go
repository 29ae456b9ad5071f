package arm

import (
	"crypto/hmac"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/catalog/openapi"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/rest"
)

// linkLifetime is how long the link to a definition works, as in the contract.
const linkLifetime = 5 * time.Minute

// sourceFormat asks for the document that an API was imported from: an addition of ours.
const sourceFormat = "source"

// exportFormat is how a definition is written, and what the answer calls it.
type exportFormat struct {
	format openapi.Format
	named  string // in the answer
	media  string
}

var exportFormats = map[string]exportFormat{
	"openapi":           {openapi.YAML, "openapi", "application/yaml"},
	"openapi+json":      {openapi.JSON, "openapi+json", "application/json"},
	"swagger":           {openapi.Swagger, "swagger-json", "application/json"},
	"openapi-link":      {openapi.YAML, "openapi-link", "application/yaml"},
	"openapi+json-link": {openapi.JSON, "openapi+json-link", "application/json"},
	"swagger-link":      {openapi.Swagger, "swagger-link-json", "application/json"},
	sourceFormat:        {sourceFormat, sourceFormat, "application/octet-stream"},
}

// export answers ?export=true: with a link to the definition, or with the
// definition itself where the format is none of a link.
func export(a *api, w http.ResponseWriter, r *http.Request, rec record.Record) (bool, error) {
	query, err := queryOf(r)
	if err != nil || !isTrue(query, "export") {
		return false, err
	}
	name := strings.ToLower(strings.ReplaceAll(query.Get("format"), " ", "+")) // a plus that was not escaped
	f, ok := exportFormats[name]
	if !ok {
		return true, catalog.Incorrect().With("NotSupported", "format", "%q is not a format that is exported: use openapi-link, openapi+json-link or swagger-link, or openapi, openapi+json, swagger or source for the text itself.", name)
	}
	var value any
	if strings.HasSuffix(name, "-link") {
		value = struct {
			Link string `json:"link"`
		}{a.definitionLink(r, rec, name)}
	} else {
		text, err := a.write(r, rec, f)
		if err != nil {
			return true, err
		}
		value = string(text)
	}
	return true, rest.WriteJSON(w, http.StatusOK, struct {
		ID     string `json:"id"`
		Format string `json:"format"`
		Value  any    `json:"value"`
	}{a.serviceID + rec.Path, f.named, value})
}

// definitionLink is an address that gives the definition to whoever has it, for some minutes.
func (a *api) definitionLink(r *http.Request, rec record.Record, format string) string {
	expires := strconv.FormatInt(time.Now().Add(linkLifetime).Unix(), 10)
	query := url.Values{"api-version": {versions[len(versions)-1]}, "format": {format}, "expires": {expires}, "signature": {a.signDefinition(rec.Path, format, expires)}}
	link := url.URL{Scheme: "http", Host: r.Host, Path: a.serviceID + rec.Path + "/definition", RawQuery: query.Encode()}
	if r.TLS != nil {
		link.Scheme = "https"
	}
	return link.String()
}

func (a *api) signDefinition(path, format, expires string) string {
	sum := a.Keys.Hash("definition link", strings.Join([]string{record.Key(path), format, expires}, "\n"))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// definition answers a link that definitionLink made.
func (a *api) definition(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	query, err := queryOf(r)
	if err != nil {
		return err
	}
	path, format, expires := catalog.APIPath(r.PathValue("apiId")), query.Get("format"), query.Get("expires")
	until, err := strconv.ParseInt(expires, 10, 64)
	if err != nil || time.Now().Unix() > until || !hmac.Equal([]byte(query.Get("signature")), []byte(a.signDefinition(path, format, expires))) {
		return fault.New(fault.Forbidden, "The link is not valid, or has expired: export the API again.")
	}
	rec, err := a.lookUp(r.Context(), path, "API")
	if err != nil {
		return err
	}
	f := exportFormats[format]
	text, err := a.write(r, rec, f)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", f.media)
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(text)
	return err
}

// write gives an API's definition in a format.
func (a *api) write(r *http.Request, rec record.Record, f exportFormat) ([]byte, error) {
	ctx := r.Context()
	if f.format == sourceFormat {
		s, _, err := record.Get[catalog.SourceDocument](ctx, a.records, catalog.SourcePath(record.Name(rec.Path)))
		if fault.Is(err, fault.NotFound) {
			return nil, fault.New(fault.NotFound, "The API %s was not imported from a document.", record.Name(rec.Path))
		}
		return s.Text, err
	}
	s, err := openapi.Load(ctx, a.records, rec, a.URLs.Gateway)
	if err != nil {
		return nil, err
	}
	return openapi.Write(s, f.format)
}
