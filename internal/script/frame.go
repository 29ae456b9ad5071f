package script

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"unicode/utf8"
	"unsafe"

	"portico/internal/table"
)

// What goes through the pipes: whole numbers and reals of fixed size, low byte
// first, texts and bytes with their length in front. A table is the number of
// its columns, of its rows, and for each column its name, its kind, whether it
// is categorical, whether cells are missing, a byte a row that tells which where
// there are some, then the cells. Strings are all the lengths, then all the bytes.

// The kinds of a column. R has no whole numbers of 64 bits and takes the lowest of
// 32 for a missing one, so that to it such columns go as kindDouble. To R times go in seconds, else in nanoseconds.
const (
	kindString   = 's'
	kindDouble   = 'd'
	kindInt32    = 'i'
	kindInt64    = 'l'
	kindBoolean  = 'b'
	kindDateTime = 't'
	kindTimeSpan = 'v'
)

var kinds = map[table.Type]byte{
	table.String: kindString, table.Double: kindDouble, table.Int32: kindInt32, table.Int64: kindInt64,
	table.Boolean: kindBoolean, table.DateTime: kindDateTime, table.TimeSpan: kindTimeSpan,
}

var types = map[byte]table.Type{
	kindString: table.String, kindDouble: table.Double, kindInt32: table.Int32, kindInt64: table.Int64,
	kindBoolean: table.Boolean, kindDateTime: table.DateTime, kindTimeSpan: table.TimeSpan,
}

// writer writes the parts of a message. The first error stays.
type writer struct {
	w        *bufio.Writer
	language Language
	scratch  [8]byte
	err      error
}

func newWriter(w io.Writer, l Language) *writer {
	return &writer{w: bufio.NewWriterSize(w, 64<<10), language: l}
}

func (w *writer) bytes(b []byte) {
	if w.err == nil {
		_, w.err = w.w.Write(b)
	}
}

func (w *writer) byte(b byte) {
	if w.err == nil {
		w.err = w.w.WriteByte(b)
	}
}

func (w *writer) flag(b bool) {
	if b {
		w.byte(1)
	} else {
		w.byte(0)
	}
}

func (w *writer) number(n int) {
	if n > math.MaxInt32 && w.err == nil {
		w.err = fmt.Errorf("%d is more than a message takes", n)
	}
	binary.LittleEndian.PutUint32(w.scratch[:], uint32(n))
	w.bytes(w.scratch[:4])
}

func (w *writer) text(s string) {
	w.number(len(s))
	if w.err == nil {
		_, w.err = w.w.WriteString(s)
	}
}

func (w *writer) long(n int64) {
	binary.LittleEndian.PutUint64(w.scratch[:], uint64(n))
	w.bytes(w.scratch[:])
}

func (w *writer) real(v float64) { w.long(int64(math.Float64bits(v))) }

func (w *writer) flush() error {
	if w.err == nil {
		w.err = w.w.Flush()
	}
	return w.err
}

// job writes all that the interpreter needs for one run.
func (w *writer) job(j *Job) error {
	w.text(j.Source)
	w.text(unsafe.String(unsafe.SliceData(j.Bundle), len(j.Bundle)))
	w.flag(j.Seed != nil)
	if j.Seed != nil {
		w.number(int(*j.Seed))
	}
	for _, t := range j.Inputs {
		w.flag(t != nil)
		if t != nil {
			w.table(t)
		}
	}
	return w.flush()
}

func (w *writer) table(t *table.Table) {
	w.number(t.Width())
	w.number(t.Rows)
	for _, p := range t.Parts {
		if p.Column == nil {
			w.err = errors.New("a sparse block does not go through the pipe")
			return
		}
		w.column(p.Column, t.Rows)
	}
}

