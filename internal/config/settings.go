package config

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// setting is one row: a flag, an environment variable (PORTICO_ and the key in
// capitals), a key of the file, its default and how it gets into a Config.
type setting struct {
	key     string
	def     string
	help    string
	boolean bool
	set     func(c *Config, value string) error
	shown   func(value string) string // takes secrets out for people to see; nil where there are none
}

// DefaultScoringAliases are the regional hosts of the classic service (azureml.md 1.1).
var defaultScoringAliases = []string{
	"ussouthcentral.services.azureml.net", "europewest.services.azureml.net", "asiasoutheast.services.azureml.net",
	"japaneast.services.azureml.net", "uswestcentral.services.azureml.net", "germanycentral.services.azureml.de",
}

func settings() []setting {
	rows := []setting{
		{key: "data", def: "data", help: "folder that holds everything that is kept", set: text(func(c *Config) *string { return &c.DataDir }, notEmpty)},
		{key: "database", help: "PostgreSQL database to keep settings and jobs in, as postgres://user:password@host:port/name (default: SQLite in the data folder)",
			set: text(func(c *Config) *string { return &c.Database }, databaseURL), shown: withoutPassword},
		{key: "master-key-file", help: "file with the master key, 64 hex digits (default: master.key in the data folder, made at the first start)",
			set: text(func(c *Config) *string { return &c.MasterKeyFile }, fileExists)},
		{key: "name", def: "portico", help: "name of the service instance (first start only)", set: text(func(c *Config) *string { return &c.Service.Name }, instanceName)},
		{key: "organization", def: "Portico", help: "organisation name shown to developers (first start only)",
			set: text(func(c *Config) *string { return &c.Service.Organization }, atMost(100))},
		{key: "admin-email", def: "admin@example.com", help: "administrator's e-mail address, for notifications (first start only)",
			set: text(func(c *Config) *string { return &c.Service.AdminEmail }, email)},
		{key: "region", def: "South Central US", help: "region shown by the instance and its workspace (first start only)",
			set: text(func(c *Config) *string { return &c.Service.Region }, atMost(100))},
		{key: "tls", help: `"auto" gives every listener a certificate of an authority made in the data folder`, set: tlsMode},
	}
	for _, l := range []struct{ name, addr, serves string }{
		{"gateway", "127.0.0.1:8080", "managed APIs"},
		{"console", "127.0.0.1:8081", "staff: studio, management API, metrics, health"},
		{"scoring", "127.0.0.1:8082", "web services: request-response, help pages, endpoint management"},
		{"portal", "127.0.0.1:8083", "the public developer portal"},
		{"storage", "127.0.0.1:10000", "the workspace's storage account"},
	} {
		rows = append(rows, listenerSettings(l.name, l.addr, l.serves)...)
	}
	return append(rows,
		setting{key: "gateway-client-ca", help: "authorities (PEM) that validate-client-certificate trusts, instead of the system's",
			set: text(func(c *Config) *string { return &c.ClientCA }, fileExists)},
		setting{key: "scoring-aliases", def: strings.Join(defaultScoringAliases, ","), help: "hosts that mean the local scoring service, called in process",
			set: list(func(c *Config) *[]string { return &c.ScoringAliases }, hostName)},
		setting{key: "echo-aliases", def: "echoapi.cloudapp.net", help: "hosts that mean the built-in echo backend",
			set: list(func(c *Config) *[]string { return &c.EchoAliases }, hostName)},
		setting{key: "otlp-endpoint", help: "address that OpenTelemetry spans of the gateway's calls are sent to, such as http://127.0.0.1:4318",
			set: text(func(c *Config) *string { return &c.OTLPEndpoint }, webAddress)},
		setting{key: "otlp-sample", def: "0.01", help: "share of the calls without a trace context that are sampled, from 0 to 1", set: share(func(c *Config) *float64 { return &c.OTLPSample })},
		setting{key: "access-log", help: "file to which a line of JSON goes for each call of the gateway; - is standard output",
			set: text(func(c *Config) *string { return &c.AccessLog })},
		setting{key: "gateway-max-connections", def: "20000", help: "connections that the gateway's listener takes at once; 0 is no bound",
			set: number(func(c *Config) *int { return &c.GatewayMaxConns })},
		setting{key: "gateway-max-connections-per-address", def: "15000", help: "those of one client's address; 0 is no bound",
			set: number(func(c *Config) *int { return &c.GatewayMaxConnsPerAddress })},
		setting{key: "gateway-client-certificates", def: "false", help: "ask the gateway's clients for a certificate, for policies to check", boolean: true,
			set: func(c *Config, v string) (err error) { c.GatewayClientCerts, err = strconv.ParseBool(v); return }},
		setting{key: "max-body", def: "32MiB", help: "largest request body", set: size(func(c *Config) *int64 { return &c.MaxBody })},
		setting{key: "score-timeout", def: "100s", help: "longest request-response call", set: duration(func(c *Config) *time.Duration { return &c.ScoreTimeout })},
		setting{key: "drain", def: "20s", help: "how long a stop waits for calls in flight", set: duration(func(c *Config) *time.Duration { return &c.Drain })},
		setting{key: "egress-deny", help: "networks (CIDR) that no call goes to, besides link-local ones, which are always refused",
			set: list(func(c *Config) *[]string { return &c.EgressDeny }, cidr)},
		setting{key: "usage-max-bytes", def: "256MiB", help: "single call records kept, the oldest go first", set: size(func(c *Config) *int64 { return &c.UsageMaxBytes })},
		setting{key: "usage-max-age", def: "720h", help: "age at which call records go", set: duration(func(c *Config) *time.Duration { return &c.UsageMaxAge })},
		setting{key: "portal-origins", help: "other sites, such as https://portal.example.com, whose pages may use the developer API with a token",
			set: list(func(c *Config) *[]string { return &c.PortalOrigins }, origin)},
		setting{key: "audit-max-bytes", def: "256MiB", help: "log of changes kept, the oldest entries go first", set: size(func(c *Config) *int64 { return &c.AuditMaxBytes })},
		setting{key: "audit-max-age", def: "8760h", help: "age at which entries of the log of changes go", set: duration(func(c *Config) *time.Duration { return &c.AuditMaxAge })},
		setting{key: "geo-database", help: "file in MaxMind's format (MMDB) with countries or cities, for the report by place; read at the start",
			set: text(func(c *Config) *string { return &c.GeoDatabase }, fileExists)},
		setting{key: "result-max-bytes", def: "10GiB", help: "results of experiment nodes kept, the oldest go first", set: size(func(c *Config) *int64 { return &c.ResultMaxBytes })},
		setting{key: "cache-max-bytes", def: "128MiB", help: "responses and values that policies keep in memory", set: size(func(c *Config) *int64 { return &c.CacheMaxBytes })},
		setting{key: "entra-authority", help: "address at which validate-azure-ad-token finds its tenants, instead of Entra ID's",
			set: text(func(c *Config) *string { return &c.EntraAuthority }, webAddress)},
		setting{key: "identity-token-url", help: "OAuth 2.0 token endpoint that authentication-managed-identity asks, with client credentials",
			set: text(func(c *Config) *string { return &c.Identity.TokenURL }, webAddress)},
		setting{key: "identity-client-id", help: "client id for identity-token-url", set: text(func(c *Config) *string { return &c.Identity.ClientID })},
		setting{key: "identity-client-secret-file", help: "file with the client secret for identity-token-url", set: secretFile(func(c *Config) *string { return &c.Identity.ClientSecret })},
		setting{key: "identity-token-file", help: "file with a token that authentication-managed-identity sends, instead of asking for one",
			set: secretFile(func(c *Config) *string { return &c.Identity.Token })},
		setting{key: "job-cpus", def: "0", help: "how many batch jobs compute at once; 0 leaves a quarter of the processors, and one at least, to calls",
			set: whole(func(c *Config) *int { return &c.JobCPUs }, 0, 1024)},
		setting{key: "job-retention", def: "720h", help: "how long a batch job is known after its end", set: duration(func(c *Config) *time.Duration { return &c.JobRetention })},
		setting{key: "job-timeout", def: "24h", help: "longest that a batch job runs without a restart of the server", set: duration(func(c *Config) *time.Duration { return &c.JobTimeout })},
		setting{key: "script-python", def: "/usr/bin/python3", help: "Python 3 with pandas, for Execute Python Script", set: text(func(c *Config) *string { return &c.Scripts.Python }, notEmpty)},
		setting{key: "script-r", def: "/usr/bin/R", help: "R, for Execute R Script", set: text(func(c *Config) *string { return &c.Scripts.R }, notEmpty)},
		setting{key: "script-sandbox", def: "/usr/bin/bwrap", help: "bubblewrap, behind which scripts run", set: text(func(c *Config) *string { return &c.Scripts.Sandbox }, notEmpty)},
		setting{key: "script-timeout", def: "10m", help: "longest that a script runs", set: duration(func(c *Config) *time.Duration { return &c.Scripts.Time })},
		setting{key: "script-cpu", def: "10m", help: "processor time that a script may use", set: duration(func(c *Config) *time.Duration { return &c.Scripts.CPU })},
		setting{key: "script-memory", def: "4GiB", help: "memory that a script may use", set: size(func(c *Config) *int64 { return &c.Scripts.Memory })},
		setting{key: "script-parallel", def: "2", help: "scripts that run at the same time; the others wait", set: whole(func(c *Config) *int { return &c.Scripts.Parallel }, 1, 1024)},
		setting{key: "log-format", def: "text", help: "text or json", set: text(func(c *Config) *string { return &c.LogFormat }, oneOf("text", "json"))},
		setting{key: "log-level", def: "info", help: "debug, info, warn or error", set: text(func(c *Config) *string { return &c.LogLevel }, oneOf("debug", "info", "warn", "error"))},
		setting{key: "ready-file", help: "file to write, once all listeners accept, with the URLs and a token valid for this process",
			set: text(func(c *Config) *string { return &c.ReadyFile })},
		setting{key: "demo", def: "false", help: "create the guide's dataset, experiment, web service, API and subscriptions, once, and print calls to try", boolean: true,
			set: func(c *Config, v string) (err error) { c.Demo, err = strconv.ParseBool(v); return }},
	)
}

