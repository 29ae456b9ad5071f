package textanalytics

import (
	"context"
	"math/bits"
	"slices"

	"portico/internal/table"
)

const (
	maxBits = 31
	// fewBits is up to which size all columns are looked at after each row.
	fewBits = 6
	// countedBits is up to which size counts are kept in an array of all columns; above, a row's hashes are sorted.
	countedBits = 18
	// sequenceFactor joins the hashes of a word sequence, as Vowpal Wabbit's addgrams does (azureml.md 5.4).
	sequenceFactor = 27942141
)

// hasher counts the hashed words and sequences of one text at a time. It is not safe for concurrent use.
type hasher struct {
	bits, n int
	mask    uint32
	words   []uint32 // hashes of the row's words
	columns []uint32 // the column of every word and sequence of the row
	cells   int      // of a row, as the column before had on average

	// For at most fewBits: counts by column, zero between rows.
	few [1 << fewBits]uint32

	// For at most countedBits: the same, and three levels of bit sets that tell
	// which are not zero, so that a row costs what it holds and its columns come out in order.
	counts []uint32
	set    []uint64
	upper  [1 << (countedBits - 12)]uint64
	top    uint64
}

func newHasher(bits, n int) *hasher {
	h := &hasher{bits: bits, n: n, mask: uint32(1)<<bits - 1}
	if bits > fewBits && bits <= countedBits {
		h.counts = make([]uint32, 1<<bits)
		h.set = make([]uint64, 1<<bits/64)
	}
	return h
}

// contextRows is how many rows are hashed between two looks at the context.
const contextRows = 1024

// hashColumn gives the block of a text column.
func (h *hasher) hashColumn(ctx context.Context, c *table.Column, prefix string) (*table.Sparse, error) {
	s := table.NumberedBlock(table.Double, prefix, "", table.Span{From: 0, To: 1 << h.bits})
	rows := len(c.Strings)
	s.Start = make([]int, 1, rows+1)
	for r, text := range c.Strings {
		if r%contextRows == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			h.reserve(s, r, rows)
		}
		h.cut(text) // a missing text is empty
		s.Index, s.Values = h.count(s.Index, s.Values)
		s.Start = append(s.Start, len(s.Index))
	}
	if rows > 0 {
		h.cells = len(s.Index)/rows + 1
	}
	return s, nil
}

// reserve makes room for the cells that the rest of the rows will have, going by
// the rows so far, or by the column before.
func (h *hasher) reserve(s *table.Sparse, done, rows int) {
	cells, more := h.cells, rows
	switch {
	case done == contextRows:
		cells, more = len(s.Index)/done+1, rows-done
	case done > 0:
		cells, more = len(s.Index)/done+1, min(contextRows, rows-done)
	}
	want := more * cells * 9 / 8
	s.Index = slices.Grow(s.Index, want)
	s.Values = slices.Grow(s.Values, want)
}

// cut finds the column of every word of a text, and of every sequence of up to n words.
func (h *hasher) cut(text string) {
	h.words = appendWordHashes(h.words[:0], text)
	columns := h.columns[:0]
	for i, hash := range h.words {
		columns = append(columns, hash&h.mask)
		for _, next := range h.words[i+1 : min(i+h.n, len(h.words))] {
			hash = hash*sequenceFactor + next
			columns = append(columns, hash&h.mask)
		}
	}
	h.columns = columns
}

// Bytes of a word of 64 bits.
const (
	everyByte = 0x0101010101010101
	everyTop  = 0x80 * everyByte
)

// appendWordHashes appends the MurmurHash3_x86_32, seed 0, of each word: what
// stands between blanks, tabs and line ends. Line ends are among them because Vowpal
// Wabbit's input, one line an example, cannot hold them in a word. One pass
// cuts and hashes, eight bytes at a time and nearly without branches, which texts would make the processor guess wrong.
func appendWordHashes(words []uint32, text string) []uint32 {
	var hash uint32
	size := 0 // of the word so far; a multiple of 8
	for i := 0; i < len(text); {
		var x uint64 // the next bytes, the first lowest
		if i+8 <= len(text) {
			t := text[i : i+8]
			x = uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 | uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56
		} else {
			x = lastBytes(text[i:])
		}
		// The lowest top bit that is set is of the first byte up to ' '; above it, borrows may set others.
		low := (x - (' '+1)*everyByte) &^ x & everyTop
		first := mix(hash, uint32(x))
		n := bits.TrailingZeros64(low) >> 3 // the word's bytes in x; 8 where it goes on
		if low != 0 && !isBlank[byte(x>>(8*n&63))] {
			n = beforeBlank(x, n)
		}
		if n == 8 {
			hash = mix(first, uint32(x>>32))
			size += 8
			i += 8
			continue
		}
		if size+n > 0 {
			whole := -uint32(n >> 2) // all ones where there are four bytes
			hash ^= (hash ^ first) & whole
			rest := uint32(x>>(n&4*8)) & (1<<(n&3*8) - 1)
			words = append(words, finishHash(hash, rest, size+n))
			hash, size = 0, 0
		}
		i += n + 1
	}
	if size > 0 {
		words = append(words, finishHash(hash, 0, size))
	}
	return words
}

