// Package openidtest runs oidc-provider, an OpenID Connect provider from npm, and
// signs people in at it as a browser does.
package openidtest

import (
	"bufio"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"

	_ "embed"
)

//go:embed provider.mjs
var program []byte

// What the provider knows of its one client.
const (
	ClientID     = "portico"
	ClientSecret = "the secret of the client"
)

// Start starts the provider, which sends browsers back to some addresses, and
// gives its issuer. The test is skipped where the provider is not installed.
func Start(t *testing.T, redirects ...string) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	library := filepath.Join(cache, "portico", "oidc-provider", "node_modules", "oidc-provider", "lib", "index.js")
	node, nodeErr := exec.LookPath("node")
	if _, err := os.Stat(library); err != nil || nodeErr != nil {
		if os.Getenv("PORTICO_TEST_ALL") != "" {
			t.Fatalf("%s or node is missing: run make tools", library)
		}
		t.Skipf("%s or node is missing: make tools installs it", library)
	}
	script := filepath.Join(t.TempDir(), "provider.mjs")
	if err := os.WriteFile(script, program, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, append([]string{script, library}, redirects...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()         // it was killed
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if issuer, ok := strings.CutPrefix(lines.Text(), "issuer "); ok {
			return issuer
		}
	}
	t.Fatal("the provider ended before it listened")
	return ""
}

// Browser follows redirects and keeps cookies.
type Browser struct {
	*http.Client
	t *testing.T
}

// NewBrowser makes a browser.
func NewBrowser(t *testing.T) *Browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Browser{&http.Client{Jar: jar}, t}
}

// Page is where a browser ended.
type Page struct {
	URL    *url.URL
	Status int
	Body   string
}

// Open opens an address.
func (b *Browser) Open(address string) Page {
	b.t.Helper()
	res, err := b.Get(address)
	return b.page(res, err)
}

func (b *Browser) page(res *http.Response, err error) Page {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return Page{res.Request.URL, res.StatusCode, string(body)}
}

// SignIn opens an address that leads to the provider, signs in there as a name,
// agrees, and gives the page to which the provider's answer leads.
func (b *Browser) SignIn(address, name string) Page {
	b.t.Helper()
	p := b.Open(address)
	for range 3 { // the name, and what is agreed to
		action, fields := form(p)
		if action == "" {
			return p
		}
		if fields.Has("login") {
			fields.Set("login", name)
			fields.Set("password", "any")
		}
		res, err := b.PostForm(action, fields)
		p = b.page(res, err)
	}
	return p
}

// form gives the first form of a page of the provider, "" for a page without one.
func form(p Page) (action string, fields url.Values) {
	doc, err := html.Parse(strings.NewReader(p.Body))
	if err != nil || !strings.Contains(p.URL.Path, "/interaction/") {
		return "", nil
	}
	fields = url.Values{}
	for n := range doc.Descendants() {
		attributes := map[string]string{}
		for _, a := range n.Attr {
			attributes[a.Key] = a.Val
		}
		switch {
		case n.Data == "form" && action == "":
			target, err := p.URL.Parse(attributes["action"])
			if err != nil {
				return "", nil
			}
			action = target.String()
		case n.Data == "input" && attributes["name"] != "":
			fields.Set(attributes["name"], attributes["value"])
		}
	}
	return action, fields
}
