package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folder reads all files of a folder, by their paths.
func folder(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	fsys := os.DirFS(dir)
	names, err := filepath.Glob(dir)
	if err != nil || len(names) != 1 {
		t.Fatalf("%s: %v", dir, err)
	}
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		f, err := fsys.Open(filepath.ToSlash(name))
		if err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		files[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// write writes files below a folder.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// succeed runs a command that must succeed and gives what it printed.
func succeed(t *testing.T, args ...string) string {
	t.Helper()
	code, out := run(t, args...)
	if code != 0 {
		t.Fatalf("portico %s: %d\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

const weather = `openapi: 3.0.1
info: {title: Weather, version: '1'}
servers: [{url: 'http://echoapi.cloudapp.net/api'}]
paths:
  /resource:
    get: {operationId: today, summary: Today, responses: {'200': {description: OK}}}
`

const marks = `<policies><inbound><base /></inbound><backend><base /></backend><outbound><base /><set-header name="Mark"><value>{{mark}}{{password}}</value></set-header></outbound><on-error><base /></on-error></policies>`

// TestConfigurationAsFiles takes a configuration from one server to another, by
// hand-written and by exported files.
func TestConfigurationAsFiles(t *testing.T) {
	one, two, dir := t.TempDir(), t.TempDir(), t.TempDir()
	start(t, one, "--demo")
	q := start(t, two)

	// Written by hand, as APIOps has it.
	write(t, dir, map[string]string{
		"named values/mark/namedValueInformation.json":             `{"properties": {"displayName": "mark", "value": "dev"}}`,
		"named values/password/namedValueInformation.json":         `{"properties": {"displayName": "password", "secret": true}}`,
		"apis/weather/apiInformation.json":                         `{"properties": {"path": "weather", "displayName": "Weather", "subscriptionRequired": false}}`,
		"apis/weather/specification.yaml":                          weather,
		"apis/weather/operations/today/policy.xml":                 marks,
		"products/starter/apis/weather/productApiInformation.json": `{}`,
		"README.md": "What is here.",
	})
	code, out := run(t, "apply", dir, "--data", two)
	if code != 1 || !strings.Contains(out, "named values/password/namedValueInformation.json: value: value must not be empty") || !strings.Contains(out, "README.md is ignored") {
		t.Errorf("without the secret: %d\n%s", code, out)
	}
	wantStatus(t, "nothing was changed", q.arm(http.MethodGet, "/apis/weather", ""), 404)
	production := filepath.Join(t.TempDir(), "configuration.prod.yaml")
	if err := os.WriteFile(production, []byte("namedValues:\n- name: mark\n  properties: {value: '{#STAGE#}'}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	secrets := []string{"PORTICO_NAMED_VALUE_PASSWORD=s3cret", "STAGE=prod-"}
	if code, out := runIn(t, secrets, "apply", dir, "--data", two, "--configuration", production); code != 0 || !strings.Contains(out, "+ /apis/weather/operations/today\n") || strings.Contains(out, "s3cret") {
		t.Fatalf("apply: %d\n%s", code, out)
	}
	got := q.call(http.MethodGet, q.Gateway+"/weather/resource", "")
	wantStatus(t, "a call of what was applied", got, 200)
	if got.header.Get("Mark") != "prod-s3cret" {
		t.Errorf("the policy saw %q", got.header.Get("Mark"))
	}
	if code, out := runIn(t, secrets[1:], "apply", dir, "--data", two, "--configuration", production, "--dry-run"); code != 0 || !strings.Contains(out, "Nothing would change.") {
		t.Errorf("a dry run afterwards, without the secret: %d\n%s", code, out)
	}

	// Exported, applied elsewhere, exported again: the same bytes.
	first, second := t.TempDir(), t.TempDir()
	succeed(t, "export", first, "--data", two)
	if text := fmt.Sprint(folder(t, first)); strings.Contains(text, "s3cret") || !strings.Contains(text, weather) {
		t.Error("the exported files tell a secret, or lack the source document")
	}
	if code, out := runIn(t, secrets, "apply", first, "--data", one); code != 0 {
		t.Fatalf("apply what was exported: %d\n%s", code, out)
	}
	if out := succeed(t, "apply", first, "--data", one, "--dry-run"); !strings.HasSuffix(out, "Nothing would change.\n") {
		t.Errorf("a dry run of what was applied:\n%s", out)
	}
	if out := succeed(t, "apply", first, "--data", one, "--delete", "--dry-run"); !strings.Contains(out, "- /apis/azureml-demo\n") {
		t.Errorf("what the folder says nothing of:\n%s", out)
	}
	succeed(t, "apply", first, "--data", one, "--delete")
	succeed(t, "export", second, "--data", one)
	a, b := folder(t, first), folder(t, second)
	if fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("exported again:\n%v\nwant\n%v", b, a)
	}

	// A folder with broken files: every problem, nothing changed.
	write(t, first, map[string]string{
		"apis/echo-api/apiInformation.json":              `{"properties": {"path": "new path"}}`,
		"apis/weather/operations/today/policy.xml":       "<policies><inbound><nonsense /></inbound></policies>",
		"products/starter/productInformation.json":       `{"properties": {"displayName": "Changed"}}`,
		"products/new/apis/x/productApiInformation.json": `{}`,
	})
	code, out = run(t, "apply", first, "--data", one)
	for _, problem := range []string{"apis/echo-api/apiInformation.json: path: ", "apis/weather/operations/today/policy.xml: ", "products/new/apis/x/productApiInformation.json: "} {
		if !strings.Contains(out, problem) {
			t.Errorf("not told: %s", problem)
		}
	}
	if code != 1 || !strings.Contains(out, "nothing was changed") {
		t.Errorf("broken files: %d\n%s", code, out)
	}
	if code, out := run(t, "apply", "--check", first); code != 1 || !strings.Contains(out, "apis/weather/operations/today/policy.xml: ") {
		t.Errorf("checked without a server: %d\n%s", code, out)
	}
	write(t, first, map[string]string{"products/starter/productInformation.json": "{"})
	if code, out := run(t, "apply", first, "--data", one); code != 1 || !strings.Contains(out, "products/starter/productInformation.json: It is not JSON: line 1") {
		t.Errorf("a file that is no JSON: %d\n%s", code, out)
	}
	succeed(t, "export", second, "--data", one)
	if after := folder(t, second); fmt.Sprint(after) != fmt.Sprint(b) {
		t.Error("a refused folder changed something")
	}
	if out := succeed(t, "apply", "--check", second); !strings.Contains(out, "no problem") {
		t.Errorf("checked without a server: %s", out)
	}
}

func TestConfigurationCommandsNeedAServerAndARole(t *testing.T) {
	data := t.TempDir()
	p := start(t, data)
	viewer := strings.TrimSpace(succeed(t, "token", "create", "onlooker", "--role", "viewer", "--data", data))
	dir := t.TempDir()
	at := []string{"--server", p.Console, "--token", viewer}
	succeed(t, append([]string{"export", dir}, at...)...)
	if code, out := run(t, append([]string{"apply", dir}, at...)...); code != 1 || !strings.Contains(out, "may not do this") {
		t.Errorf("a viewer applies: %d\n%s", code, out)
	}
	if code, out := run(t, "export", dir, "--data", t.TempDir()); code != 1 || !strings.Contains(out, "No Portico runs") {
		t.Errorf("without a server: %d\n%s", code, out)
	}
	if code, out := run(t, "apply", filepath.Join(dir, "absent"), "--data", data); code != 2 || !strings.Contains(out, "no folder") {
		t.Errorf("without a folder: %d\n%s", code, out)
	}
	// Files of what is gone are told, and removed where that is wanted.
	write(t, dir, map[string]string{"tags/gone/tagInformation.json": `{"properties":{"displayName":"Gone"}}`, "tags/README.md": "kept"})
	if out := succeed(t, "export", dir, "--data", data); !strings.Contains(out, "tags/gone/tagInformation.json") {
		t.Errorf("a file of what is gone: %s", out)
	}
	succeed(t, "export", dir, "--data", data, "--delete")
	if files := folder(t, dir); files["tags/gone/tagInformation.json"] != "" || files["tags/README.md"] != "kept" {
		t.Errorf("after export --delete: %v", files)
	}
}
