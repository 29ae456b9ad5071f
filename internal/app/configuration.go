package app

import (
	"context"
	"log/slog"

	"portico/internal/access"
	"portico/internal/artifact"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/rest/arm"
	"portico/internal/secret"
)

// CheckConfiguration checks changes without a server, as a new instance would.
// Secrets that they leave out count as there.
func CheckConfiguration(ctx context.Context, changes artifact.Changes) error {
	keeper, err := secret.New([]byte(secret.ID())) // 32 bytes; nothing that it seals is kept
	if err != nil {
		return err
	}
	options := arm.Options{ServiceName: "portico", Keys: keeper, Policies: policies{}, Log: slog.New(slog.DiscardHandler),
		Fetch: func(context.Context, string, int64) ([]byte, error) {
			return nil, fault.New(fault.Forbidden, "A check without a server reads no links.")
		}}
	for i := range changes.Requests {
		r := &changes.Requests[i]
		if r.Properties, err = artifact.FillSecrets(r.Resource, "left out"); err != nil {
			return err
		}
	}
	return arm.CheckConfiguration(ctx, options, access.FirstContent(keeper, catalog.Service{Name: options.ServiceName}), changes)
}
