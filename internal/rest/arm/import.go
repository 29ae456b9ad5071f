package arm

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"

	"portico/internal/catalog"
	"portico/internal/catalog/openapi"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/rest"
)

// maxImport leaves room for the escapes of a definition within JSON, in bytes.
const maxImport = 2 * openapi.MaxDocument

// schemaID names the record of the types of an imported API.
const schemaID = "openapi"

// webServiceFormat makes the five operations of a published web service, whose
// address is the value: an addition of ours.
const webServiceFormat = "web-service"

// imported is a definition that was read, on its way into an API.
type imported struct {
	definition *openapi.API
	source     catalog.SourceDocument
}

// importFormats are the formats of a definition, with whether the value is a link to it.
var importFormats = map[string]bool{
	"openapi": false, "openapi+json": false, "swagger-json": false, "openapi-link": true, "openapi+json-link": true, "swagger-link-json": true,
}

// definitionMembers are the properties that carry a definition.
type definitionMembers struct {
	Format    string `json:"format"`
	Value     string `json:"value"`
	Translate string `json:"translateRequiredQueryParameters"`
}

// prepareImport reads the definition that comes with an API, and takes its text
// out of what was sent.
func prepareImport(e *edit, sent json.RawMessage) (json.RawMessage, error) {
	var p definitionMembers
	var all map[string]json.RawMessage
	if len(sent) == 0 {
		return sent, nil
	}
	if err := rest.UnmarshalJSON(sent, &p); err != nil || p.Format == "" && p.Value == "" {
		return sent, err
	}
	if err := json.Unmarshal(sent, &all); err != nil {
		return sent, err
	}
	maps.DeleteFunc(all, func(member string, _ json.RawMessage) bool {
		return strings.EqualFold(member, "format") || strings.EqualFold(member, "value")
	})
	if err := e.readDefinition(p); err != nil {
		return sent, err
	}
	return json.Marshal(all)
}

// readDefinition reads a definition, or gets it from its link first.
func (e *edit) readDefinition(p definitionMembers) error {
	bad := catalog.Incorrect()
	format := strings.ToLower(p.Format)
	if format == webServiceFormat && p.Value != "" {
		e.prepared = imported{&openapi.API{ServiceURL: strings.TrimSuffix(p.Value, "/"), Operations: catalog.WebServiceOperations()},
			catalog.SourceDocument{Format: format, Text: []byte(p.Value)}}
		return nil
	}
	isLink, known := importFormats[format]
	switch {
	case format == "":
		bad.With(catalog.CodeValidation, "format", "A definition needs its format, such as openapi.")
	case !known && isOtherDefinition(format):
		bad.With("NotSupported", "format", "Importing %s is not offered: use an OpenAPI document, or create the API and its operations.", p.Format)
	case !known:
		bad.With(catalog.CodeValidation, "format", "%q is not a format of a definition: use openapi, openapi+json, openapi-link, openapi+json-link, swagger-json or swagger-link-json.", p.Format)
	case p.Value == "":
		bad.With(catalog.CodeValidation, "value", "value must hold the definition, or the link to it.")
	}
	query := strings.EqualFold(p.Translate, "query")
	if p.Translate != "" && !query && !strings.EqualFold(p.Translate, "template") {
		bad.With(catalog.CodeValidation, "translateRequiredQueryParameters", "%q is neither template nor query.", p.Translate)
	}
	if err := bad.OrNil(); err != nil {
		return err
	}
	text := []byte(p.Value)
	if isLink {
		var err error
		if text, err = e.Fetch(e.ctx, p.Value, openapi.MaxDocument); err != nil {
			return err
		}
	}
	definition, err := openapi.Read(text, openapi.Options{RequiredInQuery: query, SchemaID: schemaID})
	if err != nil {
		return err
	}
	for _, w := range definition.Warnings {
		e.warnings = append(e.warnings, fault.Problem{Code: "NotImported", Target: "value", Message: w})
	}
	e.prepared = imported{definition, catalog.SourceDocument{Format: format, Text: text}}
	return nil
}

