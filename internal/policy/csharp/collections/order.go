package collections

import (
	"portico/internal/policy/csharp/value"
)

// ordered is an IOrderedEnumerable: a source and the keys that it is sorted by.
type ordered struct {
	t    *value.Type
	src  val
	keys []orderKey
}

type orderKey struct {
	selector val
	cmp      *Comparer
	desc     bool
}

// Type is IOrderedEnumerable<T>.
func (o *ordered) Type() *value.Type { return o.t }

// Iter sorts; the sort is stable, as LINQ's is.
func (o *ordered) Iter(*run) value.Iterator {
	var it value.Iterator
	return iterFunc(func(r *run) (val, bool) {
		if it == nil {
			it = value.Items(o.sorted(r))
		}
		return it.Next(r)
	})
}

func (o *ordered) sorted(r *run) []val {
	list := value.Collect(r, o.src)
	r.AllocValues(len(list) * (len(o.keys) + 2))
	rows := make([]val, len(list))
	keys := make([][]val, len(list))
	for i, v := range list {
		ks := make([]val, len(o.keys))
		for j, k := range o.keys {
			ks[j] = r.Apply(k.selector, v)
		}
		keys[i] = ks
		rows[i] = value.Value{N: int64(i)}
	}
	sortValues(r, rows, func(x, y val) int {
		for j, k := range o.keys {
			n := k.cmp.compare(r, keys[x.N][j], keys[y.N][j])
			if n != 0 {
				if k.desc {
					return -n
				}
				return n
			}
		}
		return 0
	})
	for i, row := range rows {
		rows[i] = list[row.N]
	}
	return rows
}

func declareOrder(l *value.Library) {
	d := l.Add(l.Lookup("Enumerable", 0))
	for _, desc := range []bool{false, true} {
		suffix := ""
		if desc {
			suffix = "Descending"
		}
		by := func(in value.Inst) value.Native {
			return func(r *run, a []val) val {
				if a[0].R == nil {
					r.ThrowNull("source")
				}
				k := orderKey{selector: a[1], desc: desc}
				if len(a) > 2 {
					k.cmp = comparerOf(a[2])
				}
				o := &ordered{t: in.Ret, src: a[0], keys: []orderKey{k}}
				return value.Ref(o)
			}
		}
		then := func(in value.Inst) value.Native {
			return func(r *run, a []val) val {
				before, ok := a[0].R.(*ordered)
				if !ok {
					r.ThrowNull("source")
				}
				k := orderKey{selector: a[1], desc: desc}
				if len(a) > 2 {
					k.cmp = comparerOf(a[2])
				}
				return value.Ref(&ordered{before.t, before.src, append(before.keys[:len(before.keys):len(before.keys)], k)})
			}
		}
		d.Gen("static IOrderedEnumerable<T> OrderBy"+suffix+"<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)", by).
			Gen("static IOrderedEnumerable<T> OrderBy"+suffix+"<T, K>(this IEnumerable<T> source, Func<T, K> keySelector, IComparer<K> comparer)", by).
			Gen("static IOrderedEnumerable<T> ThenBy"+suffix+"<T, K>(this IOrderedEnumerable<T> source, Func<T, K> keySelector)", then).
			Gen("static IOrderedEnumerable<T> ThenBy"+suffix+"<T, K>(this IOrderedEnumerable<T> source, Func<T, K> keySelector, IComparer<K> comparer)", then)
	}
}

// grouping is an IGrouping.
type grouping struct {
	t     *value.Type
	key   val
	items []val
}

// Type is IGrouping<K,T>.
func (g *grouping) Type() *value.Type { return g.t }

// Len is the number of elements.
func (g *grouping) Len() int { return len(g.items) }

// Iter walks the elements.
func (g *grouping) Iter(*run) value.Iterator { return value.Items(g.items) }

// groupTable is an ILookup.
type groupTable struct {
	t      *value.Type
	cmp    *Comparer
	groups []val
	index  map[val]*grouping
}

// Type is ILookup<K,T>.
func (g *groupTable) Type() *value.Type { return g.t }

// Len is the number of groups.
func (g *groupTable) Len() int { return len(g.groups) }

// Iter walks the groups.
func (g *groupTable) Iter(*run) value.Iterator { return value.Items(g.groups) }

// group collects a sequence by key; elem maps the elements where it is not null.
func group(r *run, src, keyOf, elem val, c *Comparer, t *value.Type) *groupTable {
	out := &groupTable{cmp: c, index: map[val]*grouping{}}
	it := value.Iter(r, src)
	for v, ok := it.Next(r); ok; v, ok = it.Next(r) {
		k := r.Apply(keyOf, v)
		kk := key(r, c, k)
		g := out.index[kk]
		r.AllocValues(2)
		if g == nil {
			r.AllocValues(4)
			g = &grouping{t: t, key: k}
			out.index[kk] = g
			out.groups = append(out.groups, value.Ref(g))
		}
		if elem.R != nil {
			v = r.Apply(elem, v)
		}
		g.items = append(g.items, v)
	}
	return out
}

