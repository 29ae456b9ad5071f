package studio

import (
	"io"
	"mime"
	"net/http"
	"slices"
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

// preview is the part of a table that is shown, in JSON: the value of a
// response (azureml.md 1.4), and how much there is in all.
type preview struct{ rows, columns int }

func previewOf(r *http.Request) (p preview, err error) {
	query := r.URL.Query()
	if p.rows, err = number(query, "rows", 0, maxPreviewRows, defaultPreviewRows); err != nil {
		return p, err
	}
	p.columns, err = number(query, "columns", 1, maxPreviewColumns, defaultPreviewColumns)
	return p, err
}

type previewView struct {
	ColumnNames []string    `json:"ColumnNames"`
	ColumnTypes []string    `json:"ColumnTypes"`
	Values      [][]*string `json:"Values"` // null for a missing cell
	RowCount    int         `json:"RowCount"`
	ColumnCount int         `json:"ColumnCount"`
}

// write sends the first rows and columns of t, of a table that has rows rows.
func (p preview) write(w http.ResponseWriter, t *table.Table, rows int) error {
	view := previewView{ColumnNames: []string{}, ColumnTypes: []string{}, Values: [][]*string{}, RowCount: rows, ColumnCount: t.Width()}
	t = firstColumns(t.Head(p.rows), p.columns)
	for _, f := range t.Schema() {
		view.ColumnNames = append(view.ColumnNames, f.Name)
		view.ColumnTypes = append(view.ColumnTypes, f.Type.String())
	}
	for r := range t.Rows {
		cells := make([]*string, t.Width())
		t.EachCell(r, func(column int, text []byte, missing bool) {
			if !missing {
				cell := string(text)
				cells[column] = &cell
			}
		})
		view.Values = append(view.Values, cells)
	}
	return rest.WriteJSON(w, http.StatusOK, view)
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

// outputData gives what a node gave on a port: JSON shows the first rows, CSV
// and TSV are the whole table as a file. The query's format decides, else the
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
	select {
	case s.reading <- struct{}{}:
		defer func() { <-s.reading }()
	case <-r.Context().Done():
		return fault.Wrap(r.Context().Err(), fault.Cancelled, "The request ended before the results could be read.")
	}
	id, node, port := r.PathValue("experiment"), r.PathValue("node"), r.PathValue("port")
	t, err := s.Experiments.Output(r.Context(), ws, id, node, port)
	if err != nil {
		return err
	}
	if format == "json" {
		return p.write(w, t, t.Rows)
	}
	if table.CheckDense(t) != nil {
		tooWide := module.Fail("0129", port, table.MaxDenseColumns)
		return fault.Coded(fault.Invalid, tooWide.Code, "%s Look at the first columns with format=json, or run the experiment with fewer.", tooWide.Message)
	}
	name := strings.ReplaceAll(port, " ", "-") + "-" + node + "." + format
	if format == "tsv" {
		attach(w, name, "text/tab-separated-values; charset=utf-8")
		return table.Write(w, t, table.TSV)
	}
	attach(w, name, "text/csv; charset=utf-8")
	return table.Write(w, t, table.CSV)
}

// formatOf is the form in which a client wants a table: "json", "csv" or "tsv".
func formatOf(r *http.Request) (string, error) {
	switch format := strings.ToLower(r.URL.Query().Get("format")); format {
	case "json", "csv", "tsv":
		return format, nil
	case "":
	default:
		return "", fault.Coded(fault.Invalid, "InvalidQueryParameter", "Invalid query parameter 'format'. It must be csv, tsv or json and is %q.", format)
	}
	for accepted := range strings.SplitSeq(r.Header.Get("Accept"), ",") {
		switch mediaType, _, _ := mime.ParseMediaType(accepted); mediaType {
		case "application/json", "text/json":
			return "json", nil
		case "text/csv":
			return "csv", nil
		case "text/tab-separated-values":
			return "tsv", nil
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
