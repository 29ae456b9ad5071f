package collections

import (
	"sort"

	"portico/internal/policy/csharp/text"
	"portico/internal/policy/csharp/value"
)

func fixed(r *run) { r.Throw(value.ExNotSupported, "Collection was of a fixed size.") }

// items gives the slice behind a list or an array; nil for others.
func items(v val) *[]val {
	switch o := v.R.(type) {
	case *List:
		return &o.Items
	case *value.Array:
		return &o.Items
	}
	return nil
}

func at(r *run, v val, i int64) val {
	if b, ok := v.R.(*value.Bytes); ok && i >= 0 && i < int64(len(b.B)) {
		return value.Of(value.Byte, int64(b.B[i]))
	}
	if p := items(v); p != nil && i >= 0 && i < int64(len(*p)) {
		return (*p)[i]
	}
	badIndex(r)
	return value.Null
}

func badIndex(r *run) {
	r.Throw(value.ExArgumentRange, "Index was out of range. Must be non-negative and less than the size of the collection.\nParameter name: index")
}

func setAt(r *run, a []val) val {
	p := items(a[0])
	if p == nil || a[1].N < 0 || a[1].N >= int64(len(*p)) {
		badIndex(r)
	}
	(*p)[a[1].N] = a[2]
	if l, ok := a[0].R.(*List); ok {
		l.version++
	}
	return value.Null
}

// count gives the length of what knows it, or walks the sequence.
func count(r *run, v val) int {
	if s, ok := v.R.(value.Sized); ok {
		return s.Len()
	}
	if v.R == value.Object(value.String) {
		return text.Len(v.S)
	}
	it := value.Iter(r, v)
	n := 0
	for _, ok := it.Next(r); ok; _, ok = it.Next(r) {
		n++
	}
	return n
}

func contains(r *run, seq, want val) bool {
	it := value.Iter(r, seq)
	for v, ok := it.Next(r); ok; v, ok = it.Next(r) {
		if value.Equal(r, v, want) {
			return true
		}
	}
	return false
}

func indexOf(r *run, list []val, want val) int {
	for i, v := range list {
		r.Step(1)
		if value.Equal(r, v, want) {
			return i
		}
	}
	return -1
}

