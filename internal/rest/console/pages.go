package console

import (
	"bytes"
	"crypto/rand"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"portico/internal/fault"
	"portico/internal/rest"
)

//go:embed pages/*.html
var sources embed.FS

// pages are the templates, one for each page, each with the layout around it.
type pages struct{ byName map[string]*template.Template }

func newPages() *pages {
	p := &pages{byName: map[string]*template.Template{}}
	for _, name := range []string{"home", "signin", "setup", "error"} {
		p.byName[name] = template.Must(template.ParseFS(sources, "pages/layout.html", "pages/"+name+".html"))
	}
	return p
}

type pageView struct {
	Title string
	Nonce string
	Page  any
}

// write renders a page. Nothing is sent when it cannot be rendered.
func (p *pages) write(w http.ResponseWriter, status int, name, title string, view any) error {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw)
	nonce := base64.RawURLEncoding.EncodeToString(raw)
	var b bytes.Buffer
	if err := p.byName[name].ExecuteTemplate(&b, "layout.html", pageView{title, nonce, view}); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+nonce+"'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin") // "no-referrer" would take the Origin from our own forms
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // the client is gone when this fails
	return nil
}

// WriteError implements rest.Wire: a page for a browser, JSON for a program. Who
// is not signed in and asks for a page is sent to sign in.
func (c *console) WriteError(w http.ResponseWriter, r *http.Request, err *fault.Error) {
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		rest.JSONErrors{}.WriteError(w, r, err)
		return
	}
	if err.Kind == fault.Unauthorized && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		http.Redirect(w, r, "/signin?"+url.Values{"next": {r.URL.RequestURI()}}.Encode(), http.StatusSeeOther)
		return
	}
	status := rest.Status(err.Kind)
	view := struct{ Message, RequestID string }{err.Message, ""}
	if err.Kind == fault.Internal {
		view.Message = "The server failed to answer. Its log says why, under the id below."
		view.RequestID = rest.RequestID(r.Context())
	}
	if c.pages.write(w, status, "error", http.StatusText(status), view) != nil {
		http.Error(w, http.StatusText(status), status)
	}
}
