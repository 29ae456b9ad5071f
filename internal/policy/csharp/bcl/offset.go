package bcl

import (
	"math"

	"portico/internal/policy/csharp/format"
	"portico/internal/policy/csharp/value"
)

// offset is a DateTimeOffset: the moment in UTC and how far the clock is from it.
type offset struct {
	utc     int64
	minutes int
}

var offsetType = func() *value.Type {
	t := value.NewStruct("System", "DateTimeOffset", value.IComparable, value.IFormattable)
	t.ZeroOf = func(*value.Type) value.Value { return value.Ref(&offset{}) }
	return t
}()

func (*offset) Type() *value.Type { return offsetType }

func (o *offset) clock() int64 { return o.utc + int64(o.minutes)*format.TicksPerMinute }

func (o *offset) moment() format.Moment {
	return format.Moment{Ticks: o.clock(), Offset: o.minutes, HasOffset: true}
}

func (o *offset) String(r *value.Run) string { return formatDate(r, o.moment(), "") }

func (o *offset) Format(r *value.Run, spec string) string { return formatDate(r, o.moment(), spec) }

func (o *offset) Equal(_ *value.Run, v value.Value) bool {
	p, ok := v.R.(*offset)
	return ok && p.utc == o.utc
}

func (o *offset) Key(r *value.Run) string { return value.NumText(value.Long(o.utc), value.Int64) }

func (o *offset) Compare(r *value.Run, v value.Value) int {
	p, ok := v.R.(*offset)
	if !ok {
		r.Throw(value.ExArgument, "Object must be of type DateTimeOffset.")
	}
	return order(o.utc, p.utc)
}

func newOffset(r *run, utc int64, minutes int) val {
	if utc < 0 || utc > format.MaxTicks {
		r.Throw(value.ExArgumentRange, "The UTC time represented when the offset is applied must be between year 0 and 10,000.\nParameter name: offset")
	}
	r.Alloc(16)
	return value.Ref(&offset{utc, minutes})
}

// OffsetOf makes a DateTimeOffset of a moment that has an offset.
func OffsetOf(m format.Moment) value.Value {
	return value.Ref(&offset{m.Ticks - int64(m.Offset)*format.TicksPerMinute, m.Offset})
}

// OffsetType is System.DateTimeOffset.
func OffsetType() *value.Type { return offsetType }

func minutesOf(r *run, s val) int {
	if s.N%format.TicksPerMinute != 0 {
		r.Throw(value.ExArgument, "Offset must be specified in whole minutes.\nParameter name: offset")
	}
	m := s.N / format.TicksPerMinute
	if m < -14*60 || m > 14*60 {
		r.Throw(value.ExArgumentRange, "Offset must be within plus or minus 14 hours.\nParameter name: offset")
	}
	return int(m)
}

const unixSeconds = format.UnixTicks / format.TicksPerSecond

