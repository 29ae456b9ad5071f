package experiment

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Date is a time in the classic API's form, "/Date(1435000000000)/" in
// milliseconds; a negative number means absent (azureml.md 5.1).
type Date time.Time

// Now is the present as a *Date.
func Now() *Date {
	d := Date(time.Now().UTC())
	return &d
}

// MarshalJSON writes "/Date(ms)/".
func (d Date) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, `"/Date(%d)/"`, time.Time(d).UnixMilli()), nil
}

// UnmarshalJSON reads "/Date(ms)/" with or without a zone, or RFC 3339.
func (d *Date) UnmarshalJSON(b []byte) error {
	s := strings.ReplaceAll(strings.Trim(string(b), `"`), `\/`, "/")
	if s == "null" {
		return nil
	}
	if ms, ok := strings.CutPrefix(s, "/Date("); ok {
		ms, _, _ = strings.Cut(ms, ")")
		if i := strings.LastIndexAny(ms, "+-"); i > 0 {
			ms = ms[:i]
		}
		n, err := strconv.ParseInt(ms, 10, 64)
		if err != nil {
			return fmt.Errorf("not a date: %s", s)
		}
		*d = Date(time.UnixMilli(n).UTC())
		return nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return fmt.Errorf("not a date: %s", s)
	}
	*d = Date(t.UTC())
	return nil
}
