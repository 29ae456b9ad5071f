package openapi

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"portico/internal/catalog"
	"portico/internal/catalog/urltemplate"
)

// verbs are the members of a path that are operations.
var verbs = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}

// Longest texts of an operation, in characters; what is longer is cut, and whole in the source.
const (
	maxTitle       = 300
	maxDescription = 1000
)

func place(parts ...string) string {
	at := "#/paths"
	for _, p := range parts {
		at += "/" + strings.ReplaceAll(strings.ReplaceAll(p, "~", "~0"), "/", "~1")
	}
	return at
}

func (d *document) readPath(path string, raw *value) {
	item := d.resolve(raw, place(path))
	if item == nil {
		return
	}
	if item.kind != object {
		d.problem(place(path), "A path must be an object.")
		return
	}
	for i, verb := range item.keys {
		for _, known := range verbs {
			if verb == known {
				d.readOperation(path, verb, item, item.items[i])
			}
		}
	}
}

// parameter is one parameter of an operation as the document describes it.
type parameter struct {
	catalog.Parameter
	in     string
	schema *value // of a body
}

func (d *document) readOperation(path, verb string, item, v *value) {
	at := place(path, verb)
	if v.kind != object {
		d.problem(at, "An operation must be an object.")
		return
	}
	name := d.operationName(v.get("operationId").str(), verb, path)
	o := catalog.Operation{Method: strings.ToUpper(verb), DisplayName: v.get("summary").str(), Description: shorten(v.get("description").str(), maxDescription)}
	if o.DisplayName == "" {
		o.DisplayName = v.get("operationId").str()
	}
	if o.DisplayName == "" {
		o.DisplayName = o.Method + " " + path
	}
	o.DisplayName = shorten(strings.TrimSpace(o.DisplayName), maxTitle)
	for _, member := range []string{"callbacks", "servers"} {
		if v.get(member) != nil {
			d.warn("%s of operations is not imported.", member)
		}
	}
	params := d.readParameters(at, item.get("parameters"), v.get("parameters"))
	o.Request = &catalog.Request{}
	d.placeParameters(&o, path, params)
	if d.swagger {
		d.readBody(&o, name, v, params)
	} else {
		d.readRequestBody(&o, name, at, v.get("requestBody"))
	}
	if r := o.Request; r.Description == "" && len(r.Headers)+len(r.QueryParameters)+len(r.Representations) == 0 {
		o.Request = nil
	}
	d.readResponses(&o, name, at, v)
	d.api.Operations = append(d.api.Operations, catalog.Named[catalog.Operation]{Name: name, Resource: o})
	if tags := v.get("tags"); tags != nil && tags.kind == list {
		for _, t := range tags.items {
			if t.str() != "" {
				d.api.Tags[name] = append(d.api.Tags[name], t.str())
			}
		}
	}
}

// readParameters gives the parameters of a path and of its operation; the operation's replace the path's.
func (d *document) readParameters(at string, lists ...*value) []parameter {
	var params []parameter
	for _, l := range lists {
		if l == nil || l.kind != list {
			continue
		}
		for i, raw := range l.items {
			v := d.resolve(raw, at+"/parameters/"+strconv.Itoa(i))
			if v == nil {
				continue
			}
			p := d.readParameter(at, v)
			if p.Name == "" {
				d.problem(at+"/parameters/"+strconv.Itoa(i), "A parameter needs its name, and where it stands.")
				continue
			}
			replaced := false
			for j := range params {
				if params[j].in == p.in && strings.EqualFold(params[j].Name, p.Name) {
					params[j], replaced = p, true
				}
			}
			if !replaced {
				params = append(params, p)
			}
		}
	}
	return params
}

func (d *document) readParameter(at string, v *value) parameter {
	p := parameter{in: v.get("in").str(), schema: v.get("schema")}
	p.Name, p.Description, p.Required = v.get("name").str(), v.get("description").str(), v.get("required").isTrue()
	schema := v // in 2.0, the parameter is its own schema
	if !d.swagger {
		schema = v.get("schema")
		if content := v.get("content"); schema == nil && content != nil && len(content.items) > 0 {
			schema = content.items[0].get("schema")
		}
		if s := d.resolve(schema, at); s != nil {
			schema = s
		}
	}
	p.Type = typeOf(schema)
	p.DefaultValue = d.plainText(schema.get("default"))
	if enum := schema.get("enum"); enum != nil && enum.kind == list {
		for _, e := range enum.items {
			if text := d.plainText(e); text != "" {
				p.Values = append(p.Values, text)
			}
		}
	}
	p.Examples = d.examples(v)
	return p
}

// plainText writes a value as a parameter carries it.
func (d *document) plainText(v *value) string {
	if v == nil || v.kind == null {
		return ""
	}
	if v.kind == list || v.kind == object {
		return string(d.json(v))
	}
	return v.text
}

// typeOf is a schema's type: in 3.1, the first of several that is not null.
func typeOf(schema *value) string {
	t := schema.get("type")
	if t != nil && t.kind == list {
		for _, one := range t.items {
			if one.str() != "null" {
				return one.str()
			}
		}
	}
	if t.str() != "" {
		return t.str()
	}
	return "string"
}

