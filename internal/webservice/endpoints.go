package webservice

import (
	"context"
	"strings"
	"unicode/utf8"

	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/secret"
)

// EndpointSettings are what a client may set of an endpoint; nil leaves a
// setting as it is, or at its default in a new endpoint.
type EndpointSettings struct {
	Description           *string     `json:"Description"`
	ThrottleLevel         *Throttle   `json:"ThrottleLevel"`
	MaxConcurrentCalls    *int        `json:"MaxConcurrentCalls"`
	PreventUpdate         *bool       `json:"PreventUpdate"`
	SampleDataEnabled     *bool       `json:"SampleDataEnabled"`
	DiagnosticsTraceLevel *TraceLevel `json:"DiagnosticsTraceLevel"`
}

// EndpointPatch is the body of a PATCH: settings, and trained models to replace.
type EndpointPatch struct {
	EndpointSettings
	Resources []struct {
		Name string `json:"Name"`
	} `json:"Resources"`
}

// Endpoints gives the endpoints of a service, oldest first, with their keys. It returns fault.NotFound.
func (s *Services) Endpoints(ctx context.Context, ws, id string) ([]Endpoint, error) {
	svc, err := s.stored(ctx, ws, id)
	if err != nil {
		return nil, err
	}
	records, err := s.Records.List(ctx, endpointsPath(ws, id))
	if err != nil {
		return nil, err
	}
	out := make([]Endpoint, 0, len(records))
	for _, r := range records {
		ep, err := load[endpoint](r)
		if err != nil {
			return nil, err
		}
		e, err := s.shown(place{ws, id}, svc, record.Name(r.Path), ep)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// Endpoint gives one endpoint by its name or its id, with its keys. It returns fault.NotFound.
func (s *Services) Endpoint(ctx context.Context, ws, id, name string) (Endpoint, error) {
	at := place{ws, id}
	svc, ep, name, err := s.storedEndpoint(ctx, at, name)
	if err != nil {
		return Endpoint{}, err
	}
	return s.shown(at, svc, name, ep)
}

// storedEndpoint reads an endpoint and its service; name may be its id, and comes back as its name.
func (s *Services) storedEndpoint(ctx context.Context, at place, name string) (service, endpoint, string, error) {
	svc, err := s.stored(ctx, at.workspace, at.service)
	if err != nil {
		return svc, endpoint{}, name, err
	}
	if l := s.FindNamed(at.service, name); l != nil {
		name = l.Name
	}
	ep, _, err := record.Get[endpoint](ctx, s.Records, endpointPath(at.workspace, at.service, name))
	if fault.Is(err, fault.NotFound) {
		err = noEndpoint(at, name)
	}
	return svc, ep, name, err
}

// shown is the endpoint as the wire shows it.
func (s *Services) shown(at place, svc service, name string, ep endpoint) (Endpoint, error) {
	primary, secondary, err := ep.keys(s.Keeper)
	if err != nil {
		return Endpoint{}, err
	}
	e := Endpoint{
		ID: ep.ID, Name: name, Description: ep.Description, CreationTime: ep.Created,
		WebServiceID: at.service, WorkspaceID: at.workspace,
		HelpLocation: s.ScoringURL + "/apihelp/workspaces/" + at.workspace + "/webservices/" + at.service + "/endpoints/" + ep.ID,
		PrimaryKey:   &primary, SecondaryKey: &secondary, APILocation: s.apiLocation(at, ep.ID),
		PreventUpdate: ep.PreventUpdate, SampleDataEnabled: ep.SampleDataEnabled,
		ExperimentLocation: s.StudioURL + "/experiments/" + svc.ExperimentID,
		MaxConcurrentCalls: ep.MaxConcurrentCalls, DiagnosticsTraceLevel: ep.TraceLevel, ThrottleLevel: ep.ThrottleLevel,
		Resources: []*struct{}{},
	}
	if l := s.Find(ep.ID); l != nil {
		e.Version = l.Version
	}
	return e, nil
}

func (s *Services) apiLocation(at place, endpoint string) string {
	return s.ScoringURL + "/workspaces/" + at.workspace + "/services/" + endpoint
}

// PutEndpoint makes an endpoint that runs the service's newest definition, or
// changes the settings of one. created tells which. It returns fault.NotFound,
// fault.Invalid for a setting out of its range.
func (s *Services) PutEndpoint(ctx context.Context, ws, id, name string, set EndpointSettings) (_ Endpoint, created bool, err error) {
	if err := checkName(name); err != nil {
		return Endpoint{}, false, err
	}
	err = s.edit(ctx, place{ws, id}, name, func(e *edited) error {
		if created = e.missing; created {
			if err := s.hasRoom(ctx, place{ws, id}); err != nil {
				return err
			}
			e.endpoint = s.newEndpoint(e.service.Definition)
		}
		return e.endpoint.set(set)
	})
	if err != nil {
		return Endpoint{}, false, err
	}
	e, err := s.Endpoint(ctx, ws, id, name)
	return e, created, err
}

// PatchEndpoint changes an endpoint that is there. It returns fault.NotFound,
// fault.Invalid, fault.Conflict for the default endpoint or one with PreventUpdate.
func (s *Services) PatchEndpoint(ctx context.Context, ws, id, name string, patch EndpointPatch) (Endpoint, error) {
	err := s.edit(ctx, place{ws, id}, name, func(e *edited) error {
		if err := e.updatable(); err != nil {
			return err
		}
		if len(patch.Resources) > 0 {
			return fault.Coded(fault.Invalid, "NoUpdatableResources", "This Web Service has no updatable resources, so %q cannot be replaced.", cut(patch.Resources[0].Name, 60))
		}
		return e.endpoint.set(patch.EndpointSettings)
	})
	if err != nil {
		return Endpoint{}, err
	}
	return s.Endpoint(ctx, ws, id, name)
}

// Refresh brings an endpoint to the service's newest definition. It returns
// fault.NotModified where it runs that already, fault.NotFound, fault.Conflict
// for the default endpoint or one with PreventUpdate.
func (s *Services) Refresh(ctx context.Context, ws, id, name string) (Endpoint, error) {
	err := s.edit(ctx, place{ws, id}, name, func(e *edited) error {
		if err := e.updatable(); err != nil {
			return err
		}
		if e.endpoint.Definition == e.service.Definition {
			return fault.New(fault.NotModified, "The endpoint %q already runs the newest version of the service.", e.name)
		}
		e.endpoint.Definition = e.service.Definition
		return nil
	})
	if err != nil {
		return Endpoint{}, err
	}
	return s.Endpoint(ctx, ws, id, name)
}

// RegenerateKey gives an endpoint a new primary or secondary key; the old one
// stops working at once. It returns fault.NotFound.
func (s *Services) RegenerateKey(ctx context.Context, ws, id, name string, primary bool) (Endpoint, error) {
	err := s.edit(ctx, place{ws, id}, name, func(e *edited) error {
		switch {
		case e.missing:
			return e.notFound()
		case primary:
			e.endpoint.SealedPrimary = newKey(s.Keeper)
		default:
			e.endpoint.SealedSecondary = newKey(s.Keeper)
		}
		return nil
	})
	if err != nil {
		return Endpoint{}, err
	}
	return s.Endpoint(ctx, ws, id, name)
}

// DeleteEndpoint removes an endpoint. It returns fault.NotFound, and
// fault.Conflict for the default endpoint while there are others.
func (s *Services) DeleteEndpoint(ctx context.Context, ws, id, name string) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	at := place{ws, id}
	svc, _, name, err := s.storedEndpoint(ctx, at, name)
	if err != nil {
		return err
	}
	records, err := s.Records.List(ctx, endpointsPath(ws, id))
	if err != nil {
		return err
	}
	if name == svc.DefaultEndpoint && len(records) > 1 {
		return fault.Coded(fault.Conflict, "DefaultEndpointInUse", "The default endpoint %q cannot be deleted while the service has other endpoints. Delete those first.", name)
	}
	if _, err := s.Records.Apply(ctx, record.Change{Op: record.Delete, Path: endpointPath(ws, id, name)}); err != nil {
		return err
	}
	return s.reload(ctx, at)
}

// edited is an endpoint that is being changed, or made where it is missing.
type edited struct {
	at       place
	service  service
	name     string
	endpoint endpoint
	missing  bool
}

// edit changes or makes one endpoint, as change decides; then calls see it.
func (s *Services) edit(ctx context.Context, at place, name string, change func(*edited) error) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	e := &edited{at: at}
	var err error
	e.service, e.endpoint, e.name, err = s.storedEndpoint(ctx, at, name)
	e.missing = fault.Is(err, fault.NotFound) && fault.As(err).Code == codeNoEndpoint
	if err != nil && !e.missing {
		return err
	}
	if err := change(e); err != nil {
		return err
	}
	if _, err := s.Records.Apply(ctx, record.PutOf(endpointPath(at.workspace, at.service, e.name), e.endpoint, "")); err != nil {
		return err
	}
	return s.reload(ctx, at)
}