func (w *writer) column(c *table.Column, rows int) {
	kind := kinds[c.Type]
	if w.language == R && (kind == kindInt64 || kind == kindInt32 && slices.Contains(c.Ints, math.MinInt32)) {
		kind = kindDouble
	}
	w.text(c.Name)
	w.byte(kind)
	w.flag(c.Categorical)
	w.flag(c.Missing != nil)
	for _, missing := range c.Missing {
		w.flag(missing)
	}
	switch {
	case c.Type == table.String:
		total := 0
		for _, s := range c.Strings {
			w.number(len(s))
			total += len(s)
		}
		w.real(float64(total))
		for _, s := range c.Strings {
			w.bytes(unsafe.Slice(unsafe.StringData(s), len(s)))
		}
	case c.Type == table.Double:
		for _, v := range c.Doubles {
			w.real(v)
		}
	case c.Type == table.Boolean:
		for _, n := range c.Ints {
			w.byte(byte(n))
		}
	case kind == kindInt32:
		for _, n := range c.Ints {
			binary.LittleEndian.PutUint32(w.scratch[:], uint32(n))
			w.bytes(w.scratch[:4])
		}
	case w.language == Python:
		for _, n := range c.Ints {
			w.long(n)
		}
	case kind == kindDouble:
		for _, n := range c.Ints {
			w.real(float64(n))
		}
	default:
		for _, n := range c.Ints {
			w.real(float64(n) / 1e9)
		}
	}
}

// answer is what an interpreter says about a job.
type answer struct {
	status   byte
	message  string // of a failure
	table    *table.Table
	graphics [][]byte
}

// What an interpreter's answer begins with.
const (
	statusDone     = 'd' // the table and the images follow
	statusFailed   = 'f' // the script failed: the message follows
	statusUnusable = 'u' // the interpreter lacks a library: the message follows
)

// reader reads an answer. The script might have written to the pipe too, so that nothing in it is trusted.
type reader struct {
	r        *bufio.Reader
	left     int64 // bytes that may still come
	language Language
}

func newReader(r io.Reader, most int64, l Language) *reader {
	return &reader{r: bufio.NewReaderSize(r, 64<<10), left: most, language: l}
}

var errGarbled = errors.New("the answer of the interpreter is garbled")

