package gateway

import (
	"crypto/tls"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/policy"
	"portico/internal/policy/schema"
	"portico/internal/record"
)

// entity is a compiled backend entity. Its breaker and pool hold state; the
// rest is immutable.
type entity struct {
	id      string
	etag    string
	props   *catalog.Backend
	proxy   *url.URL // with its credentials; nil is none
	pool    *pool    // nil for a single service
	breaker *breaker // nil without rules
}

// entities finds backend entities, client certificates and schemas. The maps are
// replaced, not changed, so that snapshots can share them.
type entities struct {
	backends     map[string]*entity          // by id in lower case
	certificates map[string]*tls.Certificate // by id in lower case, and by thumbprint as "#…"
	schemas      map[string]*schema.Schema   // by record key
}

func (b *builder) changeBackend(path string, now record.Record) {
	id := strings.ToLower(record.Name(path))
	old := b.entities.backends[id]
	if old == nil {
		old = b.previous[id]
	}
	next := maps.Clone(b.entities.backends)
	delete(next, id)
	if now.Path != "" {
		if e := b.newEntity(now, old); e != nil {
			next[id] = e
		}
	}
	b.entities.backends = next
}

// newEntity compiles one entity. A breaker whose rules did not change goes on counting.
func (b *builder) newEntity(now record.Record, old *entity) *entity {
	if old != nil && old.etag == now.ETag {
		return old
	}
	props, err := catalog.Open[catalog.Backend](b.keeper, now)
	if err != nil {
		b.report(now.Path, "", "The backend cannot be read: %s", err)
		return nil
	}
	if err := props.Check(); err != nil {
		b.problems[now.Path] = append(b.problems[now.Path], fault.As(err).Problems...)
		return nil
	}
	e := &entity{id: record.Name(now.Path), etag: now.ETag, props: props}
	if p := props.Proxy; p != nil {
		u, _ := url.Parse(p.URL) // Check has parsed it
		if p.Username != "" {
			u.User = url.UserPassword(p.Username, p.Password)
		}
		e.proxy = u
	}
	switch c := props.CircuitBreaker; {
	case props.IsPool():
		e.pool = newPool(props.Pool)
	case c == nil || len(c.Rules) == 0:
	case old != nil && old.breaker != nil && reflect.DeepEqual(old.props.CircuitBreaker, c):
		e.breaker = old.breaker
	default:
		e.breaker = newBreaker(c.Rules, b.now)
	}
	return e
}

func (b *builder) changeCertificate(path string, now record.Record) {
	id := strings.ToLower(record.Name(path))
	next := maps.Clone(b.entities.certificates)
	if old := next[id]; old != nil {
		delete(next, id)
		delete(next, thumbprintKey(catalog.Thumbprint(old.Leaf)))
	}
	if now.Path != "" {
		props, err := catalog.Open[catalog.Certificate](b.keeper, now)
		var pair tls.Certificate
		if err == nil {
			pair, err = props.KeyPair()
		}
		if err != nil {
			b.report(path, "", "The certificate cannot be read: %s", err)
		} else {
			next[id], next[thumbprintKey(catalog.Thumbprint(pair.Leaf))] = &pair, &pair
		}
	}
	b.entities.certificates = next
}

func (b *builder) changeSchema(path string, now record.Record) {
	next := maps.Clone(b.entities.schemas)
	delete(next, record.Key(path))
	if now.Path != "" {
		next[record.Key(path)] = schema.New(now.Body, record.Kind(path) == "apis/schemas")
	}
	b.entities.schemas = next
}

// Schema gives a schema; see policy.Schemas.
func (g *Gateway) Schema(apiID, id string) *schema.Schema {
	id = record.Name(id) // it may be the schema's ARM id
	path := record.Path("schemas", id)
	if apiID != "" {
		path = catalog.APIPath(apiID) + path
	}
	return g.snapshot.Load().schemas[record.Key(path)]
}

// deployedCertificates gives the instance's certificates by thumbprint, as context.Deployment has them.
func (g *Gateway) deployedCertificates() map[string]*tls.Certificate {
	out := map[string]*tls.Certificate{}
	for key, pair := range g.snapshot.Load().certificates {
		if thumbprint, ok := strings.CutPrefix(key, "#"); ok {
			out[thumbprint] = pair
		}
	}
	return out
}

