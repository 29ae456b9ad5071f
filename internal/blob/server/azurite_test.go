package server_test

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Azurite is Microsoft's own emulator; its account and key are public.
const (
	azuriteAccount = "devstoreaccount1"
	azuriteKey     = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

// azuriteMain is the program that "make tools" installs into the user's cache folder.
func azuriteMain() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "portico", "azurite", "node_modules", "azurite", "dist", "src", "blob", "main.js")
}

// skipUnless skips a test whose tool is missing, or fails it where all tests are demanded.
func skipUnless(t *testing.T, file string) {
	t.Helper()
	if _, err := os.Stat(file); err == nil {
		return
	}
	if os.Getenv("PORTICO_TEST_ALL") != "" {
		t.Fatalf("%s is missing: run make tools", file)
	}
	t.Skipf("%s is missing: make tools installs it", file)
}

// startAzurite starts it on a free port, with its data in a folder of the test's.
func startAzurite(t *testing.T) storage {
	t.Helper()
	skipUnless(t, azuriteMain())
	node, err := exec.LookPath("node")
	if err != nil {
		skipUnless(t, "node")
	}
	port := freePort(t)
	cmd := exec.CommandContext(t.Context(), node, azuriteMain(), "--silent", "--disableTelemetry", "--skipApiVersionCheck", "--blobHost", "127.0.0.1", "--blobPort", port, "--location", t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()         // it was killed
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "successfully listens on") {
			url := "http://127.0.0.1:" + port + "/" + azuriteAccount
			return storage{account: azuriteAccount, key: azuriteKey, url: url,
				connection: "DefaultEndpointsProtocol=http;AccountName=" + azuriteAccount + ";AccountKey=" + azuriteKey + ";BlobEndpoint=" + url + ";"}
		}
	}
	t.Fatal("Azurite ended before it listened")
	return storage{}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return port
}
