package table_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/encoding"

	"portico/internal/fault"
	"portico/internal/table"
)

// readParquet scans a file and reads it in pieces.
func readParquet(t *testing.T, file []byte) (*table.Summary, []*table.Table) {
	t.Helper()
	s, err := table.Scan(bytes.NewReader(file), table.Parquet)
	if err != nil {
		t.Fatal(err)
	}
	r, err := table.NewReader(bytes.NewReader(file), table.Parquet, s.Fields)
	if err != nil {
		t.Fatal(err)
	}
	var pieces []*table.Table
	for rows := 0; rows < s.Rows; {
		piece, err := r.Read(3)
		if err != nil {
			t.Fatal(err)
		}
		rows += piece.Rows
		pieces = append(pieces, piece)
	}
	return s, pieces
}

// csvOf prints tables below one another.
func csvOf(t *testing.T, pieces ...*table.Table) string {
	t.Helper()
	var all strings.Builder
	for i, p := range pieces {
		f := table.CSVNoHeader
		if i == 0 {
			f = table.CSV
		}
		if err := table.Write(&all, p, f); err != nil {
			t.Fatal(err)
		}
	}
	return strings.ReplaceAll(all.String(), "\r\n", "\n")
}

// What is written as Parquet reads back: names in their order, types, and missing cells.
func TestParquetRoundTrip(t *testing.T) {
	const text = `"z, last",name,n,big,yes,when,x
1.5,Ann,1,5000000000,True,5/30/2010 6:07:00 PM,1
,"",2,,False,1/1/1970 12:00:00 AM,2
NaN,Zoë,3,-1,,,3
-Infinity,,4,7,True,12/31/2200 11:59:59 PM,4
`
	in, err := table.Parse(text, table.CSV)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := table.Write(&file, in, table.Parquet); err != nil {
		t.Fatal(err)
	}
	s, pieces := readParquet(t, file.Bytes())
	if fmt.Sprint(s.Fields) != fmt.Sprint(in.Schema()) || fmt.Sprint(s.Missing) != "[1 1 0 1 1 1 0]" || s.Rows != 4 {
		t.Errorf("scanned %+v", s)
	}
	if got := csvOf(t, pieces...); got != csvOf(t, in) {
		t.Errorf("read back\n%s", got)
	}
}

// A sparse block is written as the columns that it stands for, and a table in several row groups.
func TestParquetOfSparseBlocks(t *testing.T) {
	block := table.NumberedBlock(table.Double, "f", "", table.Span{To: 400})
	const rows = 5000
	for r := range rows {
		block.Index = append(block.Index, uint32(r%400))
		block.Values = append(block.Values, float64(r))
		block.Start = append(block.Start, r+1)
	}
	in := table.New(rows, table.Part{Sparse: block})
	var file bytes.Buffer
	if err := table.Write(&file, in, table.Parquet); err != nil {
		t.Fatal(err)
	}
	s, err := table.Scan(bytes.NewReader(file.Bytes()), table.Parquet)
	if err != nil || s.Rows != rows || len(s.Fields) != 400 || s.Fields[399].Name != "f399" {
		t.Fatal(s, err)
	}
	r, err := table.NewReader(bytes.NewReader(file.Bytes()), table.Parquet, s.Fields)
	if err != nil {
		t.Fatal(err)
	}
	out, err := r.Read(rows)
	if err != nil {
		t.Fatal(err)
	}
	if c := out.ColumnCalled("f7"); c.Doubles[7] != 7 || c.Doubles[407] != 407 || c.Doubles[408] != 0 {
		t.Error("the cells differ")
	}
}

