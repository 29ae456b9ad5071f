// Package parquet reads Apache Parquet files of flat columns
// (https://parquet.apache.org/docs/file-format): every physical and logical type, every
// encoding and codec that files are written with today. It is made for files that
// strangers send: what it holds in memory is a page of each column, whatever a file
// says of itself, and a file that is no good gets fault.Invalid.
package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"portico/internal/fault"
)

// Limits of a file. What goes over gets fault.TooLarge.
const (
	MaxFooterBytes = 64 << 20
	MaxColumns     = 100_000
	maxChunks      = 1 << 20
	maxPageBytes   = 256 << 20 // of one page, before and after compression
	maxOpenBytes   = 1 << 30   // of the pages of all columns that are open at the same time
	// A file may stand for so many cells: enough for every honest one, and no bomb.
	freeCells    = 1 << 28
	cellsPerByte = 128
)

// Physical is how a column's values are stored.
type Physical int

// The physical types, numbered as in the format.
const (
	Boolean Physical = iota
	Int32
	Int64
	Int96
	Float
	Double
	ByteArray
	FixedBytes
)

// Logical is what a column's values mean.
type Logical int

// The logical types, and None.
const (
	None Logical = iota
	Text         // also an enumeration or JSON
	Integer
	Decimal
	Date
	Time
	Timestamp
	UUID
	Float16
	Interval
	Unknown // nothing but missing cells
)

// Column describes a column.
type Column struct {
	Name     string
	Physical Physical
	Length   int // bytes of a FixedBytes value
	Logical  Logical
	Bits     int   // of an Integer
	Unsigned bool  // of an Integer
	Scale    int   // of a Decimal: digits after the point
	Unit     int64 // of a Time or Timestamp: nanoseconds in a unit
	Optional bool  // cells may be missing
}

// File is a Parquet file that is open. It is safe for concurrent use; each Cursor is for one goroutine.
type File struct {
	Columns []Column
	Rows    int64
	src     io.ReaderAt
	groups  []group
}

// group is a row group: so many rows of each column.
type group struct {
	rows   int64
	chunks []chunk
}

// chunk is the pages of one column in a row group.
type chunk struct {
	codec       int64
	values      int64
	from, bytes int64 // where its pages are in the file
	physical    Physical
	data        int64 // where the first data page is
	dictionary  int64 // where the dictionary is, 0 for none
}

const magic = "PAR1"

