package e2e_test

import (
	"os"
	"os/exec"
	"testing"
)

// TestBrowser drives the user interfaces of the built binary with Chromium:
// the tests are in browser/*.test.mjs, and browser/README.md lists the screens.
func TestBrowser(t *testing.T) {
	onSQLite(t)
	for what, missing := range map[string]bool{
		"Node.js":                               !onPath("node"),
		"Chromium":                              os.Getenv("CHROMIUM") == "" && !exists("/usr/bin/chromium"),
		"web/node_modules":                      !exists("../web/node_modules/playwright-core"),
		"the built interfaces (run make build)": !exists("../internal/web/dist/publisher.html"),
	} {
		if missing && os.Getenv("PORTICO_TEST_ALL") != "" {
			t.Fatalf("%s is missing", what)
		}
		if missing {
			t.Skipf("%s is missing", what)
		}
	}
	tests := exec.Command("bash", "-c", "node --test --test-concurrency=2 --test-reporter=spec browser/*.test.mjs")
	tests.Env = append(os.Environ(), "PORTICO_TEST_BINARY="+binary)
	out, err := tests.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("the browser tests: %v", err)
	}
}

func onPath(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
