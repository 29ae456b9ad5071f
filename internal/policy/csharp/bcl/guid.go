package bcl

import (
	"crypto/rand"
	"encoding/hex"
	"math"
	mathrand "math/rand/v2"
	"strings"

	"portico/internal/policy/csharp/text"
	"portico/internal/policy/csharp/value"
)

// guid keeps its 32 hexadecimal digits with dashes, lower case, in S.
var guid = func() *value.Type {
	t := value.NewStruct("System", "Guid", value.IComparable, value.IFormattable)
	t.ZeroOf = func(t *value.Type) value.Value { return value.Value{S: emptyGuid, R: t} }
	t.FormatOf = formatGuid
	t.CompareOf = func(a, b value.Value) int { return strings.Compare(a.S, b.S) }
	return t
}()

const emptyGuid = "00000000-0000-0000-0000-000000000000"

func formatGuid(r *value.Run, v value.Value, spec string) string {
	s := v.S
	switch spec {
	case "", "D", "d":
		return s
	case "N", "n":
		return strings.ReplaceAll(s, "-", "")
	case "B", "b":
		return "{" + s + "}"
	case "P", "p":
		return "(" + s + ")"
	}
	r.Throw(value.ExFormat, "Format String can be only \"D\", \"d\", \"N\", \"n\", \"P\", \"p\", \"B\", \"b\", \"X\" or \"x\".")
	return ""
}

// parseGuid reads the forms D, N, B and P.
func parseGuid(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if len(s) == 38 && (s[0] == '{' && s[37] == '}' || s[0] == '(' && s[37] == ')') {
		s = s[1:37]
		if s[8] != '-' {
			return "", false
		}
	}
	d := s
	if len(s) == 36 {
		if s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
			return "", false
		}
		d = s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	}
	b, err := hex.DecodeString(d)
	if err != nil || len(b) != 16 {
		return "", false
	}
	return dashed(b), true
}

func dashed(b []byte) string {
	var out [36]byte
	hex.Encode(out[:8], b[:4])
	hex.Encode(out[9:13], b[4:6])
	hex.Encode(out[14:18], b[6:8])
	hex.Encode(out[19:23], b[8:10])
	hex.Encode(out[24:], b[10:16])
	out[8], out[13], out[18], out[23] = '-', '-', '-', '-'
	return string(out[:])
}

// swapped turns the text's byte order into that of ToByteArray, and back.
func swapped(b []byte) []byte {
	return []byte{b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]}
}

func declareGuid(l *value.Library) {
	of := func(s string) val { return value.Value{S: s, R: guid} }
	parse := func(r *run, a []val) val {
		s, ok := parseGuid(r.NeedStr(a[0], "input"))
		if !ok {
			r.Throw(value.ExFormat, "Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).")
		}
		return of(s)
	}
	d := l.Add(guid).
		Const("Empty", of(emptyGuid)).
		Def("static Guid NewGuid()", func(r *run, _ []val) val {
			var b [16]byte
			_, _ = rand.Read(b[:]) // never fails (crypto/rand)
			b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
			r.Alloc(36)
			return of(dashed(b[:]))
		}).
		Def("static Guid Parse(string input)", parse).
		Def("static Guid ParseExact(string input, string format)", parse).
		Def("new(string g)", parse).
		Def("new(byte[] b)", func(r *run, a []val) val {
			b := bytesOf(r, a[0], "b")
			if len(b) != 16 {
				r.Throw(value.ExArgument, "Byte array for GUID must be exactly 16 bytes long.\nParameter name: b")
			}
			return of(dashed(swapped(b)))
		}).
		Def("static bool TryParse(string input, out Guid result)", func(_ *run, a []val) val {
			s, ok := parseGuid(a[0].S)
			if !ok {
				s = emptyGuid
			}
			value.SetOut(a[1], of(s))
			return value.Bool(ok)
		}).
		Def("byte[] ToByteArray()", func(_ *run, a []val) val {
			b, _ := hex.DecodeString(strings.ReplaceAll(a[0].S, "-", ""))
			return value.ByteSlice(swapped(b))
		}).
		Def("bool Equals(Guid g)", func(_ *run, a []val) val { return value.Bool(a[0].S == a[1].S) }).
		Def("int CompareTo(Guid value)", compareTo)
	comparisons(d, "Guid")
}

// generator is a System.Random. With a seed it gives Go's sequence, not .NET's.
type generator struct{ src *mathrand.Rand }

var random = value.NewClass("System", "Random", nil)

func (*generator) Type() *value.Type { return random }

func declareRandom(l *value.Library) {
	g := func(v val) *mathrand.Rand { return v.R.(*generator).src }
	make := func(a, b uint64) val { return value.Ref(&generator{mathrand.New(mathrand.NewPCG(a, b))}) }
	between := func(r *run, v val, lo, hi int64) val {
		if lo > hi {
			r.Throw(value.ExArgumentRange, "'minValue' cannot be greater than maxValue.\nParameter name: minValue")
		}
		if lo == hi {
			return value.Int(int(lo))
		}
		return value.Int(int(lo + g(v).Int64N(hi-lo)))
	}
	l.Add(random).
		Def("new()", func(*run, []val) val { return make(mathrand.Uint64(), mathrand.Uint64()) }).
		Def("new(int seed)", func(_ *run, a []val) val { return make(uint64(a[0].N), 0x9E3779B97F4A7C15) }).
		Def("int Next()", func(r *run, a []val) val { return between(r, a[0], 0, math.MaxInt32) }).
		Def("int Next(int maxValue)", func(r *run, a []val) val {
			if a[1].N < 0 {
				r.Throw(value.ExArgumentRange, "'maxValue' must be greater than zero.\nParameter name: maxValue")
			}
			return between(r, a[0], 0, a[1].N)
		}).
		Def("int Next(int minValue, int maxValue)", func(r *run, a []val) val { return between(r, a[0], a[1].N, a[2].N) }).
		Def("double NextDouble()", func(_ *run, a []val) val { return value.Float(g(a[0]).Float64()) }).
		Def("void NextBytes(byte[] buffer)", func(r *run, a []val) val {
			for i, b := 0, bytesOf(r, a[1], "buffer"); i < len(b); i++ {
				b[i] = byte(g(a[0]).Uint64())
			}
			return value.Null
		})
}

