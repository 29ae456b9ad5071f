package studio_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portico/internal/experiment"
	"portico/internal/rest/client"
	"portico/internal/rest/studio/runfile"
)

// output collects what a run writes and tells when a text has come.
type output struct {
	mu    sync.Mutex
	text  strings.Builder
	wait  string
	found chan struct{}
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(p)
	if o.wait != "" && strings.Contains(o.text.String(), o.wait) {
		o.wait = ""
		close(o.found)
	}
	return len(p), nil
}

// String is the lines without their times and ids.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d `).ReplaceAllString(o.text.String(), "")
	return regexp.MustCompile(`[0-9a-f]{32}`).ReplaceAllString(text, "{id}")
}

// roleTransport sends the token in the header that the tests of this package read roles from.
type roleTransport struct{ next http.RoundTripper }

func (r roleTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("X-Ms-Metaanalytics-Authorizationtoken", strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer "))
	req.Header.Del("Authorization")
	return r.next.RoundTrip(req)
}

// errand is a run of a file on a server.
type errand struct {
	runfile.Options
	Server, Token string
	transport     http.RoundTripper
}

func (l *lab) options(file string) errand {
	return errand{runfile.Options{File: file, Interval: time.Millisecond}, l.server.URL, "data-scientist", roleTransport{l.server.Client().Transport}}
}

func (e errand) run(ctx context.Context, out io.Writer) error {
	server, err := client.New(e.Server, e.Token, &http.Client{Transport: e.transport})
	if err != nil {
		return err
	}
	return runfile.Run(ctx, server, e.Options, out)
}

func (l *lab) file(content string) string {
	l.t.Helper()
	file := filepath.Join(l.t.TempDir(), "experiment.json")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		l.t.Fatal(err)
	}
	return file
}

const example = "../../../examples/simple-feature-hashing.json"

func TestRunFile(t *testing.T) {
	l := newLab(t)
	l.reviews()
	out := &output{}
	if err := l.options(example).run(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		`Experiment {id}, "SimpleFeatureHashingExperiment"`,
		"Select Columns in Dataset (node -77) Finished\n", "Feature Hashing (node -101) Finished\n", "Run Finished\n",
	} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("the output lacks %q:\n%s", line, out)
		}
	}
	out = &output{}
	if err := l.options(example).run(t.Context(), out); err != nil || !strings.Contains(out.String(), "Finished: The results of an earlier run were used.") {
		t.Errorf("the second time: %v\n%s", err, out)
	}
}

func TestRunFileFaults(t *testing.T) {
	l := newLab(t)
	l.upload("Numbers", "GenericCSV", "a\n1\n", 10)
	graph := func(dataset string) string {
		return `{"Graph":{"ModuleNodes":[{"Id":"h","ModuleId":"Feature Hashing","ModuleParameters":[{"Name":"Target columns","Value":"{\"isFilter\":true,\"rules\":[{\"ruleType\":\"AllColumns\"}]}"}],"InputPortsInternal":[{"Name":"Dataset","DataSourceId":"` + dataset + `"}]}]}}`
	}
	for name, c := range map[string]struct {
		change func(o *errand)
		says   string
	}{
		"no file":          {func(o *errand) { o.File = "/nothing" }, "no such file"},
		"not JSON":         {func(o *errand) { o.File = l.file("{\n \"Graph\": x}") }, "line 2: not JSON"},
		"not one":          {func(o *errand) { o.File = l.file(`{"Graph":{}}`) }, "no Graph with ModuleNodes"},
		"bad address":      {func(o *errand) { o.Server = "localhost" }, "is not a URL"},
		"nobody there":     {func(o *errand) { o.Server = "http://127.0.0.1:1" }, "does not answer"},
		"wrong token":      {func(o *errand) { o.Token = "wrong" }, "not known"},
		"may not":          {func(o *errand) { o.Token = "viewer" }, "studio.write"},
		"unknown dataset":  {func(o *errand) { o.File = l.file(graph("Reviews")) }, "it has: Numbers"},
		"unknown module":   {func(o *errand) { o.File = l.file(`{"Graph":{"ModuleNodes":[{"Id":"1","ModuleId":"Nope"}]}}`) }, `"Nope", which is not in the catalogue`},
		"failing node":     {func(o *errand) { o.File = l.file(graph("numbers")) }, "Feature Hashing (node h): Error 0017"},
		"not a Studio API": {func(o *errand) { o.Server += "/elsewhere" }, "nothing at"},
	} {
		o := l.options("")
		o.File = l.file(graph("Numbers"))
		c.change(&o)
		out := &output{}
		if err := o.run(t.Context(), out); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %q; output:\n%s", name, err, c.says, out)
		}
	}
}

func TestRunFileCancels(t *testing.T) {
	l := newLab(t)
	ctx, cancel := context.WithCancel(t.Context())
	out := &output{wait: "Gate (node g) Running", found: make(chan struct{})}
	done := make(chan error)
	go func() { done <- l.options(l.file(`{"Graph":`+gateGraph+`}`)).run(ctx, out) }()
	<-out.found
	cancel()
	if err := <-done; err == nil || err.Error() != "the run was cancelled" {
		t.Errorf("got %v", err)
	}
	if text := out.String(); !strings.HasSuffix(text, "Cancelling\nGate (node g) Cancelled\nRun Cancelled\n") {
		t.Errorf("the output is\n%s", text)
	}
	all := as[[]experiment.Experiment](l, "GET", ws+"/experiments", "")
	if len(all) != 1 || all[0].Status.StatusCode != experiment.Cancelled {
		t.Errorf("the experiments are %+v", all)
	}
}

// flaky loses some answers, as a server does that is restarted.
type flaky struct {
	next http.RoundTripper
	gets atomic.Int32
}

func (f *flaky) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.Contains(r.URL.Path, "/experiments/") && f.gets.Add(1) < 10 {
		return nil, errors.New("connection refused")
	}
	return f.next.RoundTrip(r)
}

func TestRunFileOutlivesARestart(t *testing.T) {
	l := newLab(t)
	close(l.gate)
	o := l.options(l.file(`{"Graph":` + gateGraph + `}`))
	o.transport = &flaky{next: o.transport}
	out := &output{}
	if err := o.run(t.Context(), out); err != nil || !strings.Contains(out.String(), "Run Finished") {
		t.Errorf("got %v\n%s", err, out)
	}
}
