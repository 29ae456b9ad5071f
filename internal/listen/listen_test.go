package listen_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portico/internal/fault"
	"portico/internal/listen"
	"portico/internal/secret"
)

func TestTakenPortsAreAllNamed(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	addr := taken.Addr().String()
	_, err = listen.Open([]listen.Spec{{Name: "gateway", Addr: addr}, {Name: "console", Addr: "127.0.0.1:0"}, {Name: "scoring", Addr: addr}}, nil)
	if !fault.Is(err, fault.Unavailable) || len(fault.As(err).Problems) != 2 || !strings.Contains(err.Error(), "--scoring-addr") {
		t.Errorf("got %v", err)
	}
}

func TestURL(t *testing.T) {
	for _, c := range []struct {
		spec listen.Spec
		want string
	}{
		{listen.Spec{Addr: "127.0.0.1:0"}, "http://127.0.0.1:"},
		{listen.Spec{Addr: "0.0.0.0:0"}, "http://localhost:"},
		{listen.Spec{Addr: "127.0.0.1:0", Hosts: []string{"api.example.com", "b"}}, "http://api.example.com:"},
		{listen.Spec{Addr: "[::1]:0"}, "http://[::1]:"},
	} {
		ls, err := listen.Open([]listen.Spec{c.spec}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := ls[0].URL(); !strings.HasPrefix(got, c.want) {
			t.Errorf("%+v: got %s, want %s…", c.spec, got, c.want)
		}
		if err := ls[0].Close(); err != nil {
			t.Error(err)
		}
	}
}

// serve runs a listener that answers "hello" until the test ends.
func serve(t *testing.T, l *listen.Listener) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- l.Serve(ctx, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }),
			time.Second, slog.New(slog.DiscardHandler))
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
}

func authority(t *testing.T, dir string, k *secret.Keeper) *listen.Authority {
	t.Helper()
	a, err := listen.LoadAuthority(dir, k)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAutoTLSIsTrustedThroughTheKeptAuthority(t *testing.T) {
	dir := t.TempDir()
	k, err := secret.Load(filepath.Join(dir, "master.key"), true)
	if err != nil {
		t.Fatal(err)
	}
	first := authority(t, dir, k)
	authorityPEM, err := os.ReadFile(first.File)
	if err != nil {
		t.Fatal(err)
	}
	ls, err := listen.Open([]listen.Spec{{Name: "gateway", Addr: "127.0.0.1:0"}}, authority(t, dir, k)) // the second load reads what the first made
	if err != nil {
		t.Fatal(err)
	}
	serve(t, ls[0])
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authorityPEM)
	for _, protocols := range [][]string{{"http/1.1"}, {"h2"}} {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, NextProtos: protocols}, ForceAttemptHTTP2: protocols[0] == "h2"}}
		resp, err := client.Get(ls[0].URL())
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		if string(b) != "hello" || (resp.ProtoMajor == 2) != (protocols[0] == "h2") {
			t.Errorf("%v: got %q over %s", protocols, b, resp.Proto)
		}
		_ = resp.Body.Close()
		client.CloseIdleConnections()
	}
}

// selfSigned makes a certificate and its key, in PEM by file name.
func selfSigned(t *testing.T, names ...string) map[string][]byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: names}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{
		"cert.pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}),
		"key.pem":  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
	}
}

// TestCertificateFilesAreReadAgain replaces a listener's files, first by half a
// pair, which must not disturb it.
func TestCertificateFilesAreReadAgain(t *testing.T) {
	dir := t.TempDir()
	write := func(pair map[string][]byte, files ...string) {
		t.Helper()
		for _, file := range files {
			if err := os.WriteFile(filepath.Join(dir, file), pair[file], 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	first, second := selfSigned(t), selfSigned(t)
	write(first, "cert.pem", "key.pem")
	ls, err := listen.Open([]listen.Spec{{Name: "gateway", Addr: "127.0.0.1:0", CertFiles: []string{filepath.Join(dir, "cert.pem")}, KeyFiles: []string{filepath.Join(dir, "key.pem")}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	serve(t, ls[0])
	shownBy := func() string {
		t.Helper()
		c, err := tls.Dial("tcp", ls[0].Address(), &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // who signed is what the test looks at
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		chain := c.ConnectionState().PeerCertificates
		return chain[len(chain)-1].SerialNumber.String() + string(chain[len(chain)-1].RawSubjectPublicKeyInfo)
	}
	before := shownBy()
	write(second, "cert.pem")
	time.Sleep(listen.RecheckEvery) // the files' own clock: it cannot be faked
	if shownBy() != before {
		t.Error("half a pair was taken")
	}
	write(second, "cert.pem", "key.pem")
	time.Sleep(listen.RecheckEvery)
	if shownBy() == before {
		t.Error("the new pair was not taken")
	}
}

func TestStopDrainsCallsInFlight(t *testing.T) {
	ls, err := listen.Open([]listen.Spec{{Name: "gateway", Addr: "127.0.0.1:0"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	arrived, release := make(chan struct{}), make(chan struct{})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- ls[0].Serve(ctx, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			close(arrived)
			<-release
			_, _ = io.WriteString(w, "late")
		}), time.Minute, slog.New(slog.DiscardHandler))
	}()
	answer := make(chan string, 1)
	go func() {
		resp, err := http.Get(ls[0].URL())
		if err != nil {
			answer <- err.Error()
			return
		}
		b, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		answer <- string(b)
	}()
	<-arrived
	stop()
	close(release)
	if got := <-answer; got != "late" {
		t.Errorf("got %q", got)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestCertificatesByHost: each host gets its own, and others the first.
func TestCertificatesByHost(t *testing.T) {
	dir := t.TempDir()
	spec := listen.Spec{Name: "gateway", Addr: "127.0.0.1:0"}
	for _, name := range []string{"a.example", "*.b.example"} {
		files := selfSigned(t, name)
		for kind, to := range map[string]*[]string{"cert.pem": &spec.CertFiles, "key.pem": &spec.KeyFiles} {
			file := filepath.Join(dir, strings.TrimPrefix(name, "*.")+"-"+kind)
			if err := os.WriteFile(file, files[kind], 0o600); err != nil {
				t.Fatal(err)
			}
			*to = append(*to, file)
		}
	}
	ls, err := listen.Open([]listen.Spec{spec}, nil)
	if err != nil {
		t.Fatal(err)
	}
	serve(t, ls[0])
	for host, want := range map[string]string{"a.example": "a.example", "x.b.example": "*.b.example", "other.example": "a.example", "": "a.example"} {
		c, err := tls.Dial("tcp", ls[0].Address(), &tls.Config{ServerName: host, InsecureSkipVerify: true}) //nolint:gosec // which one is shown is what the test looks at
		if err != nil {
			t.Fatal(err)
		}
		if got := c.ConnectionState().PeerCertificates[0].DNSNames; len(got) != 1 || got[0] != want {
			t.Errorf("%q is shown the certificate of %v, want %s", host, got, want)
		}
		_ = c.Close()
	}
}

// TestSocketThatWasHandedOver is served, whatever address the settings say.
func TestSocketThatWasHandedOver(t *testing.T) {
	given, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f, err := given.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	address := given.Addr().String()
	_ = given.Close()
	ls, err := listen.Open([]listen.Spec{{Name: "gateway", Addr: "127.0.0.1:1", Socket: int(f.Fd())}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	serve(t, ls[0])
	if ls[0].Address() != address {
		t.Errorf("it listens on %s, not %s", ls[0].Address(), address)
	}
	resp, err := http.Get("http://" + address)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
}
