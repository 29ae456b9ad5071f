package bcl

import (
	"html"
	"strconv"
	"strings"

	"portico/internal/policy/csharp/text"
	"portico/internal/policy/csharp/value"
)

// htmlEncode escapes what has a meaning in HTML, and Latin-1 above 160.
func htmlEncode(r *run, a []val) val {
	if a[0].R == nil {
		return a[0]
	}
	var b strings.Builder
	for s := work(r, a[0].S); s != ""; {
		c, n := text.Decode(s)
		switch {
		case c == '<':
			b.WriteString("&lt;")
		case c == '>':
			b.WriteString("&gt;")
		case c == '&':
			b.WriteString("&amp;")
		case c == '"':
			b.WriteString("&quot;")
		case c == '\'':
			b.WriteString("&#39;")
		case c >= 160 && c < 256 || c >= 0x10000:
			b.WriteString("&#" + strconv.Itoa(int(c)) + ";")
		default:
			b.WriteString(s[:n])
		}
		s = s[n:]
		r.Alloc(6)
	}
	return value.Str(b.String())
}

func htmlDecode(r *run, a []val) val {
	if a[0].R == nil {
		return a[0]
	}
	return made(r, html.UnescapeString(work(r, a[0].S)))
}
