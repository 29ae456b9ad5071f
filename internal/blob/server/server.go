// Package server speaks the Azure Blob wire over a storage account, so that
// Microsoft's storage clients work unmodified: containers, block blobs, metadata,
// conditional requests, ranges, lists; SharedKey and shared access signatures.
// The facts are those of the Azure Storage REST reference; what is not offered is
// refused by the wire's own codes. ServeHTTP lists the stations of a call.
package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"portico/internal/blob"
	"portico/internal/blob/account"
	"portico/internal/record"
	"portico/internal/secret"
)

// Config is what a Server needs.
type Config struct {
	Workspace string // id of the workspace, from which the account has its name
	URL       string // of the listener, as a client types it, without a path: "http://127.0.0.1:10000"
	Records   record.Store
	Keeper    *secret.Keeper
	Index     account.Index
	Contents  blob.Store
	Log       *slog.Logger
	// BlockAge is how long uncommitted blocks are kept; 0 is a week.
	BlockAge time.Duration
	// Stall is how long a client may send or take nothing in the middle of a body; 0 is a minute.
	Stall time.Duration
}

const defaultStall = time.Minute

// Server is an http.Handler over one account. The account's methods, Run among
// them, are the direct way for the rest of the product.
type Server struct {
	*account.Account
	credential credential
	url        string
	log        *slog.Logger
	stall      time.Duration
	operations map[route][]operation
}

// New opens the workspace's account. At the first start it draws the account's key.
func New(ctx context.Context, c Config) (*Server, error) {
	u, err := url.Parse(c.URL)
	switch {
	case c.Workspace == "" || c.Records == nil || c.Keeper == nil:
		return nil, errors.New("blob server: Workspace, Records and Keeper are required")
	case err != nil || u.Scheme == "" || u.Host == "" || strings.Trim(u.Path, "/") != "":
		return nil, errors.New("blob server: URL must be a scheme and a host")
	}
	a, err := account.Open(account.Config{Index: c.Index, Contents: c.Contents, Log: c.Log, BlockAge: c.BlockAge})
	if err != nil {
		return nil, err
	}
	cred, err := loadCredential(ctx, c.Records, c.Keeper, AccountName(c.Workspace))
	if err != nil {
		return nil, err
	}
	if c.Stall == 0 {
		c.Stall = defaultStall
	}
	return &Server{Account: a, credential: cred, url: strings.TrimSuffix(c.URL, "/"), log: c.Log, stall: c.Stall, operations: byRoute(operations())}, nil
}

// ServeHTTP answers one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := s.newCall(w, r)
	if err := s.serve(c); err != nil {
		c.fail(err)
	}
}

// serve takes a call through its stations.
func (s *Server) serve(c *call) error {
	if err := c.parse(s.credential.account); err != nil {
		return err
	}
	if err := s.authenticate(c); err != nil {
		return err
	}
	op, err := s.operation(c)
	if err != nil {
		return err
	}
	if err := c.grant.allow(c, op); err != nil {
		return err
	}
	if err := refuseUnsupported(c.r.Header, c.target.level); err != nil {
		return err
	}
	return op.handle(s, c)
}

// ConnectionString is what storage clients are given. It holds the key.
func (s *Server) ConnectionString() string {
	protocol, _, _ := strings.Cut(s.url, ":")
	return "DefaultEndpointsProtocol=" + protocol + ";AccountName=" + s.credential.account + ";AccountKey=" + s.credential.text + ";BlobEndpoint=" + s.url + "/" + s.credential.account + ";"
}

// AccountName is the account's name.
func (s *Server) AccountName() string { return s.credential.account }

// Location is a blob's URL in the two parts that BES results have (azureml.md 2.3):
// the account's, with a slash at its end, and the blob's below it. A SignBlob token may follow.
func (s *Server) Location(container, name string) (base, relative string) {
	return s.url + "/" + s.credential.account + "/", (&url.URL{Path: container + "/" + name}).EscapedPath()
}
