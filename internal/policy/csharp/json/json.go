// Package json declares the Newtonsoft.Json types that expressions may use:
// JToken and its kinds, JsonConvert, JSONPath. Texts are read as Newtonsoft
// reads them (comments, single quotes, dates become dates) and written as it
// writes them.
package json

import (
	"portico/internal/policy/csharp/collections"
	"portico/internal/policy/csharp/value"
)

type (
	run = value.Run
	val = value.Value
)

// The types of Newtonsoft.Json.
var (
	TokenType    = newTokenType()
	containerT   = value.NewClass("Newtonsoft.Json.Linq", "JContainer", TokenType)
	ObjectType   = newObjectType()
	ArrayType    = value.NewClass("Newtonsoft.Json.Linq", "JArray", containerT)
	propertyType = value.NewClass("Newtonsoft.Json.Linq", "JProperty", containerT)
	valueType    = value.NewClass("Newtonsoft.Json.Linq", "JValue", TokenType)
	rawType      = value.NewClass("Newtonsoft.Json.Linq", "JRaw", valueType)
	tokenKind    = value.NewEnum("Newtonsoft.Json.Linq", "JTokenType", "None", "Object", "Array", "Constructor", "Property", "Comment", "Integer", "Float",
		"String", "Boolean", "Null", "Undefined", "Date", "Raw", "Bytes", "Guid", "Uri", "TimeSpan")
	formatting   = value.NewEnum("Newtonsoft.Json", "Formatting", "None", "Indented")
	nullHandling = value.NewEnum("Newtonsoft.Json", "NullValueHandling", "Include", "Ignore")
	dateParsing  = value.NewEnum("Newtonsoft.Json", "DateParseHandling", "None", "DateTime", "DateTimeOffset")
	mergeArrays  = value.NewEnum("Newtonsoft.Json.Linq", "MergeArrayHandling", "Concat", "Union", "Replace", "Merge")
	settingsType = value.NewClass("Newtonsoft.Json", "JsonSerializerSettings", nil)
	mergeType    = value.NewClass("Newtonsoft.Json.Linq", "JsonMergeSettings", nil)
)

// newObjectType makes JObject; foreach over it gives pairs.
func newObjectType() *value.Type {
	t := value.NewClass("Newtonsoft.Json.Linq", "JObject", containerT)
	_, _, pair := collections.Dictionaries()
	t.Each = value.Make(pair, value.String, TokenType)
	return t
}

// newTokenType makes JToken, which is a sequence of itself.
func newTokenType() *value.Type {
	t := value.NewClass("Newtonsoft.Json.Linq", "JToken", nil)
	t.Ifaces = []*value.Type{value.Make(value.IEnumerable, t)}
	return t
}

// Kinds of tokens, as JTokenType numbers them.
const (
	kObject   = 1
	kArray    = 2
	kProperty = 4
	kComment  = 5
	kInteger  = 6
	kFloat    = 7
	kString   = 8
	kBoolean  = 9
	kNull     = 10
	kUndef    = 11
	kDate     = 12
	kRaw      = 13
	kBytes    = 14
	kGuid     = 15
	kUri      = 16
	kTimeSpan = 17
)

// Token is a JToken.
type Token interface {
	value.Object
	kind() int
	parent() Token
	setParent(Token)
}

type base struct{ up Token }

func (b *base) parent() Token     { return b.up }
func (b *base) setParent(t Token) { b.up = t }

// Obj is a JObject: properties in the order they came.
type Obj struct {
	base
	props []*Prop
	index map[string]*Prop // nil while there are few
}

// Arr is a JArray.
type Arr struct {
	base
	items []Token
}

// Prop is a JProperty.
type Prop struct {
	base
	name string
	v    Token
}

// Val is a JValue: a kind and the plain value.
type Val struct {
	base
	k int
	v val
}

// Type is JObject.
func (*Obj) Type() *value.Type { return ObjectType }

// Type is JArray.
func (*Arr) Type() *value.Type { return ArrayType }

// Type is JProperty.
func (*Prop) Type() *value.Type { return propertyType }

// Type is JValue.
func (v *Val) Type() *value.Type {
	if v.k == kRaw {
		return rawType
	}
	return valueType
}

func (*Obj) kind() int   { return kObject }
func (*Arr) kind() int   { return kArray }
func (*Prop) kind() int  { return kProperty }
func (v *Val) kind() int { return v.k }

// Scalar is the plain value of a JValue.
func (v *Val) Scalar() val { return v.v }

const smallObject = 8

func (o *Obj) find(name string) *Prop {
	if o.index != nil {
		return o.index[name]
	}
	for _, p := range o.props {
		if p.name == name {
			return p
		}
	}
	return nil
}

func (o *Obj) get(name string) Token {
	if p := o.find(name); p != nil {
		return p.v
	}
	return nil
}

// put sets a property, at its old place where it is there already.
func (o *Obj) put(r *run, name string, t Token) {
	t = adopt(r, o, t)
	if p := o.find(name); p != nil {
		p.v = t
		t.setParent(p)
		return
	}
	r.Alloc(160 + len(name))
	p := &Prop{name: name, v: t}
	t.setParent(p)
	o.attach(p)
}

func (o *Obj) attach(p *Prop) {
	p.up = o
	o.props = append(o.props, p)
	if o.index != nil {
		o.index[p.name] = p
	} else if len(o.props) > smallObject {
		o.index = make(map[string]*Prop, 2*len(o.props))
		for _, p := range o.props {
			o.index[p.name] = p
		}
	}
}

