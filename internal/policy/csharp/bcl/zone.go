package bcl

import (
	"time"

	"portico/internal/policy/csharp/format"
	"portico/internal/policy/csharp/value"
)

// zone is a TimeZoneInfo. The local zone is UTC.
type zone struct {
	id  string
	loc *time.Location
}

var zoneInfo = value.NewClass("System", "TimeZoneInfo", nil)

func (*zone) Type() *value.Type          { return zoneInfo }
func (z *zone) String(*value.Run) string { return z.id }

// windowsZones names the IANA zone of Windows's names that are met most.
var windowsZones = map[string]string{
	"UTC": "UTC", "GMT Standard Time": "Europe/London", "Greenwich Standard Time": "Atlantic/Reykjavik",
	"W. Europe Standard Time": "Europe/Berlin", "Central Europe Standard Time": "Europe/Budapest", "Romance Standard Time": "Europe/Paris",
	"Central European Standard Time": "Europe/Warsaw", "E. Europe Standard Time": "Europe/Chisinau", "FLE Standard Time": "Europe/Kiev",
	"GTB Standard Time": "Europe/Bucharest", "Russian Standard Time": "Europe/Moscow", "Turkey Standard Time": "Europe/Istanbul",
	"Eastern Standard Time": "America/New_York", "Central Standard Time": "America/Chicago", "Mountain Standard Time": "America/Denver",
	"US Mountain Standard Time": "America/Phoenix", "Pacific Standard Time": "America/Los_Angeles", "Alaskan Standard Time": "America/Anchorage",
	"Hawaiian Standard Time": "Pacific/Honolulu", "Atlantic Standard Time": "America/Halifax", "Newfoundland Standard Time": "America/St_Johns",
	"E. South America Standard Time": "America/Sao_Paulo", "Argentina Standard Time": "America/Buenos_Aires", "SA Pacific Standard Time": "America/Bogota",
	"Central Standard Time (Mexico)": "America/Mexico_City", "Pacific SA Standard Time": "America/Santiago",
	"India Standard Time": "Asia/Kolkata", "China Standard Time": "Asia/Shanghai", "Tokyo Standard Time": "Asia/Tokyo", "Korea Standard Time": "Asia/Seoul",
	"Singapore Standard Time": "Asia/Singapore", "Taipei Standard Time": "Asia/Taipei", "SE Asia Standard Time": "Asia/Bangkok",
	"Arabian Standard Time": "Asia/Dubai", "Arab Standard Time": "Asia/Riyadh", "Israel Standard Time": "Asia/Jerusalem", "Pakistan Standard Time": "Asia/Karachi",
	"AUS Eastern Standard Time": "Australia/Sydney", "E. Australia Standard Time": "Australia/Brisbane", "W. Australia Standard Time": "Australia/Perth",
	"Cen. Australia Standard Time": "Australia/Adelaide", "New Zealand Standard Time": "Pacific/Auckland",
	"South Africa Standard Time": "Africa/Johannesburg", "Egypt Standard Time": "Africa/Cairo", "W. Central Africa Standard Time": "Africa/Lagos", "E. Africa Standard Time": "Africa/Nairobi",
}

func findZone(r *run, id string) *zone {
	name := id
	if iana, ok := windowsZones[id]; ok {
		name = iana
	}
	loc, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		r.Throw(value.ExTimeZoneNotFound, "The time zone ID '%s' was not found on the local computer.", id)
	}
	return &zone{id, loc}
}

// offsetAt is the zone's distance from UTC at a UTC moment.
func (z *zone) offsetAt(utc int64) int64 {
	_, sec := format.Time(utc).In(z.loc).Zone()
	return int64(sec) * format.TicksPerSecond
}

// toUTC reads a clock of the zone.
func (z *zone) toUTC(clock int64) int64 {
	t := format.Time(clock)
	u := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, z.loc).UTC()
	return format.TicksOf(u) + clock%format.TicksPerSecond
}