func listenerSettings(name, addr, serves string) []setting {
	of := func(c *Config) *Listener {
		l := map[string]*Listener{"gateway": &c.Gateway, "console": &c.Console, "scoring": &c.Scoring, "portal": &c.Portal, "storage": &c.Storage}[name]
		l.Name = name
		return l
	}
	return []setting{
		{key: name + "-addr", def: addr, help: "address for " + serves + "; port 0 picks a free one", set: text(func(c *Config) *string { return &of(c).Addr }, address)},
		{key: name + "-hosts", help: "host names of the " + name + " listener, the first one for the URLs shown", set: list(func(c *Config) *[]string { return &of(c).Hosts }, hostName)},
		{key: name + "-tls-cert", help: "certificate chain (PEM) of the " + name + " listener, reloaded when it changes; several, separated by commas, are chosen by the host that a client asks for",
			set: files(func(c *Config) *[]string { return &of(c).TLSCert })},
		{key: name + "-tls-key", help: "private key (PEM) of that certificate, or of each in the same order", set: files(func(c *Config) *[]string { return &of(c).TLSKey })},
	}
}

func text(field func(*Config) *string, checks ...func(string) error) func(*Config, string) error {
	return func(c *Config, v string) error {
		*field(c) = v
		for _, check := range checks {
			if err := check(v); err != nil {
				return err
			}
		}
		return nil
	}
}

