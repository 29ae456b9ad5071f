package policy

import (
	"context"
	"maps"
	"slices"
)

// Branch is a copy of x whose changes x does not see.
func (x *Exchange) Branch(ctx context.Context) Exchange {
	b := *x
	b.evaluator = evaluator{} // it points to x
	b.Context, b.ends, b.settlers, b.Variables = ctx, nil, nil, maps.Clone(x.Variables)
	b.attached, b.answerers = slices.Clone(x.attached), slices.Clone(x.answerers)
	b.Request.Headers, b.Response.Headers = slices.Clone(x.Request.Headers), slices.Clone(x.Response.Headers)
	b.ResponseHeaders = slices.Clone(x.ResponseHeaders)
	return b
}

// Merge takes over what a branch changed. A response is read to its end: the
// branch's context is about to be over.
func (x *Exchange) Merge(b *Exchange) error {
	for name, value := range b.Variables {
		x.SetVariable(name, value)
	}
	x.ends = append(x.ends, b.ends...)
	x.settlers = append(x.settlers, b.settlers...)
	if !slices.Equal(b.Request.Headers, x.Request.Headers) {
		x.Request.Headers = b.Request.Headers
	}
	if b.BackendElapsed > x.BackendElapsed { // it called the backend
		if _, err := TheResponse.Bytes(b); err != nil {
			return err
		}
		x.Response, x.BackendStatus, x.BackendElapsed = b.Response, b.BackendStatus, b.BackendElapsed
	}
	for _, h := range b.ResponseHeaders {
		x.ResponseHeaders.Set(h.Name, h.Value)
	}
	return nil
}