// declareInterfaces gives the interfaces their members, which work on all that implement them.
func declareInterfaces(l *value.Library) {
	length := func(r *run, a []val) val { return value.Int(count(r, a[0])) }
	l.Add(value.IReadOnlyCollection).Def("int Count", length)
	l.Add(value.IReadOnlyList).Def("T this[int index]", func(r *run, a []val) val { return at(r, a[0], a[1].N) })
	l.Add(value.ICollection).
		Def("int Count", length).
		Def("bool IsReadOnly", func(_ *run, a []val) val { _, ok := a[0].R.(*List); return value.Bool(!ok) }).
		Def("bool Contains(T item)", func(r *run, a []val) val { return value.Bool(contains(r, a[0], a[1])) }).
		Def("void Add(T item)", func(r *run, a []val) val {
			if c, ok := a[0].R.(*List); ok {
				c.add(r, a[1])
			} else {
				fixed(r)
			}
			return value.Null
		}).
		Def("void Clear()", func(r *run, a []val) val {
			if c, ok := a[0].R.(*List); ok {
				c.Items, c.version = nil, c.version+1
			} else {
				fixed(r)
			}
			return value.Null
		}).
		Def("bool Remove(T item)", func(r *run, a []val) val {
			c, ok := a[0].R.(*List)
			if !ok {
				fixed(r)
			}
			i := indexOf(r, c.Items, a[1])
			if i >= 0 {
				c.remove(i, 1)
			}
			return value.Bool(i >= 0)
		}).
		Def("void CopyTo(T[] array, int arrayIndex)", func(r *run, a []val) val {
			from := value.Collect(r, a[0])
			to, ok := a[1].R.(*value.Array)
			if !ok || a[2].N < 0 || a[2].Int()+len(from) > len(to.Items) {
				r.Throw(value.ExArgument, "Destination array was not long enough. Check destIndex and length, and the array's lower bounds.")
			}
			copy(to.Items[a[2].N:], from)
			return value.Null
		})
	l.Add(value.IList).
		Prop("T this[int index]", func(r *run, a []val) val { return at(r, a[0], a[1].N) }, setAt).
		Def("int IndexOf(T item)", func(r *run, a []val) val { return value.Int(indexOf(r, value.Collect(r, a[0]), a[1])) }).
		Def("void Insert(int index, T item)", insert).
		Def("void RemoveAt(int index)", removeAt)
	l.Add(value.IGrouping).Def("K Key", func(_ *run, a []val) val { return a[0].R.(*grouping).key })
	equals := func(r *run, a []val) val {
		c := comparerOf(a[0])
		return value.Bool(key(r, c, a[1]) == key(r, c, a[2]))
	}
	l.Add(iEquality).Def("bool Equals(T x, T y)", equals).
		Def("int GetHashCode(T obj)", func(r *run, a []val) val { return value.Int(int(value.Hash(r, key(r, comparerOf(a[0]), a[1])))) })
	l.Add(iComparer).Def("int Compare(T x, T y)", func(r *run, a []val) val { return value.Int(comparerOf(a[0]).compare(r, a[1], a[2])) })
	d := l.Add(comparer)
	for name, c := range map[string]*Comparer{"Ordinal": {false, true}, "OrdinalIgnoreCase": {true, true}, "InvariantCulture": {false, false},
		"InvariantCultureIgnoreCase": {true, false}, "CurrentCulture": {false, false}, "CurrentCultureIgnoreCase": {true, false}} {
		v := value.Ref(c)
		d.Def("static StringComparer "+name, func(*run, []val) val { return v })
	}
}

// compare orders two values; a nil comparer is the default one.
func (c *Comparer) compare(r *run, a, b val) int {
	if c == nil || a.R == nil || b.R == nil {
		return value.Compare(r, a, b)
	}
	switch {
	case c.ordinal && c.ignore:
		return text.OrdinalFold(a.S, b.S)
	case c.ordinal:
		return text.Ordinal(a.S, b.S)
	}
	return text.Invariant(a.S, b.S, c.ignore)
}

func (l *List) remove(i, n int) {
	l.Items = append(l.Items[:i], l.Items[i+n:]...)
	l.version++
}

func insert(r *run, a []val) val {
	l, ok := a[0].R.(*List)
	if !ok {
		fixed(r)
	}
	if a[1].N < 0 || a[1].Int() > len(l.Items) {
		r.Throw(value.ExArgumentRange, "Index must be within the bounds of the List.\nParameter name: index")
	}
	l.add(r, value.Null)
	r.Step(len(l.Items) >> 4)
	copy(l.Items[a[1].N+1:], l.Items[a[1].N:])
	l.Items[a[1].N] = a[2]
	return value.Null
}

func removeAt(r *run, a []val) val {
	l, ok := a[0].R.(*List)
	if !ok {
		fixed(r)
	}
	if a[1].N < 0 || a[1].Int() >= len(l.Items) {
		badIndex(r)
	}
	r.Step(len(l.Items) >> 4)
	l.remove(a[1].Int(), 1)
	return value.Null
}

// sortValues sorts stably by a comparison, which may throw.
func sortValues(r *run, list []val, cmp func(a, b val) int) {
	sort.SliceStable(list, func(i, j int) bool {
		r.Step(2)
		return cmp(list[i], list[j]) < 0
	})
}

func reverse(list []val) {
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
}

