package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/policy"
	"portico/internal/secret"
)

// The headers of the two ways to ask for a trace (apim.md 2.5).
const (
	headerDebug        = "Apim-Debug-Authorization"
	headerDebugExpired = "Apim-Debug-Authorization-Expired"
	headerDebugAPI     = "Apim-Debug-Authorization-WrongAPI"
	headerTraceID      = "Apim-Trace-Id"
	headerTrace        = "Ocp-Apim-Trace"
	headerLocation     = "Ocp-Apim-Trace-Location"
)

// The limits of traces. Together they take at most 32 MiB.
const (
	maxTraces       = 128
	maxTrace        = 256 << 10 // bytes of one
	traceAge        = time.Hour
	maxDebugExpires = time.Hour
)

// traceAPIPath is where who has the unguessable id of a trace gets it.
const traceAPIPath = "/.well-known/portico/traces/"

// debugCredentials is what the token in Apim-Debug-Authorization says. It is
// sealed, so that nobody can make one.
type debugCredentials struct {
	API     string    `json:"a"`
	Expires time.Time `json:"e"`
}

const (
	debugPurpose = "debug credentials"
	debugPrefix  = "aid="
)

// DebugCredentials gives the token with which calls of an API are traced, for at
// most an hour; listDebugCredentials of the management API answers with it.
func (g *Gateway) DebugCredentials(apiID string, expiresAfter time.Duration) (string, error) {
	if expiresAfter <= 0 || expiresAfter > maxDebugExpires {
		return "", fault.New(fault.Invalid, "credentialsExpireAfter must be a duration of at most PT1H.")
	}
	apiID, _ = catalog.SplitRevision(apiID) // they are good for all revisions
	if a := g.apiOf(apiID); a == nil {
		return "", fault.New(fault.NotFound, "There is no API %s that can be called.", apiID)
	}
	b, err := json.Marshal(debugCredentials{API: strings.ToLower(apiID), Expires: g.config.Now().Add(expiresAfter).UTC()})
	if err != nil {
		return "", err
	}
	return debugPrefix + g.config.Keeper.Seal(debugPurpose, string(b)), nil
}

func (g *Gateway) apiOf(id string) *api {
	for a := range g.snapshot.Load().all() {
		if strings.EqualFold(a.id, id) {
			return a
		}
	}
	return nil
}

// Trace gives the trace of a call in the form of listTrace; fault.NotFound where
// there is none, or none any more.
func (g *Gateway) Trace(id string) (json.RawMessage, error) {
	t := g.traces.get(id, g.config.Now())
	if t == nil {
		return nil, fault.New(fault.NotFound, "There is no trace %s. Traces are kept for an hour.", id)
	}
	return t.json()
}

// trace is the station that begins the call's trace where the caller may have
// one. It is passed once the caller is known.
func (g *Gateway) trace(x *policy.Exchange, r *route) {
	token := x.Request.Headers.Get(headerDebug)
	old := x.Request.Headers.Get(headerTrace)
	if token == "" && old == "" {
		return
	}
	x.Request.Headers.Del(headerDebug)
	x.Request.Headers.Del(headerTrace)
	switch {
	case token != "":
		c, ok := g.readDebugCredentials(token)
		switch {
		case !ok:
			return
		case !g.config.Now().Before(c.Expires):
			x.ResponseHeaders.Set(headerDebugExpired, c.Expires.Format(time.RFC3339))
			return
		case !strings.EqualFold(c.API, x.APIID):
			x.ResponseHeaders.Set(headerDebugAPI, "The credentials are for the API "+c.API+".")
			return
		}
		x.ResponseHeaders.Set(headerTraceID, x.RequestID)
		g.begin(x, r, x.RequestID)
	case strings.EqualFold(old, "true") && x.Subscription != nil && x.Subscription.AllowTracing:
		id := secret.ID()
		x.ResponseHeaders.Set(headerLocation, x.Request.Scheme+"://"+x.Request.Host+traceAPIPath+id)
		g.begin(x, r, id)
	}
}

func (g *Gateway) readDebugCredentials(token string) (c debugCredentials, ok bool) {
	sealed, ok := strings.CutPrefix(token, debugPrefix)
	if !ok {
		return c, false
	}
	text, err := g.config.Keeper.Open(debugPurpose, sealed)
	return c, err == nil && json.Unmarshal([]byte(text), &c) == nil
}

// begin starts a trace with what the stations so far have found.
func (g *Gateway) begin(x *policy.Exchange, r *route, id string) {
	t := &callTrace{id: id, service: g.config.Services.Deployment.ServiceName, started: x.Start, kept: g.config.Now(), mask: g.masker(x, r), entries: map[string][]traceEntry{}}
	x.Tracer = t
	g.traces.add(t)
	t.Entry("inbound", "api-inspector", map[string]any{"request": map[string]any{
		"method": x.Request.Method, "url": x.Request.Scheme + "://" + x.Request.Host + x.Request.Target, "headers": x.TraceHeaders(x.Request.Headers)}})
	configuration := map[string]any{
		"api":       map[string]any{"from": r.api.suffix, "to": addressOf(x.Backend.BaseURL), "id": x.APIID},
		"operation": map[string]any{"method": x.Operation.Method, "uriTemplate": x.Operation.URLTemplate, "id": x.OperationID},
		"user":      "-", "product": "-",
	}
	if s := x.Subscription; s != nil {
		configuration["subscription"] = map[string]any{"id": s.ID}
		if s.OwnerID != "" {
			configuration["user"] = map[string]any{"id": s.OwnerID}
		}
	}
	if x.Product != nil {
		configuration["product"] = map[string]any{"id": x.ProductID, "name": x.Product.DisplayName}
	}
	t.Entry("inbound", "api-inspector", map[string]any{"configuration": configuration})
}