// examples gives the examples of a parameter or of a content in the contract's form.
func (d *document) examples(v *value) json.RawMessage {
	kept := newObject()
	if one := v.get("example"); one != nil {
		kept.set("default", newObject().set("value", one))
	}
	if many := v.get("examples"); many != nil && many.kind == object {
		for i, name := range many.keys {
			if example, err := d.example(many.items[i]); err == nil && example != nil {
				kept.set(name, example)
			}
		}
	}
	if len(kept.keys) == 0 {
		return nil
	}
	return d.json(kept)
}

// example follows an example's reference; one that leads nowhere is left out.
func (d *document) example(v *value) (*value, error) {
	if ref := v.get("$ref").str(); ref != "" {
		return d.find(ref)
	}
	return v, nil
}

// placeParameters puts parameters where the contract has them: those of the path
// and the required ones of the query into the URL template.
func (d *document) placeParameters(o *catalog.Operation, path string, params []parameter) {
	path, query, _ := strings.Cut(path, "?")
	if path, _, _ = strings.Cut(path, "#"); path == "" {
		path = "/"
	}
	declared := map[string]parameter{}
	for _, p := range params {
		if p.in == "path" {
			declared[strings.ToLower(p.Name)] = p
		}
	}
	taken := map[string]bool{}
	if t, err := urltemplate.Parse(path); err == nil {
		for _, name := range t.Parameters() {
			p := catalog.Parameter{Name: name, Type: "string"}
			if found, ok := declared[strings.ToLower(name)]; ok {
				p = found.Parameter
				p.Name = name
			}
			p.Required = true
			o.TemplateParameters = append(o.TemplateParameters, p)
			taken[strings.ToLower(name)] = true
		}
	}
	var required []string
	if query != "" {
		required = append(required, query)
	}
	for _, p := range params {
		switch p.in {
		case "query":
			if part := url.QueryEscape(p.Name) + "={" + p.Name + "}"; p.Required && !d.RequiredInQuery && !taken[strings.ToLower(p.Name)] && fitsTemplate(part) {
				required = append(required, part)
				o.TemplateParameters = append(o.TemplateParameters, p.Parameter)
				taken[strings.ToLower(p.Name)] = true
				continue
			}
			o.Request.QueryParameters = append(o.Request.QueryParameters, p.Parameter)
		case "header":
			o.Request.Headers = append(o.Request.Headers, p.Parameter)
		case "cookie":
			d.warn("Parameters in cookies are not imported.")
		}
	}
	o.URLTemplate = path
	if len(required) > 0 {
		o.URLTemplate += "?" + strings.Join(required, "&")
	}
}

func fitsTemplate(part string) bool {
	_, err := urltemplate.Parse("/?" + part)
	return err == nil
}

// readBody reads the body of a 2.0 operation.
func (d *document) readBody(o *catalog.Operation, name string, v *value, params []parameter) {
	types := d.mediaTypes(v, "consumes")
	var form []catalog.Parameter
	for _, p := range params {
		switch p.in {
		case "body":
			o.Request.Description = p.Description
			for _, t := range types {
				r := catalog.Representation{ContentType: t}
				d.setType(&r, name, "Request", p.schema)
				o.Request.Representations = append(o.Request.Representations, r)
			}
		case "formData":
			form = append(form, p.Parameter)
		}
	}
	if form == nil {
		return
	}
	contentType := "application/x-www-form-urlencoded"
	for _, t := range types {
		if t == "multipart/form-data" {
			contentType = t
		}
	}
	o.Request.Representations = append(o.Request.Representations, catalog.Representation{ContentType: contentType, FormParameters: form})
}

// mediaTypes are those of an operation, or of its document, in 2.0.
func (d *document) mediaTypes(v *value, member string) []string {
	found := v.get(member)
	if found == nil {
		found = d.root.get(member)
	}
	var types []string
	if found != nil && found.kind == list {
		for _, t := range found.items {
			if t.str() != "" {
				types = append(types, t.str())
			}
		}
	}
	if types == nil {
		return []string{"application/json"}
	}
	return types
}

// readRequestBody reads the body of a 3.x operation.
func (d *document) readRequestBody(o *catalog.Operation, name, at string, raw *value) {
	if raw == nil {
		return
	}
	body := d.resolve(raw, at+"/requestBody")
	if body == nil {
		return
	}
	o.Request.Description = body.get("description").str()
	o.Request.Representations = d.readContent(name, "Request", at+"/requestBody", body.get("content"))
}

func (d *document) readContent(name, what, at string, content *value) []catalog.Representation {
	if content == nil || content.kind != object {
		return nil
	}
	var found []catalog.Representation
	for i, contentType := range content.keys {
		if contentType == "" {
			continue
		}
		r := catalog.Representation{ContentType: contentType, Examples: d.examples(content.items[i])}
		schema := content.items[i].get("schema")
		if contentType == "application/x-www-form-urlencoded" || contentType == "multipart/form-data" {
			r.FormParameters = d.formParameters(at, schema)
		} else {
			d.setType(&r, name, what, schema)
		}
		found = append(found, r)
	}
	return found
}

