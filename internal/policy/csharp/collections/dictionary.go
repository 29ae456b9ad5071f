package collections

import (
	"portico/internal/policy/csharp/value"
)

// Map is what a read-only dictionary can do: ours, and those of the host.
type Map interface {
	Find(r *value.Run, k value.Value) (value.Value, bool)
	Each(f func(k, v value.Value))
	Len() int
}

func find(r *run, a []val) (val, bool) {
	m, ok := a[0].R.(Map)
	if !ok {
		r.Throw(value.ExNotSupported, "Specified method is not supported.")
	}
	return m.Find(r, a[1])
}

func mustFind(r *run, a []val) val {
	v, ok := find(r, a)
	if !ok {
		r.Throw(value.ExKeyNotFound, "The given key was not present in the dictionary.")
	}
	return v
}

func parts(r *run, m val) (keys, vals []val) {
	d, ok := m.R.(Map)
	if !ok {
		r.Throw(value.ExNotSupported, "Specified method is not supported.")
	}
	r.AllocValues(2 * d.Len())
	r.Step(d.Len())
	d.Each(func(k, v val) { keys, vals = append(keys, k), append(vals, v) })
	return keys, vals
}

func mutable(r *run, v val) *Dictionary {
	d, ok := v.R.(*Dictionary)
	if !ok {
		r.Throw(value.ExNotSupported, "Collection is read-only.")
	}
	return d
}

func addNew(r *run, d *Dictionary, k, v val) {
	if k.R == nil {
		r.ThrowNull("key")
	}
	if _, ok := d.Find(r, k); ok {
		r.Throw(value.ExArgument, "An item with the same key has already been added.")
	}
	d.Put(r, k, v)
}

func declareDictionaries(l *value.Library) {
	put := func(r *run, a []val) val {
		mutable(r, a[0]).Put(r, a[1], a[2])
		return value.Null
	}
	for _, t := range []*value.Type{iReadOnlyDictionary, iDictionary, dictionary} {
		d := l.Add(t).
			Def("int Count", func(r *run, a []val) val { return value.Int(count(r, a[0])) }).
			Def("bool ContainsKey(K key)", func(r *run, a []val) val {
				_, ok := find(r, a)
				return value.Bool(ok)
			}).
			Gen("bool TryGetValue(K key, out V value)", func(in value.Inst) value.Native {
				zero := value.Null
				if s := value.FindSuper(in.Recv, t); s != nil {
					zero = value.Zero(s.Args[1])
				}
				return func(r *run, a []val) val {
					v, ok := find(r, a)
					if !ok {
						v = zero
					}
					value.SetOut(a[2], v)
					return value.Bool(ok)
				}
			}).
			Gen("IEnumerable<K> Keys", func(in value.Inst) value.Native {
				return func(r *run, a []val) val { k, _ := parts(r, a[0]); return NewList(in.Ret.Args[0], k) }
			}).
			Gen("IEnumerable<V> Values", func(in value.Inst) value.Native {
				return func(r *run, a []val) val { _, v := parts(r, a[0]); return NewList(in.Ret.Args[0], v) }
			})
		if t == iReadOnlyDictionary {
			d.Def("V this[K key]", mustFind)
			continue
		}
		d.Prop("V this[K key]", mustFind, put).
			Def("void Add(K key, V value)", func(r *run, a []val) val {
				addNew(r, mutable(r, a[0]), a[1], a[2])
				return value.Null
			}).
			Def("bool Remove(K key)", func(r *run, a []val) val {
				if a[1].R == nil {
					r.ThrowNull("key")
				}
				return value.Bool(mutable(r, a[0]).remove(r, a[1]))
			}).
			Def("void Clear()", func(r *run, a []val) val {
				d := mutable(r, a[0])
				*d = Dictionary{T: d.T, cmp: d.cmp, index: map[val]int{}, version: d.version + 1}
				return value.Null
			})
	}
	make := func(in value.Inst) value.Native {
		return func(r *run, a []val) val {
			var c *Comparer
			for _, v := range a {
				if x := comparerOf(v); x != nil {
					c = x
				}
			}
			d := NewDictionary(in.Ret, c)
			if len(a) > 0 {
				if m, ok := a[0].R.(Map); ok {
					m.Each(func(k, v val) { d.Put(r, k, v) })
				} else if a[0].R == nil {
					r.ThrowNull("dictionary")
				}
			}
			return value.Ref(d)
		}
	}
	l.Add(dictionary).
		Gen("new()", make).Gen("new(int capacity)", make).Gen("new(IEqualityComparer<K> comparer)", func(in value.Inst) value.Native {
		return func(r *run, a []val) val { return value.Ref(NewDictionary(in.Ret, comparerOf(a[0]))) }
	}).
		Gen("new(IDictionary<K, V> dictionary)", make).
		Gen("new(IDictionary<K, V> dictionary, IEqualityComparer<K> comparer)", make).
		Def("bool ContainsValue(V value)", func(r *run, a []val) val {
			_, vals := parts(r, a[0])
			return value.Bool(indexOf(r, vals, a[1]) >= 0)
		})
	p := func(v val) *Pair { x, _ := v.R.(*Pair); return x }
	l.Add(pair).
		Gen("new(K key, V value)", func(in value.Inst) value.Native {
			return func(r *run, a []val) val { return NewPair(r, in.Ret, a[0], a[1]) }
		}).
		Gen("K Key", func(in value.Inst) value.Native {
			return func(r *run, a []val) val {
				if p(a[0]) == nil {
					return value.Zero(in.Ret)
				}
				return p(a[0]).K
			}
		}).
		Gen("V Value", func(in value.Inst) value.Native {
			return func(r *run, a []val) val {
				if p(a[0]) == nil {
					return value.Zero(in.Ret)
				}
				return p(a[0]).V
			}
		})
}

