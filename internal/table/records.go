package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"portico/internal/fault"
)

// Limits of a delimited file. What goes over gets fault.TooLarge.
const (
	MaxCellBytes = 16 << 20
	MaxRowBytes  = 32 << 20
	// MaxDenseColumns is how many columns a table may have where each is written or read singly.
	MaxDenseColumns = 100_000
)

// records cuts a delimited file into records (RFC 4180): cells may be quoted,
// quoted cells may hold delimiters, line ends and doubled quotes. Lines end in LF or CRLF;
// blank ones do not count. A quote inside a cell that does not begin with one is an ordinary character.
type records struct {
	src        io.Reader
	delimiter  byte
	buf        []byte
	start, end int   // what of buf is not cut yet
	before     int64 // bytes of the file before buf
	eof        bool
	line       int // where the record that is being cut, or was cut last, begins; from 1
	lines      int // how many it has
	row        int // its number: the header's is 0, the first data row's 1
	cells      []cell
	unquoted   []byte // cells whose doubled quotes were halved
}

// cell is one cell's text, good until the next record is read.
type cell struct {
	text   []byte
	quoted bool
}

const bufferSize = 256 << 10

func newRecords(src io.Reader, delimiter byte, header bool) (*records, error) {
	r := &records{src: src, delimiter: delimiter, line: 1, buf: make([]byte, bufferSize)}
	if header {
		r.row = -1
	}
	for r.end < 3 && !r.eof {
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
	head := r.buf[:r.end]
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		r.start = 3
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return nil, fault.New(fault.Invalid, "the file is in UTF-16; save it as UTF-8")
	}
	return r, nil
}

// fill reads more, and makes room for it where the buffer is full.
func (r *records) fill() error {
	if r.start > 0 {
		r.before += int64(r.start)
		r.end = copy(r.buf, r.buf[r.start:r.end])
		r.start = 0
	}
	if r.end == len(r.buf) {
		r.buf = append(r.buf, make([]byte, len(r.buf))...)
	}
	for range 100 {
		n, err := r.src.Read(r.buf[r.end:])
		r.end += n
		if errors.Is(err, io.EOF) {
			r.eof = true
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the file: %w", err)
		}
		if n > 0 {
			return nil
		}
	}
	return fmt.Errorf("read the file: %w", io.ErrNoProgress)
}

// bad is an error about the record that is being cut or was cut last.
func (r *records) bad(k fault.Kind, format string, args ...any) error {
	if r.row == 0 {
		return fault.New(k, "header (line %d): %s", r.line, fmt.Sprintf(format, args...))
	}
	return fault.New(k, "row %d (line %d): %s", r.row, r.line, fmt.Sprintf(format, args...))
}

// errMore says that the record goes on beyond what was read.
var errMore = errors.New("more is needed")

// next cuts off the next record, and gives io.EOF after the last.
func (r *records) next() ([]cell, error) {
	r.line += r.lines
	r.lines = 0
	r.row++
	for {
		data := r.buf[r.start:r.end]
		if len(data) == 0 && r.eof {
			return nil, io.EOF
		}
		used, open, err := r.cut(data)
		if errors.Is(err, errMore) {
			if err = r.checkOpen(data, open); err == nil {
				err = r.fill()
			}
			if err != nil {
				return nil, err
			}
			continue
		}
		if err == nil {
			err = r.check(data[:used])
		}
		if err != nil {
			return nil, err
		}
		r.start += used
		if len(r.cells) > 0 {
			r.lines = bytes.Count(data[:used], []byte{'\n'})
			return r.cells, nil
		}
		r.line++ // blank
	}
}

// checkOpen refuses a record that is too large before all of it was read; open is where its last cell begins.
func (r *records) checkOpen(data []byte, open int) error {
	switch {
	case len(data)-open > MaxCellBytes:
		hint := ""
		if data[open] == '"' {
			hint = "; or its quote is never closed"
		}
		return r.bad(fault.TooLarge, "column %d holds more than %d bytes, the most that a cell may%s", len(r.cells)+1, MaxCellBytes, hint)
	case len(data) > MaxRowBytes:
		return r.bad(fault.TooLarge, "more than %d bytes in one row", MaxRowBytes)
	}
	return nil
}

