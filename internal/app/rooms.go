package app

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"portico/internal/access"
	"portico/internal/account"
	"portico/internal/blob"
	"portico/internal/blob/server"
	"portico/internal/cache"
	"portico/internal/catalog"
	"portico/internal/config"
	"portico/internal/dataset"
	"portico/internal/egress"
	"portico/internal/experiment"
	"portico/internal/fault"
	"portico/internal/gateway"
	"portico/internal/job"
	"portico/internal/limit"
	"portico/internal/mail"
	"portico/internal/module"
	"portico/internal/module/catalogue"
	"portico/internal/policy"
	"portico/internal/record"
	"portico/internal/scoring"
	"portico/internal/script"
	"portico/internal/secret"
	"portico/internal/store"
	"portico/internal/usage"
	"portico/internal/webservice"
	"portico/internal/webservice/batch"
	"portico/internal/webservice/jobs"
)

// rooms are the open rooms of one process, from the bottom up.
type rooms struct {
	keeper        *secret.Keeper
	store         *store.Store
	records       record.Store
	editor        *record.Editor
	instance      catalog.Service
	workspaceMade time.Time
	workspace     string
	auth          *access.Authenticator
	hasher        *access.Hasher
	accounts      *account.Accounts
	usage         *usage.Ledger
	blobs         blob.Store
	storage       *server.Server
	modules       *module.Catalogue
	datasets      *dataset.Service
	experiments   *experiment.Service
	services      *webservice.Services
	queue         *job.Queue
	jobs          *batch.Service
	mail          *mail.Sender
	quotaWatch    *mail.QuotaWatch
	scoring       *scoring.Server
	quotas        *limit.StoredQuotas
	gateway       *gateway.Gateway
	front         *gateway.Server  // takes the gateway's connections
	access        *usage.AccessLog // nil without one
	metrics       *prometheus.Registry
}

// build opens the rooms from the bottom up. A room gets what it needs and knows no other.
func (a *app) build(ctx context.Context, keeper *secret.Keeper) (*rooms, error) {
	r := &rooms{keeper: keeper, store: a.kept.store, blobs: a.kept.blobs[blobDir]}
	for _, step := range []func(context.Context, *rooms) error{
		a.openRecords, a.openUsage, a.openStorage, a.openStudio, a.openServices, a.openJobs, a.openMail, a.openScoring, a.openGateway,
	} {
		if err := step(ctx, r); err != nil {
			return nil, err
		}
	}
	var err error
	collectors := []prometheus.Collector{r.usage, r.gateway, r.jobs}
	if r.access != nil {
		collectors = append(collectors, r.access)
	}
	r.metrics, err = newMetrics(collectors...)
	return r, err
}

func (a *app) openRecords(ctx context.Context, r *rooms) error {
	r.records = r.store.Records()
	r.editor = &record.Editor{Store: r.records}
	r.hasher = new(access.Hasher)
	r.auth = access.NewAuthenticator(r.records, r.keeper, r.hasher)
	r.accounts = a.newAccounts(r)
	return r.firstContent(ctx, a.cfg)
}

func (a *app) openUsage(ctx context.Context, r *rooms) (err error) {
	c := usage.Config{
		Dir: a.folder.path(usageDir), MaxBytes: a.cfg.UsageMaxBytes, MaxAge: a.cfg.UsageMaxAge, Store: r.store.Usage(), Now: time.Now, Log: a.log,
	}
	if a.cfg.GeoDatabase != "" {
		if c.Places, err = usage.OpenPlaces(a.cfg.GeoDatabase); err != nil {
			return fault.Wrap(err, fault.Invalid, "The file of places cannot be used: %v.", err)
		}
	}
	r.usage, err = usage.Open(ctx, c)
	return err
}

func (a *app) openStorage(ctx context.Context, r *rooms) (err error) {
	r.storage, err = server.New(ctx, server.Config{
		Workspace: r.workspace, URL: a.url("storage"), Records: r.records, Keeper: r.keeper, Index: r.store.Storage(), Contents: a.kept.blobs[storageDir], Log: a.log,
	})
	return err
}

func (a *app) openStudio(_ context.Context, r *rooms) error {
	s := a.cfg.Scripts
	scripts := script.New(script.Options{Python: s.Python, R: s.R, Sandbox: s.Sandbox, Time: s.Time, CPU: s.CPU, Memory: s.Memory, Parallel: s.Parallel}, a.log)
	a.onClose(func() error { scripts.Close(); return nil })
	r.modules = catalogue.New(a.outside(r), scripts)
	r.datasets = dataset.New(r.records, r.blobs, dataset.Options{Log: a.log})
	r.experiments = experiment.New(experiment.Config{
		Records: r.records, Blobs: r.blobs, Modules: r.modules, Datasets: r.datasets, Keeper: r.keeper,
		Options: experiment.Options{ResultBytes: a.cfg.ResultMaxBytes}, Log: a.log,
	})
	return nil
}

