package bcl

import (
	"strings"

	"portico/internal/policy/csharp/text"
	"portico/internal/policy/csharp/value"
)

// fold tells whether a StringComparison ignores case, and whether it is ordinal.
func fold(v val) (ignore, ordinal bool) { return v.N%2 == 1, v.N >= 4 }

// compareStrings compares as a StringComparison asks; null comes first.
func compareStrings(a, b val, ignore, ordinal bool) int {
	switch {
	case a.R == nil && b.R == nil:
		return 0
	case a.R == nil:
		return -1
	case b.R == nil:
		return 1
	case ordinal && ignore:
		return text.OrdinalFold(a.S, b.S)
	case ordinal:
		return text.Ordinal(a.S, b.S)
	}
	n := text.Invariant(a.S, b.S, ignore)
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

func equalStrings(a, b val, ignore bool) bool {
	if a.R == nil || b.R == nil {
		return a.R == b.R
	}
	if ignore {
		return text.EqualFold(a.S, b.S)
	}
	return a.S == b.S
}

// work charges for reading s.
func work(r *run, s string) string {
	r.Step(len(s)>>6 + 1)
	return s
}

// made charges for a new string.
func made(r *run, s string) val {
	r.Spend(len(s))
	return value.Str(s)
}

// span checks a start and a length in UTF-16 units and gives the part.
func part(r *run, s string, start, count int) string {
	n := text.Len(s)
	if start < 0 || start > n {
		r.ThrowRange("startIndex")
	}
	if count < 0 || count > n-start {
		r.ThrowRange("length")
	}
	return text.Slice(s, start, count)
}

// indexOf finds sub at or behind a unit; -1 for none. n limits the units looked at, -1 for all.
func indexOf(r *run, s, sub string, start, n int, ignore bool) int {
	size := text.Len(work(r, s))
	if start < 0 || start > size {
		r.ThrowRange("startIndex")
	}
	if n > size-start {
		r.ThrowRange("count")
	}
	from := text.Offset(s, start)
	end := len(s)
	if n >= 0 {
		end = text.Offset(s, start+n)
	}
	hay := s[from:end]
	if ignore {
		hay, sub = text.Upper(hay), text.Upper(sub)
	}
	i := strings.Index(hay, sub)
	if i < 0 {
		return -1
	}
	return start + text.Len(hay[:i])
}

// lastIndexOf finds the last sub that begins and ends at or before unit start; start -1 is the end.
func lastIndexOf(r *run, s, sub string, start int, ignore bool) int {
	hay := work(r, s)
	if start >= 0 {
		if n := text.Len(s); start < n {
			hay = text.Slice(s, 0, start+1)
		}
	}
	if ignore {
		hay, sub = text.Upper(hay), text.Upper(sub)
	}
	i := strings.LastIndex(hay, sub)
	return text.Index(hay, i)
}

func declareStrings(l *value.Library) {
	l.Add(value.String).
		Const("Empty", value.Str("")).
		Def("int Length", func(r *run, a []val) val { return value.Int(text.Len(work(r, a[0].S))) }).
		Def("char this[int index]", func(r *run, a []val) val {
			c, ok := text.At(work(r, a[0].S), a[1].Int())
			if !ok {
				r.Throw(value.ExIndexRange, "Index was outside the bounds of the array.")
			}
			return value.Chr(c)
		}).
		Def("static bool IsNullOrEmpty(string value)", func(_ *run, a []val) val { return value.Bool(a[0].S == "") }).
		Def("static bool IsNullOrWhiteSpace(string value)", func(_ *run, a []val) val { return value.Bool(text.TrimSpace(a[0].S) == "") }).
		Def("string ToLower()", func(r *run, a []val) val { return made(r, text.Lower(a[0].S)) }).
		Def("string ToLower(CultureInfo culture)", func(r *run, a []val) val { return made(r, text.Lower(a[0].S)) }).
		Def("string ToLowerInvariant()", func(r *run, a []val) val { return made(r, text.Lower(a[0].S)) }).
		Def("string ToUpper()", func(r *run, a []val) val { return made(r, text.Upper(a[0].S)) }).
		Def("string ToUpper(CultureInfo culture)", func(r *run, a []val) val { return made(r, text.Upper(a[0].S)) }).
		Def("string ToUpperInvariant()", func(r *run, a []val) val { return made(r, text.Upper(a[0].S)) }).
		Def("string ToString()", func(_ *run, a []val) val { return a[0] }).
		Def("string ToString(IFormatProvider provider)", func(_ *run, a []val) val { return a[0] }).
		Def("object Clone()", func(_ *run, a []val) val { return a[0] }).
		Def("static string Intern(string s)", func(_ *run, a []val) val { return a[0] }).
		Def("static string Copy(string s)", func(_ *run, a []val) val { return a[0] }).
		Def("string Normalize()", func(_ *run, a []val) val { return a[0] }).
		Def("string Substring(int startIndex)", func(r *run, a []val) val {
			return value.Str(part(r, a[0].S, a[1].Int(), max(text.Len(a[0].S)-a[1].Int(), 0)))
		}).
		Def("string Substring(int startIndex, int length)", func(r *run, a []val) val {
			return value.Str(part(r, a[0].S, a[1].Int(), a[2].Int()))
		}).
		Def("string Remove(int startIndex)", func(r *run, a []val) val { return value.Str(part(r, a[0].S, 0, a[1].Int())) }).
		Def("string Remove(int startIndex, int count)", func(r *run, a []val) val {
			part(r, a[0].S, a[1].Int(), a[2].Int())
			n := text.Len(a[0].S)
			end := a[1].Int() + a[2].Int()
			return made(r, text.Concat(text.Slice(a[0].S, 0, a[1].Int()), text.Slice(a[0].S, end, n-end)))
		}).
		Def("string Insert(int startIndex, string value)", func(r *run, a []val) val {
			ins := r.NeedStr(a[2], "value")
			head := part(r, a[0].S, 0, a[1].Int())
			tail := text.Slice(a[0].S, a[1].Int(), text.Len(a[0].S)-a[1].Int())
			return made(r, text.Concat(text.Concat(head, ins), tail))
		}).
		Def("string PadLeft(int totalWidth, char paddingChar = 32)", func(r *run, a []val) val { return pad(r, a, true) }).
		Def("string PadRight(int totalWidth, char paddingChar = 32)", func(r *run, a []val) val { return pad(r, a, false) }).
		Def("char[] ToCharArray()", func(r *run, a []val) val { return value.NewArray(value.Char, value.Collect(r, a[0])) }).
		Def("char[] ToCharArray(int startIndex, int length)", func(r *run, a []val) val {
			return value.NewArray(value.Char, value.Collect(r, value.Str(part(r, a[0].S, a[1].Int(), a[2].Int()))))
		}).
		Def("new(char[] value)", func(r *run, a []val) val { return charsToString(r, a[0]) }).
		Def("new(char[] value, int startIndex, int length)", func(r *run, a []val) val {
			return value.Str(part(r, charsToString(r, a[0]).S, a[1].Int(), a[2].Int()))
		}).
		Def("new(char c, int count)", func(r *run, a []val) val {
			if a[1].N < 0 {
				r.ThrowRange("count")
			}
			r.Spend(int(a[1].N) * len(text.Char(a[0].Rune())))
			return value.Str(strings.Repeat(text.Char(a[0].Rune()), a[1].Int()))
		})
	declareStringTests(l)
	declareStringSearch(l)
}

func pad(r *run, a []val, left bool) val {
	if a[1].N < 0 {
		r.ThrowRange("totalWidth")
	}
	n := a[1].Int() - text.Len(a[0].S)
	if n <= 0 {
		return a[0]
	}
	c := text.Char(a[2].Rune())
	r.Spend(n*len(c) + len(a[0].S))
	if left {
		return value.Str(strings.Repeat(c, n) + a[0].S)
	}
	return value.Str(a[0].S + strings.Repeat(c, n))
}

func charsToString(r *run, v val) val {
	if v.R == nil {
		return value.Str("")
	}
	var b []byte
	it := value.Iter(r, v)
	for c, ok := it.Next(r); ok; c, ok = it.Next(r) {
		b = text.Append(b, c.Rune())
	}
	return made(r, string(b))
}

// declareStringTests has what gives a bool or an order.
func declareStringTests(l *value.Library) {
	affix := func(test func(s, p string) bool) func(bool) value.Native {
		return func(byMode bool) value.Native {
			return func(r *run, a []val) val {
				p := r.NeedStr(a[1], "value")
				s := work(r, a[0].S)
				if byMode {
					ignore := a[2].N%2 == 1
					if a[2].R == val(value.Bool(true)).R {
						ignore = a[2].Bool()
					}
					if ignore {
						return value.Bool(test(text.Upper(s), text.Upper(p)))
					}
				}
				return value.Bool(test(s, p))
			}
		}
	}
	starts, ends := affix(strings.HasPrefix), affix(strings.HasSuffix)
	l.Add(value.String).
		Def("bool StartsWith(string value)", starts(false)).
		Def("bool StartsWith(string value, StringComparison comparisonType)", starts(true)).
		Def("bool StartsWith(string value, bool ignoreCase, CultureInfo culture)", starts(true)).
		Def("bool EndsWith(string value)", ends(false)).
		Def("bool EndsWith(string value, StringComparison comparisonType)", ends(true)).
		Def("bool EndsWith(string value, bool ignoreCase, CultureInfo culture)", ends(true)).
		Def("bool Contains(string value)", func(r *run, a []val) val {
			return value.Bool(strings.Contains(work(r, a[0].S), r.NeedStr(a[1], "value")))
		}).
		Def("bool Contains(string value, StringComparison comparisonType)", func(r *run, a []val) val {
			ignore, _ := fold(a[2])
			return value.Bool(indexOf(r, a[0].S, r.NeedStr(a[1], "value"), 0, -1, ignore) >= 0)
		}).
		Def("bool Equals(string value)", func(r *run, a []val) val { return value.Bool(equalStrings(a[0], a[1], false)) }).
		Def("bool Equals(string value, StringComparison comparisonType)", func(r *run, a []val) val {
			ignore, _ := fold(a[2])
			return value.Bool(equalStrings(a[0], a[1], ignore))
		}).
		Def("static bool Equals(string a, string b)", func(r *run, a []val) val { return value.Bool(equalStrings(a[0], a[1], false)) }).
		Def("static bool Equals(string a, string b, StringComparison comparisonType)", func(r *run, a []val) val {
			ignore, _ := fold(a[2])
			return value.Bool(equalStrings(a[0], a[1], ignore))
		}).
		Def("int CompareTo(string strB)", func(r *run, a []val) val { return value.Int(compareStrings(a[0], a[1], false, false)) }).
		Def("static int Compare(string strA, string strB)", func(r *run, a []val) val {
			return value.Int(compareStrings(a[0], a[1], false, false))
		}).
		Def("static int Compare(string strA, string strB, bool ignoreCase)", func(r *run, a []val) val {
			return value.Int(compareStrings(a[0], a[1], a[2].Bool(), false))
		}).
		Def("static int Compare(string strA, string strB, bool ignoreCase, CultureInfo culture)", func(r *run, a []val) val {
			return value.Int(compareStrings(a[0], a[1], a[2].Bool(), false))
		}).
		Def("static int Compare(string strA, string strB, StringComparison comparisonType)", func(r *run, a []val) val {
			ignore, ordinal := fold(a[2])
			return value.Int(compareStrings(a[0], a[1], ignore, ordinal))
		}).
		Def("static int CompareOrdinal(string strA, string strB)", func(r *run, a []val) val {
			return value.Int(compareStrings(a[0], a[1], false, true))
		})
}

// anyOf turns the chars of an array into a test.
func anyOf(r *run, v val) func(rune) bool {
	chars := charsToString(r, v).S
	return func(c rune) bool { return strings.ContainsRune(chars, c) }
}

// declareStringSearch has what looks for a place.
func declareStringSearch(l *value.Library) {
	chr := func(v val) string { return text.Char(v.Rune()) }
	d := l.Add(value.String).
		Def("int IndexOf(char value)", func(r *run, a []val) val { return value.Int(indexOf(r, a[0].S, chr(a[1]), 0, -1, false)) }).
		Def("int IndexOf(char value, int startIndex)", func(r *run, a []val) val {
			return value.Int(indexOf(r, a[0].S, chr(a[1]), a[2].Int(), -1, false))
		}).
		Def("int IndexOf(char value, int startIndex, int count)", func(r *run, a []val) val {
			return value.Int(indexOf(r, a[0].S, chr(a[1]), a[2].Int(), a[3].Int(), false))
		}).
		Def("int IndexOf(string value)", func(r *run, a []val) val {
			return value.Int(indexOf(r, a[0].S, r.NeedStr(a[1], "value"), 0, -1, false))
		}).
		Def("int IndexOf(string value, int startIndex)", func(r *run, a []val) val {
			return value.Int(indexOf(r, a[0].S, r.NeedStr(a[1], "value"), a[2].Int(), -1, false))
		}).
		Def("int IndexOf(string value, StringComparison comparisonType)", func(r *run, a []val) val {
			ignore, _ := fold(a[2])
			return value.Int(indexOf(r, a[0].S, r.NeedStr(a[1], "value"), 0, -1, ignore))
		}).
		Def("int IndexOf(string value, int startIndex, StringComparison comparisonType)", func(r *run, a []val) val {
			ignore, _ := fold(a[3])
			return value.Int(indexOf(r, a[0].S, r.NeedStr(a[1], "value"), a[2].Int(), -1, ignore))
		}).
		Def("int LastIndexOf(char value)", func(r *run, a []val) val { return value.Int(lastIndexOf(r, a[0].S, chr(a[1]), -1, false)) }).
		Def("int LastIndexOf(char value, int startIndex)", func(r *run, a []val) val {
			return value.Int(lastIndexOf(r, a[0].S, chr(a[1]), a[2].Int(), false))
		}).
		Def("int LastIndexOf(string value)", func(r *run, a []val) val {
			return value.Int(lastIndexOf(r, a[0].S, r.NeedStr(a[1], "value"), -1, false))
		}).
		Def("int LastIndexOf(string value, int startIndex)", func(r *run, a []val) val {
			return value.Int(lastIndexOf(r, a[0].S, r.NeedStr(a[1], "value"), a[2].Int(), false))
		}).
		Def("int LastIndexOf(string value, StringComparison comparisonType)", func(r *run, a []val) val {
			ignore, _ := fold(a[2])
			return value.Int(lastIndexOf(r, a[0].S, r.NeedStr(a[1], "value"), -1, ignore))
		}).
		Def("int IndexOfAny(char[] anyOf)", func(r *run, a []val) val {
			return value.Int(text.Index(a[0].S, strings.IndexFunc(work(r, a[0].S), anyOf(r, a[1]))))
		}).
		Def("int LastIndexOfAny(char[] anyOf)", func(r *run, a []val) val {
			return value.Int(text.Index(a[0].S, strings.LastIndexFunc(work(r, a[0].S), anyOf(r, a[1]))))
		})
	trim := func(start, end bool) func(chars bool) value.Native {
		return func(chars bool) value.Native {
			return func(r *run, a []val) val {
				in := text.Space
				if chars && a[1].R != nil && a[1].R.(value.Sized).Len() > 0 {
					in = anyOf(r, a[1])
				}
				s := work(r, a[0].S)
				if start {
					s = strings.TrimLeftFunc(s, in)
				}
				if end {
					s = strings.TrimRightFunc(s, in)
				}
				return value.Str(s)
			}
		}
	}
	for name, f := range map[string]func(bool) value.Native{"Trim": trim(true, true), "TrimStart": trim(true, false), "TrimEnd": trim(false, true)} {
		d.Def("string "+name+"()", f(false)).Def("string "+name+"(params char[] trimChars)", f(true))
	}
	d.Def("string Replace(char oldChar, char newChar)", func(r *run, a []val) val { return replace(r, a[0].S, chr(a[1]), chr(a[2])) }).
		Def("string Replace(string oldValue, string newValue)", func(r *run, a []val) val {
			if r.NeedStr(a[1], "oldValue") == "" {
				r.Throw(value.ExArgument, "Argument cannot be the empty string.\nParameter name: oldValue")
			}
			return replace(r, a[0].S, a[1].S, a[2].S)
		})
}

// replace charges for the result before it is made.
func replace(r *run, s, old, by string) val {
	n := strings.Count(work(r, s), old)
	if n == 0 {
		return value.Str(s)
	}
	r.Spend(len(s) + n*(len(by)-len(old)))
	return value.Str(strings.ReplaceAll(s, old, by))
}
