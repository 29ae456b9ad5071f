package textanalytics

import (
	"context"
	"math/bits"
	"slices"

	"portico/internal/table"
)

const (
	maxBits = 31
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

	// For at most countedBits: counts by column, and three levels of bit sets
	// that tell which are not zero, so that a row costs what it holds and its
	// columns come out in order.
	counts []uint32
	set    []uint64
	upper  [1 << (countedBits - 12)]uint64
	top    uint64

	hashes []uint32 // for more bits: every hash of the row
}

func newHasher(bits, n int) *hasher {
	h := &hasher{bits: bits, n: n, mask: uint32(1)<<bits - 1}
	if bits <= countedBits {
		h.counts = make([]uint32, 1<<bits)
		h.set = make([]uint64, max(1<<bits/64, 1))
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
			reserve(s, r, rows)
		}
		h.addText(text) // a missing text is empty
		s.Index, s.Values = h.drain(s.Index, s.Values)
		s.Start = append(s.Start, len(s.Index))
	}
	return s, nil
}

// reserve makes room for the cells that the rest of the rows will have, going by the rows so far.
func reserve(s *table.Sparse, done, rows int) {
	if done == 0 {
		return
	}
	want := min(contextRows, rows-done) * (len(s.Index)/done + 1) * 9 / 8
	if done == contextRows {
		want = (rows - done) * (len(s.Index)/done + 1) * 9 / 8
	}
	s.Index = slices.Grow(s.Index, want)
	s.Values = slices.Grow(s.Values, want)
}

// addText counts the words of a text and their sequences of up to n words.
func (h *hasher) addText(text string) {
	h.words = appendWordHashes(h.words[:0], text)
	for i, hash := range h.words {
		h.add(hash & h.mask)
		for _, next := range h.words[i+1 : min(i+h.n, len(h.words))] {
			hash = hash*sequenceFactor + next
			h.add(hash & h.mask)
		}
	}
}

// appendWordHashes appends the MurmurHash3_x86_32, seed 0, of each word: what
// stands between blanks, tabs and line ends. Line ends are among them because Vowpal
// Wabbit's input, one line an example, cannot hold them in a word. One pass
// cuts and hashes; a package for the hash alone would take two.
func appendWordHashes(words []uint32, text string) []uint32 {
	var hash, block uint32 // block collects four bytes
	size := 0              // of the word so far
	for i := range len(text) {
		c := text[i]
		if c <= ' ' && (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
			if size > 0 {
				words = append(words, finishHash(hash, block, size))
				hash, block, size = 0, 0, 0
			}
			continue
		}
		block |= uint32(c) << (8 * (size & 3))
		size++
		if size&3 == 0 {
			hash = bits.RotateLeft32(hash^mixBlock(block), 13)*5 + 0xe6546b64
			block = 0
		}
	}
	if size > 0 {
		words = append(words, finishHash(hash, block, size))
	}
	return words
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

func (h *hasher) add(column uint32) {
	if h.counts == nil {
		h.hashes = append(h.hashes, column)
		return
	}
	h.counts[column]++
	h.set[column>>6] |= 1 << (column & 63)
	h.upper[column>>12] |= 1 << (column >> 6 & 63)
	h.top |= 1 << (column >> 12)
}

// drain appends the row's columns in ascending order with their counts, and forgets them.
func (h *hasher) drain(index []uint32, values []float64) ([]uint32, []float64) {
	if h.counts == nil {
		return h.drainSorted(index, values)
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

func (h *hasher) drainSorted(index []uint32, values []float64) ([]uint32, []float64) {
	slices.Sort(h.hashes)
	for i := 0; i < len(h.hashes); {
		from := i
		for i < len(h.hashes) && h.hashes[i] == h.hashes[from] {
			i++
		}
		index = append(index, h.hashes[from])
		values = append(values, float64(i-from))
	}
	h.hashes = h.hashes[:0]
	return index, values
}