func (a *app) openServices(ctx context.Context, r *rooms) error {
	r.services = webservice.New(webservice.Config{
		Records: r.records, Blobs: r.blobs, Keeper: r.keeper, Modules: r.modules, Runs: r.experiments, Datasets: r.datasets,
		ScoringURL: a.url("scoring"), StudioURL: a.url("console") + "/studio", Log: a.log,
	})
	broken, err := r.services.Load(ctx)
	for _, b := range broken {
		a.log.Error("a published web service cannot be run", "error", b)
	}
	return err
}

// jobWorkers is how many jobs run at once, of all endpoints together.
const jobWorkers = 10 * jobs.MaxRunning

func (a *app) openJobs(ctx context.Context, r *rooms) (err error) {
	var closeQueue func() error
	r.queue, closeQueue, err = r.store.OpenQueue(ctx, job.Config{Kinds: []string{jobs.Kind, mail.JobKind}, Workers: jobWorkers, Timeout: a.cfg.JobTimeout, Log: a.log})
	if err != nil {
		return err
	}
	a.onClose(closeQueue)
	// Where files are, the holders of an endpoint's key say, who are trusted as staff is.
	r.jobs = batch.New(batch.Config{
		Store: r.store.BatchJobs(r.queue), Services: r.services, Storage: r.storage, Keeper: r.keeper, HTTP: a.staffClient(),
		Retention: a.cfg.JobRetention, Turns: a.cfg.JobCPUs, Log: a.log,
	}, r.queue)
	return r.jobs.Readmit(ctx)
}

const dialTimeout = 10 * time.Second

// staffClient calls the addresses that those may type who are trusted as staff is.
func (a *app) staffClient() *http.Client {
	transport := &http.Transport{DialContext: a.staffDialer().DialContext, TLSHandshakeTimeout: dialTimeout, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: jobs.MaxRunning, IdleConnTimeout: time.Minute}
	a.onClose(func() error { transport.CloseIdleConnections(); return nil })
	return &http.Client{Transport: transport}
}

// staffDialer connects to what staff types, under the rule for that.
func (a *app) staffDialer() *net.Dialer {
	return &net.Dialer{Timeout: dialTimeout, Control: egress.ForStaff(prefixes(a.cfg.EgressDeny)).Control}
}

func (a *app) openMail(_ context.Context, r *rooms) error {
	r.mail = mail.NewSender(mail.SenderConfig{
		Outbox: mail.Outbox{Records: r.records, Keys: r.keeper}, Store: r.store, Dial: a.staffDialer().DialContext,
		PortalURL: a.url("portal"), ConsoleURL: a.url("console") + "/publisher", Now: time.Now, Log: a.log,
	})
	r.quotaWatch = mail.NewQuotaWatch(mail.Events{Outbox: mail.Outbox{Records: r.records, Keys: r.keeper}}, time.Now, a.log)
	r.queue.Handle(mail.JobKind, r.mail.Handle)
	r.store.EnqueueRecords("outbox", r.queue, mail.JobKind)
	return nil
}

func (a *app) openScoring(_ context.Context, r *rooms) error {
	r.scoring = scoring.New(scoring.Config{
		Services: r.services, Jobs: r.jobs, Usage: r.usage, Log: a.log, WorkspaceID: r.workspace, SubscriptionID: subscriptionID,
		MaxBody: a.cfg.MaxBody, Timeout: a.cfg.ScoreTimeout, Authenticate: r.auth.Authenticate,
	})
	return nil
}

func (a *app) openGateway(ctx context.Context, r *rooms) error {
	r.quotas = limit.NewStoredQuotas(r.store.Quotas(), time.Now, a.log)
	roots, err := clientRoots(a.cfg.ClientCA)
	if err != nil {
		return err
	}
	services := policy.Services{
		ClientRoots: roots,
		Rates:       limit.NewMemoryRates(time.Now), Quotas: r.quotas, QuotaWatch: r.quotaWatch, Cache: cache.NewMemory(a.cfg.CacheMaxBytes, time.Now),
		Authority: a.cfg.EntraAuthority, ManagedIdentities: identities(a.cfg),
		Deployment: policy.Deployment{ServiceName: r.instance.Name, Region: r.instance.Location, GatewayID: "managed"},
	}
	locals, err := a.locals(r)
	if err != nil {
		return err
	}
	spans, err := a.openSpans(ctx, r)
	if err != nil {
		return err
	}
	recorder, err := a.openAccessLog(r)
	if err != nil {
		return err
	}
	r.gateway = gateway.New(gateway.Config{
		Log: a.log, Keeper: r.keeper, Services: services, Usage: recorder, Spans: spans,
		Egress: egress.ForStaff(prefixes(a.cfg.EgressDeny)), Locals: locals, MaxBody: a.cfg.MaxBody, TLS: a.listeners["gateway"].TLS(),
		EventsDir: a.folder.path(eventsDir),
	})
	a.onClose(func() error { r.gateway.Close(); return nil })
	r.front = r.gateway.NewServer(gateway.ServerOptions{MaxConns: a.cfg.GatewayMaxConns, MaxConnsPerAddress: a.cfg.GatewayMaxConnsPerAddress}, a.log.With("listener", "gateway"))
	if !a.listeners["gateway"].TLS() {
		a.log.Warn("the gateway has no certificate: APIs that allow only https are served over http as well; give it one with --gateway-tls-cert and --gateway-tls-key, or --tls auto")
	}
	// Changes are taken over before the call that made them is answered.
	r.store.Subscribe(r.gateway.Apply)
	if err := r.gateway.Load(ctx, r.records); err != nil {
		return err
	}
	for path, problems := range r.gateway.Problems() {
		a.log.Error("a stored item is broken; its calls fail, the rest is served", "item", path, "problems", problems)
	}
	return nil
}

