package cli

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"portico/internal/app"
	"portico/internal/fault"
	"portico/internal/rest/client"
)

// place says which server a command is for.
type place struct {
	data      string
	database  string
	masterKey string
	url       string
	token     string
	caFile    string
}

// flags declares --data, --database, --master-key-file, --server, --token and --ca-file.
// The environment gives the token a default, so that it need not stand on a command line.
func (w *place) flags(flags *pflag.FlagSet, p Process) {
	dataFlags(flags, p, &w.data, &w.database)
	flags.StringVar(&w.masterKey, "master-key-file", environ(p, "PORTICO_MASTER_KEY_FILE", ""), "file with the master key, where it is not in the data folder")
	flags.StringVar(&w.url, "server", "", "console URL of another server, instead of --data")
	flags.StringVar(&w.token, "token", environ(p, "PORTICO_TOKEN", ""), "token for --server (or PORTICO_TOKEN)")
	hideDefault(flags, "token")
	flags.StringVar(&w.caFile, "ca-file", "", "certificate authority (PEM) that --server's certificate comes from")
}

// dataFlags declares --data and --database.
func dataFlags(flags *pflag.FlagSet, p Process, data, database *string) {
	flags.StringVar(data, "data", environ(p, "PORTICO_DATA", "data"), "data folder of the server on this machine")
	flags.StringVar(database, "database", environ(p, "PORTICO_DATABASE", ""), "PostgreSQL database that belongs to the data folder, where no server runs")
	hideDefault(flags, "database")
}

// hideDefault keeps a secret that the environment gives out of the help text.
func hideDefault(flags *pflag.FlagSet, name string) { flags.Lookup(name).DefValue = "" }

// where is the place as it is where no server runs over it.
func (w *place) where() app.Where {
	return app.Where{Dir: w.data, Database: w.database, MasterKeyFile: w.masterKey}
}

func environ(p Process, name, otherwise string) string {
	for _, e := range p.Environ {
		if v, ok := strings.CutPrefix(e, name+"="); ok {
			return v
		}
	}
	return otherwise
}

// server gives the one that --server names, else the one that runs over the
// data folder; fault.Unavailable where none runs there.
func (w *place) server() (*client.Client, error) {
	if w.url != "" {
		h, err := newClient(w.caFile)
		if err != nil {
			return nil, err
		}
		return client.New(w.url, w.token, h)
	}
	ready, err := app.RunningAt(w.data)
	if err != nil {
		return nil, err
	}
	h, err := newClient(ready.CAFile)
	if err != nil {
		return nil, err
	}
	return client.New(ready.Console, ready.AdminToken, h)
}

func newClient(caFile string) (*http.Client, error) {
	if caFile == "" {
		return http.DefaultClient, nil
	}
	pem, err := os.ReadFile(caFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.Invalid, "there is no certificate authority file %s", filepath.Clean(caFile))
	}
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fault.New(fault.Invalid, "%s holds no certificate", caFile)
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, Proxy: http.ProxyFromEnvironment}}, nil
}
