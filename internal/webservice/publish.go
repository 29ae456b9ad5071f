package webservice

import (
	"context"
	"errors"
	"slices"

	"portico/internal/experiment"
	"portico/internal/fault"
	"portico/internal/module"
	"portico/internal/record"
	"portico/internal/secret"
	"portico/internal/table"
)

// PublishOptions are the query parameters of the deploy call (azureml.md 5.1).
type PublishOptions struct {
	// GenerateNewPortNames calls the inputs input1, input2, … and the outputs
	// output1, output2, …, whatever the experiment calls them.
	GenerateNewPortNames bool
	// UpdateExisting publishes to the service that the experiment, or one it
	// was made from, was published to; where there is none, to a new one.
	UpdateExisting bool
}

// Published is what publishing made or updated.
type Published struct {
	Service  WebService
	Endpoint Endpoint // the default one
}

// Publish makes a web service of a finished experiment, or updates one. An
// update reaches the default endpoint at once, without a call being lost; the
// other endpoints run their old definition until they are refreshed. It returns
// fault.Conflict for an experiment that is not Finished, fault.Invalid for one
// whose graph cannot be a service.
func (s *Services) Publish(ctx context.Context, ws string, e *experiment.Experiment, o PublishOptions) (Published, error) {
	if e.Status.StatusCode != experiment.Finished {
		return Published{}, fault.New(fault.Conflict,
			"The experiment %q is %s. Only one that is %s can be published: run it to its end without an error, then publish it.", e.Description, e.Status.StatusCode, experiment.Finished)
	}
	d, kept, err := s.define(ctx, ws, e, o.GenerateNewPortNames)
	if err != nil {
		return Published{}, err
	}
	d.ID = secret.ID()
	plan, err := compile(ctx, d, kept, s.Modules)
	if err != nil {
		return Published{}, unpublishable(err)
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	id := ""
	if o.UpdateExisting {
		if id, err = s.publishedAs(ctx, ws, e); err != nil {
			return Published{}, err
		}
	}
	p := &publication{at: place{ws, id}, match: "*"}
	if id == "" {
		p.at.service, p.match = secret.ID(), "-"
	}
	if err := s.plan(ctx, p, e, d); err != nil {
		return Published{}, err
	}
	if err := s.commit(ctx, p, d, kept, plan); err != nil {
		return Published{}, err
	}
	return s.published(ctx, p.at)
}

// unpublishable says what the experiment's owner can do about a plan that does not compile.
func unpublishable(err error) error {
	var e *module.Error
	if errors.As(err, &e) {
		return fault.Wrap(err, fault.Invalid, "The experiment cannot be a web service: %v", err)
	}
	return err
}

// publication is a service about to be written.
type publication struct {
	at       place
	match    string
	service  service
	endpoint endpoint // the default one
	stale    []string // definitions that nothing runs any more
}

// publishedAs gives the service that an experiment was published to before, or "".
func (s *Services) publishedAs(ctx context.Context, ws string, e *experiment.Experiment) (string, error) {
	records, err := s.Records.List(ctx, servicesPath(ws))
	if err != nil {
		return "", err
	}
	var parent, group string
	if e.ParentExperimentID != nil {
		parent = *e.ParentExperimentID
	}
	if e.WebService.WebServiceGroupID != nil {
		group = *e.WebService.WebServiceGroupID
	}
	for _, r := range slices.Backward(records) {
		svc, err := load[service](r)
		if err != nil {
			return "", err
		}
		name := record.Name(r.Path)
		if name == group || group == "" && (svc.ExperimentID == e.ExperimentID || parent != "" && svc.ExperimentID == parent) {
			return name, nil
		}
	}
	return "", nil
}

// plan decides what the service and its default endpoint become.
func (s *Services) plan(ctx context.Context, p *publication, e *experiment.Experiment, d *Definition) error {
	p.service = service{Created: d.Defined, DefaultEndpoint: DefaultEndpoint}
	p.endpoint = s.newEndpoint(d.ID)
	used := map[string]bool{}
	if p.match == "*" {
		var err error
		if p.service, err = s.stored(ctx, p.at.workspace, p.at.service); err != nil {
			return err
		}
		endpoints, err := s.Records.List(ctx, endpointsPath(p.at.workspace, p.at.service))
		if err != nil {
			return err
		}
		for _, r := range endpoints {
			ep, err := load[endpoint](r)
			if err != nil {
				return err
			}
			if record.Name(r.Path) == p.service.DefaultEndpoint {
				p.endpoint = ep
			} else {
				used[ep.Definition] = true
			}
		}
		if p.stale, err = s.staleDefinitions(ctx, p.at, used); err != nil {
			return err
		}
	}
	p.service.Name, p.service.Description = e.Description, e.Summary
	if p.service.Name == "" {
		p.service.Name = e.ExperimentID
	}
	p.service.ExperimentID, p.service.Definition = e.ExperimentID, d.ID
	p.endpoint.Definition = d.ID
	return nil
}

// staleDefinitions lists a service's definitions other than the used ones.
func (s *Services) staleDefinitions(ctx context.Context, at place, used map[string]bool) ([]string, error) {
	records, err := s.Records.List(ctx, definitionsPath(at.workspace, at.service))
	if err != nil {
		return nil, err
	}
	var stale []string
	for _, r := range records {
		if name := record.Name(r.Path); !used[name] {
			stale = append(stale, name)
		}
	}
	return stale, nil
}

// commit writes the kept tables, then the records in one transaction, then lets calls in.
func (s *Services) commit(ctx context.Context, p *publication, d *Definition, kept []*table.Table, plan *Plan) error {
	ws, id := p.at.workspace, p.at.service
	undo := func() { s.sweep(context.WithoutCancel(ctx), id+"/"+d.ID+"/", nil) }
	for i, t := range kept {
		if err := s.writeTable(ctx, tableKey(id, d.ID, i), t); err != nil {
			undo()
			return err
		}
	}
	changes := []record.Change{
		record.PutOf(servicePath(ws, id), p.service, p.match),
		record.PutOf(definitionPath(ws, id, d.ID), d, "-"),
		record.PutOf(endpointPath(ws, id, p.service.DefaultEndpoint), p.endpoint, ""),
	}
	for _, old := range p.stale {
		changes = append(changes, record.Change{Op: record.Delete, Path: definitionPath(ws, id, old)})
	}
	if _, err := s.Records.Apply(ctx, changes...); err != nil {
		undo()
		return err
	}
	for _, old := range p.stale {
		s.sweep(ctx, id+"/"+old+"/", nil)
	}
	return s.reload(ctx, p.at, &compiled{id: d.ID, defined: d.Defined, plan: plan})
}

// published reads back what was written.
func (s *Services) published(ctx context.Context, at place) (Published, error) {
	svc, err := s.Get(ctx, at.workspace, at.service)
	if err != nil {
		return Published{}, err
	}
	ep, err := s.Endpoint(ctx, at.workspace, at.service, svc.DefaultEndpointName)
	return Published{Service: svc, Endpoint: ep}, err
}
