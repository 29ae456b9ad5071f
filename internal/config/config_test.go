package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"portico/internal/config"
	"portico/internal/fault"
)

func load(t *testing.T, file string, environ, args []string) (*config.Config, error) {
	t.Helper()
	flags := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	config.Flags(flags)
	if file != "" {
		path := filepath.Join(t.TempDir(), "portico.yaml")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--config", path)
	}
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	return config.Load(flags, environ)
}

func TestDefaultsStart(t *testing.T) {
	c, err := load(t, "", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Gateway.Addr != "127.0.0.1:8080" || c.Gateway.Name != "gateway" || c.Storage.Addr != "127.0.0.1:10000" || c.MaxBody != 32<<20 ||
		c.ScoringAliases[0] != "ussouthcentral.services.azureml.net" || c.Drain != 20*time.Second {
		t.Errorf("got %+v", c)
	}
}

func TestLaterSourcesWin(t *testing.T) {
	c, err := load(t, "gateway:\n  addr: 127.0.0.1:1\n  hosts: [a.example, b.example]\nconsole-addr: 127.0.0.1:2\nname: from-file\nmax-body: 1MB\n",
		[]string{"PORTICO_CONSOLE_ADDR=127.0.0.1:3", "PORTICO_NAME=from-env", "HOME=/root"}, []string{"--name", "from-flag"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Gateway.Addr != "127.0.0.1:1" || len(c.Gateway.Hosts) != 2 || c.Console.Addr != "127.0.0.1:3" || c.Service.Name != "from-flag" || c.MaxBody != 1e6 {
		t.Errorf("got %+v", c)
	}
	for _, e := range c.Effective() {
		want := map[string]string{"name": "flag", "console-addr": "environment", "gateway-addr": "file", "region": "default"}[e.Key]
		if want != "" && e.Source != want {
			t.Errorf("%s comes from the %s, want the %s", e.Key, e.Source, want)
		}
	}
}

func TestFileFromEnvironment(t *testing.T) {
	path := filepath.Join(t.TempDir(), "portico.yaml")
	if err := os.WriteFile(path, []byte("name: named-by-file"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := load(t, "", []string{"PORTICO_CONFIG=" + path, "PORTICO_TOKEN=of-another-command"}, nil)
	if err != nil || c.Service.Name != "named-by-file" {
		t.Errorf("got %v, %v", c.Service.Name, err)
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	_, err := load(t, "gateway-addr: nonsense\nunknown-key: 1\n",
		[]string{"PORTICO_MAX_BODY=many", "PORTICO_TYPO=1"},
		[]string{"--name", "9 lives", "--admin-email", "nobody", "--scoring-addr", "127.0.0.1:8083", "--tls", "maybe", "--console-tls-cert", "/does/not/exist", "--drain", "-1s", "--egress-deny", "10.0.0.0"})
	if !fault.Is(err, fault.Invalid) {
		t.Fatalf("got %v", err)
	}
	var got []string
	for _, p := range fault.As(err).Problems {
		got = append(got, p.Target)
	}
	for _, want := range []string{"gateway-addr", "unknown-key", "max-body", "PORTICO_TYPO", "name", "admin-email", "portal-addr", "tls", "console-tls-cert", "drain", "egress-deny"} {
		if !strings.Contains(" "+strings.Join(got, " ")+" ", " "+want+" ") {
			t.Errorf("no problem for %s in %v", want, got)
		}
	}
}

func TestMissingFileIsNamed(t *testing.T) {
	_, err := load(t, "", nil, []string{"--config", "/does/not/exist.yaml"})
	if err == nil || !strings.Contains(err.Error(), "there is no file /does/not/exist.yaml") {
		t.Errorf("got %v", err)
	}
}

func TestPasswordsAreHidden(t *testing.T) {
	for given, want := range map[string]string{
		"": "", "postgres://db.example/portico": "postgres://db.example/portico",
		"postgres://me:s3cret@db.example:5432/portico":                       "postgres://me:(hidden)@db.example:5432/portico",
		"postgresql:///portico?host=/run/postgresql&user=me&password=s3cret": "postgresql:///portico?host=/run/postgresql&password=(hidden)&user=me",
	} {
		c, err := load(t, "", nil, []string{"--database", given})
		if err != nil || c.Database != given {
			t.Errorf("%s: got %q, %v", given, c.Database, err)
		}
		for _, e := range c.Effective() {
			if e.Key == "database" && e.Value != want {
				t.Errorf("%s is shown as %s, want %s", given, e.Value, want)
			}
		}
	}
	for _, wrong := range []string{"s3cret", "mysql://me:s3cret@db.example/portico", "postgres://me:s3cret@%zz/"} {
		_, err := load(t, "", nil, []string{"--database", wrong})
		if !fault.Is(err, fault.Invalid) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: got %v", wrong, err)
		}
	}
}
