package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"portico/internal/fault"
)

// Format is a file format that a dataset comes in. The values are the
// DataTypeIds of the classic API (azureml.md 5.3).
type Format string

// The formats that are read into tables. Files without a header get the columns Col1, Col2, and so on.
const (
	CSV         Format = "GenericCSV"
	CSVNoHeader Format = "GenericCSVNoHeader"
	TSV         Format = "GenericTSV"
	TSVNoHeader Format = "GenericTSVNoHeader"
	ARFF        Format = "ARFF"
	SVMLight    Format = "SvmLight"
	Parquet     Format = "Parquet"
)

// Formats lists the formats that tables are read from and written in.
func Formats() []Format { return []Format{CSV, CSVNoHeader, TSV, TSVNoHeader, ARFF, SVMLight, Parquet} }

// Tabular tells whether tables are read from the format.
func (f Format) Tabular() bool { return slices.Contains(Formats(), f) }

// Header tells whether the first record holds column names.
func (f Format) Header() bool { return f == CSV || f == TSV }

func (f Format) delimiter() byte {
	if f == TSV || f == TSVNoHeader {
		return '\t'
	}
	return ','
}

// Summary is what a scan of a file finds.
type Summary struct {
	Fields  []Field `json:"fields"`
	Rows    int     `json:"rows"`
	Missing []int   `json:"missing"` // missing cells by column
	// Revision counts how often the types were corrected after the scan.
	Revision int `json:"revision,omitempty"`
}

// Scan reads a file through once and finds its columns, in memory that does not
// grow with the file. A column has the narrowest type that fits all its cells, as
// InferType says. It returns fault.Invalid or fault.TooLarge, with row and line, for
// what is not a table: see Reader. ARFF and Parquet files say themselves what
// their columns hold. A Parquet file is best given as a RandomReader.
func Scan(src io.Reader, f Format) (*Summary, error) {
	switch f {
	case SVMLight:
		return scanSVM(src)
	case Parquet:
		r, err := openParquet(src)
		if err != nil {
			return nil, err
		}
		return r.scan()
	}
	r, err := openRows(src, f)
	if err != nil {
		return nil, err
	}
	names := r.names()
	columns := make([]inference, len(names))
	s := &Summary{}
	for {
		cells, err := r.nextRow()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		for i, c := range cells {
			columns[i].add(c.text, c.quoted)
		}
		s.Rows++
		if s.Rows > maxRows {
			return nil, fault.New(fault.TooLarge, "the file has more than %d rows", maxRows)
		}
	}
	if s.Rows == 0 {
		return nil, fault.New(fault.Invalid, "the file has a header and no rows")
	}
	for i := range columns {
		t, missing := columns[i].settle()
		field, declared := r.declared(i, t)
		if !declared {
			field = Field{Name: names[i], Type: t}
		}
		if field.Type != String {
			missing = columns[i].Missing + columns[i].empty
		}
		s.Fields = append(s.Fields, field)
		s.Missing = append(s.Missing, missing)
	}
	return s, nil
}

// rows reads the rows of a file as cells, one for each of its columns.
type rows interface {
	names() []string
	// declared gives the description of column i where the file says it; found is the type that its cells need.
	declared(i int, found Type) (Field, bool)
	nextRow() ([]cell, error)                           // io.EOF after the last
	bad(k fault.Kind, format string, args ...any) error // an error about the row that was read last
}

func openRows(src io.Reader, f Format) (rows, error) {
	if f == ARFF {
		return openARFF(src)
	}
	return openRecords(src, f)
}

// rowReader reads a file's header and then rows of as many cells.
type rowReader struct {
	*records
	header []string
	first  []cell // the first record of a file without a header, which was read for its width
}

func openRecords(src io.Reader, f Format) (*rowReader, error) {
	if !f.Tabular() || f == Parquet {
		return nil, fault.New(fault.Unsupported, "files of type %q cannot be read as a table; readable are %v", f, Formats())
	}
	records, err := newRecords(src, f.delimiter(), f.Header())
	if err != nil {
		return nil, err
	}
	cells, err := records.next()
	if errors.Is(err, io.EOF) {
		return nil, fault.New(fault.Invalid, "the file is empty")
	}
	if err != nil {
		return nil, err
	}
	r := &rowReader{records: records}
	if !f.Header() {
		r.first = cells
		for i := range cells {
			r.header = append(r.header, columnName(i))
		}
		return r, nil
	}
	r.header, err = headerNames(cells)
	return r, err
}

func (r *rowReader) names() []string { return r.header }

func (r *rowReader) declared(int, Type) (Field, bool) { return Field{}, false }

// columnName is the name of column i, from 0, where the file gives none.
func columnName(i int) string { return "Col" + strconv.Itoa(i+1) }

