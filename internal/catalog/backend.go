package catalog

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"portico/internal/fault"
	"portico/internal/record"
)

// Backends is the collection of backend entities.
const Backends = "/backends"

// BackendPath is /backends/{id}.
func BackendPath(id string) string { return record.Path("backends", id) }

// Backend is BackendContractProperties: a service that policies name by its id,
// or a pool of such services.
type Backend struct {
	Title          string              `json:"title,omitempty"`
	Description    string              `json:"description,omitempty"`
	ResourceID     string              `json:"resourceId,omitempty"`
	Type           string              `json:"type,omitempty"` // "Single" or "Pool"; "" is Single
	URL            string              `json:"url,omitempty"`
	Protocol       string              `json:"protocol,omitempty"` // "http" or "soap"
	Credentials    *BackendCredentials `json:"credentials,omitempty"`
	Proxy          *BackendProxy       `json:"proxy,omitempty"`
	TLS            *BackendTLS         `json:"tls,omitempty"`
	CircuitBreaker *CircuitBreaker     `json:"circuitBreaker,omitempty"`
	Pool           *BackendPool        `json:"pool,omitempty"`
	Properties     json.RawMessage     `json:"properties,omitempty"` // Service Fabric's, kept and not used
}

// The types of a Backend.
const (
	BackendSingle = "Single"
	BackendPooled = "Pool"
)

// IsPool tells whether the backend is a pool of others.
func (b *Backend) IsPool() bool { return strings.EqualFold(b.Type, BackendPooled) }

// BackendCredentials is BackendCredentialsContract: what is added to every
// request to the backend. Header and Query replace what the request has under
// the same name. Certificate holds thumbprints and counts where there are no
// CertificateIDs.
type BackendCredentials struct {
	CertificateIDs []string              `json:"certificateIds,omitempty"`
	Certificate    []string              `json:"certificate,omitempty"`
	Header         map[string][]string   `json:"header,omitempty"`
	Query          map[string][]string   `json:"query,omitempty"`
	Authorization  *BackendAuthorization `json:"authorization,omitempty"`
}

// BackendAuthorization is the Authorization header "{Scheme} {Parameter}".
type BackendAuthorization struct {
	Scheme    string `json:"scheme"`
	Parameter string `json:"parameter"`
}

// BackendProxy is the HTTP proxy in front of a backend.
type BackendProxy struct {
	URL      string `json:"url"`
	Username string `json:"username,omitempty"`
	Password string `json:"password,omitempty"`
}

// BackendTLS says what of the backend's certificate is checked; nil is true.
type BackendTLS struct {
	ValidateCertificateChain *bool `json:"validateCertificateChain,omitempty"`
	ValidateCertificateName  *bool `json:"validateCertificateName,omitempty"`
}

// CircuitBreaker is BackendCircuitBreaker.
type CircuitBreaker struct {
	Rules []CircuitBreakerRule `json:"rules,omitempty"`
}

// CircuitBreakerRule opens the circuit for TripDuration once FailureCondition holds.
type CircuitBreakerRule struct {
	Name             string           `json:"name,omitempty"`
	FailureCondition FailureCondition `json:"failureCondition"`
	TripDuration     string           `json:"tripDuration"` // ISO 8601
	AcceptRetryAfter bool             `json:"acceptRetryAfter,omitempty"`
}

// FailureCondition is CircuitBreakerFailureCondition: Count failures, or
// Percentage of the calls, within Interval (ISO 8601).
type FailureCondition struct {
	Count            int64         `json:"count,omitempty"`
	Percentage       int64         `json:"percentage,omitempty"`
	Interval         string        `json:"interval"`
	StatusCodeRanges []StatusRange `json:"statusCodeRanges,omitempty"`
	ErrorReasons     []string      `json:"errorReasons,omitempty"`
}

// StatusRange is FailureStatusCodeRange; both ends are in it.
type StatusRange struct {
	Min int `json:"min"`
	Max int `json:"max"`
}