// secretFile reads a secret from a file, so that it stands on no command line and in no log.
func secretFile(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, v string) error {
		if v == "" {
			return nil
		}
		b, err := os.ReadFile(v)
		if err != nil {
			return fmt.Errorf("there is no readable file %s", v)
		}
		*field(c) = strings.TrimSpace(string(b))
		return nil
	}
}

func list(field func(*Config) *[]string, check func(string) error) func(*Config, string) error {
	return func(c *Config, v string) error {
		items := slices.DeleteFunc(strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' }), func(s string) bool { return s == "" })
		for _, item := range items {
			if err := check(item); err != nil {
				return err
			}
		}
		*field(c) = items
		return nil
	}
}

func duration(field func(*Config) *time.Duration) func(*Config, string) error {
	return func(c *Config, v string) error {
		d, err := time.ParseDuration(v)
		if err != nil || d <= 0 {
			return fmt.Errorf("%q is not a duration such as 30s, 5m or 720h", v)
		}
		*field(c) = d
		return nil
	}
}

func share(field func(*Config) *float64) func(*Config, string) error {
	return func(c *Config, v string) error {
		n, err := strconv.ParseFloat(v, 64)
		if err != nil || !(n >= 0 && n <= 1) {
			return fmt.Errorf("%q is not a number from 0 to 1", v)
		}
		*field(c) = n
		return nil
	}
}

// files are separated by commas only: their names may hold spaces.
func files(field func(*Config) *[]string) func(*Config, string) error {
	return func(c *Config, v string) error {
		*field(c) = nil
		if v == "" {
			return nil
		}
		for name := range strings.SplitSeq(v, ",") {
			if err := fileExists(strings.TrimSpace(name)); err != nil {
				return err
			}
			*field(c) = append(*field(c), strings.TrimSpace(name))
		}
		return nil
	}
}

func number(field func(*Config) *int) func(*Config, string) error {
	return func(c *Config, v string) error {
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 {
			return fmt.Errorf("%q is not a whole number from 0", v)
		}
		*field(c) = n
		return nil
	}
}

var units = []struct {
	suffix string
	bytes  int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1}, {"", 1}}

// whole reads a whole number between two others.
func whole(field func(*Config) *int, least, most int) func(*Config, string) error {
	return func(c *Config, v string) error {
		n, err := strconv.Atoi(v)
		if err != nil || n < least || n > most {
			return fmt.Errorf("it must be a whole number from %d to %d", least, most)
		}
		*field(c) = n
		return nil
	}
}

