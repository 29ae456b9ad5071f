package policy

import (
	"errors"
	"strconv"
	"strings"

	"portico/internal/fault"
	"portico/internal/policy/csharp"
	"portico/internal/policy/csharp/value"
	"portico/internal/policy/document"
)

// Check tells whether a document may be stored at a scope. Its error is a
// fault.Error with every problem of the document, each with its element, line
// and column. Warnings name what is stored and fails the calls that reach it,
// because it is not offered yet.
func (t Table) Check(format, value string, scope Scope) (warnings []fault.Problem, err error) {
	f, err := document.ParseFormat(format)
	if err != nil {
		return nil, err
	}
	doc, problems := document.Parse(f, value)
	v := &Validator{table: t, scope: scope, problems: problems}
	v.document(doc)
	if len(v.problems) > 0 {
		return nil, document.Invalid(v.problems)
	}
	return v.warnings, nil
}

// Validator compares a document with the declarations.
type Validator struct {
	table      Table
	scope      Scope
	in         Section // where the policies stand that are looked at; several in a fragment
	depth      int     // of policies inside of policies
	inFragment bool
	problems   []fault.Problem
	warnings   []fault.Problem
	names      *names                    // nil where named values and fragments are not known
	including  []string                  // the fragments that v is in, by id in lower case
	seen       map[string]document.Place // policies allowed once, that were there
}

// Resolved tells whether the named values stand in their places: not while a
// document is checked that is about to be stored.
func (v *Validator) Resolved() bool { return v.names != nil }

// Nested tells whether the policy that is looked at stands inside of another.
func (v *Validator) Nested() bool { return v.depth > 0 }

// Problem adds something that is wrong with e, in words that end in a full stop.
func (v *Validator) Problem(e *document.Element, format string, args ...any) {
	if len(v.problems) < document.MaxProblems {
		p := document.ProblemAt(e.Name, e.Place, format, args...)
		if n := len(v.including); n > 0 {
			p.Message = "In the fragment '" + v.including[n-1] + "': " + p.Message
		}
		v.problems = append(v.problems, p)
	}
}

// Warn adds something that may be stored, and fails the calls that reach it.
func (v *Validator) Warn(e *document.Element, format string, args ...any) {
	if len(v.warnings) < document.MaxProblems {
		p := document.ProblemAt(e.Name, e.Place, format, args...)
		p.Code, p.Message = "PolicyNotOffered", strings.Replace(p.Message, "Error in element", "Element", 1)
		v.warnings = append(v.warnings, p)
	}
}

func (v *Validator) document(doc *document.Document) {
	root := doc.Root
	if root == nil {
		return // what was wrong with it is told
	}
	if root.Name != "policies" {
		v.Problem(root, "The outermost element must be <policies>.")
		return
	}
	v.seen = map[string]document.Place{}
	v.plain(root)
	sections := map[string]bool{}
	for _, s := range root.Children {
		if sectionOf(s.Name) == 0 {
			v.Problem(s, "Only the sections inbound, backend, outbound and on-error may stand in <policies>.")
			continue
		}
		if sections[s.Name] {
			v.Problem(s, "The section is there twice.")
		}
		sections[s.Name] = true
		v.plain(s)
		v.section(s)
	}
}

// plain checks an element that has neither attributes nor text.
func (v *Validator) plain(e *document.Element) {
	for _, a := range e.Attributes {
		v.Problem(e, "The attribute '%s' is not known here.", a.Name)
	}
	if e.Text != "" {
		v.Problem(e, "Text is not allowed here: %s.", strconv.Quote(Short(e.Text)))
	}
}

func (v *Validator) section(s *document.Element) {
	v.in = sectionOf(s.Name)
	bases := 0
	for _, e := range s.Children {
		if e.Name == "base" {
			if bases++; bases > 1 {
				v.Problem(e, "<base /> may stand once in a section.")
			}
		}
		v.policy(e)
	}
}

// policy checks a policy in its place and all that it holds.
func (v *Validator) policy(e *document.Element) {
	allowed, known := documented[e.Name]
	d := v.table[e.Name]
	if d != nil {
		allowed = d.Sections
	}
	switch {
	case !known:
		v.Problem(e, "There is no such policy.")
		return
	case allowed&v.in == 0:
		v.Problem(e, "The policy is not allowed in the section %s; it is allowed in: %s.", v.in, allowed)
	case d == nil:
		v.Warn(e, "The policy is not offered yet. Calls that reach it fail with status 500.")
	}
	if d == nil {
		return
	}
	if d.Scopes&v.scope == 0 {
		v.Problem(e, "The policy is not allowed at the scope %s; it is allowed at: %s.", v.scope, d.Scopes)
	}
	if first, twice := v.seen[e.Name]; twice && d.Once && v.depth == 0 {
		v.Problem(e, "The policy may stand once in a document; it is on line %d, column %d already.", first.Line, first.Column)
	} else {
		v.seen[e.Name] = e.Place
	}
	before := len(v.problems)
	v.element(e, &d.Form, true)
	if d.Check != nil {
		d.Check(v, e)
	}
	if what := notOffered(&d.Form, e); what != "" && len(v.problems) == before {
		v.Warn(e, "%s not offered yet. Calls that reach this policy fail with status 500.", what)
	}
}

