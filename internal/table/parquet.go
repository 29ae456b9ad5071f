package table

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"strconv"
	"time"
	"unicode/utf8"

	"portico/internal/fault"
	"portico/internal/table/parquet"
)

// RandomReader is a file that can be read at any place: io.SectionReader is one.
// Parquet files are read so; of another io.Reader, up to MaxStreamedParquet bytes are taken into memory.
type RandomReader interface {
	io.ReaderAt
	Size() int64 // bytes
}

// MaxStreamedParquet is the size in bytes of a Parquet file that may come as a stream.
const MaxStreamedParquet = 256 << 20

// parquetReader reads the rows of a Parquet file.
type parquetReader struct {
	file    *parquet.File
	cursors []*parquet.Cursor
	fields  []Field // as the file has them
	row     int     // rows read
}

func openParquet(src io.Reader) (*parquetReader, error) {
	at, ok := src.(RandomReader)
	if !ok {
		b, err := io.ReadAll(io.LimitReader(src, MaxStreamedParquet+1))
		if err != nil {
			return nil, fmt.Errorf("read the file: %w", err)
		}
		if len(b) > MaxStreamedParquet {
			return nil, fault.New(fault.TooLarge, "the Parquet file has more than %d bytes, the most that is read here; upload it as a dataset", MaxStreamedParquet)
		}
		at = bytes.NewReader(b)
	}
	file, err := parquet.Open(at, at.Size())
	if err != nil {
		return nil, err
	}
	switch {
	case file.Rows == 0:
		return nil, fault.New(fault.Invalid, "the Parquet file has columns and no rows")
	case file.Rows > maxRows:
		return nil, fault.New(fault.TooLarge, "the file has more than %d rows", maxRows)
	case len(file.Columns) > MaxDenseColumns:
		return nil, fault.New(fault.TooLarge, "more than %d columns", MaxDenseColumns)
	}
	r := &parquetReader{file: file, cursors: file.Cursors(), fields: make([]Field, len(file.Columns))}
	for i, c := range file.Columns {
		r.fields[i] = Field{Name: c.Name, Type: typeOfParquet(c)}
	}
	return r, nil
}

// typeOfParquet is the type of the column that a file's column becomes. An unsigned
// number of 64 bits is a Double where it does not fit Int64.
func typeOfParquet(c parquet.Column) Type {
	switch c.Logical {
	case parquet.Date, parquet.Timestamp:
		return DateTime
	case parquet.Time:
		return TimeSpan
	case parquet.Decimal, parquet.Float16:
		return Double
	case parquet.Text, parquet.UUID, parquet.Interval, parquet.Unknown:
		return String
	}
	switch c.Physical {
	case parquet.Boolean:
		return Boolean
	case parquet.Int32:
		if c.Unsigned && c.Bits == 32 {
			return Int64
		}
		return Int32
	case parquet.Int64:
		return Int64
	case parquet.Int96:
		return DateTime
	case parquet.Float, parquet.Double:
		return Double
	}
	return String
}