// codeNoEndpoint tells a missing endpoint from a missing service.
const codeNoEndpoint = "EndpointNotFound"

func (e *edited) notFound() error { return noEndpoint(e.at, e.name) }

func noEndpoint(at place, name string) error {
	return fault.Coded(fault.NotFound, codeNoEndpoint, "The web service %s has no endpoint %q.", at.service, cut(name, 60))
}

// updatable refuses the endpoints that follow the service or stay as they are (azureml.md 3.2).
func (e *edited) updatable() error {
	switch {
	case e.missing:
		return e.notFound()
	case e.name == e.service.DefaultEndpoint:
		return fault.Coded(fault.Conflict, "DefaultEndpointUpdate", "The default endpoint %q cannot be patched or refreshed: it follows the experiment each time that is published.", e.name)
	case e.endpoint.PreventUpdate:
		return fault.Coded(fault.Conflict, "EndpointUpdatePrevented", "The endpoint %q has PreventUpdate set. Put it with PreventUpdate false first.", e.name)
	}
	return nil
}

// newEndpoint is an endpoint with an id and keys of its own and every setting at its default.
func (s *Services) newEndpoint(definition string) endpoint {
	return endpoint{
		ID: secret.ID(), Created: now(), Definition: definition,
		ThrottleLevel: High, MaxConcurrentCalls: DefaultConcurrentCalls, TraceLevel: TraceNone,
		SealedPrimary: newKey(s.Keeper), SealedSecondary: newKey(s.Keeper),
	}
}

