// Package openapi turns OpenAPI documents (2.0, 3.0 and 3.1, as JSON or YAML)
// into APIs, and APIs into such documents. The rules of the names and the
// parameters are those of API Management (contracts apim.md, section 2.1).
//
// A document is read into a tree that keeps its order (tree.go), of which
// operations are made (read.go); export.go goes the other way. Nothing outside
// of the document is ever read.
package openapi

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"portico/internal/catalog"
	"portico/internal/fault"
)

// MaxDocument is the longest document that is read, in bytes.
const MaxDocument = 32 << 20

// Options say how a document becomes an API.
type Options struct {
	// RequiredInQuery keeps required query parameters out of the URL templates
	// (translateRequiredQueryParameters=query).
	RequiredInQuery bool
	// SchemaID names the schema record to which operations refer.
	SchemaID string
}

// API is what a document says.
type API struct {
	Title, Description, Version string
	TermsOfService              string
	ServiceURL                  string   // "" where the document names no absolute address
	Protocols                   []string // likewise
	Contact, License            json.RawMessage
	Operations                  []catalog.Named[catalog.Operation]
	Tags                        map[string][]string // of operations, by their names
	Schema                      *catalog.Schema     // nil where the document names no types
	Warnings                    []string            // what was left out
	Made                        bool                `json:",omitempty"` // Write made the document of an API
}

// Read makes an API of a document. The error is fault.Invalid with a problem for
// each place, or fault.TooLarge.
func Read(source []byte, o Options) (*API, error) {
	if len(source) > MaxDocument {
		return nil, fault.New(fault.TooLarge, "The document has %d bytes; the limit is %d.", len(source), MaxDocument)
	}
	root, err := parse(source)
	if err != nil {
		return nil, incorrect().With(catalog.CodeValidation, "value", "The document cannot be read: %v.", err)
	}
	d := &document{Options: o, root: root, bad: incorrect(), api: &API{Tags: map[string][]string{}}, names: map[string]bool{}, types: map[string]*value{}, warned: map[string]bool{}}
	if err := d.read(); err != nil {
		return nil, err
	}
	return d.api, nil
}

func incorrect() *fault.Error {
	return fault.Coded(fault.Invalid, catalog.CodeValidation, "The OpenAPI document cannot be imported:")
}

// maxProblems is how many problems of one document are told.
const maxProblems = 50

// document is a document on its way to an API.
type document struct {
	Options
	root    *value
	swagger bool // 2.0
	api     *API
	bad     *fault.Error
	names   map[string]bool   // of operations
	types   map[string]*value // of schemas that the document writes in place, by the names that they get
	order   []string          // of types
	warned  map[string]bool
}

func (d *document) problem(at, format string, args ...any) {
	if len(d.bad.Problems) < maxProblems {
		d.bad.With(catalog.CodeValidation, at, format, args...)
	}
}

// warn notes once what is left out.
func (d *document) warn(format string, args ...any) {
	w := fmt.Sprintf(format, args...)
	if !d.warned[w] && len(d.api.Warnings) < maxProblems {
		d.warned[w] = true
		d.api.Warnings = append(d.api.Warnings, w)
	}
}

func (d *document) read() error {
	switch version := d.root.get("openapi").str(); {
	case d.root.get("swagger").str() == "2.0":
		d.swagger = true
	case strings.HasPrefix(version, "3.0"), strings.HasPrefix(version, "3.1"):
	default:
		d.problem("value", `The document is no OpenAPI document of version 2.0, 3.0 or 3.1: it needs "swagger": "2.0", or "openapi": "3.0.x" or "3.1.x".`)
		return d.bad
	}
	d.api.Made = d.root.get(madeBy) != nil
	d.readInfo()
	if d.swagger {
		d.readHost()
	} else {
		d.readServers()
	}
	paths := d.root.get("paths")
	if paths == nil || paths.kind != object {
		d.problem("#/paths", "The document has no paths, so there is nothing to import.")
		return d.bad
	}
	for i, path := range paths.keys {
		if !strings.HasPrefix(path, "x-") {
			d.readPath(path, paths.items[i])
		}
	}
	if err := d.bad.OrNil(); err != nil {
		return err
	}
	if err := d.readSchemas(); err != nil {
		return err
	}
	if err := catalog.CheckOperations(d.api.Operations); err != nil {
		f := fault.As(err)
		f.Message = d.bad.Message
		return f
	}
	return nil
}

