package webservice

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"portico/internal/blob"
	"portico/internal/fault"
	"portico/internal/module"
	"portico/internal/record"
	"portico/internal/secret"
	"portico/internal/table"
)

// Config is what Services stands on.
type Config struct {
	Records  record.Store
	Blobs    blob.Store
	Keeper   *secret.Keeper
	Modules  *module.Catalogue
	Runs     Runs // of the experiments to publish
	Datasets Datasets
	// ScoringURL is where the scoring listener answers, such as
	// "http://127.0.0.1:8082"; it begins ApiLocation and HelpLocation.
	ScoringURL string
	// StudioURL begins ExperimentLocation, such as "http://127.0.0.1:8081/studio".
	StudioURL string
	Log       *slog.Logger
}

// Services are the published web services. Find may be called at any time by
// anyone; what changes something runs one at a time.
type Services struct {
	Config
	live     atomic.Pointer[snapshot]
	changing sync.Mutex
}

// New makes Services without any; Load reads those that are stored.
func New(c Config) *Services {
	s := &Services{Config: c}
	s.live.Store(&snapshot{})
	return s
}

// Find gives the endpoint with that id, or nil. It takes no lock and reads no SQL.
func (s *Services) Find(endpointID string) *Live { return s.live.Load().byID[endpointID] }

// FindNamed gives an endpoint of a service by its name or its id, or nil.
func (s *Services) FindNamed(serviceID, endpoint string) *Live {
	now := s.live.Load()
	if l := now.byName[serviceID+"/"+endpoint]; l != nil {
		return l
	}
	if l := now.byID[endpoint]; l != nil && l.ServiceID == serviceID {
		return l
	}
	return nil
}

// Load makes every stored endpoint ready for calls, and deletes tables that
// nothing refers to. An endpoint whose definition cannot be run is ready to say
// so; the reasons are in broken, which is for the log.
func (s *Services) Load(ctx context.Context) (broken []error, err error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	services, err := s.Records.List(ctx, servicesPath("*"))
	if err != nil {
		return nil, err
	}
	var all []*Live
	keep := map[string]bool{}
	for _, r := range services {
		at := place{record.NameIn(r.Path, "workspaces"), record.Name(r.Path)}
		svc, err := load[service](r)
		if err != nil {
			return nil, err
		}
		keep[at.service+"/"+svc.Definition] = true // of the next endpoint, if of none now
		endpoints, err := s.ready(ctx, at, map[string]*compiled{})
		if err != nil {
			return nil, err
		}
		for _, l := range endpoints {
			keep[at.service+"/"+l.compiled.id] = true
			if l.Broken != nil {
				broken = append(broken, fmt.Errorf("web service %s, endpoint %s: %w", at.service, l.Name, l.Broken))
			}
		}
		all = append(all, endpoints...)
	}
	s.live.Store((&snapshot{}).with(nil, all...))
	s.sweep(ctx, "", keep)
	return broken, nil
}

// place is where a service is stored.
type place struct{ workspace, service string }

// compiled is a stored definition with its plan, or why there is none.
type compiled struct {
	id      string
	defined time.Time
	plan    *Plan
	err     error
}

// reload makes a service's endpoints ready for calls as they are stored now, in one swap.
func (s *Services) reload(ctx context.Context, at place, made ...*compiled) error {
	known := map[string]*compiled{}
	for _, l := range s.live.Load().byID {
		if l.ServiceID == at.service {
			known[l.compiled.id] = l.compiled
		}
	}
	for _, c := range made {
		known[c.id] = c
	}
	endpoints, err := s.ready(ctx, at, known)
	if err != nil {
		return fmt.Errorf("web service %s was changed and is not ready: %w", at.service, err)
	}
	s.live.Store(s.live.Load().with(func(l *Live) bool { return l.ServiceID == at.service }, endpoints...))
	return nil
}

