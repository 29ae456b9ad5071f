package experiment

import (
	"context"
	"errors"
	"io"

	"portico/internal/dataset"
	"portico/internal/table"
)

// A long table goes through a module that makes each row of one row piece by
// piece, from disk to disk, so that the memory of a run does not grow with its data.

const (
	pieceRows  = 1 << 14
	streamFrom = 1 << 18 // rows of a table from which on it is not taken into memory for such a module
)

// Streams are Datasets that can be read piece by piece.
type Streams interface {
	// Rows begins to read a dataset. Its errors are those of Summary.
	Rows(ctx context.Context, workspace, id string) (*dataset.Rows, *table.Summary, error)
}

// pieces are a table that is read piece by piece. close must be called.
type pieces struct {
	next  func() (*table.Table, error) // io.EOF after the last
	close func() error
}

// inPieces gives the way to read a node's input piece by piece, where that is how the node runs; else nil.
func (e *execution) inPieces(n *BoundNode, inputs []*value) func(ctx context.Context) (*pieces, error) {
	m := n.Module
	if !m.RowByRow || m.ReachesOutside(n.Values) || len(inputs) != 1 || len(m.Outputs) != 1 || inputs[0] == nil || inputs[0].rows < streamFrom {
		return nil
	}
	return inputs[0].pieces
}

// stream runs a node's module on each piece of its input, and keeps the result.
func (e *execution) stream(ctx context.Context, n *BoundNode, key string, open func(ctx context.Context) (*pieces, error), log *nodeLog) (k *kept, err error) {
	run, err := n.Module.Prepare(n.Values)
	if err != nil {
		return nil, err
	}
	in, err := open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.close()) }()
	k, err = e.s.results.keepPieces(ctx, e.Workspace, key, func(out *table.Encoder) error {
		for {
			piece, err := in.next()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			given, err := run(ctx, []*table.Table{piece})
			if err != nil {
				return err
			}
			if err := out.Write(given[0]); err != nil {
				return err
			}
		}
	})
	if err == nil {
		log.line("%q: %d rows went through in pieces, %d columns came out", n.Module.Inputs[0].Name, k.Tables[0].Rows, k.Tables[0].Columns)
	}
	return k, err
}

// datasetPieces reads a saved dataset piece by piece.
func (e *execution) datasetPieces(from Streams, id string) func(ctx context.Context) (*pieces, error) {
	return func(ctx context.Context) (*pieces, error) {
		rows, _, err := from.Rows(ctx, e.Workspace, id)
		if err != nil {
			return nil, err
		}
		return &pieces{func() (*table.Table, error) { return rows.Read(pieceRows) }, rows.Close}, nil
	}
}
