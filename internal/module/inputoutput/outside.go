package inputoutput

import (
	"context"
	"errors"
	"io"
	"strings"

	"portico/internal/fault"
	"portico/internal/module"
	"portico/internal/table"
)

// Outside is what Import Data and Export Data reach. Errors are faults for the user to read.
type Outside struct {
	// Get opens what a web address gives: fault.Forbidden for one that may not be called.
	Get   func(ctx context.Context, address string) (io.ReadCloser, error)
	Blobs Blobs
}

// Blobs are the blobs of storage accounts, the workspace's among them.
type Blobs interface {
	// List gives the names in a container that begin with prefix, in order: fault.TooLarge for more than limit.
	List(ctx context.Context, at Place, prefix string, limit int) ([]string, error)
	// Open reads the blob called name; "" where at is its URL: fault.NotFound, fault.Forbidden.
	Open(ctx context.Context, at Place, name string) (io.ReadCloser, error)
	// Put writes a blob whole or not at all: fault.Conflict where there is one and it is not to be overwritten.
	Put(ctx context.Context, at Place, name, contentType string, content io.Reader, overwrite bool) error
}

// Place is where blobs are: a container of an account, whose key may be left out
// for the workspace's own; or one blob by its URL.
type Place struct{ Account, Key, Container, URL string }

// What Import Data takes in.
const (
	maxImport      = 1 << 30 // bytes in all
	maxImportFiles = 1000
)

// The formats of files by their names in parameters.
const (
	formatCSV      = "CSV"
	formatTSV      = "TSV"
	formatARFF     = "ARFF"
	formatSVMLight = "SvmLight"
)

// fileFormat is the table format that the user means.
func fileFormat(name string, header bool) table.Format {
	switch {
	case name == formatARFF:
		return table.ARFF
	case name == formatSVMLight:
		return table.SVMLight
	case name == formatTSV && header:
		return table.TSV
	case name == formatTSV:
		return table.TSVNoHeader
	case header:
		return table.CSV
	}
	return table.CSVNoHeader
}

// file is one that was read.
type file struct{ name, content string }

// Table reads a blob of a format. It returns the documented errors 0009, 0029, 0030, 0048, 0049, 0052, 0064, 0065 and 0138.
func (o Outside) Table(ctx context.Context, at Place, name string, f table.Format) (*table.Table, error) {
	if o.Blobs == nil {
		return nil, module.Fail("0030")
	}
	from, err := o.Blobs.Open(ctx, at, name)
	if err != nil {
		return nil, refused(at, name, "0030", err)
	}
	b := budget(maxImport)
	one, err := b.read(name, from, "0048")
	if err != nil {
		return nil, err
	}
	return parse([]file{one}, f)
}

// budget is how many bytes may still be read.
type budget int64

// read reads a file to its end and closes it; what goes wrong is code.
func (b *budget) read(name string, from io.ReadCloser, code string) (file, error) {
	var text strings.Builder
	n, err := io.Copy(&text, io.LimitReader(from, int64(*b)+1))
	err = errors.Join(err, from.Close())
	switch *b -= budget(n); {
	case err != nil:
		return file{}, failure(code, err)
	case *b < 0:
		e := module.Fail("0138")
		e.Err = fault.New(fault.TooLarge, "more than %d bytes", maxImport)
		return file{}, e
	}
	return file{name, text.String()}, nil
}

// failure is a documented error with the reason that err has for the user.
func failure(code string, err error) error {
	reason := fault.As(err)
	if reason.Kind == fault.Internal {
		return err
	}
	e := module.Fail(code, strings.TrimSuffix(reason.Message, "."))
	e.Err = err
	return e
}

// parse makes one table of files, whose columns must be the same: the widest
// type that a column has in one of them is its type in all.
func parse(files []file, f table.Format) (*table.Table, error) {
	if f == table.SVMLight || f == table.ARFF || len(files) == 1 {
		return parseEach(files, f)
	}
	all, err := scan(files, f)
	if err != nil {
		return nil, err
	}
	var tables []*table.Table
	for _, one := range files {
		r, err := table.NewReader(strings.NewReader(one.content), f, all.Fields)
		if err != nil {
			return nil, unreadable(one, err)
		}
		t, err := r.Read(maxRows)
		if err != nil {
			return nil, unreadable(one, err)
		}
		tables = append(tables, t)
	}
	return table.Concat(tables...)
}

const maxRows = 1<<31 - 1

// parseEach reads files that say themselves what their columns are.
func parseEach(files []file, f table.Format) (*table.Table, error) {
	var tables []*table.Table
	for _, one := range files {
		t, err := table.Parse(one.content, f)
		if err != nil {
			return nil, unreadable(one, err)
		}
		tables = append(tables, t)
	}
	t, err := table.Concat(tables...)
	if err != nil {
		return nil, failure("0049", err)
	}
	return t, nil
}

func unreadable(f file, err error) error {
	e := failure("0049", err)
	var documented *module.Error
	if errors.As(e, &documented) && f.name != "" {
		documented.Message = strings.Replace(documented.Message, "the file:", "the file "+f.name+":", 1)
	}
	return e
}

// scan gives the columns of files, with the types that hold the cells of all.
func scan(files []file, f table.Format) (*table.Summary, error) {
	var all *table.Summary
	for _, one := range files {
		s, err := table.Scan(strings.NewReader(one.content), f)
		switch {
		case err != nil:
			return nil, unreadable(one, err)
		case all == nil:
			all = s
			continue
		case len(s.Fields) != len(all.Fields):
			return nil, module.Fail("0027", files[0].name, one.name)
		}
		for i, field := range s.Fields {
			if field.Name != all.Fields[i].Name {
				return nil, module.Fail("0049", one.name+" has the column \""+field.Name+"\" where "+files[0].name+" has \""+all.Fields[i].Name+"\"")
			}
			switch { // a column without a cell has no type of its own
			case all.Missing[i] == all.Rows:
				all.Fields[i].Type = field.Type
			case s.Missing[i] < s.Rows:
				all.Fields[i].Type = wider(all.Fields[i].Type, field.Type)
			}
			all.Missing[i] += s.Missing[i]
		}
		all.Rows += s.Rows
	}
	return all, nil
}

func wider(a, b table.Type) table.Type {
	switch {
	case a == b:
		return a
	case a.Numeric() && b.Numeric() && (a == table.Double || b == table.Double):
		return table.Double
	case a.Numeric() && b.Numeric():
		return table.Int64
	}
	return table.String
}
