// Package collections declares the generic collections, arrays, tuples and
// LINQ's Enumerable. A sequence that a LINQ method gives is lazy, as in .NET.
package collections

import (
	"portico/internal/policy/csharp/text"
	"portico/internal/policy/csharp/value"
)

type (
	run = value.Run
	val = value.Value
)

const space = "System.Collections.Generic"

// The generic types.
var (
	iDictionary         = value.Generic(value.NewInterface(space, "IDictionary", pairs), "K", "V")
	iReadOnlyDictionary = value.Generic(value.NewInterface(space, "IReadOnlyDictionary", pairs), "K", "V")
	iSet                = value.Generic(value.NewInterface(space, "ISet", value.Make(value.ICollection, value.T(0))), "T")
	iEquality           = value.Generic(value.NewInterface(space, "IEqualityComparer"), "T")
	iComparer           = value.Generic(value.NewInterface(space, "IComparer"), "T")
	list                = value.Generic(value.NewClass(space, "List", nil, value.Make(value.IList, value.T(0)), value.Make(value.IReadOnlyList, value.T(0))), "T")
	dictionary          = value.Generic(value.NewClass(space, "Dictionary", nil, value.Make(iDictionary, value.T(0), value.T(1)), value.Make(iReadOnlyDictionary, value.T(0), value.T(1))), "K", "V")
	hashSet             = value.Generic(value.NewClass(space, "HashSet", nil, value.Make(iSet, value.T(0))), "T")
	queue               = value.Generic(value.NewClass(space, "Queue", nil, value.Make(value.IReadOnlyCollection, value.T(0))), "T")
	stack               = value.Generic(value.NewClass(space, "Stack", nil, value.Make(value.IReadOnlyCollection, value.T(0))), "T")
	pair                = value.Generic(value.NewStruct(space, "KeyValuePair"), "K", "V")
	pairs               = value.Make(value.IEnumerable, value.Make(pair, value.T(0), value.T(1)))
	comparer            = value.NewClass("System", "StringComparer", nil, value.Make(iEquality, value.String), value.Make(iComparer, value.String))
	lookup              = value.Generic(value.NewInterface("System.Linq", "ILookup", value.Make(value.IEnumerable, value.Make(value.IGrouping, value.T(0), value.T(1)))), "K", "T")
)

// Declare adds the package's types to a library.
func Declare(l *value.Library) {
	for _, t := range []*value.Type{iDictionary, iReadOnlyDictionary, iSet, iEquality, iComparer, list, dictionary, hashSet, queue, stack, pair, comparer, lookup} {
		l.Add(t)
	}
	declareInterfaces(l)
	declareLists(l)
	declareDictionaries(l)
	declareSets(l)
	declareArrays(l)
	declareTuples(l)
	declareFilters(l)
	declareOrder(l)
	declareJoins(l)
	declareResults(l)
	declareSums(l)
}

// Dictionaries gives the generic interface types of dictionaries, for other packages.
func Dictionaries() (readOnly, dict, keyValue *value.Type) {
	return iReadOnlyDictionary, dictionary, pair
}

// List is a List<T>, Queue<T> or Stack<T>.
type List struct {
	T       *value.Type
	Items   []val
	version int
}

// Type is the list's type.
func (l *List) Type() *value.Type { return l.T }

// Len is the number of elements.
func (l *List) Len() int { return len(l.Items) }

// Iter walks the list, and fails when the list changes meanwhile.
func (l *List) Iter(*value.Run) value.Iterator {
	it := &listIter{l: l, version: l.version}
	if l.T.Def == stack {
		it.i, it.back = len(l.Items), true
	}
	return it
}

type listIter struct {
	l       *List
	i       int
	version int
	back    bool
}

// Next gives the next element.
func (it *listIter) Next(r *run) (val, bool) {
	if it.version != it.l.version {
		r.Throw(value.ExInvalidOp, "Collection was modified; enumeration operation may not execute.")
	}
	r.Step(1)
	if it.back {
		if it.i == 0 {
			return value.Null, false
		}
		it.i--
		return it.l.Items[it.i], true
	}
	if it.i >= len(it.l.Items) {
		return value.Null, false
	}
	it.i++
	return it.l.Items[it.i-1], true
}

func (l *List) add(r *run, v val) {
	if len(l.Items) == cap(l.Items) {
		r.AllocValues(cap(l.Items) + 4)
	}
	r.Step(1)
	l.Items = append(l.Items, v)
	l.version++
}

// NewList makes a List<elem>.
func NewList(elem *value.Type, items []val) val {
	return value.Ref(&List{T: value.Make(list, elem), Items: items})
}

// Comparer is a StringComparer: it decides which keys are equal.
type Comparer struct{ ignore, ordinal bool }

// Type is StringComparer.
func (*Comparer) Type() *value.Type { return comparer }

// key gives what keys compare by; a nil comparer takes the value itself.
func key(r *run, c *Comparer, v val) val {
	if c != nil && c.ignore && v.R == value.Object(value.String) {
		return value.Value{S: text.Upper(v.S), R: value.String}
	}
	return value.Key(r, v)
}

func comparerOf(v val) *Comparer {
	c, _ := v.R.(*Comparer)
	return c
}

// Dictionary is a Dictionary<K,V>. It keeps the order in which keys came, as .NET's does in practice.
type Dictionary struct {
	T       *value.Type
	cmp     *Comparer
	index   map[val]int
	keys    []val
	vals    []val
	gone    []bool
	free    []int
	version int
}

