package scoring

import (
	"portico/internal/fault"
	"portico/internal/scoring/jsonwire"
	"portico/internal/table"
	"portico/internal/webservice"
)

// maxResponse is how large an answer may become, in bytes: what a client can read at once.
const maxResponse = 128 << 20

// cells prints a row's cells: every one a JSON string, or null (azureml.md 1.4).
var cells = table.RowFormat{Open: `"`, Close: `"`, Separator: ",", Missing: "null", Text: jsonwire.AppendEscaped[string]}.Prepare()

// appendResults appends the answer of api-version 2.0 in column form, or in swagger form.
func appendResults(dst []byte, plan *webservice.Plan, out []*table.Table, o options) ([]byte, error) {
	dst = append(dst, `{"Results":{`...)
	for i, t := range out {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(jsonwire.AppendString(dst, plan.Outputs[i].Name), ':')
		var err error
		if o.swagger {
			dst, err = appendObjects(dst, t)
		} else {
			dst, err = appendColumns(dst, t, o.details)
		}
		if err != nil {
			return dst, err
		}
	}
	return append(dst, "}}"...), nil
}

// appendColumns appends {"type":"table","value":{"ColumnNames","ColumnTypes","Values"}}.
func appendColumns(dst []byte, t *table.Table, details bool) ([]byte, error) {
	dst = append(dst, `{"type":"table","value":{"ColumnNames":[`...)
	dst = appendNames(dst, t)
	if details {
		dst = append(dst, `],"ColumnTypes":[`...)
		dst = appendTypes(dst, t)
	}
	dst = append(dst, `],"Values":[`...)
	start := len(dst)
	for r := range t.Rows {
		if r > 0 {
			dst = append(dst, ',')
		}
		dst = append(cells.AppendRow(append(dst, '['), t, r), ']')
		if err := fits(len(dst), len(dst)-start, r+1, t.Rows); err != nil {
			return dst, err
		}
	}
	return append(dst, "]}}"...), nil
}

// fits refuses an answer as soon as it is too large, or will be: rows are taken to be alike.
func fits(size, sizeOfRows, rows, allRows int) error {
	if size <= maxResponse && (rows > 1 || size+sizeOfRows*(allRows-1) <= 2*maxResponse) {
		return nil
	}
	return fault.Coded(fault.TooLarge, "OutOfMemoryLimit",
		"The model consumed more memory than was appropriated for it. Maximum allowed memory for the model is %d MB. The answer to this request would be larger: send fewer rows at a time.", maxResponse>>20)
}

// appendNames appends the columns' names as JSON strings.
func appendNames(dst []byte, t *table.Table) []byte {
	start := len(dst)
	for _, p := range t.Parts {
		for i := range p.Width() {
			if len(dst) > start {
				dst = append(dst, ',')
			}
			dst = appendName(dst, p, i)
		}
	}
	return dst
}

// appendName appends the name of column i of a part as a JSON string.
func appendName(dst []byte, p table.Part, i int) []byte {
	if p.Column != nil {
		return jsonwire.AppendString(dst, p.Column.Name)
	}
	var short [64]byte
	return append(jsonwire.AppendEscaped(append(dst, '"'), p.Sparse.AppendName(short[:0], i)), '"')
}

func appendTypes(dst []byte, t *table.Table) []byte {
	start := len(dst)
	for _, p := range t.Parts {
		var name string
		if p.Column != nil {
			name = p.Column.Type.String()
		} else {
			name = p.Sparse.Type.String()
		}
		for range p.Width() {
			if len(dst) > start {
				dst = append(dst, ',')
			}
			dst = append(append(append(dst, '"'), name...), '"')
		}
	}
	return dst
}

// appendObjects appends a list of objects whose members keep the columns' order.
func appendObjects(dst []byte, t *table.Table) ([]byte, error) {
	dst = append(dst, '[')
	keys := newKeys(t)
	start := len(dst)
	for r := range t.Rows {
		if r > 0 {
			dst = append(dst, ',')
		}
		dst = keys.appendRow(dst, t, r)
		if err := fits(len(dst), len(dst)-start, r+1, t.Rows); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

// keys are the columns' names as members begin: `"name":`, one after the other.
type keys struct {
	text []byte
	ends []int
}

func newKeys(t *table.Table) *keys {
	k := &keys{ends: make([]int, 0, t.Width())}
	for _, p := range t.Parts {
		for i := range p.Width() {
			k.text = append(appendName(k.text, p, i), ':')
			k.ends = append(k.ends, len(k.text))
		}
	}
	return k
}

// appendRow appends row r as an object.
func (k *keys) appendRow(dst []byte, t *table.Table, r int) []byte {
	dst = append(dst, '{')
	at := 0
	t.EachCell(r, func(i int, text []byte, missing bool) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, k.text[at:k.ends[i]]...)
		at = k.ends[i]
		if missing {
			dst = append(dst, "null"...)
			return
		}
		dst = append(jsonwire.AppendEscaped(append(dst, '"'), text), '"')
	})
	return append(dst, '}')
}

// appendFlat appends the answer of API version 1.0: the cells of the one row (azureml.md 1.7).
func appendFlat(dst []byte, t *table.Table) []byte {
	dst = append(dst, '[')
	if t.Rows > 0 {
		dst = cells.AppendRow(dst, t, 0)
	}
	return append(dst, ']')
}