// scan reads every cell once.
func (r *parquetReader) scan() (*Summary, error) {
	s := &Summary{Fields: r.fields, Rows: int(r.file.Rows), Missing: make([]int, len(r.fields))}
	for i := range r.fields {
		if err := r.scanColumn(i, s); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (r *parquetReader) scanColumn(i int, s *Summary) error {
	b := NewColumnBuilder(r.fields[i], parquetChunk)
	for row := range r.file.Rows {
		if b.Len() == parquetChunk {
			b = NewColumnBuilder(r.fields[i], parquetChunk)
		}
		missing, err := r.cell(b, i, int(row))
		var beyond *beyondInt64
		if errors.As(err, &beyond) { // the rest of the column is checked as what it becomes
			r.fields[i].Type = Double
			b = NewColumnBuilder(r.fields[i], parquetChunk)
			missing, err = false, nil
		}
		if err != nil {
			return err
		}
		if missing {
			s.Missing[i]++
		}
	}
	return nil
}

const parquetChunk = 4096 // rows

// read gives the next rows, at most n, as columns of the given fields.
func (r *parquetReader) read(n int, fields []Field) (*Table, error) {
	n = int(min(int64(n), r.file.Rows-int64(r.row)))
	if n == 0 {
		return nil, io.EOF
	}
	columns := make([]*Column, len(fields))
	for i := range r.fields {
		native := r.fields[i]
		if native.Type == Int64 && r.file.Columns[i].Unsigned && fields[i].Type == Double {
			native.Type = Double
		}
		b := NewColumnBuilder(native, n)
		for k := range n {
			if _, err := r.cell(b, i, r.row+k); err != nil {
				return nil, err
			}
		}
		column, bad := b.Column().As(fields[i])
		if bad >= 0 {
			cell, _ := b.Column().AppendCell(nil, bad)
			return nil, fault.New(fault.Invalid, "row %d, column %q: %q is not of type %s", r.row+bad+1, fields[i].Name, clip(cell), fields[i].Type)
		}
		columns[i] = column
	}
	r.row += n
	return FromColumns(n, columns...), nil
}

// cell reads the next cell of column i into b.
func (r *parquetReader) cell(b *ColumnBuilder, i, row int) (missing bool, err error) {
	var v parquet.Value
	if missing, err = r.cursors[i].Next(&v); errors.Is(err, io.EOF) {
		err = fault.New(fault.Invalid, "the Parquet file is damaged: column %q ends after %d rows", r.fields[i].Name, row)
	}
	if err != nil {
		return false, err
	}
	c := &r.file.Columns[i]
	if missing || c.Logical == parquet.Unknown {
		b.AppendMissing()
		return true, nil
	}
	switch b.column.Type {
	case String:
		err = appendParquetText(b, c, &v)
	case Double:
		b.appendDouble(parquetDouble(c, &v))
	default:
		var n int64
		if n, err = parquetInt(c, &v); err == nil {
			b.appendInt(n)
		}
	}
	if err != nil {
		err = fault.Wrap(err, fault.Invalid, "row %d, column %q: %s", row+1, c.Name, err)
	}
	return false, err
}

// beyondInt64 is an unsigned number over 2^63.
type beyondInt64 struct{ n uint64 }

func (b *beyondInt64) Error() string {
	return strconv.FormatUint(b.n, 10) + " is beyond the type Int64"
}

var errDate = errors.New("it is a date outside of the years 1678 to 2261")

// parquetInt gives a cell in the form of Column.Ints.
func parquetInt(c *parquet.Column, v *parquet.Value) (int64, error) {
	const day = 24 * int64(time.Hour)
	switch {
	case c.Logical == parquet.Date:
		return scaled(v.Int, day)
	case c.Logical == parquet.Timestamp, c.Logical == parquet.Time:
		return scaled(v.Int, c.Unit)
	case c.Physical == parquet.Int96: // nanoseconds of the day, and the Julian day
		const julian1970 = 2_440_588
		days, err := scaled(int64(binary.LittleEndian.Uint32(v.Bytes[8:]))-julian1970, day)
		nanos := int64(binary.LittleEndian.Uint64(v.Bytes))
		if err != nil || nanos < 0 || nanos > day {
			return 0, errDate
		}
		if days > 0 && nanos > math.MaxInt64-days {
			return 0, errDate
		}
		return days + nanos, nil
	case c.Unsigned && c.Bits == 64 && v.Int < 0:
		return 0, &beyondInt64{uint64(v.Int)}
	case c.Unsigned && c.Bits == 32:
		return int64(uint32(v.Int)), nil
	}
	return v.Int, nil
}

func scaled(n, unit int64) (int64, error) {
	if n > math.MaxInt64/unit || n < math.MinInt64/unit {
		return 0, errDate
	}
	return n * unit, nil
}

// parquetDouble gives a cell as a number.
func parquetDouble(c *parquet.Column, v *parquet.Value) float64 {
	switch {
	case c.Logical == parquet.Float16:
		return fromFloat16(binary.LittleEndian.Uint16(v.Bytes))
	case c.Logical == parquet.Decimal && v.Bytes == nil:
		return decimal(strconv.FormatInt(v.Int, 10), c.Scale)
	case c.Logical == parquet.Decimal:
		n := new(big.Int).SetBytes(v.Bytes) // two's complement, the most significant first
		if len(v.Bytes) > 0 && v.Bytes[0] >= 0x80 {
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(len(v.Bytes))*8))
		}
		return decimal(n.String(), c.Scale)
	case c.Physical == parquet.Int64 && c.Unsigned:
		return float64(uint64(v.Int))
	}
	return v.Float
}

// decimal is the nearest Double.
func decimal(digits string, scale int) float64 {
	v, _ := strconv.ParseFloat(digits+"e"+strconv.Itoa(-scale), 64) // what is too large is infinite
	return v
}

// fromFloat16 reads a binary16 of IEEE 754.
func fromFloat16(h uint16) float64 {
	exponent, fraction := int(h>>10&31), float64(h&1023)
	var v float64
	switch exponent {
	case 0:
		v = math.Ldexp(fraction, -24)
	case 31:
		if v = math.Inf(1); fraction != 0 {
			return math.NaN()
		}
	default:
		v = math.Ldexp(1024+fraction, exponent-25)
	}
	if h&0x8000 != 0 {
		return -v
	}
	return v
}

func appendParquetText(b *ColumnBuilder, c *parquet.Column, v *parquet.Value) error {
	switch c.Logical {
	case parquet.UUID:
		u := hex.EncodeToString(v.Bytes)
		return b.AppendString(u[:8] + "-" + u[8:12] + "-" + u[12:16] + "-" + u[16:20] + "-" + u[20:])
	case parquet.Interval:
		months, days, millis := binary.LittleEndian.Uint32(v.Bytes), binary.LittleEndian.Uint32(v.Bytes[4:]), binary.LittleEndian.Uint32(v.Bytes[8:])
		return b.AppendString(fmt.Sprintf("P%dM%dDT%d.%03dS", months, days, millis/1000, millis%1000)) // ISO 8601
	}
	switch {
	case len(v.Bytes) > MaxCellBytes:
		return fmt.Errorf("it holds %d bytes; a cell may have %d", len(v.Bytes), MaxCellBytes)
	case !utf8.Valid(v.Bytes) || bytes.IndexByte(v.Bytes, 0) >= 0:
		return errors.New("it holds bytes that are not text; leave the column out, or write it as text")
	case v.Text != "":
		return b.AppendString(v.Text)
	}
	return b.Append(v.Bytes)
}
