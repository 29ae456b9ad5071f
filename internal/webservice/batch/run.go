package batch

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"portico/internal/fault"
	"portico/internal/table"
	"portico/internal/webservice"
	"portico/internal/webservice/jobs"
)

// How a job's work is cut.
const (
	chunkRows  = 8192
	chunkBytes = 1 << 20 // of the input: how much is scored at a time
	blockBytes = 4 << 20 // of an output: how much is kept, and then checkpointed, at a time
	// maxWholeInput is how much input a service may be given whose modules need all of it at once.
	maxWholeInput = 512 << 20
)

// run is a job in work.
type run struct {
	service *Service
	job     jobs.Job
	active  *active
	turn    turn
	begun   bool
	live    *webservice.Live
	bound   webservice.Bound
	inputs  []*input
	outputs []*output
	at      checkpoint
}

// input is a file to score.
type input struct {
	plan  *webservice.PlanInput
	where *location
	what  string // `input "input1"`
	blobs blobs
	size  int64
	etag  string
}

// output is a file to write. Its rows are buffered, then kept as blocks of the
// blob to be, which only the commit makes visible.
type output struct {
	name    string
	where   *location
	what    string
	blobs   blobs
	printer *table.Printer
	varies  bool // depends on the input
	width   int  // columns, once the header was written
	buf     []byte
}

// checkpoint is what a job goes on from: everything up to Place of the input is
// in the first Blocks of each output.
type checkpoint struct {
	Version  time.Time    `json:"version"` // of the endpoint's definition
	ETags    []string     `json:"etags"`   // of the inputs
	Place    *table.Place `json:"place,omitempty"`
	Blocks   []int        `json:"blocks"` // of each output
	Widths   []int        `json:"widths"`
	Rows     int64        `json:"rows"`
	Written  bool         `json:"written,omitempty"` // all output is in blocks
	Restarts int          `json:"restarts,omitempty"`
}

// prepare opens what a job needs and finds where it goes on.
func (s *Service) prepare(ctx context.Context, j jobs.Job, a *active) (*run, error) {
	request, err := s.request(j)
	if err != nil {
		return nil, err
	}
	live := s.services.Find(j.Endpoint)
	switch {
	case live == nil:
		return nil, fault.New(fault.NotFound, "The web service endpoint was deleted before the job ended.")
	case live.Broken != nil:
		return nil, fault.New(fault.Invalid, "The stored definition of this web service cannot be run by this version of Portico. Publish the experiment again.")
	}
	r := &run{service: s, job: j, active: a, live: live, turn: turn{turns: s.turns}}
	var last checkpoint
	if j.Checkpoint != "" {
		if err := json.Unmarshal([]byte(j.Checkpoint), &last); err != nil {
			return nil, fmt.Errorf("read the checkpoint: %w", err)
		}
	}
	if r.bound, err = live.Plan.Bind(ctx, request.Arguments); err != nil {
		return nil, err
	}
	if err := r.open(ctx, request, last.Written); err != nil {
		return nil, err
	}
	return r, r.goOn(last)
}

// open finds the blobs of the inputs and outputs. Where all output is written
// already, the inputs are not asked for: they may be gone.
func (r *run) open(ctx context.Context, request Request, written bool) error {
	s, plan := r.service, r.live.Plan
	varies := plan.Varies()
	if len(request.Inputs) != len(plan.Inputs) || len(request.Outputs) != len(plan.Outputs) {
		return fault.New(fault.Conflict, "The web service has other inputs or outputs than when the job was submitted. Submit the job again.")
	}
	var size int64
	for i, n := range request.Inputs {
		in := &input{plan: plan.Inputs[i], what: quoted("input", n.Name)}
		if n.Name != in.plan.Name {
			return fault.New(fault.Conflict, "The web service has no %s any more. Submit the job again.", in.what)
		}
		var err error
		if in.where, err = s.locate(in.what, n.Reference, "r"); err != nil {
			return err
		}
		if in.blobs, err = s.blobs(in.where); err != nil {
			return err
		}
		if !written {
			if in.size, in.etag, err = in.blobs.stat(ctx); err != nil {
				return inaccessible(in.what, in.where, err)
			}
			size += in.size
			r.active.size.Store(size)
		}
		r.inputs = append(r.inputs, in)
	}
	for i, n := range request.Outputs {
		out := &output{name: n.Name, what: quoted("output", n.Name), varies: varies[i]}
		if n.Name != plan.Outputs[i].Name {
			return fault.New(fault.Conflict, "The web service has no %s any more. Submit the job again.", out.what)
		}
		var err error
		if out.where, err = s.locate(out.what, n.Reference, "w"); err != nil {
			return err
		}
		if out.blobs, err = s.blobs(out.where); err != nil {
			return err
		}
		if out.printer, err = table.NewPrinter(out.where.format); err != nil {
			return err
		}
		r.outputs = append(r.outputs, out)
	}
	return nil
}