func declareLists(l *value.Library) {
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
	d := l.Add(list).
		Gen("new()", make).Gen("new(int capacity)", make).Gen("new(IEnumerable<T> collection)", make).
		Prop("T this[int index]", func(r *run, a []val) val { return at(r, a[0], a[1].N) }, setAt).
		Def("int Count", func(_ *run, a []val) val { return value.Int(len(of(a[0]).Items)) }).
		Prop("int Capacity", func(_ *run, a []val) val { return value.Int(cap(of(a[0]).Items)) }, func(*run, []val) val { return value.Null }).
		Def("void AddRange(IEnumerable<T> collection)", func(r *run, a []val) val {
			for _, v := range value.Collect(r, a[1]) {
				of(a[0]).add(r, v)
			}
			return value.Null
		}).
		Def("void InsertRange(int index, IEnumerable<T> collection)", func(r *run, a []val) val {
			for i, v := range value.Collect(r, a[1]) {
				insert(r, []val{a[0], value.Int(a[1].Int() + i), v})
			}
			return value.Null
		}).
		Def("void RemoveRange(int index, int count)", func(r *run, a []val) val {
			if a[1].N < 0 || a[2].N < 0 || a[1].Int()+a[2].Int() > len(of(a[0]).Items) {
				r.Throw(value.ExArgument, "Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection.")
			}
			of(a[0]).remove(a[1].Int(), a[2].Int())
			return value.Null
		}).
		Def("int RemoveAll(Predicate<T> match)", func(r *run, a []val) val {
			old := of(a[0]).Items
			var kept []val
			for _, v := range old {
				if !r.Apply(a[1], v).Bool() {
					kept = append(kept, v)
				}
			}
			of(a[0]).Items = kept
			of(a[0]).version++
			return value.Int(len(old) - len(kept))
		}).
		Gen("List<T> GetRange(int index, int count)", func(in value.Inst) value.Native {
			return func(r *run, a []val) val {
				if a[1].N < 0 || a[2].N < 0 || a[1].Int()+a[2].Int() > len(of(a[0]).Items) {
					r.Throw(value.ExArgument, "Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection.")
				}
				r.AllocValues(a[2].Int())
				return value.Ref(&List{T: in.Ret, Items: append([]val(nil), of(a[0]).Items[a[1].N:a[1].N+a[2].N]...)})
			}
		}).
		Def("void Reverse()", func(r *run, a []val) val {
			reverse(of(a[0]).Items)
			of(a[0]).version++
			return value.Null
		}).
		Def("void ForEach(Action<T> action)", func(r *run, a []val) val {
			it := of(a[0]).Iter(r)
			for v, ok := it.Next(r); ok; v, ok = it.Next(r) {
				r.Apply(a[1], v)
			}
			return value.Null
		})
	order := func(cmp func(r *run, a []val) func(x, y val) int) value.Native {
		return func(r *run, a []val) val {
			sortValues(r, of(a[0]).Items, cmp(r, a))
			of(a[0]).version++
			return value.Null
		}
	}
	d.Def("void Sort()", order(func(r *run, _ []val) func(x, y val) int {
		return func(x, y val) int { return value.Compare(r, x, y) }
	})).
		Def("void Sort(IComparer<T> comparer)", order(func(r *run, a []val) func(x, y val) int {
			return func(x, y val) int { return comparerOf(a[1]).compare(r, x, y) }
		})).
		Def("void Sort(Comparison<T> comparison)", order(func(r *run, a []val) func(x, y val) int {
			return func(x, y val) int { return r.Apply2(a[1], x, y).Int() }
		})).
		Gen("T[] ToArray()", func(in value.Inst) value.Native {
			return func(r *run, a []val) val { return NewArrayOf(in.Ret, value.Collect(r, a[0])) }
		})
	declareFinds(l)
}

