package module

import (
	"context"
	"io"
)

type outputKey struct{}

// WithOutput gives the modules that run in ctx a place for what the user's own
// programs print. It is the node's log.
func WithOutput(ctx context.Context, w io.Writer) context.Context {
	return context.WithValue(ctx, outputKey{}, w)
}

// Output is where a module writes what a user's program printed.
func Output(ctx context.Context) io.Writer {
	if w, ok := ctx.Value(outputKey{}).(io.Writer); ok {
		return w
	}
	return io.Discard
}
