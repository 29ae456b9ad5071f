package scoring

import (
	"bytes"
	"net/http"
	"strings"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/scoring/apidoc"
	"portico/internal/webservice"
)

// documented gives the endpoint that a path of the documentation names.
func (s *Server) documented(r *http.Request) (*webservice.Live, error) {
	var l *webservice.Live
	var err error
	if r.PathValue("service") == "" {
		t := target{workspace: r.PathValue("workspace"), subscription: r.PathValue("subscription"), service: r.PathValue("endpoint")}
		t.newStyle = t.subscription != ""
		if l, err = s.find(&t); err != nil {
			return nil, err
		}
	} else {
		service, err := s.in(r)
		if err != nil {
			return nil, err
		}
		if l = s.Services.FindNamed(service, strings.ToLower(r.PathValue("endpoint"))); l == nil {
			return nil, fault.Coded(fault.NotFound, "EndpointNotFound", "The web service %s has no endpoint %q.", shorten(r.PathValue("service")), shorten(r.PathValue("endpoint")))
		}
	}
	if l.Broken != nil {
		return nil, broken()
	}
	return l, nil
}

func (s *Server) swagger(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	l, err := s.documented(r)
	if err != nil {
		return err
	}
	doc, err := apidoc.Swagger(l)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", jsonType)
	_, _ = w.Write(doc) // a client that is gone needs no answer
	return nil
}

// help sends a help page; the path without a page leads to the first.
func (s *Server) help(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	l, err := s.documented(r)
	if err != nil {
		return err
	}
	page := apidoc.Page(strings.ToLower(r.PathValue("page")))
	switch page {
	case apidoc.Score, apidoc.Jobs, apidoc.Update:
	case "":
		http.Redirect(w, r, strings.TrimSuffix(r.URL.Path, "/")+"/"+string(apidoc.Score), http.StatusFound)
		return nil
	default:
		return fault.New(fault.NotFound, "There is no help page %q; there are score, jobs and update.", shorten(string(page)))
	}
	var b bytes.Buffer
	if err := apidoc.Help(&b, l, page); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	_, _ = w.Write(b.Bytes()) // a client that is gone needs no answer
	return nil
}
