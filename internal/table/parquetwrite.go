package table

import (
	"io"
	"reflect"

	"github.com/parquet-go/parquet-go"
)

// ordered is a group of columns that stay in their order, where parquet.Group sorts them by name.
type ordered struct {
	parquet.Group
	fields []parquet.Field
}

// Fields implements parquet.Node.
func (o ordered) Fields() []parquet.Field { return o.fields }

// GoType implements parquet.Node. Rows are written as values, so that no Go type is
// made for the columns; that would refuse names with a comma.
func (o ordered) GoType() reflect.Type { return reflect.TypeFor[struct{}]() }

// parquetFields are the columns of a file for a table with that schema. Every cell may be missing.
func parquetFields(schema []Field) ordered {
	o := ordered{Group: parquet.Group{}}
	for _, f := range schema {
		node := parquet.Optional(parquet.Compressed(parquetNode(f), &parquet.Snappy))
		o.fields = append(o.fields, namedNode{node, f.Name})
		o.Group[f.Name] = node
	}
	return o
}

// parquetNode is the type of a column. A time span is written as its text: the
// format's own type has no days and nothing below zero.
func parquetNode(f Field) parquet.Node {
	switch f.Type {
	case Double:
		return parquet.Leaf(parquet.DoubleType)
	case Int32:
		return parquet.Int(32)
	case Int64:
		return parquet.Int(64)
	case Boolean:
		return parquet.Leaf(parquet.BooleanType)
	case DateTime:
		return parquet.Timestamp(parquet.Nanosecond)
	}
	if f.Categorical {
		return parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
	}
	return parquet.String()
}

// namedNode is a column of a group.
type namedNode struct {
	parquet.Node
	name string
}

// Name implements parquet.Field.
func (n namedNode) Name() string { return n.name }

// Value implements parquet.Field.
func (n namedNode) Value(base reflect.Value) reflect.Value { return base.FieldByName(n.name) }

const (
	parquetCells     = 1 << 20  // that are turned into values at a time
	parquetGroup     = 16 << 20 // cells of a row group
	parquetGroupRows = 1 << 20
)

// writeParquet prints a table as a Parquet file, row group by row group.
func writeParquet(w io.Writer, t *Table) error {
	width := max(t.Width(), 1)
	out := parquet.NewGenericWriter[any](w, parquet.NewSchema("table", parquetFields(t.Schema())),
		parquet.MaxRowsPerRowGroup(int64(min(parquetGroupRows, max(parquetGroup/width, 1000)))),
		parquet.CreatedBy("portico", "", ""))
	chunk := max(parquetCells/width, 1)
	rows := make([]parquet.Row, 0, min(chunk, t.Rows))
	for from := 0; from < t.Rows; from += chunk {
		piece := t.Slice(from, min(from+chunk, t.Rows))
		rows = rows[:0]
		cells := make([]parquet.Value, piece.Rows*width)
		column := 0
		for _, p := range piece.Parts {
			columns := []*Column{p.Column}
			if p.Sparse != nil {
				columns = p.Sparse.columns(piece.Rows)
			}
			for _, c := range columns {
				for r := range piece.Rows {
					cells[r*width+column] = parquetValue(c, r).Level(0, 1, column)
					if c.Missing != nil && c.Missing[r] { // NaN is a number of the format
						cells[r*width+column] = parquet.NullValue().Level(0, 0, column)
					}
				}
				column++
			}
		}
		for r := range piece.Rows {
			rows = append(rows, cells[r*width:(r+1)*width])
		}
		if _, err := out.WriteRows(rows); err != nil {
			return err
		}
	}
	return out.Close()
}

func parquetValue(c *Column, r int) parquet.Value {
	switch c.Type {
	case String:
		return parquet.ByteArrayValue([]byte(c.Strings[r]))
	case Double:
		return parquet.DoubleValue(c.Doubles[r])
	case Int32:
		return parquet.Int32Value(int32(c.Ints[r]))
	case Boolean:
		return parquet.BooleanValue(c.Ints[r] != 0)
	case TimeSpan:
		text, _ := c.AppendCell(nil, r)
		return parquet.ByteArrayValue(text)
	}
	return parquet.Int64Value(c.Ints[r])
}
