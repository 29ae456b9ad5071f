package bcl

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"portico/internal/policy/csharp/text"
	"portico/internal/policy/csharp/value"
)

// uri is a System.Uri: its parts as the constructor found them.
type uri struct {
	original string
	absolute bool
	scheme   string
	user     string
	host     string
	port     int    // -1 where the scheme has none
	path     string // escaped
	query    string // with its ?
	fragment string // with its #
}

var uriType = value.NewClass("System", "Uri", nil)

func (*uri) Type() *value.Type { return uriType }

var defaultPorts = map[string]int{"http": 80, "https": 443, "ftp": 21, "ws": 80, "wss": 443, "ldap": 389, "mailto": 25, "net.tcp": 808}

func (u *uri) authority() string {
	if u.port != defaultPorts[u.scheme] && u.port >= 0 {
		return u.host + ":" + strconv.Itoa(u.port)
	}
	return u.host
}

func (u *uri) absoluteUri() string {
	s := u.scheme + ":"
	if u.host != "" || u.scheme == "file" {
		s += "//"
		if u.user != "" {
			s += u.user + "@"
		}
		s += u.authority()
	}
	return s + u.path + u.query + u.fragment
}

// String is the unescaped form, for what is safe to unescape.
func (u *uri) String(*value.Run) string {
	if !u.absolute {
		return u.original
	}
	return unescapeSafe(u.absoluteUri())
}

func (u *uri) Equal(r *value.Run, o value.Value) bool {
	v, ok := o.R.(*uri)
	return ok && u.Key(r) == v.Key(r)
}

func (u *uri) Key(r *value.Run) string {
	if !u.absolute {
		return u.original
	}
	c := *u
	c.fragment = ""
	return c.absoluteUri()
}

// unescapeSafe turns %XX back where the character means nothing in a URI.
func unescapeSafe(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b []byte
	for i := 0; i < len(s); {
		if s[i] != '%' || i+2 >= len(s) {
			b = append(b, s[i])
			i++
			continue
		}
		j := i
		var raw []byte
		for j+2 < len(s)+0 && s[j] == '%' {
			v, err := strconv.ParseUint(s[j+1:j+3], 16, 8)
			if err != nil {
				break
			}
			raw = append(raw, byte(v))
			j += 3
		}
		if len(raw) == 0 {
			b = append(b, s[i])
			i++
			continue
		}
		t := string(raw)
		for len(t) > 0 {
			c, n := text.Decode(t)
			if c == 0xFFFD && n == 1 || c < 0x20 || c == 0x7F || strings.ContainsRune(";/?:@&=+$,#%[]<>\"\\^`{|}", c) && c != '"' && c != '<' && c != '>' && c != '^' && c != '`' && c != '{' && c != '|' && c != '}' {
				for _, x := range []byte(t[:n]) {
					b = append(b, '%', "0123456789ABCDEF"[x>>4], "0123456789ABCDEF"[x&15])
				}
			} else {
				b = append(b, t[:n]...)
			}
			t = t[n:]
		}
		i = j
	}
	return string(b)
}

// parseUri reads a URI; kind 0 is either, 1 absolute, 2 relative.
func parseUri(s string, kind int64) (*uri, bool) {
	t := strings.TrimSpace(s)
	u := &uri{original: s, port: -1}
	i := strings.IndexByte(t, ':')
	if kind == 2 || i <= 0 || !schemeName(t[:i]) {
		return u, kind != 1 && t != "" || kind == 2
	}
	u.absolute, u.scheme = true, strings.ToLower(t[:i])
	rest := t[i+1:]
	if j := strings.IndexByte(rest, '#'); j >= 0 {
		rest, u.fragment = rest[:j], EscapeWith(rest[j:], uriReserved+uriUnreserved+"%")
		if u.fragment == "#" {
			u.fragment = "#"
		}
	}
	if j := strings.IndexByte(rest, '?'); j >= 0 {
		rest, u.query = rest[:j], EscapeWith(rest[j:], uriReserved+uriUnreserved+"%")
	}
	known, special := defaultPorts[u.scheme]
	if special {
		u.port = known
	}
	if !strings.HasPrefix(rest, "//") {
		if special && u.scheme != "mailto" {
			return u, false
		}
		u.path = rest
		return u, rest != "" || u.query != ""
	}
	rest = rest[2:]
	host := rest
	u.path = "/"
	if j := strings.IndexAny(rest, "/\\"); j >= 0 {
		host, u.path = rest[:j], strings.ReplaceAll(rest[j:], "\\", "/")
	}
	if j := strings.LastIndexByte(host, '@'); j >= 0 {
		u.user, host = host[:j], host[j+1:]
	}
	if j := strings.LastIndexByte(host, ':'); j >= 0 && !strings.HasSuffix(host, "]") {
		if host[j+1:] != "" {
			p, err := strconv.ParseUint(host[j+1:], 10, 16)
			if err != nil {
				return u, false
			}
			u.port = int(p)
		}
		host = host[:j]
	}
	if host == "" && u.scheme != "file" || strings.ContainsAny(host, " <>\"{}|^`") {
		return u, false
	}
	u.host = strings.ToLower(host)
	u.path = EscapeWith(compress(u.path), uriReserved+uriUnreserved+"%")
	return u, true
}

