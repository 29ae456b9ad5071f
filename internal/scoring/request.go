package scoring

import (
	"math"
	"strconv"
	"strings"

	"portico/internal/fault"
	"portico/internal/scoring/jsonwire"
	"portico/internal/table"
	"portico/internal/webservice"
)

// decoder reads the body of one request for a plan (azureml.md 1.2, 1.3).
type decoder struct {
	r    jsonwire.Reader
	plan *webservice.Plan
	in   []*table.Table // one for each of the plan's inputs
	args []webservice.Argument

	rows   *rows // of the input that is being read
	values int   // where its Values stand, -1 until they are found
}

// decodeRequest reads a body in either form. Names of members compare without
// regard to case, as in the service's own decoder; names of inputs, columns and parameters do not.
func decodeRequest(body string, plan *webservice.Plan) ([]*table.Table, []webservice.Argument, error) {
	d, err := newDecoder(body, plan)
	if err != nil {
		return nil, nil, err
	}
	err = d.members(subject{what: "The body"},
		member{name: "Inputs", read: (*decoder).inputs},
		member{name: "GlobalParameters", read: (*decoder).parameters},
		member{name: "Id", read: (*decoder).version1},
		member{name: "Instance", read: (*decoder).version1})
	if err == nil {
		err = d.complete()
	}
	return d.in, d.args, err
}

func newDecoder(body string, plan *webservice.Plan) (decoder, error) {
	body = strings.TrimPrefix(body, "\ufeff") // .NET writers put it there
	if err := jsonwire.Check(body); err != nil {
		return decoder{}, bodyInvalid("The body is not JSON: %v.", err)
	}
	return decoder{r: jsonwire.NewReader(body), plan: plan, in: make([]*table.Table, len(plan.Inputs))}, nil
}

// member is one that an object may have, once.
type member struct {
	name string
	read func(*decoder) error // reads the value
	seen bool
}

// members reads an object, which messages call what. Names compare without regard to case.
func (d *decoder) members(what subject, known ...member) error {
	if k := d.r.Peek(); k != jsonwire.Object {
		return bodyInvalid("%s is %s; it must be an object.", what, k)
	}
next:
	for d.r.Enter(); d.r.More(); {
		name := d.r.Key()
		for i := range known {
			m := &known[i]
			if !strings.EqualFold(m.name, name) {
				continue
			}
			if m.seen {
				return bodyInvalid("%s has %s twice.", what, m.name)
			}
			m.seen = true
			if err := m.read(d); err != nil {
				return err
			}
			continue next
		}
		return bodyInvalid("%s has a member %q, which is not known here.", what, shorten(name))
	}
	return nil
}

// subject is what a message speaks of; name may be empty.
type subject struct{ what, name string }

func (s subject) String() string {
	if s.name == "" {
		return s.what
	}
	return s.what + " " + strconv.Quote(s.name)
}

// ignore reads a member that does not matter.
func (d *decoder) ignore() error {
	d.r.Skip()
	return nil
}

// version1 refuses the body of API version 1.0.
func (d *decoder) version1() error {
	return fault.Coded(fault.Invalid, "IncompatibleModel",
		"The model is incompatible with the request version. A body with Id and Instance is of API version 1.0: send it to …/score, or send Inputs.")
}

// complete refuses a request in which an input of the service is missing.
func (d *decoder) complete() error {
	var missing []string
	for i, t := range d.in {
		if t == nil {
			missing = append(missing, strconv.Quote(d.plan.Inputs[i].Name))
		}
	}
	if missing == nil {
		return nil
	}
	return fault.Coded(fault.Invalid, "MissingRequestInput",
		"The web service expects an input, but no input was provided. Missing in Inputs: %s.", strings.Join(missing, ", "))
}

