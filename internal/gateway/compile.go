package gateway

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/policy"
	"portico/internal/policy/schema"
	"portico/internal/record"
	"portico/internal/secret"
)

// builder holds the records that a snapshot is compiled from, and what was
// compiled of each. Gateway guards it.
type builder struct {
	compiler *policy.Compiler
	keeper   *secret.Keeper
	apis     map[string]*apiRecords     // by id in lower case
	sets     map[string]record.Record   // version sets, likewise
	products map[string]*productRecords // likewise
	global   document
	library  *library
	people   *people
	loggers  map[string]logger      // by id in lower case
	versions int                    // documents compiled so far
	subs     map[string]*subscriber // likewise
	hashes   map[string][][32]byte
	keys     *keyring
	problems map[string][]fault.Problem // by record path
	clashes  map[string][]fault.Problem // likewise, of the newest snapshot
	dirty    map[string]bool            // APIs to compile again, with all their revisions
	entities entities
	previous map[string]*entity // of the builder before; what did not change is taken over
	now      func() time.Time
}

// document is a policy document's record and what became of it.
type document struct {
	record  record.Record
	unit    *policy.Unit // nil without a record
	version int          // tells one compilation from the next
}

type apiRecords struct {
	record     record.Record
	set        string // the id of its version set in lower case, or ""
	operations map[string]*operationRecords
	policy     document
	compiled   *api
}

type operationRecords struct {
	record record.Record
	policy document
}

type productRecords struct {
	record record.Record
	apis   map[string]bool // API ids in lower case
	policy document
}

func newBuilder(c *policy.Compiler, k *secret.Keeper, now func() time.Time) *builder {
	b := &builder{compiler: c, keeper: k, now: now, apis: map[string]*apiRecords{}, sets: map[string]record.Record{}, products: map[string]*productRecords{}, subs: map[string]*subscriber{},
		library: newLibrary(), people: newPeople(), hashes: map[string][][32]byte{}, keys: &keyring{}, problems: map[string][]fault.Problem{}, dirty: map[string]bool{},
		entities: entities{backends: map[string]*entity{}, certificates: map[string]*tls.Certificate{}, schemas: map[string]*schema.Schema{}}}
	b.setGlobal(record.Record{})
	return b
}

// collections are what the gateway reads of the record store.
var collections = []string{
	catalog.NamedValues, catalog.Fragments, // first: the documents refer to them
	catalog.Policies, catalog.Products, catalog.Products + "/*" + catalog.Policies, catalog.Products + "/*" + catalog.APIs, catalog.Products + "/*" + catalog.Groups,
	catalog.VersionSets, catalog.APIs, catalog.APIs + "/*" + catalog.Policies, catalog.APIs + "/*/operations", catalog.APIs + "/*/operations/*" + catalog.Policies,
	access.Subscriptions, catalog.Loggers, access.Users, catalog.Groups, catalog.Groups + "/*" + access.Users, catalog.Backends, catalog.Certificates, catalog.Schemas, catalog.APIs + "/*" + catalog.Schemas,
}

// compiles tells whether a record of that path is in one of the collections.
func compiles(path string) bool {
	switch record.Kind(path) {
	case "namedvalues", "policyfragments", "policies", "products", "products/policies", "products/apis", "products/groups", "apiversionsets", "apis", "apis/policies", "apis/operations", "apis/operations/policies", "subscriptions",
		"loggers", "users", "groups", "groups/users", "backends", "certificates", "schemas", "apis/schemas":
		return true
	}
	return false
}

// change takes note of a record that is new, changed or gone; path is its path
// and now is zero where it is gone.
func (b *builder) change(path string, now record.Record) {
	delete(b.problems, path)
	apiID, productID := strings.ToLower(record.NameIn(path, "apis")), strings.ToLower(record.NameIn(path, "products"))
	switch record.Kind(path) {
	case "namedvalues":
		b.namedValue(path, now)
	case "policyfragments":
		b.fragment(path, now)
	case "loggers":
		b.loggerChanged(path, now)
	case "users", "groups", "groups/users", "products/groups":
		b.people.change(b, path, now)
	case "policies":
		b.setGlobal(now)
	case "products":
		b.product(productID).record = now
		b.touchProduct(productID)
	case "products/policies":
		b.product(productID).policy = b.document(policy.Product, path, now)
		b.touchProduct(productID)
	case "products/apis":
		if now.Path == "" {
			delete(b.product(productID).apis, apiID)
			b.touchProduct(productID)
		} else {
			b.product(productID).apis[apiID] = true
		}
		b.dirty[apiID] = true
	case "apiversionsets":
		b.sets[strings.ToLower(record.Name(path))] = now
		b.touchAll()
	case "apis":
		a := b.api(apiID)
		a.record, a.set = now, versionSetOf(now)
	case "apis/policies":
		b.api(apiID).policy = b.document(policy.API, path, now)
	case "apis/operations":
		b.operation(apiID, path).record = now
	case "apis/operations/policies":
		b.operation(apiID, record.Parent(path)).policy = b.document(policy.Operation, path, now)
	case "subscriptions":
		b.subscription(path, now)
	case "backends":
		b.changeBackend(path, now)
	case "certificates":
		b.changeCertificate(path, now)
	case "schemas", "apis/schemas":
		b.changeSchema(path, now)
	}
}

