package syntax

import "fmt"

// Pos is a place in the text that was parsed; both counts start at 1, columns count characters.
type Pos struct{ Line, Col int32 }

func (p Pos) String() string { return fmt.Sprintf("%d:%d", p.Line, p.Col) }

// Error is one problem of the text.
type Error struct {
	Pos     Pos
	Message string
}

func (e *Error) Error() string { return e.Pos.String() + ": " + e.Message }

// Expr is an expression.
type Expr interface{ At() Pos }

// Stmt is a statement.
type Stmt interface{ At() Pos }

// At gives the place itself, so that every node which embeds Pos has it.
func (p Pos) At() Pos { return p }

// TypeRef is a type as it is written: a dotted name with type arguments, a
// tuple of Elems, with Nullable and array Ranks around it.
type TypeRef struct {
	Pos
	Parts    []NamePart // empty for a tuple
	Elems    []Param    // of a tuple type
	Nullable bool       // T?
	Ranks    []int      // one entry per [], holding its number of dimensions
}

// NamePart is one identifier of a dotted name.
type NamePart struct {
	Name string
	Args []*TypeRef
	Open bool // <> or <,>: an unbound generic, in typeof only
}

// Var tells whether the type is written `var`.
func (t *TypeRef) Var() bool {
	return len(t.Parts) == 1 && t.Parts[0].Name == "var" && t.Parts[0].Args == nil && len(t.Ranks) == 0 && !t.Nullable
}

// Param is a parameter, or an element of a tuple type. Type is nil where it is left out.
type Param struct {
	Pos
	Type    *TypeRef
	Name    string
	Mode    string // "", "out", "ref", "in", "params"
	Default Expr
}

// LiteralKind is the sort of a literal.
type LiteralKind uint8

// The literals.
const (
	IntLiteral LiteralKind = iota
	RealLiteral
	StringLiteral
	CharLiteral
	BoolLiteral
	NullLiteral
)

// The expressions.
type (
	// Literal is a constant; Text holds a number's digits without separators and suffix, Suffix is upper case.
	Literal struct {
		Pos
		Kind   LiteralKind
		Text   string
		Suffix string
		Char   rune
		Bool   bool
	}
	// Interpolated is $"…".
	Interpolated struct {
		Pos
		Parts []Hole
	}
	// Name is an identifier, perhaps with type arguments.
	Name struct {
		Pos
		Name string
		Args []*TypeRef
	}
	// PredefinedType is a keyword type where an expression stands: int in int.Parse.
	PredefinedType struct {
		Pos
		Type *TypeRef
	}
	// Member is X.Name.
	Member struct {
		Pos
		X    Expr
		Name string
		Args []*TypeRef
	}
	// Index is X[Args].
	Index struct {
		Pos
		X    Expr
		Args []Arg
	}
	// Call is X(Args).
	Call struct {
		Pos
		X    Expr
		Args []Arg
	}
	// CondAccess is X?.… : Rest is built on a CondTarget and is not evaluated where X is null.
	CondAccess struct {
		Pos
		X, Rest Expr
	}
	// CondTarget stands for the value before the nearest ?. .
	CondTarget struct{ Pos }
	// New is new T(Args) { Init }.
	New struct {
		Pos
		Type *TypeRef
		Args []Arg
		Init []InitItem
		Has  bool // an initialiser is there, even an empty one
	}
	// NewArray is new T[Sizes] { Init }; Type is nil for new[] { … }, and for a bare { … } of a declaration.
	NewArray struct {
		Pos
		Elem  *TypeRef
		Sizes []Expr
		Init  []Expr
		Has   bool
	}
	// NewAnon is new { A = x, y.B }.
	NewAnon struct {
		Pos
		Items []InitItem
	}
	// Unary is a prefix operator: + - ! ~ ++ -- .
	Unary struct {
		Pos
		Op string
		X  Expr
	}
	// Postfix is X++ or X--.
	Postfix struct {
		Pos
		Op string
		X  Expr
	}
	// Binary is X Op Y, and also ?? && ||.
	Binary struct {
		Pos
		Op   string
		X, Y Expr
	}
	// Assign is X Op Y where Op is = or a compound assignment.
	Assign struct {
		Pos
		Op   string
		X, Y Expr
	}
	// Cond is X ? Y : Z.
	Cond struct {
		Pos
		X, Y, Z Expr
	}
	// Is is X is Pattern.
	Is struct {
		Pos
		X       Expr
		Pattern Pattern
	}
	// As is X as Type.
	As struct {
		Pos
		X    Expr
		Type *TypeRef
	}
	// Cast is (Type)X.
	Cast struct {
		Pos
		Type *TypeRef
		X    Expr
	}
	// Lambda has a Body or a Block.
	Lambda struct {
		Pos
		Params []Param
		Body   Expr
		Block  *Block
	}
	// TypeOf is typeof(Type).
	TypeOf struct {
		Pos
		Type *TypeRef
	}
	// NameOf is nameof(X).
	NameOf struct {
		Pos
		X Expr
	}
	// Default is default(Type), or default where Type is nil.
	Default struct {
		Pos
		Type *TypeRef
	}
	// Tuple is (a, name: b).
	Tuple struct {
		Pos
		Items []Arg
	}
	// DeclExpr is a variable declared inside an expression: out var x, var (a, b) = ….
	DeclExpr struct {
		Pos
		Type  *TypeRef
		Name  string   // "_" discards
		Names []string // of var (a, b)
	}
	// Throw is throw X as an expression.
	Throw struct {
		Pos
		X Expr
	}
	// Checked is checked(X) or unchecked(X).
	Checked struct {
		Pos
		X  Expr
		On bool
	}
)

