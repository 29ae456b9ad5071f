package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
)

func TestModuleCommands(t *testing.T) {
	if code, out := run(t, "module", "list"); code != 0 || !strings.Contains(out, "Feature Hashing") || !strings.Contains(out, "Learning with Counts") {
		t.Errorf("list: %d %s", code, out)
	}
	code, out := run(t, "module", "list", "--json")
	var all []struct{ Name, FamilyId string }
	if err := json.Unmarshal([]byte(out), &all); code != 0 || err != nil || len(all) < 56 || len(all[0].FamilyId) != 32 {
		t.Errorf("list --json: %d, %d modules, %v", code, len(all), err)
	}
	for _, name := range []string{"Feature Hashing", "feature hashing", "C9A82660-2D9C-411D-8122-4D9E0B3CE92A"} {
		code, out := run(t, "module", "show", name)
		for _, want := range []string{"Feature Hashing (Text Analytics)", "Hashing bitsize (Integer 1 to 31, default 10)", "Transformed dataset (Data Table)", "0017  Cannot process column of current type."} {
			if code != 0 || !strings.Contains(out, want) {
				t.Errorf("show %s: %d, lacks %q:\n%s", name, code, want, out)
			}
		}
	}
	if code, out := run(t, "module", "show", "--json", "Clip Values"); code != 0 || !json.Valid([]byte(out)) || !strings.Contains(out, `"When"`) {
		t.Errorf("show --json: %d %s", code, out)
	}
	if code, out := run(t, "module", "show", "Nothing"); code != 1 || !strings.Contains(out, "module list") {
		t.Errorf("an unknown module: %d %s", code, out)
	}
}

// graph writes an experiment of modules that feed one another in a row, each
// through the ports and with the parameters given.
func graph(t *testing.T, nodes ...string) string {
	t.Helper()
	var modules, edges []string
	for i, n := range nodes {
		parts := strings.Split(n, "|") // module, input port, output port, parameter=value…
		var values []string
		for _, v := range parts[3:] {
			name, value, _ := strings.Cut(v, "=")
			values = append(values, fmt.Sprintf(`{"Name":%q,"Value":%q}`, name, value))
		}
		modules = append(modules, fmt.Sprintf(`{"Id":"n%d","ModuleId":%q,"ModuleParameters":[%s]}`, i, parts[0], strings.Join(values, ",")))
		if i > 0 {
			edges = append(edges, fmt.Sprintf(`{"SourceOutputPortId":"n%d:%s","DestinationInputPortId":"n%d:%s"}`, i-1, strings.Split(nodes[i-1], "|")[2], i, parts[1]))
		}
	}
	file := filepath.Join(t.TempDir(), "experiment.json")
	text := fmt.Sprintf(`{"Description":"Data in and out","Graph":{"ModuleNodes":[%s],"EdgesInternal":[%s]}}`, strings.Join(modules, ","), strings.Join(edges, ","))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestImportAndExport loads a web address, writes to the workspace's storage account, where Microsoft's client finds it, and loads it back.
func TestImportAndExport(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/data.csv" {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, "a,b\n1,x\n2,y\n")
	}))
	defer web.Close()
	data := t.TempDir()
	p := start(t, data)
	client, err := azblob.NewClientFromConnectionString(p.StorageConnectionString, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateContainer(t.Context(), "files", nil); err != nil {
		t.Fatal(err)
	}
	setting := func(name string) string {
		_, rest, _ := strings.Cut(p.StorageConnectionString, name+"=")
		value, _, _ := strings.Cut(rest, ";")
		return value
	}
	load := func(address string) string {
		return "Import Data||Results dataset|Data source=Web URL via HTTP|URL=" + address + "|CSV or TSV has header row=True"
	}
	store := "Export Data|Dataset||Azure account name=" + setting("AccountName") + "|Azure account key=" + setting("AccountKey") + "|Path to blob beginning with container=files/out/a.csv|Write blob header row=True"
	if code, out := run(t, "experiment", "run", graph(t, load(web.URL+"/data.csv"), store), "--data", data); code != 0 {
		t.Fatalf("%d %s\n%s", code, out, p.out)
	}
	d, err := client.DownloadStream(t.Context(), "files", "out/a.csv", nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(d.Body)
	if got := strings.ReplaceAll(string(text), "\r\n", "\n"); err != nil || got != "a,b\n1,x\n2,y\n" {
		t.Errorf("the blob is %q, %v", got, err)
	}
	again := "Import Data||Results dataset|Account name=" + setting("AccountName") + "|Path to container, directory, or blob=files/out/*.csv"
	for name, c := range map[string]struct {
		file string
		code int
		says string
	}{
		"from the account":      {graph(t, again, "Remove Duplicate Rows|Dataset|Results dataset|Key column selection filter expression=NumericAll"), 0, "Finished"},
		"a blob that exists":    {graph(t, load(web.URL+"/data.csv"), store), 1, "Error 0057"},
		"no such page":          {graph(t, load(web.URL+"/none.csv")), 1, "Error 0030"},
		"an address for clouds": {graph(t, load("http://169.254.169.254/latest")), 1, "not allowed"},
	} {
		if code, out := run(t, "experiment", "run", c.file, "--data", data); code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("%s: %d %s", name, code, out)
		}
	}
	if strings.Contains(p.out.String(), setting("AccountKey")) {
		t.Error("the account's key is in the log")
	}
}
