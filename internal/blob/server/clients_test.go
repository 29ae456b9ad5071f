package server_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestGoClient holds the answers to Microsoft's Go client against a golden file.
func TestGoClient(t *testing.T) {
	golden(t, "testdata/azblob.txt", runScenario(t, storageOf(start(t))))
}

// TestGoClientAsAzurite holds the golden file against the answers of Azurite.
func TestGoClientAsAzurite(t *testing.T) {
	compare(t, "testdata/azblob.txt", runScenario(t, startAzurite(t)), "testdata/azblob-azurite.diff")
}

// TestPythonClient holds what Debian's Python client makes of the answers against a golden file.
func TestPythonClient(t *testing.T) {
	golden(t, "testdata/python.txt", runPython(t, storageOf(start(t))))
}

// TestPythonClientAsAzurite holds that golden file against what it makes of Azurite's.
func TestPythonClientAsAzurite(t *testing.T) {
	compare(t, "testdata/python.txt", runPython(t, startAzurite(t)), "testdata/python-azurite.diff")
}

// debianPython has Debian's packages; another python3 may come first in the path.
const debianPython = "/usr/bin/python3"

func runPython(t *testing.T, st storage) string {
	t.Helper()
	skipUnless(t, "/usr/lib/python3/dist-packages/azure/storage/blob/__init__.py")
	cmd := exec.CommandContext(t.Context(), debianPython, "-W", "ignore", "testdata/scenario.py", st.connection)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, complaints.String())
	}
	return string(out)
}