// clientRoots reads the authorities of client certificates; nil is the system's.
func clientRoots(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The file of --gateway-client-ca cannot be read: check its path and permissions.")
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(b) {
		return nil, fault.New(fault.Invalid, "The file of --gateway-client-ca, %s, holds no certificate in PEM.", file)
	}
	return roots, nil
}

// openSpans makes what sends spans, where the settings say where to.
func (a *app) openSpans(ctx context.Context, r *rooms) (*gateway.Spans, error) {
	if a.cfg.OTLPEndpoint == "" {
		return nil, nil
	}
	s, err := gateway.OpenSpans(ctx, a.cfg.OTLPEndpoint, a.cfg.OTLPSample, r.instance.Name, a.log)
	if err != nil {
		return nil, err
	}
	a.onClose(s.Close)
	return s, nil
}

// openAccessLog gives what takes the records of the gateway's calls: the usage
// ledger, and the access log where there is one.
func (a *app) openAccessLog(r *rooms) (usage.Recorder, error) {
	var out io.WriteCloser
	switch a.cfg.AccessLog {
	case "":
		return r.usage, nil
	case "-":
		out = notClosed{a.out}
	default:
		f, err := os.OpenFile(a.cfg.AccessLog, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
		if err != nil {
			return nil, fault.Wrap(err, fault.StorageFailed, "The access log %s cannot be written: check --access-log.", a.cfg.AccessLog)
		}
		out = f
	}
	r.access = usage.NewAccessLog(out)
	return usage.Recorders{r.usage, r.access}, nil
}

// notClosed keeps the process's own output open.
type notClosed struct{ io.Writer }

func (notClosed) Close() error { return nil }

// identities is the one that settings describe, if they do.
func identities(cfg *config.Config) []policy.ManagedIdentity {
	if i := cfg.Identity; i.Token != "" || i.TokenURL != "" {
		return []policy.ManagedIdentity{{Static: i.Token, TokenURL: i.TokenURL, ClientID: i.ClientID, ClientSecret: i.ClientSecret}}
	}
	return nil
}

// locals are the hosts that mean a backend in this process: the scoring
// service by its listener's address and by its aliases, and the echo backend.
func (a *app) locals(r *rooms) (map[string]gateway.Local, error) {
	shown, err := url.Parse(a.url("scoring"))
	if err != nil {
		return nil, fmt.Errorf("the scoring listener's URL: %w", err)
	}
	locals := map[string]gateway.Local{}
	_, port, err := net.SplitHostPort(a.listeners["scoring"].Address())
	if err != nil {
		return nil, fmt.Errorf("the scoring listener's address: %w", err)
	}
	for _, host := range []string{shown.Hostname(), "localhost", "127.0.0.1", "::1"} {
		locals[net.JoinHostPort(host, port)] = r.scoring.Local()
	}
	for _, host := range a.cfg.ScoringAliases {
		locals[host] = r.scoring.Local()
	}
	for _, host := range a.cfg.EchoAliases {
		locals[host] = gateway.Echo{}
	}
	return locals, nil
}

// prefixes reads networks that config has checked.
func prefixes(cidrs []string) []netip.Prefix {
	var all []netip.Prefix
	for _, c := range cidrs {
		all = append(all, netip.MustParsePrefix(c))
	}
	return all
}

// background is the work that goes on beside the listeners, by name.
func (r *rooms) background() map[string]func(context.Context) error {
	all := map[string]func(context.Context) error{
		"usage records": r.usage.Run,
		"quotas":        r.quotas.Run,
		"storage":       r.storage.Run,
		"datasets":      r.datasets.Run,
		"experiments":   r.experiments.Run,
		"queue":         r.queue.Run,
		"batch jobs":    r.jobs.Run,
		"mail":          r.mail.Run,
		"quota watch":   r.quotaWatch.Run,
	}
	if r.access != nil {
		all["access log"] = r.access.Run
	}
	return all
}
