package studio

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"portico/internal/access"
	"portico/internal/experiment"
	"portico/internal/fault"
	"portico/internal/module"
	"portico/internal/rest"
	"portico/internal/table"
)

// Limits of a preview.
const (
	defaultPreviewRows    = 100 // as the classic's Visualize shows (azureml.md 5.3)
	maxPreviewRows        = 1000
	defaultPreviewColumns = 100
	maxPreviewColumns     = 1000
)

// preview is what a client wants to see of a table, in JSON.
type preview struct {
	rows, columns int
	statistics    bool   // of every column that is shown, over all rows
	x, y          string // the columns of a scatter; empty for none
}

func previewOf(r *http.Request) (p preview, err error) {
	query := r.URL.Query()
	if p.rows, err = number(query, "rows", 0, maxPreviewRows, defaultPreviewRows); err != nil {
		return p, err
	}
	if p.columns, err = number(query, "columns", 1, maxPreviewColumns, defaultPreviewColumns); err != nil {
		return p, err
	}
	if text := query.Get("statistics"); text != "" {
		if p.statistics, err = strconv.ParseBool(text); err != nil {
			return p, fault.Coded(fault.Invalid, "InvalidQueryParameter", "Invalid query parameter 'statistics'. It must be true or false and is %q.", text)
		}
	}
	if p.x, p.y = query.Get("x"), query.Get("y"); (p.x == "") != (p.y == "") {
		return p, fault.Coded(fault.Invalid, "InvalidQueryParameter", "Invalid query parameter 'x'. A scatter needs two columns: give x and y.")
	}
	return p, nil
}

// previewView is the value of a response (azureml.md 1.4), how much there is in
// all, and what Visualize shows beside the rows.
type previewView struct {
	ColumnNames []string      `json:"ColumnNames"`
	ColumnTypes []string      `json:"ColumnTypes"`
	Values      [][]*string   `json:"Values"` // null for a missing cell
	RowCount    int           `json:"RowCount"`
	ColumnCount int           `json:"ColumnCount"`
	Statistics  []statistics  `json:"Statistics,omitempty"`
	Scatter     []table.Point `json:"Scatter,omitempty"`
}

// statistics are a column's profile, its type by name.
type statistics struct {
	table.Profile
	Type string `json:"type"` // hides the profile's own
}

const (
	statisticsChunk = 4096 // rows that are dense at a time
	scatterPoints   = 2000
)

// write sends what p wants of a table that has rows rows; next gives its next
// rows, at most so many, and io.EOF after the last.
func (p preview) write(w http.ResponseWriter, rows int, next func(n int) (*table.Table, error), scatter []table.Point) error {
	t, err := next(p.rows)
	if err != nil {
		return err
	}
	view := previewView{ColumnNames: []string{}, ColumnTypes: []string{}, Values: [][]*string{}, RowCount: rows, ColumnCount: t.Width(), Scatter: scatter}
	t = firstColumns(t, p.columns)
	view.show(t)
	if p.statistics {
		profiler := table.NewProfiler(t.Schema())
		for ; err == nil; t, err = next(statisticsChunk) {
			profiler.Add(firstColumns(t, p.columns))
		}
		if !errors.Is(err, io.EOF) {
			return err
		}
		for _, c := range profiler.Profiles() {
			view.Statistics = append(view.Statistics, statistics{c, c.Type.String()})
		}
	}
	return rest.WriteJSON(w, http.StatusOK, view)
}

// show puts the rows of t into the view.
func (v *previewView) show(t *table.Table) {
	for _, f := range t.Schema() {
		v.ColumnNames = append(v.ColumnNames, f.Name)
		v.ColumnTypes = append(v.ColumnTypes, f.Type.String())
	}
	for r := range t.Rows {
		cells := make([]*string, t.Width())
		t.EachCell(r, func(column int, text []byte, missing bool) {
			if !missing {
				cell := string(text)
				cells[column] = &cell
			}
		})
		v.Values = append(v.Values, cells)
	}
}

// scatter gives the points of the two columns that p names.
func (p preview) scatter(t *table.Table) ([]table.Point, error) {
	if p.x == "" {
		return nil, nil
	}
	x, y := t.ColumnCalled(p.x), t.ColumnCalled(p.y)
	for name, c := range map[string]*table.Column{p.x: x, p.y: y} {
		if c == nil || c.Type == table.String {
			return nil, fault.Coded(fault.Invalid, "InvalidQueryParameter", "Invalid query parameter 'x' or 'y'. There is no column %q of numbers, dates or Booleans.", name)
		}
	}
	return table.Scatter(x, y, scatterPoints), nil
}

// rowsOf gives the rows of a table that is in memory, piece by piece.
func rowsOf(t *table.Table) func(n int) (*table.Table, error) {
	from, done := 0, false
	return func(n int) (*table.Table, error) {
		if done {
			return nil, io.EOF
		}
		to := min(from+n, t.Rows)
		piece := t.Slice(from, to)
		from, done = to, to == t.Rows
		return piece, nil
	}
}

// firstColumns cuts off what is not shown; a sparse block may stand for millions of columns.
func firstColumns(t *table.Table, columns int) *table.Table {
	if t.Width() <= columns {
		return t
	}
	parts := make([]table.Part, 0, columns)
	for _, p := range t.Parts {
		if p.Column != nil && len(parts) < columns {
			parts = append(parts, p)
			continue
		}
		for i := 0; p.Sparse != nil && i < p.Sparse.Width && len(parts) < columns; i++ {
			parts = append(parts, table.Part{Column: denseColumn(p.Sparse, i, t.Rows)})
		}
	}
	return table.New(t.Rows, parts...)
}

