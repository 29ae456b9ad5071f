package dataset

import (
	"context"
	"errors"
	"strings"
	"time"

	"portico/internal/blob"
	"portico/internal/fault"
	"portico/internal/record"
)

// How often Run looks for work that nobody announced: datasets that could not
// be finished for want of storage, and uploads that expired.
const tick = time.Minute

// Run finishes uploads and removes what expired, until ctx ends. It takes up
// what an earlier process left. One call runs at a time.
func (s *Service) Run(ctx context.Context) error {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
		s.options.Log.ErrorContext(ctx, "data that no dataset owns was not removed", "error", err)
	}
	for {
		if err := s.expire(ctx); err != nil && ctx.Err() == nil {
			s.options.Log.ErrorContext(ctx, "uploads that expired were not removed", "error", err)
		}
		if err := s.finishPending(ctx); err != nil && ctx.Err() == nil {
			s.options.Log.ErrorContext(ctx, "uploads were not finished; they are tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-ticker.C:
		}
	}
}

func (s *Service) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default: // Run is about to look anyway
	}
}

// finishPending puts together and reads every Pending dataset.
func (s *Service) finishPending(ctx context.Context) error {
	records, err := s.records.List(ctx, "/workspaces/*/datasources")
	if err != nil {
		return err
	}
	var failed error
	for _, r := range records {
		st, err := load(r)
		if err == nil && st.Dataset.SchemaStatus == Pending {
			err = s.finish(ctx, r, st)
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

// finish makes a Pending dataset Complete, Failed or NotSupported. An error
// leaves it Pending, with its blocks, to be tried again.
func (s *Service) finish(ctx context.Context, r record.Record, st *stored) error {
	workspace, upload := record.NameIn(r.Path, "workspaces"), st.UploadID
	key := st.key(workspace)
	blocks := &blockReader{ctx: ctx, blobs: s.blobs, workspace: workspace, upload: upload, blocks: st.Blocks}
	err := s.ingest(ctx, st, key, blocks)
	err = errors.Join(err, blocks.Close())
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.TooLarge) {
		st.Dataset.SchemaStatus, st.Dataset.SchemaMessage = Failed, fault.As(err).Message
		err = nil
	}
	if err == nil {
		st.UploadID, st.Blocks = "", 0
		_, err = s.records.Apply(ctx, record.PutOf(r.Path, st, r.ETag))
	}
	if err != nil {
		if _, gone := s.records.Get(ctx, r.Path); !fault.Is(gone, fault.NotFound) {
			return err
		}
		// The dataset was deleted meanwhile: what was put together goes too.
		if err := s.blobs.Delete(ctx, key); err != nil {
			return err
		}
	}
	err = blob.DeleteAll(ctx, s.blobs, blockPrefix(workspace, upload)) // sweep finds what is left
	s.tellSettled()
	return err
}

// expire removes the uploads that were not finished in time.
func (s *Service) expire(ctx context.Context) error {
	records, err := s.records.List(ctx, "/workspaces/*/uploads")
	if err != nil {
		return err
	}
	var failed error
	for _, r := range records {
		if time.Since(r.Created) < s.options.UploadAge {
			continue
		}
		_, err := s.records.Apply(ctx, record.Change{Op: record.Delete, Path: r.Path, Match: r.ETag})
		if err == nil {
			err = blob.DeleteAll(ctx, s.blobs, blockPrefix(record.NameIn(r.Path, "workspaces"), record.Name(r.Path)))
		}
		if !fault.Is(err, fault.NotFound) { // finished meanwhile
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// sweep removes blocks and contents that no record owns: those of a process that
// died between storing one and the other. What is younger than an upload may be is left alone.
func (s *Service) sweep(ctx context.Context) error {
	datasets, err := s.records.List(ctx, "/workspaces/*/datasources")
	if err != nil {
		return err
	}
	older, err := s.records.List(ctx, "/workspaces/*/datasources/*/versions")
	if err != nil {
		return err
	}
	uploads, err := s.records.List(ctx, "/workspaces/*/uploads")
	if err != nil {
		return err
	}
	owned := map[string]bool{} // prefixes of keys: "datasets/{workspace}/{family}[-{batch}]", "uploads/{workspace}/{upload}"
	for _, r := range uploads {
		owned[blockPrefix(record.NameIn(r.Path, "workspaces"), record.Name(r.Path))] = true
	}
	for _, r := range append(datasets, older...) {
		st, err := load(r)
		if err != nil {
			return err
		}
		workspace := record.NameIn(r.Path, "workspaces")
		owned[st.key(workspace)] = true
		owned[blockPrefix(workspace, st.UploadID)] = true
	}
	for _, root := range []string{"datasets/", "uploads/"} {
		for info, err := range s.blobs.List(ctx, root) {
			if err != nil {
				return err
			}
			owner := info.Key
			if root == "uploads/" {
				parts := strings.SplitN(info.Key, "/", 4)
				owner = strings.Join(parts[:min(3, len(parts))], "/") + "/"
			}
			if owned[owner] || time.Since(info.Modified) < s.options.UploadAge {
				continue
			}
			if err := s.blobs.Delete(ctx, info.Key); err != nil {
				return err
			}
		}
	}
	return nil
}
