package syntax

// Scan gives the length of the expression that starts at the beginning of src
// with @( or @{ , whatever follows it: a policy document holds expressions in
// attribute values and texts, and only C#'s own strings, comments and brackets
// tell where they end. ok is false where it has no end.
func Scan(src string) (n int, ok bool) {
	if len(src) < 2 || src[0] != '@' || src[1] != '(' && src[1] != '{' {
		return 0, false
	}
	l := &lexer{src: src, off: 1, line: 1, col: 2}
	for depth := 0; ; {
		t := l.token()
		if l.err != nil || t.kind == tokEOF {
			return 0, false
		}
		if t.kind != tokPunct {
			continue
		}
		switch t.text {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			if depth--; depth == 0 {
				return l.off, true
			}
		}
	}
}
