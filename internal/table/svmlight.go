package table

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strconv"

	"portico/internal/fault"
)

// The columns of an SVM-light file: the target, and feature 1, 2 and so on.
const (
	svmTarget  = "Labels"
	svmFeature = "Feature"
)

// svmReader reads SVM-light files: a target, then index:value for what is not 0, ascending from 1; a # begins a comment.
type svmReader struct {
	*lines
	index  []uint32
	values []float64
}

// nextRow gives a target; the features are in index, from 0, and values.
func (r *svmReader) nextRow() (target float64, err error) {
	for {
		line, err := r.next()
		if err != nil {
			return 0, err
		}
		line, _, _ = bytes.Cut(line, []byte("#"))
		words := bytes.Fields(line)
		if len(words) == 0 {
			continue
		}
		r.row++
		if target, err = parseDouble(words[0]); err != nil {
			return 0, r.bad(fault.Invalid, "%q is not a number", clip(words[0]))
		}
		return target, r.features(words[1:])
	}
}

func (r *svmReader) features(words [][]byte) error {
	r.index, r.values = r.index[:0], r.values[:0]
	last := 0
	for i, word := range words {
		name, value, ok := bytes.Cut(word, []byte(":"))
		if ok && i == 0 && string(name) == "qid" {
			continue // the group of a ranking, which no learner here reads
		}
		n, err := strconv.Atoi(string(name))
		if !ok || err != nil || n <= last {
			return r.bad(fault.Invalid, "%q is not index:value with an index from 1, ascending", clip(word))
		}
		if n > MaxDenseColumns {
			return r.bad(fault.TooLarge, "feature %d is beyond the %d columns that a file may have", n, MaxDenseColumns)
		}
		v, err := parseDouble(value)
		if err != nil {
			return r.bad(fault.Invalid, "%q is not a number", clip(value))
		}
		last = n
		r.index = append(r.index, uint32(n-1))
		r.values = append(r.values, v)
	}
	return nil
}

// scanSVM finds how many rows and features there are.
func scanSVM(src io.Reader) (*Summary, error) {
	r := &svmReader{lines: newLines(src)}
	s := &Summary{}
	width := 0
	for {
		_, err := r.nextRow()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if n := len(r.index); n > 0 {
			width = max(width, int(r.index[n-1])+1)
		}
		if s.Rows++; s.Rows > maxRows {
			return nil, fault.New(fault.TooLarge, "the file has more than %d rows", maxRows)
		}
	}
	if s.Rows == 0 {
		return nil, fault.New(fault.Invalid, "the file is empty")
	}
	s.Fields = append(s.Fields, Field{Name: svmTarget, Type: Double, Role: Label})
	for i := range width {
		s.Fields = append(s.Fields, Field{Name: svmFeature + strconv.Itoa(i+1), Type: Double})
	}
	s.Missing = make([]int, len(s.Fields))
	return s, nil
}

// read gives the next rows, at most n: the target, and the features as a sparse block of width columns.
func (r *svmReader) read(n, width int) (*Table, error) {
	target := &Column{Field: Field{Name: svmTarget, Type: Double, Role: Label}}
	block := NumberedBlock(Double, svmFeature, "", Span{1, width + 1})
	for range n {
		v, err := r.nextRow()
		if errors.Is(err, io.EOF) && len(target.Doubles) > 0 {
			break
		}
		if err != nil {
			return nil, err
		}
		if k := len(r.index); k > 0 && int(r.index[k-1]) >= width {
			return nil, r.bad(fault.Invalid, "feature %d is beyond the %d that were found", r.index[k-1]+1, width)
		}
		target.Doubles = append(target.Doubles, v)
		block.Index = append(block.Index, r.index...)
		block.Values = append(block.Values, r.values...)
		block.Start = append(block.Start, len(block.Index))
	}
	parts := []Part{{Column: target}}
	if width > 0 {
		parts = append(parts, Part{Sparse: block})
	}
	return New(len(target.Doubles), parts...), nil
}

// writeSVM prints a table: the label column as target, or 0 where there is
// none, and every other column of numbers or Booleans as a feature. What is missing counts as 0.
// It returns fault.Unsupported for a column of another type.
func writeSVM(w io.Writer, t *Table) error {
	label := -1
	for i, p := range t.Parts {
		c := p.Column
		if c == nil {
			continue
		}
		if !c.Type.Numeric() && c.Type != Boolean {
			return fault.New(fault.Unsupported, "column %q is of type %s; an SVM-light file holds numbers alone", c.Name, c.Type)
		}
		if c.Role == Label && label < 0 {
			label = i
		}
	}
	var buf []byte
	for r := range t.Rows {
		target := 0.0
		if label >= 0 {
			target, _ = t.Parts[label].Column.Number(r)
		}
		buf = AppendDouble(buf, zeroIfNone(target))
		feature := 0
		for i, p := range t.Parts {
			switch {
			case p.Sparse != nil:
				index, values := p.Sparse.Row(r)
				for k, c := range index {
					buf = appendFeature(buf, feature+int(c)+1, values[k])
				}
				feature += p.Sparse.Width
			case i != label:
				feature++
				v, _ := p.Column.Number(r)
				buf = appendFeature(buf, feature, zeroIfNone(v))
			}
		}
		buf = append(buf, '\n')
		if len(buf) > 64<<10 {
			if _, err := w.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	_, err := w.Write(buf)
	return err
}

func zeroIfNone(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return v
}

func appendFeature(buf []byte, number int, v float64) []byte {
	if v == 0 {
		return buf
	}
	buf = strconv.AppendInt(append(buf, ' '), int64(number), 10)
	return AppendDouble(append(buf, ':'), v)
}
