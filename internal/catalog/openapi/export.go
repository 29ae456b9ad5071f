package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"portico/internal/catalog"
	"portico/internal/catalog/urltemplate"
)

// Format is a form in which an API is written.
type Format string

// The formats of Write.
const (
	YAML    Format = "openapi"      // OpenAPI 3.0, YAML
	JSON    Format = "openapi+json" // OpenAPI 3.0, JSON
	Swagger Format = "swagger"      // OpenAPI 2.0, JSON
)

// Source is what Write makes a document of.
type Source struct {
	API        catalog.API
	URL        string // at which the API is offered, absolute; "" where the document is not to say
	Operations []catalog.Named[catalog.Operation]
	Schemas    []catalog.Schema
	Tags       map[string][]string // display names of the operations' tags, by the operations' names
	// Made marks the document as made of an API, so that Read does not take it for the API's source.
	Made bool
}

// madeBy is the member of a document that Made marks.
const madeBy = "x-made-by"

// openAPIVersion is the version of the documents that are written.
const openAPIVersion = "3.0.1"

// Write makes a document of an API as it is now.
func Write(s Source, f Format) ([]byte, error) {
	w := &writer{Source: s, swagger: f == Swagger}
	doc, err := w.document()
	if err != nil {
		return nil, err
	}
	if f == YAML {
		var out bytes.Buffer
		e := yaml.NewEncoder(&out)
		e.SetIndent(2)
		if err := e.Encode(doc.yamlNode()); err != nil {
			return nil, err
		}
		return out.Bytes(), e.Close()
	}
	text, err := doc.appendJSON(nil, 4*MaxDocument)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = json.Indent(&out, text, "", "  ")
	return out.Bytes(), err
}

type writer struct {
	Source
	swagger bool
	types   *value
}

func (w *writer) document() (*value, error) {
	doc := newObject()
	if w.swagger {
		doc.set("swagger", newText("2.0"))
	} else {
		doc.set("openapi", newText(openAPIVersion))
	}
	if w.Made {
		doc.set(madeBy, newText("Portico"))
	}
	version := w.API.APIVersion
	if version == "" {
		version = "1.0"
	}
	info := newObject().set("title", newText(w.API.DisplayName))
	setText(info, "description", w.API.Description)
	info.set("version", newText(version))
	setText(info, "termsOfService", w.API.TermsOfServiceURL)
	for _, kept := range []struct {
		name string
		raw  json.RawMessage
	}{{"contact", w.API.Contact}, {"license", w.API.License}} {
		if len(kept.raw) > 0 {
			v, err := parseJSON(kept.raw)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", kept.name, err)
			}
			info.set(kept.name, v)
		}
	}
	doc.set("info", info)
	w.address(doc)
	if err := w.readTypes(); err != nil {
		return nil, err
	}
	paths := newObject()
	for i := range w.Operations {
		if err := w.operation(paths, w.Operations[i].Name, &w.Operations[i].Resource); err != nil {
			return nil, fmt.Errorf("operation %s: %w", w.Operations[i].Name, err)
		}
	}
	doc.set("paths", paths)
	w.security(doc)
	return doc, nil
}

func setText(v *value, name, text string) {
	if text != "" {
		v.set(name, newText(text))
	}
}

// address says where the gateway offers the API.
func (w *writer) address(doc *value) {
	if w.URL == "" {
		return
	}
	if !w.swagger {
		doc.set("servers", &value{kind: list, items: []*value{newObject().set("url", newText(w.URL))}})
		return
	}
	scheme, rest, _ := strings.Cut(w.URL, "://")
	host, path, _ := strings.Cut(rest, "/")
	doc.set("host", newText(host)).set("basePath", newText("/"+path))
	doc.set("schemes", &value{kind: list, items: []*value{newText(scheme)}})
}

// readTypes gathers the types of all schema records.
func (w *writer) readTypes() error {
	w.types = newObject()
	for _, s := range w.Schemas {
		raw := s.Document.Definitions
		if len(raw) == 0 {
			raw = s.Document.Components
		}
		if len(raw) == 0 {
			continue
		}
		v, err := parseJSON(raw)
		if err != nil {
			return fmt.Errorf("schema: %w", err)
		}
		if len(s.Document.Components) > 0 {
			v = v.get("schemas")
		}
		if v == nil || v.kind != object {
			continue
		}
		for i, name := range v.keys {
			if w.types.get(name) == nil {
				w.types.set(name, v.items[i])
			}
		}
	}
	from, to := "#/definitions/", "#/components/schemas/"
	if w.swagger {
		from, to = to, from
	}
	redirect(w.types, from, to)
	return nil
}

