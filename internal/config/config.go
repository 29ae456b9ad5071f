// Package config reads what the process needs to start: a YAML file, PORTICO_*
// environment variables and flags, the later over the earlier. It reports every
// problem at once, and shows the effective settings with secrets removed.
package config

import (
	"time"

	"portico/internal/fault"
)

// Config is what `portico serve` starts with. It is complete and checked.
type Config struct {
	DataDir       string
	Database      string // URL of a PostgreSQL database; empty: SQLite in the data folder
	MasterKeyFile string // empty: master.key in the data folder
	ReadyFile     string
	Demo          bool

	Service Service

	Gateway Listener
	Console Listener
	Scoring Listener
	Portal  Listener
	Storage Listener
	TLSAuto bool

	ScoringAliases []string // hosts that are the local scoring service
	EchoAliases    []string // hosts that are the built-in echo backend
	MaxBody        int64    // bytes of a request body

	OTLPEndpoint              string // where spans go; "" is nowhere
	OTLPSample                float64
	AccessLog                 string // file; "-" is standard output, "" is none
	GatewayMaxConns           int    // at once; 0 is no bound
	GatewayMaxConnsPerAddress int    // of one client's address
	GatewayClientCerts        bool   // clients are asked for a certificate
	ClientCA                  string // PEM file of what validate-client-certificate trusts; empty is the system's

	Drain          time.Duration // how long a stop waits for calls in flight
	ScoreTimeout   time.Duration // of one request-response call
	EgressDeny     []string      // CIDRs that no call goes to, besides link-local ones
	UsageMaxBytes  int64         // of single call records kept
	UsageMaxAge    time.Duration
	GeoDatabase    string // MMDB file with the places of addresses; empty: nobody's place is known
	AuditMaxBytes  int64
	PortalOrigins  []string
	AuditMaxAge    time.Duration
	ResultMaxBytes int64  // of node results kept
	CacheMaxBytes  int64  // of responses and values that policies keep in memory
	EntraAuthority string // where validate-azure-ad-token finds its tenants; empty is Entra ID
	Identity       Identity
	JobCPUs        int           // how many batch jobs compute at once; 0 lets the jobs decide
	JobRetention   time.Duration // how long a batch job is known after its end
	JobTimeout     time.Duration // of one stretch of a batch job's work

	Scripts   Scripts
	LogFormat string // "text" or "json"
	LogLevel  string // "debug", "info", "warn" or "error"

	effective []Effective
}

// Service are the fields of the guide's creation page; they count at the first start only.
type Service struct {
	Name         string
	Organization string
	AdminEmail   string
	Region       string
}

// Identity is where authentication-managed-identity takes its tokens from: an
// OAuth 2.0 token endpoint with client credentials, or one static token.
type Identity struct {
	TokenURL     string
	ClientID     string
	ClientSecret string
	Token        string
}

// Scripts are the interpreters of Execute Python Script and Execute R Script, and the limits of one run.
type Scripts struct {
	Python   string
	R        string
	Sandbox  string
	Time     time.Duration
	CPU      time.Duration // of all its threads together
	Memory   int64         // bytes
	Parallel int           // scripts at the same time
}

// Listener is where one of the listeners listens and what certificate it shows.
type Listener struct {
	Name    string   // "gateway"
	Addr    string   // host:port; port 0 picks a free one
	TLSCert []string // PEM files; reloaded when they change
	TLSKey  []string // of each
	Socket  int      // the number of an open socket that whoever started the process has bound; 0 is none
	Hosts   []string // names for --tls auto and for the URLs that are shown
}

// Effective is one setting as it is in force.
type Effective struct {
	Key    string
	Value  string // "(hidden)" for a secret
	Source string // "default", "file", "environment" or "flag"
}

// Effective lists the settings in force, secrets hidden, in the order of the help text.
func (c *Config) Effective() []Effective { return c.effective }

// Listeners lists the five listeners.
func (c *Config) Listeners() []Listener {
	return []Listener{c.Gateway, c.Console, c.Scoring, c.Portal, c.Storage}
}

// check adds the problems that concern several settings together.
func (c *Config) check(problems *fault.Error) {
	for _, l := range c.Listeners() {
		if len(l.TLSCert) != len(l.TLSKey) {
			problems.With("", l.Name+"-tls-cert", "--%s-tls-cert and --%s-tls-key go together: give as many of one as of the other", l.Name, l.Name)
		}
	}
	seen := map[string]string{}
	for _, l := range c.Listeners() {
		if port := portOf(l.Addr); port != "0" {
			if other, taken := seen[l.Addr]; taken {
				problems.With("", l.Name+"-addr", "--%s-addr and --%s-addr are both %s: each listener needs an address of its own", other, l.Name, l.Addr)
			}
			seen[l.Addr] = l.Name
		}
	}
}
