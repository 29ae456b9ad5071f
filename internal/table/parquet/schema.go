package parquet

import (
	"time"
	"unicode/utf8"

	"portico/internal/fault"
)

// element is a SchemaElement of the format.
type element struct {
	Column
	physical   int64 // -1 for a group
	repetition int64
	children   int64
	converted  int64 // -1 for none
}

// The repetitions of a schema element.
const (
	required = 0
	optional = 1
	repeated = 2
)

// readSchema reads the columns: the root and, flat, what is in it.
func readSchema(c *compact, wire byte) ([]Column, error) {
	var columns []Column
	first := true
	seen := map[string]bool{}
	err := c.list(wire, MaxColumns+1, func(wire byte) error {
		e, err := readElement(c, wire)
		if err != nil {
			return err
		}
		if first {
			first = false
			return nil
		}
		if e.physical < 0 || e.children > 0 {
			return fault.New(fault.Unsupported, "the Parquet file's column %q is nested (a list, a map or a structure); a table has flat columns: write its parts as columns of their own", e.Name)
		}
		if e.repetition == repeated {
			return fault.New(fault.Unsupported, "the Parquet file's column %q has several values in a row; a table has one: write them as columns of their own", e.Name)
		}
		if e.physical > int64(FixedBytes) || e.repetition < required || e.repetition > optional {
			return broken("a column has an unknown type")
		}
		if !utf8.ValidString(e.Name) || e.Name == "" {
			return broken("a column has no proper name")
		}
		if seen[e.Name] {
			return fault.New(fault.Invalid, "the Parquet file has two columns called %q; names must differ", e.Name)
		}
		seen[e.Name] = true
		e.Physical, e.Optional = Physical(e.physical), e.repetition == optional
		e.convert()
		if err := e.check(); err != nil {
			return err
		}
		columns = append(columns, e.Column)
		return nil
	})
	return columns, err
}

func readElement(c *compact, wire byte) (e element, err error) {
	e.physical, e.converted = -1, -1
	var length, scale int64
	err = c.structure(wire, func(id int, wire byte) (err error) {
		switch id {
		case 1:
			e.physical, err = c.int(wire)
		case 2:
			length, err = c.int(wire)
		case 3:
			e.repetition, err = c.int(wire)
		case 4:
			var name []byte
			name, err = c.bytes(wire)
			e.Name = string(name)
		case 5:
			e.children, err = c.int(wire)
		case 6:
			e.converted, err = c.int(wire)
		case 7:
			scale, err = c.int(wire)
		case 10:
			err = e.readLogical(c, wire)
		default:
			err = c.skip(wire)
		}
		return err
	})
	if length < 0 || length > 1<<20 || scale < -1000 || scale > 1000 {
		return e, broken("a column has an impossible length or scale")
	}
	e.Length = int(length)
	if e.Scale == 0 {
		e.Scale = int(scale)
	}
	return e, err
}

// readLogical reads the union LogicalType.
func (e *element) readLogical(c *compact, wire byte) error {
	return c.structure(wire, func(id int, wire byte) error {
		kinds := map[int]Logical{1: Text, 4: Text, 5: Decimal, 6: Date, 7: Time, 8: Timestamp, 10: Integer, 11: Unknown, 12: Text, 14: UUID, 15: Float16}
		e.Logical = kinds[id]
		return c.structure(wire, func(field int, wire byte) error {
			switch {
			case id == 5 && field == 1:
				n, err := c.int(wire)
				if n < -1000 || n > 1000 {
					return broken("a column has an impossible scale")
				}
				e.Scale = int(n)
				return err
			case (id == 7 || id == 8) && field == 2:
				return c.structure(wire, func(unit int, wire byte) error {
					e.Unit = map[int]int64{1: int64(time.Millisecond), 2: int64(time.Microsecond), 3: 1}[unit]
					return c.skip(wire)
				})
			case id == 10 && field == 1:
				n, err := c.int(wire)
				e.Bits = int(n)
				return err
			case id == 10 && field == 2:
				e.Unsigned = wire == wireFalse
				return c.skip(wire)
			}
			return c.skip(wire)
		})
	})
}

// convert takes the older annotation where there is none of today.
func (e *element) convert() {
	if e.Logical != None {
		return
	}
	switch n := e.converted; {
	case n == 0, n == 4, n == 19: // UTF8, ENUM, JSON
		e.Logical = Text
	case n == 5:
		e.Logical = Decimal
	case n == 6:
		e.Logical = Date
	case n == 7:
		e.Logical, e.Unit = Time, int64(time.Millisecond)
	case n == 8:
		e.Logical, e.Unit = Time, int64(time.Microsecond)
	case n == 9:
		e.Logical, e.Unit = Timestamp, int64(time.Millisecond)
	case n == 10:
		e.Logical, e.Unit = Timestamp, int64(time.Microsecond)
	case n >= 11 && n <= 18: // UINT_8 to INT_64
		e.Logical, e.Unsigned, e.Bits = Integer, n < 15, 8<<((n-11)%4)
	case n == 21:
		e.Logical = Interval
	}
}

// check holds a column's logical type against its physical one.
func (e *element) check() error {
	whole := e.Physical == Int32 || e.Physical == Int64
	good := true
	switch e.Logical {
	case Text:
		good = e.Physical == ByteArray || e.Physical == FixedBytes
	case Integer:
		good = whole && (e.Bits == 8 || e.Bits == 16 || e.Bits == 32 || e.Bits == 64) && (e.Bits == 64) == (e.Physical == Int64)
	case Decimal:
		good = whole || e.Physical == ByteArray || e.Physical == FixedBytes
	case Date:
		good = e.Physical == Int32
	case Time, Timestamp:
		good = whole && e.Unit > 0
	case UUID:
		good = e.Physical == FixedBytes && e.Length == 16
	case Float16:
		good = e.Physical == FixedBytes && e.Length == 2
	case Interval:
		good = e.Physical == FixedBytes && e.Length == 12
	}
	if !good || e.Physical == FixedBytes && e.Length < 1 {
		return broken("a column's type does not fit its values")
	}
	return nil
}
