package collections

import (
	"math"

	"portico/internal/policy/csharp/value"
)

// declareFilters has the LINQ methods that pass elements through one by one.
func declareFilters(l *value.Library) {
	d := l.Add(value.NewStatic("System.Linq", "Enumerable"))
	const src = "this IEnumerable<T> source"
	lazy := func(sig string, iter func(r *run, a []val) value.Iterator) { d.Gen(sig, lazily(iter)) }
	filter := func(keep func(r *run, f, v val, i int) bool) func(r *run, a []val) value.Iterator {
		return func(r *run, a []val) value.Iterator {
			it, i := value.Iter(r, a[0]), -1
			return iterFunc(func(r *run) (val, bool) {
				for v, ok := it.Next(r); ok; v, ok = it.Next(r) {
					if i++; keep(r, a[1], v, i) {
						return v, true
					}
				}
				return value.Null, false
			})
		}
	}
	lazy("static IEnumerable<T> Where<T>("+src+", Func<T, bool> predicate)", filter(func(r *run, f, v val, _ int) bool { return r.Apply(f, v).Bool() }))
	lazy("static IEnumerable<T> Where<T>("+src+", Func<T, int, bool> predicate)", filter(func(r *run, f, v val, i int) bool { return r.Apply2(f, v, value.Int(i)).Bool() }))
	project := func(f func(r *run, fn, v val, i int) val) func(r *run, a []val) value.Iterator {
		return func(r *run, a []val) value.Iterator {
			it, i := value.Iter(r, a[0]), -1
			return iterFunc(func(r *run) (val, bool) {
				v, ok := it.Next(r)
				if !ok {
					return v, false
				}
				i++
				return f(r, a[1], v, i), true
			})
		}
	}
	one := func(r *run, fn, v val, _ int) val { return r.Apply(fn, v) }
	two := func(r *run, fn, v val, i int) val { return r.Apply2(fn, v, value.Int(i)) }
	lazy("static IEnumerable<R> Select<T, R>("+src+", Func<T, R> selector)", project(one))
	lazy("static IEnumerable<R> Select<T, R>("+src+", Func<T, int, R> selector)", project(two))
	many := func(f func(r *run, fn, v val, i int) val, result bool) func(r *run, a []val) value.Iterator {
		return func(r *run, a []val) value.Iterator {
			outer := value.Iter(r, a[0])
			var inner value.Iterator
			var from val
			i := -1
			return iterFunc(func(r *run) (val, bool) {
				for {
					if inner != nil {
						if v, ok := inner.Next(r); ok {
							if result {
								v = r.Apply2(a[2], from, v)
							}
							return v, true
						}
					}
					var ok bool
					if from, ok = outer.Next(r); !ok {
						inner = nil
						return value.Null, false
					}
					i++
					inner = value.Iter(r, f(r, a[1], from, i))
				}
			})
		}
	}
	lazy("static IEnumerable<R> SelectMany<T, R>("+src+", Func<T, IEnumerable<R>> selector)", many(one, false))
	lazy("static IEnumerable<R> SelectMany<T, R>("+src+", Func<T, int, IEnumerable<R>> selector)", many(two, false))
	lazy("static IEnumerable<R> SelectMany<T, C, R>("+src+", Func<T, IEnumerable<C>> collectionSelector, Func<T, C, R> resultSelector)", many(one, true))
	declareSlices(lazy)
	same := func(r *run, a []val) val {
		if a[0].R == nil {
			r.ThrowNull("source")
		}
		return a[0]
	}
	d.Def("static IEnumerable<T> AsEnumerable<T>("+src+")", same)
	d.Gen("static IEnumerable<R> Cast<R>(this IEnumerable source)", func(in value.Inst) value.Native {
		to := in.Args[0]
		return lazily(func(r *run, a []val) value.Iterator {
			it := value.Iter(r, a[0])
			return iterFunc(func(r *run) (val, bool) {
				v, ok := it.Next(r)
				if ok && v.R != nil && !value.Is(v, to) {
					r.Throw(value.ExCast, "Specified cast is not valid.")
				}
				return v, ok
			})
		})(in)
	})
	d.Gen("static IEnumerable<R> OfType<R>(this IEnumerable source)", func(in value.Inst) value.Native {
		to := in.Args[0]
		return lazily(func(r *run, a []val) value.Iterator {
			it := value.Iter(r, a[0])
			return iterFunc(func(r *run) (val, bool) {
				for v, ok := it.Next(r); ok; v, ok = it.Next(r) {
					if value.Is(v, to) {
						return v, true
					}
				}
				return value.Null, false
			})
		})(in)
	})
	declareMakers(d)
}

