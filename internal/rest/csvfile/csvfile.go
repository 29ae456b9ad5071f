// Package csvfile answers with lists as CSV files (RFC 4180) that spreadsheets
// open safely: no cell begins a formula.
package csvfile

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"time"
)

// Write answers with rows as a file called name: a column for each field that
// has a JSON name, in their order. Times are RFC 3339.
func Write[T any](w http.ResponseWriter, name string, rows []T) error {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	out := csv.NewWriter(w)
	out.UseCRLF = true
	of := reflect.TypeFor[T]()
	var header []string
	var fields []int
	for i := range of.NumField() {
		column, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
		if column != "" && column != "-" {
			header, fields = append(header, column), append(fields, i)
		}
	}
	if err := out.Write(header); err != nil {
		return err
	}
	cells := make([]string, len(fields))
	for i := range rows {
		row := reflect.ValueOf(&rows[i]).Elem()
		for j, f := range fields {
			cells[j] = cell(row.Field(f))
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func cell(v reflect.Value) string {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	switch value := v.Interface().(type) {
	case time.Time:
		return value.Format(time.RFC3339)
	case string:
		return Safe(value)
	}
	if v.Kind() == reflect.String {
		return Safe(v.String())
	}
	return fmt.Sprint(v.Interface())
}

// Safe puts an apostrophe before a text that a spreadsheet would take for a formula.
func Safe(text string) string {
	if strings.HasPrefix(text, "\t") || strings.HasPrefix(text, "\r") || strings.HasPrefix(text, "\n") || strings.IndexAny(text, "=+-@") == 0 {
		return "'" + text
	}
	return text
}