func (o *Obj) remove(name string) bool {
	for i, p := range o.props {
		if p.name == name {
			o.props = append(o.props[:i], o.props[i+1:]...)
			delete(o.index, name)
			p.up = nil
			return true
		}
	}
	return false
}

func (a *Arr) add(r *run, t Token) {
	t = adopt(r, a, t)
	r.Alloc(32)
	t.setParent(a)
	a.items = append(a.items, t)
}

// adopt gives a token that can be hung below into: a copy where it hangs
// elsewhere already, or is above.
func adopt(r *run, into, t Token) Token {
	if t == nil {
		return null()
	}
	if t.parent() != nil {
		return clone(r, t)
	}
	for p := into; p != nil; p = p.parent() {
		if p == t {
			return clone(r, t)
		}
	}
	return t
}

func null() Token { return &Val{k: kNull} }

// clone copies a token deeply.
func clone(r *run, t Token) Token {
	r.Enter()
	defer r.Leave()
	r.Step(1)
	r.Alloc(120)
	switch t := t.(type) {
	case *Obj:
		c := &Obj{}
		for _, p := range t.props {
			c.put(r, p.name, clone(r, p.v))
		}
		return c
	case *Arr:
		c := &Arr{}
		for _, it := range t.items {
			c.add(r, clone(r, it))
		}
		return c
	case *Prop:
		c := &Prop{name: t.name, v: clone(r, t.v)}
		c.v.setParent(c)
		return c
	case *Val:
		return &Val{k: t.k, v: t.v}
	}
	return null()
}

func ref(t Token) val {
	if t == nil {
		return value.Null
	}
	return value.Ref(t)
}

func token(v val) Token { t, _ := v.R.(Token); return t }

// children gives the tokens below t.
func children(t Token) []Token {
	switch t := t.(type) {
	case *Obj:
		out := make([]Token, len(t.props))
		for i, p := range t.props {
			out[i] = p
		}
		return out
	case *Arr:
		return t.items
	case *Prop:
		return []Token{t.v}
	}
	return nil
}

type tokenIter struct {
	list []Token
	i    int
}

// Next gives the next child.
func (it *tokenIter) Next(r *run) (val, bool) {
	if it.i >= len(it.list) {
		return value.Null, false
	}
	r.Step(1)
	it.i++
	return ref(it.list[it.i-1]), true
}

// Iter walks the properties.
func (o *Obj) Iter(r *run) value.Iterator { return &tokenIter{list: children(o)} }

// Walk walks the properties as pairs, which is what foreach over a JObject sees.
func (o *Obj) Walk(r *run) value.Iterator {
	items := make([]val, len(o.props))
	for i, p := range o.props {
		items[i] = collections.NewPair(r, ObjectType.Each, value.Str(p.name), ref(p.v))
	}
	return value.Items(items)
}

// Iter walks the elements.
func (a *Arr) Iter(*run) value.Iterator { return &tokenIter{list: a.items} }

// Len is the number of elements.
func (a *Arr) Len() int { return len(a.items) }

// Len is the number of properties.
func (o *Obj) Len() int { return len(o.props) }

// Iter walks the value.
func (p *Prop) Iter(*run) value.Iterator { return &tokenIter{list: []Token{p.v}} }

// Iter walks nothing.
func (v *Val) Iter(*run) value.Iterator { return &tokenIter{} }

// equal is JToken.DeepEquals.
func equal(r *run, a, b Token) bool {
	r.Enter()
	defer r.Leave()
	r.Step(1)
	switch x := a.(type) {
	case *Obj:
		y, ok := b.(*Obj)
		if !ok || len(x.props) != len(y.props) {
			return false
		}
		for _, p := range x.props {
			q := y.find(p.name)
			if q == nil || !equal(r, p.v, q.v) {
				return false
			}
		}
		return true
	case *Arr:
		y, ok := b.(*Arr)
		if !ok || len(x.items) != len(y.items) {
			return false
		}
		for i := range x.items {
			if !equal(r, x.items[i], y.items[i]) {
				return false
			}
		}
		return true
	case *Prop:
		y, ok := b.(*Prop)
		return ok && x.name == y.name && equal(r, x.v, y.v)
	case *Val:
		y, ok := b.(*Val)
		return ok && x.k == y.k && value.Equal(r, x.v, y.v)
	}
	return a == b
}

// Equal is Equals: by content for plain values, by identity otherwise.
func (v *Val) Equal(r *run, o val) bool {
	w, ok := o.R.(*Val)
	return ok && equal(r, v, w)
}

// Key is the same for equal values.
func (v *Val) Key(r *run) string { return value.KeyText(r, v.v) }

// Compare orders plain values.
func (v *Val) Compare(r *run, o val) int {
	w := o
	if x, ok := o.R.(*Val); ok {
		w = x.v
	}
	if v.v.R != nil && w.R != nil && v.v.R != w.R {
		if f, g := asNumber(v.v), asNumber(w); f.R != nil && g.R != nil {
			return value.Compare(r, f, g)
		}
		return value.Compare(r, value.Str(value.Text(r, v.v)), value.Str(value.Text(r, w)))
	}
	return value.Compare(r, v.v, w)
}

func asNumber(v val) val {
	t, _ := v.R.(*value.Type)
	switch {
	case t != nil && t.IsNumeric():
		return value.Float(v.ToFloat(t.Kind))
	case v.R != nil && v.R.Type() == value.Decimal:
		return value.Float(v.Dec().Float())
	}
	return value.Null
}
