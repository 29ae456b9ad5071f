package json

import (
	"encoding/base64"

	"portico/internal/policy/csharp/bcl"
	"portico/internal/policy/csharp/collections"
	"portico/internal/policy/csharp/format"
	"portico/internal/policy/csharp/value"
)

// scalarKind gives the token kind of a plain value; 0 where it is none.
func scalarKind(v val) int {
	if _, ok := bcl.DateParts(v); ok {
		return kDate
	}
	switch o := v.R.(type) {
	case nil:
		return kNull
	case *value.Dec:
		return kFloat
	case *value.Bytes:
		return kBytes
	case *value.Type:
		switch {
		case o.Kind == value.KString || o.Kind == value.KChar:
			return kString
		case o.Kind == value.KBool:
			return kBoolean
		case o.Kind == value.KDouble || o.Kind == value.KSingle:
			return kFloat
		case o.IsInteger() || o.Kind == value.KEnum:
			return kInteger
		case o == bcl.SpanType():
			return kTimeSpan
		case o.Name == "Guid":
			return kGuid
		}
	}
	if v.R.Type().Name == "Uri" {
		return kUri
	}
	return 0
}

// FromValue is JToken.FromObject.
func FromValue(r *run, v val) Token {
	r.Enter()
	defer r.Leave()
	r.Step(1)
	r.Alloc(96)
	if t := token(v); t != nil {
		return t
	}
	if k := scalarKind(v); k != 0 {
		if k == kString && v.R == value.Object(value.Char) {
			v = value.Str(value.Text(r, v))
		}
		if t, ok := v.R.(*value.Type); ok && k == kInteger && t.Kind != value.KUInt64 && t.Kind != value.KEnum {
			v = value.Long(v.N)
		}
		return &Val{k: k, v: v}
	}
	switch o := v.R.(type) {
	case *value.Record:
		out := &Obj{}
		for i, f := range o.T.Fields {
			name := f.Name
			if o.T.Kind == value.KTuple {
				name = "Item" + string(rune('1'+i))
			}
			out.put(r, name, FromValue(r, o.Fields[i]))
		}
		return out
	case collections.Map:
		out := &Obj{}
		o.Each(func(k, v val) { out.put(r, value.Text(r, k), FromValue(r, v)) })
		return out
	case *collections.Pair:
		out := &Obj{}
		out.put(r, "Key", FromValue(r, o.K))
		out.put(r, "Value", FromValue(r, o.V))
		return out
	case *value.Exception:
		out := &Obj{}
		out.put(r, "ClassName", FromValue(r, value.Str(o.T.FullName())))
		out.put(r, "Message", FromValue(r, value.Str(o.Message)))
		return out
	case value.Iterable:
		out := &Arr{}
		it := o.Iter(r)
		for x, ok := it.Next(r); ok; x, ok = it.Next(r) {
			out.add(r, FromValue(r, x))
		}
		return out
	}
	return &Val{k: kString, v: value.Str(value.Text(r, v))}
}

// ToValue makes a T of a token, as ToObject<T> and DeserializeObject<T> do.
func ToValue(r *run, t Token, to *value.Type) val {
	r.Enter()
	defer r.Leave()
	r.Step(1)
	if value.Derives(ObjectType, to) && to != value.Obj || to == valueType {
		if to == ObjectType || to == ArrayType || to == valueType {
			if !value.Is(ref(t), to) {
				r.Throw(value.ExCast, "Unable to cast object of type '%s' to type '%s'.", t.Type().FullName(), to.FullName())
			}
		}
		return ref(t)
	}
	if to == ArrayType {
		if t.kind() != kArray {
			r.Throw(value.ExCast, "Unable to cast object of type '%s' to type '%s'.", t.Type().FullName(), to.FullName())
		}
		return ref(t)
	}
	v, scalar := t.(*Val)
	if scalar && v.k == kNull {
		if to.IsValue() && to.Kind != value.KNullable {
			r.Throw(value.ExJSONSerial, "Error converting value {null} to type '%s'. Path '%s'.", to.FullName(), path(t))
		}
		return value.Null
	}
	if to == value.Obj {
		if scalar {
			return v.v
		}
		return ref(t)
	}
	if scalar {
		return convertScalar(r, v, to)
	}
	return toCollection(r, t, to)
}