// thumbprintKey is a thumbprint as a key of entities.certificates; no id begins with '#'.
func thumbprintKey(thumbprint string) string {
	return "#" + strings.ToUpper(strings.ReplaceAll(thumbprint, " ", ""))
}

// choose gives the single service that a call for the entity id goes to. Its
// error is the 503 of an open circuit, or says that there is no such entity.
func (s entities) choose(id string) (*entity, error) {
	e := s.backends[strings.ToLower(id)]
	if e == nil {
		return nil, &policy.Error{Status: 500, Reason: "BackendNotFound", Detail: "There is no backend " + id + "."}
	}
	if e.pool != nil {
		return e.pool.choose(e.id, s)
	}
	if wait := e.openFor(); wait > 0 {
		return nil, circuitOpen(e.id, wait)
	}
	return e, nil
}

// openFor is how long the circuit stays open; 0 is closed.
func (e *entity) openFor() time.Duration {
	if e.breaker == nil {
		return 0
	}
	return e.breaker.openFor()
}

// circuitOpen is the error of a backend that gets no calls for that long.
func circuitOpen(id string, wait time.Duration) error {
	seconds := fmt.Sprint(max(1, int64((wait+time.Second-1)/time.Second)))
	return &policy.Error{Status: 503, Reason: "BackendCircuitOpen", Detail: "The circuit breaker of the backend " + id + " is open.",
		Message: "The backend is not available at the moment. Try again in " + seconds + " seconds.", Headers: policy.Headers{{Name: "Retry-After", Value: seconds}}}
}

// address fills in where the entity is, and the credentials that it gets. They
// are no part of the exchange: the caller puts its headers and target back.
func (e *entity) address(x *policy.Exchange) {
	x.Backend.BaseURL = e.props.URL
	if x.Backend.Proxy == nil {
		x.Backend.Proxy = e.proxy
	}
	c := e.props.Credentials
	if c == nil {
		return
	}
	headers := append(policy.Headers{}, x.Request.Headers...)
	for name, values := range c.Header {
		headers.Del(name)
		for _, v := range values {
			headers.Add(name, v)
		}
	}
	if a := c.Authorization; a != nil {
		headers.Set("Authorization", strings.TrimSpace(a.Scheme+" "+a.Parameter))
	}
	x.Request.Headers = headers
	x.Backend.RawQuery = withQuery(x.Backend.RawQuery, c.Query)
}

// wayTo is how a connection to the backend is made. certificate is nil where the
// backend asks for none that the policies or the entity name.
func (s entities) wayTo(x *policy.Exchange, e *entity) (way, *tls.Certificate, error) {
	w, ref := way{}, x.Backend.Certificate
	if e != nil {
		if t := e.props.TLS; t != nil {
			w.anyChain = t.ValidateCertificateChain != nil && !*t.ValidateCertificateChain
			w.anyName = t.ValidateCertificateName != nil && !*t.ValidateCertificateName
		}
		if c := e.props.Credentials; c != nil && ref == (policy.ClientCertificate{}) {
			switch {
			case len(c.CertificateIDs) > 0:
				ref.ID = record.Name(c.CertificateIDs[0])
			case len(c.Certificate) > 0:
				ref.Thumbprint = c.Certificate[0]
			}
		}
	}
	pair, err := s.certificate(ref)
	if pair != nil {
		w.thumbprint = catalog.Thumbprint(pair.Leaf)
	}
	return w, pair, err
}

// certificate finds a client certificate; nil is none.
func (s entities) certificate(ref policy.ClientCertificate) (*tls.Certificate, error) {
	pair := ref.Pair
	switch {
	case pair != nil:
	case ref.ID != "":
		pair = s.certificates[strings.ToLower(ref.ID)]
	case ref.Thumbprint != "":
		pair = s.certificates[thumbprintKey(ref.Thumbprint)]
	default:
		return nil, nil
	}
	if pair == nil {
		return nil, &policy.Error{Status: 500, Reason: "CertificateNotFound", Detail: "There is no client certificate " + ref.ID + ref.Thumbprint + "."}
	}
	return pair, nil
}

// withQuery sets parameters of a query in place of those of the same name.
func withQuery(query string, set map[string][]string) string {
	if len(set) == 0 {
		return query
	}
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if _, replaced := set[decoded(name, true)]; pair != "" && !replaced {
			kept = append(kept, pair)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		for _, value := range set[name] {
			kept = append(kept, url.QueryEscape(name)+"="+url.QueryEscape(value))
		}
	}
	return strings.Join(kept, "&")
}
