package table

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"portico/internal/fault"
)

// show prints a table as "name:Type ..." and its rows, a missing cell as ∅.
func show(t *Table) string {
	var b strings.Builder
	for i, f := range t.Schema() {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%s:%s", f.Name, f.Type)
	}
	for r := range t.Rows {
		b.WriteString(" |")
		t.EachCell(r, func(_ int, text []byte, missing bool) {
			if missing {
				text = []byte("∅")
			}
			fmt.Fprintf(&b, " %s", text)
		})
	}
	return b.String()
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"types", "i,l,d,b,t,s\n1,5000000000,1.5,True,2010-05-30,x\n-2,1,2,false,5/30/2010 6:07:00 PM,y\n",
			"i:Int32 l:Int64 d:Double b:Boolean t:DateTime s:String | 1 5000000000 1.5 True 5/30/2010 12:00:00 AM x | -2 1 2 False 5/30/2010 6:07:00 PM y"},
		{"widening", "a,b,c,d\n1,1,1,1\n3000000000,1.5,x,True\n", "a:Int64 b:Double c:String d:String | 1 1 1 1 | 3000000000 1.5 x True"},
		{"beyond 64 bits", "a\n1\n9223372036854775808\n", "a:Double | 1 | 9.223372036854776E+18"},
		{"missing", "a,b,c\n1,,x\n,2,\"\"\n", "a:Int32 b:Int32 c:String | 1 ∅ x | ∅ 2 "},
		{"quoted empty number", "a,b\n\"\",1\n2,2\n", "a:Int32 b:Int32 | ∅ 1 | 2 2"},
		{"only missing", "a,b\n,1\n,2\n", "a:String b:Int32 | ∅ 1 | ∅ 2"},
		{"blanks", "a,b\n 1 ,  x\n2, y \n", "a:Int32 b:String | 1   x | 2  y "},
		{"not finite", "a\nNaN\n1\n-Infinity\n", "a:Double | NaN | 1 | -Infinity"},
		{"not numbers", "a,b,c\n0x10,1_000,1e999\n", "a:String b:String c:String | 0x10 1_000 1e999"},
		{"quotes", "\"a \"\"1\"\"\",b\n\"x,y\",\"line\r\nend\"\n", "a \"1\":String b:String | x,y line\r\nend"},
		{"bare quote", "a,b\n5\" pipe,x\n", "a:String b:String | 5\" pipe x"},
		{"crlf and blank lines", "\r\na,b\r\n\r\n1,2\r\n\n3,4", "a:Int32 b:Int32 | 1 2 | 3 4"},
		{"byte order mark", "\xef\xbb\xbfa\n1\n", "a:Int32 | 1"},
		{"blank header cell", ",b\n0,x\n", "Col1:Int32 b:String | 0 x"},
		{"trimmed header", " a ,\" b \"\n1,2\n", "a:Int32  b :Int32 | 1 2"},
		{"no line end", "a\n\"x\"", "a:String | x"},
		{"carriage return at the end", "a\nx\r", "a:String | x"},
	} {
		got, err := Parse(c.text, CSV)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if show(got) != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, show(got), c.want)
		}
	}
}

func TestParseFormats(t *testing.T) {
	for _, c := range []struct {
		format     Format
		text, want string
	}{
		{CSVNoHeader, "1,x\n2,y\n", "Col1:Int32 Col2:String | 1 x | 2 y"},
		{TSV, "a\tb\n1\tx, y\n", "a:Int32 b:String | 1 x, y"},
		{TSVNoHeader, "1\t\"x\ty\"\n", "Col1:Int32 Col2:String | 1 x\ty"},
	} {
		got, err := Parse(c.text, c.format)
		if err != nil {
			t.Fatal(err)
		}
		if show(got) != c.want {
			t.Errorf("%s: got %q, want %q", c.format, show(got), c.want)
		}
	}
}

