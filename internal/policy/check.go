package policy

import (
	"errors"
	"strconv"
	"strings"

	"portico/internal/fault"
	"portico/internal/policy/csharp"
	"portico/internal/policy/csharp/value"
)

// Check tells whether a document may be stored at a scope. Its error is a
// fault.Error with every problem of the document, each with its element, line
// and column. Warnings name what is stored and fails the calls that reach it,
// because it is not offered yet.
func Check(format, value string, scope Scope) (warnings []fault.Problem, err error) {
	f, err := ParseFormat(format)
	if err != nil {
		return nil, err
	}
	doc, problems := Parse(f, value)
	v := &validator{table: newTable(), scope: scope, problems: problems}
	v.document(doc)
	if len(v.problems) > 0 {
		return nil, invalid(v.problems)
	}
	return v.warnings, nil
}

// validator compares a document with the declarations.
type validator struct {
	table     table
	scope     Scope
	in        Section // where the policies stand that are looked at; several in a fragment
	depth     int     // of policies inside of policies
	problems  []fault.Problem
	warnings  []fault.Problem
	names     *names           // nil where named values and fragments are not known
	including []string         // the fragments that v is in, by id in lower case
	seen      map[string]Place // policies allowed once, that were there
}

func (v *validator) problem(e *Element, format string, args ...any) {
	if len(v.problems) < maxProblems {
		p := problemAt(e.Name, e.Place, format, args...)
		if n := len(v.including); n > 0 {
			p.Message = "In the fragment '" + v.including[n-1] + "': " + p.Message
		}
		v.problems = append(v.problems, p)
	}
}

func (v *validator) warn(e *Element, format string, args ...any) {
	if len(v.warnings) < maxProblems {
		p := problemAt(e.Name, e.Place, format, args...)
		p.Code, p.Message = "PolicyNotOffered", strings.Replace(p.Message, "Error in element", "Element", 1)
		v.warnings = append(v.warnings, p)
	}
}

func (v *validator) document(doc *Document) {
	root := doc.Root
	if root == nil {
		return // what was wrong with it is told
	}
	if root.Name != "policies" {
		v.problem(root, "The outermost element must be <policies>.")
		return
	}
	v.seen = map[string]Place{}
	v.plain(root)
	sections := map[string]bool{}
	for _, s := range root.Children {
		if sectionOf(s.Name) == 0 {
			v.problem(s, "Only the sections inbound, backend, outbound and on-error may stand in <policies>.")
			continue
		}
		if sections[s.Name] {
			v.problem(s, "The section is there twice.")
		}
		sections[s.Name] = true
		v.plain(s)
		v.section(s)
	}
}

// plain checks an element that has neither attributes nor text.
func (v *validator) plain(e *Element) {
	for _, a := range e.Attributes {
		v.problem(e, "The attribute '%s' is not known here.", a.Name)
	}
	if e.Text != "" {
		v.problem(e, "Text is not allowed here: %s.", strconv.Quote(short(e.Text)))
	}
}

func (v *validator) section(s *Element) {
	v.in = sectionOf(s.Name)
	bases := 0
	for _, e := range s.Children {
		if e.Name == "base" {
			if bases++; bases > 1 {
				v.problem(e, "<base /> may stand once in a section.")
			}
		}
		v.policy(e)
	}
}

// policy checks a policy in its place and all that it holds.
func (v *validator) policy(e *Element) {
	allowed, known := documented[e.Name]
	d := v.table[e.Name]
	if d != nil {
		allowed = d.sections
	}
	switch {
	case !known:
		v.problem(e, "There is no such policy.")
		return
	case allowed&v.in == 0:
		v.problem(e, "The policy is not allowed in the section %s; it is allowed in: %s.", v.in, allowed)
	case d == nil:
		v.warn(e, "The policy is not offered yet. Calls that reach it fail with status 500.")
	}
	if d == nil {
		return
	}
	if d.scopes&v.scope == 0 {
		v.problem(e, "The policy is not allowed at the scope %s; it is allowed at: %s.", v.scope, d.scopes)
	}
	if first, twice := v.seen[e.Name]; twice && d.once && v.depth == 0 {
		v.problem(e, "The policy may stand once in a document; it is on line %d, column %d already.", first.Line, first.Column)
	} else {
		v.seen[e.Name] = e.Place
	}
	before := len(v.problems)
	v.element(e, &d.element, true)
	if d.check != nil {
		d.check(v, e)
	}
	if what := notOffered(&d.element, e); what != "" && len(v.problems) == before {
		v.warn(e, "%s not offered yet. Calls that reach this policy fail with status 500.", what)
	}
}

