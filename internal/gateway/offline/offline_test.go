package offline

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil || got != string(want) {
		t.Errorf("%s differs (run with -update to accept):\n%s", file, got)
	}
}

func TestCheckFiles(t *testing.T) {
	var out strings.Builder
	ok, err := Check(&out, []string{"testdata/failing.xml", "testdata/wrong.xml", "testdata/fragment.xml"})
	if err != nil || ok {
		t.Errorf("ok %v, %v", ok, err)
	}
	golden(t, "testdata/check.golden", out.String())
	if ok, err := Check(&out, []string{"testdata/failing.xml", "testdata/fragment.xml"}); err != nil || !ok {
		t.Errorf("good documents: ok %v, %v", ok, err)
	}
	if _, err := Check(&out, []string{"testdata/none.xml"}); err == nil {
		t.Error("a file that is not there must be an error")
	}
}

func TestTestFiles(t *testing.T) {
	var out strings.Builder
	ok, err := Test(&out, []string{"testdata/orders.test"}, false)
	if err != nil || !ok {
		t.Errorf("ok %v, %v\n%s", ok, err, out.String())
	}
	if ok, err = Test(&out, []string{"testdata/failing.test"}, false); err != nil || ok {
		t.Errorf("a failing file: ok %v, %v", ok, err)
	}
	golden(t, "testdata/test.golden", out.String())
}

func TestTraceIsWritten(t *testing.T) {
	var out strings.Builder
	if _, err := Test(&out, []string{"testdata/orders.test"}, true); err != nil {
		t.Fatal(err)
	}
	for _, source := range []string{`"source": "set-body"`, `"source": "send-request"`, `"source": "forward-request"`, `"source": "return-response"`} {
		if !strings.Contains(out.String(), source) {
			t.Errorf("the trace has no entry with %s:\n%s", source, out.String())
		}
	}
}

func TestBrokenTestFiles(t *testing.T) {
	for source, want := range map[string]string{
		"== nothing":                      ":1: == nothing: there is no such part",
		"== policy moon\n<policies />":    `:1: == policy: "moon" is not a scope`,
		"\n== expect\n200":                ":2: == expect: nothing can be expected before a request",
		"== operation GET":                "an operation is a method and a URL template",
		"== backend nowhere\n200":         `"nowhere" is not the address of a backend`,
		"== request\nGET /\nno header":    `"no header" is not a header`,
		"== policy\n@missing.xml":         "missing.xml",
		"== request\nGET /\n== expect me": `"me" is nothing to expect`,
	} {
		file := t.TempDir() + "/a.test"
		if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Test(&strings.Builder{}, []string{file}, false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", source, err)
		}
	}
}