// check refuses bytes that no text file holds, and too large cells.
func (r *records) check(raw []byte) error {
	if bytes.IndexByte(raw, 0) >= 0 {
		return r.bad(fault.Invalid, "it holds a NUL byte; the file is not text")
	}
	if !utf8.Valid(raw) {
		return r.bad(fault.Invalid, "it holds bytes that are not UTF-8; save the file as UTF-8")
	}
	if len(raw) > MaxRowBytes {
		return r.bad(fault.TooLarge, "more than %d bytes in one row", MaxRowBytes)
	}
	if len(raw) > MaxCellBytes {
		for i, c := range r.cells {
			if len(c.text) > MaxCellBytes {
				return r.bad(fault.TooLarge, "column %d holds %d bytes; a cell may have %d", i+1, len(c.text), MaxCellBytes)
			}
		}
	}
	return nil
}

// cut finds the first record of data and its cells, none for a blank line. It
// gives errMore, and where the open cell begins, when data ends within the record.
func (r *records) cut(data []byte) (used, open int, err error) {
	r.cells = r.cells[:0]
	r.unquoted = r.unquoted[:0]
	line := data
	used = len(data)
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		line, used = data[:i], i+1
	} else if !r.eof {
		return r.cutQuoted(data) // for where the open cell begins
	}
	line = bytes.TrimSuffix(line, []byte{'\r'})
	if len(line) == 0 {
		return used, 0, nil
	}
	if bytes.IndexByte(line, '"') >= 0 {
		return r.cutQuoted(data)
	}
	for {
		text, rest, more := line, line, false
		if i := bytes.IndexByte(line, r.delimiter); i >= 0 {
			text, rest, more = line[:i], line[i+1:], true
		}
		if err := r.add(cell{text: text}); err != nil || !more {
			return used, 0, err
		}
		line = rest
	}
}

func (r *records) add(c cell) error {
	if len(r.cells) == MaxDenseColumns {
		return r.bad(fault.TooLarge, "more than %d columns", MaxDenseColumns)
	}
	r.cells = append(r.cells, c)
	return nil
}

// cutQuoted is cut for a record that may have quoted cells.
func (r *records) cutQuoted(data []byte) (used, open int, err error) {
	for i := 0; ; i++ {
		open = i
		if i < len(data) && data[i] == '"' {
			i, err = r.cutQuotedCell(data, i)
		} else {
			i, err = r.cutPlainCell(data, i)
		}
		switch {
		case err != nil:
			return 0, open, err
		case i == len(data) || data[i] == '\n':
			return min(i+1, len(data)), 0, nil
		}
	}
}

// cutPlainCell takes the cell that begins at i, and gives the place of the
// delimiter or line feed that ends it, or len(data) at the end of the file.
func (r *records) cutPlainCell(data []byte, i int) (int, error) {
	end := i
	for end < len(data) && data[end] != r.delimiter && data[end] != '\n' {
		end++
	}
	if end == len(data) && !r.eof {
		return 0, errMore
	}
	text := data[i:end]
	if end == len(data) || data[end] == '\n' {
		text = bytes.TrimSuffix(text, []byte{'\r'})
	}
	return end, r.add(cell{text: text})
}

// cutQuotedCell is cutPlainCell for a cell whose opening quote is at i.
func (r *records) cutQuotedCell(data []byte, i int) (int, error) {
	doubled := false
	end := i + 1
	for {
		k := bytes.IndexByte(data[end:], '"')
		if k < 0 && r.eof {
			return 0, r.bad(fault.Invalid, "the quote that opens column %d is never closed", len(r.cells)+1)
		}
		if k < 0 || end+k+2 >= len(data) && !r.eof { // what follows the quote tells whether it closes
			return 0, errMore
		}
		end += k + 1
		if end == len(data) || data[end] != '"' {
			break
		}
		doubled = true
		end++
	}
	text := data[i+1 : end-1]
	if doubled {
		text = r.halveQuotes(text)
	}
	if err := r.add(cell{text: text, quoted: true}); err != nil {
		return 0, err
	}
	rest := data[end:]
	if len(rest) > 0 && rest[0] == '\r' && (len(rest) == 1 || rest[1] == '\n') {
		end++
	}
	if end < len(data) && data[end] != r.delimiter && data[end] != '\n' {
		return 0, r.bad(fault.Invalid, "column %d goes on after its closing quote; double a quote that is part of the text", len(r.cells))
	}
	return end, nil
}

func (r *records) halveQuotes(text []byte) []byte {
	from := len(r.unquoted)
	for {
		i := bytes.IndexByte(text, '"')
		if i < 0 {
			r.unquoted = append(r.unquoted, text...)
			return r.unquoted[from:]
		}
		r.unquoted = append(r.unquoted, text[:i+1]...)
		text = text[i+2:]
	}
}
