package table

import (
	"io"
	"slices"
	"strings"

	"portico/internal/fault"
)

// Printer prints tables as files of a format, whole or in parts. The lines of
// delimited files end in CRLF (RFC 4180); their missing cells are left empty, and empty texts are written as "".
// It is safe for concurrent use.
type Printer struct {
	format    Format
	delimiter string
	rows      *RowFormat // of a delimited format
}

// NewPrinter returns fault.Unsupported for a format that is not Tabular or that cannot be printed in parts.
func NewPrinter(f Format) (*Printer, error) {
	if !f.Tabular() || f == SVMLight || f == Parquet {
		return nil, fault.New(fault.Unsupported, "tables cannot be written as %q piece by piece; possible are %v", f, Formats()[:5])
	}
	p := &Printer{format: f, delimiter: string(rune(f.delimiter()))}
	p.rows = RowFormat{Separator: p.delimiter, Text: p.appendText}.Prepare()
	return p, nil
}

// AppendHeader appends what goes before the rows of a table with t's columns. all tells that
// t has all the rows; an ARFF header then lists the levels of categorical columns.
func (p *Printer) AppendHeader(dst []byte, t *Table, all bool) []byte {
	switch {
	case p.format == ARFF:
		return appendARFFHeader(dst, t, all)
	case !p.format.Header():
		return dst
	}
	for i, field := range t.Schema() {
		if i > 0 {
			dst = append(dst, p.delimiter...)
		}
		dst = p.appendText(dst, field.Name)
	}
	return append(dst, "\r\n"...)
}

// AppendRow appends row r with its line end.
func (p *Printer) AppendRow(dst []byte, t *Table, r int) []byte {
	if p.format == ARFF {
		return append(appendARFFRow(dst, t, r), '\n')
	}
	at := len(dst)
	dst = p.rows.AppendRow(dst, t, r)
	if len(dst) == at { // one column, and its cell is missing: a blank line would not count
		dst = append(dst, '"', '"')
	}
	return append(dst, '\r', '\n')
}

// appendText quotes a cell that is empty, holds a special character, or
// begins or ends with a blank that a reader may take away.
func (p *Printer) appendText(dst []byte, s string) []byte {
	if p.plain(s) {
		return append(dst, s...)
	}
	dst = append(dst, '"')
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			return append(append(dst, s...), '"')
		}
		dst = append(append(dst, s[:i+1]...), '"')
		s = s[i+1:]
	}
}

// plain looks for one byte at a time, which the processor does for many bytes at once.
func (p *Printer) plain(s string) bool {
	return s != "" && s[0] != ' ' && s[len(s)-1] != ' ' && strings.IndexByte(s, p.delimiter[0]) < 0 && strings.IndexByte(s, '"') < 0 &&
		strings.IndexByte(s, '\n') < 0 && strings.IndexByte(s, '\r') < 0
}

// writeSize is about how many bytes Write gives at a time.
const writeSize = 64 << 10

// Write prints t as a file of that format, as a Printer does. It returns
// fault.TooLarge for more than MaxDenseColumns columns, and fault.Unsupported for a
// format that is not Tabular, or that cannot hold a column's type.
func Write(w io.Writer, t *Table, f Format) error {
	if err := CheckDense(t); err != nil {
		return err
	}
	switch f {
	case SVMLight:
		return writeSVM(w, t)
	case Parquet:
		return writeParquet(w, t)
	}
	p, err := NewPrinter(f)
	if err != nil {
		return err
	}
	buf := p.AppendHeader(slices.Grow([]byte(nil), writeSize), t, true)
	for r := range t.Rows {
		if buf = p.AppendRow(buf, t, r); len(buf) >= writeSize {
			if _, err := w.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	_, err = w.Write(buf)
	return err
}