// redirect makes references to types name the place where this document has them.
func redirect(v *value, from, to string) {
	for i, item := range v.items {
		if v.kind == object && v.keys[i] == "$ref" && item.kind == text {
			if name, ok := strings.CutPrefix(item.text, from); ok {
				v.items[i] = newText(to + name)
			}
			continue
		}
		redirect(item, from, to)
	}
}

// security names the subscription key.
func (w *writer) security(doc *value) {
	names := catalog.SubscriptionKeyNames{Header: catalog.DefaultKeyHeader, Query: catalog.DefaultKeyQuery}
	if w.API.KeyNames != nil {
		names = *w.API.KeyNames
	}
	schemes, required := newObject(), &value{kind: list}
	for _, s := range []struct{ name, in, parameter string }{{"apiKeyHeader", "header", names.Header}, {"apiKeyQuery", "query", names.Query}} {
		schemes.set(s.name, newObject().set("type", newText("apiKey")).set("name", newText(s.parameter)).set("in", newText(s.in)))
		required.items = append(required.items, newObject().set(s.name, &value{kind: list}))
	}
	if w.swagger {
		if len(w.types.keys) > 0 {
			doc.set("definitions", w.types)
		}
		doc.set("securityDefinitions", schemes)
	} else {
		components := newObject()
		if len(w.types.keys) > 0 {
			components.set("schemas", w.types)
		}
		doc.set("components", components.set("securitySchemes", schemes))
	}
	if w.API.NeedsSubscription() {
		doc.set("security", required)
	}
}

func (w *writer) operation(paths *value, name string, o *catalog.Operation) error {
	path, _, _ := strings.Cut(o.URLTemplate, "?")
	if !slices.Contains(verbs, strings.ToLower(o.Method)) {
		return nil // OpenAPI has no place for other verbs
	}
	item := paths.get(path)
	if item == nil {
		item = newObject()
		paths.set(path, item)
	}
	verb := strings.ToLower(o.Method)
	if item.get(verb) != nil {
		return nil // told apart by the query alone, for which OpenAPI has no place either
	}
	v := newObject()
	setText(v, "summary", o.DisplayName)
	setText(v, "description", o.Description)
	v.set("operationId", newText(name))
	if names := w.Tags[name]; len(names) > 0 {
		tags := &value{kind: list}
		for _, tag := range names {
			tags.items = append(tags.items, newText(tag))
		}
		v.set("tags", tags)
	}
	params, err := w.parameters(o)
	if err != nil {
		return err
	}
	if o.Request != nil {
		if err := w.request(v, o.Request, params); err != nil {
			return err
		}
	}
	if len(params.items) > 0 {
		v.set("parameters", params)
	}
	responses := newObject()
	for i := range o.Responses {
		r, err := w.response(v, &o.Responses[i])
		if err != nil {
			return err
		}
		responses.set(strconv.Itoa(o.Responses[i].StatusCode), r)
	}
	if len(responses.keys) == 0 {
		responses.set("200", newObject().set("description", newText("")))
	}
	v.set("responses", responses)
	item.set(verb, v)
	return nil
}

// parameters are those of the template, the query and the headers.
func (w *writer) parameters(o *catalog.Operation) (*value, error) {
	t, err := urltemplate.Parse(o.URLTemplate)
	if err != nil {
		return nil, err
	}
	inQuery := map[string]string{}
	for _, q := range t.Query {
		if q.Parameter != "" {
			inQuery[strings.ToLower(q.Parameter)] = q.Name
		}
	}
	params := &value{kind: list}
	for _, p := range o.TemplateParameters {
		in := "path"
		if name, ok := inQuery[strings.ToLower(p.Name)]; ok {
			in, p.Name = "query", name
		}
		p.Required = true
		params.items = append(params.items, w.parameter(p, in))
	}
	if o.Request != nil {
		for _, p := range o.Request.QueryParameters {
			params.items = append(params.items, w.parameter(p, "query"))
		}
		for _, p := range o.Request.Headers {
			params.items = append(params.items, w.parameter(p, "header"))
		}
	}
	return params, nil
}

func (w *writer) parameter(p catalog.Parameter, in string) *value {
	v := newObject().set("name", newText(p.Name)).set("in", newText(in))
	setText(v, "description", p.Description)
	if p.Required {
		v.set("required", newBool(true))
	}
	w.setSchema(v, p)
	return v
}

