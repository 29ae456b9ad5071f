package collections

import (
	"portico/internal/policy/csharp/decimal"
	"portico/internal/policy/csharp/value"
)

func noElements(r *run) { r.Throw(value.ExInvalidOp, "Sequence contains no elements") }

func noMatch(r *run) { r.Throw(value.ExInvalidOp, "Sequence contains no matching element") }

// declareResults has the LINQ methods that end a sequence in one value.
func declareResults(l *value.Library) {
	d := l.Add(l.Lookup("Enumerable", 0))
	const src = "this IEnumerable<T> source"
	// pick finds one element: the first, last or only one that a predicate takes
	pick := func(name string, orDefault bool, find func(r *run, a []val, take func(val) bool) (v val, n int)) {
		full := name
		if orDefault {
			full += "OrDefault"
		}
		gen := func(in value.Inst) value.Native {
			zero := value.Zero(in.Ret)
			return func(r *run, a []val) val {
				take := func(val) bool { return true }
				if len(a) > 1 {
					take = func(v val) bool { return r.Apply(a[1], v).Bool() }
				}
				v, n := find(r, a, take)
				if n == 0 {
					if orDefault {
						return zero
					}
					if len(a) > 1 {
						noMatch(r)
					}
					noElements(r)
				}
				if n > 1 {
					if len(a) > 1 {
						r.Throw(value.ExInvalidOp, "Sequence contains more than one matching element")
					}
					r.Throw(value.ExInvalidOp, "Sequence contains more than one element")
				}
				return v
			}
		}
		d.Gen("static T "+full+"<T>("+src+")", gen).Gen("static T "+full+"<T>("+src+", Func<T, bool> predicate)", gen)
	}
	first := func(r *run, a []val, take func(val) bool) (val, int) {
		it := value.Iter(r, a[0])
		for v, ok := it.Next(r); ok; v, ok = it.Next(r) {
			if take(v) {
				return v, 1
			}
		}
		return value.Null, 0
	}
	last := func(r *run, a []val, take func(val) bool) (found val, n int) {
		it := value.Iter(r, a[0])
		for v, ok := it.Next(r); ok; v, ok = it.Next(r) {
			if take(v) {
				found, n = v, 1
			}
		}
		return found, n
	}
	single := func(r *run, a []val, take func(val) bool) (found val, n int) {
		it := value.Iter(r, a[0])
		for v, ok := it.Next(r); ok && n < 2; v, ok = it.Next(r) {
			if take(v) {
				found = v
				n++
			}
		}
		return found, n
	}
	for _, orDefault := range []bool{false, true} {
		pick("First", orDefault, first)
		pick("Last", orDefault, last)
		pick("Single", orDefault, single)
	}
	d.Gen("static T ElementAt<T>("+src+", int index)", elementAt(false)).Gen("static T ElementAtOrDefault<T>("+src+", int index)", elementAt(true))
	number := func(r *run, a []val) int {
		if len(a) == 1 {
			return count(r, a[0])
		}
		n := 0
		it := value.Iter(r, a[0])
		for v, ok := it.Next(r); ok; v, ok = it.Next(r) {
			if r.Apply(a[1], v).Bool() {
				n++
			}
		}
		return n
	}
	counts := func(r *run, a []val) val { return value.Int(number(r, a)) }
	longs := func(r *run, a []val) val { return value.Long(int64(number(r, a))) }
	any := func(want bool) value.Native {
		return func(r *run, a []val) val {
			it := value.Iter(r, a[0])
			for v, ok := it.Next(r); ok; v, ok = it.Next(r) {
				if len(a) == 1 || r.Apply(a[1], v).Bool() == want {
					return value.Bool(want)
				}
			}
			return value.Bool(!want)
		}
	}
	d.Def("static int Count<T>("+src+")", counts).Def("static int Count<T>("+src+", Func<T, bool> predicate)", counts).
		Def("static long LongCount<T>("+src+")", longs).Def("static long LongCount<T>("+src+", Func<T, bool> predicate)", longs).
		Def("static bool Any<T>("+src+")", any(true)).Def("static bool Any<T>("+src+", Func<T, bool> predicate)", any(true)).
		Def("static bool All<T>("+src+", Func<T, bool> predicate)", any(false)).
		Def("static bool Contains<T>("+src+", T value)", func(r *run, a []val) val { return value.Bool(contains(r, a[0], a[1])) }).
		Def("static bool Contains<T>("+src+", T value, IEqualityComparer<T> comparer)", func(r *run, a []val) val {
			c := comparerOf(a[2])
			want := key(r, c, a[1])
			it := value.Iter(r, a[0])
			for v, ok := it.Next(r); ok; v, ok = it.Next(r) {
				if key(r, c, v) == want {
					return value.Bool(true)
				}
			}
			return value.Bool(false)
		}).
		Def("static bool SequenceEqual<T>(this IEnumerable<T> first, IEnumerable<T> second)", func(r *run, a []val) val {
			x, y := value.Iter(r, a[0]), value.Iter(r, a[1])
			for {
				v, ok := x.Next(r)
				w, ok2 := y.Next(r)
				if !ok || !ok2 {
					return value.Bool(ok == ok2)
				}
				if !value.Equal(r, v, w) {
					return value.Bool(false)
				}
			}
		})
	fold := func(r *run, it value.Iterator, acc, f val) val {
		for v, ok := it.Next(r); ok; v, ok = it.Next(r) {
			acc = r.Apply2(f, acc, v)
		}
		return acc
	}
	d.Def("static T Aggregate<T>("+src+", Func<T, T, T> func)", func(r *run, a []val) val {
		it := value.Iter(r, a[0])
		acc, ok := it.Next(r)
		if !ok {
			noElements(r)
		}
		return fold(r, it, acc, a[1])
	}).
		Def("static A Aggregate<T, A>("+src+", A seed, Func<A, T, A> func)", func(r *run, a []val) val {
			return fold(r, value.Iter(r, a[0]), a[1], a[2])
		}).
		Def("static R Aggregate<T, A, R>("+src+", A seed, Func<A, T, A> func, Func<A, R> resultSelector)", func(r *run, a []val) val {
			return r.Apply(a[3], fold(r, value.Iter(r, a[0]), a[1], a[2]))
		})
}