// lastBytes is the end of a text, less than eight bytes, with blanks after it.
func lastBytes(text string) uint64 {
	x := uint64(' ' * everyByte)
	for k := len(text) - 1; k >= 0; k-- {
		x = x<<8 | uint64(text[k])
	}
	return x
}

// beforeBlank is how many bytes of x come before the first that ends a word, 8
// where none does; byte n is a control character that belongs to one.
func beforeBlank(x uint64, n int) int {
	for n++; n < 8 && !isBlank[byte(x>>(8*n))]; n++ {
	}
	return n
}

var isBlank = [256]bool{' ': true, '\t': true, '\n': true, '\r': true}

// mix takes the next four bytes in.
func mix(hash, block uint32) uint32 {
	return bits.RotateLeft32(hash^mixBlock(block), 13)*5 + 0xe6546b64
}

func mixBlock(block uint32) uint32 { return bits.RotateLeft32(block*0xcc9e2d51, 15) * 0x1b873593 }

// finishHash takes in the last bytes, of which there may be none, and spreads the bits.
func finishHash(hash, block uint32, size int) uint32 {
	hash ^= mixBlock(block) // of no bytes it is 0
	hash ^= uint32(size)
	hash ^= hash >> 16
	hash *= 0x85ebca6b
	hash ^= hash >> 13
	hash *= 0xc2b2ae35
	return hash ^ hash>>16
}

// count appends the row's columns in ascending order with how often each was found.
func (h *hasher) count(index []uint32, values []float64) ([]uint32, []float64) {
	switch {
	case h.bits <= fewBits:
		return h.countFew(index, values)
	case h.bits <= countedBits:
		return h.countInSets(index, values)
	}
	return h.countSorted(index, values)
}

// countFew looks at every column, without branches.
func (h *hasher) countFew(index []uint32, values []float64) ([]uint32, []float64) {
	few := h.few[:1<<h.bits]
	for _, c := range h.columns {
		h.few[c%(1<<fewBits)]++
	}
	at := len(index)
	index, values = slices.Grow(index, len(few))[:at+len(few)], slices.Grow(values, len(few))[:at+len(few)]
	for c, n := range few {
		few[c] = 0
		index[at], values[at] = uint32(c), float64(n)
		if n != 0 {
			at++
		}
	}
	return index[:at], values[:at]
}

func (h *hasher) countInSets(index []uint32, values []float64) ([]uint32, []float64) {
	for _, c := range h.columns {
		h.counts[c]++
		h.set[c>>6] |= 1 << (c & 63)
		h.upper[c>>12] |= 1 << (c >> 6 & 63)
		h.top |= 1 << (c >> 12)
	}
	for ; h.top != 0; h.top &= h.top - 1 {
		a := bits.TrailingZeros64(h.top)
		for ; h.upper[a] != 0; h.upper[a] &= h.upper[a] - 1 {
			b := a<<6 | bits.TrailingZeros64(h.upper[a])
			for word := h.set[b]; word != 0; word &= word - 1 {
				column := b<<6 | bits.TrailingZeros64(word)
				index = append(index, uint32(column))
				values = append(values, float64(h.counts[column]))
				h.counts[column] = 0
			}
			h.set[b] = 0
		}
	}
	return index, values
}

func (h *hasher) countSorted(index []uint32, values []float64) ([]uint32, []float64) {
	slices.Sort(h.columns)
	for i := 0; i < len(h.columns); {
		from := i
		for i < len(h.columns) && h.columns[i] == h.columns[from] {
			i++
		}
		index = append(index, h.columns[from])
		values = append(values, float64(i-from))
	}
	return index, values
}