// take reads n bytes into memory that grows as they come.
func (r *reader) take(n int64) ([]byte, error) {
	if n < 0 || n > r.left {
		return nil, fmt.Errorf("%w: more bytes than a result may have", errGarbled)
	}
	r.left -= n
	const step = 1 << 20
	b := make([]byte, 0, min(n, step))
	for int64(len(b)) < n {
		from := len(b)
		b = append(b, make([]byte, min(n-int64(from), max(step, int64(from))))...)
		if _, err := io.ReadFull(r.r, b[from:]); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (r *reader) byte() (byte, error) {
	b, err := r.take(1)
	if err != nil {
		return 0, err
	}
	return b[0], nil
}

func (r *reader) number() (int, error) {
	b, err := r.take(4)
	if err != nil {
		return 0, err
	}
	n := int32(binary.LittleEndian.Uint32(b))
	if n < 0 {
		return 0, errGarbled
	}
	return int(n), nil
}

func (r *reader) blob() ([]byte, error) {
	n, err := r.number()
	if err != nil {
		return nil, err
	}
	return r.take(int64(n))
}

func (r *reader) text() (string, error) {
	b, err := r.blob()
	if err != nil {
		return "", err
	}
	if !utf8.Valid(b) {
		return "", fmt.Errorf("%w: a text is not UTF-8", errGarbled)
	}
	return string(b), nil
}

func (r *reader) answer() (*answer, error) {
	a := &answer{}
	var err error
	if a.status, err = r.byte(); err != nil {
		return nil, err
	}
	switch a.status {
	case statusFailed, statusUnusable:
		a.message, err = r.text()
		return a, err
	case statusDone:
	default:
		return nil, errGarbled
	}
	given, err := r.byte()
	if err != nil {
		return nil, err
	}
	if given != 0 {
		if a.table, err = r.table(); err != nil {
			return nil, err
		}
	}
	images, err := r.number()
	if err != nil {
		return nil, err
	}
	for range images {
		image, err := r.blob()
		if err != nil {
			return nil, err
		}
		a.graphics = append(a.graphics, image)
	}
	return a, nil
}

func (r *reader) table() (*table.Table, error) {
	width, err := r.number()
	if err != nil {
		return nil, err
	}
	rows, err := r.number()
	if err != nil {
		return nil, err
	}
	if width > table.MaxDenseColumns {
		return nil, fmt.Errorf("%w: %d columns", errGarbled, width)
	}
	var columns []*table.Column
	for range width {
		c, err := r.column(rows)
		if err != nil {
			return nil, err
		}
		columns = append(columns, c)
	}
	return table.FromColumns(rows, columns...), nil
}

func (r *reader) column(rows int) (*table.Column, error) {
	name, err := r.text()
	if err != nil {
		return nil, err
	}
	head, err := r.take(3)
	if err != nil {
		return nil, err
	}
	t, ok := types[head[0]]
	if !ok {
		return nil, errGarbled
	}
	c := &table.Column{Field: table.Field{Name: name, Type: t, Categorical: head[1] != 0}}
	if head[2] != 0 {
		mask, err := r.take(int64(rows))
		if err != nil {
			return nil, err
		}
		c.Missing = make([]bool, rows)
		for i, m := range mask {
			c.Missing[i] = m != 0
		}
	}
	switch {
	case t == table.String:
		c.Strings, err = r.strings(rows)
	case t == table.Double:
		c.Doubles, err = r.doubles(rows)
	default:
		c.Ints, err = r.ints(t, rows)
	}
	for i, missing := range c.Missing {
		if !missing {
			continue
		}
		switch t { // as a builder leaves a missing cell
		case table.String:
			c.Strings[i] = ""
		case table.Double:
			c.Doubles[i] = 0
		default:
			c.Ints[i] = 0
		}
	}
	return c, err
}

func (r *reader) strings(rows int) ([]string, error) {
	lengths, err := r.take(4 * int64(rows))
	if err != nil {
		return nil, err
	}
	total := int64(0)
	for i := range rows {
		total += int64(binary.LittleEndian.Uint32(lengths[4*i:]))
	}
	b, err := r.take(total)
	if err != nil {
		return nil, err
	}
	all := unsafe.String(unsafe.SliceData(b), len(b)) // b is not written again
	cells := make([]string, rows)
	for i := range cells {
		n := binary.LittleEndian.Uint32(lengths[4*i:])
		cells[i], all = all[:n], all[n:]
		if !utf8.ValidString(cells[i]) {
			return nil, fmt.Errorf("%w: a text is not UTF-8", errGarbled)
		}
	}
	return cells, nil
}

func (r *reader) doubles(rows int) ([]float64, error) {
	b, err := r.take(8 * int64(rows))
	if err != nil {
		return nil, err
	}
	cells := make([]float64, rows)
	for i := range cells {
		cells[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
	}
	return cells, nil
}

func (r *reader) ints(t table.Type, rows int) ([]int64, error) {
	size := map[table.Type]int{table.Boolean: 1, table.Int32: 4}[t]
	if size == 0 {
		size = 8
	}
	b, err := r.take(int64(size) * int64(rows))
	if err != nil {
		return nil, err
	}
	cells := make([]int64, rows)
	for i := range cells {
		switch {
		case size == 1:
			cells[i] = int64(b[i] & 1)
		case size == 4:
			cells[i] = int64(int32(binary.LittleEndian.Uint32(b[4*i:])))
		case r.language == Python:
			cells[i] = int64(binary.LittleEndian.Uint64(b[8*i:]))
		default:
			v := math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
			if t != table.Int64 {
				v *= 1e9
			}
			if v != v || math.Abs(v) >= 1<<63 {
				return nil, fmt.Errorf("%w: %v is no %s", errGarbled, v, t)
			}
			cells[i] = int64(math.Round(v))
		}
	}
	return cells, nil
}