// headerNames reads the header. A blank cell, as pandas writes above its index, is named by its place.
func headerNames(cells []cell) ([]string, error) {
	names := make([]string, len(cells))
	seen := make(map[string]int, len(cells))
	for i, c := range cells {
		name := c.text
		if !c.quoted {
			name = bytes.TrimSpace(name)
		}
		names[i] = string(name)
		if names[i] == "" {
			names[i] = columnName(i)
		}
		if first, taken := seen[names[i]]; taken {
			return nil, fault.New(fault.Invalid, "header: columns %d and %d are both called %q; names must differ", first+1, i+1, clip([]byte(names[i])))
		}
		seen[names[i]] = i
	}
	return names, nil
}

// nextRow gives the cells of the next row, one for each name, and io.EOF after the last.
func (r *rowReader) nextRow() ([]cell, error) {
	if first := r.first; first != nil {
		r.first = nil
		return first, nil
	}
	cells, err := r.next()
	if err == nil && len(cells) != len(r.header) {
		err = r.bad(fault.Invalid, "it has %s where the first line has %d", plural(len(cells), "cell"), len(r.header))
	}
	return cells, err
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Reader reads the rows of a file into tables of given columns. Empty cells
// are missing, except quoted ones in a String column, which are empty texts.
//
// It returns fault.Invalid, naming row and line, for a quote that is not
// closed or is followed by text, for NUL bytes and what is not UTF-8, for rows with
// more or fewer cells than the first line, for a cell that is not of its column's type, for
// equal names in the header, and for an empty file; and fault.TooLarge over MaxCellBytes,
// MaxRowBytes and MaxDenseColumns.
type Reader struct {
	rows   rows
	svm    *svmReader     // in place of rows
	pq     *parquetReader // likewise
	fields []Field
	order  []int      // the field of each of the file's columns
	places *rowReader // rows, where they have a Place; else nil
	// rowsBefore is how many the last read gave, for which the next makes room.
	rowsBefore int
}

// NewReader begins to read a file whose columns are as Scan found them.
func NewReader(src io.Reader, f Format, fields []Field) (*Reader, error) {
	if f == SVMLight {
		return &Reader{svm: &svmReader{lines: newLines(src)}, fields: fields}, nil
	}
	r := &Reader{fields: fields}
	var names []string
	var err error
	if f == Parquet {
		if r.pq, err = openParquet(src); err == nil {
			names = fieldNames(r.pq.fields)
		}
	} else if r.rows, err = openRows(src, f); err == nil {
		names = r.rows.names()
	}
	if err != nil {
		return nil, err
	}
	if len(names) != len(fields) {
		return nil, fault.New(fault.Invalid, "the file has %s where %d are expected", plural(len(names), "column"), len(fields))
	}
	for i, name := range names {
		if name != fields[i].Name {
			return nil, fault.New(fault.Invalid, "column %d of the file is called %q where %q is expected", i+1, clip([]byte(name)), fields[i].Name)
		}
	}
	for i := range fields {
		r.order = append(r.order, i)
	}
	return r, nil
}

// Read gives the next rows, at most n, and io.EOF after the last.
func (r *Reader) Read(n int) (*Table, error) { return r.ReadUpTo(n, math.MaxInt64) }

// ReadUpTo is Read, and stops after the row with which it has read size bytes;
// only a Reader that NewReaderByName made counts them.
func (r *Reader) ReadUpTo(n int, size int64) (*Table, error) {
	switch {
	case r.svm != nil:
		return r.svm.read(n, len(r.fields)-1)
	case r.pq != nil:
		return r.pq.read(n, r.fields)
	}
	b := NewBuilder(r.fields, min(n, max(r.rowsBefore, 1<<10)))
	from := r.offset()
	for rows := range n {
		if r.offset()-from >= size {
			break
		}
		cells, err := r.rows.nextRow()
		if errors.Is(err, io.EOF) && rows > 0 {
			break
		}
		if err != nil {
			return nil, err
		}
		for i, c := range cells {
			column, field := b.Columns[r.order[i]], &r.fields[r.order[i]]
			if len(c.text) == 0 && !c.quoted {
				column.AppendMissing()
			} else if err := column.Append(c.text); err != nil {
				return nil, r.rows.bad(fault.Invalid, "column %q: %q is not of type %s", field.Name, clip(c.text), field.Type)
			}
		}
	}
	t := b.Table()
	r.rowsBefore = t.Rows
	return t, nil
}

// Parse reads a whole file that is in memory, its column types inferred.
func Parse(text string, f Format) (*Table, error) {
	s, err := Scan(strings.NewReader(text), f)
	if err != nil {
		return nil, err
	}
	r, err := NewReader(strings.NewReader(text), f, s.Fields)
	if err != nil {
		return nil, err
	}
	return r.Read(s.Rows)
}

// CheckDense returns fault.TooLarge where t has more columns than may leave as a dense table.
func CheckDense(t *Table) error {
	if t.width > MaxDenseColumns {
		return fault.New(fault.TooLarge, "the table has %d columns; a table that leaves may have %d: select fewer, or hash to fewer bits", t.width, MaxDenseColumns)
	}
	return nil
}
