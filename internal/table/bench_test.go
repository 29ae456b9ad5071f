package table

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

// file is rows of a number, a price, a category and a text, about 130 bytes each, a few cells quoted.
func file(rows int) string {
	var b strings.Builder
	for i := range rows {
		text := "this is a plain and simple text of about ninety bytes which does not need to be quoted at all"
		if i%20 == 0 {
			text = `"this one, which has a comma and ""quotes"" in it, does need quotes and is cut the slower way"`
		}
		fmt.Fprintf(&b, "%d,%d.%02d,category %d,%s\n", i, i%1000, i%100, i%7, text)
	}
	return b.String()
}

func rate(b *testing.B, rows int) {
	b.ReportMetric(float64(b.N)*float64(rows)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}

func BenchmarkScan(b *testing.B) {
	const rows = 10_000
	text := file(rows)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Scan(strings.NewReader(text), CSVNoHeader); err != nil {
			b.Fatal(err)
		}
	}
	rate(b, rows)
}

func BenchmarkRead(b *testing.B) {
	const rows = 10_000
	text := file(rows)
	s, err := Scan(strings.NewReader(text), CSVNoHeader)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := NewReader(strings.NewReader(text), CSVNoHeader, s.Fields)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := r.Read(rows); err != nil {
			b.Fatal(err)
		}
	}
	rate(b, rows)
}

// hashed is a table as Feature Hashing makes it with 10 bits.
func hashed(rows int) *Table {
	block := NumberedBlock(Double, "f", "", Span{0, 1024})
	for r := range rows {
		for k := range 35 {
			block.Index = append(block.Index, uint32(k*29+r%29))
			block.Values = append(block.Values, float64(1+k%3))
		}
		block.Start = append(block.Start, len(block.Index))
	}
	return New(rows, Part{Sparse: block})
}

func BenchmarkWrite(b *testing.B) {
	const rows = 10_000
	t := hashed(rows)
	b.ReportAllocs()
	for b.Loop() {
		if err := Write(io.Discard, t, CSV); err != nil {
			b.Fatal(err)
		}
	}
	rate(b, rows)
}

func BenchmarkEncode(b *testing.B) {
	const rows = 10_000
	t := hashed(rows)
	var buf bytes.Buffer
	b.ReportAllocs()
	for b.Loop() {
		buf.Reset()
		if err := Encode(&buf, t); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(buf.Len()))
	rate(b, rows)
}

func BenchmarkDecode(b *testing.B) {
	const rows = 10_000
	data := encoded(b, hashed(rows))
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(bytes.NewReader(data)); err != nil {
			b.Fatal(err)
		}
	}
	rate(b, rows)
}
