package document

import (
	"strings"

	"portico/internal/fault"
	"portico/internal/policy/csharp/syntax"
)

// Convert writes a document in another format. Only expressions change, and in
// a raw document what XML does not allow; the rest stays as it was written. A
// document whose markup is broken is given back as it is, with an error.
func Convert(from, to Format, source string) (string, error) {
	if from == to {
		return source, nil
	}
	p := &parser{source: source, raw: from == RawXML, lines: newLineIndex(source)}
	if len(source) <= MaxSize {
		p.document()
	} else {
		p.problem("policies", 0, "The document has %d bytes; the limit is %d.", len(source), MaxSize)
	}
	if len(p.problems) > 0 {
		return source, Invalid(p.problems)
	}
	var b strings.Builder
	done := 0
	for _, r := range p.regions {
		b.WriteString(source[done:r.start])
		value := source[r.start:r.end]
		switch {
		case to == XML && r.expression:
			if r.decoded != "" {
				value = r.decoded
			}
			Escape(&b, value, r.attribute)
		case to == XML:
			escapeBare(&b, value)
		case r.expression:
			b.WriteString(unescaped(value, r.attribute))
		default:
			b.WriteString(value)
		}
		done = r.end
	}
	b.WriteString(source[done:])
	return b.String(), nil
}

// escapeBare escapes what a raw document may hold outside of expressions and XML may not.
func escapeBare(b *strings.Builder, s string) {
	for i := range len(s) {
		switch {
		case s[i] == '<':
			b.WriteString("&lt;")
		case s[i] == '&':
			if _, size := entity(s[i:]); size == 0 {
				b.WriteString("&amp;")
				continue
			}
			b.WriteByte('&')
		default:
			b.WriteByte(s[i])
		}
	}
}

// unescaped gives an expression with its entities resolved, where it can be
// read again as a raw document; otherwise as it is.
func unescaped(value string, attribute bool) string {
	p := &parser{raw: true}
	plain := p.decode("", 0, value)
	at := strings.IndexByte(plain, '@')
	n, ok := syntax.Scan(plain[at:])
	if !ok {
		return value
	}
	rest := plain[at+n:]
	if attribute && strings.TrimSpace(rest) != "" || strings.ContainsAny(rest, "<&") {
		return value
	}
	return plain
}

// Invalid is the error of a document that cannot be stored.
func Invalid(problems []fault.Problem) *fault.Error {
	e := fault.Coded(fault.Invalid, "ValidationError", "One or more fields contain incorrect values:")
	e.Problems = problems
	return e
}