// isOtherDefinition tells whether the contract has a format that is not offered.
func isOtherDefinition(format string) bool {
	for _, prefix := range []string{"wsdl", "wadl", "graphql", "grpc", "odata"} {
		if strings.HasPrefix(format, prefix) {
			return true
		}
	}
	return false
}

// takeImport fills an API in from its definition, where the request does not say
// otherwise, and plans its operations and schemas.
func (e *edit) takeImport(p, old *catalog.API) error {
	i, ok := e.prepared.(imported)
	if !ok {
		return nil
	}
	d := i.definition
	fill := func(member string, into *string, text string) {
		if !e.has(member) && text != "" {
			*into = text
		}
	}
	fill("displayName", &p.DisplayName, cut(d.Title, 300))
	fill("description", &p.Description, d.Description)
	fill("termsOfServiceUrl", &p.TermsOfServiceURL, d.TermsOfService)
	fill("serviceUrl", &p.ServiceURL, d.ServiceURL)
	if old != nil && p.ServiceURL == "" {
		p.ServiceURL = old.ServiceURL
	}
	if !e.has("protocols") && len(d.Protocols) > 0 {
		p.Protocols = d.Protocols
	}
	if !e.has("contact") {
		p.Contact = d.Contact
	}
	if !e.has("license") {
		p.License = d.License
	}
	return e.planImport(i)
}

// planImport plans what stands below an imported API: operations match by name,
// others go, and what does not change is left alone.
func (e *edit) planImport(i imported) error {
	operations := e.path + "/operations"
	stored, err := e.records.List(e.ctx, operations)
	if err != nil {
		return err
	}
	before := make(map[string]record.Record, len(stored))
	for _, r := range stored {
		before[record.Key(record.Name(r.Path))] = r
	}
	for _, o := range i.definition.Operations {
		change := record.PutOf(operations+"/"+o.Name, o.Resource, "")
		if r, ok := before[o.Name]; !ok || !bytes.Equal(r.Body, change.Body) {
			e.also = append(e.also, change)
		}
		delete(before, o.Name)
	}
	for _, r := range before {
		if !e.planned.keeps(r.Path) {
			e.also = append(e.also, record.Change{Op: record.DeleteTree, Path: r.Path})
		}
	}
	if err := e.planTags(operations, i.definition.Tags); err != nil {
		return err
	}
	schema := e.path + "/schemas/" + schemaID
	if i.definition.Schema == nil {
		e.also = append(e.also, record.Change{Op: record.DeleteTree, Path: schema})
	} else if err := e.putChanged(record.PutOf(schema, i.definition.Schema, "")); err != nil {
		return err
	}
	if i.definition.Made {
		return nil // it is no source
	}
	return e.putChanged(record.PutOf(catalog.SourcePath(e.name), i.source, ""))
}

// putChanged plans a Put, unless what is stored is the same already.
func (e *edit) putChanged(change record.Change) error {
	r, err := e.records.Get(e.ctx, change.Path)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if err != nil || !bytes.Equal(r.Body, change.Body) {
		e.also = append(e.also, change)
	}
	return nil
}

// planTags gives operations the tags of the definition, and makes those that do not exist.
func (e *edit) planTags(operations string, tags map[string][]string) error {
	made := map[string]bool{}
	for operation, names := range tags {
		for _, display := range names {
			name := openapi.TagName(display)
			if name == "" {
				continue
			}
			path := record.Path("tags", name)
			if _, err := e.records.Get(e.ctx, path); fault.Is(err, fault.NotFound) && !made[name] {
				e.also = append(e.also, record.PutOf(path, catalog.Tag{DisplayName: cut(display, 160)}, ""))
				made[name] = true
			} else if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			if err := e.putChanged(record.PutOf(operations+"/"+operation+path, catalog.Link{}, "")); err != nil {
				return err
			}
		}
	}
	return nil
}

// cut shortens text to a number of characters.
func cut(text string, limit int) string {
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit])
	}
	return text
}
