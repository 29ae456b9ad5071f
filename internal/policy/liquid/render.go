package liquid

import (
	"context"
	"errors"
)

// The limits of one rendering.
const (
	maxOutput = 16 << 20  // bytes
	maxSteps  = 5_000_000 // operands, nodes, and a step for each 16 bytes that filters make
)

// run is one rendering.
type run struct {
	ctx       context.Context
	root      Source
	variables map[string]Value
	counters  map[string]int64 // of increment and decrement
	cycles    map[string]int
	changed   map[*ifChanged]string
	out       []byte
	steps     int
	line      int
}

// errBreak and errContinue end a loop, or one turn of it.
var (
	errBreak    = errors.New("break outside of a loop")
	errContinue = errors.New("continue outside of a loop")
)

// Render fills the template. Names that are no variables of the template are
// properties of root. It fails with an *Error, or with the context's.
func (t *Template) Render(ctx context.Context, root Source) ([]byte, error) {
	r := &run{ctx: ctx, root: root, variables: map[string]Value{}, counters: map[string]int64{}, cycles: map[string]int{}, changed: map[*ifChanged]string{}}
	err := r.render(t.nodes)
	if err != nil && err != errBreak && err != errContinue { // outside of a loop they end the template
		return nil, err
	}
	return r.out, nil
}

func (r *run) render(nodes []node) error {
	for _, n := range nodes {
		if err := r.step(1); err != nil {
			return err
		}
		if err := n.render(r); err != nil {
			return err
		}
	}
	return nil
}

// step charges work, and looks at the caller every now and then.
func (r *run) step(n int) error {
	const look = 1 << 12
	before := r.steps
	if r.steps += n; r.steps > maxSteps {
		return problem(r.line, "the template takes more than %d steps", maxSteps)
	}
	if before/look != r.steps/look {
		return r.ctx.Err()
	}
	return nil
}

func (r *run) write(s string) error {
	if len(r.out)+len(s) > maxOutput {
		return problem(r.line, "the output has more than %d bytes", maxOutput)
	}
	r.out = append(r.out, s...)
	return nil
}

// charge pays for a text that a filter makes, before it is made.
func (r *run) charge(bytes int) error {
	if bytes > maxOutput {
		return problem(r.line, "a text has more than %d bytes", maxOutput)
	}
	return r.step(bytes / 16)
}