func declareZones(l *value.Library) {
	z := func(r *run, v val) *zone {
		x, ok := v.R.(*zone)
		if !ok {
			r.ThrowNull("timeZone")
		}
		return x
	}
	utc := value.Ref(&zone{"UTC", time.UTC})
	convert := func(r *run, v val, to *zone) val {
		t := ticks(v)
		out := t + to.offsetAt(t)
		if to.loc == time.UTC {
			return DateTime(out, format.UTC)
		}
		return DateTime(out, format.Unspecified)
	}
	l.Add(zoneInfo).
		Def("static TimeZoneInfo Utc", func(*run, []val) val { return utc }).
		Def("static TimeZoneInfo Local", func(*run, []val) val { return utc }).
		Def("static TimeZoneInfo FindSystemTimeZoneById(string id)", func(r *run, a []val) val {
			return value.Ref(findZone(r, r.NeedStr(a[0], "id")))
		}).
		Def("static DateTime ConvertTime(DateTime dateTime, TimeZoneInfo destinationTimeZone)", func(r *run, a []val) val {
			return convert(r, a[0], z(r, a[1]))
		}).
		Def("static DateTime ConvertTime(DateTime dateTime, TimeZoneInfo source, TimeZoneInfo destination)", func(r *run, a []val) val {
			return convert(r, DateTime(z(r, a[1]).toUTC(ticks(a[0])), 0), z(r, a[2]))
		}).
		Def("static DateTimeOffset ConvertTime(DateTimeOffset dateTimeOffset, TimeZoneInfo destinationTimeZone)", func(r *run, a []val) val {
			u := a[0].R.(*offset).utc
			return newOffset(r, u, int(z(r, a[1]).offsetAt(u)/format.TicksPerMinute))
		}).
		Def("static DateTime ConvertTimeFromUtc(DateTime dateTime, TimeZoneInfo destinationTimeZone)", func(r *run, a []val) val {
			return convert(r, a[0], z(r, a[1]))
		}).
		Def("static DateTime ConvertTimeToUtc(DateTime dateTime)", func(_ *run, a []val) val { return DateTime(ticks(a[0]), format.UTC) }).
		Def("static DateTime ConvertTimeToUtc(DateTime dateTime, TimeZoneInfo sourceTimeZone)", func(r *run, a []val) val {
			return DateTime(z(r, a[1]).toUTC(ticks(a[0])), format.UTC)
		}).
		Def("static DateTime ConvertTimeBySystemTimeZoneId(DateTime dateTime, string destinationTimeZoneId)", func(r *run, a []val) val {
			return convert(r, a[0], findZone(r, a[1].S))
		}).
		Def("string Id", func(r *run, a []val) val { return value.Str(z(r, a[0]).id) }).
		Def("string DisplayName", func(r *run, a []val) val { return value.Str(z(r, a[0]).id) }).
		Def("string StandardName", func(r *run, a []val) val { return value.Str(z(r, a[0]).id) }).
		Def("TimeSpan BaseUtcOffset", func(r *run, a []val) val {
			jan := z(r, a[0]).offsetAt(format.TicksOf(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)))
			jul := z(r, a[0]).offsetAt(format.TicksOf(time.Date(2024, 7, 1, 0, 0, 0, 0, time.UTC)))
			return value.Of(span, min(jan, jul))
		}).
		Def("TimeSpan GetUtcOffset(DateTime dateTime)", func(r *run, a []val) val {
			zn := z(r, a[0])
			t := ticks(a[1])
			if kind(a[1]) == format.Unspecified {
				return value.Of(span, t-zn.toUTC(t))
			}
			return value.Of(span, zn.offsetAt(t))
		}).
		Def("bool IsDaylightSavingTime(DateTime dateTime)", func(r *run, a []val) val {
			zn := z(r, a[0])
			return value.Bool(format.Time(zn.toUTC(ticks(a[1]))).In(zn.loc).IsDST())
		})
}