func (d *decoder) inputs() error {
	switch k := d.r.Peek(); k {
	case jsonwire.Null:
		d.r.Skip()
		return nil
	case jsonwire.Object:
	default:
		return bodyInvalid("Inputs is %s; it must be an object with one member for each input.", k)
	}
	var unknown []string
	for d.r.Enter(); d.r.More(); {
		name := d.r.Key()
		i := d.input(name)
		if i < 0 {
			unknown = append(unknown, strconv.Quote(shorten(name)))
			d.r.Skip()
			continue
		}
		if d.in[i] != nil {
			return bodyInvalid("Inputs has %q twice.", name)
		}
		var err error
		if d.in[i], err = d.table(d.plan.Inputs[i]); err != nil {
			return err
		}
	}
	if unknown != nil {
		return fault.Coded(fault.Invalid, "InvalidInputNames",
			"Invalid service input name(s) specified in the request: %s. Please map the input data to the correct service inputs and try again. %s", strings.Join(unknown, ", "), d.accepted())
	}
	return nil
}

func (d *decoder) input(name string) int {
	for i, in := range d.plan.Inputs {
		if in.Name == name {
			return i
		}
	}
	return -1
}

func (d *decoder) accepted() string {
	if len(d.plan.Inputs) == 0 {
		return "The service takes no input."
	}
	var names []string
	for _, in := range d.plan.Inputs {
		names = append(names, strconv.Quote(in.Name))
	}
	return "The service takes " + strings.Join(names, ", ") + "."
}

// table reads an input in the form that it has: {ColumnNames, Values} or a list of objects.
func (d *decoder) table(in *webservice.PlanInput) (*table.Table, error) {
	switch k := d.r.Peek(); k {
	case jsonwire.Object:
		return d.columnForm(in)
	case jsonwire.Array:
		return d.objectForm(in)
	case jsonwire.Null:
		d.r.Skip()
		return nil, nil
	default:
		return nil, bodyInvalid("Input %q is %s; it must be an object with ColumnNames and Values, or a list of objects.", in.Name, k)
	}
}

// columnForm reads {"ColumnNames":[…],"Values":[[…],…]}, the members in any
// order. ColumnTypes, as in an answer that is sent back, are ignored: the service knows its types.
func (d *decoder) columnForm(in *webservice.PlanInput) (*table.Table, error) {
	d.rows, d.values = newRows(in), -1
	err := d.members(subject{"Input", in.Name},
		member{name: "ColumnNames", read: (*decoder).columnNames},
		member{name: "Values", read: func(d *decoder) error {
			d.values = d.r.Offset()
			return d.ignore()
		}},
		member{name: "ColumnTypes", read: (*decoder).ignore})
	switch {
	case err != nil:
		return nil, err
	case d.rows.order == nil:
		return nil, bodyInvalid("Input %q lacks ColumnNames.", in.Name)
	case d.values < 0:
		return nil, bodyInvalid("Input %q lacks Values.", in.Name)
	}
	end := d.r.Offset()
	d.r.Seek(d.values)
	if err := d.rowLists(); err != nil {
		return nil, err
	}
	d.r.Seek(end)
	return d.rows.table(), nil
}

// columnNames reads which column stands where in the rows.
func (d *decoder) columnNames() error {
	rows := d.rows
	if k := d.r.Peek(); k != jsonwire.Array {
		return bodyInvalid("ColumnNames of input %q is %s; it must be a list of strings.", rows.in.Name, k)
	}
	rows.order = make([]int, 0, len(rows.in.Fields))
	for d.r.Enter(); d.r.More(); {
		if k := d.r.Peek(); k != jsonwire.String {
			return bodyInvalid("ColumnNames of input %q holds %s; it must be a list of strings.", rows.in.Name, k)
		}
		i, err := rows.column(len(rows.order), d.r.Str(), 1)
		if err != nil {
			return err
		}
		rows.order = append(rows.order, i)
	}
	return rows.whole(len(rows.order), 1)
}