// addressOf is a service URL as a trace shows it.
func addressOf(text string) map[string]any {
	u, err := url.Parse(text)
	if err != nil {
		return map[string]any{}
	}
	return map[string]any{"scheme": u.Scheme, "host": u.Hostname(), "port": u.Port(), "path": u.Path}
}

// traceAnswer answers the request for a trace at the address that a call was given.
func (g *Gateway) traceAnswer(x *policy.Exchange) bool {
	id, ok := strings.CutPrefix(x.Request.Path, traceAPIPath)
	if !ok || x.Request.Method != "GET" {
		return false
	}
	t := g.traces.get(id, g.config.Now())
	if t == nil || strings.Contains(id, "-") { // ids with dashes are for staff
		return false
	}
	b, err := t.json()
	if err != nil {
		return false
	}
	x.Response = policy.Response{Status: 200, Body: policy.BytesBody(b)}
	x.Response.Headers.Add("Content-Type", "application/json")
	x.Response.Headers.Add("Cache-Control", "no-store")
	return true
}

// callTrace is the trace of one call. It implements policy.Tracer.
type callTrace struct {
	id, service string
	started     time.Time
	kept        time.Time // when it was put away
	mask        func(string) string

	mu      sync.Mutex
	entries map[string][]traceEntry // by section
	size    int
}

type traceEntry struct {
	Source    string          `json:"source"`
	Timestamp time.Time       `json:"timestamp"`
	Elapsed   string          `json:"elapsed"` // since the call began
	Data      json.RawMessage `json:"data"`
}

// Entry adds an entry; see policy.Tracer. Beyond the limit of a trace nothing is added.
func (t *callTrace) Entry(section, source string, data any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // so that secrets are found as they are
	if err := e.Encode(data); err != nil {
		b.Reset()
		fmt.Fprintf(&b, `{"message":"The entry cannot be shown."}`)
	}
	text := t.mask(strings.TrimSpace(b.String()))
	if !json.Valid([]byte(text)) {
		text = `{"message":"The entry cannot be shown without what is secret."}`
	}
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.size+len(text) > maxTrace {
		return
	}
	t.size += len(text)
	t.entries[section] = append(t.entries[section], traceEntry{Source: source, Timestamp: now.UTC(), Elapsed: clockTime(now.Sub(t.started)), Data: json.RawMessage(text)})
}

func (t *callTrace) json() (json.RawMessage, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return json.Marshal(map[string]any{"serviceName": t.service, "traceId": t.id, "traceEntries": t.entries})
}

// clockTime writes a duration as 00:00:00.0000000.
func clockTime(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d:%02d.%07d", int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60, d%time.Second/100)
}

// secretShapes are what must not be shown wherever it comes from: JWTs, and the
// parameters of queries that carry keys.
var (
	jwtShape   = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)*`)
	queryShape = regexp.MustCompile(`(?i)([?&](?:code|sig|signature|key|api[-_]?key|subscription-key|token|access_token|id_token|secret|client_secret|password)=)[^&"\\\s]+`)
)

// shortestSecret is the length from which a known secret is looked for.
const shortestSecret = 4

// masker gives the function that takes what is secret out of an entry: the
// caller's key and credentials, the secret named values, the credentials of backends.
func (g *Gateway) masker(x *policy.Exchange, r *route) func(string) string {
	var known []string
	add := func(s string) {
		if s = strings.TrimSpace(s); len(s) >= shortestSecret {
			quoted := strings.Trim(string(appendJSON(nil, s)), `"`)
			known = append(known, s, policy.Masked, quoted, policy.Masked, url.QueryEscape(s), policy.Masked)
		}
	}
	if v, ok := queryValue(x.Request.RawQuery, r.api.query); ok {
		add(decoded(v, true))
		add(v)
	}
	add(x.Request.Headers.Get(r.api.header))
	for _, name := range []string{"Authorization", "Cookie"} {
		value := x.Request.Headers.Get(name)
		add(value)
		_, value, _ = strings.Cut(value, " ")
		add(value)
	}
	for _, s := range g.secrets() {
		add(s)
	}
	replace := strings.NewReplacer(known...)
	return func(text string) string {
		text = replace.Replace(text)
		text = jwtShape.ReplaceAllString(text, policy.Masked)
		return queryShape.ReplaceAllString(text, "${1}"+policy.Masked)
	}
}

// secrets are the secret texts of the configuration.
func (g *Gateway) secrets() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []string
	for _, s := range g.builder.library.secrets {
		out = append(out, s)
	}
	for _, e := range g.builder.entities.backends {
		for _, s := range e.props.Secrets() {
			out = append(out, *s)
		}
	}
	return out
}

// traces keeps the last traces.
type traces struct {
	mu    sync.Mutex
	byID  map[string]*callTrace
	order []*callTrace
}

func (s *traces) add(t *callTrace) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID == nil {
		s.byID = map[string]*callTrace{}
	}
	s.prune(t.kept)
	if len(s.order) >= maxTraces {
		s.drop()
	}
	s.byID[t.id] = t
	s.order = append(s.order, t)
}

func (s *traces) get(id string, now time.Time) *callTrace {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prune(now)
	return s.byID[id]
}

func (s *traces) prune(now time.Time) {
	for len(s.order) > 0 && now.Sub(s.order[0].kept) >= traceAge {
		s.drop()
	}
}

// drop forgets the oldest trace.
func (s *traces) drop() {
	delete(s.byID, s.order[0].id)
	s.order[0] = nil
	s.order = s.order[1:]
}
