package scoring

import (
	"context"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portico/internal/experiment"
	"portico/internal/scoring/apidoc"
	"portico/internal/table"
	"portico/internal/webservice/webservicetest"
)

// snippet gives a program as a reader copies it from the help page.
func snippet(t *testing.T, page, id string) string {
	t.Helper()
	_, code, ok := strings.Cut(page, `id="code-snippet-`+id+"\">\n")
	code, _, end := strings.Cut(code, "</code>")
	if !ok || !end {
		t.Fatalf("the page has no code-snippet-%s", id)
	}
	return html.UnescapeString(code)
}

// interpreters run a program in a file of the given name and give what it prints and whether it succeeded.
var interpreters = map[string]struct {
	file  string
	needs []string
	steps [][]string
}{
	"python": {"sample.py", []string{"/usr/bin/python3"}, [][]string{{"/usr/bin/python3", "sample.py"}}},
	"r":      {"sample.R", []string{"/usr/bin/Rscript"}, [][]string{{"/usr/bin/Rscript", "sample.R"}}},
	"csharp": {"Sample.cs", []string{"/usr/bin/mcs", "/usr/bin/mono"}, [][]string{{"/usr/bin/mcs", "-r:System.Net.Http.dll", "-r:System.Runtime.Serialization.dll", "Sample.cs"}, {"/usr/bin/mono", "Sample.exe"}}},
}

// runSample runs a program in a folder of its own. Where its language is not installed the test is
// skipped; `make test`, which installs it, makes that a failure.
func runSample(t *testing.T, language, code string) (output, dir string, ok bool) {
	t.Helper()
	in := interpreters[language]
	for _, program := range in.needs {
		if _, err := os.Stat(program); err == nil {
			continue
		}
		if os.Getenv("PORTICO_TEST_ALL") != "" {
			t.Fatalf("%s is not installed", program)
		}
		t.Skipf("%s is not installed; `make test` installs it", program)
	}
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, in.file), []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for i, step := range in.steps {
		cmd := exec.CommandContext(ctx, step[0], step[1:]...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
		out, err := cmd.CombinedOutput()
		if err != nil && i < len(in.steps)-1 {
			t.Fatalf("%v: %v\n%s\n%s", step, err, out, code)
		}
		output, ok = string(out), err == nil
	}
	return output, dir, ok
}

// TestSamples copies each program from the help page, fills in the key and a text, and runs it.
func TestSamples(t *testing.T) {
	f := newFixture(t, nil, pass(nothing))
	f.run.Datasets["odd"] = table.FromColumns(1,
		table.FromStrings(`say "a\b"`, []string{"x"}), table.FromDoubles("é 😀 {0} %s", []float64{1}), table.FromDoubles("n", []float64{1}))
	odd := passing()
	dataset := "odd"
	odd.Graph.ModuleNodes[0].InputPortsInternal[0].DataSourceID = &dataset
	linked := webservicetest.Guide()
	bits, most := "Number of bits", 3.0
	linked.ExperimentID, linked.Graph.ModuleNodes[1].ModuleParameters[1].LinkedGlobalParameter = "linked", &bits
	linked.WebService.Parameters = []experiment.ServiceParam{{Name: bits, ParameterDefinition: experiment.ParameterSpec{
		Name: bits, ParameterType: "Int", ParameterRules: []experiment.ParameterRule{{Min: &most, Max: &most}},
	}}}
	const good = `["This is a good day","1","1","2","2","0","2","0","1"],["This is a good day","1","1","2","2","0","2","0","1"]`
	for _, c := range []struct {
		name string
		e    *experiment.Experiment
		want string
	}{
		{"guide", webservicetest.Guide(), good},
		{"parameters", linked, good},
		{"odd names", odd, `"ColumnNames":["say \"a\\b\"","é 😀 {0} %s","n"],"ColumnTypes":["String","Double","Double"],"Values":[["This is a good day","0","0"],`},
	} {
		base, key := f.publish(t, c.e)
		_, page := send(t, "GET", helpOf(f, base)+"/score", "")
		for _, lang := range apidoc.Languages() {
			t.Run(c.name+" in "+lang.Name, func(t *testing.T) {
				t.Parallel()
				code := strings.ReplaceAll(snippet(t, page, lang.ID), `"value"`, `"This is a good day"`)
				output, _, ok := runSample(t, lang.ID, strings.ReplaceAll(code, "abc123", key))
				if !ok || !strings.Contains(output, c.want) {
					t.Errorf("%s\nwant %s in\n%s", code, c.want, output)
				}
				if c.name != "guide" {
					return
				}
				output, _, ok = runSample(t, lang.ID, code) // with the placeholder for a key
				if ok || !strings.Contains(output, "401") || !strings.Contains(strings.ToLower(output), "x-ms-request-id") || !strings.Contains(output, "ScoreRequestUnauthorized") {
					t.Errorf("a refused call must print status, headers and body and fail: %v\n%s", ok, output)
				}
			})
		}
	}
}

// TestJobSamples copies each program from the help page of batch execution, fills in keys and a container, and runs it.
func TestJobSamples(t *testing.T) {
	e := newEndpoint(t)
	e.work(t)
	_, page := send(t, "GET", helpOf(e.fixture, e.base)+"/jobs", "")
	for _, lang := range apidoc.Languages() {
		t.Run(lang.Name, func(t *testing.T) {
			t.Parallel()
			code := strings.NewReplacer("abc123", e.key, "mycontainer", "samples-"+lang.ID,
				"DefaultEndpointsProtocol=https;AccountName=mystorageacct;AccountKey=mystoragekey", e.storage.ConnectionString()).Replace(snippet(t, page, lang.ID))
			e.put(t, "samples-"+lang.ID+"/input1.csv", "Col2\nThis is a good day\n")
			output, dir, ok := runSample(t, lang.ID, code)
			if !ok || !strings.Contains(output, "Finished") || !strings.Contains(output, "output1 is in the file output1.csv") {
				t.Fatalf("%s\ngave\n%s", code, output)
			}
			got, err := os.ReadFile(filepath.Join(dir, "output1.csv"))
			if err != nil || string(got) != guideHeader+"This is a good day,1,1,2,2,0,2,0,1\r\n" {
				t.Errorf("the result is %q, %v", got, err)
			}
			output, _, ok = runSample(t, lang.ID, strings.Replace(code, `"input1.csv"`, `"none.csv"`, 1))
			if ok || !strings.Contains(output, "Failed") || !strings.Contains(output, "BlobNotFound") {
				t.Errorf("a job that fails must say why: %v\n%s", ok, output)
			}
			output, _, ok = runSample(t, lang.ID, strings.ReplaceAll(code, e.key, "abc123"))
			if ok || !strings.Contains(output, "401") || !strings.Contains(output, "x-ms-request-id") && !strings.Contains(output, "X-Ms-Request-Id") {
				t.Errorf("a refused call must print status, headers and body and fail: %v\n%s", ok, output)
			}
		})
	}
}

// helpOf is the HelpLocation of the endpoint with that ApiLocation.
func helpOf(f *fixture, base string) string {
	l := f.Services.Find(base[len(base)-32:])
	return f.url + "/apihelp/workspaces/" + workspace + "/webservices/" + l.ServiceID + "/endpoints/" + l.EndpointID
}