// formParameters are the properties of a form's schema.
func (d *document) formParameters(at string, raw *value) []catalog.Parameter {
	schema := d.resolve(raw, at)
	properties := schema.get("properties")
	if properties == nil || properties.kind != object {
		return nil
	}
	required := map[string]bool{}
	if names := schema.get("required"); names != nil && names.kind == list {
		for _, n := range names.items {
			required[n.str()] = true
		}
	}
	var params []catalog.Parameter
	seen := map[string]bool{}
	for i, name := range properties.keys {
		if name == "" || seen[strings.ToLower(name)] {
			continue
		}
		seen[strings.ToLower(name)] = true
		p := properties.items[i]
		if resolved := d.resolve(p, at); resolved != nil {
			p = resolved
		}
		params = append(params, catalog.Parameter{Name: name, Type: typeOf(p), Description: p.get("description").str(),
			DefaultValue: d.plainText(p.get("default")), Required: required[name]})
	}
	return params
}

// setType gives a representation the type that a schema names, or a name for one that is written in place.
func (d *document) setType(r *catalog.Representation, operation, what string, schema *value) {
	if schema == nil || schema.kind != object || len(schema.keys) == 0 {
		return
	}
	r.SchemaID = d.SchemaID
	ref := schema.get("$ref").str()
	for _, prefix := range []string{"#/components/schemas/", "#/definitions/"} {
		if name, ok := strings.CutPrefix(ref, prefix); ok && !strings.Contains(name, "/") && d.schemas().get(name) != nil {
			r.TypeName = name
			return
		}
	}
	r.TypeName = d.typeName(operation, what, schema)
}

func (d *document) readResponses(o *catalog.Operation, name, at string, v *value) {
	responses := v.get("responses")
	if responses == nil || responses.kind != object {
		return
	}
	seen := map[int]bool{}
	for i, status := range responses.keys {
		code, err := strconv.Atoi(strings.ReplaceAll(strings.ToUpper(status), "XX", "00"))
		if err != nil || code < 100 || code > 599 || seen[code] {
			continue // "default" and extensions have no status
		}
		seen[code] = true
		at := at + "/responses/" + status
		raw := d.resolve(responses.items[i], at)
		if raw == nil {
			continue
		}
		r := catalog.Response{StatusCode: code, Description: raw.get("description").str(), Headers: d.readHeaders(at, raw.get("headers"))}
		what := status + " Response"
		if d.swagger {
			r.Representations = d.readProduced(name, what, v, raw)
		} else {
			r.Representations = d.readContent(name, what, at, raw.get("content"))
		}
		if raw.get("links") != nil {
			d.warn("links of responses are not imported.")
		}
		o.Responses = append(o.Responses, r)
	}
}

func (d *document) readHeaders(at string, headers *value) []catalog.Parameter {
	if headers == nil || headers.kind != object {
		return nil
	}
	var found []catalog.Parameter
	for i, name := range headers.keys {
		h := d.resolve(headers.items[i], at+"/headers/"+name)
		if h == nil || name == "" {
			continue
		}
		p := d.readParameter(at, h).Parameter
		p.Name = name
		found = append(found, p)
	}
	return found
}

// readProduced reads what a 2.0 response holds.
func (d *document) readProduced(name, what string, operation, response *value) []catalog.Representation {
	schema, examples := response.get("schema"), response.get("examples")
	if schema == nil && examples == nil {
		return nil
	}
	var found []catalog.Representation
	for _, t := range d.mediaTypes(operation, "produces") {
		r := catalog.Representation{ContentType: t}
		d.setType(&r, name, what, schema)
		if e := examples.get(t); e != nil {
			r.Examples = d.json(newObject().set("default", newObject().set("value", e)))
		}
		found = append(found, r)
	}
	return found
}

// schemas are the types that the document names.
func (d *document) schemas() *value {
	if d.swagger {
		return d.root.get("definitions")
	}
	return d.root.get("components").get("schemas")
}

// readSchemas gathers the document's types, and those that got names here, into one record.
func (d *document) readSchemas() error {
	all := newObject()
	if s := d.schemas(); s != nil && s.kind == object {
		for i, name := range s.keys {
			all.set(name, s.items[i])
		}
	}
	for _, name := range d.order {
		all.set(name, d.types[name])
	}
	if len(all.keys) == 0 {
		return nil
	}
	body := all
	if !d.swagger {
		body = newObject().set("schemas", all)
	}
	text, err := body.appendJSON(nil, MaxDocument)
	if err != nil {
		d.problem("value", "The document's schemas cannot be kept: %v.", err)
		return d.bad
	}
	d.api.Schema = &catalog.Schema{ContentType: catalog.OpenAPIComponents, Document: catalog.SchemaDocument{Components: text}}
	if d.swagger {
		d.api.Schema = &catalog.Schema{ContentType: catalog.SwaggerDefinitions, Document: catalog.SchemaDocument{Definitions: text}}
	}
	return nil
}