func (d *document) readInfo() {
	info := d.root.get("info")
	d.api.Title, d.api.Description, d.api.Version = info.get("title").str(), info.get("description").str(), info.get("version").str()
	d.api.TermsOfService = info.get("termsOfService").str()
	for name, into := range map[string]*json.RawMessage{"contact": &d.api.Contact, "license": &d.api.License} {
		kept := newObject()
		for _, member := range []string{"name", "url", "email"} {
			if text := info.get(name).get(member).str(); text != "" {
				kept.set(member, newText(text))
			}
		}
		if len(kept.keys) > 0 {
			*into = d.json(kept)
		}
	}
	for _, unknown := range []string{"webhooks", "securityDefinitions", "security"} {
		if d.root.get(unknown) != nil {
			d.warn("%s is not imported.", unknown)
		}
	}
	for _, unknown := range []string{"securitySchemes", "callbacks", "links"} {
		if d.root.get("components").get(unknown) != nil {
			d.warn("components.%s is not imported.", unknown)
		}
	}
}

// json writes a value; one that is too large is left out.
func (d *document) json(v *value) json.RawMessage {
	b, err := v.appendJSON(nil, maxExample)
	if err != nil {
		return nil
	}
	return b
}

// maxExample is the longest example that an operation keeps, in bytes.
const maxExample = 64 << 10

// readHost reads where a 2.0 document's service answers.
func (d *document) readHost() {
	host := d.root.get("host").str()
	schemes := d.root.get("schemes")
	if schemes != nil && schemes.kind == list {
		for _, s := range schemes.items {
			if s.str() == "http" || s.str() == "https" {
				d.api.Protocols = append(d.api.Protocols, s.str())
			}
		}
	}
	if host == "" {
		return
	}
	scheme := "https"
	if len(d.api.Protocols) == 1 {
		scheme = d.api.Protocols[0]
	}
	d.setServiceURL(scheme + "://" + host + "/" + strings.Trim(d.root.get("basePath").str(), "/"))
}

// readServers reads the first absolute address of a 3.x document; its variables take their defaults.
func (d *document) readServers() {
	servers := d.root.get("servers")
	if servers == nil || servers.kind != list {
		return
	}
	for _, s := range servers.items {
		address := s.get("url").str()
		if variables := s.get("variables"); variables != nil {
			for i, name := range variables.keys {
				address = strings.ReplaceAll(address, "{"+name+"}", variables.items[i].get("default").str())
			}
		}
		if d.setServiceURL(address) {
			return
		}
	}
}

// setServiceURL takes an address that can be called.
func (d *document) setServiceURL(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return false
	}
	u.RawQuery, u.Fragment = "", ""
	d.api.ServiceURL = strings.TrimSuffix(u.String(), "/")
	if len(d.api.Protocols) == 0 {
		d.api.Protocols = []string{u.Scheme}
	}
	return true
}

// maxReferences is how many references may lead to one another.
const maxReferences = 32

// resolve follows the references of a value; at is its place, for problems. It
// gives nil where one leads nowhere.
func (d *document) resolve(v *value, at string) *value {
	for range maxReferences {
		ref := v.get("$ref")
		if ref == nil || ref.kind != text {
			return v
		}
		next, err := d.find(ref.text)
		if err != nil {
			d.problem(at, "%v", err)
			return nil
		}
		v = next
	}
	d.problem(at, "The reference leads from one to another without an end.")
	return nil
}

// find gives what a reference within the document names.
func (d *document) find(ref string) (*value, error) {
	pointer, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return nil, fmt.Errorf("the reference %q leads out of the document, which is never followed: put what it names into the document", ref)
	}
	v := d.root
	for part := range strings.SplitSeq(pointer, "/") {
		if decoded, err := url.PathUnescape(part); err == nil {
			part = decoded
		}
		part = strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
		if v = v.get(part); v == nil {
			return nil, fmt.Errorf("the reference %q names nothing in the document", ref)
		}
	}
	return v, nil
}
