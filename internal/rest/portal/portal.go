// Package portal is the public listener's pages: what is published, for people
// who have not signed in. It shows only what the Guests group may see.
package portal

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
)

//go:embed portal.html
var pageSource string

// Config is what the pages need.
type Config struct {
	Records    record.Store
	GatewayURL string
	Log        *slog.Logger
}

// New makes the listener's handler.
func New(c Config) http.Handler {
	page := template.Must(template.New("portal").Parse(pageSource))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		view, err := guestView(r.Context(), c)
		var b bytes.Buffer
		if err == nil {
			err = page.Execute(&b, view)
		}
		if err != nil {
			c.Log.ErrorContext(r.Context(), "the portal's page failed", "error", err)
			http.Error(w, "The page cannot be shown at the moment.", http.StatusInternalServerError)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+styleHash+"'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		_, _ = b.WriteTo(w) // the client is gone when this fails
	})
	return mux
}

type view struct {
	Organization string
	Products     []product
}

type product struct {
	catalog.Product
	APIs []api
}

type api struct {
	catalog.API
	URL        string
	Operations []catalog.Operation
}

// guestView gathers the published products that Guests may see, with their APIs.
func guestView(ctx context.Context, c Config) (*view, error) {
	service, _, err := record.Get[catalog.Service](ctx, c.Records, catalog.ServicePath)
	if err != nil {
		return nil, err
	}
	v := &view{Organization: service.PublisherName}
	signIn, _, err := record.Get[access.SignIn](ctx, c.Records, access.PortalSettings+"/"+access.SignInSettings)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	if signIn.Enabled {
		return v, nil // what there is, only those see who signed in
	}
	sight, err := access.See(ctx, c.Records, "")
	if err != nil {
		return nil, err
	}
	for _, r := range sight.Products {
		var p product
		if err := json.Unmarshal(r.Body, &p.Product); err != nil {
			return nil, fmt.Errorf("%s: %w", r.Path, err)
		}
		if p.APIs, err = apisOf(ctx, c, r.Path); err != nil {
			return nil, err
		}
		v.Products = append(v.Products, p)
	}
	return v, nil
}

func apisOf(ctx context.Context, c Config, productPath string) ([]api, error) {
	links, err := c.Records.List(ctx, productPath+catalog.APIs)
	if err != nil {
		return nil, err
	}
	var apis []api
	for _, l := range links {
		path := catalog.APIPath(record.Name(l.Path))
		a, _, err := record.Get[catalog.API](ctx, c.Records, path)
		if err != nil {
			return nil, err
		}
		operations, err := c.Records.List(ctx, path+"/operations")
		if err != nil {
			return nil, err
		}
		shown := api{API: a, URL: strings.TrimSuffix(c.GatewayURL+"/"+strings.Trim(a.Path, "/"), "/")}
		for _, r := range operations {
			var o catalog.Operation
			if err := json.Unmarshal(r.Body, &o); err != nil {
				return nil, errors.Join(err, errors.New(r.Path))
			}
			shown.Operations = append(shown.Operations, o)
		}
		apis = append(apis, shown)
	}
	return apis, nil
}
