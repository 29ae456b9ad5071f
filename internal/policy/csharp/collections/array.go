package collections

import (
	"strconv"
	"strings"

	"portico/internal/policy/csharp/value"
)

func arrayLen(r *run, v val) int {
	switch a := v.R.(type) {
	case *value.Array:
		return len(a.Items)
	case *value.Bytes:
		return len(a.B)
	}
	r.ThrowNull("array")
	return 0
}

// copyArray is Array.Copy.
func copyArray(r *run, from val, fi int64, to val, ti, n int64) {
	if fi < 0 || ti < 0 || n < 0 {
		r.ThrowRange("length")
	}
	if fi+n > int64(arrayLen(r, from)) || ti+n > int64(arrayLen(r, to)) {
		r.Throw(value.ExArgument, "Destination array was not long enough. Check destIndex and length, and the array's lower bounds.")
	}
	r.Step(int(n) >> 4)
	switch f := from.R.(type) {
	case *value.Array:
		t, ok := to.R.(*value.Array)
		if !ok || !value.Derives(f.T.Elem(), t.T.Elem()) && !value.Derives(t.T.Elem(), f.T.Elem()) {
			r.Throw(value.ExArrayType, "Source array type cannot be assigned to destination array type.")
		}
		copy(t.Items[ti:ti+n], f.Items[fi:fi+n])
	case *value.Bytes:
		t, ok := to.R.(*value.Bytes)
		if !ok {
			r.Throw(value.ExArrayType, "Source array type cannot be assigned to destination array type.")
		}
		copy(t.B[ti:ti+n], f.B[fi:fi+n])
	}
}

func declareArrays(l *value.Library) {
	length := func(r *run, a []val) val { return value.Int(arrayLen(r, a[0])) }
	l.Add(value.ArrayType).
		Def("int Length", length).
		Def("long LongLength", func(r *run, a []val) val { return value.Long(int64(arrayLen(r, a[0]))) }).
		Def("int Rank", func(*run, []val) val { return value.Int(1) }).
		Def("int GetLength(int dimension)", length).
		Def("int GetUpperBound(int dimension)", func(r *run, a []val) val { return value.Int(arrayLen(r, a[0]) - 1) }).
		Def("object GetValue(int index)", func(r *run, a []val) val { return at(r, a[0], a[1].N) }).
		Def("object Clone()", func(r *run, a []val) val {
			r.AllocValues(arrayLen(r, a[0]))
			if b, ok := a[0].R.(*value.Bytes); ok {
				return value.ByteSlice(append([]byte(nil), b.B...))
			}
			x := a[0].R.(*value.Array)
			return value.Ref(&value.Array{T: x.T, Items: append([]val(nil), x.Items...)})
		}).
		Def("void CopyTo(Array array, int index)", func(r *run, a []val) val {
			copyArray(r, a[0], 0, a[1], a[2].N, int64(arrayLen(r, a[0])))
			return value.Null
		}).
		Def("static void Copy(Array sourceArray, Array destinationArray, int length)", func(r *run, a []val) val {
			copyArray(r, a[0], 0, a[1], 0, a[2].N)
			return value.Null
		}).
		Def("static void Copy(Array sourceArray, int sourceIndex, Array destinationArray, int destinationIndex, int length)", func(r *run, a []val) val {
			copyArray(r, a[0], a[1].N, a[2], a[3].N, a[4].N)
			return value.Null
		}).
		Def("static void Reverse(Array array)", func(r *run, a []val) val {
			if b, ok := a[0].R.(*value.Bytes); ok {
				for i, j := 0, len(b.B)-1; i < j; i, j = i+1, j-1 {
					b.B[i], b.B[j] = b.B[j], b.B[i]
				}
				return value.Null
			}
			r.Step(arrayLen(r, a[0]))
			reverse(a[0].R.(*value.Array).Items)
			return value.Null
		}).
		Def("static void Sort(Array array)", func(r *run, a []val) val {
			if b, ok := a[0].R.(*value.Array); ok {
				sortValues(r, b.Items, func(x, y val) int { return value.Compare(r, x, y) })
			}
			return value.Null
		}).
		Def("static void Sort<T>(T[] array, Comparison<T> comparison)", func(r *run, a []val) val {
			if b, ok := a[0].R.(*value.Array); ok {
				sortValues(r, b.Items, func(x, y val) int { return r.Apply2(a[1], x, y).Int() })
			}
			return value.Null
		}).
		Def("static void Clear(Array array, int index, int length)", func(r *run, a []val) val {
			if a[1].N < 0 || a[2].N < 0 || a[1].Int()+a[2].Int() > arrayLen(r, a[0]) {
				r.Throw(value.ExIndexRange, "Index was outside the bounds of the array.")
			}
			if b, ok := a[0].R.(*value.Bytes); ok {
				clear(b.B[a[1].N : a[1].N+a[2].N])
				return value.Null
			}
			x := a[0].R.(*value.Array)
			for i := a[1].N; i < a[1].N+a[2].N; i++ {
				x.Items[i] = value.Zero(x.T.Elem())
			}
			return value.Null
		}).
		Def("static int IndexOf<T>(T[] array, T value)", func(r *run, a []val) val {
			return value.Int(indexOf(r, value.Collect(r, a[0]), a[1]))
		}).
		Def("static int LastIndexOf<T>(T[] array, T value)", func(r *run, a []val) val {
			list := value.Collect(r, a[0])
			reverse(list)
			if i := indexOf(r, list, a[1]); i >= 0 {
				return value.Int(len(list) - 1 - i)
			}
			return value.Int(-1)
		}).
		Gen("static T[] Empty<T>()", func(in value.Inst) value.Native {
			return func(*run, []val) val { return NewArrayOf(in.Ret, nil) }
		}).
		Gen("static void Resize<T>(ref T[] array, int newSize)", func(in value.Inst) value.Native {
			elem := in.Args[0]
			return func(r *run, a []val) val {
				cell := a[0].R.(*value.Cell)
				if a[1].N < 0 {
					r.ThrowRange("newSize")
				}
				var old []val
				if cell.V.R != nil {
					old = value.Collect(r, cell.V)
				}
				r.AllocValues(a[1].Int())
				items := make([]val, a[1].N)
				for i := copy(items, old); i < len(items); i++ {
					items[i] = value.Zero(elem)
				}
				cell.V = NewArrayOf(value.ArrayOf(elem), items)
				return value.Null
			}
		})
	l.Add(value.NewStatic("System", "Buffer")).
		Def("static void BlockCopy(Array src, int srcOffset, Array dst, int dstOffset, int count)", func(r *run, a []val) val {
			copyArray(r, a[0], a[1].N, a[2], a[3].N, a[4].N)
			return value.Null
		})
	l.Add(value.NewStatic("System", "BitConverter")).
		Const("IsLittleEndian", value.Bool(true)).
		Def("static string ToString(byte[] value)", func(r *run, a []val) val {
			b, ok := a[0].R.(*value.Bytes)
			if !ok {
				r.ThrowNull("value")
			}
			r.Spend(3 * len(b.B))
			var s strings.Builder
			for i, c := range b.B {
				if i > 0 {
					s.WriteByte('-')
				}
				s.WriteByte("0123456789ABCDEF"[c>>4])
				s.WriteByte("0123456789ABCDEF"[c&15])
			}
			return value.Str(s.String())
		}).
		Def("static byte[] GetBytes(int value)", littleEndian(4)).Def("static byte[] GetBytes(long value)", littleEndian(8)).
		Def("static byte[] GetBytes(short value)", littleEndian(2)).
		Def("static int ToInt32(byte[] value, int startIndex)", fromLittle(value.Int32)).
		Def("static uint ToUInt32(byte[] value, int startIndex)", fromLittle(value.UInt32)).
		Def("static short ToInt16(byte[] value, int startIndex)", fromLittle(value.Int16)).
		Def("static long ToInt64(byte[] value, int startIndex)", fromLittle(value.Int64))
}