func size(field func(*Config) *int64) func(*Config, string) error {
	return func(c *Config, v string) error {
		for _, u := range units {
			digits, ok := strings.CutSuffix(v, u.suffix)
			n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
			if !ok || err != nil || n <= 0 || n > (1<<62)/u.bytes {
				continue
			}
			*field(c) = n * u.bytes
			return nil
		}
		return fmt.Errorf("%q is not a size such as 33554432, 32MiB or 10GiB", v)
	}
}

// databaseURL must not repeat what it refuses: there may be a password in it.
func databaseURL(v string) error {
	u, err := url.Parse(v)
	if v != "" && (err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql")) {
		return errors.New("it must have the form postgres://user:password@host:port/name")
	}
	return nil
}

const hidden = "(hidden)"

// withoutPassword hides the passwords of a database's URL, and all of what is no such URL.
func withoutPassword(v string) string {
	u, err := url.Parse(v)
	switch {
	case v == "":
		return ""
	case err != nil || databaseURL(v) != nil:
		return hidden
	}
	user := u.User.Username()
	if _, has := u.User.Password(); has {
		user += ":" + hidden
	}
	if user != "" {
		user += "@"
	}
	shown := u.Scheme + "://" + user + u.Host + u.Path
	query := u.Query()
	for name := range query {
		if strings.Contains(strings.ToLower(name), "password") {
			query.Set(name, hidden)
		}
	}
	if len(query) > 0 {
		decoded, err := url.QueryUnescape(query.Encode())
		if err != nil {
			return hidden
		}
		shown += "?" + decoded
	}
	return shown
}

func tlsMode(c *Config, v string) error {
	c.TLSAuto = v == "auto"
	return oneOf("", "auto")(v)
}

func notEmpty(v string) error {
	if strings.TrimSpace(v) == "" {
		return fmt.Errorf("it must not be empty")
	}
	return nil
}

func oneOf(choices ...string) func(string) error {
	return func(v string) error {
		if slices.Contains(choices, v) {
			return nil
		}
		return fmt.Errorf("%q is none of %s", v, strings.Join(slices.DeleteFunc(slices.Clone(choices), func(s string) bool { return s == "" }), ", "))
	}
}

func atMost(n int) func(string) error {
	return func(v string) error {
		if v = strings.TrimSpace(v); v == "" || len(v) > n {
			return fmt.Errorf("it must have 1 to %d characters", n)
		}
		return nil
	}
}

// instanceNamePattern is the rule of ARM for Microsoft.ApiManagement/service names.
var instanceNamePattern = regexp.MustCompile(`^[a-zA-Z](?:[a-zA-Z0-9-]{0,48}[a-zA-Z0-9])?$`)

func instanceName(v string) error {
	if !instanceNamePattern.MatchString(v) {
		return fmt.Errorf("%q must start with a letter and have 1 to 50 letters, digits and dashes, not ending in a dash", v)
	}
	return nil
}

func email(v string) error {
	if a, err := mail.ParseAddress(v); err != nil || a.Address != v {
		return fmt.Errorf("%q is not an e-mail address", v)
	}
	return nil
}

func address(v string) error {
	host, port, err := net.SplitHostPort(v)
	if err != nil {
		return fmt.Errorf("%q is not an address such as 127.0.0.1:8080", v)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("%q has no port from 0 to 65535", v)
	}
	if host != "" && net.ParseIP(host) == nil {
		return hostName(host)
	}
	return nil
}

func portOf(addr string) string {
	_, port, _ := net.SplitHostPort(addr)
	return port
}

var hostPattern = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$`)

func hostName(v string) error {
	if len(v) > 253 || !hostPattern.MatchString(v) {
		return fmt.Errorf("%q is not a host name", v)
	}
	return nil
}

func webAddress(v string) error {
	if u, err := url.Parse(v); v != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		return fmt.Errorf("%q is not an address such as https://login.example.com/token", v)
	}
	return nil
}

func origin(v string) error {
	u, err := url.Parse(v)
	if err != nil || u.Scheme+"://"+u.Host != v || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return fmt.Errorf("%q is not an origin such as https://portal.example.com", v)
	}
	return nil
}

func cidr(v string) error {
	if _, err := netip.ParsePrefix(v); err != nil {
		return fmt.Errorf("%q is not a network such as 10.0.0.0/8", v)
	}
	return nil
}

func fileExists(v string) error {
	if v == "" {
		return nil
	}
	if info, err := os.Stat(v); err != nil || info.IsDir() {
		return fmt.Errorf("there is no readable file %s", v)
	}
	return nil
}
