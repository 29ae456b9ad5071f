package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// storage is what a client of the storage account is given.
type storage struct{ account, key, url, connection string }

func (p *process) storage() storage {
	s := storage{connection: p.StorageConnectionString}
	for part := range strings.SplitSeq(s.connection, ";") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "AccountName":
			s.account = value
		case "AccountKey":
			s.key = value
		case "BlobEndpoint":
			s.url = value
		}
	}
	return s
}

// pythonWithStorage is Debian's Python where Azure's storage client is installed.
func pythonWithStorage(t *testing.T) string {
	t.Helper()
	const python = "/usr/bin/python3"
	if out, err := exec.Command(python, "-c", "import azure.storage.blob").CombinedOutput(); err != nil {
		if os.Getenv("PORTICO_TEST_ALL") != "" {
			t.Fatalf("%s has no azure.storage.blob (Debian: python3-azure-storage): %v\n%s", python, err, out)
		}
		t.Skipf("%s has no azure.storage.blob (Debian: python3-azure-storage)", python)
	}
	return python
}

// TestGuideBatchProgram runs the guide's batch program, ported to Python 3, directly and through the gateway.
func TestGuideBatchProgram(t *testing.T) {
	python := pythonWithStorage(t)
	p := start(t, t.TempDir(), "--demo")
	s := p.storage()
	makeContainer(t, python, s, "guide")
	for name, base := range map[string]string{"directly": p.Scoring, "through the gateway": p.Gateway + "/" + p.Demo.APIPath} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			in, out := filepath.Join(dir, "mydata.csv"), filepath.Join(dir, "myresults.csv")
			if err := os.WriteFile(in, []byte("Col2\r\nThis is a good day\r\n\"one, two\"\r\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(python, "../examples/guide-batch.py")
			cmd.Env = append(environ(t, ""), "BASE="+base, "WORKSPACE="+p.Demo.Workspace, "SERVICE="+p.Demo.Service, "API_KEY="+p.Demo.APIKey,
				"SUBSCRIPTION_KEY="+p.Demo.SubscriptionKey, "STORAGE_ACCOUNT_NAME="+s.account, "STORAGE_ACCOUNT_KEY="+s.key, "STORAGE_ACCOUNT_URL="+s.url,
				"STORAGE_CONTAINER_NAME=guide", "INPUT_FILE="+in, "OUTPUT_FILE="+out)
			said, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(said), "status:Finished") {
				t.Fatalf("the program gave %v:\n%s\n%s", err, said, p.out)
			}
			got, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			const want = "Col2,Col2_HashingFeature.0,Col2_HashingFeature.1,Col2_HashingFeature.2,Col2_HashingFeature.3,Col2_HashingFeature.4,Col2_HashingFeature.5,Col2_HashingFeature.6,Col2_HashingFeature.7\r\n" +
				"This is a good day,1,1,2,2,0,2,0,1\r\n\"one, two\","
			if !strings.HasPrefix(string(got), want) || strings.Count(string(got), "\r\n") != 3 {
				t.Errorf("the result is %q", got)
			}
		})
	}
}

func makeContainer(t *testing.T, python string, s storage, name string) {
	t.Helper()
	const program = "import sys\nfrom azure.storage.blob import BlobServiceClient\nBlobServiceClient.from_connection_string(sys.argv[1]).create_container(sys.argv[2])"
	if out, err := exec.Command(python, "-c", program, s.connection, name).CombinedOutput(); err != nil {
		t.Fatalf("make a container: %v\n%s", err, out)
	}
}

// bes calls batch execution of the demo's service; path is what follows "…/jobs".
func (p *process) bes(method, path, body string) answer {
	p.t.Helper()
	url := fmt.Sprintf("%s/workspaces/%s/services/%s/jobs%s?api-version=2.0", p.Scoring, p.Demo.Workspace, p.Demo.Service, path)
	return p.call(method, url, body, "Authorization: Bearer "+p.Demo.APIKey)
}

// TestBatchWire holds the bytes of the five answers.
func TestBatchWire(t *testing.T) {
	p := start(t, t.TempDir(), "--demo")
	submitted := p.bes(http.MethodPost, "", fmt.Sprintf(`{"Input":{"ConnectionString":%q,"RelativeLocation":"/none/in.csv"}}`, p.StorageConnectionString))
	wantStatus(t, "submit", submitted, 200)
	if len(submitted.body) != 34 || submitted.body[0] != '"' || submitted.body[33] != '"' {
		t.Fatalf("submit answered %q", submitted.body)
	}
	job := "/" + submitted.body[1:33]
	if a := p.bes(http.MethodGet, job, ""); a.body != `{"StatusCode":"NotStarted","Results":null,"Details":null}` {
		t.Errorf("status before the start: %s", a.body)
	}
	if a := p.bes(http.MethodPost, job+"/start", ""); a.status != 200 || a.body != "" {
		t.Errorf("start answered %d %q", a.status, a.body)
	}
	if a := p.bes(http.MethodDelete, job, ""); a.status != 200 || a.body != "" {
		t.Errorf("delete answered %d %q", a.status, a.body)
	}
}