func schemeName(s string) bool {
	for i, c := range s {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.')) {
			return false
		}
	}
	return len(s) > 1
}

// compress removes . and .. from a path.
func compress(p string) string {
	if !strings.Contains(p, "/.") {
		return p
	}
	var out []string
	segs := strings.Split(p, "/")
	for i, s := range segs {
		switch s {
		case ".":
			if i == len(segs)-1 {
				out = append(out, "")
			}
		case "..":
			if len(out) > 1 {
				out = out[:len(out)-1]
			}
			if i == len(segs)-1 {
				out = append(out, "")
			}
		default:
			out = append(out, s)
		}
	}
	return strings.Join(out, "/")
}

const (
	uriUnreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	uriReserved   = ";/?:@&=+$,#[]!'()*"
)

// EscapeWith escapes as UTF-8 what is not in safe.
func EscapeWith(s, safe string) string {
	ok := true
	for i := 0; i < len(s) && ok; i++ {
		ok = strings.IndexByte(safe, s[i]) >= 0
	}
	if ok {
		return s
	}
	s = text.Valid(s)
	b := make([]byte, 0, len(s)*2)
	for i := 0; i < len(s); i++ {
		if c := s[i]; strings.IndexByte(safe, c) >= 0 {
			b = append(b, c)
		} else {
			b = append(b, '%', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
		}
	}
	return string(b)
}

// unescapeAll turns every %XX back, as UnescapeDataString does.
func unescapeAll(s string, plus bool) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '%' && i+2 < len(s):
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b = append(b, byte(v))
				i += 2
				continue
			}
			b = append(b, '%')
		case s[i] == '+' && plus:
			b = append(b, ' ')
		default:
			b = append(b, s[i])
		}
	}
	return text.Valid(string(b))
}

// NewUri makes a System.Uri of text that is one; the policy room's URLs use it.
func NewUri(r *value.Run, s string) value.Value {
	u, ok := parseUri(s, 1)
	if !ok {
		r.Throw(value.ExUriFormat, "Invalid URI: The format of the URI could not be determined.")
	}
	r.Alloc(200 + len(s))
	return value.Ref(u)
}