func (s *Services) hasRoom(ctx context.Context, at place) error {
	records, err := s.Records.List(ctx, endpointsPath(at.workspace, at.service))
	if err == nil && len(records) >= MaxEndpoints {
		err = fault.New(fault.Conflict, "The web service has %d endpoints, which is the most that one can have.", MaxEndpoints)
	}
	return err
}

// set takes settings over, or refuses one that is out of its range.
func (e *endpoint) set(s EndpointSettings) error {
	if s.Description != nil {
		if utf8.RuneCountInString(*s.Description) > MaxDescription {
			return fault.Coded(fault.Invalid, "BadParameterValue", "Description may have at most %d characters.", MaxDescription)
		}
		e.Description = *s.Description
	}
	if s.PreventUpdate != nil {
		e.PreventUpdate = *s.PreventUpdate
	}
	if s.SampleDataEnabled != nil {
		e.SampleDataEnabled = *s.SampleDataEnabled
	}
	if s.DiagnosticsTraceLevel != nil {
		level, err := oneOf("DiagnosticsTraceLevel", *s.DiagnosticsTraceLevel, TraceNone, TraceError, TraceAll)
		if err != nil {
			return err
		}
		e.TraceLevel = level
	}
	return e.throttle(s.ThrottleLevel, s.MaxConcurrentCalls)
}

// throttle sets how many calls run at once: Low is 4 whatever is asked, High is 1 to 200.
func (e *endpoint) throttle(level *Throttle, calls *int) error {
	if calls != nil {
		switch {
		case *calls > MaxConcurrentCalls:
			return fault.Coded(fault.Invalid, "WebServiceTooManyConcurrentRequestRequirement", "Cannot set concurrent request requirement to more than %d.", MaxConcurrentCalls)
		case *calls < 1:
			return fault.Coded(fault.Invalid, "BadParameterValue", "MaxConcurrentCalls must be from 1 to %d, and is %d.", MaxConcurrentCalls, *calls)
		}
		e.MaxConcurrentCalls = *calls
	}
	if level != nil {
		was := e.ThrottleLevel
		var err error
		if e.ThrottleLevel, err = oneOf("ThrottleLevel", *level, Low, High); err != nil {
			return err
		}
		if was == Low && e.ThrottleLevel == High && calls == nil {
			e.MaxConcurrentCalls = DefaultConcurrentCalls
		}
	}
	if e.ThrottleLevel == Low {
		e.MaxConcurrentCalls = LowConcurrentCalls
	}
	return nil
}

// oneOf gives the allowed value that v is, in whatever case.
func oneOf[T ~string](name string, v T, allowed ...T) (T, error) {
	names := make([]string, len(allowed))
	for i, a := range allowed {
		if strings.EqualFold(string(a), string(v)) {
			return a, nil
		}
		names[i] = string(a)
	}
	return v, fault.Coded(fault.Invalid, "BadParameterValue", "%s must be one of %s, and is %q.", name, strings.Join(names, ", "), cut(string(v), 60))
}

func checkName(name string) error {
	ok := name != "" && len(name) <= MaxEndpointName
	for i := range len(name) {
		c := name[i]
		ok = ok && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9')
	}
	if !ok {
		return fault.Coded(fault.Invalid, "BadParameterValue", "%q cannot be an endpoint's name: it must have 1 to %d lower-case letters (a to z) and digits.", cut(name, 60), MaxEndpointName)
	}
	return nil
}