// Type is the dictionary's type.
func (d *Dictionary) Type() *value.Type { return d.T }

// Len is the number of keys.
func (d *Dictionary) Len() int { return len(d.index) }

// NewDictionary makes an empty Dictionary.
func NewDictionary(t *value.Type, c *Comparer) *Dictionary {
	return &Dictionary{T: t, cmp: c, index: map[val]int{}}
}

// IgnoreCase is StringComparer.OrdinalIgnoreCase.
func IgnoreCase() *Comparer { return &Comparer{ignore: true, ordinal: true} }

// Find gives the value of a key.
func (d *Dictionary) Find(r *run, k val) (val, bool) {
	if k.R == nil {
		r.ThrowNull("key")
	}
	i, ok := d.index[key(r, d.cmp, k)]
	if !ok {
		return value.Null, false
	}
	return d.vals[i], true
}

// Put sets the value of a key; fresh tells whether the key is new.
func (d *Dictionary) Put(r *run, k, v val) (fresh bool) {
	if k.R == nil {
		r.ThrowNull("key")
	}
	r.Step(1)
	kk := key(r, d.cmp, k)
	if i, ok := d.index[kk]; ok {
		d.vals[i] = v
		d.version++
		return false
	}
	r.AllocValues(4)
	if n := len(d.free); n > 0 { // a place that was freed is taken again, the last first
		i := d.free[n-1]
		d.free = d.free[:n-1]
		d.keys[i], d.vals[i], d.gone[i] = k, v, false
		d.index[kk] = i
	} else {
		d.index[kk] = len(d.keys)
		d.keys, d.vals, d.gone = append(d.keys, k), append(d.vals, v), append(d.gone, false)
	}
	d.version++
	return true
}

func (d *Dictionary) remove(r *run, k val) bool {
	kk := key(r, d.cmp, k)
	i, ok := d.index[kk]
	if ok {
		delete(d.index, kk)
		d.keys[i], d.vals[i], d.gone[i] = value.Null, value.Null, true
		d.free = append(d.free, i)
		d.version++
	}
	return ok
}

// Each calls f for every entry.
func (d *Dictionary) Each(f func(k, v val)) {
	for i, k := range d.keys {
		if !d.gone[i] {
			f(k, d.vals[i])
		}
	}
}

// Iter walks the entries as KeyValuePairs.
func (d *Dictionary) Iter(*value.Run) value.Iterator {
	t := pairType(d.T)
	i, version := 0, d.version
	return iterFunc(func(r *run) (val, bool) {
		if version != d.version {
			r.Throw(value.ExInvalidOp, "Collection was modified; enumeration operation may not execute.")
		}
		for ; i < len(d.keys); i++ {
			if !d.gone[i] {
				i++
				return NewPair(r, t, d.keys[i-1], d.vals[i-1]), true
			}
		}
		return value.Null, false
	})
}

func pairType(t *value.Type) *value.Type { return value.Make(pair, t.Args[0], t.Args[1]) }

// Pair is a KeyValuePair.
type Pair struct {
	T    *value.Type
	K, V val
}

// Type is the pair's type.
func (p *Pair) Type() *value.Type { return p.T }

// String writes [key, value].
func (p *Pair) String(r *run) string {
	r.Enter()
	defer r.Leave()
	s := "[" + value.Text(r, p.K) + ", " + value.Text(r, p.V) + "]"
	r.Spend(len(s))
	return s
}

// Equal compares keys and values.
func (p *Pair) Equal(r *run, o val) bool {
	q, ok := o.R.(*Pair)
	r.Enter()
	defer r.Leave()
	return ok && value.Equal(r, p.K, q.K) && value.Equal(r, p.V, q.V)
}

// Key is the same for equal pairs.
func (p *Pair) Key(r *run) string {
	r.Enter()
	defer r.Leave()
	s := value.KeyText(r, p.K) + "\x01" + value.KeyText(r, p.V)
	r.Spend(len(s))
	return s
}

// NewPair makes a KeyValuePair.
func NewPair(r *run, t *value.Type, k, v val) val {
	r.AllocValues(3)
	return value.Ref(&Pair{t, k, v})
}

// iterFunc is an Iterator made of a function.
type iterFunc func(r *run) (val, bool)

// Next calls it.
func (f iterFunc) Next(r *run) (val, bool) {
	r.Step(1)
	return f(r)
}

// seq is a lazy sequence.
type seq struct {
	t    *value.Type
	iter func(r *run) value.Iterator
}

// Type is IEnumerable<T>.
func (s *seq) Type() *value.Type { return s.t }

// Iter starts it.
func (s *seq) Iter(r *run) value.Iterator {
	r.Enter() // sequences on sequences are a recursion
	defer r.Leave()
	return s.iter(r)
}

// Lazy makes a sequence of type t (an IEnumerable<T>).
func Lazy(t *value.Type, iter func(r *run) value.Iterator) val { return value.Ref(&seq{t, iter}) }

// lazily declares a member that gives a lazy sequence; the source is checked at once.
func lazily(iter func(r *run, a []val) value.Iterator) func(value.Inst) value.Native {
	return func(in value.Inst) value.Native {
		return func(r *run, a []val) val {
			if a[0].R == nil {
				r.ThrowNull("source")
			}
			args := append([]val(nil), a...)
			return Lazy(in.Ret, func(r *run) value.Iterator { return iter(r, args) })
		}
	}
}