func toCollection(r *run, t Token, to *value.Type) val {
	readOnly, dict, _ := collections.Dictionaries()
	if o, ok := t.(*Obj); ok {
		if to.Def != nil && value.FindSuper(value.Make(dict, to.Args...), to.Def) != nil && len(to.Args) == 2 || to.Def == readOnly {
			dt := value.Make(dict, to.Args...)
			d := collections.NewDictionary(dt, nil)
			for _, p := range o.props {
				d.Put(r, ToValue(r, &Val{k: kString, v: value.Str(p.name)}, to.Args[0]), ToValue(r, p.v, to.Args[1]))
			}
			return value.Ref(d)
		}
		if to.Kind == value.KAnon || to.Kind == value.KTuple {
			rec := &value.Record{T: to, Fields: make([]val, len(to.Fields))}
			for i, f := range to.Fields {
				rec.Fields[i] = value.Zero(f.Type)
				if x := o.get(f.Name); x != nil {
					rec.Fields[i] = ToValue(r, x, f.Type)
				}
			}
			return value.Ref(rec)
		}
	}
	if a, ok := t.(*Arr); ok {
		var elem *value.Type
		if to.Kind == value.KArray {
			elem = to.Elem()
		} else if len(to.Args) == 1 {
			elem = to.Args[0]
		}
		if elem != nil {
			items := make([]val, len(a.items))
			for i, it := range a.items {
				items[i] = ToValue(r, it, elem)
			}
			r.AllocValues(len(items))
			if to.Kind == value.KArray {
				return collections.NewArrayOf(to, items)
			}
			l := collections.NewList(elem, items)
			if value.Is(l, to) {
				return l
			}
		}
	}
	r.Throw(value.ExJSONSerial, "Cannot deserialize the current JSON into type '%s'. Path '%s'.", to.FullName(), path(t))
	return value.Null
}

// convertScalar turns a plain value into a T.
func convertScalar(r *run, v *Val, to *value.Type) val {
	u := to.Underlying()
	x := v.v
	if x.R != nil && x.R == value.Object(u) {
		return x
	}
	if d, ok := bcl.DateParts(x); ok {
		switch u {
		case value.String:
			return value.Str(value.Text(r, x))
		case bcl.OffsetType():
			return bcl.OffsetOf(format.Moment{Ticks: d.Ticks, HasOffset: true})
		case bcl.DateTimeType():
			return x
		}
	}
	switch {
	case u == value.String:
		return value.Str(value.Text(r, x))
	case u.Kind == value.KEnum:
		return toEnum(r, x, u)
	case u == value.Boolean || u == value.Char || u.IsNumeric():
		return bcl.ChangeType(r, x, u)
	case u == value.ByteArray && x.R == value.Object(value.String):
		b, err := base64.StdEncoding.DecodeString(x.S)
		if err != nil {
			r.Throw(value.ExFormat, "Invalid length for a Base-64 char array or string.")
		}
		return value.ByteSlice(b)
	}
	if x.R == value.Object(value.String) {
		if y, ok := bcl.FromText(r, x.S, u); ok {
			return y
		}
	}
	r.Throw(value.ExArgument, "Can not convert %s to %s.", kindName(v.k), u.Name)
	return value.Null
}

func toEnum(r *run, v val, t *value.Type) val {
	if v.R == value.Object(value.String) {
		for _, n := range t.Names {
			if n.Name == v.S {
				return value.Of(t, n.Value)
			}
		}
	}
	n := bcl.ChangeType(r, v, value.Int32)
	return value.Of(t, n.N)
}

func kindName(k int) string {
	for _, n := range tokenKind.Names {
		if n.Value == int64(k) {
			return n.Name
		}
	}
	return "None"
}