func declareOffsets(l *value.Library) {
	o := func(v val) *offset { x, _ := v.R.(*offset); return x }
	clock := func(r *run, t int64, minutes int) val {
		return newOffset(r, t-int64(minutes)*format.TicksPerMinute, minutes)
	}
	d := l.Add(offsetType).
		Def("static DateTimeOffset Now", func(r *run, _ []val) val { return newOffset(r, format.TicksOf(r.Now().UTC()), 0) }).
		Def("static DateTimeOffset UtcNow", func(r *run, _ []val) val { return newOffset(r, format.TicksOf(r.Now().UTC()), 0) }).
		Const("MinValue", value.Ref(&offset{})).Const("MaxValue", value.Ref(&offset{utc: format.MaxTicks})).
		Def("new(DateTime dateTime)", func(r *run, a []val) val { return newOffset(r, ticks(a[0]), 0) }).
		Def("new(DateTime dateTime, TimeSpan offset)", func(r *run, a []val) val {
			m := minutesOf(r, a[1])
			if kind(a[0]) == format.UTC && m != 0 {
				r.Throw(value.ExArgument, "The UTC Offset for Utc DateTime instances must be 0.\nParameter name: offset")
			}
			return clock(r, ticks(a[0]), m)
		}).
		Def("new(long ticks, TimeSpan offset)", func(r *run, a []val) val { return clock(r, a[0].N, minutesOf(r, a[1])) }).
		Def("new(int year, int month, int day, int hour, int minute, int second, TimeSpan offset)", func(r *run, a []val) val {
			return clock(r, civil(r, a[:6]), minutesOf(r, a[6]))
		}).
		Def("static DateTimeOffset FromUnixTimeSeconds(long seconds)", func(r *run, a []val) val {
			if a[0].N < -unixSeconds || a[0].N > format.MaxTicks/format.TicksPerSecond-unixSeconds {
				r.ThrowRange("seconds")
			}
			return newOffset(r, a[0].N*format.TicksPerSecond+format.UnixTicks, 0)
		}).
		Def("static DateTimeOffset FromUnixTimeMilliseconds(long milliseconds)", func(r *run, a []val) val {
			if a[0].N < -unixSeconds*1000 || a[0].N > format.MaxTicks/format.TicksPerMillisecond-unixSeconds*1000 {
				r.ThrowRange("milliseconds")
			}
			return newOffset(r, a[0].N*format.TicksPerMillisecond+format.UnixTicks, 0)
		}).
		Def("static DateTimeOffset Parse(string input)", func(r *run, a []val) val { return parseOffset(r, a[0], 0) }).
		Def("static DateTimeOffset Parse(string input, IFormatProvider provider)", func(r *run, a []val) val { return parseOffset(r, a[0], 0) }).
		Def("static DateTimeOffset Parse(string input, IFormatProvider provider, DateTimeStyles styles)", func(r *run, a []val) val {
			return parseOffset(r, a[0], a[2].N)
		}).
		Def("static DateTimeOffset ParseExact(string input, string format, IFormatProvider provider)", func(r *run, a []val) val {
			m, err := tryExact(r, r.NeedStr(a[0], "input"), []val{a[1]})
			if err != nil {
				r.Throw(value.ExFormat, "String was not recognized as a valid DateTime.")
			}
			return OffsetOf(m)
		}).
		Def("static bool TryParse(string input, out DateTimeOffset result)", func(r *run, a []val) val {
			m, err := format.ParseDate(a[0].S, r.Now().UTC())
			if err != nil || a[0].R == nil {
				m, err = format.Moment{}, format.ErrSyntax
			}
			value.SetOut(a[1], OffsetOf(m))
			return value.Bool(err == nil)
		})
	for name, f := range clockParts {
		d.Def("int "+name, func(_ *run, a []val) val { return value.Int(int(f(o(a[0]).clock()))) })
	}
	for name, unit := range addUnits {
		d.Def("DateTimeOffset "+name+"(double value)", func(r *run, a []val) val {
			return newOffset(r, o(a[0]).utc+amount(r, a[1].Float(), unit), o(a[0]).minutes)
		})
	}
	months := func(r *run, v val, n int64) val {
		return clock(r, ticks(addMonths(r, DateTime(o(v).clock(), 0), n)), o(v).minutes)
	}
	plus := func(r *run, a []val) val { return newOffset(r, o(a[0]).utc+a[1].N, o(a[0]).minutes) }
	less := func(r *run, a []val) val { return newOffset(r, o(a[0]).utc-a[1].N, o(a[0]).minutes) }
	minus := func(_ *run, a []val) val { return value.Of(span, o(a[0]).utc-o(a[1]).utc) }
	d.Def("long Ticks", func(_ *run, a []val) val { return value.Long(o(a[0]).clock()) }).
		Def("long UtcTicks", func(_ *run, a []val) val { return value.Long(o(a[0]).utc) }).
		Def("TimeSpan Offset", func(_ *run, a []val) val { return value.Of(span, int64(o(a[0]).minutes)*format.TicksPerMinute) }).
		Def("DateTime DateTime", func(_ *run, a []val) val { return DateTime(o(a[0]).clock(), 0) }).
		Def("DateTime UtcDateTime", func(_ *run, a []val) val { return DateTime(o(a[0]).utc, format.UTC) }).
		Def("DateTime LocalDateTime", func(_ *run, a []val) val { return DateTime(o(a[0]).utc, format.Local) }).
		Def("DateTime Date", func(_ *run, a []val) val {
			t := o(a[0]).clock()
			return DateTime(t-t%format.TicksPerDay, 0)
		}).
		Def("TimeSpan TimeOfDay", func(_ *run, a []val) val { return value.Of(span, o(a[0]).clock()%format.TicksPerDay) }).
		Def("DayOfWeek DayOfWeek", func(_ *run, a []val) val { return value.Of(dayOfWeek, int64(format.Time(o(a[0]).clock()).Weekday())) }).
		Def("DateTimeOffset AddTicks(long ticks)", plus).
		Def("DateTimeOffset AddMonths(int months)", func(r *run, a []val) val { return months(r, a[0], a[1].N) }).
		Def("DateTimeOffset AddYears(int years)", func(r *run, a []val) val { return months(r, a[0], a[1].N*12) }).
		Def("DateTimeOffset Add(TimeSpan timeSpan)", plus).
		Def("DateTimeOffset Subtract(TimeSpan value)", less).
		Def("TimeSpan Subtract(DateTimeOffset value)", minus).
		Def("operator DateTimeOffset +(DateTimeOffset d, TimeSpan t)", plus).
		Def("operator DateTimeOffset -(DateTimeOffset d, TimeSpan t)", less).
		Def("operator TimeSpan -(DateTimeOffset a, DateTimeOffset b)", minus).
		Def("implicit DateTimeOffset(DateTime dateTime)", func(r *run, a []val) val { return newOffset(r, ticks(a[0]), 0) }).
		Def("DateTimeOffset ToUniversalTime()", func(r *run, a []val) val { return newOffset(r, o(a[0]).utc, 0) }).
		Def("DateTimeOffset ToLocalTime()", func(r *run, a []val) val { return newOffset(r, o(a[0]).utc, 0) }).
		Def("DateTimeOffset ToOffset(TimeSpan offset)", func(r *run, a []val) val { return newOffset(r, o(a[0]).utc, minutesOf(r, a[1])) }).
		Def("long ToUnixTimeSeconds()", func(_ *run, a []val) val {
			return value.Long(o(a[0]).utc/format.TicksPerSecond - unixSeconds)
		}).
		Def("long ToUnixTimeMilliseconds()", func(_ *run, a []val) val {
			return value.Long(o(a[0]).utc/format.TicksPerMillisecond - unixSeconds*1000)
		}).
		Def("int CompareTo(DateTimeOffset other)", compareTo)
	comparisons(d, "DateTimeOffset")
}

