package catalog

import (
	"strings"
	"testing"
	"time"

	"portico/internal/fault"
)

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"PT1M": time.Minute, "pt1h30m": 90 * time.Minute, "P1DT1S": 24*time.Hour + time.Second, "PT0.5S": 500 * time.Millisecond, "P1W": 7 * 24 * time.Hour,
		"": -1, "P": -1, "PT": -1, "P1DT": -1, "1M": -1, "P1M": -1, "P999D": -1, "-PT1M": -1,
	} {
		got, err := ParseDuration(text)
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func TestBackendCheck(t *testing.T) {
	n := func(i int) *int { return &i }
	single := func(change func(*Backend)) Backend {
		b := Backend{URL: "https://example.com/v1"}
		change(&b)
		return b
	}
	rule := func(r CircuitBreakerRule) Backend {
		return single(func(b *Backend) { b.CircuitBreaker = &CircuitBreaker{Rules: []CircuitBreakerRule{r}} })
	}
	condition := FailureCondition{Count: 1, Interval: "PT1M"}
	for name, test := range map[string]struct {
		backend Backend
		target  string // of the first problem; "" is none
	}{
		"single":            {single(func(*Backend) {}), ""},
		"no url":            {Backend{}, "url"},
		"protocol":          {single(func(b *Backend) { b.Protocol = "ftp" }), "protocol"},
		"header name":       {single(func(b *Backend) { b.Credentials = &BackendCredentials{Header: map[string][]string{"a b": nil}} }), "credentials.header"},
		"header value":      {single(func(b *Backend) { b.Credentials = &BackendCredentials{Header: map[string][]string{"a": {"x\r\ny: z"}}} }), "credentials.header"},
		"proxy":             {single(func(b *Backend) { b.Proxy = &BackendProxy{URL: "proxy:3128"} }), "proxy.url"},
		"pool of a single":  {single(func(b *Backend) { b.Pool = &BackendPool{} }), "pool"},
		"empty pool":        {Backend{Type: "pool", Pool: &BackendPool{}}, "pool.services"},
		"pool with url":     {Backend{Type: "Pool", URL: "https://x", Pool: &BackendPool{Services: []BackendPoolItem{{ID: "/backends/a"}}}}, "type"},
		"pool":              {Backend{Type: "Pool", Pool: &BackendPool{Services: []BackendPoolItem{{ID: "/backends/a", Weight: n(100)}}}}, ""},
		"pool weight":       {Backend{Type: "Pool", Pool: &BackendPool{Services: []BackendPoolItem{{ID: "/backends/a", Weight: n(101)}}}}, "pool.services[0].weight"},
		"pool of no weight": {Backend{Type: "Pool", Pool: &BackendPool{Services: []BackendPoolItem{{ID: "/backends/a", Weight: n(0)}}}}, "pool.services"},
		"rule":              {rule(CircuitBreakerRule{FailureCondition: condition, TripDuration: "PT1M"}), ""},
		"no trip":           {rule(CircuitBreakerRule{FailureCondition: condition}), "circuitBreaker.rules[0].tripDuration"},
		"no condition":      {rule(CircuitBreakerRule{FailureCondition: FailureCondition{Interval: "PT1M"}, TripDuration: "PT1M"}), "circuitBreaker.rules[0].failureCondition"},
		"range":             {rule(CircuitBreakerRule{FailureCondition: FailureCondition{Count: 1, Interval: "PT1M", StatusCodeRanges: []StatusRange{{500, 499}}}, TripDuration: "PT1M"}), "circuitBreaker.rules[0].failureCondition.statusCodeRanges"},
	} {
		target := ""
		if err := test.backend.Check(); err != nil {
			target = fault.As(err).Problems[0].Target
		}
		if target != test.target {
			t.Errorf("%s: problem at %q, want %q", name, target, test.target)
		}
	}
}

func TestCertificateCheck(t *testing.T) {
	for data, want := range map[string]string{"": "PKCS#12", "not base64!": "it is not base64", strings.Repeat("A", maxCertificate+4): "longer than"} {
		c := Certificate{Data: data}
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v", data, err)
		}
	}
}
