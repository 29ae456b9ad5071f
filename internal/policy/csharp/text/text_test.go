package text

import "testing"

func TestUnits(t *testing.T) {
	const s = "a😀é" // a, two surrogates, é
	if n := Len(s); n != 4 {
		t.Errorf("Len = %d, want 4", n)
	}
	for i, want := range []rune{'a', 0xD83D, 0xDE00, 'é'} {
		if c, ok := At(s, i); !ok || c != want {
			t.Errorf("At(%d) = %x, %t, want %x", i, c, ok, want)
		}
	}
	if _, ok := At(s, 4); ok {
		t.Error("At(4) is inside")
	}
	if got := Slice(s, 3, 1); got != "é" {
		t.Errorf("Slice = %q", got)
	}
	if got := Concat(Slice(s, 0, 2), Slice(s, 2, 2)); got != s {
		t.Errorf("a pair that was cut is not mended: %q", got)
	}
	if got := FromUnits(Units(s)); got != s {
		t.Errorf("FromUnits(Units) = %q", got)
	}
}

func TestInvariant(t *testing.T) {
	ordered := []string{"", "_", "-a", "1", "10", "a", "A", "á", "ab", "b", "B", "co-op", "z"}
	for i := range len(ordered) - 1 {
		if a, b := ordered[i], ordered[i+1]; a != "-a" && b != "-a" && Invariant(a, b, false) >= 0 {
			t.Errorf("%q is not before %q", a, b)
		}
	}
	if Invariant("Straße", "STRAßE", true) != 0 || Invariant("a", "A", true) != 0 {
		t.Error("case counts")
	}
}

func FuzzSlice(f *testing.F) {
	f.Add("a😀é", 1, 2)
	f.Fuzz(func(t *testing.T, s string, i, n int) {
		s = Valid(s)
		if size := Len(s); i < 0 || n < 0 || i > size || n > size-i {
			return
		}
		if got := Len(Slice(s, i, n)); got != n {
			t.Errorf("Slice(%q, %d, %d) has %d units", s, i, n, got)
		}
	})
}
