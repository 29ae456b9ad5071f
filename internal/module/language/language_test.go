package language_test

import (
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"

	"portico/internal/fault"
	"portico/internal/module"
	"portico/internal/module/language"
	"portico/internal/script"
	"portico/internal/table"
)

// interpreters are those of this machine; the test is skipped where one is missing.
func interpreters(t *testing.T) *script.Pool {
	t.Helper()
	p := script.New(script.Options{}, slog.New(slog.DiscardHandler))
	t.Cleanup(p.Close)
	for _, l := range []script.Language{script.Python, script.R} {
		if err := p.Check(t.Context(), l); err != nil {
			if os.Getenv("PORTICO_TEST_ALL") != "" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	return p
}

// run runs a module with parameters, and gives what a node's log has of it.
func run(t *testing.T, m *module.Module, values map[string]string, in ...*table.Table) ([]*table.Table, string, error) {
	t.Helper()
	v, err := m.Bind(values)
	if err != nil {
		t.Fatal(err)
	}
	runner, err := m.Prepare(v)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	for len(in) < len(m.Inputs) {
		in = append(in, nil)
	}
	out, err := runner(module.WithOutput(t.Context(), &log), in)
	return out, log.String(), err
}

func numbers() *table.Table {
	return table.FromColumns(3, table.FromDoubles("x", []float64{1, 2, 3}), table.FromStrings("text", []string{"a", "b", "c"}))
}

func TestScripts(t *testing.T) {
	p := interpreters(t)
	for _, c := range []struct {
		module *module.Module
		values map[string]string
		log    string
	}{
		{language.ExecutePython(p), map[string]string{"Python Script": "def azureml_main(dataframe1, dataframe2):\r\n    print('rows', len(dataframe2))\r\n    dataframe1['y'] = dataframe1.x * 2\r\n    return dataframe1,"}, "rows 3\n"},
		{language.ExecuteR(p), map[string]string{"R Script": "d <- maml.mapInputPort(1)\ncat('rows', nrow(maml.mapInputPort(2)), '\\n')\nd$y <- d$x * 2\nmaml.mapOutputPort('d')", "Random Seed": "7"}, "rows 3 \n"},
	} {
		out, log, err := run(t, c.module, c.values, numbers(), numbers())
		if err != nil {
			t.Fatal(err)
		}
		if y := out[0].ColumnCalled("y"); y == nil || y.Doubles[2] != 6 || out[0].Rows != 3 {
			t.Errorf("%s gave %v", c.module.Name, out[0].Schema())
		}
		if device := out[1]; device.Rows != 1 || device.ColumnCalled("Standard Output").Strings[0] != c.log || log != c.log {
			t.Errorf("%s printed %q, logged %q", c.module.Name, device.ColumnCalled("Standard Output").Strings[0], log)
		}
	}
}

// The scripts that a module has by default pass the first input on.
func TestDefaultScripts(t *testing.T) {
	p := interpreters(t)
	for _, m := range []*module.Module{language.ExecutePython(p), language.ExecuteR(p)} {
		out, _, err := run(t, m, nil, numbers())
		if err != nil || out[0].Rows != 3 || out[0].Width() != 2 {
			t.Errorf("%s: %v", m.Name, err)
		}
	}
}

func TestFailuresAreDocumented(t *testing.T) {
	p := interpreters(t)
	for _, c := range []struct {
		module    *module.Module
		values    map[string]string
		code, say string
	}{
		{language.ExecutePython(p), map[string]string{"Python script": "def azureml_main():\n    print('so far')\n    return 1/0"}, "0085", "ZeroDivisionError"},
		{language.ExecuteR(p), map[string]string{"R Script": "cat('so far\\n')\nstop('{1} is no placeholder')"}, "0063", "{1} is no placeholder"},
	} {
		_, log, err := run(t, c.module, c.values)
		var documented *module.Error
		if !errors.As(err, &documented) || documented.Code != c.code || !strings.Contains(documented.Message, c.say) {
			t.Errorf("%s: %v", c.module.Name, err)
		}
		if !strings.HasPrefix(log, "so far\n") {
			t.Errorf("%s logged %q", c.module.Name, log)
		}
	}
	_, _, err := run(t, language.ExecutePython(nil), nil)
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("without interpreters: %v", err)
	}
}

// Odd tables come through, and names that are equal are told apart.
func TestOddTables(t *testing.T) {
	p := interpreters(t)
	sparse := table.NumberedBlock(table.Double, "f", "", table.Span{From: 0, To: 3})
	sparse.Start, sparse.Index, sparse.Values = []int{0, 1, 1}, []uint32{2}, []float64{5}
	for name, in := range map[string]*table.Table{
		"no rows": table.FromColumns(0, table.FromDoubles("x", []float64{})), "no columns": table.New(0), "sparse": table.New(2, table.Part{Sparse: sparse}),
	} {
		for _, m := range []*module.Module{language.ExecutePython(p), language.ExecuteR(p)} {
			out, _, err := run(t, m, nil, in)
			if err != nil || out[0].Width() != in.Width() || in.Width() > 0 && out[0].Rows != in.Rows {
				t.Errorf("%s, %s: %v", m.Name, name, err)
			}
		}
	}
	twice := map[string]string{"Python script": "import pandas as pd\ndef azureml_main():\n    return pd.DataFrame([[1, 2]], columns=['a', 'a']),"}
	out, _, err := run(t, language.ExecutePython(p), twice)
	if err != nil || out[0].Schema()[1].Name != "a (2)" {
		t.Errorf("equal names: %v", err)
	}
}

func TestGraphics(t *testing.T) {
	out, _, err := run(t, language.ExecuteR(interpreters(t)), map[string]string{"R Script": "plot(1)\nhist(c(1, 2))"})
	if err != nil {
		t.Fatal(err)
	}
	drawn := out[1].ColumnCalled("Graphics")
	image, err := base64.StdEncoding.DecodeString(drawn.Strings[1])
	if err != nil || out[1].Rows != 2 || !strings.HasPrefix(string(image), "\x89PNG") || !out[1].ColumnCalled("Standard Output").Missing[1] {
		t.Errorf("the device gave %d rows, %v", out[1].Rows, err)
	}
	if out[0].Width() != 0 {
		t.Errorf("a script without a result gave %v", out[0].Schema())
	}
}

func TestCancelledScript(t *testing.T) {
	m := language.ExecutePython(interpreters(t))
	v, err := m.Bind(map[string]string{"Python script": "def azureml_main():\n    while True: pass"})
	if err != nil {
		t.Fatal(err)
	}
	runner, err := m.Prepare(v)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := runner(ctx, make([]*table.Table, 3)); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}
