package value

import (
	"fmt"
	"sort"
	"strings"
)

// Native is the body of a library member: args are the receiver (of instance
// members) and the arguments, converted to the parameters' types.
type Native func(r *Run, args []Value) Value

// Inst is what a generic member is bound with at one place of a program.
type Inst struct {
	Recv *Type   // type of the receiver
	Args []*Type // the type arguments of the method
	Ret  *Type   // the result's type with all arguments put in
}

// Param is a parameter of a library member or of a local function.
type Param struct {
	Name     string
	Type     *Type
	Out, Ref bool
	Params   bool   // params T[]
	Default  *Value // nil for none
}

// Method is a method, constructor, operator, conversion or indexer.
type Method struct {
	Name    string
	Owner   *Type
	Static  bool
	Ext     bool
	TParams int
	Params  []Param
	Ret     *Type
	Fn      Native
	Gen     func(Inst) Native
	Set     Native // of an indexer or property that can be assigned
}

// Members are the members that one type declares.
type Members struct {
	Methods map[string][]*Method
	Props   map[string]*Method
	Ctors   []*Method
	Index   []*Method
	Convs   []*Conv
	Ops     map[string][]*Method
	Consts  map[string]Value
}

// Conv is a conversion that a type of the library declares.
type Conv struct {
	From, To *Type
	Implicit bool
	Fn       Native
}

// Library is the closed set of types that expressions may use. It is built once and then only read.
type Library struct {
	types   map[string]*Type // by name, with `n behind a generic's
	members map[*Type]*Members
	exts    map[string][]*Method
	spaces  map[string]bool
	pending []pending
	errs    []string
}

type pending struct {
	t   *Type
	sig string
	fn  Native
	gen func(Inst) Native
	set Native
}

// NewLibrary makes an empty library.
func NewLibrary() *Library {
	return &Library{types: map[string]*Type{}, members: map[*Type]*Members{}, exts: map[string][]*Method{}, spaces: map[string]bool{}}
}

// Decl adds members to a type.
type Decl struct {
	l *Library
	t *Type
}

// Add makes a type known by its name.
func (l *Library) Add(t *Type) Decl {
	name := t.Name
	if len(t.Params) > 0 {
		name = fmt.Sprintf("%s`%d", name, len(t.Params))
	}
	if old := l.types[name]; old != nil && old != t {
		l.errs = append(l.errs, "two types are called "+name)
	}
	l.types[name] = t
	if t.Alias != "" {
		l.types[t.Alias] = t
	}
	for ns := t.Namespace; ns != ""; {
		l.spaces[ns] = true
		i := strings.LastIndexByte(ns, '.')
		if i < 0 {
			break
		}
		ns = ns[:i]
	}
	if l.members[t] == nil {
		l.members[t] = &Members{Methods: map[string][]*Method{}, Props: map[string]*Method{}, Ops: map[string][]*Method{}, Consts: map[string]Value{}}
	}
	if t.Kind == KEnum {
		for _, n := range t.Names {
			l.members[t].Consts[n.Name] = Of(t, n.Value)
		}
	}
	return Decl{l, t}
}

// Def declares a member by its signature: `int IndexOf(string value)`,
// `static DateTime Now`, `new(int capacity)`, `char this[int index]`,
// `operator bool ==(Uri a, Uri b)`, `implicit JToken(string v)`. An extension
// method has `this` before its first parameter.
func (d Decl) Def(sig string, fn Native) Decl {
	d.l.pending = append(d.l.pending, pending{t: d.t, sig: sig, fn: fn})
	return d
}

// Gen declares a member whose body depends on type arguments.
func (d Decl) Gen(sig string, gen func(Inst) Native) Decl {
	d.l.pending = append(d.l.pending, pending{t: d.t, sig: sig, gen: gen})
	return d
}

// Prop declares a property or indexer that can be assigned; set gets the receiver, the indexes and the value.
func (d Decl) Prop(sig string, get, set Native) Decl {
	d.l.pending = append(d.l.pending, pending{t: d.t, sig: sig, fn: get, set: set})
	return d
}

// Const declares a constant or a static that never changes.
func (d Decl) Const(name string, v Value) Decl {
	d.l.members[d.t].Consts[name] = v
	return d
}

// Freeze reads all signatures. It fails on the first build of a wrong library, which a test shows.
func (l *Library) Freeze() error {
	for _, p := range l.pending {
		if err := l.declare(p); err != nil {
			l.errs = append(l.errs, fmt.Sprintf("%s: %s: %v", p.t, p.sig, err))
		}
	}
	l.pending = nil
	if len(l.errs) > 0 {
		return fmt.Errorf("library: %s", strings.Join(l.errs, "; "))
	}
	return nil
}

// Lookup finds a type by its simple name and number of type arguments.
func (l *Library) Lookup(name string, arity int) *Type {
	if arity > 0 {
		name = fmt.Sprintf("%s`%d", name, arity)
	}
	return l.types[name]
}

// Namespace tells whether a dotted name is a namespace.
func (l *Library) Namespace(name string) bool { return l.spaces[name] }

// Members gives what a type itself declares; nil for nothing.
func (l *Library) Members(t *Type) *Members {
	if t.Def != nil {
		t = t.Def
	}
	return l.members[t]
}

// Extensions gives the extension methods of that name.
func (l *Library) Extensions(name string) []*Method { return l.exts[name] }

// Each calls f for every type with what it declares, in the order of the names.
func (l *Library) Each(f func(t *Type, m *Members)) {
	types := make([]*Type, 0, len(l.members))
	for t := range l.members {
		types = append(types, t)
	}
	sort.Slice(types, func(i, j int) bool {
		a, b := types[i], types[j]
		if a.FullName() != b.FullName() {
			return a.FullName() < b.FullName()
		}
		return len(a.Params) < len(b.Params)
	})
	for _, t := range types {
		f(t, l.members[t])
	}
}

// All gives every method, constructor, property and indexer.
func (m *Members) All() []*Method {
	var out []*Method
	for _, list := range m.Methods {
		out = append(out, list...)
	}
	for _, list := range m.Ops {
		out = append(out, list...)
	}
	for _, p := range m.Props {
		out = append(out, p)
	}
	out = append(out, m.Ctors...)
	return append(out, m.Index...)
}