// ready makes the endpoints of a stored service. What known does not hold is compiled and added to it.
func (s *Services) ready(ctx context.Context, at place, known map[string]*compiled) ([]*Live, error) {
	svc, err := s.stored(ctx, at.workspace, at.service)
	if err != nil {
		return nil, err
	}
	records, err := s.Records.List(ctx, endpointsPath(at.workspace, at.service))
	if err != nil {
		return nil, err
	}
	out := make([]*Live, 0, len(records))
	for _, r := range records {
		ep, err := load[endpoint](r)
		if err != nil {
			return nil, err
		}
		if known[ep.Definition] == nil {
			known[ep.Definition] = s.compileStored(ctx, at, ep.Definition)
		}
		l, err := s.makeLive(at, svc, record.Name(r.Path), ep, known[ep.Definition])
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

// compileStored reads a definition with its tables and compiles it.
func (s *Services) compileStored(ctx context.Context, at place, id string) *compiled {
	c := &compiled{id: id}
	d, _, err := record.Get[Definition](ctx, s.Records, definitionPath(at.workspace, at.service, id))
	if err != nil {
		c.err = err
		return c
	}
	c.defined = d.Defined
	kept := make([]*table.Table, d.Tables)
	for i := range kept {
		if kept[i], c.err = s.readTable(ctx, tableKey(at.service, id, i)); c.err != nil {
			return c
		}
	}
	c.plan, c.err = compile(ctx, &d, kept, s.Modules)
	return c
}

// makeLive makes an endpoint ready for calls. Calls that an older version of it
// still runs go on counting.
func (s *Services) makeLive(at place, svc service, name string, ep endpoint, c *compiled) (*Live, error) {
	primary, secondary, err := ep.keys(s.Keeper)
	if err != nil {
		return nil, fmt.Errorf("web service %s, endpoint %s: %w", at.service, name, err)
	}
	l := &Live{
		WorkspaceID: at.workspace, ServiceID: at.service, ServiceName: svc.Name, ServiceText: svc.Description,
		EndpointID: ep.ID, Name: name, Description: ep.Description, APILocation: s.apiLocation(at, ep.ID), Version: c.defined, SampleDataEnabled: ep.SampleDataEnabled,
		MaxCalls: int64(ep.MaxConcurrentCalls), Plan: c.plan, Broken: c.err, compiled: c,
		keys:    [2][sha256.Size]byte{sha256.Sum256([]byte(primary)), sha256.Sum256([]byte(secondary))},
		running: new(atomic.Int64),
	}
	if c.err != nil {
		l.Plan = nil
	}
	if old := s.Find(ep.ID); old != nil {
		l.running = old.running
	}
	return l, nil
}

// tablesPrefix begins the keys of the tables that definitions keep.
const tablesPrefix = "webservices/"

func tableKey(service, definition string, i int) string {
	return tablesPrefix + service + "/" + definition + "/" + strconv.Itoa(i)
}

func (s *Services) readTable(ctx context.Context, key string) (_ *table.Table, err error) {
	r, _, err := s.Blobs.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return table.Decode(r)
}

func (s *Services) writeTable(ctx context.Context, key string, t *table.Table) error {
	var b bytes.Buffer
	if err := table.Encode(&b, t); err != nil {
		return err
	}
	_, err := s.Blobs.Put(ctx, key, &b)
	return err
}

// List gives the services of a workspace, oldest first.
func (s *Services) List(ctx context.Context, ws string) ([]WebService, error) {
	records, err := s.Records.List(ctx, servicesPath(ws))
	if err != nil {
		return nil, err
	}
	endpoints, err := s.Records.List(ctx, endpointsPath(ws, "*"))
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for _, r := range endpoints {
		counts[record.NameIn(r.Path, "webservices")]++
	}
	out := make([]WebService, 0, len(records))
	for _, r := range records {
		svc, err := load[service](r)
		if err != nil {
			return nil, err
		}
		out = append(out, svc.shown(ws, record.Name(r.Path), counts[record.Name(r.Path)]))
	}
	return out, nil
}

// Get gives one service. It returns fault.NotFound.
func (s *Services) Get(ctx context.Context, ws, id string) (WebService, error) {
	svc, err := s.stored(ctx, ws, id)
	if err != nil {
		return WebService{}, err
	}
	endpoints, err := s.Records.List(ctx, endpointsPath(ws, id))
	return svc.shown(ws, id, len(endpoints)), err
}

func (svc service) shown(ws, id string, endpoints int) WebService {
	return WebService{
		ID: id, Name: svc.Name, Description: svc.Description, CreationTime: svc.Created,
		WorkspaceID: ws, DefaultEndpointName: svc.DefaultEndpoint, EndpointCount: endpoints,
	}
}

func (s *Services) stored(ctx context.Context, ws, id string) (service, error) {
	svc, _, err := record.Get[service](ctx, s.Records, servicePath(ws, id))
	if fault.Is(err, fault.NotFound) {
		return svc, NotFound()
	}
	return svc, err
}

// NotFound is the error of an id that no service has, in the words that clients know.
func NotFound() error {
	return fault.Coded(fault.NotFound, "WebServiceNotFound", "Invalid web service ID provided. Verify the web service ID is correct and try again.")
}

// Delete removes a service with its endpoints. Calls under way finish. It returns fault.NotFound.
func (s *Services) Delete(ctx context.Context, ws, id string) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	if _, err := s.stored(ctx, ws, id); err != nil {
		return err
	}
	if _, err := s.Records.Apply(ctx, record.Change{Op: record.DeleteTree, Path: servicePath(ws, id)}); err != nil {
		return err
	}
	s.live.Store(s.live.Load().with(func(l *Live) bool { return l.ServiceID == id }))
	s.sweep(ctx, id+"/", nil)
	return nil
}

// sweep deletes the kept tables below a prefix but those of the definitions
// that keep names, "{service}/{definition}". What cannot be deleted is left for the next Load.
func (s *Services) sweep(ctx context.Context, prefix string, keep map[string]bool) {
	for info, err := range s.Blobs.List(ctx, tablesPrefix+prefix) {
		if err == nil {
			parts := strings.Split(info.Key, "/")
			if len(parts) == 4 && keep[parts[1]+"/"+parts[2]] {
				continue
			}
			err = s.Blobs.Delete(ctx, info.Key)
		}
		if err != nil {
			s.Log.WarnContext(ctx, "old tables of web services are left on disk", "prefix", prefix, "error", err)
			return
		}
	}
}
