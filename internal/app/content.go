package app

import (
	"context"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/config"
	"portico/internal/record"
	"portico/internal/secret"
)

// workspaces is the collection of workspaces; an instance has one.
const workspaces = "/workspaces"

// firstContent gives an empty data folder what every instance has from the
// start, and reads the instance and its workspace.
func (r *rooms) firstContent(ctx context.Context, cfg *config.Config) error {
	_, err := access.EnsureFirstContent(ctx, r.records, r.keeper, catalog.Service{
		Name: cfg.Service.Name, Location: cfg.Service.Region, PublisherName: cfg.Service.Organization, PublisherEmail: cfg.Service.AdminEmail,
	})
	if err != nil {
		return err
	}
	if r.instance, _, err = record.Get[catalog.Service](ctx, r.records, catalog.ServicePath); err != nil {
		return err
	}
	have, err := r.records.List(ctx, workspaces)
	if err != nil {
		return err
	}
	if len(have) == 0 {
		// The workspace's name and region are the instance's; the record holds its id.
		made, err := r.records.Apply(ctx, record.PutOf(record.Path("workspaces", secret.ID()), struct{}{}, "-"))
		if err != nil {
			return err
		}
		have = append(have, made[0].New)
	}
	r.workspace, r.workspaceMade = record.Name(have[0].Path), have[0].Created
	return nil
}