func declareUri(l *value.Library) {
	u := func(v val) *uri { x, _ := v.R.(*uri); return x }
	build := func(r *run, s val, kind int64) val {
		x, ok := parseUri(r.NeedStr(s, "uriString"), kind)
		if !ok {
			if strings.TrimSpace(s.S) == "" {
				r.Throw(value.ExUriFormat, "Invalid URI: The URI is empty.")
			}
			r.Throw(value.ExUriFormat, "Invalid URI: The format of the URI could not be determined.")
		}
		r.Spend(len(s.S) + 200)
		return value.Ref(x)
	}
	resolve := func(r *run, base val, rel string) val {
		b := u(base)
		if b == nil {
			r.ThrowNull("baseUri")
		}
		bu, err := url.Parse(b.absoluteUri())
		ru, err2 := url.Parse(EscapeWith(rel, uriReserved+uriUnreserved+"%"))
		if err != nil || err2 != nil || !b.absolute {
			r.Throw(value.ExUriFormat, "Invalid URI: The format of the URI could not be determined.")
		}
		return build(r, value.Str(bu.ResolveReference(ru).String()), 1)
	}
	need := func(r *run, v val) *uri {
		x := u(v)
		if !x.absolute {
			r.Throw(value.ExInvalidOp, "This operation is not supported for a relative URI.")
		}
		return x
	}
	d := l.Add(uriType).
		Def("new(string uriString)", func(r *run, a []val) val { return build(r, a[0], 1) }).
		Def("new(string uriString, UriKind uriKind)", func(r *run, a []val) val { return build(r, a[0], a[1].N) }).
		Def("new(Uri baseUri, string relativeUri)", func(r *run, a []val) val { return resolve(r, a[0], a[1].S) }).
		Def("new(Uri baseUri, Uri relativeUri)", func(r *run, a []val) val {
			if u(a[1]) == nil {
				r.ThrowNull("relativeUri")
			}
			return resolve(r, a[0], u(a[1]).original)
		}).
		Def("static bool TryCreate(string uriString, UriKind uriKind, out Uri result)", func(r *run, a []val) val {
			x, ok := parseUri(a[0].S, a[1].N)
			if ok = ok && a[0].R != nil; ok {
				value.SetOut(a[2], value.Ref(x))
			} else {
				value.SetOut(a[2], value.Null)
			}
			return value.Bool(ok)
		}).
		Def("static bool IsWellFormedUriString(string uriString, UriKind uriKind)", func(r *run, a []val) val {
			x, ok := parseUri(a[0].S, a[1].N)
			return value.Bool(ok && a[0].R != nil && (!x.absolute || EscapeWith(a[0].S, uriReserved+uriUnreserved+"%") == a[0].S))
		}).
		Def("static string EscapeDataString(string stringToEscape)", func(r *run, a []val) val {
			return made(r, EscapeWith(r.NeedStr(a[0], "stringToEscape"), uriUnreserved))
		}).
		Def("static string EscapeUriString(string stringToEscape)", func(r *run, a []val) val {
			return made(r, EscapeWith(r.NeedStr(a[0], "stringToEscape"), uriReserved+uriUnreserved))
		}).
		Def("static string UnescapeDataString(string stringToUnescape)", func(r *run, a []val) val {
			return made(r, unescapeAll(r.NeedStr(a[0], "stringToUnescape"), false))
		}).
		Def("static bool CheckSchemeName(string schemeName)", func(r *run, a []val) val { return value.Bool(schemeName(a[0].S)) }).
		Def("string GetLeftPart(UriPartial part)", func(r *run, a []val) val {
			x := need(r, a[0])
			s := x.scheme + "://"
			if a[1].N >= 1 {
				s += x.authority()
			}
			if a[1].N >= 2 {
				s += x.path
			}
			if a[1].N >= 3 {
				s += x.query
			}
			return made(r, s)
		}).
		Def("bool IsAbsoluteUri", func(_ *run, a []val) val { return value.Bool(u(a[0]).absolute) }).
		Def("string OriginalString", func(_ *run, a []val) val { return value.Str(u(a[0]).original) }).
		Def("int Port", func(r *run, a []val) val { return value.Int(need(r, a[0]).port) }).
		Def("bool IsDefaultPort", func(r *run, a []val) val {
			x := need(r, a[0])
			return value.Bool(x.port < 0 || x.port == defaultPorts[x.scheme])
		}).
		Def("bool IsLoopback", func(r *run, a []val) val {
			h := need(r, a[0]).host
			return value.Bool(h == "localhost" || h == "127.0.0.1" || h == "[::1]")
		}).
		Def("string[] Segments", func(r *run, a []val) val {
			var segs []string
			for _, s := range strings.SplitAfter(need(r, a[0]).path, "/") {
				if s != "" {
					segs = append(segs, s)
				}
			}
			return value.Strings(segs)
		}).
		Def("operator bool ==(Uri a, Uri b)", func(r *run, a []val) val { return value.Bool(value.Equal(r, a[0], a[1])) }).
		Def("operator bool !=(Uri a, Uri b)", func(r *run, a []val) val { return value.Bool(!value.Equal(r, a[0], a[1])) })
	for name, f := range map[string]func(*uri) string{
		"Scheme": func(x *uri) string { return x.scheme }, "Host": func(x *uri) string { return x.host }, "DnsSafeHost": func(x *uri) string { return strings.Trim(x.host, "[]") },
		"Authority": (*uri).authority, "AbsolutePath": func(x *uri) string { return x.path }, "LocalPath": func(x *uri) string { return unescapeAll(x.path, false) },
		"Query": func(x *uri) string { return x.query }, "Fragment": func(x *uri) string { return x.fragment },
		"PathAndQuery": func(x *uri) string { return x.path + x.query }, "AbsoluteUri": (*uri).absoluteUri, "UserInfo": func(x *uri) string { return x.user },
	} {
		d.Def("string "+name, func(r *run, a []val) val { return made(r, f(need(r, a[0]))) })
	}
}

// address is a System.Net.IPAddress.
type address struct{ ip netip.Addr }

var ipAddress = value.NewClass("System.Net", "IPAddress", nil)

