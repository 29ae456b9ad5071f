package table

import (
	"math"
	"strconv"
	"testing"
)

// The quick way to read a number gives what the standard library gives, bit for bit.
func FuzzParseDecimal(f *testing.F) {
	for _, s := range []string{"0", "-0", "1.5", ".5", "5.", ".", "-", "", "123456789012345", "999999999999999", "9999999999999999", "0.000000000000001", "-1234567.89012345", "1e5", "1.2.3", "+1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, ok := parseDecimal([]byte(s))
		if !ok {
			return
		}
		want, err := strconv.ParseFloat(s, 64)
		if err != nil || math.Float64bits(v) != math.Float64bits(want) {
			t.Errorf("%q is read as %v, want %v, %v", s, v, want, err)
		}
	})
}