func parseOffset(r *run, s val, styles int64) val {
	m, err := format.ParseDate(r.NeedStr(s, "input"), r.Now().UTC())
	if err != nil {
		r.Throw(value.ExFormat, "String was not recognized as a valid DateTime.")
	}
	if styles&adjustToUniversal != 0 {
		m.Ticks -= int64(m.Offset) * format.TicksPerMinute
		m.Offset = 0
	}
	return OffsetOf(m)
}

// span is TimeSpan: its ticks are N.
var span = func() *value.Type {
	t := value.NewStruct("System", "TimeSpan", value.IComparable, value.IFormattable)
	t.FormatOf = func(r *value.Run, v value.Value, spec string) string {
		s, err := format.Span(v.N, spec)
		if err != nil {
			r.Throw(value.ExFormat, "Input string was not in a correct format.")
		}
		return s
	}
	return t
}()

// SpanType is System.TimeSpan; its N counts ticks of 100 ns.
func SpanType() *value.Type { return span }

func declareSpans(l *value.Library) {
	units := map[string]int64{"Days": format.TicksPerDay, "Hours": format.TicksPerHour, "Minutes": format.TicksPerMinute,
		"Seconds": format.TicksPerSecond, "Milliseconds": format.TicksPerMillisecond}
	modulus := map[string]int64{"Days": math.MaxInt64, "Hours": 24, "Minutes": 60, "Seconds": 60, "Milliseconds": 1000}
	d := l.Add(span)
	long := func(r *run) { r.Throw(value.ExOverflow, "TimeSpan overflowed because the duration is too long.") }
	for name, unit := range units {
		d.Def("int "+name, func(_ *run, a []val) val { return value.Int(int(a[0].N / unit % modulus[name])) }).
			Def("double Total"+name, func(_ *run, a []val) val { return value.Float(float64(a[0].N) / float64(unit)) }).
			Def("static TimeSpan From"+name+"(double value)", func(r *run, a []val) val {
				ms := a[0].Float() * float64(unit/format.TicksPerMillisecond)
				ms += math.Copysign(0.5, a[0].Float())
				if math.IsNaN(ms) {
					r.Throw(value.ExArgument, "TimeSpan does not accept floating point Not-a-Number values.")
				}
				if math.Abs(ms) > 922337203685477 {
					long(r)
				}
				return value.Of(span, int64(ms)*format.TicksPerMillisecond)
			})
		d.Const("TicksPer"+name[:len(name)-1], value.Long(unit))
	}
	add := func(sign int64) value.Native {
		return func(r *run, a []val) val {
			n := a[0].N + sign*a[1].N
			if (n > a[0].N) != (sign*a[1].N > 0) && a[1].N != 0 {
				long(r)
			}
			return value.Of(span, n)
		}
	}
	parts := func(r *run, a []val) val {
		f := [5]int64{}
		copied := a
		if len(a) == 3 {
			f[1], f[2], f[3] = a[0].N, a[1].N, a[2].N
		} else {
			for i := range copied {
				f[i] = copied[i].N
			}
		}
		return value.Of(span, f[0]*format.TicksPerDay+f[1]*format.TicksPerHour+f[2]*format.TicksPerMinute+f[3]*format.TicksPerSecond+f[4]*format.TicksPerMillisecond)
	}
	parse := func(r *run, a []val) val {
		n, err := format.ParseSpan(r.NeedStr(a[0], "input"))
		if err == format.ErrRange {
			r.Throw(value.ExOverflow, "The TimeSpan could not be parsed because at least one of the numeric components is out of range or contains too many digits.")
		} else if err != nil {
			r.Throw(value.ExFormat, "String was not recognized as a valid TimeSpan.")
		}
		return value.Of(span, n)
	}
	negate := func(_ *run, a []val) val { return value.Of(span, -a[0].N) }
	d.Const("Zero", value.Of(span, 0)).Const("MaxValue", value.Of(span, math.MaxInt64)).Const("MinValue", value.Of(span, math.MinInt64)).
		Def("new(long ticks)", func(_ *run, a []val) val { return value.Of(span, a[0].N) }).
		Def("new(int hours, int minutes, int seconds)", parts).
		Def("new(int days, int hours, int minutes, int seconds)", parts).
		Def("new(int days, int hours, int minutes, int seconds, int milliseconds)", parts).
		Def("static TimeSpan FromTicks(long value)", func(_ *run, a []val) val { return value.Of(span, a[0].N) }).
		Def("static TimeSpan Parse(string s)", parse).
		Def("static TimeSpan Parse(string s, IFormatProvider provider)", parse).
		Def("static bool TryParse(string s, out TimeSpan result)", func(r *run, a []val) val {
			n, err := format.ParseSpan(a[0].S)
			if err != nil {
				n = 0
			}
			value.SetOut(a[1], value.Of(span, n))
			return value.Bool(err == nil)
		}).
		Def("static int Compare(TimeSpan a, TimeSpan b)", compareTo).
		Def("long Ticks", func(_ *run, a []val) val { return value.Long(a[0].N) }).
		Def("TimeSpan Add(TimeSpan ts)", add(1)).Def("TimeSpan Subtract(TimeSpan ts)", add(-1)).
		Def("TimeSpan Negate()", negate).
		Def("TimeSpan Duration()", func(_ *run, a []val) val { return value.Of(span, max(a[0].N, -a[0].N)) }).
		Def("operator TimeSpan +(TimeSpan a, TimeSpan b)", add(1)).
		Def("operator TimeSpan -(TimeSpan a, TimeSpan b)", add(-1)).
		Def("operator TimeSpan unary-(TimeSpan a)", negate).
		Def("int CompareTo(TimeSpan value)", compareTo)
	comparisons(d, "TimeSpan")
}