// declareSlices has Take, Skip, Concat and such.
func declareSlices(lazy func(sig string, iter func(r *run, a []val) value.Iterator)) {
	const src = "this IEnumerable<T> source"
	lazy("static IEnumerable<T> Take<T>("+src+", int count)", func(r *run, a []val) value.Iterator {
		it, n := value.Iter(r, a[0]), a[1].N
		return iterFunc(func(r *run) (val, bool) {
			if n--; n < 0 {
				return value.Null, false
			}
			return it.Next(r)
		})
	})
	lazy("static IEnumerable<T> Skip<T>("+src+", int count)", func(r *run, a []val) value.Iterator {
		it, n := value.Iter(r, a[0]), a[1].N
		return iterFunc(func(r *run) (val, bool) {
			for ; n > 0; n-- {
				if _, ok := it.Next(r); !ok {
					n = 0
					return value.Null, false
				}
			}
			return it.Next(r)
		})
	})
	lazy("static IEnumerable<T> TakeWhile<T>("+src+", Func<T, bool> predicate)", func(r *run, a []val) value.Iterator {
		it, done := value.Iter(r, a[0]), false
		return iterFunc(func(r *run) (val, bool) {
			if done {
				return value.Null, false
			}
			v, ok := it.Next(r)
			if done = !ok || !r.Apply(a[1], v).Bool(); done {
				return value.Null, false
			}
			return v, true
		})
	})
	lazy("static IEnumerable<T> SkipWhile<T>("+src+", Func<T, bool> predicate)", func(r *run, a []val) value.Iterator {
		it, skipping := value.Iter(r, a[0]), true
		return iterFunc(func(r *run) (val, bool) {
			v, ok := it.Next(r)
			for ; skipping && ok; v, ok = it.Next(r) {
				if !r.Apply(a[1], v).Bool() {
					break
				}
			}
			skipping = false
			return v, ok
		})
	})
	after := func(first, second func(a []val) func(r *run) value.Iterator) func(r *run, a []val) value.Iterator {
		return func(r *run, a []val) value.Iterator {
			it, last := first(a)(r), false
			return iterFunc(func(r *run) (val, bool) {
				v, ok := it.Next(r)
				if !ok && !last {
					last = true
					it = second(a)(r)
					v, ok = it.Next(r)
				}
				return v, ok
			})
		}
	}
	seqAt := func(i int) func(a []val) func(r *run) value.Iterator {
		return func(a []val) func(r *run) value.Iterator {
			return func(r *run) value.Iterator { return value.Iter(r, a[i]) }
		}
	}
	oneAt := func(a []val) func(r *run) value.Iterator {
		return func(*run) value.Iterator { return value.Items(a[1:2]) }
	}
	lazy("static IEnumerable<T> Concat<T>(this IEnumerable<T> first, IEnumerable<T> second)", after(seqAt(0), seqAt(1)))
	lazy("static IEnumerable<T> Append<T>("+src+", T element)", after(seqAt(0), oneAt))
	lazy("static IEnumerable<T> Prepend<T>("+src+", T element)", after(oneAt, seqAt(0)))
	whole := func(f func(r *run, a []val) []val) func(r *run, a []val) value.Iterator {
		return func(r *run, a []val) value.Iterator {
			var it value.Iterator
			return iterFunc(func(r *run) (val, bool) {
				if it == nil {
					it = value.Items(f(r, a))
				}
				return it.Next(r)
			})
		}
	}
	lazy("static IEnumerable<T> Reverse<T>("+src+")", whole(func(r *run, a []val) []val {
		list := value.Collect(r, a[0])
		reverse(list)
		return list
	}))
	distinct := func(r *run, a []val) value.Iterator {
		var c *Comparer
		if len(a) > 1 {
			c = comparerOf(a[1])
		}
		it, seen := value.Iter(r, a[0]), map[val]bool{}
		return iterFunc(func(r *run) (val, bool) {
			for v, ok := it.Next(r); ok; v, ok = it.Next(r) {
				if k := key(r, c, v); !seen[k] {
					r.AllocValues(2)
					seen[k] = true
					return v, true
				}
			}
			return value.Null, false
		})
	}
	lazy("static IEnumerable<T> Distinct<T>("+src+")", distinct)
	lazy("static IEnumerable<T> Distinct<T>("+src+", IEqualityComparer<T> comparer)", distinct)
	sets := func(inSecond bool, both bool) func(r *run, a []val) value.Iterator {
		return func(r *run, a []val) value.Iterator {
			var c *Comparer
			if len(a) > 2 {
				c = comparerOf(a[2])
			}
			seen := map[val]bool{}
			if !both {
				for _, v := range value.Collect(r, a[1]) {
					r.AllocValues(2)
					seen[key(r, c, v)] = true
				}
			}
			it := value.Iter(r, a[0])
			second := false
			return iterFunc(func(r *run) (val, bool) {
				for {
					v, ok := it.Next(r)
					if !ok {
						if !both || second {
							return value.Null, false
						}
						second, it = true, value.Iter(r, a[1])
						continue
					}
					k := key(r, c, v)
					if seen[k] == inSecond {
						r.AllocValues(2)
						seen[k] = !inSecond
						return v, true
					}
				}
			})
		}
	}
	for name, iter := range map[string]func(r *run, a []val) value.Iterator{"Except": sets(false, false), "Intersect": sets(true, false), "Union": sets(false, true)} {
		lazy("static IEnumerable<T> "+name+"<T>(this IEnumerable<T> first, IEnumerable<T> second)", iter)
		lazy("static IEnumerable<T> "+name+"<T>(this IEnumerable<T> first, IEnumerable<T> second, IEqualityComparer<T> comparer)", iter)
	}
	lazy("static IEnumerable<R> Zip<T, U, R>(this IEnumerable<T> first, IEnumerable<U> second, Func<T, U, R> resultSelector)", func(r *run, a []val) value.Iterator {
		x, y := value.Iter(r, a[0]), value.Iter(r, a[1])
		return iterFunc(func(r *run) (val, bool) {
			v, ok := x.Next(r)
			w, ok2 := y.Next(r)
			if !ok || !ok2 {
				return value.Null, false
			}
			return r.Apply2(a[2], v, w), true
		})
	})
	empty := func(r *run, a []val) value.Iterator {
		it, first := value.Iter(r, a[0]), true
		return iterFunc(func(r *run) (val, bool) {
			v, ok := it.Next(r)
			if !ok && first {
				v, ok = a[1], true
				it = value.Items(nil)
			}
			first = false
			return v, ok
		})
	}
	lazy("static IEnumerable<T> DefaultIfEmpty<T>("+src+", T defaultValue)", empty)
}

