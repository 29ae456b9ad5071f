package table

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"portico/internal/fault"
)

// arffReader reads Weka's attribute-relation file format: attributes with
// types, then rows, dense or sparse. String and nominal attributes become String columns (nominal ones
// categorical), numeric ones Double, integer ones the narrowest of Int32, Int64 and Double, dates DateTime.
type arffReader struct {
	*lines
	attributes []arffAttribute
	cells      []cell
}

type arffAttribute struct {
	field   Field
	integer bool
	levels  []string // of a nominal attribute
	layout  string   // of a date, "" for those that every DateTime column reads
}

func openARFF(src io.Reader) (*arffReader, error) {
	r := &arffReader{lines: newLines(src)}
	seen := map[string]bool{}
	for {
		line, err := r.next()
		if errors.Is(err, io.EOF) {
			return nil, fault.New(fault.Invalid, "the file has no @data")
		}
		if err != nil {
			return nil, err
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '%' {
			continue
		}
		word, rest, _ := bytes.Cut(line, []byte(" "))
		if i := bytes.IndexByte(word, '\t'); i >= 0 {
			word, rest = line[:i], line[i:]
		}
		switch strings.ToLower(string(word)) {
		case "@relation":
		case "@attribute":
			a, err := r.attribute(bytes.TrimSpace(rest))
			if err != nil {
				return nil, err
			}
			if seen[a.field.Name] {
				return nil, r.bad(fault.Invalid, "two attributes are called %q", clip([]byte(a.field.Name)))
			}
			if len(r.attributes) == MaxDenseColumns {
				return nil, r.bad(fault.TooLarge, "the file has more than %d attributes", MaxDenseColumns)
			}
			seen[a.field.Name] = true
			r.attributes = append(r.attributes, a)
		case "@data":
			if len(r.attributes) == 0 {
				return nil, r.bad(fault.Invalid, "@data comes before any @attribute")
			}
			return r, nil
		default:
			return nil, r.bad(fault.Invalid, "%q is neither @relation, @attribute nor @data", clip(word))
		}
	}
}

// attribute reads a name and a type.
func (r *arffReader) attribute(text []byte) (arffAttribute, error) {
	name, rest, ok := arffToken(text, " \t")
	if !ok || len(name.text) == 0 {
		return arffAttribute{}, r.bad(fault.Invalid, "an @attribute has no name")
	}
	a := arffAttribute{field: Field{Name: string(name.text)}}
	kind := strings.TrimSpace(string(rest))
	word, format, _ := strings.Cut(kind, " ")
	switch strings.ToLower(word) {
	case "numeric", "real":
		a.field.Type = Double
	case "integer":
		a.field.Type, a.integer = Double, true
	case "string":
	case "date":
		a.field.Type = DateTime
		if format = strings.Trim(strings.TrimSpace(format), `"'`); format != "" {
			a.layout = javaLayout(format)
		}
	default:
		if !strings.HasPrefix(kind, "{") || !strings.HasSuffix(kind, "}") {
			return a, r.bad(fault.Invalid, "attribute %q is of type %q; possible are numeric, real, integer, string, date and {…}", a.field.Name, clip([]byte(kind)))
		}
		a.field.Categorical = true
		levels, err := r.split([]byte(kind[1 : len(kind)-1]))
		if err != nil {
			return a, err
		}
		for _, l := range levels {
			a.levels = append(a.levels, string(l.text))
		}
	}
	return a, nil
}

// javaLayout gives a date format's letters as Go's; of text in it, quotes are taken away.
func javaLayout(format string) string {
	return strings.NewReplacer("yyyy", "2006", "yy", "06", "MMM", "Jan", "MM", "01", "dd", "02", "HH", "15", "hh", "03", "mm", "04", "ss", "05", "SSS", "000", "a", "PM", "'", "").Replace(format)
}

// names gives the columns' names.
func (r *arffReader) names() []string {
	names := make([]string, len(r.attributes))
	for i, a := range r.attributes {
		names[i] = a.field.Name
	}
	return names
}

// declared gives a column's description where the file says it: for integers, found is what their values need.
func (r *arffReader) declared(i int, found Type) (Field, bool) {
	f := r.attributes[i].field
	if r.attributes[i].integer && (found == Int32 || found == Int64) {
		f.Type = found
	}
	return f, true
}

// nextRow gives the cells of the next row, and io.EOF after the last.
func (r *arffReader) nextRow() ([]cell, error) {
	for {
		line, err := r.next()
		if err != nil {
			return nil, err
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '%' {
			continue
		}
		r.row++
		if line[0] == '{' {
			return r.sparseRow(line)
		}
		cells, err := r.split(line)
		if err != nil {
			return nil, err
		}
		if len(cells) != len(r.attributes) {
			return nil, r.bad(fault.Invalid, "it has %s where there are %d attributes", plural(len(cells), "cell"), len(r.attributes))
		}
		for i := range cells {
			if err := r.check(i, &cells[i]); err != nil {
				return nil, err
			}
		}
		return cells, nil
	}
}

// check reads a cell as its attribute says: ? is missing, a date is of its format, a level is one of the list.
func (r *arffReader) check(i int, c *cell) error {
	a := &r.attributes[i]
	switch {
	case !c.quoted && len(c.text) == 1 && c.text[0] == '?':
		c.text = nil
	case a.layout != "":
		t, err := time.Parse(a.layout, string(c.text))
		if err != nil {
			return r.bad(fault.Invalid, "attribute %q: %q is not a date of its format", a.field.Name, clip(c.text))
		}
		c.text = []byte(t.UTC().Format(time.RFC3339Nano))
	case a.field.Type == String:
		c.quoted = true // an empty text is one
		if a.levels == nil {
			return nil
		}
		for _, l := range a.levels {
			if l == string(c.text) {
				return nil
			}
		}
		return r.bad(fault.Invalid, "attribute %q: %q is not one of its values", a.field.Name, clip(c.text))
	}
	return nil
}

// sparseRow reads {index value, …}; what is not listed is 0, or the first level.
func (r *arffReader) sparseRow(line []byte) ([]cell, error) {
	if line[len(line)-1] != '}' {
		return nil, r.bad(fault.Invalid, "a sparse row has no }")
	}
	r.cells = r.cells[:0]
	for _, a := range r.attributes {
		zero := cell{text: []byte("0")}
		if a.levels != nil {
			zero.text = []byte(a.levels[0])
		}
		zero.quoted = a.field.Type == String
		r.cells = append(r.cells, zero)
	}
	entries, err := r.splitInto(nil, line[1:len(line)-1], true)
	if err != nil {
		return nil, err
	}
	last := -1
	for _, e := range entries {
		index, value, _ := bytes.Cut(bytes.TrimSpace(e.text), []byte(" "))
		n, err := strconv.Atoi(string(index))
		if err != nil || n <= last || n >= len(r.attributes) {
			return nil, r.bad(fault.Invalid, "%q is not the index of an attribute, from 0 and ascending", clip(index))
		}
		last = n
		v, rest, ok := arffToken(bytes.TrimSpace(value), ",")
		if !ok || len(bytes.TrimSpace(rest)) > 0 {
			return nil, r.bad(fault.Invalid, "the value at index %d makes no sense", n)
		}
		if err := r.check(n, &v); err != nil {
			return nil, err
		}
		r.cells[n] = v
	}
	return r.cells, nil
}

// split cuts a line at commas outside quotes.
func (r *arffReader) split(line []byte) ([]cell, error) {
	var err error
	r.cells, err = r.splitInto(r.cells[:0], line, false)
	return r.cells, err
}

// splitInto appends the parts of a line; raw ones keep their quotes.
func (r *arffReader) splitInto(cells []cell, line []byte, raw bool) ([]cell, error) {
	if len(bytes.TrimSpace(line)) == 0 {
		return cells, nil
	}
	for {
		var c cell
		var rest []byte
		ok := true
		if raw {
			at := rawEnd(line)
			c.text, rest = line[:at], line[at:]
		} else {
			c, rest, ok = arffToken(bytes.TrimLeft(line, " \t"), ",")
		}
		rest = bytes.TrimLeft(rest, " \t")
		switch {
		case !ok || len(rest) > 0 && rest[0] != ',':
			return nil, r.bad(fault.Invalid, "a quote is not closed, or text follows it")
		case len(c.text) > MaxCellBytes:
			return nil, r.bad(fault.TooLarge, "a cell has more than %d bytes", MaxCellBytes)
		}
		cells = append(cells, c)
		if len(rest) == 0 {
			return cells, nil
		}
		line = rest[1:]
	}
}

// rawEnd is where the next comma outside quotes is.
func rawEnd(line []byte) int {
	var quote byte
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == ',':
			return i
		}
	}
	return len(line)
}

