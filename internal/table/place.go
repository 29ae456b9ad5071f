package table

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"portico/internal/fault"
)

// Place is a point between two rows of a file, at which a Reader can go on.
type Place struct {
	Offset int64 `json:"offset"` // bytes of the file before it
	Row    int   `json:"row"`    // data rows before it
	Line   int   `json:"line"`   // of the file where it is, from 1
}

// NewReaderByName begins to read a file that has exactly the given columns, in
// any order; where the file has no header, in the given order. It returns
// fault.Invalid that names the columns that are missing or not known.
func NewReaderByName(src io.Reader, f Format, fields []Field) (*Reader, error) {
	rows, err := openRecords(src, f)
	if err != nil {
		return nil, err
	}
	if !f.Header() && len(rows.header) != len(fields) {
		return nil, fault.New(fault.Invalid, "the file has %s where %d are expected", plural(len(rows.header), "column"), len(fields))
	}
	index := make(map[string]int, len(fields))
	for i, field := range fields {
		index[field.Name] = i
	}
	r := &Reader{rows: rows, places: rows, fields: fields, order: make([]int, len(rows.header))}
	given := make([]bool, len(fields))
	var unknown []string
	for i, name := range rows.header {
		k, ok := i, true
		if f.Header() {
			k, ok = index[name]
		}
		if !ok {
			unknown = append(unknown, name)
			continue
		}
		r.order[i], given[k] = k, true
	}
	if unknown != nil {
		return nil, fault.New(fault.Invalid, "the header has %s that %s not expected; expected are %s", listNames(unknown), isOrAre(unknown), listNames(fieldNames(fields)))
	}
	var missing []string
	for i, ok := range given {
		if !ok {
			missing = append(missing, fields[i].Name)
		}
	}
	if missing != nil {
		return nil, fault.New(fault.Invalid, "the header lacks %s", listNames(missing))
	}
	return r, nil
}

func isOrAre(names []string) string {
	if len(names) == 1 {
		return "is"
	}
	return "are"
}

func fieldNames(fields []Field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}

// listNames quotes the first names for a message.
func listNames(names []string) string {
	const most = 20
	var quoted []string
	for _, n := range names[:min(most, len(names))] {
		quoted = append(quoted, strconv.Quote(clip([]byte(n))))
	}
	if more := len(names) - most; more > 0 {
		quoted = append(quoted, "and "+strconv.Itoa(more)+" more")
	}
	return strings.Join(quoted, ", ")
}

// Place is where the row begins that is read next. Only a Reader that NewReaderByName made has it.
func (r *Reader) Place() Place {
	if r.places.first != nil {
		return Place{Line: 1}
	}
	return Place{Offset: r.offset(), Row: max(r.places.row, 0), Line: r.places.line + r.places.lines}
}

// Resume goes on at a place of the same file that a Reader of it gave; src
// gives the file's bytes from there on.
func (r *Reader) Resume(src io.Reader, at Place) {
	old := r.places.records
	r.places.first = nil
	r.places.records = &records{
		src: src, delimiter: old.delimiter, buf: slices.Grow(old.buf[:0], bufferSize)[:bufferSize], before: at.Offset, row: at.Row, line: at.Line,
	}
}

// offset is how many bytes of the file were cut off so far.
func (r *Reader) offset() int64 {
	if r.places == nil {
		return 0
	}
	return r.places.before + int64(r.places.start)
}
