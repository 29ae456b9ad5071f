package format

import (
	"testing"
	"time"
)

func TestParseDate(t *testing.T) {
	today := time.Date(2026, 5, 6, 0, 0, 0, 0, time.UTC)
	tests := []struct{ in, want string }{
		{"2020-02-29", "2020-02-29T00:00:00.0000000"},
		{"2020-02-29T13:05:09.25Z", "2020-02-29T13:05:09.2500000Z"},
		{"2/29/2020 1:05 pm", "2020-02-29T13:05:00.0000000"},
		{"13:05", "2026-05-06T13:05:00.0000000"},
		{"29 Feb 2020", "2020-02-29T00:00:00.0000000"},
		{"Sat, 29 Feb 2020 13:05:09 GMT", "2020-02-29T13:05:09.0000000Z"},
		{"2020-02-30", ""}, {"", ""}, {"25:00", ""}, {"1/2/3/4", ""},
	}
	for _, test := range tests {
		m, err := ParseDate(test.in, today)
		got := ""
		if err == nil {
			got, _ = Date(m, "o")
		}
		if got != test.want {
			t.Errorf("ParseDate(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

func FuzzDates(f *testing.F) {
	f.Add("2020-02-29T13:05:09.25+02:00", "yyyy-MM-ddTHH:mm:ss.FFFzzz")
	f.Add("1.02:03:04.5", `d\.hh`)
	f.Fuzz(func(t *testing.T, s, spec string) {
		if m, err := ParseDate(s, time.Now()); err == nil && (m.Ticks < 0 || m.Ticks > MaxTicks) {
			t.Errorf("%q has ticks %d", s, m.Ticks)
		}
		if m, err := ParseDateExact(s, spec, time.Now()); err == nil {
			_, _ = Date(m, spec)
		}
		if n, err := ParseSpan(s); err == nil {
			_, _ = Span(n, spec)
		}
	})
}

func FuzzNumbers(f *testing.F) {
	f.Add("1,234.5e3", "#,##0.0;(0);zero")
	f.Add("-5", "E2")
	f.Fuzz(func(t *testing.T, s, spec string) {
		if v, err := ParseFloat(s, 64, FloatStyle|Thousands); err == nil {
			_, _ = Float(v, 64, spec)
		}
		if v, err := ParseDecimal(s, NumberStyle); err == nil {
			_, _ = Decimal(v, spec)
		}
		if v, err := ParseInt(s, 32, IntegerStyle); err == nil {
			_, _ = Int(v, 32, spec)
		}
	})
}
