package compile

import (
	"strings"

	"portico/internal/policy/csharp/syntax"
	"portico/internal/policy/csharp/value"
)

// typeOf resolves a written type.
func (c *compiler) typeOf(t *syntax.TypeRef) *value.Type {
	if len(t.Elems) > 0 {
		return c.wrap(t, c.tupleType(t))
	}
	var names []string
	for i, p := range t.Parts {
		if i < len(t.Parts)-1 && (len(p.Args) > 0 || p.Open) {
			c.report(t.Pos, "the type '%s' is not one that expressions may use", typeName(t))
			return value.ErrType
		}
		names = append(names, p.Name)
	}
	last := t.Parts[len(t.Parts)-1]
	if last.Open {
		c.report(t.Pos, "an open generic type cannot be used here")
		return value.ErrType
	}
	args := make([]*value.Type, len(last.Args))
	for i, a := range last.Args {
		if args[i] = c.typeOf(a); args[i] == value.ErrType {
			return value.ErrType
		}
	}
	r := c.namedType(names, args)
	if r == nil {
		if len(t.Parts) == 1 && last.Name == "dynamic" {
			c.report(t.Pos, "dynamic is not supported; name the type, such as JObject")
		} else {
			c.report(t.Pos, "the type '%s' is not one that expressions may use", typeName(t))
		}
		return value.ErrType
	}
	return c.wrap(t, r)
}

// namedType finds a dotted name with type arguments, or gives nil.
func (c *compiler) namedType(names []string, args []*value.Type) *value.Type {
	name := names[len(names)-1]
	ns := strings.Join(names[:len(names)-1], ".")
	if ns == "" && len(args) == 0 && name == "void" {
		return value.Void
	}
	t := c.lib.Lookup(name, len(args))
	if t == nil || ns != "" && t.Namespace != ns {
		return nil
	}
	if ns != "" && name == t.Alias && name != t.Name {
		return nil
	}
	if len(args) == 0 {
		return t
	}
	if t.Name == "Nullable" {
		return value.NullableOf(args[0])
	}
	return value.Make(t, args...)
}

func (c *compiler) tupleType(t *syntax.TypeRef) *value.Type {
	tt := &value.Type{Namespace: "System", Name: "ValueTuple", Kind: value.KTuple, ZeroOf: zeroTuple}
	for i, e := range t.Elems {
		name := e.Name
		if name == "" {
			name = itemName(i)
		}
		et := c.typeOf(e.Type)
		if et == value.ErrType {
			return et
		}
		tt.Fields = append(tt.Fields, value.Field{Name: name, Type: et})
		tt.Args = append(tt.Args, et)
	}
	return tt
}

func zeroTuple(t *value.Type) value.Value {
	rec := &value.Record{T: t}
	for _, f := range t.Fields {
		rec.Fields = append(rec.Fields, value.Zero(f.Type))
	}
	return value.Ref(rec)
}

func itemName(i int) string { return "Item" + string(rune('1'+i)) }

// wrap adds the ? and [] of a written type.
func (c *compiler) wrap(t *syntax.TypeRef, r *value.Type) *value.Type {
	if r == value.ErrType {
		return r
	}
	if t.Nullable && r.IsValue() {
		if r.Kind == value.KNullable {
			c.report(t.Pos, "a nullable type cannot be nullable once more")
		}
		r = value.NullableOf(r)
	} else if t.Nullable {
		c.report(t.Pos, "'%s' is a reference type: it takes null without a ?", r)
	}
	for _, rank := range t.Ranks {
		if rank > 1 {
			c.report(t.Pos, "arrays of several dimensions are not supported; use arrays of arrays")
			return value.ErrType
		}
		if r == value.Void {
			c.report(t.Pos, "void cannot be used here")
			return value.ErrType
		}
		r = value.ArrayOf(r)
	}
	return r
}

// typeName writes a type as it stands in the text.
func typeName(t *syntax.TypeRef) string {
	var b strings.Builder
	for i, p := range t.Parts {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(p.Name)
		if len(p.Args) > 0 {
			b.WriteByte('<')
			for j, a := range p.Args {
				if j > 0 {
					b.WriteString(", ")
				}
				b.WriteString(typeName(a))
			}
			b.WriteByte('>')
		}
	}
	return b.String()
}

// variableType resolves the type of a variable: void and static classes have no values.
func (c *compiler) variableType(t *syntax.TypeRef) *value.Type {
	r := c.typeOf(t)
	if r == value.Void || r.Static {
		c.report(t.Pos, "a variable cannot be of type '%s'", r)
		return value.ErrType
	}
	return r
}
