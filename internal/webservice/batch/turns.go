package batch

import (
	"context"
	"io"
)

// turns are the places in which jobs compute: so many at once, of all jobs
// together, that calls keep processors to themselves. Who waits for one gets it in order.
type turns chan struct{}

func newTurns(places int) turns { return make(turns, places) }

// turn is a job's part in the turns. It is for one goroutine.
type turn struct {
	turns turns
	held  bool
}

// take waits for a place. Who holds one keeps it.
func (t *turn) take(ctx context.Context) error {
	if t.held {
		return ctx.Err()
	}
	select {
	case t.turns <- struct{}{}:
		t.held = true
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// give lets the next one compute.
func (t *turn) give() {
	if t.held {
		t.held = false
		<-t.turns
	}
}

// yielding is an input that gives the turn back while it waits for bytes, which may take as long as an account likes.
type yielding struct {
	io.Reader
	turn *turn
	ctx  context.Context // of the job's run
}

// Read implements io.Reader.
func (y yielding) Read(p []byte) (int, error) {
	if !y.turn.held {
		return y.Reader.Read(p)
	}
	y.turn.give()
	n, err := y.Reader.Read(p)
	if e := y.turn.take(y.ctx); e != nil && err == nil {
		err = e
	}
	return n, err
}