// denseColumn is column i of a block.
func denseColumn(s *table.Sparse, i, rows int) *table.Column {
	b := table.NewColumnBuilder(s.Field(i), rows)
	for r := range rows {
		value := []byte("0")
		index, values := s.Row(r)
		if k, found := slices.BinarySearch(index, uint32(i)); found {
			value = s.AppendValue(nil, values[k])
		}
		_ = b.Append(value) // a number is of a number's type
	}
	return b.Column()
}

// outputData gives what a node gave on a port: JSON shows the first rows, the
// other forms are the whole table as a file. The query's format decides, else the
// Accept header, else it is CSV.
func (s *server) outputData(w http.ResponseWriter, r *http.Request, ws string, _ access.Principal) error {
	format, err := formatOf(r)
	if err != nil {
		return err
	}
	p, err := previewOf(r)
	if err != nil {
		return err
	}
	free, err := s.beginReading(r)
	if err != nil {
		return err
	}
	defer free()
	id, node, port := r.PathValue("experiment"), r.PathValue("node"), r.PathValue("port")
	extension, contentType := fileForm(outputFormats[format])
	name := strings.ReplaceAll(port, " ", "-") + "-" + node + extension
	if format == "csv" || format == "tsv" {
		return s.sendPieces(w, r, ws, func() { attach(w, name, contentType) }, outputFormats[format])
	}
	t, err := s.Experiments.Output(r.Context(), ws, id, node, port)
	if err != nil {
		return err
	}
	if format == "json" {
		scatter, err := p.scatter(t)
		if err != nil {
			return err
		}
		return p.write(w, t.Rows, rowsOf(t), scatter)
	}
	if err := tooWide(t, port); err != nil {
		return err
	}
	attach(w, name, contentType)
	return table.Write(w, t, outputFormats[format])
}

// tooWide refuses a table that has too many columns to leave as a file.
func tooWide(t *table.Table, port string) error {
	if table.CheckDense(t) == nil {
		return nil
	}
	f := module.Fail("0129", port, table.MaxDenseColumns)
	return fault.Coded(fault.Invalid, f.Code, "%s Look at the first columns with format=json, or run the experiment with fewer.", f.Message)
}

// sendPieces sends an output as a delimited file without taking it into memory;
// begin says that it is a file, once nothing stands against that.
func (s *server) sendPieces(w http.ResponseWriter, r *http.Request, ws string, begin func(), f table.Format) (err error) {
	port := r.PathValue("port")
	next, done, err := s.Experiments.OutputPieces(r.Context(), ws, r.PathValue("experiment"), r.PathValue("node"), port)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	p, err := table.NewPrinter(f)
	if err != nil {
		return err
	}
	var buf []byte
	const enough = 64 << 10
	for first := true; ; first = false {
		t, err := next()
		if errors.Is(err, io.EOF) {
			_, err = w.Write(buf)
			return err
		}
		if err != nil {
			return err
		}
		if first {
			if err := tooWide(t, port); err != nil {
				return err
			}
			begin()
			buf = p.AppendHeader(buf, t, false)
		}
		for row := range t.Rows {
			if buf = p.AppendRow(buf, t, row); len(buf) >= enough {
				if _, err := w.Write(buf); err != nil {
					return err
				}
				buf = buf[:0]
			}
		}
	}
}

// beginReading waits until one table more may be in memory; free ends that.
func (s *server) beginReading(r *http.Request) (free func(), err error) {
	select {
	case s.reading <- struct{}{}:
		return func() { <-s.reading }, nil
	case <-r.Context().Done():
		return nil, fault.Wrap(r.Context().Err(), fault.Cancelled, "The request ended before the results could be read.")
	}
}

// outputFormats are the files that a table is downloaded as, by the query's format.
var outputFormats = map[string]table.Format{"csv": table.CSV, "tsv": table.TSV, "arff": table.ARFF, "svmlight": table.SVMLight, "parquet": table.Parquet}

// formatOf is the form in which a client wants a table: "json" or one of outputFormats.
func formatOf(r *http.Request) (string, error) {
	format := strings.ToLower(r.URL.Query().Get("format"))
	if _, known := outputFormats[format]; known || format == "json" {
		return format, nil
	}
	if format != "" {
		return "", fault.Coded(fault.Invalid, "InvalidQueryParameter", "Invalid query parameter 'format'. It must be csv, tsv, arff, svmlight, parquet or json and is %q.", format)
	}
	for accepted := range strings.SplitSeq(r.Header.Get("Accept"), ",") {
		switch mediaType, _, _ := mime.ParseMediaType(accepted); mediaType {
		case "application/json", "text/json":
			return "json", nil
		case "text/csv":
			return "csv", nil
		case "text/tab-separated-values":
			return "tsv", nil
		case "application/vnd.apache.parquet":
			return "parquet", nil
		}
	}
	return "csv", nil
}

// nodeLog sends one of a node's two logs as text.
func (s *server) nodeLog(w http.ResponseWriter, r *http.Request, ws string, _ access.Principal) error {
	name := experiment.LogName(strings.ToLower(r.PathValue("log")))
	if name != experiment.StandardOut && name != experiment.StandardError {
		return fault.New(fault.NotFound, "A node has the logs %s and %s; there is no %q.", experiment.StandardOut, experiment.StandardError, r.PathValue("log"))
	}
	log, err := s.Experiments.Logs(r.Context(), ws, r.PathValue("experiment"), r.PathValue("node"), name)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if _, err = io.Copy(w, log); err != nil {
		return err
	}
	return log.Close()
}
