package gateway

import (
	"strings"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/catalog/urltemplate"
	"portico/internal/policy"
)

// snapshot is everything that a call needs to know, compiled from the records.
// It is immutable: a change makes a new one, which shares what did not change.
type snapshot struct {
	mounts  map[string]*mount // by suffix in lower case: "" or "/azureml-demo"
	longest int               // bytes of the longest suffix
	keys    *keyring
	users   map[string]*policy.User   // by id in lower case
	barred  map[string]bool           // users who may not call, likewise
	groups  map[string][]policy.Group // that see a product, by its id in lower case
	loggers map[string]logger         // likewise
	entities
	global *policy.Program // for calls that match no API
}

// api is a compiled API, or one of its revisions.
type api struct {
	id     string // without the number of a revision
	props  *catalog.API
	suffix string              // "" or with its leading slash
	scheme *catalog.VersionSet // says where a call names its version; nil for an API in no set
	header string              // that carries the key
	query  string
	routes node
	open   *product            // the published open product that holds the API, if any
	in     map[string]*product // the products that hold it, by id in lower case
	chain  *chain              // for calls that match no operation
	madeOf string              // the ETags of its records
	http   bool                // its protocols allow http
	https  bool                // its protocols allow https

	metrics atomic.Pointer[apiMetrics] // once it has been called
}

// operation is a compiled operation.
type operation struct {
	id         string
	props      *catalog.Operation
	method     string
	template   urltemplate.Template
	captures   []string // the names of the path's parameters; "" for one without
	strictness int      // more query parameters go first, and fixed values before any value
	chain      *chain

	seconds atomic.Pointer[prometheus.Observer] // once it has been called
}

// product is a product as its APIs know it.
type product struct {
	id    string
	props *catalog.Product
	unit  *policy.Unit // nil without a document
}

// chain holds the programs of one operation, or of an API: without a product, and in each.
type chain struct {
	bare *policy.Program
	in   map[string]*policy.Program // by product id in lower case
}

// program is the one for calls in p's context; nil is no product.
func (c *chain) program(p *product) *policy.Program {
	if p == nil {
		return c.bare
	}
	return c.in[strings.ToLower(p.id)]
}

// subscriber is a subscription with what identify needs of it.
type subscriber struct {
	access.Subscription
	product string // of its scope, in lower case
	api     string
	owner   string // the user's id in lower case; "" is nobody
}

// keyring finds subscriptions by the hash of a key. A change copies the parts it touches.
type keyring [256]map[[32]byte]*subscriber

func (k *keyring) get(hash [32]byte) *subscriber { return k[hash[0]][hash] }

// with gives a keyring in which the hashes of old are gone and those of now point to s.
func (k *keyring) with(s *subscriber, old, now [][32]byte) *keyring {
	next := *k
	copied := map[byte]bool{}
	part := func(b byte) map[[32]byte]*subscriber {
		if !copied[b] {
			copied[b] = true
			m := make(map[[32]byte]*subscriber, len(next[b])+1)
			for h, s := range next[b] {
				m[h] = s
			}
			next[b] = m
		}
		return next[b]
	}
	for _, h := range old {
		delete(part(h[0]), h)
	}
	for _, h := range now {
		part(h[0])[h] = s
	}
	return &next
}
