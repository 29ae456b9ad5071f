package script

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"portico/internal/fault"
	"portico/internal/table"
)

// pool is a pool with interpreters; the test is skipped where the machine lacks one.
func pool(t *testing.T, o Options, languages ...Language) *Pool {
	t.Helper()
	p := New(o, slog.New(slog.DiscardHandler))
	t.Cleanup(p.Close)
	for _, l := range languages {
		if err := p.Check(t.Context(), l); err != nil {
			if os.Getenv("PORTICO_TEST_ALL") != "" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	return p
}

// run runs a script that must not fail.
func run(t *testing.T, p *Pool, j *Job) *Result {
	t.Helper()
	r, err := p.Run(t.Context(), j)
	var failed *Error
	if errors.As(err, &failed) {
		t.Fatalf("%v\nprinted: %s", err, failed.Printed)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// python is a job whose azureml_main has those lines.
func python(lines ...string) *Job {
	return &Job{Language: Python, Source: "import os, sys\nimport pandas as pd\ndef azureml_main(dataframe1=None, dataframe2=None):\n    " + strings.Join(lines, "\n    ") + "\n"}
}

func r(lines ...string) *Job { return &Job{Language: R, Source: strings.Join(lines, "\n")} }

// everything has a column of each type, with and without missing cells.
func everything() *table.Table {
	gone := []bool{false, true, false}
	field := func(name string, t table.Type) table.Field { return table.Field{Name: name, Type: t} }
	return table.FromColumns(3,
		table.FromStrings("text", []string{"a", "", "äö ☃"}),
		&table.Column{Field: field("text?", table.String), Strings: []string{"a", "", "c"}, Missing: gone},
		&table.Column{Field: table.Field{Name: "kind", Categorical: true}, Strings: []string{"x", "y", "x"}},
		table.FromDoubles("real", []float64{1, -2.5, 1e300}),
		&table.Column{Field: field("real?", table.Double), Doubles: []float64{1, 0, 3}, Missing: gone},
		&table.Column{Field: field("int", table.Int32), Ints: []int64{1, -2147483647, 3}},
		&table.Column{Field: field("flag", table.Boolean), Ints: []int64{1, 0, 1}},
		&table.Column{Field: field("flag?", table.Boolean), Ints: []int64{1, 0, 0}, Missing: gone},
		&table.Column{Field: field("when", table.DateTime), Ints: []int64{0, 1e18, -86400e9}},
		&table.Column{Field: field("when?", table.DateTime), Ints: []int64{0, 0, 86400e9}, Missing: gone},
		&table.Column{Field: field("long", table.TimeSpan), Ints: []int64{1e9, -90061e9, 0}},
	)
}

func columns(t *table.Table) []table.Column {
	var out []table.Column
	for _, p := range t.Parts {
		out = append(out, *p.Column)
	}
	return out
}

// A table goes through a script and comes back the same.
func TestTablesComeBackTheSame(t *testing.T) {
	p := pool(t, Options{}, Python, R)
	empty := table.FromColumns(0, table.FromStrings("text", []string{}), table.FromDoubles("real", []float64{}))
	for name, in := range map[string]*table.Table{"everything": everything(), "no rows": empty} {
		for _, j := range []*Job{python("return dataframe1,"), r("d <- maml.mapInputPort(1)", `maml.mapOutputPort("d")`)} {
			j.Inputs[0] = in
			got := run(t, p, j).Table
			if got == nil || got.Rows != in.Rows {
				t.Fatalf("%s, %s: got %v", name, j.Language, got)
			}
			for i, want := range columns(in) {
				c := columns(got)[i]
				if c.Strings == nil {
					c.Strings = want.Strings[:0:0]
				}
				if c.Field != want.Field || !reflect.DeepEqual(c.Missing, want.Missing) || !reflect.DeepEqual(c.Doubles, want.Doubles) ||
					!reflect.DeepEqual(c.Ints, want.Ints) || strings.Join(c.Strings, "|") != strings.Join(want.Strings, "|") {
					t.Errorf("%s, %s: column %q came back as\n%+v, want\n%+v", name, j.Language, want.Name, c, want)
				}
			}
		}
	}
}

// What a data frame may hold beyond the types that go in. The expressions go in
// as data, so that one interpreter evaluates them all.
func TestTypesOfDataFrames(t *testing.T) {
	p := pool(t, Options{}, Python, R)
	scripts := map[Language]*Job{
		Python: python("return eval(dataframe1.iloc[0, 0]),"),
		R:      r("d <- eval(parse(text = maml.mapInputPort(1)[1, 1]))", `maml.mapOutputPort("d")`),
	}
	for _, c := range []struct {
		language   Language
		expression string
		of         table.Type
		cells      string
	}{
		{Python, "pd.DataFrame({'c': [2**40, 1]})", table.Int64, "1099511627776|1"},
		{Python, "pd.DataFrame({'c': pd.array([1, None], dtype='Int64')})", table.Int64, "1|?"},
		{Python, "pd.DataFrame({'c': pd.array([1, 2], dtype='uint8')})", table.Int32, "1|2"},
		{Python, "pd.DataFrame({'c': pd.array([2**63, 2], dtype='uint64')})", table.Double, "9.223372036854776E+18|2"},
		{Python, "pd.DataFrame({'c': [1.5, float('nan')]})", table.Double, "1.5|?"},
		{Python, "pd.DataFrame({'c': [float('inf'), 0]})", table.Double, "Infinity|0"},
		{Python, "pd.DataFrame({'c': [1, None]}, dtype=object)", table.Double, "1|?"},
		{Python, "pd.DataFrame({'c': [True, None]}, dtype=object)", table.Boolean, "True|?"},
		{Python, "pd.DataFrame({'c': ['a', 1]})", table.String, "a|1"},
		{Python, "pd.DataFrame({'c': [None, None]})", table.String, "?|?"},
		{Python, "pd.DataFrame({'c': pd.to_datetime(['2020-01-02T03:00:00+02:00'])})", table.DateTime, "1/2/2020 1:00:00 AM"},
		{Python, "pd.Series([1.5], name='c')", table.Double, "1.5"},
		{Python, "pd.DataFrame({'c': [1.5]})", table.Double, "1.5"},
		{Python, "pd.DataFrame({'c': ['\\ud800']})", table.String, "?"},
		{R, "data.frame(c = c(1L, NA))", table.Int32, "1|?"},
		{R, "data.frame(c = as.Date('2020-01-02'))", table.DateTime, "1/2/2020 12:00:00 AM"},
		{R, "matrix(c(1.5, 2), ncol = 1, dimnames = list(NULL, 'c'))", table.Double, "1.5|2"},
		{R, "data.frame(c = c('a', NA), stringsAsFactors = TRUE)", table.String, "a|?"},
	} {
		j := *scripts[c.language]
		j.Inputs[0] = table.FromColumns(1, table.FromStrings("expression", []string{c.expression}))
		got := run(t, p, &j).Table
		column := got.ColumnCalled("c")
		if column == nil {
			t.Errorf("%s: the columns are %v", c.expression, got.Schema())
			continue
		}
		var cells []string
		for row := range got.Rows {
			cell, ok := column.AppendCell(nil, row)
			if !ok {
				cell = []byte("?")
			}
			cells = append(cells, string(cell))
		}
		if column.Type != c.of || strings.Join(cells, "|") != c.cells {
			t.Errorf("%s\ngave %s of type %s, want %s of type %s", c.expression, strings.Join(cells, "|"), column.Type, c.cells, c.of)
		}
	}
}

func TestFailuresOfScripts(t *testing.T) {
	p := pool(t, Options{}, Python, R)
	for _, c := range []struct {
		job  *Job
		want string // in the message
	}{
		{&Job{Language: Python, Source: "def azureml_main(:"}, "SyntaxError"},
		{&Job{Language: Python, Source: "x = 1"}, "does not define azureml_main"},
		{python("print('before')", "return dataframe1.nothing,"), "line 5, in azureml_main"},
		{python("return 5"), "returned a int: return a pandas.DataFrame"},
		{python("return pd.DataFrame(), pd.DataFrame()"), "returned 2 objects"},
		{python("sys.exit(3)"), "The script called exit(3)."},
		{python("os._exit(0)"), "The Python interpreter ended before the script did"},
		{python("os.write(int(open('/proc/self/cmdline').read().split(chr(0))[-2]), b'd' + b'\\x01' + b'\\xff' * 100)"), "cannot be read"},
		{&Job{Language: Python, Source: "def azureml_main(): pass", Bundle: []byte("not a zip")}, "BadZipFile"},
		{r("x <- maml.mapInputPort(1)"), "Nothing is connected to Dataset1."},
		{r("f <- function() stop('this is it')", "f()"), "Error in f(): this is it"},
		{r("1 +"), "unexpected end of input"},
		{r("quit('no', 0)"), "The R interpreter ended before the script did"},
		{r(`maml.mapOutputPort("nothing")`), "object 'nothing' not found"},
	} {
		_, err := p.Run(t.Context(), c.job)
		var failed *Error
		if !errors.As(err, &failed) || !strings.Contains(failed.Message, c.want) {
			t.Errorf("%s\ngave %v, want %q", c.job.Source, err, c.want)
		} else if strings.Contains(failed.Message, "/run/worker") {
			t.Errorf("%s\nshows the worker's own lines: %s", c.job.Source, failed.Message)
		}
	}
}

// What a script must not be able to do.
func TestSandbox(t *testing.T) {
	p := pool(t, Options{Scratch: 4 << 20}, Python, R)
	secret := t.TempDir() + "/secret"
	if err := os.WriteFile(secret, []byte("s"), 0o644); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	for name, c := range map[string]struct {
		job  *Job
		want string
	}{
		"this machine": {python("import socket", "socket.create_connection(('127.0.0.1', "+port+"), 1)"), "ConnectionRefusedError"},
		"network":      {python("import socket", "socket.create_connection(('192.0.2.1', 80), 1)"), "unreachable"},
		"fork":         {python("os.fork()"), "PermissionError"},
		"program":      {python("import subprocess", "subprocess.run(['/bin/true'])"), "PermissionError"},
		"files":        {python("open('" + secret + "')"), "FileNotFoundError"},
		"accounts":     {python("open('/etc/shadow')"), "FileNotFoundError"},
		"system":       {python("open('/usr/x', 'w')"), "Read-only file system"},
		"root":         {python("open('/x', 'w')"), "Read-only file system"},
		"shared":       {python("open('/dev/shm/x', 'w')"), "Read-only file system"},
		"memory file":  {python("os.memfd_create('x')"), "PermissionError"},
		"disk":         {python("for i in range(9): open(str(i), 'wb').write(bytes(1 << 20))"), "No space left on device"},
		"large file":   {python("f = open('x', 'wb')", "f.seek(5 << 20)", "f.write(b'x')", "f.flush()"), "File too large"},
		"namespace":    {python("import ctypes", "c = ctypes.CDLL(None, use_errno=True)", "assert c.unshare(0x10000000) == -1, 'unshared'", "raise OSError(ctypes.get_errno(), 'refused')"), "PermissionError"},
		"environment":  {python("raise KeyError(sorted(k for k in os.environ if k not in os.environ.get('X', '') and 'PORTICO' in k) or 'none')"), "none"},
		"R's socket":   {r("socketConnection('127.0.0.1', 1, timeout = 1)"), "cannot open the connection"},
		"R's program":  {r("stopifnot(system('true') == 0)"), "system(\"true\")"},
		"R's files":    {r("readLines('" + secret + "')"), "cannot open the connection"},
		"other pids":   {python("raise OSError(sorted(int(n) for n in os.listdir('/proc') if n.isdigit()))"), "[1]"},
		"bundle paths": {bundled(t, "../../usr/x.py", "1"), "azureml_main"},
	} {
		_, err := p.Run(t.Context(), c.job)
		var failed *Error
		if !errors.As(err, &failed) || !strings.Contains(failed.Message, c.want) {
			t.Errorf("%s: gave %v, want %q", name, err, c.want)
		}
	}
}

func TestLimits(t *testing.T) {
	p := pool(t, Options{Time: 8 * time.Second, CPU: time.Second, Memory: 1 << 30, MaxPrinted: 100, MaxResult: 1 << 20}, Python, R)
	for name, c := range map[string]struct {
		job  *Job
		want string
	}{
		"processor":   {python("print('begun', flush=True)", "while True: pass"), "used more than 1s of processor time"},
		"memory":      {python("x = bytes(2 << 30)"), "MemoryError"},
		"result":      {python("return pd.DataFrame({'c': range(1 << 18)}),"), "more bytes than a result may have"},
		"R's loop":    {r("repeat {}"), "processor time"},
		"R's memory":  {r("x <- numeric(2^28)"), "cannot allocate vector"},
		"big bundle":  {bundled(t, "x.py", strings.Repeat("#", 65<<20)), "unpacks to more than"},
		"deep":        {python("def f(): f()", "f()"), "RecursionError"},
		"closed pipe": {python("os.closerange(3, 20)", "return dataframe1,"), "ended before the script did"},
	} {
		_, err := p.Run(t.Context(), c.job)
		var failed *Error
		if !errors.As(err, &failed) || !strings.Contains(failed.Message, c.want) {
			t.Errorf("%s: gave %v, want %q", name, err, c.want)
		} else if name == "processor" && failed.Printed != "begun\n" {
			t.Errorf("%s: printed %q", name, failed.Printed)
		}
	}
	got := run(t, p, python("print('x' * 1000)", "print('y' * 200, file=sys.stderr)"))
	if want := strings.Repeat("x", 100) + "\n… and 901 more bytes."; got.Printed != want || !strings.HasPrefix(got.Warned, "yyy") || got.Table != nil {
		t.Errorf("printed %q and %q, with the table %v", got.Printed, got.Warned, got.Table)
	}
}

func TestTimeLimit(t *testing.T) {
	p := pool(t, Options{Time: time.Second}, Python, R)
	for _, j := range []*Job{python("import time", "time.sleep(600)"), r("Sys.sleep(600)")} {
		_, err := p.Run(t.Context(), j)
		var stopped *Error
		if !errors.As(err, &stopped) || stopped.Message != "The script was stopped: it ran for more than 1s." {
			t.Errorf("%s: %v", j.Language, err)
		}
	}
}

// A run that is cancelled leaves no process behind.
func TestCancel(t *testing.T) {
	p := pool(t, Options{}, Python)
	ctx, cancel := context.WithCancel(t.Context())
	in, err := p.interpreter(ctx, Python)
	if err != nil {
		t.Fatal(err)
	}
	w, err := p.options.start(in)
	if err != nil {
		t.Fatal(err)
	}
	began := make(chan struct{})
	go func() {
		for w.cpu() == 0 { // until it runs
		}
		close(began)
	}()
	go func() { <-began; cancel() }()
	_, _, err = w.do(ctx, &p.options, python("while True: pass"))
	w.end()
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	for w.alive() { // the kernel ends what is inside when the outside has gone: the test's own limit ends this loop where it does not
	}
}

// Interpreters are kept for the script that they ran, and shared by no other.
func TestInterpretersAreKeptApart(t *testing.T) {
	p := pool(t, Options{}, Python, R)
	leave := python("sys.mark = getattr(sys, 'mark', 0) + 1", "open('left', 'w')", "return pd.DataFrame({'c': [sys.mark], 'files': [len(os.listdir('.'))]})") // not in a sequence, which is taken too
	find := python("return pd.DataFrame({'c': [getattr(sys, 'mark', 0)], 'files': [len(os.listdir('.'))]}),")
	for i, c := range []struct {
		job  *Job
		mark int64
	}{{leave, 1}, {leave, 2}, {find, 0}, {leave, 3}} {
		got := run(t, p, c.job).Table
		if n := got.ColumnCalled("c").Ints[0]; n != c.mark {
			t.Errorf("run %d found the mark %d, want %d", i, n, c.mark)
		}
		if n := got.ColumnCalled("files").Ints[0]; n > 1 {
			t.Errorf("run %d found %d files", i, n)
		}
	}
	seed := int32(7)
	draw := r("d <- data.frame(c = runif(1))", `maml.mapOutputPort("d")`)
	draw.Seed = &seed
	first, second := run(t, p, draw).Table, run(t, p, draw).Table
	if a, b := first.ColumnCalled("c").Doubles[0], second.ColumnCalled("c").Doubles[0]; a != b {
		t.Errorf("the same seed gave %v and %v", a, b)
	}
}

// An interpreter that died while it waited is replaced.
func TestDeadInterpreterIsReplaced(t *testing.T) {
	p := pool(t, Options{}, Python)
	j := python("return pd.DataFrame({'c': [1]}),")
	run(t, p, j)
	p.mu.Lock()
	for _, w := range p.warm {
		w.kill()
		for w.alive() {
		}
	}
	p.mu.Unlock()
	run(t, p, j)
}

func TestExpiryAndClose(t *testing.T) {
	p := pool(t, Options{Idle: time.Millisecond}, Python)
	run(t, p, python("return None"))
	p.Close()
	if len(p.warm) != 0 {
		t.Errorf("%d interpreters wait after Close", len(p.warm))
	}
}

// bundled is a script with a bundle of one file.
func bundled(t *testing.T, name, content string) *Job {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	f, err := z.Create(name)
	if err == nil {
		_, err = f.Write([]byte(content))
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return &Job{Language: Python, Source: "", Bundle: b.Bytes()}
}

func TestBundles(t *testing.T) {
	p := pool(t, Options{}, Python, R)
	j := bundled(t, "own.py", "answer = 42")
	j.Source = "import pandas as pd, own\ndef azureml_main(): return pd.DataFrame({'c': [own.answer], 'd': [open('./Script Bundle/own.py').read()]}),"
	got := run(t, p, j).Table
	if n := got.ColumnCalled("c").Ints[0]; n != 42 || got.ColumnCalled("d").Strings[0] != "answer = 42" {
		t.Errorf("got %v", columns(got))
	}
	j = bundled(t, "own.R", "answer <- 43")
	j.Language, j.Source = R, "source('src/own.R')\nd <- data.frame(c = answer)\nmaml.mapOutputPort('d')"
	if got := run(t, p, j).Table; got.ColumnCalled("c").Doubles[0] != 43 {
		t.Errorf("got %v", columns(got))
	}
}

func TestGraphics(t *testing.T) {
	p := pool(t, Options{}, Python, R)
	for _, c := range []struct {
		job    *Job
		images int
	}{
		{python("import matplotlib.pyplot as plt", "plt.plot([1, 2]); plt.figure(); plt.plot([2, 1])", "plt.savefig('kept.png')"), 3},
		{r("plot(1:3)", "hist(c(1, 2, 2))", "png('kept.png', type = 'cairo'); plot(2); dev.off()"), 3},
		{python("return dataframe1,"), 0},
	} {
		got := run(t, p, c.job)
		if len(got.Graphics) != c.images {
			t.Errorf("%s\ndrew %d images, want %d", c.job.Source, len(got.Graphics), c.images)
		}
		for _, image := range got.Graphics {
			if !bytes.HasPrefix(image, []byte("\x89PNG\r\n")) {
				t.Errorf("%s\ndrew %q", c.job.Source, image[:min(len(image), 20)])
			}
		}
	}
}

func TestPrintsOfR(t *testing.T) {
	p := pool(t, Options{}, R)
	got := run(t, p, r("1 + 1", "cat('written\\n')", "invisible(5)", "message('told')"))
	if got.Printed != "[1] 2\nwritten\n" || got.Warned != "told\n" {
		t.Errorf("printed %q and warned %q", got.Printed, got.Warned)
	}
}

func TestMissingInterpreters(t *testing.T) {
	for _, c := range []struct {
		o    Options
		l    Language
		want string
	}{
		{Options{Python: "/nowhere/python3"}, Python, "apt-get install python3-pandas"},
		{Options{R: "/nowhere/R"}, R, "apt-get install r-base-core"},
		{Options{Sandbox: "/nowhere/bwrap"}, Python, "bubblewrap"},
	} {
		if _, err := exists(pool(t, Options{}).options.Sandbox); err != nil && c.o.Sandbox == "" {
			continue // that is what is said first
		}
		_, err := pool(t, c.o).Run(t.Context(), &Job{Language: c.l})
		if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.o, err, c.want)
		}
	}
}

func exists(path string) (os.FileInfo, error) { return os.Stat(path) }

// A million rows go in and out; the figure is printed by -bench.
func BenchmarkRows(b *testing.B) {
	p := New(Options{}, slog.New(slog.DiscardHandler))
	defer p.Close()
	const rows = 200_000
	texts, reals := make([]string, rows), make([]float64, rows)
	for i := range rows {
		texts[i], reals[i] = "text "+strconv.Itoa(i), float64(i)/7
	}
	in := table.FromColumns(rows, table.FromStrings("text", texts), table.FromDoubles("real", reals))
	for _, j := range []*Job{python("return dataframe1,"), r("d <- maml.mapInputPort(1)", `maml.mapOutputPort("d")`)} {
		b.Run(string(j.Language), func(b *testing.B) {
			j.Inputs[0] = in
			for b.Loop() {
				if _, err := p.Run(b.Context(), j); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
}

// Whatever comes through the pipe is a table or an error.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte("fx"), true)
	f.Add([]byte("d\x01\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00cd\x00\x01\x01\x00\x00\x00\x00\x00\x00\xf0\x3f\x00\x00\x00\x00"), true)
	f.Add([]byte("d\x01\x01\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00cs\x01\x00\x01\x00\x00\x00\x02\x00\x00\x00abc\x00\x00\x00\x00"), false)
	f.Fuzz(func(t *testing.T, b []byte, isR bool) {
		l := Python
		if isR {
			l = R
		}
		a, err := newReader(bytes.NewReader(b), 1<<20, l).answer()
		if err == nil && a.table != nil {
			for _, c := range columns(a.table) {
				for row := range a.table.Rows {
					c.AppendCell(nil, row)
				}
			}
		}
	})
}
