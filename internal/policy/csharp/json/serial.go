package json

import (
	"strings"

	"portico/internal/policy/csharp/text"
	"portico/internal/policy/csharp/value"
)

func equalFold(a, b string) bool { return text.EqualFold(a, b) }

// settings is a JsonSerializerSettings or JsonMergeSettings.
type settings struct {
	t          *value.Type
	ignoreNull bool
	indent     bool
	dates      int64
	merge      int64
}

// Type is the class.
func (s *settings) Type() *value.Type { return s.t }

// dropNulls leaves out the properties that are null.
func dropNulls(r *run, t Token) Token {
	r.Enter()
	defer r.Leave()
	switch t := t.(type) {
	case *Obj:
		out := &Obj{}
		for _, p := range t.props {
			if p.v.kind() != kNull {
				out.put(r, p.name, dropNulls(r, p.v))
			}
		}
		return out
	case *Arr:
		out := &Arr{}
		for _, it := range t.items {
			out.add(r, dropNulls(r, it))
		}
		return out
	}
	return clone(r, t)
}

func declareConvert(l *value.Library) {
	serialize := func(r *run, v val, indent bool, s *settings) val {
		t := FromValue(r, v)
		if s != nil && s.ignoreNull {
			if token(v) == nil {
				t = dropNulls(r, t)
			}
		}
		return value.Str(Text(r, t, indent || s != nil && s.indent))
	}
	set := func(v val) *settings { s, _ := v.R.(*settings); return s }
	read := func(r *run, s val, to *value.Type, dates bool) val {
		if strings.TrimSpace(r.NeedStr(s, "value")) == "" {
			return value.Zero(to)
		}
		t := parse(r, s.S, dates)
		return ToValue(r, t, to)
	}
	l.Add(value.NewStatic("Newtonsoft.Json", "JsonConvert")).
		Def("static string SerializeObject(object value)", func(r *run, a []val) val { return serialize(r, a[0], false, nil) }).
		Def("static string SerializeObject(object value, Formatting formatting)", func(r *run, a []val) val { return serialize(r, a[0], indented(a[1]), nil) }).
		Def("static string SerializeObject(object value, JsonSerializerSettings settings)", func(r *run, a []val) val {
			return serialize(r, a[0], false, set(a[1]))
		}).
		Def("static string SerializeObject(object value, Formatting formatting, JsonSerializerSettings settings)", func(r *run, a []val) val {
			return serialize(r, a[0], indented(a[1]), set(a[2]))
		}).
		Gen("static T DeserializeObject<T>(string value)", func(in value.Inst) value.Native {
			return func(r *run, a []val) val { return read(r, a[0], in.Ret, in.Ret != value.String) }
		}).
		Gen("static T DeserializeObject<T>(string value, JsonSerializerSettings settings)", func(in value.Inst) value.Native {
			return func(r *run, a []val) val {
				s := set(a[1])
				return read(r, a[0], in.Ret, s == nil || s.dates != 0)
			}
		}).
		Def("static object DeserializeObject(string value)", func(r *run, a []val) val { return read(r, a[0], value.Obj, true) }).
		Gen("static T DeserializeAnonymousType<T>(string value, T anonymousTypeObject)", func(in value.Inst) value.Native {
			return func(r *run, a []val) val { return read(r, a[0], in.Ret, true) }
		}).
		Def("static string ToString(object value)", func(r *run, a []val) val { return serialize(r, a[0], false, nil) })
	make := func(t *value.Type) value.Native {
		return func(*run, []val) val { return value.Ref(&settings{t: t, dates: 1}) }
	}
	l.Add(settingsType).Def("new()", make(settingsType)).
		Prop("NullValueHandling NullValueHandling", func(_ *run, a []val) val {
			return value.Of(nullHandling, value.Bool(set(a[0]).ignoreNull).N)
		}, func(_ *run, a []val) val { set(a[0]).ignoreNull = a[1].N == 1; return value.Null }).
		Prop("Formatting Formatting", func(_ *run, a []val) val { return value.Of(formatting, value.Bool(set(a[0]).indent).N) },
			func(_ *run, a []val) val { set(a[0]).indent = a[1].N == 1; return value.Null }).
		Prop("DateParseHandling DateParseHandling", func(_ *run, a []val) val { return value.Of(dateParsing, set(a[0]).dates) },
			func(_ *run, a []val) val { set(a[0]).dates = a[1].N; return value.Null })
	l.Add(mergeType).Def("new()", make(mergeType)).
		Prop("MergeArrayHandling MergeArrayHandling", func(_ *run, a []val) val { return value.Of(mergeArrays, set(a[0]).merge) },
			func(_ *run, a []val) val { set(a[0]).merge = a[1].N; return value.Null })
}
