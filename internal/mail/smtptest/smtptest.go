// Package smtptest gives tests a mail server in a process of its own: Debian's
// aiosmtpd. It is a helper of tests and nothing else.
package smtptest

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	_ "embed" // the server's program
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

//go:embed smtpd.py
var program []byte

// Server is a running mail server.
type Server struct {
	Port int
	dir  string
}

// Message is a message as the server got it.
type Message struct {
	From string
	To   []string // of the envelope
	Data string   // header and body
	TLS  bool
	User string // who signed in
}

// Start starts a server at a port, 0 for a free one, until the test ends.
// security is "none", "starttls" or "tls"; more are the files of a certificate
// and its key, then a user name and password that senders must give. The test is
// skipped where aiosmtpd is not installed, or fails where all tests are demanded.
func Start(t testing.TB, port int, security string, more ...string) *Server {
	t.Helper()
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import aiosmtpd").Run(); err != nil {
		if os.Getenv("PORTICO_TEST_ALL") != "" {
			t.Fatal("Debian's python3-aiosmtpd is not installed: run make tools")
		}
		t.Skip("Debian's python3-aiosmtpd is not installed: make tools installs it")
	}
	s := &Server{dir: t.TempDir()}
	script := filepath.Join(t.TempDir(), "smtpd.py")
	if err := os.WriteFile(script, program, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, append([]string{"-W", "ignore", script, s.dir, strconv.Itoa(port), security}, more...)...)
	cmd.Stderr = t.Output()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := in.Close(); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if _, scanned := fmt.Sscanf(line, "ready %d", &s.Port); err != nil || scanned != nil {
		t.Fatalf("the mail server said %q, %v", line, err)
	}
	return s
}

// Received gives the messages that the server has taken, in their order.
func (s *Server) Received(t testing.TB) []Message {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	all := make([]Message, len(files))
	for i, f := range files {
		b, err := os.ReadFile(f)
		if err == nil {
			err = json.Unmarshal(b, &all[i])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// FreePort is a port at which nothing listens.
func FreePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return port
}

// Certificate makes a certificate for localhost that is its own authority.
func Certificate(t testing.TB) (certFile, keyFile, certPEM string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}))
	certFile, keyFile = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for file, text := range map[string]string{certFile: certPEM, keyFile: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile, certPEM
}
