// Package web serves the browser's user interfaces, which are built from the
// folder web of the repository and embedded: a page for each face, and the
// hashed files that the pages load. A binary that was built without Node.js has
// no interfaces and serves a page that says how to get them.
package web

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

//go:embed all:dist
var embedded embed.FS

// Face is one of the user interfaces; its value names its page.
type Face string

// The faces.
const (
	Studio    Face = "studio"
	Publisher Face = "publisher"
	Portal    Face = "portal"
)

// nonceWord is what the build writes where the page's nonce belongs.
const nonceWord = "__CSP_NONCE__"

// Files are what the build made: {face}.html, and under assets each file as
// {file}.gz and {file}.br. Where there is no page, the interfaces were not built.
type Files struct{ fs fs.FS }

// Built gives the files that are embedded in this binary.
func Built() Files {
	sub, err := fs.Sub(embedded, "dist")
	if err != nil {
		panic(err) // the folder is named above
	}
	return Files{sub}
}

// Has tells whether a face was built.
func (f Files) Has(face Face) bool {
	_, err := fs.Stat(f.fs, string(face)+".html")
	return err == nil
}

// Page serves a face's page at every path, which the page's own router reads.
func (f Files) Page(face Face) http.Handler {
	source, err := fs.ReadFile(f.fs, string(face)+".html")
	if err != nil {
		return notBuilt(face)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !onlyReads(w, r) {
			return
		}
		nonce := newNonce()
		setPageHeaders(w.Header(), nonce)
		_, _ = w.Write(bytes.ReplaceAll(source, []byte(nonceWord), []byte(nonce))) // the browser is gone when this fails
	})
}

// setPageHeaders sets what keeps a page of ours from running or showing anything
// of others. Styles need the nonce: the components write style elements.
func setPageHeaders(h http.Header, nonce string) {
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-"+nonce+"'; img-src 'self' data: blob:; font-src 'self'; "+
		"connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'")
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
}

func newNonce() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw)
	return base64.RawURLEncoding.EncodeToString(raw)
}

func onlyReads(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	w.Header().Set("Allow", "GET, HEAD")
	http.Error(w, r.Method+" is not offered here; offered are GET, HEAD.", http.StatusMethodNotAllowed)
	return false
}

// encodings are the forms in which files are kept, the smallest first.
var encodings = []struct{ name, suffix string }{{"br", ".br"}, {"gzip", ".gz"}}

// Assets serves the files under /assets/. Their names hold a hash of what is in
// them, so browsers may keep them for ever.
func (f Files) Assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !onlyReads(w, r) {
			return
		}
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		content, encoding, err := f.open(name, r.Header.Get("Accept-Encoding"))
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
			h.Set("Cache-Control", "no-store")
			http.Error(w, "There is no such file here. If the page is from before an update of the server, load it again.", http.StatusNotFound)
			return
		}
		if err != nil {
			http.Error(w, "The file cannot be read.", http.StatusInternalServerError)
			return
		}
		if encoding != "" {
			h.Set("Content-Encoding", encoding)
		}
		h.Set("Vary", "Accept-Encoding")
		h.Set("Content-Type", typeOf(name))
		h.Set("Content-Length", fmt.Sprint(len(content)))
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		_, _ = w.Write(content)
	})
}

// open gives a file in the best form that the client accepts; encoding is "" for the plain one.
func (f Files) open(name, accepted string) (content []byte, encoding string, err error) {
	for _, e := range encodings {
		if accepts(accepted, e.name) {
			content, err = fs.ReadFile(f.fs, name+e.suffix)
			return content, e.name, err
		}
	}
	content, err = fs.ReadFile(f.fs, name+".gz")
	if err != nil {
		return nil, "", err
	}
	unzip, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, "", err
	}
	content, err = io.ReadAll(unzip)
	return content, "", err
}

// accepts tells whether an Accept-Encoding header takes an encoding.
func accepts(header, encoding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, parameter, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(name), encoding) {
			q := strings.TrimLeft(strings.TrimPrefix(strings.ReplaceAll(parameter, " ", ""), "q="), "0.")
			return parameter == "" || q != ""
		}
	}
	return false
}

// typeOf is a file's content type by its name's end; the system's own table of
// types is not asked, as it differs between machines.
func typeOf(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// notBuilt serves the page of a binary without interfaces.
func notBuilt(face Face) http.Handler {
	page := `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Not in this build · Portico</title></head>
<body><main><h1>This build has no user interface</h1>
<p>The page “` + html.EscapeString(string(face)) + `” is made with Node.js, and this binary was built without it. Everything else works: the APIs, the gateway, the command line.</p>
<p>To get the pages, install Node.js 20.19 or later with npm and run <code>make build</code> in the source folder, then start the binary again.</p>
</main></body></html>
`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !onlyReads(w, r) {
			return
		}
		setPageHeaders(w.Header(), newNonce())
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, page)
	})
}