// one writes a file of one column called c.
func one(t testing.TB, node parquet.Node, codec compress.Codec, values ...parquet.Value) []byte {
	t.Helper()
	var file bytes.Buffer
	w := parquet.NewGenericWriter[any](&file, parquet.NewSchema("s", parquet.Group{"c": node}), parquet.Compression(codec), parquet.DataPageVersion(1+len(values)%2))
	for _, v := range values {
		level := 0
		if node.Optional() && !v.IsNull() {
			level = 1
		}
		if _, err := w.WriteRows([]parquet.Row{{v.Level(0, level, 0)}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func TestParquetTypes(t *testing.T) {
	i32, i64, text := parquet.Int32Value, parquet.Int64Value, func(s string) parquet.Value { return parquet.ByteArrayValue([]byte(s)) }
	fixed := func(b ...byte) parquet.Value { return parquet.FixedLenByteArrayValue(b) }
	for _, c := range []struct {
		name   string
		node   parquet.Node
		want   string
		values []parquet.Value
	}{
		{"Boolean", parquet.Leaf(parquet.BooleanType), "Boolean: True False", []parquet.Value{parquet.BooleanValue(true), parquet.BooleanValue(false)}},
		{"int8", parquet.Int(8), "Int32: -8", []parquet.Value{i32(-8)}},
		{"uint16", parquet.Uint(16), "Int32: 65535", []parquet.Value{i32(65535)}},
		{"uint32", parquet.Uint(32), "Int64: 4294967295", []parquet.Value{i32(-1)}},
		{"int64", parquet.Int(64), "Int64: -9223372036854775808", []parquet.Value{i64(math.MinInt64)}},
		{"uint64", parquet.Uint(64), "Int64: 7", []parquet.Value{i64(7)}},
		{"large uint64", parquet.Uint(64), "Double: 7 1.8446744073709552E+19", []parquet.Value{i64(7), i64(-1)}},
		{"plain int32", parquet.Leaf(parquet.Int32Type), "Int32: 5", []parquet.Value{i32(5)}},
		{"float", parquet.Leaf(parquet.FloatType), "Double: 0.5", []parquet.Value{parquet.FloatValue(0.5)}},
		{"double", parquet.Leaf(parquet.DoubleType), "Double: 0.1", []parquet.Value{parquet.DoubleValue(0.1)}},
		{"text", parquet.String(), "String: a b", []parquet.Value{text("a"), text("b")}},
		{"bytes", parquet.Leaf(parquet.ByteArrayType), "String: a", []parquet.Value{text("a")}},
		{"enumeration", parquet.Enum(), "String: RED", []parquet.Value{text("RED")}},
		{"JSON", parquet.JSON(), "String: {}", []parquet.Value{text("{}")}},
		{"UUID", parquet.UUID(), "String: 00010203-0405-0607-0809-0a0b0c0d0e0f", []parquet.Value{fixed(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)}},
		{"decimal in 4 bytes", parquet.Decimal(2, 9, parquet.Int32Type), "Double: -1.25", []parquet.Value{i32(-125)}},
		{"decimal in 8 bytes", parquet.Decimal(3, 18, parquet.Int64Type), "Double: 1.125", []parquet.Value{i64(1125)}},
		{"decimal in bytes", parquet.Decimal(2, 20, parquet.FixedLenByteArrayType(9)), "Double: -0.01", []parquet.Value{fixed(255, 255, 255, 255, 255, 255, 255, 255, 255)}},
		{"date", parquet.Date(), "DateTime: 1/2/1970 12:00:00 AM", []parquet.Value{i32(1)}},
		{"timestamp in ms", parquet.Timestamp(parquet.Millisecond), "DateTime: 1/1/1970 12:00:01 AM", []parquet.Value{i64(1000)}},
		{"timestamp in µs", parquet.Timestamp(parquet.Microsecond), "DateTime: 12/31/1969 11:59:59 PM", []parquet.Value{i64(-1_000_000)}},
		{"time in ms", parquet.Time(parquet.Millisecond), "TimeSpan: 01:00:00", []parquet.Value{i32(3_600_000)}},
		{"time in µs", parquet.Time(parquet.Microsecond), "TimeSpan: 00:00:00.0000010", []parquet.Value{i64(1)}},
		{"missing", parquet.Optional(parquet.Int(32)), "Int32: 1  3", []parquet.Value{i32(1), parquet.NullValue(), i32(3)}},
		{"nothing but missing", parquet.Optional(parquet.String()), "String:  ", []parquet.Value{parquet.NullValue(), parquet.NullValue()}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, pieces := readParquet(t, one(t, c.node, &parquet.Snappy, c.values...))
			column := pieces[0].Parts[0].Column
			got := column.Type.String() + ":"
			for r := range pieces[0].Rows {
				cell, _ := column.AppendCell([]byte(got+" "), r)
				got = string(cell)
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// Every encoding and codec gives the same cells, over several pages and runs.
func TestParquetEncodings(t *testing.T) {
	numbers, texts, want := make([]parquet.Value, 1000), make([]parquet.Value, 1000), ""
	for i := range numbers {
		n := i / 7 * i % 1009
		numbers[i], texts[i] = parquet.Int64Value(int64(n)), parquet.ByteArrayValue(fmt.Appendf(nil, "word %d", n))
		want += fmt.Sprintln(n)
	}
	check := func(file []byte, prefix string) {
		t.Helper()
		_, pieces := readParquet(t, file)
		got := strings.TrimPrefix(csvOf(t, pieces...), "c\n")
		if got != prefix+strings.ReplaceAll(strings.TrimSpace(want), "\n", "\n"+prefix)+"\n" {
			t.Errorf("cells differ: %.100s", got)
		}
	}
	for _, e := range []encoding.Encoding{&parquet.Plain, &parquet.RLEDictionary, &parquet.DeltaBinaryPacked, &parquet.ByteStreamSplit} {
		for _, node := range []parquet.Node{parquet.Int(64), parquet.Optional(parquet.Int(64))} {
			if e == &parquet.ByteStreamSplit {
				node = parquet.Leaf(parquet.Int64Type)
			}
			check(one(t, parquet.Encoded(node, e), &parquet.Uncompressed, numbers...), "")
		}
	}
	for _, e := range []encoding.Encoding{&parquet.Plain, &parquet.RLEDictionary, &parquet.DeltaLengthByteArray, &parquet.DeltaByteArray} {
		check(one(t, parquet.Encoded(parquet.Optional(parquet.String()), e), &parquet.Snappy, texts...), "word ")
	}
	for _, codec := range []compress.Codec{&parquet.Snappy, &parquet.Gzip, &parquet.Brotli, &parquet.Zstd, &parquet.Lz4Raw} {
		check(one(t, parquet.Optional(parquet.String()), codec, texts...), "word ")
	}
}

func TestBadParquet(t *testing.T) {
	good := one(t, parquet.Optional(parquet.String()), &parquet.Snappy, parquet.ByteArrayValue([]byte("a")), parquet.NullValue())
	long := bytes.Clone(good)
	binary.LittleEndian.PutUint32(long[len(long)-8:], 1<<31)
	for _, c := range []struct {
		name string
		file []byte
		kind fault.Kind
		text string
	}{
		{"empty", nil, fault.Invalid, "too few for a Parquet file"},
		{"another file", []byte("name,age\nAnn,7\nBo,8\n"), fault.Invalid, "does not begin with PAR1"},
		{"cut off", good[:len(good)-3], fault.Invalid, "is cut off"},
		{"long footer", long, fault.Invalid, "more bytes than the file"},
		{"list", one(t, parquet.Repeated(parquet.Int(32)), &parquet.Snappy), fault.Unsupported, `"c" has several values in a row`},
		{"nested", one(t, parquet.List(parquet.Int(32)), &parquet.Snappy), fault.Unsupported, `"c" is nested`},
		{"no rows", one(t, parquet.Int(32), &parquet.Snappy), fault.Invalid, "no rows"},
		{"not text", one(t, parquet.Leaf(parquet.ByteArrayType), &parquet.Snappy, parquet.ByteArrayValue([]byte{1, 0xff})), fault.Invalid, `row 1, column "c": it holds bytes that are not text`},
		{"far date", one(t, parquet.Timestamp(parquet.Millisecond), &parquet.Snappy, parquet.Int64Value(0), parquet.Int64Value(math.MaxInt64)), fault.Invalid, `row 2, column "c": it is a date outside`},
	} {
		_, err := table.Scan(bytes.NewReader(c.file), table.Parquet)
		if !fault.Is(err, c.kind) || !strings.Contains(fmt.Sprint(err), c.text) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.text)
		}
	}
}

// A hostile file is refused: it neither ends the process nor fills the memory.
func FuzzParquet(f *testing.F) {
	text := parquet.ByteArrayValue([]byte("some text"))
	for _, e := range []encoding.Encoding{&parquet.Plain, &parquet.RLEDictionary, &parquet.DeltaLengthByteArray, &parquet.DeltaByteArray} {
		f.Add(one(f, parquet.Encoded(parquet.Optional(parquet.String()), e), &parquet.Uncompressed, text, parquet.NullValue(), text))
	}
	for _, codec := range []compress.Codec{&parquet.Gzip, &parquet.Zstd, &parquet.Brotli, &parquet.Lz4Raw, &parquet.Snappy} {
		f.Add(one(f, parquet.Encoded(parquet.Int(64), &parquet.DeltaBinaryPacked), codec, parquet.Int64Value(1), parquet.Int64Value(77), parquet.Int64Value(9)))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		s, err := table.Scan(bytes.NewReader(file), table.Parquet)
		if err != nil {
			var known *fault.Error
			if known = fault.As(err); known.Kind == fault.Internal {
				t.Fatalf("not a clear error: %v", err)
			}
			return
		}
		if s.Rows > 1000 {
			return
		}
		r, err := table.NewReader(bytes.NewReader(file), table.Parquet, s.Fields)
		if err == nil {
			_, err = r.Read(s.Rows)
		}
		if err != nil {
			t.Fatalf("scanned, and cannot be read: %v", err)
		}
	})
}
