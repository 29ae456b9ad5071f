package openapi

import (
	"strconv"
	"strings"
	"unicode"
)

// maxBase is the longest name before the suffix that tells equal ones apart (apim.md 2.1).
const maxBase = 76

// operationName gives an operation its name: its id, or its verb and path, in
// lower case, with "-" for each run of other characters; what is taken gets -1, -2 and so on.
func (d *document) operationName(id, verb, path string) string {
	base := normalize(id)
	if base == "" {
		base = normalize(verb + " " + path)
	}
	name := base
	for i := 1; d.names[name]; i++ {
		name = base + "-" + strconv.Itoa(i)
	}
	d.names[name] = true
	return name
}

func normalize(text string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(text) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' {
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			b.WriteRune(r)
			gap = false
		} else {
			gap = true
		}
	}
	name := b.String()
	if len(name) > maxBase {
		name = name[:maxBase]
	}
	return strings.Trim(name, "-_")
}

// typeName gives a schema that is written in place a name: the operation's, what
// it describes, and a number where that is taken.
func (d *document) typeName(operation, what string, v *value) string {
	var b strings.Builder
	upper := true
	for _, r := range operation + " " + what {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			upper = true
			continue
		}
		if upper {
			r = unicode.ToUpper(r)
		}
		b.WriteRune(r)
		upper = false
	}
	name := b.String()
	for i := 1; d.types[name] != nil || d.schemas().get(name) != nil; i++ {
		name = b.String() + "-" + strconv.Itoa(i)
	}
	d.types[name] = v
	d.order = append(d.order, name)
	return name
}

// shorten cuts text to a number of characters.
func shorten(text string, limit int) string {
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	return string(runes[:limit-1]) + "…"
}

// TagName gives the name of the tag of a display name.
func TagName(display string) string { return normalize(display) }
