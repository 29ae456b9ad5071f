package secret_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portico/internal/secret"
)

func keeper(t *testing.T, file string, create bool) *secret.Keeper {
	t.Helper()
	k, err := secret.Load(file, create)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSealedValuesOpenOnlyWithTheirKeyAndPurpose(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "master.key")
	first := keeper(t, file, true)
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the key file has mode %v, %v; want 0600", info.Mode(), err)
	}
	sealed := first.Seal("api key", "s3cret")
	if strings.Contains(sealed, "s3cret") || sealed == first.Seal("api key", "s3cret") {
		t.Errorf("%q shows its value or repeats", sealed)
	}
	again := keeper(t, file, false)
	if got, err := again.Open("api key", sealed); err != nil || got != "s3cret" {
		t.Errorf("got %q, %v", got, err)
	}
	if again.Hash("api key", "s3cret") != first.Hash("api key", "s3cret") || first.Hash("api key", "s3cret") == first.Hash("token", "s3cret") {
		t.Error("hashes must repeat for one key and purpose, and differ between purposes")
	}
	other := keeper(t, filepath.Join(dir, "other.key"), true)
	for what, open := range map[string]func() (string, error){
		"another purpose":    func() (string, error) { return first.Open("token", sealed) },
		"another master key": func() (string, error) { return other.Open("api key", sealed) },
		"a changed value":    func() (string, error) { return first.Open("api key", changed(sealed)) },
		"no sealed value":    func() (string, error) { return first.Open("api key", "s3cret") },
		"a short value":      func() (string, error) { return first.Open("api key", "v1.AAAA") },
	} {
		if v, err := open(); err == nil {
			t.Errorf("%s opened to %q", what, v)
		}
	}
}

// changed gives sealed with one of its bytes changed, whatever it was.
func changed(sealed string) string {
	b := []byte(sealed)
	if at := len(b) / 2; b[at] == 'A' {
		b[at] = 'B'
	} else {
		b[at] = 'A'
	}
	return string(b)
}

func TestBadKeyFilesAreRefused(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"short": "abcd", "no hex": strings.Repeat("x", 64)} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := secret.Load(file, true); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := secret.Load(filepath.Join(dir, "absent"), false); err == nil {
		t.Error("an absent key was made although it must not be")
	}
}

func TestDrawnValuesHaveTheirForm(t *testing.T) {
	if id := secret.ID(); len(id) != 32 || strings.Trim(id, "0123456789abcdef") != "" {
		t.Errorf("id %q", id)
	}
	if k := secret.APIKey(); len(k) != 88 {
		t.Errorf("API key of %d characters, want 88", len(k))
	}
}