// Arg is an argument: its Name where it is given by name.
type Arg struct {
	Name string
	Mode string // "", "out", "ref", "in"
	X    Expr
}

// Hole is a part of an interpolated string: text, or a value.
type Hole struct {
	Text   string
	X      Expr // nil for text
	Align  Expr // nil for none
	Format string
}

// InitItem is one entry of an object or collection initialiser: Name = X, [Keys] = X, X, or { Keys… }.
type InitItem struct {
	Pos
	Name string
	Keys []Arg // of an indexer
	X    Expr  // nil where Adds or Nested is there
	Adds []Expr
	Nest []InitItem // Name = { … }
	Has  bool       // Nest was written
}

// Pattern is what stands after is, and in a case.
type Pattern struct {
	Pos
	Type    *TypeRef // type pattern, perhaps with Name; nil otherwise
	Name    string   // "" for none
	VarDecl bool     // var x
	Const   Expr     // constant pattern
}

// The statements.
type (
	// Block is { … }.
	Block struct {
		Pos
		Stmts []Stmt
	}
	// ExprStmt is an expression for its effect.
	ExprStmt struct {
		Pos
		X Expr
	}
	// Local declares variables of one type.
	Local struct {
		Pos
		Type  *TypeRef
		Const bool
		Vars  []Declarator
	}
	// LocalFunc declares a function.
	LocalFunc struct {
		Pos
		Type   *TypeRef
		Name   string
		Params []Param
		Body   Expr
		Block  *Block
	}
	// If is if (X) Then else Else.
	If struct {
		Pos
		X          Expr
		Then, Else Stmt
	}
	// While is while (X) Body, or do Body while (X) where Do is set.
	While struct {
		Pos
		X    Expr
		Body Stmt
		Do   bool
	}
	// For is for (Init; X; Step) Body.
	For struct {
		Pos
		Init []Stmt
		X    Expr
		Step []Expr
		Body Stmt
	}
	// Foreach is foreach (Type Name in X) Body.
	Foreach struct {
		Pos
		Type  *TypeRef
		Name  string
		Names []string // of foreach (var (a, b) in …)
		X     Expr
		Body  Stmt
	}
	// Switch is switch (X) { … }.
	Switch struct {
		Pos
		X        Expr
		Sections []Section
	}
	// Return is return X.
	Return struct {
		Pos
		X Expr
	}
	// Jump is break, continue, or goto case X / goto default (Goto).
	Jump struct {
		Pos
		Word string
		Case Expr // of goto case
	}
	// ThrowStmt is throw X; X is nil in a catch.
	ThrowStmt struct {
		Pos
		X Expr
	}
	// Try is try Body catch … finally Finally.
	Try struct {
		Pos
		Body    *Block
		Catches []Catch
		Finally *Block
	}
	// Using is using (Decl or X) Body.
	Using struct {
		Pos
		Decl *Local
		X    Expr
		Body Stmt
	}
	// CheckedBlock is checked { } or unchecked { }.
	CheckedBlock struct {
		Pos
		Body *Block
		On   bool
	}
	// Lock is lock (X) Body: nothing runs beside an expression, so X is only evaluated.
	Lock struct {
		Pos
		X    Expr
		Body Stmt
	}
	// Empty is a lone semicolon.
	Empty struct{ Pos }
)

// Declarator is one variable of a Local.
type Declarator struct {
	Pos
	Name string
	Init Expr
}

// Section is one or more labels and their statements.
type Section struct {
	Pos
	Labels []Label
	Stmts  []Stmt
}

// Label is case Pattern when Guard, or default.
type Label struct {
	Pos
	Default bool
	Pattern Pattern
	Guard   Expr
}

// Catch is catch (Type Name) when (Guard) Body; Type is nil for all.
type Catch struct {
	Pos
	Type  *TypeRef
	Name  string
	Guard Expr
	Body  *Block
}

// Tree is a whole policy expression: Expr for @( ), Block for @{ }.
type Tree struct {
	Expr     Expr
	Block    *Block
	Captured map[string]bool // identifiers that occur inside a lambda or local function
	// Damaged tells that a tool has re-quoted the text (as published documents have
	// it) and that closing brackets, and what is returned, were lost with the quotes.
	Damaged bool
}