// Set is a HashSet<T>.
type Set struct{ *Dictionary }

// Type is the set's type.
func (s *Set) Type() *value.Type { return s.T }

// Iter walks the elements.
func (s *Set) Iter(r *run) value.Iterator {
	i, version := 0, s.version
	return iterFunc(func(r *run) (val, bool) {
		if version != s.version {
			r.Throw(value.ExInvalidOp, "Collection was modified; enumeration operation may not execute.")
		}
		for ; i < len(s.keys); i++ {
			if !s.gone[i] {
				i++
				return s.keys[i-1], true
			}
		}
		return value.Null, false
	})
}

func (s *Set) has(r *run, v val) bool {
	if v.R == nil {
		return false
	}
	_, ok := s.Find(r, v)
	return ok
}

func (s *Set) insert(r *run, v val) bool {
	if v.R == nil || s.has(r, v) {
		return false
	}
	return s.Put(r, v, value.Null)
}

func newSet(t *value.Type, c *Comparer) *Set { return &Set{NewDictionary(t, c)} }

func declareSets(l *value.Library) {
	s := func(v val) *Set { x, _ := v.R.(*Set); return x }
	make := func(in value.Inst) value.Native {
		return func(r *run, a []val) val {
			var c *Comparer
			if len(a) > 0 {
				c = comparerOf(a[len(a)-1])
			}
			out := newSet(in.Ret, c)
			if len(a) > 0 {
				if _, ok := a[0].R.(value.Iterable); ok || a[0].R == value.Object(value.String) {
					for _, v := range value.Collect(r, a[0]) {
						out.insert(r, v)
					}
				}
			}
			return value.Ref(out)
		}
	}
	other := func(r *run, v val) *Set {
		out := newSet(hashSet, nil)
		for _, x := range value.Collect(r, v) {
			out.insert(r, x)
		}
		return out
	}
	test := func(f func(r *run, a, b *Set) bool) value.Native {
		return func(r *run, a []val) val {
			o := other(r, a[1])
			o.cmp = s(a[0]).cmp
			return value.Bool(f(r, s(a[0]), o))
		}
	}
	subset := func(r *run, a, b *Set) bool {
		for i, k := range a.keys {
			if !a.gone[i] && !b.has(r, k) {
				return false
			}
		}
		return true
	}
	change := func(f func(r *run, a *Set, b *Set)) value.Native {
		return func(r *run, a []val) val {
			f(r, s(a[0]), other(r, a[1]))
			return value.Null
		}
	}
	keep := func(want bool) func(r *run, a, b *Set) {
		return func(r *run, a, b *Set) {
			for i, k := range a.keys {
				if !a.gone[i] && b.has(r, k) != want {
					a.remove(r, k)
				}
			}
		}
	}
	l.Add(hashSet).
		Gen("new()", make).Gen("new(IEnumerable<T> collection)", make).Gen("new(IEqualityComparer<T> comparer)", make).
		Gen("new(IEnumerable<T> collection, IEqualityComparer<T> comparer)", make).
		Def("int Count", func(_ *run, a []val) val { return value.Int(s(a[0]).Len()) }).
		Def("bool Add(T item)", func(r *run, a []val) val { return value.Bool(s(a[0]).insert(r, a[1])) }).
		Def("bool Contains(T item)", func(r *run, a []val) val { return value.Bool(s(a[0]).has(r, a[1])) }).
		Def("bool Remove(T item)", func(r *run, a []val) val { return value.Bool(a[1].R != nil && s(a[0]).remove(r, a[1])) }).
		Def("void Clear()", func(r *run, a []val) val {
			x := s(a[0])
			x.Dictionary = &Dictionary{T: x.T, cmp: x.cmp, index: map[val]int{}, version: x.version + 1}
			return value.Null
		}).
		Def("void UnionWith(IEnumerable<T> other)", change(func(r *run, a, b *Set) {
			b.Each(func(k, _ val) { a.insert(r, k) })
		})).
		Def("void IntersectWith(IEnumerable<T> other)", change(keep(true))).
		Def("void ExceptWith(IEnumerable<T> other)", change(keep(false))).
		Def("bool Overlaps(IEnumerable<T> other)", test(func(r *run, a, b *Set) bool {
			for i, k := range a.keys {
				if !a.gone[i] && b.has(r, k) {
					return true
				}
			}
			return false
		})).
		Def("bool IsSubsetOf(IEnumerable<T> other)", test(subset)).
		Def("bool IsSupersetOf(IEnumerable<T> other)", test(func(r *run, a, b *Set) bool { return subset(r, b, a) })).
		Def("bool SetEquals(IEnumerable<T> other)", test(func(r *run, a, b *Set) bool { return a.Len() == b.Len() && subset(r, a, b) }))
	declareQueues(l)
}