// Every bad file gets an error that says what is wrong and where.
func TestBadFiles(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		format           Format
		kind             fault.Kind
	}{
		{"empty", "", "the file is empty", CSV, fault.Invalid},
		{"blank", "\n\r\n", "the file is empty", CSVNoHeader, fault.Invalid},
		{"header only", "a,b\r\n", "the file has a header and no rows", CSV, fault.Invalid},
		{"unterminated quote", "a,b\n1,2\n3,\"x\ny\n", "row 2 (line 3): the quote that opens column 2 is never closed", CSV, fault.Invalid},
		{"text after quote", "a,b\n\"x\"y,2\n", "row 1 (line 2): column 1 goes on after its closing quote; double a quote that is part of the text", CSV, fault.Invalid},
		{"nul", "a,b\n\"1\n\",2\nx\x00,3\n", "row 2 (line 4): it holds a NUL byte; the file is not text", CSV, fault.Invalid},
		{"too few", "a,b\n1,2\n\n3\n", "row 2 (line 4): it has 1 cell where the first line has 2", CSV, fault.Invalid},
		{"too many", "1,2\n3,4,5\n", "row 2 (line 2): it has 3 cells where the first line has 2", CSVNoHeader, fault.Invalid},
		{"latin-1", "a\ncaf\xe9\n", "row 1 (line 2): it holds bytes that are not UTF-8; save the file as UTF-8", CSV, fault.Invalid},
		{"latin-1 header", "\xe9,b\n1,2\n", "header (line 1): it holds bytes that are not UTF-8; save the file as UTF-8", CSV, fault.Invalid},
		{"utf-16", "\xff\xfea\x00\n\x00", "the file is in UTF-16; save it as UTF-8", CSV, fault.Invalid},
		{"equal names", "a,b,a\n1,2,3\n", `header: columns 1 and 3 are both called "a"; names must differ`, CSV, fault.Invalid},
		{"not a table", "x", `files of type "Zip" cannot be read as a table; readable are [GenericCSV GenericCSVNoHeader GenericTSV GenericTSVNoHeader ARFF SvmLight Parquet]`, "Zip", fault.Unsupported},
	} {
		_, err := Parse(c.text, c.format)
		if err == nil || err.Error() != c.want || !fault.Is(err, c.kind) {
			t.Errorf("%s: %v\nwant %s", c.name, err, c.want)
		}
	}
}

// repeated gives prefix, then n times the byte, then suffix, without holding them.
func repeated(prefix string, b byte, n int64, suffix string) io.Reader {
	return io.MultiReader(strings.NewReader(prefix), io.LimitReader(byteReader(b), n), strings.NewReader(suffix))
}

type byteReader byte

func (b byteReader) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(b)
	}
	return len(p), nil
}

func TestTooLarge(t *testing.T) {
	for _, c := range []struct {
		name string
		file io.Reader
		want string
	}{
		{"50 MB cell", repeated("a,b\n1,2\n3,", 'x', 50e6, "\n"), "row 2 (line 3): column 2 holds more than 16777216 bytes, the most that a cell may"},
		{"50 MB quoted cell", repeated("a,b\n3,\"", 'x', 50e6, "\"\n"), "row 1 (line 2): column 2 holds more than 16777216 bytes, the most that a cell may; or its quote is never closed"},
		{"17 MB cell", repeated("a\n", 'x', 17<<20, ""), "row 1 (line 2): column 1 holds more than 16777216 bytes, the most that a cell may"},
		{"wide row", repeated("a\n", ',', 100_000, "\n"), "row 1 (line 2): more than 100000 columns"},
		{"endless line", repeated("a\n", ',', 1e15, "\n"), "row 1 (line 2): more than 100000 columns"},
		{"three cells of 12 MB", io.MultiReader(repeated("a\n", 'x', 12e6, ","), repeated("", 'x', 12e6, ","), repeated("", 'x', 12e6, "\n")),
			"row 1 (line 2): more than 33554432 bytes in one row"},
	} {
		_, err := Scan(c.file, CSV)
		if err == nil || err.Error() != c.want || !fault.Is(err, fault.TooLarge) {
			t.Errorf("%s: %v\nwant %s", c.name, err, c.want)
		}
	}
}

// A file reads the same however its bytes arrive, and a reader's failure comes through.
func TestSlowReader(t *testing.T) {
	text := "a,\"b\"\"c\"\r\n1,\"x\r\n\"\"y\"\"\"\r\n2,\"z\"\r\n"
	want, err := Parse(text, CSV)
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(iotest.OneByteReader(strings.NewReader(text)), CSV, want.Schema())
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Read(10)
	if err != nil || show(got) != show(want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	broken := errors.New("broken")
	if _, err := Scan(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)), CSV); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestReaderChunks(t *testing.T) {
	fields := []Field{{Name: "Col1", Type: Int32}}
	r, err := NewReader(strings.NewReader("1\n2\n3\n4\n5\nx\n"), CSVNoHeader, fields)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Col1:Int32 | 1 | 2", "Col1:Int32 | 3 | 4"} {
		got, err := r.Read(2)
		if err != nil || show(got) != want {
			t.Errorf("got %v, %v; want %s", got, err, want)
		}
	}
	if _, err = r.Read(2); err == nil || err.Error() != `row 6 (line 6): column "Col1": "x" is not of type Int32` {
		t.Errorf("got %v", err)
	}
	if r, err = NewReader(strings.NewReader("1\n"), CSVNoHeader, fields); err != nil {
		t.Fatal(err)
	}
	if _, err = r.Read(2); err != nil {
		t.Error(err)
	}
	if _, err = r.Read(2); !errors.Is(err, io.EOF) {
		t.Errorf("after the last row: %v", err)
	}
	if _, err = NewReader(strings.NewReader("a\n1\n"), CSV, fields); err == nil || err.Error() != `column 1 of the file is called "a" where "Col1" is expected` {
		t.Errorf("got %v", err)
	}
}

