package server_test

import (
	"os"
	"testing"

	"portico/internal/blob/azuritetest"
)

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

// startAzurite gives Azurite's account.
func startAzurite(t *testing.T) storage {
	t.Helper()
	a := azuritetest.ForTest(t)
	return storage{account: azuritetest.Account, key: azuritetest.Key, url: a.URL, connection: a.Connection}
}
