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

	zeros string     // a run of zero cells, each after its separator
	zero  int        // the length of one
	small [10]string // the cells of 0 to 9, each after its separator
}

const zeroRun = 256

// Prepare gives a copy that is ready for AppendRow, which is then safe for concurrent use.
func (f RowFormat) Prepare() *RowFormat {
	for i := range f.small {
		f.small[i] = f.Separator + f.Open + strconv.Itoa(i) + f.Close
	}
	f.zero = len(f.small[0])
	f.zeros = strings.Repeat(f.small[0], zeroRun)
	return &f
}

// AppendRow appends row r without a line end. It does not allocate beyond growing dst.
func (f *RowFormat) AppendRow(dst []byte, t *Table, r int) []byte {
	separator := "" // before the first cell
	for i := range t.Parts {
		if c := t.Parts[i].Column; c != nil {
			dst = f.appendCell(append(dst, separator...), c, r)
		} else {
			dst = f.appendSparse(dst, t.Parts[i].Sparse, r, len(f.Separator)-len(separator))
		}
		separator = f.Separator
	}
	return dst
}

// appendSparse appends a block's cells, each after its separator, of which the first lacks cut bytes.
func (f *RowFormat) appendSparse(dst []byte, s *Sparse, r, cut int) []byte {
	index, values := s.Row(r)
	next := uint32(0)
	for k, c := range index {
		if zeros := c - next; zeros > 0 {
			dst = f.appendZeros(dst, int(zeros), cut)
			cut = 0
		}
		next = c + 1
		v := values[k]
		if n := uint8(v); n < 10 && float64(n) == v { // most are small counts
			dst = append(dst, f.small[n][cut:]...)
		} else {
			dst = append(dst, f.Separator[cut:]...)
			dst = append(dst, f.Open...)
			dst = s.AppendValue(dst, v)
			dst = append(dst, f.Close...)
		}
		cut = 0
	}
	return f.appendZeros(dst, s.Width-int(next), cut)
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

func (f *RowFormat) appendZeros(dst []byte, n, cut int) []byte {
	for ; n > 0; n -= zeroRun {
		dst = append(dst, f.zeros[cut:f.zero*min(n, zeroRun)]...)
		cut = 0
	}
	return dst
}
