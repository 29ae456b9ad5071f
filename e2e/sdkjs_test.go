package e2e_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"
)

// leastKinds is how many kinds of resources the script drives.
const leastKinds = 50

// npmPackages is where "make tools" has put a package, or "" where it is not
// installed; then the test is skipped, or fails where all tests are demanded.
func npmPackages(t *testing.T, folder, file string) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	packages := filepath.Join(cache, "portico", folder, "node_modules")
	if _, err := os.Stat(filepath.Join(packages, file)); err != nil {
		if os.Getenv("PORTICO_TEST_ALL") != "" {
			t.Fatalf("%s is missing: run make tools", filepath.Join(packages, file))
		}
		t.Skipf("%s is missing: make tools installs it", filepath.Join(packages, file))
	}
	return packages
}

// TestSDKForJavaScript drives every kind of resource with Microsoft's SDK for
// JavaScript, unmodified, over --tls auto.
func TestSDKForJavaScript(t *testing.T) {
	packages := npmPackages(t, "arm-apimanagement", "@azure/arm-apimanagement/package.json")
	p := start(t, t.TempDir(), "--tls", "auto")
	ids := strings.Split(p.ServiceID, "/")
	cmd := exec.CommandContext(t.Context(), "node", "testdata/sdk.cjs", packages, p.Console, p.AdminToken, ids[2], ids[4], ids[8], clientCertificate(t, "p"))
	cmd.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+p.CAFile)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	ok := strings.Count("\n"+string(out), "\nok ")
	if ok < leastKinds || strings.Contains(string(out), "FAIL") || !strings.HasSuffix(string(out), "done\n") {
		t.Errorf("%d kinds went well, want %d:\n%s", ok, leastKinds, out)
	}
}

// clientCertificate makes a certificate with its key, as base64 of PKCS #12 under a password.
func clientCertificate(t *testing.T, password string) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "client.example.com"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	file, err := pkcs12.Modern.Encode(key, leaf, nil, password)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(file)
}
