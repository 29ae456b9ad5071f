package artifact

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"portico/internal/catalog"
	"portico/internal/catalog/openapi"
	"portico/internal/record"
)

// schemaName is the schema record that an import makes.
const schemaName = "openapi"

var readOptions = openapi.Options{SchemaID: schemaName}

// definition is an API with what a specification file can say of it.
type definition struct {
	api        catalog.API
	operations []catalog.Named[catalog.Operation] // in the order of their creation
	schema     *catalog.Schema                    // the one that an import makes; nil without one
	source     *catalog.SourceDocument            // that the API was imported from; nil where it was not
	tags       map[string][]string                // names of the operations' tags, by the operations' names
	displayed  map[string]string                  // display names of tags, by their names
}

// specification is what was written of a definition, and what the file does not say.
type specification struct {
	name string // of the file
	text []byte
	api  *openapi.API // what an import of the text gives
}

// specify writes an API's definition: the document that it was imported from, as
// long as an import of it gives just what the API is, else one that is made of
// the operations that such a document can hold.
func (d *definition) specify() (specification, error) {
	if d.source != nil {
		if a, err := openapi.Read(d.source.Text, readOptions); err == nil && len(d.unsaid(a)) == 0 && len(a.Operations) == len(d.operations) && d.says(a) {
			return specification{specFile(d.source.Text), d.source.Text, a}, nil
		}
	}
	for operations := d.operations; ; {
		text, err := openapi.Write(openapi.Source{API: d.api, URL: d.api.ServiceURL, Operations: operations, Schemas: d.schemas(), Tags: d.documentTags(), Made: true}, openapi.YAML)
		if err != nil {
			return specification{}, err
		}
		a, err := openapi.Read(text, readOptions)
		if err != nil && len(operations) == 0 {
			return specification{}, fmt.Errorf("the definition that was made cannot be read: %w", err)
		}
		var said []catalog.Named[catalog.Operation]
		if err == nil {
			unsaid := d.unsaid(a)
			said = slices.DeleteFunc(slices.Clone(operations), func(o catalog.Named[catalog.Operation]) bool { return unsaid[o.Name] })
		}
		switch {
		case len(said) < len(operations):
			operations = said // the others get files of their own
		case len(a.Operations) > len(operations) || !d.says(a):
			operations = nil // it says too much
		default:
			return specification{specYAML, text, a}, nil
		}
	}
}

// specFile names the file of a document.
func specFile(text []byte) string {
	if t := bytes.TrimLeft(bytes.TrimPrefix(text, []byte("\ufeff")), " \t\r\n"); len(t) > 0 && t[0] == '{' {
		return specJSON
	}
	return specYAML
}

// unsaid gives the names of the operations that an import does not make as they are.
func (d *definition) unsaid(a *openapi.API) map[string]bool {
	made := make(map[string]catalog.Operation, len(a.Operations))
	for _, o := range a.Operations {
		made[o.Name] = o.Resource
	}
	unsaid := map[string]bool{}
	for _, o := range d.operations {
		if m, ok := made[o.Name]; !ok || !sameJSON(m, o.Resource) {
			unsaid[o.Name] = true
		}
	}
	return unsaid
}

// says tells whether an import makes neither a schema nor tags that the API does not have.
func (d *definition) says(a *openapi.API) bool {
	if a.Schema != nil && d.schema == nil {
		return false
	}
	for operation, tags := range a.Tags {
		for _, t := range tags {
			if name := openapi.TagName(t); name != "" && !slices.Contains(d.tags[operation], name) {
				return false
			}
		}
	}
	return true
}

func (d *definition) schemas() []catalog.Schema {
	if d.schema == nil {
		return nil
	}
	return []catalog.Schema{*d.schema}
}

// documentTags are the display names of the operations' tags, where an import gives the tags the same names.
func (d *definition) documentTags() map[string][]string {
	all := make(map[string][]string, len(d.tags))
	for operation, names := range d.tags {
		for _, name := range names {
			if display := d.displayed[name]; openapi.TagName(display) == name {
				all[operation] = append(all[operation], display)
			}
		}
	}
	return all
}

// implied are the paths of the records that an import of a specification makes.
func implied(api string, a *openapi.API) []string {
	var paths []string
	for _, o := range a.Operations {
		at := catalog.OperationPath(api, o.Name)
		paths = append(paths, at)
		for _, t := range a.Tags[o.Name] {
			if name := openapi.TagName(t); name != "" {
				paths = append(paths, at+record.Path("tags", name))
			}
		}
	}
	if a.Schema != nil {
		paths = append(paths, catalog.APIPath(api)+record.Path("schemas", schemaName))
	}
	return paths
}

// unsaidMembers gives the members of an API that an import would fill in from
// the specification although the API leaves them empty.
func unsaidMembers(api *catalog.API, a *openapi.API) map[string]json.RawMessage {
	empty := map[string]json.RawMessage{}
	for name, texts := range map[string][2]string{
		"description": {api.Description, a.Description}, "termsOfServiceUrl": {api.TermsOfServiceURL, a.TermsOfService}, "serviceUrl": {api.ServiceURL, a.ServiceURL},
	} {
		if texts[0] == "" && texts[1] != "" {
			empty[name] = json.RawMessage(`""`)
		}
	}
	for name, objects := range map[string][2]json.RawMessage{"contact": {api.Contact, a.Contact}, "license": {api.License, a.License}} {
		if len(objects[0]) == 0 && len(objects[1]) > 0 {
			empty[name] = json.RawMessage(`null`)
		}
	}
	return empty
}

func sameJSON(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && (bytes.Equal(x, y) || Same(x, y, nil))
}

// definitions gathers what specification files are made of, by the APIs' keys.
func definitions(resources []Resource) (map[string]*definition, error) {
	all := map[string]*definition{}
	displayed := map[string]string{}
	for _, r := range resources { // in the order of Kinds: APIs before what stands below them
		var err error
		d := all[record.Key(record.NameIn(r.Path, "apis"))]
		switch record.Kind(r.Path) {
		case "tags":
			var t catalog.Tag
			err = json.Unmarshal(r.Properties, &t)
			displayed[record.Name(r.Path)] = t.DisplayName
		case "apis":
			d = &definition{tags: map[string][]string{}, displayed: displayed}
			all[record.Key(record.Name(r.Path))] = d
			err = json.Unmarshal(r.Properties, &d.api)
		case "apis/definitions":
			var s catalog.SourceDocument
			if err = json.Unmarshal(r.Properties, &s); err == nil && d != nil && !strings.HasPrefix(s.Format, "web-service") {
				d.source = &s
			}
		case "apis/schemas":
			if d != nil && strings.EqualFold(record.Name(r.Path), schemaName) {
				d.schema = &catalog.Schema{}
				err = json.Unmarshal(r.Properties, d.schema)
			}
		case "apis/operations":
			o := catalog.Named[catalog.Operation]{Name: record.Name(r.Path)}
			if err = json.Unmarshal(r.Properties, &o.Resource); d != nil {
				d.operations = append(d.operations, o)
			}
		case "apis/operations/tags":
			if d != nil {
				operation := record.NameIn(r.Path, "operations")
				d.tags[operation] = append(d.tags[operation], record.Name(r.Path))
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Path, err)
		}
	}
	return all, nil
}

// names are the keys of a map in order.
func names[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