func elementAt(orDefault bool) func(in value.Inst) value.Native {
	return func(in value.Inst) value.Native {
		zero := value.Zero(in.Ret)
		return func(r *run, a []val) val {
			it, i := value.Iter(r, a[0]), int64(0)
			for v, ok := it.Next(r); ok; v, ok = it.Next(r) {
				if i == a[1].N {
					return v
				}
				i++
			}
			if !orDefault {
				r.ThrowRange("index")
			}
			return zero
		}
	}
}

// declareSums has Sum, Average, Min and Max for each numeric type.
func declareSums(l *value.Library) {
	d := l.Add(l.Lookup("Enumerable", 0))
	const src = "this IEnumerable<T> source, Func<T, "
	for _, t := range []*value.Type{value.Int32, value.Int64, value.Double, value.Single, value.Decimal} {
		n := t.Alias
		mean := n
		if t == value.Int32 || t == value.Int64 {
			mean = "double"
		}
		for _, null := range []string{"", "?"} {
			sum := summing(t, false, null != "")
			avg := summing(t, true, null != "")
			best := func(want int) value.Native { return extreme(want, null != "") }
			d.Def("static "+n+null+" Sum(this IEnumerable<"+n+null+"> source)", sum).
				Def("static "+n+null+" Sum<T>("+src+n+null+"> selector)", sum).
				Def("static "+mean+null+" Average(this IEnumerable<"+n+null+"> source)", avg).
				Def("static "+mean+null+" Average<T>("+src+n+null+"> selector)", avg).
				Def("static "+n+null+" Max(this IEnumerable<"+n+null+"> source)", best(1)).
				Def("static "+n+null+" Min(this IEnumerable<"+n+null+"> source)", best(-1)).
				Def("static "+n+null+" Max<T>("+src+n+null+"> selector)", best(1)).
				Def("static "+n+null+" Min<T>("+src+n+null+"> selector)", best(-1))
		}
	}
	best := func(want int) func(in value.Inst) value.Native {
		return func(in value.Inst) value.Native { return extreme(want, !in.Ret.IsValue()) }
	}
	d.Gen("static T Max<T>(this IEnumerable<T> source)", best(1)).Gen("static T Min<T>(this IEnumerable<T> source)", best(-1)).
		Gen("static R Max<T, R>(this IEnumerable<T> source, Func<T, R> selector)", best(1)).
		Gen("static R Min<T, R>(this IEnumerable<T> source, Func<T, R> selector)", best(-1))
}

// numbers walks the numbers of a sequence, or those that a selector gives; null is passed over.
func numbers(r *run, a []val, f func(v val)) {
	it := value.Iter(r, a[0])
	for v, ok := it.Next(r); ok; v, ok = it.Next(r) {
		if len(a) > 1 {
			v = r.Apply(a[1], v)
		}
		if v.R != nil {
			f(v)
		}
	}
}

func summing(t *value.Type, mean, nullable bool) value.Native {
	return func(r *run, a []val) val {
		n, whole, float := 0, int64(0), 0.0
		var dec decimal.Decimal
		numbers(r, a, func(v val) {
			n++
			switch t.Kind {
			case value.KDouble, value.KSingle:
				float += v.Float()
			case value.KDecimal:
				var err error
				if dec, err = dec.Add(v.Dec()); err != nil {
					r.Throw(value.ExOverflow, "Value was either too large or too small for a Decimal.")
				}
			default:
				sum := whole + v.N
				if (sum > whole) != (v.N > 0) && v.N != 0 || !mean && t == value.Int32 && sum != int64(int32(sum)) {
					r.Throw(value.ExOverflow, "Arithmetic operation resulted in an overflow.")
				}
				whole = sum
			}
		})
		if mean && n == 0 {
			if nullable {
				return value.Null
			}
			noElements(r)
		}
		switch {
		case t == value.Decimal && mean:
			dec, _ = dec.Div(decimal.FromInt(int64(n)))
			fallthrough
		case t == value.Decimal:
			return value.DecOf(dec)
		case t == value.Double || t == value.Single:
			if mean {
				float /= float64(n)
			}
			if t == value.Single {
				float = float64(float32(float))
			}
			return value.Of(t, value.Float(float).N)
		case mean:
			return value.Float(float64(whole) / float64(n))
		}
		return value.Of(t, whole)
	}
}

func extreme(want int, nullable bool) value.Native {
	return func(r *run, a []val) val {
		var best val
		numbers(r, a, func(v val) {
			if best.R == nil || value.Compare(r, v, best)*want > 0 {
				best = v
			}
		})
		if best.R == nil && !nullable {
			noElements(r)
		}
		return best
	}
}
