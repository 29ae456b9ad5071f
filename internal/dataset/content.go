package dataset

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"portico/internal/blob"
	"portico/internal/fault"
	"portico/internal/table"
)

// contentKey is where a version's file is.
func contentKey(workspace, family string, batch int) string {
	key := "datasets/" + workspace + "/" + family
	if batch > 1 {
		key += "-" + strconv.Itoa(batch)
	}
	return key
}

func (st *stored) key(workspace string) string {
	return contentKey(workspace, st.Dataset.FamilyID, st.Dataset.Batch)
}

// analyse reads a stored file's columns.
func (s *Service) analyse(ctx context.Context, st *stored, key string) (err error) {
	format := table.Format(st.Dataset.DataTypeID)
	if !format.Tabular() {
		st.Dataset.SchemaStatus = NotSupported
		return nil
	}
	content, err := s.open(ctx, key, format, st.Dataset.Size)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, content.Close()) }()
	if st.Summary, err = table.Scan(content, format); err != nil {
		return err
	}
	if st.fields != nil {
		st.Summary.Fields = st.fields
	}
	st.Dataset.SchemaStatus = Complete
	return nil
}

// open opens a file for the table package: one that is read from all its places, where its format asks for that.
func (s *Service) open(ctx context.Context, key string, f table.Format, size int64) (io.ReadCloser, error) {
	if f == table.Parquet {
		return struct {
			*io.SectionReader
			io.Closer
		}{io.NewSectionReader(&places{ctx, s.blobs, key}, 0, size), io.NopCloser(nil)}, nil
	}
	content, _, err := s.blobs.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{&patient{ctx, content}, content}, nil
}

// places reads a blob from any place.
type places struct {
	ctx   context.Context
	blobs blob.Store
	key   string
}

// ReadAt implements io.ReaderAt.
func (p *places) ReadAt(b []byte, at int64) (n int, err error) {
	r, _, err := p.blobs.Range(p.ctx, p.key, at, int64(len(b)))
	if err != nil {
		return 0, err
	}
	n, err = io.ReadFull(r, b)
	if closeErr := r.Close(); err == nil {
		err = closeErr
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

// Rows are the rows of a dataset that is being read. It must be closed.
type Rows struct {
	*table.Reader
	io.Closer
}

// Rows begins to read a dataset. Its errors are Summary's.
func (s *Service) Rows(ctx context.Context, workspace, id string) (*Rows, *table.Summary, error) {
	st, _, err := s.get(ctx, workspace, id)
	if err != nil {
		return nil, nil, err
	}
	summary, err := st.summary()
	if err != nil {
		return nil, nil, err
	}
	rows, err := s.openRows(ctx, workspace, st, summary.Fields)
	return rows, summary, err
}

func (s *Service) openRows(ctx context.Context, workspace string, st *stored, fields []table.Field) (*Rows, error) {
	format := table.Format(st.Dataset.DataTypeID)
	content, err := s.open(ctx, st.key(workspace), format, st.Dataset.Size)
	if err != nil {
		return nil, fmt.Errorf("content of dataset %s: %w", st.Dataset.ID, err)
	}
	r, err := table.NewReader(content, format, fields)
	if err != nil {
		return nil, errors.Join(err, content.Close())
	}
	return &Rows{r, content}, nil
}

// limited fails with fault.TooLarge when more than limit bytes come.
type limited struct {
	r           io.Reader
	what        string
	limit, read int64
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.read += int64(n); l.read > l.limit {
		return 0, fault.New(fault.TooLarge, "%s has more than %d bytes, the most that is allowed", l.what, l.limit)
	}
	return n, err
}

// patient stops a long read when its context ends.
type patient struct {
	ctx context.Context
	r   io.Reader
}

func (p *patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.r.Read(b)
}