// Open reads what a file says of itself. It returns fault.Invalid for what is no
// Parquet file, fault.Unsupported for nested or repeated columns and encrypted
// files, fault.TooLarge, and what src returns, wrapped.
func Open(src io.ReaderAt, size int64) (*File, error) {
	footer, err := readFooter(src, size)
	if err != nil {
		return nil, err
	}
	f := &File{src: src}
	c := &compact{data: footer}
	err = c.structure(wireStruct, func(id int, wire byte) (err error) {
		switch id {
		case 2:
			f.Columns, err = readSchema(c, wire)
		case 3:
			f.Rows, err = c.int(wire)
		case 4:
			err = f.readGroups(c, wire)
		case 8:
			err = fault.New(fault.Unsupported, "the Parquet file is encrypted; write it without encryption")
		default:
			err = c.skip(wire)
		}
		return err
	})
	var bad brokenError
	if errors.As(err, &bad) {
		return nil, fault.New(fault.Invalid, "the Parquet file is damaged: %s", bad.what)
	}
	if err == nil {
		err = f.check(size)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

func readFooter(src io.ReaderAt, size int64) ([]byte, error) {
	const ends = 8 // the footer's length and the magic
	var head [len(magic)]byte
	var tail [ends]byte
	if size < int64(len(magic)+ends) {
		return nil, fault.New(fault.Invalid, "the file has %d bytes, too few for a Parquet file", size)
	}
	if err := readAt(src, head[:], 0); err != nil {
		return nil, err
	}
	if err := readAt(src, tail[:], size-ends); err != nil {
		return nil, err
	}
	switch {
	case string(tail[4:]) == "PARE":
		return nil, fault.New(fault.Unsupported, "the Parquet file is encrypted; write it without encryption")
	case string(head[:]) != magic:
		return nil, fault.New(fault.Invalid, "the file is no Parquet file: it does not begin with %s", magic)
	case string(tail[4:]) != magic:
		return nil, fault.New(fault.Invalid, "the Parquet file is cut off: it does not end with %s", magic)
	}
	n := int64(binary.LittleEndian.Uint32(tail[:]))
	switch {
	case n > size-int64(len(magic)+ends):
		return nil, fault.New(fault.Invalid, "the Parquet file is damaged: its description has more bytes than the file")
	case n > MaxFooterBytes:
		return nil, fault.New(fault.TooLarge, "the Parquet file's description of itself has %d bytes; it may have %d: write fewer columns, or larger row groups", n, MaxFooterBytes)
	}
	footer := make([]byte, n)
	return footer, readAt(src, footer, size-ends-n)
}

func readAt(src io.ReaderAt, p []byte, at int64) error {
	n, err := src.ReadAt(p, at)
	if n == len(p) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return fault.New(fault.Invalid, "the Parquet file is cut off at byte %d", at+int64(n))
	}
	return fmt.Errorf("read the file: %w", err)
}

// readGroups reads the row groups.
func (f *File) readGroups(c *compact, wire byte) error {
	chunks := 0
	return c.list(wire, maxChunks, func(wire byte) error {
		var g group
		err := c.structure(wire, func(id int, wire byte) (err error) {
			switch id {
			case 1:
				err = c.list(wire, maxChunks, func(wire byte) error {
					if chunks++; chunks > maxChunks {
						return fault.New(fault.TooLarge, "the Parquet file has more than %d row groups times columns; write larger row groups", maxChunks)
					}
					k, err := readChunk(c, wire)
					g.chunks = append(g.chunks, k)
					return err
				})
			case 3:
				g.rows, err = c.int(wire)
			default:
				err = c.skip(wire)
			}
			return err
		})
		f.groups = append(f.groups, g)
		return err
	})
}

func readChunk(c *compact, wire byte) (k chunk, err error) {
	err = c.structure(wire, func(id int, wire byte) error {
		switch id {
		case 1:
			return fault.New(fault.Unsupported, "the Parquet file refers to columns in other files; write it as one file")
		case 8, 9:
			return fault.New(fault.Unsupported, "the Parquet file has encrypted columns; write it without encryption")
		case 3:
			return c.structure(wire, func(id int, wire byte) (err error) {
				var n int64
				switch id {
				case 1:
					n, err = c.int(wire)
					k.physical = Physical(n)
				case 4:
					k.codec, err = c.int(wire)
				case 5:
					k.values, err = c.int(wire)
				case 7:
					k.bytes, err = c.int(wire)
				case 9:
					k.data, err = c.int(wire)
				case 11:
					k.dictionary, err = c.int(wire)
				default:
					err = c.skip(wire)
				}
				return err
			})
		}
		return c.skip(wire)
	})
	k.from = k.data
	if k.dictionary > 0 && k.dictionary < k.data {
		k.from = k.dictionary
	}
	return k, err
}

// check holds what the file says of itself against itself.
func (f *File) check(size int64) error {
	if len(f.Columns) == 0 {
		return fault.New(fault.Invalid, "the Parquet file has no columns")
	}
	rows := int64(0)
	for i, g := range f.groups {
		if g.rows < 0 || rows > math.MaxInt64-g.rows {
			return damaged("row group %d has %d rows", i, g.rows)
		}
		rows += g.rows
		if len(g.chunks) != len(f.Columns) {
			return damaged("row group %d has %d of %d columns", i, len(g.chunks), len(f.Columns))
		}
		for j, k := range g.chunks {
			if k.physical != f.Columns[j].Physical || k.values != g.rows {
				return damaged("row group %d, column %q: its type or number of values is not the one that the file gives elsewhere", i, f.Columns[j].Name)
			}
			if k.from < 0 || k.bytes < 0 || k.from > size || k.bytes > size-k.from {
				return damaged("row group %d, column %q: its pages are beyond the end of the file", i, f.Columns[j].Name)
			}
		}
	}
	if rows != f.Rows {
		return damaged("its row groups have %d rows together where it says %d", rows, f.Rows)
	}
	if most := freeCells + size*cellsPerByte; rows > most/int64(len(f.Columns)) {
		return fault.New(fault.TooLarge, "the Parquet file of %d bytes says that it has %d rows of %d columns, more than a file of that size can be trusted with", size, rows, len(f.Columns))
	}
	return nil
}

func damaged(format string, args ...any) error {
	return fault.New(fault.Invalid, "the Parquet file is damaged: %s", fmt.Sprintf(format, args...))
}