// goOn takes the last checkpoint where it still holds.
func (r *run) goOn(last checkpoint) error {
	if last.Written {
		r.at = last
		return nil
	}
	r.at.Restarts = last.Restarts
	r.reset()
	if last.Place == nil {
		return nil
	}
	for i, in := range r.inputs {
		if last.ETags[i] != in.etag {
			return inaccessible(in.what, in.where, changed())
		}
	}
	if !last.Version.Equal(r.live.Version) {
		return nil // another definition: the output would be half of the one, half of the other
	}
	r.at = last
	for i, o := range r.outputs {
		o.width = last.Widths[i]
	}
	r.active.rows.Store(last.Rows)
	r.active.bytes.Store(last.Place.Offset)
	return nil
}

// reset begins the job anew.
func (r *run) reset() {
	r.at = checkpoint{Version: r.live.Version, Blocks: make([]int, len(r.outputs)), Widths: make([]int, len(r.outputs)), Restarts: r.at.Restarts}
	for _, in := range r.inputs {
		r.at.ETags = append(r.at.ETags, in.etag)
	}
	for _, o := range r.outputs {
		o.width, o.buf = 0, o.buf[:0]
	}
	r.active.rows.Store(0)
	r.active.bytes.Store(0)
}

// toEnd writes what is not written yet and puts it under the final names.
func (r *run) toEnd(ctx context.Context) error {
	defer r.turn.give()
	for {
		if !r.at.Written {
			if err := r.write(ctx); err != nil {
				return err
			}
		}
		ok, err := r.service.store.Move(ctx, r.job.ID, jobs.Running, jobs.Committing)
		if err != nil {
			return troubled(err)
		}
		if !ok {
			return errCancelled
		}
		err = r.commit(ctx)
		if err == nil || fault.As(err).Code != codeBlocksGone {
			return err
		}
		// Somebody else wrote one of the blobs meanwhile, which drops the blocks that wait there.
		if r.at.Restarts++; r.at.Restarts > maxRestarts {
			return fault.New(fault.Conflict, "Others wrote the job's output %d times while it ran. Give it a location of its own.", r.at.Restarts)
		}
		if _, err := r.service.store.Move(ctx, r.job.ID, jobs.Committing, jobs.Running); err != nil {
			return troubled(err)
		}
		r.reset()
		if err := r.save(ctx); err != nil {
			return err
		}
	}
}

func (r *run) write(ctx context.Context) error {
	write := r.whole
	if r.live.Plan.RowByRow() {
		write = r.stream
	}
	if err := write(ctx); err != nil {
		if ctx.Err() != nil && !errors.Is(context.Cause(ctx), errCancelled) {
			r.keepAtStop(ctx)
		}
		return err
	}
	r.at.Written = true
	return r.keep(ctx)
}

// stopKeepWithin bounds what a job does when the process is asked to stop.
const stopKeepWithin = 10 * time.Second

// keepAtStop keeps what was done since the last checkpoint. Where that fails, the next process does it again.
func (r *run) keepAtStop(ctx context.Context) {
	if r.at.Place == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopKeepWithin)
	defer cancel()
	if err := r.keep(ctx); err != nil {
		r.service.log.Warn("a job was stopped without a new checkpoint", "job", r.job.ID, "error", err)
	}
}

// compute waits for a turn. The first time it notes that the process works on
// the job: what waits is not what a process dies of.
func (r *run) compute(ctx context.Context) error {
	if !r.begun {
		if err := r.waitSuspected(ctx); err != nil {
			return err
		}
	}
	if err := r.turn.take(ctx); err != nil || r.begun {
		return err
	}
	if _, err := r.service.store.Begin(ctx, r.job.ID, r.service.now()); err != nil {
		return troubled(err)
	}
	r.begun = true
	return nil
}

