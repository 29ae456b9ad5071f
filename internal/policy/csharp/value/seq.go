package value

import "portico/internal/policy/csharp/text"

// sliceIter walks a slice that does not change.
type sliceIter struct {
	items []Value
	i     int
}

func (s *sliceIter) Next(r *Run) (Value, bool) {
	if s.i >= len(s.items) {
		return Null, false
	}
	s.i++
	r.Step(1)
	return s.items[s.i-1], true
}

// Items iterates over a slice.
func Items(items []Value) Iterator { return &sliceIter{items: items} }

// Iter walks the array.
func (a *Array) Iter(*Run) Iterator { return &sliceIter{items: a.Items} }

// Iter walks the bytes.
func (b *Bytes) Iter(*Run) Iterator { return &byteIter{b: b.B} }

type byteIter struct {
	b []byte
	i int
}

func (s *byteIter) Next(r *Run) (Value, bool) {
	if s.i >= len(s.b) {
		return Null, false
	}
	s.i++
	r.Step(1)
	return Value{N: int64(s.b[s.i-1]), R: Byte}, true
}

type charIter struct {
	s  string
	lo rune
}

func (c *charIter) Next(r *Run) (Value, bool) {
	if c.lo != 0 {
		v := Chr(c.lo)
		c.lo = 0
		return v, true
	}
	if c.s == "" {
		return Null, false
	}
	r.Step(1)
	ch, n := text.Decode(c.s)
	c.s = c.s[n:]
	if ch >= 0x10000 {
		c.lo = 0xDC00 + (ch-0x10000)&0x3FF
		ch = 0xD800 + (ch-0x10000)>>10
	}
	return Chr(ch), true
}

// Iter begins to walk a sequence; null is an ArgumentNullException.
func Iter(r *Run, v Value) Iterator {
	switch o := v.R.(type) {
	case nil:
		r.ThrowNull("source")
	case Iterable:
		return o.Iter(r)
	case *Type:
		if o == String {
			return &charIter{s: v.S}
		}
	}
	r.Throw(ExCast, "Unable to cast object of type '%s' to type 'System.Collections.IEnumerable'.", v.R.Type().FullName())
	return nil
}

// Sized is a sequence that knows its length.
type Sized interface{ Len() int }

// Len is the array's length.
func (a *Array) Len() int { return len(a.Items) }

// Len is the number of bytes.
func (b *Bytes) Len() int { return len(b.B) }

// Collect gives all elements. The slice is the caller's own.
func Collect(r *Run, v Value) []Value {
	it := Iter(r, v)
	var out []Value
	if s, ok := v.R.(Sized); ok {
		n := s.Len()
		r.Alloc(n * valueSize)
		out = make([]Value, 0, n)
	}
	for x, ok := it.Next(r); ok; x, ok = it.Next(r) {
		if len(out) == cap(out) {
			r.Alloc((cap(out) + 1) * valueSize)
		}
		out = append(out, x)
	}
	return out
}

const valueSize = 40

// AllocValues charges n values.
func (r *Run) AllocValues(n int) { r.Alloc(n * valueSize) }
