package table

import (
	"strconv"
	"strings"
)

// EachCell calls visit for every cell of row r in order, the zeros of sparse
// blocks included. text is only good during the call and is empty for a missing cell.
// RowFormat is much faster where a sparse block is wide.
func (t *Table) EachCell(r int, visit func(column int, text []byte, missing bool)) {
	var buf []byte
	zero := []byte("0")
	i := 0
	for _, p := range t.Parts {
		if p.Column != nil {
			text, ok := p.Column.AppendCell(buf[:0], r)
			visit(i, text, !ok)
			buf = text
			i++
			continue
		}
		index, values := p.Sparse.Row(r)
		k := 0
		for c := range p.Sparse.Width {
			if k < len(index) && int(index[k]) == c {
				buf = p.Sparse.AppendValue(buf[:0], values[k])
				visit(i, buf, false)
				k++
			} else {
				visit(i, zero, false)
			}
			i++
		}
	}
}

// AppendValue prints a cell of the block as Column.AppendCell does.
func (s *Sparse) AppendValue(dst []byte, v float64) []byte {
	if s.Type == Double {
		return AppendDouble(dst, v)
	}
	return strconv.AppendInt(dst, int64(v), 10)
}

// RowFormat prints whole rows: every cell between Open and Close, Separator
// between cells, Missing in place of a missing cell with its Open and Close.
type RowFormat struct {
	Open, Close, Separator, Missing string
	// Text appends a String cell and escapes what the format must; nil appends it as it is.
	Text func(dst []byte, cell string) []byte

	zeros string // a run of zero cells, each after its separator
	zero  int    // the length of one
}

const zeroRun = 256

// Prepare gives a copy that is ready for AppendRow, which is then safe for concurrent use.
func (f RowFormat) Prepare() *RowFormat {
	one := f.Separator + f.Open + "0" + f.Close
	f.zero = len(one)
	f.zeros = strings.Repeat(one, zeroRun)
	return &f
}

// AppendRow appends row r without a line end. It does not allocate beyond growing dst.
func (f *RowFormat) AppendRow(dst []byte, t *Table, r int) []byte {
	start := len(dst)
	for _, p := range t.Parts {
		if p.Column != nil {
			dst = f.appendCell(append(dst, f.Separator...), p.Column, r)
			continue
		}
		index, values := p.Sparse.Row(r)
		next := 0
		for k, c := range index {
			dst = f.appendZeros(dst, int(c)-next)
			next = int(c) + 1
			dst = append(dst, f.Separator...)
			dst = append(dst, f.Open...)
			dst = p.Sparse.AppendValue(dst, values[k])
			dst = append(dst, f.Close...)
		}
		dst = f.appendZeros(dst, p.Sparse.Width-next)
	}
	if len(dst) == start {
		return dst
	}
	// Every cell was written with a separator before it; the first one's goes.
	n := copy(dst[start:], dst[start+len(f.Separator):])
	return dst[:start+n]
}

func (f *RowFormat) appendCell(dst []byte, c *Column, r int) []byte {
	if c.Missing != nil && c.Missing[r] {
		return append(dst, f.Missing...)
	}
	dst = append(dst, f.Open...)
	if c.Type == String && f.Text != nil {
		dst = f.Text(dst, c.Strings[r])
	} else {
		dst, _ = c.AppendCell(dst, r)
	}
	return append(dst, f.Close...)
}

func (f *RowFormat) appendZeros(dst []byte, n int) []byte {
	for ; n > 0; n -= zeroRun {
		dst = append(dst, f.zeros[:f.zero*min(n, zeroRun)]...)
	}
	return dst
}
