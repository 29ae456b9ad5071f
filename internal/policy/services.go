package policy

import (
	"crypto/x509"
	"time"

	"portico/internal/cache"
	"portico/internal/limit"
	"portico/internal/policy/schema"
)

// Services are what steps work with.
type Services struct {
	Rates  limit.Rates
	Quotas limit.Quotas
	// QuotaWatch is told of quotas that are nearly used up; nil tells nobody.
	QuotaWatch QuotaWatch
	// Cache keeps responses and values; nil keeps nothing.
	Cache cache.Cache
	// Sender makes the requests of policies; the gateway fills in its own.
	Sender Sender
	// Certificates has the instance's client certificates; the gateway fills in its own.
	Certificates Certificates
	// ClientRoots are the authorities of validate-client-certificate; nil is the system's.
	ClientRoots *x509.CertPool
	// Schemas has the schemas that bodies are validated with; the gateway fills in its own.
	Schemas Schemas
	// ManagedIdentities are where authentication-managed-identity takes its tokens from.
	ManagedIdentities []ManagedIdentity
	// Authority is the address of validate-azure-ad-token's tenants; "" is DefaultAuthority.
	Authority string
	// Now tells the time; nil is time.Now.
	Now func() time.Time
	// Slots are in memory where nil.
	Slots limit.Slots
	// Metrics takes what emit-metric emits; nil drops it.
	Metrics Metrics
	// Loggers take what log-to-eventhub writes; nil knows no logger.
	Loggers Loggers
	// Deployment is what expressions know of this gateway.
	Deployment Deployment
}

// QuotaWatch hears of the quotas of subscriptions.
type QuotaWatch interface {
	// Near tells, once a period, that a subscription has used so much of the calls
	// of a quota, in percent, and when the next period begins: 0 for never. It must not block.
	Near(subscription string, percent int, resets time.Duration)
}

// Metrics takes the metrics of documents.
type Metrics interface {
	// Emit adds a value to a metric. It must not block, and drops what is too much.
	Emit(m Metric)
}

// Metric is one value of a metric.
type Metric struct {
	Namespace  string
	Name       string
	Value      float64
	Dimensions []Dimension // in the document's order
}

// Dimension is a metric's label.
type Dimension struct{ Name, Value string }

// Loggers write what documents log.
type Loggers interface {
	// Log hands an event to a logger. It must not block. It tells false where
	// there is no logger of that id.
	Log(id string, e Event) bool
}

// Event is what a document logs.
type Event struct {
	RequestID    string
	Text         string
	PartitionKey string
	PartitionID  string
}

// ManagedIdentity is where the tokens of authentication-managed-identity come from: an
// OAuth 2.0 token endpoint asked with client credentials (RFC 6749, 4.4), or one
// token that is always the same.
type ManagedIdentity struct {
	// Name is the policy's client-id; "" is the identity of policies without one.
	Name string
	// Static is the token; where it is set, nothing is asked.
	Static string
	// TokenURL is the address of the token endpoint.
	TokenURL               string
	ClientID, ClientSecret string
	// Scope is what is asked for, with the resource in place of "{resource}";
	// "" is "{resource}/.default".
	Scope string
}

// Schemas finds the schemas that validate-content checks bodies with.
type Schemas interface {
	// Schema gives a schema of an API, or of the instance where apiID is ""; nil where there is none.
	Schema(apiID, id string) *schema.Schema
}
