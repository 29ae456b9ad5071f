package app

import (
	"context"
	"io"

	"portico/internal/blob/remote"
	"portico/internal/egress"
	"portico/internal/module/inputoutput"
)

// outside is what the modules reach by the addresses that data scientists type, who are staff.
func (a *app) outside(r *rooms) inputoutput.Outside {
	rule := egress.ForStaff(prefixes(a.cfg.EgressDeny))
	return inputoutput.Outside{
		Get:   egress.NewFetcher(rule).Open,
		Blobs: accounts{remote.New(r.storage, a.staffClient())},
	}
}

// accounts gives the storage accounts to the modules.
type accounts struct{ remote *remote.Accounts }

// List implements inputoutput.Blobs.
func (a accounts) List(ctx context.Context, at inputoutput.Place, prefix string, limit int) ([]string, error) {
	return a.remote.List(ctx, remote.Place(at), prefix, limit)
}

// Open implements inputoutput.Blobs.
func (a accounts) Open(ctx context.Context, at inputoutput.Place, name string) (io.ReadCloser, error) {
	return a.remote.Open(ctx, remote.Place(at), name)
}

// Put implements inputoutput.Blobs.
func (a accounts) Put(ctx context.Context, at inputoutput.Place, name, contentType string, content io.Reader, overwrite bool) error {
	return a.remote.Put(ctx, remote.Place(at), name, contentType, content, overwrite)
}