// declareFinds has the searching methods of List and Array.
func declareFinds(l *value.Library) {
	find := func(r *run, list []val, f val, last bool) int {
		for n := range list {
			i := n
			if last {
				i = len(list) - 1 - n
			}
			if r.Apply(f, list[i]).Bool() {
				return i
			}
		}
		return -1
	}
	elem := func(list []val, i int, t *value.Type) val {
		if i < 0 {
			return value.Zero(t)
		}
		return list[i]
	}
	all := func(r *run, list []val, f val) (out []val) {
		for _, v := range list {
			if r.Apply(f, v).Bool() {
				out = append(out, v)
			}
		}
		r.AllocValues(len(out))
		return out
	}
	d := l.Add(list)
	arr := l.Add(value.ArrayType)
	both := func(ret, name string, gen func(in value.Inst) func(r *run, list []val, f val) val) {
		g := func(in value.Inst) value.Native {
			f := gen(in)
			return func(r *run, a []val) val { return f(r, value.Collect(r, a[0]), a[1]) }
		}
		d.Gen(ret+" "+name+"(Predicate<T> match)", g)
		if ret != "List<T>" {
			arr.Gen("static "+ret+" "+name+"<T>(T[] array, Predicate<T> match)", g)
		}
	}
	both("bool", "Exists", func(value.Inst) func(*run, []val, val) val {
		return func(r *run, list []val, f val) val { return value.Bool(find(r, list, f, false) >= 0) }
	})
	both("bool", "TrueForAll", func(value.Inst) func(*run, []val, val) val {
		return func(r *run, list []val, f val) val { return value.Bool(len(all(r, list, f)) == len(list)) }
	})
	both("T", "Find", func(in value.Inst) func(*run, []val, val) val {
		return func(r *run, list []val, f val) val { return elem(list, find(r, list, f, false), in.Ret) }
	})
	both("T", "FindLast", func(in value.Inst) func(*run, []val, val) val {
		return func(r *run, list []val, f val) val { return elem(list, find(r, list, f, true), in.Ret) }
	})
	both("int", "FindIndex", func(value.Inst) func(*run, []val, val) val {
		return func(r *run, list []val, f val) val { return value.Int(find(r, list, f, false)) }
	})
	both("int", "FindLastIndex", func(value.Inst) func(*run, []val, val) val {
		return func(r *run, list []val, f val) val { return value.Int(find(r, list, f, true)) }
	})
	both("List<T>", "FindAll", func(in value.Inst) func(*run, []val, val) val {
		return func(r *run, list []val, f val) val { return value.Ref(&List{T: in.Ret, Items: all(r, list, f)}) }
	})
	arr.Gen("static T[] FindAll<T>(T[] array, Predicate<T> match)", func(in value.Inst) value.Native {
		return func(r *run, a []val) val { return NewArrayOf(in.Ret, all(r, value.Collect(r, a[0]), a[1])) }
	}).
		Def("static void ForEach<T>(T[] array, Action<T> action)", func(r *run, a []val) val {
			for _, v := range value.Collect(r, a[0]) {
				r.Apply(a[1], v)
			}
			return value.Null
		}).
		Gen("static R[] ConvertAll<T, R>(T[] array, Converter<T, R> converter)", func(in value.Inst) value.Native {
			return func(r *run, a []val) val {
				list := value.Collect(r, a[0])
				for i, v := range list {
					list[i] = r.Apply(a[1], v)
				}
				return NewArrayOf(in.Ret, list)
			}
		})
	d.Gen("List<R> ConvertAll<R>(Converter<T, R> converter)", func(in value.Inst) value.Native {
		return func(r *run, a []val) val {
			list := value.Collect(r, a[0])
			for i, v := range list {
				list[i] = r.Apply(a[1], v)
			}
			return value.Ref(&List{T: in.Ret, Items: list})
		}
	})
}

// NewArrayOf makes an array of type t (T[]), of bytes where T is byte.
func NewArrayOf(t *value.Type, list []val) val {
	if t.Elem() == value.Byte {
		b := make([]byte, len(list))
		for i, v := range list {
			b[i] = byte(v.N)
		}
		return value.ByteSlice(b)
	}
	return value.Ref(&value.Array{T: t, Items: list})
}