// element checks attributes, text and children.
func (v *validator) element(e *Element, form *element, outer bool) {
	for _, a := range e.Attributes {
		if !form.has(a.Name) && (!outer || a.Name != "id") {
			v.problem(e, "The attribute '%s' is not known here.", a.Name)
		}
	}
	for i := range form.attributes {
		v.attribute(e, &form.attributes[i])
	}
	if len(form.oneOf) > 0 && !hasOneOf(e, form.oneOf) {
		v.problem(e, "One of the attributes '%s' must be there.", strings.Join(form.oneOf, "', '"))
	}
	switch {
	case e.Text != "" && !form.text:
		v.problem(e, "Text is not allowed here: %s.", strconv.Quote(short(e.Text)))
	case isExpression(e.Text):
		v.expression(e, "the text", e.Text)
	}
	for _, c := range e.Children {
		switch child := form.child(c.Name); {
		case child != nil:
			v.element(c, child, false)
		case c.Name == "base" && len(form.holds) > 0:
			v.problem(c, "<base /> may stand directly in a section only.")
		case form.mayHold(c.Name):
			in := v.in
			if form.drafts {
				v.in = Inbound
			}
			v.depth++
			v.policy(c)
			v.depth--
			v.in = in
		case documented[c.Name] != 0 && len(form.holds) > 0:
			v.problem(c, "The policy is not allowed inside <%s>; allowed are: %s.", e.Name, strings.Join(form.holds, ", "))
		default:
			v.problem(c, "The element is not known inside <%s>.", e.Name)
		}
	}
}

// expression compiles a policy expression; where says where in e it stands.
func (v *validator) expression(e *Element, where, text string) {
	if v.names == nil && hasNamedValue(text) {
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
			v.problem(e, "The expression in %s is wrong on its line %d, column %d: %s.", where, one.Pos.Line, one.Pos.Col, strings.TrimSuffix(one.Message, "."))
		}
	case err != nil:
		v.problem(e, "The expression in %s cannot be compiled: %s.", where, err)
	case p.Type() == value.Void:
		v.problem(e, "The expression in %s gives no value.", where)
	case v.names != nil:
		v.names.programs[text] = p
	}
}

func (form *element) has(attribute string) bool {
	for i := range form.attributes {
		if form.attributes[i].name == attribute {
			return true
		}
	}
	return false
}

func (form *element) child(name string) *element {
	for i := range form.children {
		if form.children[i].name == name {
			return &form.children[i]
		}
	}
	return nil
}

func hasOneOf(e *Element, names []string) bool {
	for _, n := range names {
		if _, ok := e.Attr(n); ok {
			return true
		}
	}
	return false
}

func (v *validator) attribute(e *Element, a *attribute) {
	value, there := e.Attr(a.name)
	switch {
	case !there && a.required:
		v.problem(e, "The attribute '%s' is missing.", a.name)
	case !there:
	case isExpression(value):
		if a.literal {
			v.problem(e, "The attribute '%s' does not allow policy expressions.", a.name)
		} else {
			v.expression(e, "the attribute '"+a.name+"'", value)
		}
	case hasNamedValue(value): // its text is known when it is resolved
	default:
		switch why := a.wrong(value); {
		case why == "":
		case a.lenient:
			v.warn(e, "The value %s of the attribute '%s' is not valid: %s. Calls that reach this policy fail with status 500.", strconv.Quote(short(value)), a.name, why)
		default:
			v.problem(e, "The value %s of the attribute '%s' is not valid: %s.", strconv.Quote(short(value)), a.name, why)
		}
	}
}

// wrong says what is the matter with a literal value; "" where it is good.
func (a *attribute) wrong(value string) string {
	switch a.kind {
	case integer:
		n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
		if err != nil {
			return "a whole number is expected"
		}
		if n < a.min || n > a.max {
			return "a number from " + strconv.FormatInt(a.min, 10) + " to " + strconv.FormatInt(a.max, 10) + " is expected"
		}
	case boolean:
		if _, ok := parseBool(value); !ok {
			return "true or false is expected"
		}
	case enumeration:
		for _, known := range a.values {
			if value == known {
				return ""
			}
		}
		return "one of " + strings.Join(a.values, ", ") + " is expected"
	case headerName:
		if !isToken(value) {
			return "a header name is expected"
		}
	case filled:
		if strings.TrimSpace(value) == "" {
			return "it is empty"
		}
	}
	return ""
}

func parseBool(s string) (value, ok bool) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	return false, false
}

// isToken tells whether s is a token of RFC 9110, as header names are.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// short cuts a value to what fits in a message.
func short(s string) string {
	const limit = 60
	if r := []rune(s); len(r) > limit {
		return string(r[:limit]) + "…"
	}
	return s
}