// coding is a System.Text.Encoding.
type coding struct {
	name   string
	encode func(s string) []byte
	decode func(b []byte) string
}

var encoding = value.NewClass("System.Text", "Encoding", nil)

func (*coding) Type() *value.Type          { return encoding }
func (c *coding) String(*value.Run) string { return "System.Text." + c.name + "Encoding" }

func oneByte(limit rune) (func(string) []byte, func([]byte) string) {
	return func(s string) []byte {
			out := make([]byte, 0, len(s))
			for _, c := range text.Units(s) {
				if rune(c) < limit {
					out = append(out, byte(c))
				} else {
					out = append(out, '?')
				}
			}
			return out
		}, func(b []byte) string {
			out := make([]byte, 0, len(b))
			for _, c := range b {
				if rune(c) < limit {
					out = text.Append(out, rune(c))
				} else {
					out = append(out, '?')
				}
			}
			return string(out)
		}
}

func wide(bigEndian bool) (func(string) []byte, func([]byte) string) {
	put := func(hi, lo byte) (byte, byte) {
		if bigEndian {
			return hi, lo
		}
		return lo, hi
	}
	return func(s string) []byte {
			out := make([]byte, 0, 2*len(s))
			for _, c := range text.Units(s) {
				x, y := put(byte(c>>8), byte(c))
				out = append(out, x, y)
			}
			return out
		}, func(b []byte) string {
			u := make([]uint16, 0, len(b)/2)
			for ; len(b) >= 2; b = b[2:] {
				hi, lo := put(b[0], b[1])
				u = append(u, uint16(hi)<<8|uint16(lo))
			}
			return text.FromUnits(u)
		}
}

func declareEncoding(l *value.Library) {
	utf8 := &coding{"UTF8", func(s string) []byte { return []byte(text.Valid(s)) }, func(b []byte) string { return text.Valid(string(b)) }}
	named := map[string]*coding{"UTF8": utf8, "Default": utf8}
	add := func(name string, enc func(string) []byte, dec func([]byte) string) {
		named[name] = &coding{name, enc, dec}
	}
	enc, dec := oneByte(128)
	add("ASCII", enc, dec)
	latinEnc, latinDec := oneByte(256)
	enc, dec = wide(false)
	add("Unicode", enc, dec)
	enc, dec = wide(true)
	add("BigEndianUnicode", enc, dec)
	latin := &coding{"Latin1", latinEnc, latinDec}
	c := func(v val) *coding { x, _ := v.R.(*coding); return x }
	d := l.Add(encoding)
	for name, e := range named {
		v := value.Ref(e)
		d.Def("static Encoding "+name, func(*run, []val) val { return v })
	}
	d.Def("static Encoding GetEncoding(string name)", func(r *run, a []val) val {
		switch strings.ToLower(r.NeedStr(a[0], "name")) {
		case "utf-8", "utf8":
			return value.Ref(utf8)
		case "us-ascii", "ascii":
			return value.Ref(named["ASCII"])
		case "iso-8859-1", "latin1", "windows-1252":
			return value.Ref(latin)
		case "utf-16", "utf-16le", "unicode":
			return value.Ref(named["Unicode"])
		case "utf-16be":
			return value.Ref(named["BigEndianUnicode"])
		}
		r.Throw(value.ExArgument, "'%s' is not a supported encoding name.\nParameter name: name", a[0].S)
		return value.Null
	}).
		Def("byte[] GetBytes(string s)", func(r *run, a []val) val {
			s := r.NeedStr(a[1], "s")
			r.Spend(2 * len(s))
			return value.ByteSlice(c(a[0]).encode(s))
		}).
		Def("byte[] GetBytes(char[] chars)", func(r *run, a []val) val { return value.ByteSlice(c(a[0]).encode(charsToString(r, a[1]).S)) }).
		Def("int GetByteCount(string s)", func(r *run, a []val) val { return value.Int(len(c(a[0]).encode(work(r, a[1].S)))) }).
		Def("string GetString(byte[] bytes)", func(r *run, a []val) val {
			b := bytesOf(r, a[1], "bytes")
			r.Spend(2 * len(b))
			return value.Str(c(a[0]).decode(b))
		}).
		Def("string GetString(byte[] bytes, int index, int count)", func(r *run, a []val) val {
			b := bytesOf(r, a[1], "bytes")
			if a[2].N < 0 || a[3].N < 0 || a[2].N+a[3].N > int64(len(b)) {
				r.ThrowRange("bytes")
			}
			r.Spend(2 * a[3].Int())
			return value.Str(c(a[0]).decode(b[a[2].N : a[2].N+a[3].N]))
		}).
		Def("string WebName", func(_ *run, a []val) val {
			return value.Str(map[string]string{"UTF8": "utf-8", "ASCII": "us-ascii", "Unicode": "utf-16", "BigEndianUnicode": "utf-16BE", "Latin1": "iso-8859-1"}[c(a[0]).name])
		})
}