// BackendPool names the services of a pool.
type BackendPool struct {
	Services []BackendPoolItem `json:"services"`
}

// BackendPoolItem is a service of a pool. The lowest Priority goes first (nil is
// 0); services of one priority share calls by Weight (nil is 1, 0 gets none).
type BackendPoolItem struct {
	ID       string `json:"id"` // ".../backends/{id}"
	Priority *int   `json:"priority,omitempty"`
	Weight   *int   `json:"weight,omitempty"`
}

// Name is the id of the service's entity.
func (i BackendPoolItem) Name() string {
	if name := record.NameIn(i.ID, "backends"); name != "" {
		return name
	}
	return i.ID
}

// Secrets gives the credentials; see Confidential.
func (b *Backend) Secrets() map[string]*string {
	s := map[string]*string{}
	if b.Proxy != nil {
		s["proxy.password"] = &b.Proxy.Password
	}
	if c := b.Credentials; c != nil {
		if c.Authorization != nil {
			s["credentials.authorization.parameter"] = &c.Authorization.Parameter
		}
		lists := map[string]map[string][]string{"header": c.Header, "query": c.Query}
		for kind, values := range lists {
			for name := range values {
				for i := range values[name] {
					s[fmt.Sprintf("credentials.%s.%s.%d", kind, name, i)] = &values[name][i]
				}
			}
		}
	}
	return s
}

// The limits of a backend (apim.md 1.6, and ours where it has none).
const (
	maxPoolServices = 30
	maxBreakerRules = 10
	maxPoolNumber   = 100 // of a priority or weight
	maxStatusRanges = 10
)

// Check completes a backend's defaults and checks its fields.
func (b *Backend) Check() error {
	bad := Incorrect()
	checkLength(bad, "title", b.Title, 0, maxDisplayName)
	checkLength(bad, "description", b.Description, 0, 2000)
	checkChoice(bad, "type", &b.Type, BackendSingle, BackendSingle, BackendPooled)
	checkObject(bad, "properties", b.Properties)
	if b.IsPool() {
		b.checkPool(bad)
		return bad.OrNil()
	}
	if b.Pool != nil {
		bad.With(CodeValidation, "pool", "pool is for backends of the type Pool.")
	}
	checkChoice(bad, "protocol", &b.Protocol, "http", "http", "soap")
	if b.URL == "" {
		bad.With(CodeValidation, "url", "url is missing.")
	}
	checkURL(bad, "url", b.URL)
	b.checkCredentials(bad)
	if p := b.Proxy; p != nil {
		if u, err := url.Parse(p.URL); err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
			bad.With(CodeValidation, "proxy.url", "%q is not the address of a proxy, such as http://proxy:3128.", p.URL)
		}
	}
	if b.CircuitBreaker != nil {
		b.CircuitBreaker.check(bad)
	}
	return bad.OrNil()
}

func (b *Backend) checkPool(bad *fault.Error) {
	if b.URL != "" || b.Credentials != nil || b.TLS != nil || b.Proxy != nil || b.CircuitBreaker != nil {
		bad.With(CodeValidation, "type", "A pool has no url, credentials, proxy, tls or circuitBreaker of its own: its services do.")
	}
	if b.Pool == nil || len(b.Pool.Services) == 0 || len(b.Pool.Services) > maxPoolServices {
		bad.With(CodeValidation, "pool.services", "A pool has 1 to %d services.", maxPoolServices)
		return
	}
	weights := 0
	for i, s := range b.Pool.Services {
		target := fmt.Sprintf("pool.services[%d]", i)
		if err := CheckName(target+".id", s.Name(), MaxName); err != nil {
			bad.Problems = append(bad.Problems, fault.As(err).Problems...)
		}
		for name, n := range map[string]*int{"priority": s.Priority, "weight": s.Weight} {
			if n != nil && (*n < 0 || *n > maxPoolNumber) {
				bad.With(CodeValidation, target+"."+name, "%s must be a number from 0 to %d.", name, maxPoolNumber)
			}
		}
		if s.Weight == nil || *s.Weight > 0 {
			weights++
		}
	}
	if weights == 0 {
		bad.With(CodeValidation, "pool.services", "All services have the weight 0, so the pool would get no calls.")
	}
}

