package table

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func encoded(t testing.TB, tab *Table) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Encode(&b, tab); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// every has columns of all types with awkward values, and blocks of both kinds.
func every() *Table {
	flags := []bool{false, true, false}
	numbered := NumberedBlock(Double, "a.", "!", Span{3, 5}, Span{0, 2})
	numbered.Start, numbered.Index, numbered.Values = []int{0, 0, 2, 3}, []uint32{0, 3, 2}, []float64{1.5, -2, math.Inf(1)}
	named := NamedBlock(Int32, []string{"x", "", "ünïcode"})
	named.Start, named.Index, named.Values = []int{0, 1, 1, 3}, []uint32{2, 0, 1}, []float64{7, -8, 1 << 40}
	return New(3,
		Part{Column: &Column{Field: Field{Name: "s", Categorical: true, Role: Label}, Strings: []string{"", "a\x00\n", strings.Repeat("é", 1000)}, Missing: flags}},
		Part{Column: &Column{Field: Field{Name: "d", Type: Double}, Doubles: []float64{math.NaN(), math.Copysign(0, -1), 5e-324}}},
		Part{Sparse: numbered},
		Part{Column: &Column{Field: Field{Name: "", Type: Int32, Role: Score}, Ints: []int64{math.MinInt32, 0, math.MaxInt32}, Missing: slices.Clone(flags)}},
		Part{Column: &Column{Field: Field{Name: "l", Type: Int64}, Ints: []int64{math.MinInt64, 0, math.MaxInt64}}},
		Part{Column: &Column{Field: Field{Name: "b", Type: Boolean}, Ints: []int64{1, 1, 1}}},
		Part{Column: &Column{Field: Field{Name: "t", Type: DateTime, Role: NoRole}, Ints: []int64{-1, 1e18, 0}}},
		Part{Column: &Column{Field: Field{Name: "ts", Type: TimeSpan}, Ints: []int64{255, 0, 1}}},
		Part{Sparse: named},
	)
}

func TestCodecRoundTrip(t *testing.T) {
	long := NewBuilder([]Field{{Name: "n", Type: Int32}, {Name: "s"}}, 0)
	for i := range 3*groupRows + 5 {
		if err := long.Columns[0].Append([]byte(strings.Repeat("1", 1+i%9))); err != nil {
			t.Fatal(err)
		}
		if i > 2*groupRows && i%7 == 0 { // missing cells begin in a late group
			long.Columns[1].AppendMissing()
		} else if err := long.Columns[1].Append([]byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	big := strings.Repeat("y", groupBytes/2)
	for name, tab := range map[string]*Table{
		"every":         every(),
		"a slice":       every().Slice(1, 3),
		"no rows":       every().Head(0),
		"no columns":    New(0),
		"many groups":   long.Table(),
		"large cells":   FromColumns(5, FromStrings("s", []string{big, big, big, "", big})),
		"a wide block":  New(0, Part{Sparse: NumberedBlock(Double, "f", "", Span{0, 1 << 31})}),
		"a named block": New(0, Part{Sparse: NamedBlock(Double, []string{"a"})}),
	} {
		b := encoded(t, tab)
		got, err := Decode(iotest.HalfReader(bytes.NewReader(b)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Rows != tab.Rows || got.Width() != tab.Width() || got.Width() < 100 && show(got) != show(tab) {
			t.Errorf("%s: decoded as %.200s", name, show(got))
		}
		if again := encoded(t, got); !bytes.Equal(again, b) {
			t.Errorf("%s: encoded again it differs", name)
		}
	}
}

// A bit or the end lost anywhere is found.
func TestCodecDamage(t *testing.T) {
	b := encoded(t, every())
	for i := range b {
		if _, err := Decode(bytes.NewReader(b[:i])); !errors.Is(err, errEncoding) {
			t.Errorf("cut to %d bytes: %v", i, err)
		}
		if i == len(codecMagic) { // the version, which has an error of its own
			continue
		}
		b[i] ^= 0x10
		if _, err := Decode(bytes.NewReader(b)); !errors.Is(err, errEncoding) {
			t.Errorf("byte %d changed: %v", i, err)
		}
		b[i] ^= 0x10
	}
	b[len(codecMagic)] = 2
	if _, err := Decode(bytes.NewReader(b)); err == nil || err.Error() != "the table was written in version 2 of the form, and this program reads version 1" {
		t.Errorf("another version: %v", err)
	}
}

func TestCodecIsCompact(t *testing.T) {
	block := NumberedBlock(Double, "f", "", Span{0, 1024})
	for range 1000 {
		block.Index = append(block.Index, 3, 500)
		block.Values = append(block.Values, 1, 2)
		block.Start = append(block.Start, len(block.Index))
	}
	small := &Column{Field: Field{Name: "n", Type: Int64}, Ints: make([]int64, 1000)}
	if n := len(encoded(t, New(1000, Part{Column: small}, Part{Sparse: block}))); n > 7000 {
		t.Errorf("%d bytes for 1000 rows of a constant and two small counts", n)
	}
}

// Decode never panics, never takes more memory than the input warrants, and
// what it accepts encodes to itself. The checksums are set right so that the
// fuzzer gets past them.
func FuzzDecode(f *testing.F) {
	f.Add(encoded(f, every()))
	f.Add(encoded(f, every().Head(1)))
	f.Add(encoded(f, New(0)))
	f.Fuzz(func(t *testing.T, b []byte) {
		fixChecksums(b)
		got, err := Decode(bytes.NewReader(b))
		if err != nil {
			return
		}
		again, err := Decode(bytes.NewReader(encoded(t, got)))
		if err != nil || again.Rows != got.Rows || again.Width() != got.Width() {
			t.Fatalf("again: %v, %v", again, err)
		}
		if got.Width() < 1000 && show(again) != show(got) {
			t.Fatalf("%s\nagain: %s", show(got), show(again))
		}
	})
}

func fixChecksums(b []byte) {
	b = b[min(len(b), len(codecMagic)+1):]
	for len(b) >= 4 {
		n := int(binary.LittleEndian.Uint32(b))
		if n > len(b)-8 {
			return
		}
		binary.LittleEndian.PutUint32(b[4+n:], crc32.Checksum(b[4:4+n], castagnoli))
		b = b[8+n:]
	}
}
