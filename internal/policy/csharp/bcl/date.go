package bcl

import (
	"math"
	"time"

	"portico/internal/policy/csharp/format"
	"portico/internal/policy/csharp/value"
)

// dateTime keeps its ticks in N with the kind in the two top bits, as .NET does.
var dateTime = func() *value.Type {
	t := value.NewStruct("System", "DateTime", value.IComparable, value.IFormattable)
	t.FormatOf = func(r *value.Run, v value.Value, spec string) string { return formatDate(r, moment(v), spec) }
	t.EqualOf = func(a, b value.Value) bool { return ticks(a) == ticks(b) }
	t.KeyOf = func(v value.Value) value.Value { v.N = ticks(v); return v }
	t.CompareOf = func(a, b value.Value) int { return order(ticks(a), ticks(b)) }
	return t
}()

const tickMask = 1<<62 - 1

func ticks(v val) int64 { return v.N & tickMask }

func kind(v val) format.Kind { return format.Kind(uint64(v.N) >> 62) }

func moment(v val) format.Moment { return format.Moment{Ticks: ticks(v), Kind: kind(v)} }

func order(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// DateTime makes a DateTime of a clock and a kind.
func DateTime(t int64, k format.Kind) value.Value {
	return value.Of(dateTime, t|int64(uint64(k)<<62))
}

// DateTimeType is System.DateTime.
func DateTimeType() *value.Type { return dateTime }

// DateTimeOf makes a UTC DateTime of a Go time.
func DateTimeOf(t time.Time) value.Value { return DateTime(format.TicksOf(t.UTC()), format.UTC) }

// DateParts gives the moment of a DateTime or DateTimeOffset; ok is false for others.
func DateParts(v value.Value) (m format.Moment, ok bool) {
	if v.R == value.Object(dateTime) {
		return moment(v), true
	}
	if o, is := v.R.(*offset); is {
		return o.moment(), true
	}
	return m, false
}

// checkTicks makes a DateTime of ticks that a computation gave.
func checkTicks(r *run, t int64, k format.Kind) val {
	if t < 0 || t > format.MaxTicks {
		r.Throw(value.ExArgumentRange, "The added or subtracted value results in an un-representable DateTime.\nParameter name: value")
	}
	return DateTime(t, k)
}

func formatDate(r *run, m format.Moment, spec string) string {
	s, err := format.Date(m, spec)
	if err != nil {
		r.Throw(value.ExFormat, "Input string was not in a correct format.")
	}
	return s
}

// civil makes ticks of a calendar date, or throws.
func civil(r *run, a []val) int64 {
	f := [7]int64{1, 1, 1}
	for i := range a {
		f[i] = a[i].N
	}
	t := time.Date(int(f[0]), time.Month(f[1]), int(f[2]), int(f[3]), int(f[4]), int(f[5]), 0, time.UTC)
	if f[0] < 1 || f[0] > 9999 || f[1] < 1 || f[1] > 12 || f[2] < 1 || t.Day() != int(f[2]) {
		r.Throw(value.ExArgumentRange, "Year, Month, and Day parameters describe an un-representable DateTime.")
	}
	if f[3] < 0 || f[3] > 23 || f[4] < 0 || f[4] > 59 || f[5] < 0 || f[5] > 59 {
		r.Throw(value.ExArgumentRange, "Hour, Minute, and Second parameters describe an un-representable DateTime.")
	}
	if f[6] < 0 || f[6] > 999 {
		r.ThrowRange("millisecond")
	}
	return format.TicksOf(t) + f[6]*format.TicksPerMillisecond
}

// amount turns a count of units into ticks, rounded to milliseconds as .NET Framework does.
func amount(r *run, n float64, unit int64) int64 {
	ms := n * float64(unit/format.TicksPerMillisecond)
	if unit == 1 {
		return int64(n)
	}
	ms += math.Copysign(0.5, ms)
	if math.IsNaN(ms) || math.Abs(ms) >= 315537897600000 {
		r.Throw(value.ExArgumentRange, "Value to add was out of range.\nParameter name: value")
	}
	return int64(ms) * format.TicksPerMillisecond
}

// addMonths keeps the day where the month has it, and takes its last day otherwise.
func addMonths(r *run, v val, months int64) val {
	if months < -120000 || months > 120000 {
		r.ThrowRange("months")
	}
	t := format.Time(ticks(v))
	y, m := t.Year(), int64(t.Month())-1+months
	y += int(m / 12)
	if m %= 12; m < 0 {
		m += 12
		y--
	}
	day := min(t.Day(), daysIn(y, int(m)+1))
	if y < 1 || y > 9999 {
		r.Throw(value.ExArgumentRange, "The added or subtracted value results in an un-representable DateTime.\nParameter name: months")
	}
	d := time.Date(y, time.Month(m+1), day, 0, 0, 0, 0, time.UTC)
	return DateTime(format.TicksOf(d)+ticks(v)%format.TicksPerDay, kind(v))
}

func daysIn(y, m int) int { return time.Date(y, time.Month(m)+1, 0, 0, 0, 0, 0, time.UTC).Day() }

// parseDateTime reads a date; an offset in the text is turned into local time, which is UTC here.
func parseDateTime(r *run, s string, styles int64) val {
	m, err := format.ParseDate(s, r.Now().UTC())
	if err != nil {
		r.Throw(value.ExFormat, "String was not recognized as a valid DateTime.")
	}
	return zoned(m, styles)
}

// Bits of DateTimeStyles.
const (
	adjustToUniversal = 16
	assumeLocal       = 32
	assumeUniversal   = 64
	roundtripKind     = 128
)

func zoned(m format.Moment, styles int64) val {
	switch {
	case m.Kind == format.UTC && styles&roundtripKind != 0:
		return DateTime(m.Ticks, format.UTC)
	case m.HasOffset || m.Kind == format.UTC:
		t := m.Ticks - int64(m.Offset)*format.TicksPerMinute
		if styles&adjustToUniversal != 0 {
			return DateTime(t, format.UTC)
		}
		return DateTime(t, format.Local)
	case styles&assumeUniversal != 0, styles&assumeLocal != 0:
		if styles&adjustToUniversal != 0 {
			return DateTime(m.Ticks, format.UTC)
		}
		return DateTime(m.Ticks, format.Local)
	}
	return DateTime(m.Ticks, format.Unspecified)
}

func declareDates(l *value.Library) {
	now := func(r *run) int64 { return format.TicksOf(r.Now().UTC()) }
	make := func(r *run, a []val) val { return DateTime(civil(r, a), 0) }
	l.Add(dateTime).
		Def("static DateTime Now", func(r *run, _ []val) val { return DateTime(now(r), format.Local) }).
		Def("static DateTime UtcNow", func(r *run, _ []val) val { return DateTime(now(r), format.UTC) }).
		Def("static DateTime Today", func(r *run, _ []val) val {
			n := now(r)
			return DateTime(n-n%format.TicksPerDay, format.Local)
		}).
		Const("MinValue", DateTime(0, 0)).Const("MaxValue", DateTime(format.MaxTicks, 0)).
		Def("new(long ticks)", func(r *run, a []val) val {
			if a[0].N < 0 || a[0].N > format.MaxTicks {
				r.ThrowRange("ticks")
			}
			return DateTime(a[0].N, 0)
		}).
		Def("new(long ticks, DateTimeKind kind)", func(r *run, a []val) val { return DateTime(a[0].N, format.Kind(a[1].N)) }).
		Def("new(int year, int month, int day)", make).
		Def("new(int year, int month, int day, int hour, int minute, int second)", make).
		Def("new(int year, int month, int day, int hour, int minute, int second, int millisecond)", make).
		Def("new(int year, int month, int day, int hour, int minute, int second, DateTimeKind kind)", func(r *run, a []val) val {
			return DateTime(civil(r, a[:6]), format.Kind(a[6].N))
		}).
		Def("new(int year, int month, int day, int hour, int minute, int second, int millisecond, DateTimeKind kind)", func(r *run, a []val) val {
			return DateTime(civil(r, a[:7]), format.Kind(a[7].N))
		}).
		Def("static DateTime Parse(string s)", func(r *run, a []val) val { return parseDateTime(r, r.NeedStr(a[0], "s"), 0) }).
		Def("static DateTime Parse(string s, IFormatProvider provider)", func(r *run, a []val) val { return parseDateTime(r, r.NeedStr(a[0], "s"), 0) }).
		Def("static DateTime Parse(string s, IFormatProvider provider, DateTimeStyles styles)", func(r *run, a []val) val {
			return parseDateTime(r, r.NeedStr(a[0], "s"), a[2].N)
		}).
		Def("static DateTime ParseExact(string s, string format, IFormatProvider provider)", func(r *run, a []val) val {
			return exactDate(r, a[0], []val{a[1]}, 0)
		}).
		Def("static DateTime ParseExact(string s, string format, IFormatProvider provider, DateTimeStyles style)", func(r *run, a []val) val {
			return exactDate(r, a[0], []val{a[1]}, a[3].N)
		}).
		Def("static DateTime ParseExact(string s, string[] formats, IFormatProvider provider, DateTimeStyles style)", func(r *run, a []val) val {
			return exactDate(r, a[0], value.Collect(r, a[1]), a[3].N)
		}).
		Def("static bool TryParse(string s, out DateTime result)", func(r *run, a []val) val { return tryDate(r, a[0], nil, 0, a[1]) }).
		Def("static bool TryParse(string s, IFormatProvider provider, DateTimeStyles styles, out DateTime result)", func(r *run, a []val) val {
			return tryDate(r, a[0], nil, a[2].N, a[3])
		}).
		Def("static bool TryParseExact(string s, string format, IFormatProvider provider, DateTimeStyles style, out DateTime result)", func(r *run, a []val) val {
			return tryDate(r, a[0], []val{a[1]}, a[3].N, a[4])
		}).
		Def("static bool TryParseExact(string s, string[] formats, IFormatProvider provider, DateTimeStyles style, out DateTime result)", func(r *run, a []val) val {
			return tryDate(r, a[0], value.Collect(r, a[1]), a[3].N, a[4])
		}).
		Def("static int DaysInMonth(int year, int month)", func(r *run, a []val) val {
			if a[1].N < 1 || a[1].N > 12 || a[0].N < 1 || a[0].N > 9999 {
				r.Throw(value.ExArgumentRange, "Month must be between one and twelve.\nParameter name: month")
			}
			return value.Int(daysIn(a[0].Int(), a[1].Int()))
		}).
		Def("static bool IsLeapYear(int year)", func(r *run, a []val) val { return value.Bool(daysIn(a[0].Int(), 2) == 29) }).
		Def("static int Compare(DateTime t1, DateTime t2)", compareTo).
		Def("static DateTime SpecifyKind(DateTime value, DateTimeKind kind)", func(_ *run, a []val) val { return DateTime(ticks(a[0]), format.Kind(a[1].N)) }).
		Def("static DateTime FromBinary(long dateData)", func(_ *run, a []val) val { return value.Of(dateTime, a[0].N) }).
		Def("long ToBinary()", func(_ *run, a []val) val { return value.Long(a[0].N) }).
		Def("static DateTime FromFileTimeUtc(long fileTime)", func(r *run, a []val) val {
			return checkTicks(r, a[0].N+504911232000000000, format.UTC)
		}).
		Def("long ToFileTimeUtc()", func(_ *run, a []val) val { return value.Long(ticks(a[0]) - 504911232000000000) })
}

// tryExact reads by the first pattern that fits.
func tryExact(r *run, s string, formats []val) (format.Moment, error) {
	err := format.ErrSyntax
	for _, f := range formats {
		r.Step(4)
		m, e := format.ParseDateExact(s, f.S, r.Now().UTC())
		if e == nil {
			return m, nil
		}
		err = e
	}
	return format.Moment{}, err
}

func exactDate(r *run, s val, formats []val, styles int64) val {
	m, err := tryExact(r, r.NeedStr(s, "s"), formats)
	if err != nil {
		r.Throw(value.ExFormat, "String was not recognized as a valid DateTime.")
	}
	return zoned(m, styles)
}

func tryDate(r *run, s val, formats []val, styles int64, out val) val {
	m, err := format.Moment{}, format.ErrSyntax
	switch {
	case s.R == nil:
	case formats == nil:
		m, err = format.ParseDate(s.S, r.Now().UTC())
	default:
		m, err = tryExact(r, s.S, formats)
	}
	if err != nil {
		value.SetOut(out, DateTime(0, 0))
		return value.Bool(false)
	}
	value.SetOut(out, zoned(m, styles))
	return value.Bool(true)
}

// parts are the fields that DateTime and DateTimeOffset have alike.
var clockParts = map[string]func(ticks int64) int64{
	"Year":   func(t int64) int64 { return int64(format.Time(t).Year()) },
	"Month":  func(t int64) int64 { return int64(format.Time(t).Month()) },
	"Day":    func(t int64) int64 { return int64(format.Time(t).Day()) },
	"Hour":   func(t int64) int64 { return t / format.TicksPerHour % 24 },
	"Minute": func(t int64) int64 { return t / format.TicksPerMinute % 60 },
	"Second": func(t int64) int64 { return t / format.TicksPerSecond % 60 },
	"Millisecond": func(t int64) int64 {
		return t / format.TicksPerMillisecond % 1000
	},
	"DayOfYear": func(t int64) int64 { return int64(format.Time(t).YearDay()) },
}

// addUnits are the Add methods of a fixed length.
var addUnits = map[string]int64{"AddDays": format.TicksPerDay, "AddHours": format.TicksPerHour, "AddMinutes": format.TicksPerMinute,
	"AddSeconds": format.TicksPerSecond, "AddMilliseconds": format.TicksPerMillisecond}

func declareDateParts(l *value.Library) {
	d := l.Add(dateTime)
	for name, f := range clockParts {
		d.Def("int "+name, func(_ *run, a []val) val { return value.Int(int(f(ticks(a[0])))) })
	}
	for name, unit := range addUnits {
		d.Def("DateTime "+name+"(double value)", func(r *run, a []val) val {
			return checkTicks(r, ticks(a[0])+amount(r, a[1].Float(), unit), kind(a[0]))
		})
	}
	minus := func(r *run, a []val) val { return value.Of(span, ticks(a[0])-ticks(a[1])) }
	plus := func(r *run, a []val) val { return checkTicks(r, ticks(a[0])+a[1].N, kind(a[0])) }
	less := func(r *run, a []val) val { return checkTicks(r, ticks(a[0])-a[1].N, kind(a[0])) }
	d.Def("long Ticks", func(_ *run, a []val) val { return value.Long(ticks(a[0])) }).
		Def("DateTimeKind Kind", func(_ *run, a []val) val { return value.Of(dateKind, int64(kind(a[0]))) }).
		Def("DateTime Date", func(_ *run, a []val) val {
			t := ticks(a[0])
			return DateTime(t-t%format.TicksPerDay, kind(a[0]))
		}).
		Def("TimeSpan TimeOfDay", func(_ *run, a []val) val { return value.Of(span, ticks(a[0])%format.TicksPerDay) }).
		Def("DayOfWeek DayOfWeek", func(_ *run, a []val) val { return value.Of(dayOfWeek, int64(format.Time(ticks(a[0])).Weekday())) }).
		Def("DateTime AddTicks(long value)", func(r *run, a []val) val { return checkTicks(r, ticks(a[0])+a[1].N, kind(a[0])) }).
		Def("DateTime AddMonths(int months)", func(r *run, a []val) val { return addMonths(r, a[0], a[1].N) }).
		Def("DateTime AddYears(int value)", func(r *run, a []val) val { return addMonths(r, a[0], a[1].N*12) }).
		Def("DateTime Add(TimeSpan value)", plus).
		Def("DateTime Subtract(TimeSpan value)", less).
		Def("TimeSpan Subtract(DateTime value)", minus).
		Def("operator DateTime +(DateTime d, TimeSpan t)", plus).
		Def("operator DateTime -(DateTime d, TimeSpan t)", less).
		Def("operator TimeSpan -(DateTime a, DateTime b)", minus).
		Def("DateTime ToUniversalTime()", func(_ *run, a []val) val { return DateTime(ticks(a[0]), format.UTC) }).
		Def("DateTime ToLocalTime()", func(_ *run, a []val) val { return DateTime(ticks(a[0]), format.Local) }).
		Def("int CompareTo(DateTime value)", compareTo).
		Def("bool Equals(DateTime value)", func(r *run, a []val) val { return value.Bool(ticks(a[0]) == ticks(a[1])) }).
		Def("double ToOADate()", func(_ *run, a []val) val {
			return value.Float(float64(ticks(a[0])-599264352000000000) / format.TicksPerDay)
		})
	for name, spec := range map[string]string{"ToShortDateString": "d", "ToLongDateString": "D", "ToShortTimeString": "t", "ToLongTimeString": "T"} {
		d.Def("string "+name+"()", func(r *run, a []val) val { return value.Str(formatDate(r, moment(a[0]), spec)) })
	}
	comparisons(d, "DateTime")
}

// comparisons adds the six comparison operators of a type that Compare orders.
func comparisons(d value.Decl, name string) {
	for op, test := range map[string]func(int) bool{
		"==": func(n int) bool { return n == 0 }, "!=": func(n int) bool { return n != 0 },
		"<": func(n int) bool { return n < 0 }, ">": func(n int) bool { return n > 0 },
		"<=": func(n int) bool { return n <= 0 }, ">=": func(n int) bool { return n >= 0 },
	} {
		d.Def("operator bool "+op+"("+name+" a, "+name+" b)", func(r *run, a []val) val { return value.Bool(test(value.Compare(r, a[0], a[1]))) })
	}
}