// waitSuspected lets others go first where processes died during this job again and again, and at last gives it up.
func (r *run) waitSuspected(ctx context.Context) error {
	if r.job.Interruptions >= maxInterruptions {
		return fault.New(fault.Unavailable, "The server ended %d times while it worked on this part of the job, which may be the reason. Submit smaller files, or see the server's log.", maxInterruptions)
	}
	select {
	case <-time.After(waitAfter(r.job.Interruptions)):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// stream scores the one input a chunk at a time.
func (r *run) stream(ctx context.Context) error {
	in := r.inputs[0]
	reader, file, err := r.reader(ctx, in)
	if err != nil {
		return err
	}
	defer func() { file.close() }()
	for {
		if err := r.compute(ctx); err != nil {
			return err
		}
		chunk, err := reader.ReadUpTo(chunkRows, chunkBytes)
		last := errors.Is(err, io.EOF)
		switch {
		case last && r.at.Place != nil:
			return nil
		case last:
			chunk = table.NewBuilder(in.plan.Fields, 0).Table() // no rows: the outputs have their headers
		case err != nil:
			return unreadable(in, err)
		}
		out, err := r.bound.Score(ctx, []*table.Table{chunk})
		if err != nil {
			return &chunkError{in: in, from: r.at.Rows + 1, to: r.at.Rows + int64(chunk.Rows), err: err}
		}
		for i, o := range r.outputs {
			if o.varies || r.at.Place == nil {
				if err := o.add(out[i]); err != nil {
					return err
				}
			}
		}
		place := reader.Place()
		r.at.Place = &place
		r.count(chunk.Rows, place.Offset)
		if !r.careful() {
			r.turn.give()
		}
		if r.full() || r.careful() {
			if err := r.keep(ctx); err != nil {
				return err
			}
		}
		r.turn.give()
	}
}

func (r *run) careful() bool { return r.job.Interruptions >= carefulFrom }

func (r *run) count(rows int, offset int64) {
	r.at.Rows += int64(rows)
	r.active.rows.Store(r.at.Rows)
	r.active.bytes.Store(offset)
	r.service.metrics.rows.Add(float64(rows))
}

// chunkError says in which rows a module failed.
type chunkError struct {
	in       *input
	from, to int64
	err      error
}

func (e *chunkError) String() string {
	return fmt.Sprintf("rows %d to %d of %s (%s)", e.from, e.to, e.in.what, cut(e.in.where.String()))
}

func (e *chunkError) Error() string { return e.String() + ": " + e.err.Error() }

// Unwrap gives the cause.
func (e *chunkError) Unwrap() error { return e.err }

// whole scores all of the inputs at once.
func (r *run) whole(ctx context.Context) error {
	tables := make([]*table.Table, len(r.inputs))
	var total int64
	for i, in := range r.inputs {
		if total += in.size; total > maxWholeInput {
			return fault.Coded(fault.TooLarge, "OutOfMemoryLimit",
				"The inputs have more than %d bytes, and a module of this web service needs all rows at once. Submit smaller files.", maxWholeInput)
		}
		var err error
		if tables[i], err = r.readAll(ctx, in); err != nil {
			return err
		}
	}
	if err := r.compute(ctx); err != nil {
		return err
	}
	out, err := r.bound.Score(ctx, tables)
	if err != nil {
		return err
	}
	for _, t := range tables {
		r.count(t.Rows, total)
	}
	for i, o := range r.outputs {
		for from := 0; from == 0 || from < out[i].Rows; from += chunkRows {
			if err := r.compute(ctx); err != nil {
				return err
			}
			if err := o.add(out[i].Slice(from, min(from+chunkRows, out[i].Rows))); err != nil {
				return err
			}
			if len(o.buf) >= blockBytes {
				if err := r.keepBlock(ctx, i); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (r *run) readAll(ctx context.Context, in *input) (*table.Table, error) {
	reader, file, err := r.reader(ctx, in)
	if err != nil {
		return nil, err
	}
	defer func() { file.close() }()
	parts := []*table.Table{table.NewBuilder(in.plan.Fields, 0).Table()}
	for {
		if err := r.compute(ctx); err != nil {
			return nil, err
		}
		chunk, err := reader.ReadUpTo(chunkRows, chunkBytes)
		r.turn.give()
		if errors.Is(err, io.EOF) {
			return table.Concat(parts...)
		}
		if err != nil {
			return nil, unreadable(in, err)
		}
		parts = append(parts, chunk)
	}
}

// file is an open input; a resumed one was opened twice.
type file struct{ io.ReadCloser }

func (f *file) close() { _ = f.Close() } // it was only read

// content is a file's bytes as a reader takes them in a turn.
func (r *run) content(ctx context.Context, f *file) io.Reader {
	return yielding{Reader: f, turn: &r.turn, ctx: ctx}
}

// reader opens an input where the checkpoint says.
func (r *run) reader(ctx context.Context, in *input) (*table.Reader, *file, error) {
	body, err := in.blobs.open(ctx, in.etag, 0)
	if err != nil {
		return nil, nil, inaccessible(in.what, in.where, err)
	}
	f := &file{body}
	reader, err := table.NewReaderByName(r.content(ctx, f), in.where.format, in.plan.Fields)
	if err != nil {
		f.close()
		return nil, nil, unreadable(in, err)
	}
	if r.at.Place == nil {
		return reader, f, nil
	}
	f.close()
	if f.ReadCloser, err = in.blobs.open(ctx, in.etag, r.at.Place.Offset); err != nil {
		return nil, nil, inaccessible(in.what, in.where, err)
	}
	reader.Resume(r.content(ctx, f), *r.at.Place)
	return reader, f, nil
}

// unreadable says where in an input something is wrong.
func unreadable(in *input, err error) error {
	f := fault.As(err)
	if f.Code != "" || f.Kind == fault.Internal || f.Kind == fault.Unavailable || f.Kind == fault.StorageFailed {
		return inaccessible(in.what, in.where, err) // the account's, not the file's
	}
	out := fault.Coded(fault.Invalid, "InputParseError", "Parsing of input vector failed. Verify the input vector has the correct number of columns and data types. Additional details: %s (%s): %s.",
		in.what, cut(in.where.String()), f.Message)
	out.Err = err
	return out
}

// add appends a table's rows to what is to be written.
func (o *output) add(t *table.Table) error {
	switch {
	case o.width == 0:
		if err := table.CheckDense(t); err != nil {
			return err
		}
		o.width = t.Width()
		o.buf = o.printer.AppendHeader(o.buf, t, false)
	case o.width != t.Width():
		return fmt.Errorf("%s: a part has %d columns and the one before %d", o.what, t.Width(), o.width)
	}
	for row := range t.Rows {
		o.buf = o.printer.AppendRow(o.buf, t, row)
	}
	return nil
}

func (r *run) full() bool {
	for _, o := range r.outputs {
		if len(o.buf) >= blockBytes {
			return true
		}
	}
	return false
}

// keep makes everything so far durable: first the blocks, then the checkpoint that counts them.
func (r *run) keep(ctx context.Context) error {
	for i := range r.outputs {
		if err := r.keepBlock(ctx, i); err != nil {
			return err
		}
	}
	return r.save(ctx)
}

// keepBlock keeps what an output has buffered as its next block. It holds no
// turn while somebody else's account takes it.
func (r *run) keepBlock(ctx context.Context, i int) error {
	o := r.outputs[i]
	if !o.where.own || !r.careful() {
		r.turn.give()
	}
	if len(o.buf) == 0 {
		return nil
	}
	if err := o.blobs.putBlock(ctx, r.blockID(r.at.Blocks[i]), o.buf); err != nil {
		return inaccessible(o.what, o.where, err)
	}
	r.at.Blocks[i]++
	o.buf = o.buf[:0]
	return nil
}

// blockID names a block; a job that is resumed gives the same names.
func (r *run) blockID(n int) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s-%06d", r.job.ID, n))
}

// blockPrefix begins the names of all blocks of a job: an id and a dash are 33 bytes, and three make four characters.
func blockPrefix(id string) string { return base64.StdEncoding.EncodeToString([]byte(id + "-")) }

// save keeps the checkpoint.
func (r *run) save(ctx context.Context) error {
	for i, o := range r.outputs {
		r.at.Widths[i] = o.width
	}
	text, err := json.Marshal(r.at)
	if err != nil {
		return err
	}
	ok, err := r.service.store.Save(ctx, r.job.ID, jobs.Progress{Rows: r.at.Rows, Bytes: r.active.bytes.Load(), Size: r.active.size.Load(), Checkpoint: string(text)})
	if err != nil {
		return troubled(err)
	}
	if !ok {
		return errCancelled
	}
	return nil
}

// commit puts each output under its name.
func (r *run) commit(ctx context.Context) error {
	for i, o := range r.outputs {
		ids := make([]string, r.at.Blocks[i])
		for n := range ids {
			ids[n] = r.blockID(n)
		}
		err := o.blobs.commit(ctx, ids, contentType(o.where.format))
		if err != nil && fault.As(err).Code != codeBlocksGone {
			return inaccessible(o.what, o.where, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