func TestWrite(t *testing.T) {
	text := "a,b,t\r\n1,\"x, \"\"y\"\"\",\r\n,\"\",\" z\"\r\n"
	tab, err := Parse(text, CSV)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := Write(&b, tab, CSV); err != nil || b.String() != text {
		t.Errorf("wrote %q, %v", b.String(), err)
	}
	b.Reset()
	if err := Write(&b, tab, TSVNoHeader); err != nil || b.String() != "1\t\"x, \"\"y\"\"\"\t\r\n\t\"\"\t\" z\"\r\n" {
		t.Errorf("wrote %q, %v", b.String(), err)
	}
	wide := NumberedBlock(Double, "f", "", Span{0, MaxDenseColumns + 1})
	if err := Write(&b, New(0, Part{Sparse: wide}), CSV); !fault.Is(err, fault.TooLarge) {
		t.Errorf("a wide table gave %v", err)
	}
}

// encoding/csv is the oracle: what it accepts reads the same here.
func FuzzRecords(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "\"a\"\"\",\"\n\"\r\n\r\nx,", "a\r\r\n", "\"", "\"a\"b\n", ",,\n,\r", "a\"b\n", "\xef\xbb\xbfa"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := cutAll(strings.NewReader(text))
		slow, slowErr := cutAll(iotest.OneByteReader(strings.NewReader(text)))
		if fmt.Sprint(got, err) != fmt.Sprint(slow, slowErr) {
			t.Fatalf("byte by byte: %q, %v\nat once: %q, %v", slow, slowErr, got, err)
		}
		oracle := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\xef\xbb\xbf")))
		oracle.FieldsPerRecord = -1
		want, wantErr := oracle.ReadAll()
		var refused *csv.ParseError
		switch {
		case errors.As(wantErr, &refused) && errors.Is(refused.Err, csv.ErrBareQuote):
			return // allowed here
		case wantErr != nil:
			if err == nil {
				t.Fatalf("read as %q, but encoding/csv says %v", got, wantErr)
			}
			return
		case err != nil:
			if strings.Contains(err.Error(), "NUL") || strings.Contains(err.Error(), "UTF-") {
				return // allowed there
			}
			t.Fatalf("%v, but encoding/csv reads %q", err, want)
		}
		for _, record := range got { // encoding/csv changes CRLF within cells
			for i := range record {
				record[i] = strings.ReplaceAll(record[i], "\r\n", "\n")
			}
		}
		if !slices.EqualFunc(got, want, slices.Equal) {
			t.Fatalf("read as %q, but encoding/csv reads %q", got, want)
		}
	})
}

func cutAll(r io.Reader) ([][]string, error) {
	records, err := newRecords(r, ',', false)
	if err != nil {
		return nil, err
	}
	var all [][]string
	for {
		cells, err := records.next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		record := make([]string, len(cells))
		for i, c := range cells {
			record[i] = string(c.text)
		}
		all = append(all, record)
	}
}

// What Scan finds, Read reads, Write writes, and reads again the same.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "d\n5/30/2010 6:07:00 PM\n", "x\n1e5\n0.1\n", "x,y\n\"\",\n a,True\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, err := Parse(text, CSV)
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := Write(&b, first, CSV); err != nil {
			t.Fatal(err)
		}
		r, err := NewReader(&b, CSV, first.Schema())
		if err != nil {
			t.Fatalf("%v in %q", err, text)
		}
		again, err := r.Read(first.Rows + 1)
		if err != nil {
			t.Fatalf("%v in %q", err, text)
		}
		if show(again) != show(first) {
			t.Fatalf("read %q, wrote and read %q", show(first), show(again))
		}
	})
}