// setSchema writes a parameter's type: in 2.0, in the parameter itself.
func (w *writer) setSchema(v *value, p catalog.Parameter) {
	schema := v
	if !w.swagger {
		schema = newObject()
		v.set("schema", schema)
	}
	schema.set("type", newText(p.Type))
	if p.Type == "array" {
		schema.set("items", newObject().set("type", newText("string")))
	}
	if len(p.Values) > 0 {
		enum := &value{kind: list}
		for _, one := range p.Values {
			enum.items = append(enum.items, typed(p.Type, one))
		}
		schema.set("enum", enum)
	}
	if p.DefaultValue != "" {
		schema.set("default", typed(p.Type, p.DefaultValue))
	}
}

// typed gives a parameter's text as its type has it.
func typed(kindOf, s string) *value {
	switch kindOf {
	case "integer", "number", "boolean", "array", "object":
		if v, err := parseJSON([]byte(s)); err == nil {
			return v
		}
	}
	return newText(s)
}

func (w *writer) request(v *value, r *catalog.Request, params *value) error {
	if len(r.Representations) == 0 {
		return nil
	}
	if !w.swagger {
		content, err := w.content(r.Representations)
		if err != nil {
			return err
		}
		body := newObject()
		setText(body, "description", r.Description)
		v.set("requestBody", body.set("content", content))
		return nil
	}
	consumes := &value{kind: list}
	for _, rep := range r.Representations {
		consumes.items = append(consumes.items, newText(rep.ContentType))
	}
	v.set("consumes", consumes)
	first := r.Representations[0]
	if len(first.FormParameters) > 0 {
		for _, p := range first.FormParameters {
			params.items = append(params.items, w.parameter(p, "formData"))
		}
		return nil
	}
	params.items = append(params.items, newObject().set("name", newText("body")).set("in", newText("body")).set("schema", w.schemaOf(first)))
	return nil
}

// schemaOf is the schema of a representation.
func (w *writer) schemaOf(r catalog.Representation) *value {
	if len(r.FormParameters) > 0 {
		properties, required := newObject(), &value{kind: list}
		for _, p := range r.FormParameters {
			one := newObject().set("type", newText(p.Type))
			setText(one, "description", p.Description)
			properties.set(p.Name, one)
			if p.Required {
				required.items = append(required.items, newText(p.Name))
			}
		}
		v := newObject().set("type", newText("object")).set("properties", properties)
		if len(required.items) > 0 {
			v.set("required", required)
		}
		return v
	}
	if r.TypeName == "" || w.types.get(r.TypeName) == nil {
		return newObject()
	}
	if w.swagger {
		return newObject().set("$ref", newText("#/definitions/"+r.TypeName))
	}
	return newObject().set("$ref", newText("#/components/schemas/"+r.TypeName))
}

func (w *writer) content(reps []catalog.Representation) (*value, error) {
	content := newObject()
	for _, r := range reps {
		if content.get(r.ContentType) != nil {
			continue
		}
		one := newObject()
		if s := w.schemaOf(r); len(s.keys) > 0 {
			one.set("schema", s)
		}
		if len(r.Examples) > 0 {
			examples, err := parseJSON(r.Examples)
			if err != nil {
				return nil, err
			}
			if value := examples.get("default").get("value"); value != nil && len(examples.keys) == 1 {
				one.set("example", value)
			} else {
				one.set("examples", examples)
			}
		}
		content.set(r.ContentType, one)
	}
	return content, nil
}

func (w *writer) response(operation *value, r *catalog.Response) (*value, error) {
	v := newObject().set("description", newText(r.Description))
	if len(r.Headers) > 0 {
		headers := newObject()
		for _, h := range r.Headers {
			one := newObject()
			setText(one, "description", h.Description)
			w.setSchema(one, h)
			headers.set(h.Name, one)
		}
		v.set("headers", headers)
	}
	if len(r.Representations) == 0 {
		return v, nil
	}
	if !w.swagger {
		content, err := w.content(r.Representations)
		if err != nil {
			return nil, err
		}
		return v.set("content", content), nil
	}
	if operation.get("produces") == nil {
		produces := &value{kind: list}
		for _, rep := range r.Representations {
			produces.items = append(produces.items, newText(rep.ContentType))
		}
		operation.set("produces", produces)
	}
	if s := w.schemaOf(r.Representations[0]); len(s.keys) > 0 {
		v.set("schema", s)
	}
	return v, nil
}