// declareJoins has GroupBy, ToLookup, Join and GroupJoin.
func declareJoins(l *value.Library) {
	d := l.Add(l.Lookup("Enumerable", 0))
	const src = "this IEnumerable<T> source, Func<T, K> keySelector"
	by := func(elem, result, cmp int) func(in value.Inst) value.Native {
		return func(in value.Inst) value.Native {
			var gt *value.Type
			if result == 0 {
				gt = in.Ret.Args[0]
			} else {
				last := in.Args[0]
				if elem > 0 {
					last = in.Args[2]
				}
				gt = value.Make(value.IGrouping, in.Args[1], last)
			}
			return lazily(func(r *run, a []val) value.Iterator {
				var it value.Iterator
				return iterFunc(func(r *run) (val, bool) {
					if it == nil {
						var e val
						var c *Comparer
						if elem > 0 {
							e = a[elem]
						}
						if cmp > 0 {
							c = comparerOf(a[cmp])
						}
						it = value.Items(group(r, a[0], a[1], e, c, gt).groups)
					}
					v, ok := it.Next(r)
					if ok && result > 0 {
						v = r.Apply2(a[result], v.R.(*grouping).key, v)
					}
					return v, ok
				})
			})(in)
		}
	}
	d.Gen("static IEnumerable<IGrouping<K, T>> GroupBy<T, K>("+src+")", by(0, 0, 0)).
		Gen("static IEnumerable<IGrouping<K, T>> GroupBy<T, K>("+src+", IEqualityComparer<K> comparer)", by(0, 0, 2)).
		Gen("static IEnumerable<IGrouping<K, E>> GroupBy<T, K, E>("+src+", Func<T, E> elementSelector)", by(2, 0, 0)).
		Gen("static IEnumerable<R> GroupBy<T, K, R>("+src+", Func<K, IEnumerable<T>, R> resultSelector)", by(0, 2, 0)).
		Gen("static IEnumerable<R> GroupBy<T, K, E, R>("+src+", Func<T, E> elementSelector, Func<K, IEnumerable<E>, R> resultSelector)", by(2, 3, 0))
	table := func(elem int) func(in value.Inst) value.Native {
		return func(in value.Inst) value.Native {
			gt := value.Make(value.IGrouping, in.Ret.Args...)
			return func(r *run, a []val) val {
				var e val
				if elem > 0 {
					e = a[elem]
				}
				out := group(r, a[0], a[1], e, nil, gt)
				out.t = in.Ret
				return value.Ref(out)
			}
		}
	}
	d.Gen("static ILookup<K, T> ToLookup<T, K>("+src+")", table(0)).
		Gen("static ILookup<K, E> ToLookup<T, K, E>("+src+", Func<T, E> elementSelector)", table(2))
	g := func(v val) *groupTable { x, _ := v.R.(*groupTable); return x }
	l.Add(lookup).
		Def("int Count", func(_ *run, a []val) val { return value.Int(g(a[0]).Len()) }).
		Def("bool Contains(K key)", func(r *run, a []val) val { return value.Bool(g(a[0]).index[key(r, nil, a[1])] != nil) }).
		Gen("IEnumerable<T> this[K key]", func(in value.Inst) value.Native {
			return func(r *run, a []val) val {
				if x := g(a[0]).index[key(r, nil, a[1])]; x != nil {
					return value.Ref(x)
				}
				return NewList(in.Ret.Args[0], nil)
			}
		})
	join := func(grouped bool) func(in value.Inst) value.Native {
		return func(in value.Inst) value.Native {
			gt := value.Make(value.IGrouping, in.Args[2], in.Args[1])
			return lazily(func(r *run, a []val) value.Iterator {
				outer := value.Iter(r, a[0])
				var inner *groupTable
				var from val
				var rest []val
				return iterFunc(func(r *run) (val, bool) {
					if inner == nil {
						inner = group(r, a[1], a[3], value.Null, nil, gt)
					}
					for len(rest) == 0 {
						var ok bool
						if from, ok = outer.Next(r); !ok {
							return value.Null, false
						}
						m := inner.index[key(r, nil, r.Apply(a[2], from))]
						if grouped {
							if m == nil {
								m = &grouping{t: gt}
							}
							return r.Apply2(a[4], from, value.Ref(m)), true
						}
						if m != nil {
							rest = m.items
						}
					}
					v := rest[0]
					rest = rest[1:]
					return r.Apply2(a[4], from, v), true
				})
			})(in)
		}
	}
	d.Gen("static IEnumerable<R> Join<T, U, K, R>(this IEnumerable<T> outer, IEnumerable<U> inner, Func<T, K> outerKeySelector, Func<U, K> innerKeySelector, Func<T, U, R> resultSelector)", join(false)).
		Gen("static IEnumerable<R> GroupJoin<T, U, K, R>(this IEnumerable<T> outer, IEnumerable<U> inner, Func<T, K> outerKeySelector, Func<U, K> innerKeySelector, Func<T, IEnumerable<U>, R> resultSelector)", join(true))
}
