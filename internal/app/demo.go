package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"portico/examples"
	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/dataset"
	"portico/internal/experiment"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/webservice"
)

// What the demo makes, by name.
const (
	demoAPI     = "azureml-demo" // the API's id and its URL suffix
	demoBackend = "https://ussouthcentral.services.azureml.net"
	demoStarter = "azureml-demo-starter"
	demoFull    = "azureml-demo-unlimited"
	demoPath    = "/demo/guide" // remembers what was made, so that it is made once
	demoOwner   = "administrator"
)

// demoRecord is what a later start needs of what the first one made.
type demoRecord struct {
	ServiceID string `json:"serviceId"`
}

// demo makes the guide's dataset, experiment, web service, API and
// subscriptions, or finds them. What a user has deleted since is not made again.
func (r *rooms) demo(ctx context.Context) (*DemoReady, error) {
	made, _, err := record.Get[demoRecord](ctx, r.records, demoPath)
	if fault.Is(err, fault.NotFound) {
		made, err = r.makeDemo(ctx)
	}
	if err != nil {
		return nil, err
	}
	endpoint, err := r.services.Endpoint(ctx, r.workspace, made.ServiceID, webservice.DefaultEndpoint)
	if err != nil {
		return nil, demoGone(err, "web service")
	}
	live := r.services.FindNamed(made.ServiceID, webservice.DefaultEndpoint)
	if live == nil {
		return nil, demoGone(fault.New(fault.NotFound, "no live endpoint"), "web service")
	}
	d := &DemoReady{Workspace: r.workspace, Service: live.EndpointID, APIKey: *endpoint.PrimaryKey, APIPath: demoAPI, helpPage: endpoint.HelpLocation + "/score"}
	for sid, key := range map[string]*string{demoStarter: &d.StarterKey, demoFull: &d.SubscriptionKey} {
		rec, err := r.records.Get(ctx, access.SubscriptionPath(sid))
		if err != nil {
			return nil, demoGone(err, "subscription "+sid)
		}
		s, err := access.LoadSubscription(r.keeper, rec)
		if err != nil {
			return nil, err
		}
		*key = s.PrimaryKey
	}
	return d, nil
}

func demoGone(err error, what string) error {
	if fault.Is(err, fault.NotFound) {
		return fault.Wrap(err, fault.NotFound, "The demo's %s was deleted. Start without --demo, or with another data folder.", what)
	}
	return err
}

// makeDemo is safe to repeat after a crash at any point: each part is looked up before it is made.
func (r *rooms) makeDemo(ctx context.Context) (demoRecord, error) {
	x, err := r.demoExperiment(ctx)
	if err != nil {
		return demoRecord{}, err
	}
	published, err := r.services.Publish(ctx, r.workspace, x, webservice.PublishOptions{UpdateExisting: true})
	if err != nil {
		return demoRecord{}, err
	}
	made := demoRecord{ServiceID: published.Service.ID}
	yes := true
	changes := catalog.NewAPI(demoAPI, catalog.API{
		DisplayName: "AzureML Demo API", Description: "The guide's text-hashing web service.", Path: demoAPI, ServiceURL: demoBackend,
		Protocols: []string{"https"}, SubscriptionRequired: &yes,
	}, catalog.WebServiceOperations(), catalog.Starter, catalog.Unlimited)
	changes = append(changes,
		access.StoreSubscription(r.keeper, access.NewSubscription(demoStarter, "Demo, Starter", record.Path("products", catalog.Starter)), "-"),
		access.StoreSubscription(r.keeper, access.NewSubscription(demoFull, "Demo, Unlimited", record.Path("products", catalog.Unlimited)), "-"),
		record.PutOf(demoPath, made, "-"))
	_, err = r.editor.Edit(ctx, func() ([]record.Change, error) { return changes, nil })
	return made, err
}

// demoExperiment gives the guide's experiment, run to its end.
func (r *rooms) demoExperiment(ctx context.Context) (*experiment.Experiment, error) {
	data, err := r.demoDataset(ctx)
	if err != nil {
		return nil, err
	}
	all, err := r.experiments.List(ctx, r.workspace, false)
	if err != nil {
		return nil, err
	}
	submission, err := r.demoSubmission(data)
	if err != nil {
		return nil, err
	}
	for _, x := range all {
		if x.Description == submission.Description && x.Status.StatusCode == experiment.Finished {
			return r.experiments.Get(ctx, r.workspace, x.ExperimentID)
		}
	}
	x, err := r.experiments.Create(ctx, r.workspace, demoOwner, submission)
	if err != nil {
		return nil, err
	}
	if x, err = r.experiments.Settled(ctx, r.workspace, x.ExperimentID); err != nil {
		return nil, err
	}
	if x.Status.StatusCode != experiment.Finished {
		return nil, errors.New("the experiment " + x.Description + " ended as " + string(x.Status.StatusCode) + ": " + x.Status.StatusDetail)
	}
	return x, nil
}

// demoSubmission is the example file with the ids of this workspace in place of names.
func (r *rooms) demoSubmission(data *dataset.Dataset) (*experiment.Submission, error) {
	var x experiment.Experiment
	if err := json.Unmarshal(examples.SimpleFeatureHashing, &x); err != nil {
		return nil, err
	}
	for i := range x.Graph.ModuleNodes {
		n := &x.Graph.ModuleNodes[i]
		m, ok := r.modules.Find(n.ModuleID)
		if !ok {
			return nil, errors.New("no module is called " + n.ModuleID)
		}
		n.ModuleID = m.ModuleID(r.workspace)
		for j := range n.InputPortsInternal {
			if p := &n.InputPortsInternal[j]; p.DataSourceID != nil {
				p.DataSourceID = &data.ID
			}
		}
	}
	run := false
	return &experiment.Submission{Description: x.Description, Summary: x.Summary, IsDraft: &run, Graph: x.Graph, WebService: x.WebService}, nil
}

func (r *rooms) demoDataset(ctx context.Context) (*dataset.Dataset, error) {
	meta, content := dataset.BookReviews()
	d, err := r.datasets.ByName(ctx, r.workspace, meta.Name)
	if fault.Is(err, fault.NotFound) {
		meta.Owner = demoOwner
		d, err = r.datasets.Create(ctx, r.workspace, meta, content)
	}
	if err != nil {
		return nil, err
	}
	if d, err = r.datasets.Settled(ctx, r.workspace, d.ID); err != nil {
		return nil, err
	}
	if d.SchemaMessage != "" {
		return nil, fmt.Errorf("dataset %s: %s", d.Name, d.SchemaMessage)
	}
	return d, nil
}
