package record

import "context"

// Actor is who makes a change, for the audit log. The zero Actor is the program itself.
type Actor struct {
	Name      string // such as "administrator ann@example.com" or "developer ann"
	Address   string // where the request came from, without a port
	RequestID string
}

type actorKey struct{}

// WithActor says who makes the changes that are applied with a context.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorOf is who WithActor named.
func ActorOf(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return a
}