// rowLists reads [[…],…]: each row has a cell for each of ColumnNames.
func (d *decoder) rowLists() error {
	rows := d.rows
	if k := d.r.Peek(); k != jsonwire.Array {
		return bodyInvalid("Values of input %q is %s; it must be a list of rows.", rows.in.Name, k)
	}
	for d.r.Enter(); d.r.More(); rows.n++ {
		if k := d.r.Peek(); k != jsonwire.Array {
			return bodyInvalid("Row %d of input %q is %s; it must be a list of cells.", rows.n+1, rows.in.Name, k)
		}
		cells := 0
		for d.r.Enter(); d.r.More(); cells++ {
			if cells == len(rows.order) {
				return inputUnreadable("row %d of input %q has more cells than the %d of ColumnNames", rows.n+1, rows.in.Name, len(rows.order))
			}
			if err := d.cell(rows.order[cells]); err != nil {
				return err
			}
		}
		if cells < len(rows.order) {
			return inputUnreadable("row %d of input %q has %d cells, and ColumnNames has %d", rows.n+1, rows.in.Name, cells, len(rows.order))
		}
	}
	return nil
}

// objectForm reads [{"column":cell,…},…].
func (d *decoder) objectForm(in *webservice.PlanInput) (*table.Table, error) {
	d.rows = newRows(in)
	for d.r.Enter(); d.r.More(); {
		if k := d.r.Peek(); k != jsonwire.Object {
			return nil, bodyInvalid("Row %d of input %q is %s; it must be an object with a member for each column.", d.rows.n+1, in.Name, k)
		}
		if err := d.rowObject(); err != nil {
			return nil, err
		}
	}
	return d.rows.table(), nil
}

// rowObject reads one row: an object with a member for each column.
func (d *decoder) rowObject() error {
	rows, cells := d.rows, 0
	for d.r.Enter(); d.r.More(); cells++ {
		i, err := rows.column(cells, d.r.Key(), rows.n+1)
		if err != nil {
			return err
		}
		if err := d.cell(i); err != nil {
			return err
		}
	}
	rows.n++
	return rows.whole(cells, rows.n)
}

// cell reads one cell into column i.
func (d *decoder) cell(i int) error {
	rows := d.rows
	b, f := rows.builders[i], &rows.in.Fields[i]
	var err error
	switch k := d.r.Peek(); k {
	case jsonwire.String:
		err = b.AppendString(d.r.Str())
	case jsonwire.Number:
		err = b.AppendString(number(d.r.Token(), f.Type))
	case jsonwire.Null:
		d.r.Skip()
		b.AppendMissing()
	case jsonwire.True, jsonwire.False:
		if f.Type != table.String && f.Type != table.Boolean {
			return inputUnreadable("row %d, column %q of input %q: %s is not of type %s", rows.n+1, f.Name, rows.in.Name, d.r.Token(), f.Type)
		}
		d.r.Skip()
		err = b.AppendString(map[jsonwire.Kind]string{jsonwire.True: "True", jsonwire.False: "False"}[k])
	default:
		return inputUnreadable("row %d, column %q of input %q holds %s; a cell is a string, a number, a boolean or null", rows.n+1, f.Name, rows.in.Name, k)
	}
	if err != nil {
		return inputUnreadable("input %q, %s", rows.in.Name, fault.As(err).Message)
	}
	return nil
}

// number gives a JSON number as a column of that type reads it: 21.0 and 2.1e1 are whole.
func number(token string, t table.Type) string {
	if t != table.Int32 && t != table.Int64 || !strings.ContainsAny(token, ".eE") {
		return token
	}
	v, err := strconv.ParseFloat(token, 64)
	if err != nil || v != math.Trunc(v) || math.Abs(v) >= 1<<63 {
		return token // which the column refuses
	}
	return strconv.FormatInt(int64(v), 10)
}

