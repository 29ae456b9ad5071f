package json

import (
	"portico/internal/policy/csharp/value"
)

// The functions below let other rooms read JSON that is not an expression's own.

// TryObject reads an object, dates left as text; ok is false where the text is none.
func TryObject(r *value.Run, s string) (o *Obj, ok bool) {
	defer func() {
		if p := recover(); p != nil {
			if _, is := p.(*value.Thrown); !is {
				panic(p)
			}
			o, ok = nil, false
		}
	}()
	t, is := parse(r, s, false).(*Obj)
	return t, is
}

// NamesOf gives the names of an object's properties.
func NamesOf(o *Obj) []string {
	names := make([]string, len(o.props))
	for i, p := range o.props {
		names[i] = p.name
	}
	return names
}

// TextOf gives a property as text; "" where it is not there.
func TextOf(r *value.Run, o *Obj, name string) string {
	if t := o.get(name); t != nil {
		return plain(r, t)
	}
	return ""
}

func plain(r *value.Run, t Token) string {
	if v, ok := t.(*Val); ok {
		if v.k == kBoolean {
			return map[bool]string{true: "true", false: "false"}[v.v.Bool()]
		}
		return value.Text(r, v.v)
	}
	return Text(r, t, false)
}

// TextsOf gives a property as a list of texts: one for each element of an array.
func TextsOf(r *value.Run, o *Obj, name string) []string {
	switch t := o.get(name).(type) {
	case nil:
		return nil
	case *Arr:
		out := make([]string, len(t.items))
		for i, it := range t.items {
			out[i] = plain(r, it)
		}
		return out
	default:
		return []string{plain(r, t)}
	}
}

// NumberOf gives a property that is a number.
func NumberOf(o *Obj, name string) (float64, bool) {
	v, ok := o.get(name).(*Val)
	if !ok || v.k != kInteger && v.k != kFloat {
		return 0, false
	}
	n := asNumber(v.v)
	return n.Float(), n.R != nil
}
