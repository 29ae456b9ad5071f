package account

import (
	"context"
	"strings"
	"time"
)

const (
	sweepBatch      = 500
	staleBlobsBatch = 100
)

// Run removes what nobody wants any more until ctx ends: at once the contents
// that a dead process left behind; then, every hour and when a container was
// removed, the blobs of removed containers and blocks that waited too long.
// A sweep that fails is logged and tried again.
func (a *Account) Run(ctx context.Context) error {
	a.logged(ctx, "sweep contents", a.sweepContents)
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		a.logged(ctx, "sweep removed containers", a.sweepContainers)
		a.logged(ctx, "sweep stale blocks", a.sweepBlocks)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-a.removed:
		}
	}
}

func (a *Account) logged(ctx context.Context, what string, sweep func(context.Context) error) {
	if err := sweep(ctx); err != nil && ctx.Err() == nil {
		a.log.Error("the storage account could not be swept", "doing", what, "error", err)
	}
}

// sweepContents removes contents that no block refers to and nobody is writing.
func (a *Account) sweepContents(ctx context.Context) error {
	var batch []string
	flush := func() error {
		// What is being written is asked first: once it is not, the index knows of it.
		idle := a.uses.written(batch)
		referenced, err := a.index.Referenced(ctx, idle)
		if err != nil {
			return err
		}
		var unwanted []string
		for _, c := range idle {
			if !referenced[c] {
				unwanted = append(unwanted, c)
			}
		}
		a.delete(ctx, unwanted)
		batch = batch[:0]
		return ctx.Err()
	}
	for info, err := range a.contents.List(ctx, contentPrefix) {
		if err != nil {
			return err
		}
		content := strings.ReplaceAll(strings.TrimPrefix(info.Key, contentPrefix), "/", "")
		if len(content) != contentLength || contentKey(content) != info.Key {
			continue // not ours
		}
		if batch = append(batch, content); len(batch) == sweepBatch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// sweepContainers removes the blobs of removed containers.
func (a *Account) sweepContainers(ctx context.Context) error {
	return a.sweepRows(ctx, func() ([]Unwanted, bool, error) { return a.index.RemoveLeftBlobs(ctx, sweepBatch) })
}

// sweepBlocks removes blocks that waited too long to be committed.
func (a *Account) sweepBlocks(ctx context.Context) error {
	before := now().Add(-a.blockAge)
	return a.sweepRows(ctx, func() ([]Unwanted, bool, error) {
		unwanted, err := a.index.RemoveStaleBlocks(ctx, before, staleBlobsBatch)
		return unwanted, len(unwanted) > 0, err
	})
}

func (a *Account) sweepRows(ctx context.Context, next func() (batch []Unwanted, more bool, err error)) error {
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		var batch []Unwanted
		var err error
		if batch, more, err = next(); err != nil {
			return err
		}
		for _, u := range batch {
			a.remove(ctx, place{u.Container, u.Blob}, []string{u.Content})
		}
	}
	return nil
}
