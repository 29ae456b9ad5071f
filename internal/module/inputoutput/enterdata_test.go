package inputoutput_test

import (
	"errors"
	"testing"

	"portico/internal/module"
	"portico/internal/module/inputoutput"
	"portico/internal/table"
)

func enter(t *testing.T, given map[string]string) (*table.Table, error) {
	t.Helper()
	m := inputoutput.EnterData()
	v, err := m.Bind(given)
	if err != nil {
		return nil, err
	}
	run, err := m.Prepare(v)
	if err != nil {
		return nil, err
	}
	out, err := run(t.Context(), nil)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

func TestEnterData(t *testing.T) {
	for _, c := range []struct {
		given map[string]string
		want  string
	}{
		{map[string]string{"Data": "a,b\n1,x\n"}, "a b|1 x"},
		{map[string]string{"Data": "1,x", "HasHeader": "False"}, "Col1 Col2|1 x"},
		{map[string]string{"Data": "a\tb\n1,5\tx", "DataFormat": "tsv"}, "a b|1,5 x"},
	} {
		tab, err := enter(t, c.given)
		if err != nil {
			t.Errorf("%v: %v", c.given, err)
			continue
		}
		f := table.RowFormat{Separator: " "}.Prepare()
		got := tab.Schema()[0].Name + " " + tab.Schema()[1].Name + "|" + string(f.AppendRow(nil, tab, 0))
		if tab.Rows != 1 || got != c.want {
			t.Errorf("%v: %s, want %s", c.given, got, c.want)
		}
	}
}

func TestEnterDataErrors(t *testing.T) {
	for _, c := range []struct {
		given map[string]string
		want  string
	}{
		{nil, `Error 0002: Failed to parse "Data" parameter`},
		{map[string]string{"Data": "a,b\n1\n"}, "Error 0049: Error while parsing the file: row 1 (line 2): it has 1 cell where the first line has 2."},
		{map[string]string{"Data": "\n"}, "Error 0049: Error while parsing the file: the file is empty."},
		{map[string]string{"Data": "a\n1", "DataFormat": "Excel"}, `Error 0002: Failed to parse (convert) "DataFormat" parameter to "CSV, TSV"`},
	} {
		_, err := enter(t, c.given)
		var e *module.Error
		if !errors.As(err, &e) || e.Error() != c.want {
			t.Errorf("%v: %v, want %s", c.given, err, c.want)
		}
	}
}