// declareMakers has Range, Repeat, Empty and what turns a sequence into a collection.
func declareMakers(d value.Decl) {
	const src = "this IEnumerable<T> source"
	d.Gen("static IEnumerable<T> DefaultIfEmpty<T>("+src+")", func(in value.Inst) value.Native {
		zero := value.Zero(in.Ret.Args[0])
		return func(r *run, a []val) val {
			from := a[0]
			return Lazy(in.Ret, func(r *run) value.Iterator {
				if list := value.Collect(r, from); len(list) > 0 {
					return value.Items(list)
				}
				return value.Items([]val{zero})
			})
		}
	})
	d.Gen("static IEnumerable<int> Range(int start, int count)", func(in value.Inst) value.Native {
		return func(r *run, a []val) val {
			start, n := a[0].N, a[1].N
			if n < 0 || start+n-1 > math.MaxInt32 {
				r.ThrowRange("count")
			}
			return Lazy(in.Ret, func(*run) value.Iterator {
				i := int64(0)
				return iterFunc(func(*run) (val, bool) {
					if i++; i > n {
						return value.Null, false
					}
					return value.Int(int(start + i - 1)), true
				})
			})
		}
	})
	d.Gen("static IEnumerable<T> Repeat<T>(T element, int count)", func(in value.Inst) value.Native {
		return func(r *run, a []val) val {
			v, n := a[0], a[1].N
			if n < 0 {
				r.ThrowRange("count")
			}
			return Lazy(in.Ret, func(*run) value.Iterator {
				i := int64(0)
				return iterFunc(func(*run) (val, bool) { i++; return v, i <= n })
			})
		}
	})
	d.Gen("static IEnumerable<T> Empty<T>()", func(in value.Inst) value.Native {
		return func(*run, []val) val { return Lazy(in.Ret, func(*run) value.Iterator { return value.Items(nil) }) }
	})
	d.Gen("static List<T> ToList<T>("+src+")", func(in value.Inst) value.Native {
		return func(r *run, a []val) val { return value.Ref(&List{T: in.Ret, Items: value.Collect(r, a[0])}) }
	})
	d.Gen("static T[] ToArray<T>("+src+")", func(in value.Inst) value.Native {
		return func(r *run, a []val) val { return NewArrayOf(in.Ret, value.Collect(r, a[0])) }
	})
	set := func(in value.Inst) value.Native {
		return func(r *run, a []val) val {
			var c *Comparer
			if len(a) > 1 {
				c = comparerOf(a[1])
			}
			out := newSet(in.Ret, c)
			for _, v := range value.Collect(r, a[0]) {
				out.insert(r, v)
			}
			return value.Ref(out)
		}
	}
	d.Gen("static HashSet<T> ToHashSet<T>("+src+")", set)
	d.Gen("static HashSet<T> ToHashSet<T>("+src+", IEqualityComparer<T> comparer)", set)
	dict := func(elem, cmp int) func(in value.Inst) value.Native {
		return func(in value.Inst) value.Native {
			return func(r *run, a []val) val {
				var c *Comparer
				if cmp > 0 {
					c = comparerOf(a[cmp])
				}
				out := NewDictionary(in.Ret, c)
				it := value.Iter(r, a[0])
				for v, ok := it.Next(r); ok; v, ok = it.Next(r) {
					k := r.Apply(a[1], v)
					if elem > 0 {
						v = r.Apply(a[elem], v)
					}
					addNew(r, out, k, v)
				}
				return value.Ref(out)
			}
		}
	}
	d.Gen("static Dictionary<K, T> ToDictionary<T, K>("+src+", Func<T, K> keySelector)", dict(0, 0)).
		Gen("static Dictionary<K, T> ToDictionary<T, K>("+src+", Func<T, K> keySelector, IEqualityComparer<K> comparer)", dict(0, 2)).
		Gen("static Dictionary<K, V> ToDictionary<T, K, V>("+src+", Func<T, K> keySelector, Func<T, V> elementSelector)", dict(2, 0)).
		Gen("static Dictionary<K, V> ToDictionary<T, K, V>("+src+", Func<T, K> keySelector, Func<T, V> elementSelector, IEqualityComparer<K> comparer)", dict(2, 3))
}