func (b *Backend) checkCredentials(bad *fault.Error) {
	c := b.Credentials
	if c == nil {
		return
	}
	for name, values := range c.Header {
		if !isToken(name) {
			bad.With(CodeValidation, "credentials.header", "%q is not a header's name.", name)
		}
		for _, v := range values {
			if strings.ContainsAny(v, "\r\n\x00") {
				bad.With(CodeValidation, "credentials.header", "The value of %s has a line break.", name)
			}
		}
	}
	if a := c.Authorization; a != nil {
		if !isToken(a.Scheme) {
			bad.With(CodeValidation, "credentials.authorization.scheme", "%q is not a scheme such as Basic or Bearer.", a.Scheme)
		}
		if strings.ContainsAny(a.Parameter, "\r\n\x00") {
			bad.With(CodeValidation, "credentials.authorization.parameter", "The parameter has a line break.")
		}
	}
}

func (c *CircuitBreaker) check(bad *fault.Error) {
	if len(c.Rules) > maxBreakerRules {
		bad.With(CodeValidation, "circuitBreaker.rules", "A circuit breaker has at most %d rules.", maxBreakerRules)
	}
	for i, r := range c.Rules {
		target := fmt.Sprintf("circuitBreaker.rules[%d].", i)
		f := r.FailureCondition
		if (f.Count > 0) == (f.Percentage > 0) || f.Count < 0 || f.Percentage < 0 || f.Percentage > 100 {
			bad.With(CodeValidation, target+"failureCondition", "One of count (from 1) and percentage (1 to 100) must be there.")
		}
		checkDuration(bad, target+"failureCondition.interval", f.Interval)
		checkDuration(bad, target+"tripDuration", r.TripDuration)
		if len(f.StatusCodeRanges) > maxStatusRanges {
			bad.With(CodeValidation, target+"failureCondition.statusCodeRanges", "At most %d ranges are allowed.", maxStatusRanges)
		}
		for _, s := range f.StatusCodeRanges {
			if s.Min < 200 || s.Max > 599 || s.Min > s.Max {
				bad.With(CodeValidation, target+"failureCondition.statusCodeRanges", "%d to %d is not a range of statuses within 200 to 599.", s.Min, s.Max)
			}
		}
	}
}

func checkDuration(bad *fault.Error, target, text string) {
	if d, err := ParseDuration(text); err != nil || d < time.Second {
		bad.With(CodeValidation, target, "%q is not an ISO 8601 duration of a second to %s, such as PT1M.", text, "a year")
	}
}

// duration is ISO 8601's form without years and months, whose lengths vary.
var duration = regexp.MustCompile(`^P(?:(\d{1,3})W)?(?:(\d{1,3})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8}(?:\.\d{1,7})?)S)?)?$`)

// maxDuration is the longest that ParseDuration reads.
const maxDuration = 366 * 24 * time.Hour

// ParseDuration reads an ISO 8601 duration such as "PT1M30S", at most a year.
func ParseDuration(text string) (time.Duration, error) {
	m := duration.FindStringSubmatch(strings.ToUpper(text))
	if m == nil || strings.HasSuffix(m[0], "P") || strings.HasSuffix(m[0], "T") {
		return 0, fmt.Errorf("%q is not an ISO 8601 duration such as PT1M", text)
	}
	var total float64 // seconds
	for i, unit := range []float64{7 * 24 * 3600, 24 * 3600, 3600, 60, 1} {
		if m[i+1] != "" {
			n, _ := strconv.ParseFloat(m[i+1], 64) // the pattern holds only numbers
			total += n * unit
		}
	}
	if total > maxDuration.Seconds() {
		return 0, fmt.Errorf("the duration %q is longer than a year", text)
	}
	return time.Duration(total * float64(time.Second)), nil
}
