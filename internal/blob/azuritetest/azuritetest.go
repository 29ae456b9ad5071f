// Package azuritetest starts Azurite, Microsoft's emulator of a storage account:
// a reference for tests and benchmarks, and an account that is not ours. It is a helper of those and nothing else.
package azuritetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Azurite's account and its key are public.
const (
	Account = "devstoreaccount1"
	Key     = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

// Server is a running Azurite.
type Server struct {
	URL        string // of the account
	Connection string // its connection string
	Cmd        *exec.Cmd
}

// errMissing says what to do where Azurite is not installed.
var errMissing = errors.New("Azurite is missing: make tools installs it")

// program finds node and what scripts/test-tools.sh put into the user's cache folder.
func program() (node, main string, err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", "", err
	}
	main = filepath.Join(cache, "portico", "azurite", "node_modules", "azurite", "dist", "src", "blob", "main.js")
	if _, err := os.Stat(main); err != nil {
		return "", "", errMissing
	}
	if node, err = exec.LookPath("node"); err != nil {
		return "", "", fmt.Errorf("%w: %w", errMissing, err)
	}
	return node, main, nil
}

// Installed returns an error that says what to do where Azurite is missing.
func Installed() error {
	_, _, err := program()
	return err
}

// Start starts it on a free port over a folder. The caller calls Stop.
func Start(ctx context.Context, dir string) (*Server, error) {
	node, main, err := program()
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err = errors.Join(err, l.Close()); err != nil {
		return nil, err
	}
	s := &Server{URL: "http://127.0.0.1:" + port + "/" + Account}
	s.Connection = "DefaultEndpointsProtocol=http;AccountName=" + Account + ";AccountKey=" + Key + ";BlobEndpoint=" + s.URL + ";"
	s.Cmd = exec.CommandContext(ctx, node, main, "--silent", "--disableTelemetry", "--skipApiVersionCheck", "--blobHost", "127.0.0.1", "--blobPort", port, "--location", dir)
	out, err := s.Cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.Cmd.Start(); err != nil {
		return nil, err
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.Contains(lines.Text(), "successfully listens on") {
			return s, nil
		}
	}
	s.Stop()
	return nil, errors.New("Azurite ended before it listened")
}

// Stop ends it.
func (s *Server) Stop() {
	_ = s.Cmd.Process.Kill() // it may have ended
	_ = s.Cmd.Wait()         // it was killed
}

// ForTest starts it for one test, which is skipped where Azurite is missing, or fails where all tests are demanded.
func ForTest(t *testing.T) *Server {
	t.Helper()
	s, err := Start(t.Context(), t.TempDir())
	switch {
	case errors.Is(err, errMissing) && os.Getenv("PORTICO_TEST_ALL") == "":
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}
