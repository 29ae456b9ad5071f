package table

import (
	"hash/maphash"
	"math"
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"
)

// RowIndex groups the rows of some key columns by their values and finds the
// group of rows elsewhere. Numbers are equal where their values are, whatever
// their types; missing is equal to missing.
type RowIndex struct {
	keys   []*Column
	fold   bool // strings without regard to case
	seed   maphash.Seed
	slots  []int32 // group + 1 by hash, open addressing; 0 is free
	hashes []uint64
	Group  []int32 // the group of each row, from 0 in the order in which groups appear
	First  []int32 // the first row of each group
}

// NewRowIndex indexes rows rows of the key columns.
func NewRowIndex(keys []*Column, rows int, fold bool) *RowIndex {
	x := &RowIndex{keys: keys, fold: fold, seed: maphash.MakeSeed(), Group: make([]int32, rows)}
	x.slots = make([]int32, 1<<bits.Len(uint(rows+rows/2+1)))
	for r := range rows {
		h := x.hash(keys, r)
		at, found := x.find(keys, r, h)
		if !found {
			x.First = append(x.First, int32(r))
			x.hashes = append(x.hashes, h)
			x.slots[at] = int32(len(x.First))
		}
		x.Group[r] = x.slots[at] - 1
	}
	return x
}

// Groups is how many different rows there are.
func (x *RowIndex) Groups() int { return len(x.First) }

// Find gives the group that row r of other key columns belongs to, or -1.
func (x *RowIndex) Find(keys []*Column, r int) int {
	at, found := x.find(keys, r, x.hash(keys, r))
	if !found {
		return -1
	}
	return int(x.slots[at] - 1)
}

// Members gives the rows of each group, ascending: those of group g are rows[start[g]:start[g+1]].
func (x *RowIndex) Members() (rows []int, start []int) {
	start = make([]int, len(x.First)+1)
	for _, g := range x.Group {
		start[g+1]++
	}
	for g := range x.First {
		start[g+1] += start[g]
	}
	next := append([]int(nil), start...)
	rows = make([]int, len(x.Group))
	for r, g := range x.Group {
		rows[next[g]] = r
		next[g]++
	}
	return rows, start
}

func (x *RowIndex) find(keys []*Column, r int, h uint64) (slot int, found bool) {
	mask := len(x.slots) - 1
	for at := int(h) & mask; ; at = (at + 1) & mask {
		g := x.slots[at]
		if g == 0 {
			return at, false
		}
		if x.hashes[g-1] == h && x.equal(keys, r, int(x.First[g-1])) {
			return at, true
		}
	}
}

func (x *RowIndex) hash(keys []*Column, r int) uint64 {
	h := uint64(len(keys))
	for _, c := range keys {
		h = bits.RotateLeft64(h, 5) ^ x.hashCell(c, r)
		h *= 0x9E3779B97F4A7C15
		h ^= h >> 29
	}
	return h
}

func (x *RowIndex) hashCell(c *Column, r int) uint64 {
	switch {
	case c.Missing != nil && c.Missing[r]:
		return 1
	case c.Type != String:
		n, whole := c.whole(r)
		if whole {
			return mix(uint64(n))
		}
		return mix(math.Float64bits(c.Doubles[r]))
	case !x.fold:
		return maphash.String(x.seed, c.Strings[r])
	}
	var h maphash.Hash
	h.SetSeed(x.seed)
	for _, ch := range c.Strings[r] {
		var b [utf8.UTFMax]byte
		h.Write(b[:utf8.EncodeRune(b[:], folded(ch))]) // never fails
	}
	return h.Sum64()
}

// folded is the smallest rune that ch equals without regard to case, as strings.EqualFold sees it.
func folded(ch rune) rune {
	if ch < utf8.RuneSelf {
		if 'a' <= ch && ch <= 'z' && ch != 'k' && ch != 's' {
			return ch - ('a' - 'A')
		}
	}
	least := ch
	for f := unicode.SimpleFold(ch); f != ch; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	return least
}

func mix(v uint64) uint64 {
	v ^= v >> 32
	v *= 0xD6E8FEB86659FD93
	v ^= v >> 32
	return v
}

// whole gives a cell of any type but String as a whole number; ok is false for
// a Double that is none. A missing cell is not asked for.
func (c *Column) whole(r int) (n int64, ok bool) {
	if c.Type != Double {
		return c.Ints[r], true
	}
	v := c.Doubles[r]
	if v >= -1<<63 && v < 1<<63 && v == math.Trunc(v) {
		return int64(v), true
	}
	return 0, false
}

func (x *RowIndex) equal(keys []*Column, r, own int) bool {
	for i, c := range keys {
		if !x.equalCell(c, r, x.keys[i], own) {
			return false
		}
	}
	return true
}

func (x *RowIndex) equalCell(a *Column, r int, b *Column, s int) bool {
	missing := a.Missing != nil && a.Missing[r]
	if missing || b.Missing != nil && b.Missing[s] {
		return missing && b.Missing != nil && b.Missing[s]
	}
	switch {
	case (a.Type == String) != (b.Type == String):
		return false
	case a.Type == String && x.fold:
		return strings.EqualFold(a.Strings[r], b.Strings[s])
	case a.Type == String:
		return a.Strings[r] == b.Strings[s]
	}
	n, whole := a.whole(r)
	m, wholeToo := b.whole(s)
	if whole || wholeToo {
		return whole && wholeToo && n == m
	}
	return math.Float64bits(a.Doubles[r]) == math.Float64bits(b.Doubles[s])
}