func littleEndian(n int) value.Native {
	return func(_ *run, a []val) val {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(a[0].N >> (8 * i))
		}
		return value.ByteSlice(b)
	}
}

func fromLittle(t *value.Type) value.Native {
	return func(r *run, a []val) val {
		b, ok := a[0].R.(*value.Bytes)
		n := int64(t.Bits() / 8)
		if !ok {
			r.ThrowNull("value")
		}
		if a[1].N < 0 || a[1].N+n > int64(len(b.B)) {
			r.ThrowRange("startIndex")
		}
		v := int64(0)
		for i := n - 1; i >= 0; i-- {
			v = v<<8 | int64(b.B[a[1].N+i])
		}
		return value.Wrapped(t, v)
	}
}

// tuple is a System.Tuple.
type tuple struct {
	t     *value.Type
	items []val
}

func (t *tuple) Type() *value.Type { return t.t }

func (t *tuple) String(r *run) string {
	r.Enter()
	defer r.Leave()
	s := make([]string, len(t.items))
	for i, v := range t.items {
		s[i] = value.Text(r, v)
	}
	out := "(" + strings.Join(s, ", ") + ")"
	r.Spend(len(out))
	return out
}

func (t *tuple) Equal(r *run, o val) bool {
	r.Enter()
	defer r.Leave()
	r.Step(1)
	u, ok := o.R.(*tuple)
	if !ok || len(u.items) != len(t.items) {
		return false
	}
	for i := range t.items {
		if !value.Equal(r, t.items[i], u.items[i]) {
			return false
		}
	}
	return true
}

func (t *tuple) Key(r *run) string {
	r.Enter()
	defer r.Leave()
	s := make([]string, len(t.items))
	for i, v := range t.items {
		s[i] = value.KeyText(r, v)
	}
	out := strings.Join(s, "\x01")
	r.Spend(len(out))
	return out
}

func declareTuples(l *value.Library) {
	create := l.Add(value.NewStatic("System", "Tuple"))
	for n := 1; n <= 7; n++ {
		var names, params []string
		for i := 1; i <= n; i++ {
			t := "T" + strconv.Itoa(i)
			names = append(names, t)
			params = append(params, t+" item"+strconv.Itoa(i))
		}
		make := func(in value.Inst) value.Native {
			return func(r *run, a []val) val {
				r.AllocValues(n + 1)
				return value.Ref(&tuple{in.Ret, append([]val(nil), a...)})
			}
		}
		t := value.Generic(value.NewClass("System", "Tuple", nil), names...)
		d := l.Add(t).Gen("new("+strings.Join(params, ", ")+")", make)
		for i := range n {
			d.Def(names[i]+" Item"+strconv.Itoa(i+1), func(_ *run, a []val) val { return a[0].R.(*tuple).items[i] })
		}
		list := strings.Join(names, ", ")
		create.Gen("static Tuple<"+list+"> Create<"+list+">("+strings.Join(params, ", ")+")", make)
	}
}