// parameters reads GlobalParameters: an object of name and value. The empty
// list is what some clients write for an empty object.
func (d *decoder) parameters() error {
	switch k := d.r.Peek(); k {
	case jsonwire.Null:
		d.r.Skip()
		return nil
	case jsonwire.Object:
	case jsonwire.Array:
		if d.r.Enter(); !d.r.More() {
			return nil
		}
		return bodyInvalid("GlobalParameters is a list; it must be an object of names and values.")
	default:
		return bodyInvalid("GlobalParameters is %s; it must be an object of names and values.", k)
	}
	for d.r.Enter(); d.r.More(); {
		a := webservice.Argument{Name: d.r.Key()}
		for _, before := range d.args {
			if before.Name == a.Name {
				return bodyInvalid("GlobalParameters has %q twice.", shorten(a.Name))
			}
		}
		switch k := d.r.Peek(); k {
		case jsonwire.Null: // the same as absent
			d.r.Skip()
			continue
		case jsonwire.String:
			a.Value = d.r.Str()
		case jsonwire.Number:
			a.Value = d.r.Token()
		case jsonwire.True:
			d.r.Skip()
			a.Value = "True"
		case jsonwire.False:
			d.r.Skip()
			a.Value = "False"
		default:
			return fault.Coded(fault.Invalid, "UserParameterInvalid", "Web service parameter %q is %s; it must be a string, a number or a boolean.", shorten(a.Name), k)
		}
		if len(d.args) > len(d.plan.Parameters) {
			return fault.Coded(fault.Invalid, "UnexpectedParameter",
				"Verify only the required parameters expected by the web service are passed and try again. It has %d parameters, and the request more.", len(d.plan.Parameters))
		}
		d.args = append(d.args, a)
	}
	return nil
}

// shorten keeps a name that a client made up within a message.
func shorten(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}

// rows collects the rows of one input.
type rows struct {
	in       *webservice.PlanInput
	builders []*table.ColumnBuilder // in the order of in.Fields
	order    []int                  // of columnForm: the field of each cell
	n        int                    // rows that are complete
	seen     []int                  // by field: the row, from 1, that last named it
}

func newRows(in *webservice.PlanInput) *rows {
	r := &rows{in: in, builders: make([]*table.ColumnBuilder, len(in.Fields)), seen: make([]int, len(in.Fields))}
	for i, f := range in.Fields {
		r.builders[i] = table.NewColumnBuilder(f, 1)
	}
	return r
}

// column gives the field that a name stands for, at most once in a row. Where
// rows keep the order of the schema, no look-up is needed.
func (r *rows) column(at int, name string, row int) (int, error) {
	i := at
	if i >= len(r.in.Fields) || r.in.Fields[i].Name != name {
		var ok bool
		if i, ok = r.in.Column(name); !ok {
			return 0, inputMismatch("Input %q has no column %q; its columns are %s.", r.in.Name, shorten(name), r.expected())
		}
	}
	if r.seen[i] == row {
		return 0, inputMismatch("Column %q of input %q is given twice.", name, r.in.Name)
	}
	r.seen[i] = row
	return i, nil
}

// whole refuses a row, or a list of names, in which a column is missing.
func (r *rows) whole(given, row int) error {
	if given == len(r.in.Fields) {
		return nil
	}
	for i, f := range r.in.Fields {
		if r.seen[i] != row {
			return inputMismatch("Input %q lacks column %q; its columns are %s.", r.in.Name, f.Name, r.expected())
		}
	}
	return nil
}

// expected lists the first columns for a message.
func (r *rows) expected() string {
	const most = 20
	var names []string
	for _, f := range r.in.Fields[:min(most, len(r.in.Fields))] {
		names = append(names, strconv.Quote(f.Name)+" ("+f.Type.String()+")")
	}
	if more := len(r.in.Fields) - most; more > 0 {
		names = append(names, "and "+strconv.Itoa(more)+" more")
	}
	return strings.Join(names, ", ")
}

func (r *rows) table() *table.Table {
	columns := make([]*table.Column, len(r.builders))
	for i, b := range r.builders {
		columns[i] = b.Column()
	}
	return table.FromColumns(r.n, columns...)
}