func declareQueues(l *value.Library) {
	of := func(v val) *List { x, _ := v.R.(*List); return x }
	make := func(in value.Inst) value.Native {
		return func(r *run, a []val) val {
			n := &List{T: in.Ret}
			if len(a) > 0 && a[0].R != value.Object(value.Int32) {
				n.Items = value.Collect(r, a[0])
			}
			return value.Ref(n)
		}
	}
	take := func(first, remove bool) value.Native {
		return func(r *run, a []val) val {
			q := of(a[0])
			if len(q.Items) == 0 {
				what := "Stack"
				if first {
					what = "Queue"
				}
				r.Throw(value.ExInvalidOp, "%s empty.", what)
			}
			i := len(q.Items) - 1
			if first {
				i = 0
			}
			v := q.Items[i]
			if remove {
				if first {
					q.Items = q.Items[1:]
				} else {
					q.Items = q.Items[:i]
				}
				q.version++
			}
			return v
		}
	}
	push := func(r *run, a []val) val {
		of(a[0]).add(r, a[1])
		return value.Null
	}
	for _, t := range []*value.Type{queue, stack} {
		l.Add(t).Gen("new()", make).Gen("new(int capacity)", make).Gen("new(IEnumerable<T> collection)", make).
			Def("bool Contains(T item)", func(r *run, a []val) val { return value.Bool(indexOf(r, of(a[0]).Items, a[1]) >= 0) }).
			Gen("T[] ToArray()", func(in value.Inst) value.Native {
				return func(r *run, a []val) val { return NewArrayOf(in.Ret, value.Collect(r, a[0])) }
			}).
			Def("void Clear()", func(r *run, a []val) val {
				of(a[0]).Items, of(a[0]).version = nil, of(a[0]).version+1
				return value.Null
			})
	}
	l.Add(queue).Def("void Enqueue(T item)", push).Def("T Dequeue()", take(true, true)).Def("T Peek()", take(true, false))
	l.Add(stack).Def("void Push(T item)", push).Def("T Pop()", take(false, true)).Def("T Peek()", take(false, false))
}