// api gives an API's entry, to be compiled again.
func (b *builder) api(id string) *apiRecords {
	b.dirty[id] = true
	a := b.apis[id]
	if a == nil {
		a = &apiRecords{operations: map[string]*operationRecords{}}
		b.apis[id] = a
	}
	return a
}

func (b *builder) operation(apiID, path string) *operationRecords {
	a, id := b.api(apiID), strings.ToLower(record.NameIn(path, "operations"))
	o := a.operations[id]
	if o == nil {
		o = &operationRecords{}
		a.operations[id] = o
	}
	return o
}

func (b *builder) product(id string) *productRecords {
	p := b.products[id]
	if p == nil {
		p = &productRecords{apis: map[string]bool{}}
		b.products[id] = p
	}
	return p
}

// touchProduct has the product's APIs compiled again, and forgets a product that is gone.
func (b *builder) touchProduct(id string) {
	p := b.products[id]
	for a := range p.apis {
		b.dirty[a] = true
	}
	if p.record.Path == "" && p.policy.unit == nil && len(p.apis) == 0 {
		delete(b.products, id)
	}
}

func (b *builder) setGlobal(now record.Record) {
	if now.Path == "" {
		b.versions++
		b.global = document{unit: b.compiler.Compile(policy.DefaultGlobal()), version: b.versions}
	} else {
		b.global = b.document(policy.Global, now.Path, now)
	}
	b.touchAll()
}

// touchAll has all APIs compiled again; those that depend on nothing that changed stay what they are.
func (b *builder) touchAll() {
	for id := range b.apis {
		b.dirty[id] = true
	}
}

// document compiles a policy document and reports what is wrong with it.
func (b *builder) document(scope policy.Scope, path string, now record.Record) document {
	if now.Path == "" {
		return document{}
	}
	var p catalog.Policy
	if err := json.Unmarshal(now.Body, &p); err != nil {
		b.report(path, "", "The record cannot be read: %s", err)
	}
	b.versions++
	d := document{record: now, version: b.versions,
		unit: b.compiler.Compile(policy.Source{Scope: scope, Path: path, Policy: p, Library: b.library})}
	if len(d.unit.Problems) > 0 {
		b.problems[path] = append(b.problems[path], d.unit.Problems...)
	}
	return d
}

func (b *builder) report(path, target, format string, args ...any) {
	b.problems[path] = append(b.problems[path], fault.Problem{Code: "ValidationError", Target: target, Message: fmt.Sprintf(format, args...)})
}

func (b *builder) subscription(path string, now record.Record) {
	id := strings.ToLower(record.Name(path))
	old := b.hashes[id]
	if now.Path == "" {
		b.keys = b.keys.with(nil, old, nil)
		delete(b.subs, id)
		delete(b.hashes, id)
		return
	}
	s, err := access.LoadSubscription(b.keeper, now)
	if err != nil {
		// A subscription that cannot be read lets nobody in.
		b.keys = b.keys.with(nil, old, nil)
		delete(b.hashes, id)
		b.report(path, "", "The subscription cannot be read: %s", err)
		return
	}
	sub := &subscriber{Subscription: s, product: strings.ToLower(s.ScopeProduct()), api: strings.ToLower(s.ScopeAPI()), owner: strings.ToLower(record.Name(s.OwnerID))}
	var hashes [][32]byte
	for _, key := range []string{s.PrimaryKey, s.SecondaryKey} {
		if key != "" {
			hashes = append(hashes, access.HashKey(b.keeper, key))
		}
	}
	sub.PrimaryKey, sub.SecondaryKey = "", "" // the hashes are all that calls need
	b.keys = b.keys.with(sub, old, hashes)
	b.subs[id], b.hashes[id] = sub, hashes
}

// snapshot compiles what changed and puts it together with what did not.
func (b *builder) snapshot() *snapshot {
	for id := range b.apis {
		if base, _ := catalog.SplitRevision(id); b.dirty[id] || b.dirty[base] {
			b.compileAPI(id)
		}
	}
	clear(b.dirty)
	b.clashes = map[string][]fault.Problem{}
	s := &snapshot{mounts: make(map[string]*mount, 2*len(b.apis)), keys: b.keys, users: b.people.all(), groups: b.people.productGroups(), barred: b.people.barred, loggers: b.loggers, entities: b.entities, global: policy.Assemble(b.global.unit)}
	for _, a := range b.inOrder() {
		if a.compiled == nil {
			continue
		}
		if other := s.mount(a.compiled); other != nil {
			b.clashes[a.record.Path] = []fault.Problem{{Code: "ValidationError", Target: "path",
				Message: "The API " + other.id + " has the same URL suffix and version, so this one gets no calls."}}
		}
	}
	return s
}

// inOrder gives the APIs in the order they were created.
func (b *builder) inOrder() []*apiRecords {
	return slices.SortedFunc(maps.Values(b.apis), func(x, y *apiRecords) int { return compareRecords(x.record, y.record) })
}

func compareRecords(x, y record.Record) int {
	if c := x.Created.Compare(y.Created); c != 0 {
		return c
	}
	return strings.Compare(x.Path, y.Path)
}