// element checks attributes, text and children.
func (v *Validator) element(e *document.Element, form *Form, outer bool) {
	for _, a := range e.Attributes {
		if !form.has(a.Name) && (!outer || a.Name != "id") {
			v.Problem(e, "The attribute '%s' is not known here.", a.Name)
		}
	}
	for i := range form.Attributes {
		v.attribute(e, &form.Attributes[i])
	}
	if len(form.OneOf) > 0 && !HasOneOf(e, form.OneOf) {
		v.Problem(e, "One of the attributes '%s' must be there.", strings.Join(form.OneOf, "', '"))
	}
	switch {
	case e.Text != "" && !form.Text:
		v.Problem(e, "Text is not allowed here: %s.", strconv.Quote(Short(e.Text)))
	case document.IsExpression(e.Text):
		v.expression(e, "the text", e.Text)
	}
	for _, c := range e.Children {
		switch child := form.child(c.Name); {
		case child != nil:
			v.element(c, child, false)
		case c.Name == "base" && len(form.Holds) > 0 && (v.inFragment || !form.mayHold("base")):
			v.Problem(c, "<base /> may not stand here: it inherits what wider scopes have in the section.")
		case form.mayHold(c.Name):
			in := v.in
			if form.Drafts {
				v.in = Inbound
			}
			v.depth++
			v.policy(c)
			v.depth--
			v.in = in
		case documented[c.Name] != 0 && len(form.Holds) > 0:
			v.Problem(c, "The policy is not allowed inside <%s>; allowed are: %s.", e.Name, strings.Join(form.Holds, ", "))
		default:
			v.Problem(c, "The element is not known inside <%s>.", e.Name)
		}
	}
}

// expression compiles a policy expression; where says where in e it stands.
func (v *Validator) expression(e *document.Element, where, text string) {
	if v.names == nil && HasNamedValue(text) {
		return // what it says is known when the named values are
	}
	if v.names != nil && v.names.programs[text] != nil {
		return
	}
	p, err := csharp.Compile(text)
	var wrong *csharp.CompileError
	switch {
	case errors.As(err, &wrong):
		for _, one := range wrong.Problems {
			v.Problem(e, "The expression in %s is wrong on its line %d, column %d: %s.", where, one.Pos.Line, one.Pos.Col, strings.TrimSuffix(one.Message, "."))
		}
	case err != nil:
		v.Problem(e, "The expression in %s cannot be compiled: %s.", where, err)
	case p.Type() == value.Void:
		v.Problem(e, "The expression in %s gives no value.", where)
	case v.names != nil:
		v.names.programs[text] = p
	}
}

func (form *Form) has(attribute string) bool {
	for i := range form.Attributes {
		if form.Attributes[i].Name == attribute {
			return true
		}
	}
	return false
}

func (form *Form) child(name string) *Form {
	for i := range form.Children {
		if form.Children[i].Name == name {
			return &form.Children[i]
		}
	}
	return nil
}

// HasOneOf tells whether e has one of those attributes.
func HasOneOf(e *document.Element, names []string) bool {
	for _, n := range names {
		if _, ok := e.Attr(n); ok {
			return true
		}
	}
	return false
}

func (v *Validator) attribute(e *document.Element, a *Attribute) {
	value, there := e.Attr(a.Name)
	switch {
	case !there && a.Required:
		v.Problem(e, "The attribute '%s' is missing.", a.Name)
	case !there:
	case document.IsExpression(value):
		if a.Literal {
			v.Problem(e, "The attribute '%s' does not allow policy expressions.", a.Name)
		} else {
			v.expression(e, "the attribute '"+a.Name+"'", value)
		}
	case HasNamedValue(value): // its text is known when it is resolved
	default:
		switch why := a.wrong(value); {
		case why == "":
		case a.Lenient:
			v.Warn(e, "The value %s of the attribute '%s' is not valid: %s. Calls that reach this policy fail with status 500.", strconv.Quote(Short(value)), a.Name, why)
		default:
			v.Problem(e, "The value %s of the attribute '%s' is not valid: %s.", strconv.Quote(Short(value)), a.Name, why)
		}
	}
}

// wrong says what is the matter with a literal value; "" where it is good.
func (a *Attribute) wrong(value string) string {
	switch a.Kind {
	case Integer:
		n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
		if err != nil {
			return "a whole number is expected"
		}
		if n < a.Min || n > a.Max {
			return "a number from " + strconv.FormatInt(a.Min, 10) + " to " + strconv.FormatInt(a.Max, 10) + " is expected"
		}
	case Boolean:
		if _, ok := ParseBool(value); !ok {
			return "true or false is expected"
		}
	case Enumeration:
		for _, known := range a.Values {
			if value == known {
				return ""
			}
		}
		return "one of " + strings.Join(a.Values, ", ") + " is expected"
	case HeaderName:
		if !IsToken(value) {
			return "a header name is expected"
		}
	case Filled:
		if strings.TrimSpace(value) == "" {
			return "it is empty"
		}
	}
	return ""
}

// ParseBool reads true or false, in any case; ok is false for anything else.
func ParseBool(s string) (value, ok bool) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	return false, false
}

// IsToken tells whether s is a token of RFC 9110, as header names are.
func IsToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// Short cuts a value to what fits in a message.
func Short(s string) string {
	const limit = 60
	if r := []rune(s); len(r) > limit {
		return string(r[:limit]) + "…"
	}
	return s
}
