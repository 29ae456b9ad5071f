package gateway

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"portico/internal/catalog"
	"portico/internal/catalog/urltemplate"
	"portico/internal/policy"
	"portico/internal/record"
)

// compileAPI makes one API anew, unless it is made of the same records as before.
func (b *builder) compileAPI(id string) {
	a := b.apis[id]
	if a == nil {
		return
	}
	maps.DeleteFunc(a.operations, func(_ string, o *operationRecords) bool { return o.record.Path == "" && o.policy.unit == nil })
	if a.record.Path == "" {
		if len(a.operations) == 0 && a.policy.unit == nil {
			delete(b.apis, id)
		}
		a.compiled = nil
		return
	}
	base, _ := catalog.SplitRevision(id)
	products := b.productsOf(base)
	made := b.etags(a, products)
	if a.compiled != nil && a.compiled.madeOf == made {
		return
	}
	delete(b.problems, a.record.Path)
	a.compiled = nil
	var props catalog.API
	if err := json.Unmarshal(a.record.Body, &props); err != nil {
		b.report(a.record.Path, "", "The record cannot be read: %s", err)
		return
	}
	switch strings.ToLower(props.Type) {
	case "", "http", "soap":
	default:
		b.report(a.record.Path, "type", "APIs of the type %s are not offered yet, so this one gets no calls.", props.Type)
		return
	}
	if props.IsOnline != nil && !*props.IsOnline {
		return
	}
	u := &api{props: &props, madeOf: made, in: map[string]*product{}, header: catalog.DefaultKeyHeader, query: catalog.DefaultKeyQuery}
	u.id, _ = catalog.SplitRevision(record.Name(a.record.Path))
	if target, err := b.place(u, a.set); err != nil {
		b.report(a.record.Path, target, "The API cannot be called: %s", err)
		return
	}
	if n := props.KeyNames; n != nil && n.Header != "" {
		u.header = n.Header
	}
	if n := props.KeyNames; n != nil && n.Query != "" {
		u.query = n.Query
	}
	u.http = slices.ContainsFunc(props.Protocols, func(p string) bool { return strings.EqualFold(p, "http") })
	u.https = len(props.Protocols) == 0 || slices.ContainsFunc(props.Protocols, func(p string) bool { return strings.EqualFold(p, "https") })
	for _, p := range products {
		u.in[strings.ToLower(p.id)] = p
		if u.open == nil && p.props.Open() && strings.EqualFold(p.props.State, published) {
			u.open = p
		}
	}
	u.chain = b.chain(a, nil, products)
	b.addOperations(a, u, products)
	a.compiled = u
}

// published is the state in which an open product lets calls without a key through.
const published = "published"

// place sets where an API answers: its suffix in canonical form, and what tells
// its version. Its error names the property at fault.
func (b *builder) place(u *api, setID string) (target string, err error) {
	if setID != "" {
		set := b.sets[setID]
		if set.Path == "" {
			return "apiVersionSetId", fmt.Errorf("there is no version set %s", u.props.APIVersionSetID)
		}
		u.scheme = &catalog.VersionSet{}
		if err := json.Unmarshal(set.Body, u.scheme); err != nil {
			return "apiVersionSetId", err
		}
	}
	if u.suffix = u.props.Suffix(u.scheme); u.suffix != "" {
		u.suffix, err = canonicalPath("/" + u.suffix)
	}
	return "path", err
}

// versionSetOf is the id of an API's version set in lower case, or "".
func versionSetOf(r record.Record) string {
	var a struct {
		Set string `json:"apiVersionSetId"`
	}
	if len(r.Body) > 0 && json.Unmarshal(r.Body, &a) != nil {
		return "" // compileAPI reports it
	}
	return strings.ToLower(record.Name(a.Set))
}

// productsOf are the products that hold the API, in the order they were created.
func (b *builder) productsOf(apiID string) []*product {
	var records []*productRecords
	for _, p := range b.products {
		if p.record.Path != "" && p.apis[apiID] {
			records = append(records, p)
		}
	}
	slices.SortFunc(records, func(x, y *productRecords) int { return compareRecords(x.record, y.record) })
	var products []*product
	for _, p := range records {
		delete(b.problems, p.record.Path)
		props := &catalog.Product{}
		if err := json.Unmarshal(p.record.Body, props); err != nil {
			b.report(p.record.Path, "", "The record cannot be read: %s", err)
			continue
		}
		products = append(products, &product{id: record.Name(p.record.Path), props: props, unit: p.policy.unit})
	}
	return products
}

// etags names everything that a compiled API depends on: the ETags of its
// records, and the versions of its documents, which also depend on named values
// and fragments.
func (b *builder) etags(a *apiRecords, products []*product) string {
	var s strings.Builder
	note := func(r record.Record) { s.WriteString(r.Path + "\x00" + r.ETag + "\x00") }
	compiled := func(d document) {
		s.WriteString(strconv.Itoa(d.version) + "\x00")
	}
	compiled(b.global)
	note(a.record)
	note(b.sets[a.set])
	compiled(a.policy)
	for _, p := range products {
		pr := b.products[strings.ToLower(p.id)]
		note(pr.record)
		compiled(pr.policy)
	}
	for _, id := range slices.Sorted(maps.Keys(a.operations)) {
		note(a.operations[id].record)
		compiled(a.operations[id].policy)
	}
	return s.String()
}

// chain assembles the programs of an API, or of one of its operations.
func (b *builder) chain(a *apiRecords, operation *policy.Unit, products []*product) *chain {
	c := &chain{bare: policy.Assemble(b.global.unit, nil, a.policy.unit, operation), in: make(map[string]*policy.Program, len(products))}
	for _, p := range products {
		c.in[strings.ToLower(p.id)] = policy.Assemble(b.global.unit, p.unit, a.policy.unit, operation)
	}
	return c
}

// addOperations compiles the operations; those without a document share the API's programs.
func (b *builder) addOperations(a *apiRecords, u *api, products []*product) {
	records := slices.SortedFunc(maps.Values(a.operations), func(x, y *operationRecords) int { return compareRecords(x.record, y.record) })
	for _, r := range records {
		if r.record.Path == "" {
			continue
		}
		delete(b.problems, r.record.Path)
		o, target, err := newOperation(r.record)
		if err != nil {
			b.report(r.record.Path, target, "%s. The operation gets no calls.", err)
			continue
		}
		o.chain = u.chain
		if r.policy.unit != nil {
			o.chain = b.chain(a, r.policy.unit, products)
		}
		u.routes.add(o)
	}
}

// newOperation reads an operation. Its error names the property at fault.
func newOperation(r record.Record) (o *operation, target string, err error) {
	props := &catalog.Operation{}
	if err := json.Unmarshal(r.Body, props); err != nil {
		return nil, "", err
	}
	t, err := urltemplate.Parse(props.URLTemplate)
	if err != nil {
		return nil, "urlTemplate", err
	}
	o = &operation{id: record.Name(r.Path), props: props, method: strings.ToUpper(props.Method), template: t}
	for _, s := range t.Segments {
		if s.Rest {
			o.captures = append(o.captures, s.Name)
		}
		for _, p := range s.Parts {
			if p.Parameter != "" {
				o.captures = append(o.captures, p.Parameter)
			}
		}
	}
	if len(o.captures) > maxCaptures {
		return nil, "urlTemplate", fmt.Errorf("the path has more than %d parameters", maxCaptures)
	}
	const fixed = 1 << 8 // more than a template has fixed values
	for _, q := range t.Query {
		o.strictness += fixed
		if q.Parameter == "" {
			o.strictness++
		}
	}
	return o, "", nil
}