// arffToken cuts off a word, or a text in quotes with backslashes taken away.
func arffToken(text []byte, ends string) (token cell, rest []byte, ok bool) {
	if len(text) == 0 || text[0] != '\'' && text[0] != '"' {
		at := bytes.IndexAny(text, ends)
		if at < 0 {
			at = len(text)
		}
		return cell{text: bytes.TrimRight(text[:at], " \t")}, text[at:], true
	}
	quote := text[0]
	token.quoted = true
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			i++
			token.text = append(token.text, unescaped(text[i]))
		case c == quote:
			return token, text[i+1:], true
		default:
			token.text = append(token.text, c)
		}
	}
	return token, nil, false
}

func unescaped(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

// arffDate is how dates are printed, in the letters of Java and of Go.
const (
	arffDate       = `date "yyyy-MM-dd HH:mm:ss"`
	arffDateLayout = "2006-01-02 15:04:05"
)

// appendARFFHeader prints what goes before the rows. A categorical String column becomes a nominal
// attribute where t has all the rows, and so all the levels.
func appendARFFHeader(buf []byte, t *Table, all bool) []byte {
	buf = append(buf, "@relation dataset\n\n"...)
	for _, p := range t.Parts {
		for i := range p.Width() {
			f, kind := partField(p, i), "string"
			switch {
			case f.Type == Double:
				kind = "numeric"
			case f.Type == Int32 || f.Type == Int64:
				kind = "integer"
			case f.Type == DateTime:
				kind = arffDate
			case f.Type == Boolean:
				kind = "{False,True}"
			case f.Categorical && p.Column != nil && all:
				kind = nominal(p.Column)
			}
			buf = append(appendARFF(append(buf, "@attribute "...), f.Name), ' ')
			buf = append(append(buf, kind...), '\n')
		}
	}
	return append(buf, "\n@data\n"...)
}

// appendARFFRow prints a row without its line end.
func appendARFFRow(buf []byte, t *Table, r int) []byte {
	var cell []byte
	for i, p := range t.Parts {
		if i > 0 {
			buf = append(buf, ',')
		}
		switch {
		case p.Sparse != nil:
			buf = arffNumbers.appendSparse(buf, p.Sparse, r, len(arffNumbers.Separator))
		case p.Column.Missing != nil && p.Column.Missing[r]:
			buf = append(buf, '?')
		case p.Column.Type == DateTime:
			buf = time.Unix(0, p.Column.Ints[r]).UTC().AppendFormat(append(buf, '\''), arffDateLayout)
			buf = append(buf, '\'')
		default:
			cell, _ = p.Column.AppendCell(cell[:0], r)
			buf = appendARFF(buf, string(cell))
		}
	}
	return buf
}

// arffNumbers prints the cells of sparse blocks.
var arffNumbers = RowFormat{Separator: ","}.Prepare()

func partField(p Part, i int) Field {
	if p.Column != nil {
		return p.Column.Field
	}
	return p.Sparse.Field(i)
}

func nominal(c *Column) string {
	kind := []byte("{")
	for _, r := range NewRowIndex([]*Column{c}, c.Len(), false).First {
		if c.IsMissing(int(r)) {
			continue
		}
		if len(kind) > 1 {
			kind = append(kind, ',')
		}
		kind = appendARFF(kind, c.Strings[r])
	}
	return string(append(kind, '}'))
}

// appendARFF quotes a text that holds more than letters, digits and a few signs.
func appendARFF(dst []byte, s string) []byte {
	plain := s != "" && s != "?"
	for _, c := range s {
		plain = plain && (c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '.' || c == '-' || c == '+' || c > 127)
	}
	if plain {
		return append(dst, s...)
	}
	dst = append(dst, '\'')
	for i := range len(s) {
		switch c := s[i]; c {
		case '\'', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '\'')
}
