package cli

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"portico/internal/app"
	"portico/internal/fault"
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

// server is a running Portico's console.
type server struct {
	url    string
	token  string
	client *http.Client
}

// server gives the one that --server names, else the one that runs over the
// data folder; fault.Unavailable where none runs there.
func (w *place) server() (*server, error) {
	if w.url != "" {
		u, err := url.Parse(w.url)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return nil, fault.New(fault.Invalid, "--server %s is not a URL such as http://127.0.0.1:8081", w.url)
		}
		client, err := newClient(w.caFile)
		return &server{url: strings.TrimSuffix(w.url, "/"), token: w.token, client: client}, err
	}
	ready, err := app.RunningAt(w.data)
	if err != nil {
		return nil, err
	}
	client, err := newClient(ready.CAFile)
	return &server{url: ready.Console, token: ready.AdminToken, client: client}, err
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

// call sends in as JSON and reads the answer into out; either may be nil. A
// refusal becomes a fault with the server's message.
func (s *server) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	var answer bytes.Buffer
	if err := s.send(ctx, method, path, body, &answer); err != nil || out == nil {
		return err
	}
	return json.Unmarshal(answer.Bytes(), out)
}

// stream copies an answer of any length to out.
func (s *server) stream(ctx context.Context, method, path string, out io.Writer) error {
	return s.send(ctx, method, path, nil, out)
}

// send sends JSON, or nothing where body is nil, and copies the answer to out.
func (s *server) send(ctx context.Context, method, path string, body io.Reader, out io.Writer) (err error) {
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "%s does not answer: %s", s.url, err)
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if resp.StatusCode >= http.StatusBadRequest {
		b, err := io.ReadAll(resp.Body)
		return errors.Join(err, refusal(resp.StatusCode, b))
	}
	if _, err := io.Copy(out, resp.Body); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

func refusal(status int, body []byte) error {
	var e struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &e) != nil || e.Error.Message == "" {
		e.Error.Message = fmt.Sprintf("the server answered %d: %s", status, strings.TrimSpace(string(body)))
	}
	return fault.New(fault.Conflict, "%s", e.Error.Message)
}
