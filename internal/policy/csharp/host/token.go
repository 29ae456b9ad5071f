package host

import (
	"encoding/base64"
	"strings"

	"portico/internal/policy/csharp/bcl"
	"portico/internal/policy/csharp/collections"
	"portico/internal/policy/csharp/format"
	"portico/internal/policy/csharp/json"
	"portico/internal/policy/csharp/value"
)

// Jwt is a token whose claims can be read; nothing says that its signature is right.
type Jwt struct {
	raw            string
	header, claims *json.Obj
}

// Raw is the token as it was written.
func (j *Jwt) Raw() string { return j.raw }

// Basic is the user and password of an Authorization header.
type Basic struct{ user, password string }

var (
	jwtType   = value.NewClass("", "Jwt", nil)
	basicType = value.NewClass("", "BasicAuthCredentials", nil)
)

// Type is Jwt.
func (*Jwt) Type() *value.Type { return jwtType }

// Type is BasicAuthCredentials.
func (*Basic) Type() *value.Type { return basicType }

// JwtValue makes the Jwt of a token, as validate-jwt leaves it in a variable;
// null where the text is none. The run bounds what the claims may cost.
func JwtValue(r *value.Run, token string) value.Value {
	j := parseJwt(r, token)
	if j == nil {
		return value.Null
	}
	return value.Ref(j)
}

func parseJwt(r *run, s string) *Jwt {
	s = strings.TrimSpace(s)
	if len(s) > 7 && strings.EqualFold(s[:7], "bearer ") {
		s = strings.TrimSpace(s[7:])
	}
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return nil
	}
	j := &Jwt{raw: s}
	for i, to := range []**json.Obj{&j.header, &j.claims} {
		b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[i], "="))
		if err != nil {
			return nil
		}
		o, ok := json.TryObject(r, string(b))
		if !ok {
			return nil
		}
		*to = o
	}
	return j
}

func parseBasic(s string) *Basic {
	s = strings.TrimSpace(s)
	if len(s) > 6 && strings.EqualFold(s[:6], "basic ") {
		s = strings.TrimSpace(s[6:])
	} else {
		return nil
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil
	}
	user, password, ok := strings.Cut(string(b), ":")
	if !ok {
		return nil
	}
	return &Basic{user, password}
}

func declareTokens(l *value.Library) {
	l.Add(jwtType)
	l.Add(basicType).
		Def("string UserId", str(func(b *Basic) string { return b.user })).
		Def("string Username", str(func(b *Basic) string { return b.user })).
		Def("string Password", str(func(b *Basic) string { return b.password }))
	asJwt := func(r *run, s val) val {
		r.Spend(len(s.S) * 2)
		return JwtValue(r, s.S)
	}
	asBasic := func(s val) val {
		b := parseBasic(s.S)
		if b == nil {
			return value.Null
		}
		return value.Ref(b)
	}
	l.Add(value.NewStatic("", "StringExtensions")).
		Def("static Jwt AsJwt(this string input)", func(r *run, a []val) val { return asJwt(r, a[0]) }).
		Def("static bool TryParseJwt(this string input, out Jwt result)", func(r *run, a []val) val {
			v := asJwt(r, a[0])
			value.SetOut(a[1], v)
			return value.Bool(v.R != nil)
		}).
		Def("static BasicAuthCredentials AsBasic(this string input)", func(_ *run, a []val) val { return asBasic(a[0]) }).
		Def("static bool TryParseBasic(this string input, out BasicAuthCredentials result)", func(_ *run, a []val) val {
			v := asBasic(a[0])
			value.SetOut(a[1], v)
			return value.Bool(v.R != nil)
		})
	claim := func(name string) value.Native {
		return get(func(r *run, j *Jwt) val { return orNull(json.TextOf(r, j.claims, name)) })
	}
	moment := func(name string) value.Native {
		return get(func(r *run, j *Jwt) val {
			n, ok := json.NumberOf(j.claims, name)
			if !ok || n < -62135596800 || n > 253402300799 {
				return value.Null
			}
			return bcl.DateTime(format.UnixTicks+int64(n*float64(format.TicksPerSecond)), format.UTC)
		})
	}
	header := func(name string) value.Native {
		return get(func(r *run, j *Jwt) val { return orNull(json.TextOf(r, j.header, name)) })
	}
	l.Add(jwtType).
		Def("string Id", claim("jti")).Def("string Issuer", claim("iss")).Def("string Subject", claim("sub")).
		Def("string Algorithm", header("alg")).Def("string Type", header("typ")).
		Def("IEnumerable<string> Audiences", get(func(r *run, j *Jwt) val {
			return collections.NewList(value.String, texted(json.TextsOf(r, j.claims, "aud")))
		})).
		Def("DateTime? ExpirationTime", moment("exp")).Def("DateTime? NotBefore", moment("nbf")).Def("DateTime? IssuedAt", moment("iat")).
		Def("IReadOnlyDictionary<string, string[]> Claims", get(func(r *run, j *Jwt) val {
			d := collections.NewDictionary(listsType, nil)
			for _, name := range json.NamesOf(j.claims) {
				d.Put(r, value.Str(name), value.Strings(json.TextsOf(r, j.claims, name)))
			}
			return value.Ref(d)
		}))
}

func texted(list []string) []val {
	out := make([]val, len(list))
	for i, s := range list {
		out[i] = value.Str(s)
	}
	return out
}
