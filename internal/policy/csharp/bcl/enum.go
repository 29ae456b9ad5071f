package bcl

import (
	"strconv"
	"strings"

	"portico/internal/policy/csharp/value"
)

// enumType gives the enum that a System.Type stands for.
func enumType(r *run, v val) *value.Type {
	box, ok := v.R.(*value.TypeBox)
	if !ok {
		r.ThrowNull("enumType")
	}
	if box.Of.Kind != value.KEnum {
		r.Throw(value.ExArgument, "Type provided must be an Enum.")
	}
	return box.Of
}

// enumOf reads names, joined by commas, or a number.
func enumOf(t *value.Type, s string, ignoreCase bool) (val, bool) {
	s = strings.TrimSpace(s)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return value.Of(t, n), true
	}
	var n int64
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		found := false
		for _, name := range t.Names {
			if name.Name == part || ignoreCase && strings.EqualFold(name.Name, part) {
				n, found = n|name.Value, true
				break
			}
		}
		if !found {
			return value.Null, false
		}
	}
	return value.Of(t, n), true
}

// declareEnum has the static members of System.Enum.
func declareEnum(l *value.Library) {
	parse := func(r *run, a []val) val {
		t, s := enumType(r, a[0]), r.NeedStr(a[1], "value")
		v, ok := enumOf(t, s, len(a) > 2 && a[2].Bool())
		if !ok {
			r.Throw(value.ExArgument, "Requested value '%s' was not found.", s)
		}
		return v
	}
	tryParse := func(in value.Inst) value.Native {
		t := in.Args[0]
		return func(r *run, a []val) val {
			v, ok := value.Zero(t), false
			if t.Kind != value.KEnum {
				r.Throw(value.ExArgument, "Type provided must be an Enum.")
			}
			if a[0].R != nil {
				if read, is := enumOf(t, a[0].S, len(a) > 2 && a[1].Bool()); is {
					v, ok = read, true
				}
			}
			value.SetOut(a[len(a)-1], v)
			return value.Bool(ok)
		}
	}
	l.Add(value.NewStatic("System", "Enum")).
		Def("static object Parse(Type enumType, string value)", parse).
		Def("static object Parse(Type enumType, string value, bool ignoreCase)", parse).
		Gen("static bool TryParse<T>(string value, out T result)", tryParse).
		Gen("static bool TryParse<T>(string value, bool ignoreCase, out T result)", tryParse).
		Def("static bool IsDefined(Type enumType, object value)", func(r *run, a []val) val {
			t := enumType(r, a[0])
			for _, n := range t.Names {
				if a[1].R == value.Object(value.String) && a[1].S == n.Name || a[1].R != value.Object(value.String) && a[1].R != nil && a[1].N == n.Value {
					return value.Bool(true)
				}
			}
			return value.Bool(false)
		}).
		Def("static string GetName(Type enumType, object value)", func(r *run, a []val) val {
			for _, n := range enumType(r, a[0]).Names {
				if a[1].R != nil && a[1].N == n.Value {
					return value.Str(n.Name)
				}
			}
			return value.Null
		}).
		Def("static string[] GetNames(Type enumType)", func(r *run, a []val) val {
			var names []string
			for _, n := range enumType(r, a[0]).Names {
				names = append(names, n.Name)
			}
			return value.Strings(names)
		})
}