func (*address) Type() *value.Type          { return ipAddress }
func (x *address) String(*value.Run) string { return x.ip.String() }
func (x *address) Equal(_ *value.Run, o value.Value) bool {
	y, ok := o.R.(*address)
	return ok && x.ip == y.ip
}
func (x *address) Key(*value.Run) string { return x.ip.String() }

// parseIP reads an address; .NET also takes a plain number and fewer parts.
func parseIP(s string) (netip.Addr, bool) {
	s = strings.Trim(s, "[]")
	if ip, err := netip.ParseAddr(s); err == nil {
		return ip, true
	}
	if n, err := strconv.ParseUint(s, 10, 32); err == nil {
		return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}), true
	}
	return netip.Addr{}, false
}

func declareNet(l *value.Library) {
	family := value.NewEnum("System.Net.Sockets", "AddressFamily", "Unspecified", "Unix", "InterNetwork")
	family.Names = append(family.Names, value.EnumName{Name: "InterNetworkV6", Value: 23})
	l.Add(family)
	x := func(v val) netip.Addr {
		if a, ok := v.R.(*address); ok {
			return a.ip
		}
		return netip.IPv4Unspecified()
	}
	of := func(s string) val { return value.Ref(&address{netip.MustParseAddr(s)}) }
	l.Add(ipAddress).
		Const("Loopback", of("127.0.0.1")).Const("Any", of("0.0.0.0")).Const("IPv6Loopback", of("::1")).Const("Broadcast", of("255.255.255.255")).
		Def("static IPAddress Parse(string ipString)", func(r *run, a []val) val {
			ip, ok := parseIP(r.NeedStr(a[0], "ipString"))
			if !ok {
				r.Throw(value.ExFormat, "An invalid IP address was specified.")
			}
			return value.Ref(&address{ip})
		}).
		Def("static bool TryParse(string ipString, out IPAddress address)", func(_ *run, a []val) val {
			ip, ok := parseIP(a[0].S)
			value.SetOut(a[1], value.Null)
			if ok {
				value.SetOut(a[1], value.Ref(&address{ip}))
			}
			return value.Bool(ok)
		}).
		Def("static bool IsLoopback(IPAddress address)", func(r *run, a []val) val {
			if a[0].R == nil {
				r.ThrowNull("address")
			}
			return value.Bool(x(a[0]).IsLoopback())
		}).
		Def("new(byte[] address)", func(r *run, a []val) val {
			ip, ok := netip.AddrFromSlice(bytesOf(r, a[0], "address"))
			if !ok {
				r.Throw(value.ExArgument, "An invalid IP address was specified.\nParameter name: address")
			}
			return value.Ref(&address{ip})
		}).
		Def("byte[] GetAddressBytes()", func(_ *run, a []val) val { return value.ByteSlice(x(a[0]).AsSlice()) }).
		Def("IPAddress MapToIPv4()", func(_ *run, a []val) val { return value.Ref(&address{x(a[0]).Unmap()}) }).
		Def("AddressFamily AddressFamily", func(_ *run, a []val) val {
			if x(a[0]).Is4() {
				return value.Of(family, 2)
			}
			return value.Of(family, 23)
		})
	enc := func(r *run, a []val) val {
		if a[0].R == nil {
			return a[0]
		}
		return made(r, strings.ReplaceAll(EscapeWith(a[0].S, urlSafe), " ", "+"))
	}
	dec := func(r *run, a []val) val {
		if a[0].R == nil {
			return a[0]
		}
		return made(r, unescapeAll(a[0].S, true))
	}
	for _, t := range []*value.Type{value.NewStatic("System.Net", "WebUtility"), value.NewStatic("System.Web", "HttpUtility")} {
		encode := enc
		if t.Name == "HttpUtility" { // writes %2c, not %2C
			encode = func(r *run, a []val) val { return lowerEscapes(enc(r, a)) }
		}
		l.Add(t).
			Def("static string UrlEncode(string value)", encode).
			Def("static string UrlDecode(string value)", dec).
			Def("static string HtmlEncode(string value)", htmlEncode).
			Def("static string HtmlDecode(string value)", htmlDecode)
	}
}

// urlSafe is what UrlEncode leaves; a blank becomes +.
const urlSafe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!*() "

func lowerEscapes(v val) val {
	b := []byte(v.S)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			b[i+1] |= 0x20 * (b[i+1] >> 6)
			b[i+2] |= 0x20 * (b[i+2] >> 6)
		}
	}
	if v.R == nil {
		return v
	}
	return value.Str(string(b))
}
