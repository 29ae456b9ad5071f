package caching

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"portico/internal/cache"
	"portico/internal/policy"
	"portico/internal/policy/document"
)

// CacheStore keeps the response as it stands, for the cache-lookup of calls to come.
func CacheStore() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name: "cache-store",
			Attributes: []policy.Attribute{
				{Name: "duration", Required: true, Kind: policy.Integer, Max: maxCacheSeconds, Lenient: true},
				{Name: "cache-response", Kind: policy.Boolean},
				{Name: "caching-mode", Kind: policy.Enumeration, Values: []string{"cache-on", "do-not-cache"}},
			},
		},
		Sections: policy.Outbound,
		Scopes:   policy.EveryScope,
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			_, chosen := e.Attr("cache-response")
			return &storing{cache: c.Services.Cache, seconds: c.Value(e, "duration", "0"), store: c.Value(e, "cache-response", "true"), chosen: chosen,
				off: c.Text(e, "caching-mode", "") == "do-not-cache"}
		},
	}
}

// maxCacheSeconds is the longest time that something is kept.
const maxCacheSeconds = 10 * 365 * 24 * 60 * 60

type storing struct {
	cache   cache.Cache
	seconds policy.Value
	store   policy.Value
	chosen  bool // the document says which responses are kept; else those with status 200
	off     bool
}

func (s *storing) Do(x *policy.Exchange) error {
	c, _ := x.Attached(cachingKey{}).(*caching)
	if c == nil || s.off {
		return nil // cache-lookup did not run, or found that the call is not for the cache
	}
	x.Attach(cachingKey{}, nil)
	seconds, err := s.seconds.Int(x)
	if err != nil {
		return err
	}
	store, err := s.store.Bool(x)
	if err != nil {
		return err
	}
	if !s.chosen {
		store = x.Response.Status == 200
	}
	keep := time.Duration(min(seconds, maxCacheSeconds)) * time.Second
	head, ok := storedHead(x, c.request)
	if !store || keep <= 0 || !ok {
		x.Note(map[string]any{"message": "The response is not kept."})
		return nil
	}
	c.control(&x.Response.Headers, keep)
	if body, ok := x.Response.Body.InMemory(); ok {
		s.keep(x.Context, c.key, append(head, body...), keep)
		return nil
	}
	if n := x.Response.Body.Len(); n < 0 || n <= cache.MaxValue {
		x.Response.Body.Wrap(func(r io.ReadCloser) io.ReadCloser {
			return &storingBody{ReadCloser: r, value: head, wants: n, done: func(value []byte) { s.keep(x.Context, c.key, value, keep) }}
		})
	}
	return nil
}

// keep stores a response. One that is too large, or a cache that cannot be
// reached, costs the next call a little time and this one nothing.
func (s *storing) keep(ctx context.Context, key string, value []byte, keep time.Duration) {
	_ = s.cache.Set(context.WithoutCancel(ctx), key, value, keep)
}

// storingBody copies a body on its way to the client, and has it stored when it was read whole.
type storingBody struct {
	io.ReadCloser
	value []byte // nil once it is too long, or stored
	read  int64
	wants int64 // the body's length; -1 unknown
	done  func(value []byte)
}

func (b *storingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	switch {
	case b.value == nil:
	case len(b.value)+n > cache.MaxValue:
		b.value = nil
	default:
		b.value = append(b.value, p[:n]...)
		if b.read == b.wants || errors.Is(err, io.EOF) && b.wants < 0 {
			b.done(b.value)
			b.value = nil
		}
	}
	return n, err
}

// withholds are the response headers that belong to one client or one moment.
var withholds = []string{"Set-Cookie", "Set-Cookie2", "Age", "Content-Length"}

// storedHead writes what a stored response has before its body. ok is false
// where the backend says that it varies with everything.
func storedHead(x *policy.Exchange, request policy.Headers) (head []byte, ok bool) {
	var vary policy.Headers
	for _, line := range x.Response.Headers.Values("Vary") {
		for name := range strings.SplitSeq(line, ",") {
			switch name = strings.TrimSpace(name); name {
			case "*":
				return nil, false
			case "":
			default:
				vary.Add(name, strings.Join(request.Values(name), ","))
			}
		}
	}
	var kept policy.Headers
	for _, h := range x.Response.Headers {
		// What inbound policies had set, they set for each call.
		if !policy.ContainsFold(withholds, h.Name) && (h.Name == "Vary" || !x.ResponseHeaders.Has(h.Name)) {
			kept = append(kept, h)
		}
	}
	w := recordWriter{}
	w.number(int64(x.Response.Status))
	w.text(x.Response.Reason)
	w.headers(vary)
	w.headers(kept)
	return w.b, true
}

// readStoredResponse reads what storedHead and a body made, for a request with
// those headers. ok is false where the response was for other headers.
func readStoredResponse(value []byte, request policy.Headers) (r policy.Response, ok bool) {
	v := recordReader{b: value}
	r.Status = int(v.number())
	r.Reason = v.text()
	for _, h := range v.headers() {
		if strings.Join(request.Values(h.Name), ",") != h.Value {
			return r, false
		}
	}
	r.Headers = v.headers()
	r.Body = policy.BytesBody(v.b)
	return r, !v.bad
}
