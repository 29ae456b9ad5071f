package caching

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"portico/internal/cache"
	"portico/internal/policy"
	"portico/internal/policy/document"
)

// CacheLookup answers a GET with what cache-store kept, if it is still there.
// The call goes on behind the outbound section's cache-store then.
func CacheLookup() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name: "cache-lookup",
			Attributes: []policy.Attribute{
				{Name: "vary-by-developer", Required: true, Kind: policy.Boolean},
				{Name: "vary-by-developer-groups", Required: true, Kind: policy.Boolean},
				{Name: "caching-type", Kind: policy.Enumeration, Values: cachingTypes},
				{Name: "downstream-caching-type", Kind: policy.Enumeration, Values: []string{"none", "private", "public"}},
				{Name: "must-revalidate", Kind: policy.Boolean},
				{Name: "allow-private-response-caching", Kind: policy.Boolean},
			},
			Children: []policy.Form{{Name: "vary-by-header", Text: true}, {Name: "vary-by-query-parameter", Text: true}},
		},
		Sections: policy.Inbound,
		Scopes:   policy.EveryScope,
		Compile:  compileCacheLookup,
	}
}

// cachingTypes name the cache. There is one: built in, or the one that is configured.
var cachingTypes = []string{"prefer-external", "internal", "external"}

func compileCacheLookup(c *policy.Builder, e *document.Element) policy.Action {
	l := &lookingUp{
		cache:       c.Services.Cache,
		byDeveloper: c.Value(e, "vary-by-developer", "false"), byGroups: c.Value(e, "vary-by-developer-groups", "false"),
		downstream: c.Value(e, "downstream-caching-type", "none"), revalidate: c.Value(e, "must-revalidate", "true"),
		private: c.Value(e, "allow-private-response-caching", "false"),
	}
	for _, child := range e.Children {
		if child.Name == "vary-by-header" {
			l.headers = append(l.headers, c.TextValue(child))
		} else {
			l.parameters = append(l.parameters, c.TextValue(child))
		}
	}
	return l
}

type lookingUp struct {
	cache                                                  cache.Cache
	byDeveloper, byGroups, downstream, revalidate, private policy.Value
	headers, parameters                                    []policy.Value
}

// caching is what cache-lookup tells the cache-store of the same call.
type caching struct {
	key        string
	downstream string
	revalidate bool
	request    policy.Headers // as the lookup saw it
}

// cachingKey is under which a call's caching is attached.
type cachingKey struct{}

// conditional are the request headers for which a backend may send less than
// the whole response, which could not be kept.
var conditional = []string{"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Range"}

func (l *lookingUp) Do(x *policy.Exchange) error {
	private, err := l.private.Bool(x)
	if err != nil {
		return err
	}
	if l.cache == nil || x.Request.Method != "GET" || x.Request.Headers.Has("Authorization") && !private {
		x.Note(map[string]any{"message": "The call cannot be answered from the cache: it is no GET, or has an Authorization header."})
		return nil
	}
	c := &caching{request: slices.Clone(x.Request.Headers)}
	if c.downstream, err = l.downstream.Text(x); err != nil {
		return err
	}
	if c.revalidate, err = l.revalidate.Bool(x); err != nil {
		return err
	}
	if c.key, err = l.key(x); err != nil {
		return err
	}
	stored, left, ok, err := l.cache.Get(x.Context, c.key)
	if err != nil { // the backend can still answer
		x.Note(map[string]any{"message": "The cache cannot be reached."})
		return nil
	}
	if ok {
		if r, ok := readStoredResponse(stored, x.Request.Headers); ok {
			x.Note(map[string]any{"message": "Cache lookup resulted in a hit! Processing goes on behind cache-store.", "statusCode": r.Status})
			c.control(&r.Headers, left)
			x.Answer(r)
			x.Cache = policy.CacheHit
			return policy.ErrCached
		}
	}
	x.Note(map[string]any{"message": "Cache lookup resulted in a miss."})
	x.Cache = policy.CacheMiss
	x.Attach(cachingKey{}, c)
	for _, name := range conditional {
		x.Request.Headers.Del(name)
	}
	return nil
}

// key names the responses that are the same for this policy.
func (l *lookingUp) key(x *policy.Exchange) (string, error) {
	var b strings.Builder
	part := func(s string) { b.WriteString(strconv.Quote(s)) }
	b.WriteString("response ")
	part(x.Request.Scheme)
	part(strings.ToLower(x.Request.Host))
	part(x.APIID)
	part(x.Request.Path)
	query, err := l.query(x)
	if err != nil {
		return "", err
	}
	part(query)
	for _, h := range l.headers {
		name, err := h.Text(x)
		if err != nil {
			return "", err
		}
		part(strings.ToLower(name) + ":" + strings.Join(x.Request.Headers.Values(name), ","))
	}
	developer, err := l.byDeveloper.Bool(x)
	if err != nil {
		return "", err
	}
	groups, err := l.byGroups.Bool(x)
	if err != nil {
		return "", err
	}
	switch {
	case developer && x.Subscription != nil:
		part("developer:" + x.Subscription.OwnerID + owner(x))
	case groups && x.User != nil:
		var ids []string
		for _, g := range x.User.Groups {
			ids = append(ids, g.ID)
		}
		slices.Sort(ids)
		part("groups:" + strings.Join(ids, ","))
	}
	return b.String(), nil
}

// owner is what tells a subscription without an owner from others.
func owner(x *policy.Exchange) string {
	if x.Subscription.OwnerID != "" {
		return ""
	}
	return "subscription:" + x.Subscription.ID
}

// query is what of the query tells responses apart: the parameters that the
// policy names, or all but the subscription's key. Their order does not count.
func (l *lookingUp) query(x *policy.Exchange) (string, error) {
	var names []string
	for _, p := range l.parameters {
		text, err := p.Text(x)
		if err != nil {
			return "", err
		}
		for name := range strings.SplitSeq(text, ";") {
			if name = strings.TrimSpace(name); name != "" {
				names = append(names, name)
			}
		}
	}
	var kept []string
	for pair := range strings.SplitSeq(x.Request.RawQuery, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		if pair == "" || len(names) > 0 && !policy.ContainsFold(names, name) || len(names) == 0 && strings.EqualFold(name, x.API.KeyQuery()) {
			continue
		}
		kept = append(kept, pair)
	}
	slices.SortStableFunc(kept, func(a, b string) int {
		a, _, _ = strings.Cut(a, "=")
		b, _, _ = strings.Cut(b, "=")
		return strings.Compare(a, b)
	})
	return strings.Join(kept, "&"), nil
}

// control says what caches between here and the client may do.
func (c *caching) control(h *policy.Headers, left time.Duration) {
	h.Del("Expires")
	h.Del("Pragma")
	if c.downstream != "private" && c.downstream != "public" {
		h.Set("Cache-Control", "no-store")
		return
	}
	value := c.downstream + ", max-age=" + strconv.FormatInt(max(0, int64(left/time.Second)), 10)
	if c.revalidate {
		value += ", must-revalidate"
	}
	h.Set("Cache-Control", value)
}
