package portal_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/record"
	"portico/internal/rest/portal"
	"portico/internal/store"
)

func TestGuestsSeeWhatIsPublishedToThem(t *testing.T) {
	s, err := store.Open(context.Background(), store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	_, err = s.Records().Apply(context.Background(),
		record.PutOf(catalog.ServicePath, catalog.Service{PublisherName: "Contoso <Ltd>"}, ""),
		record.PutOf(catalog.APIPath("shown"), catalog.API{DisplayName: "Shown API", Path: "shown"}, ""),
		record.PutOf(catalog.OperationPath("shown", "get"), catalog.Operation{DisplayName: "Get it", Method: "GET", URLTemplate: "/it"}, ""),
		record.PutOf(catalog.APIPath("hidden"), catalog.API{DisplayName: "Hidden API", Path: "hidden"}, ""),
		record.PutOf(catalog.ProductPath("public"), catalog.Product{DisplayName: "Public", State: "published"}, ""),
		record.PutOf(catalog.ProductPath("draft"), catalog.Product{DisplayName: "Draft", State: "notPublished"}, ""),
		record.PutOf(catalog.ProductPath("internal"), catalog.Product{DisplayName: "Internal", State: "published"}, ""),
		record.PutOf(catalog.ProductAPIPath("public", "shown"), catalog.Link{}, ""),
		record.PutOf(catalog.ProductAPIPath("draft", "hidden"), catalog.Link{}, ""),
		record.PutOf(catalog.ProductAPIPath("internal", "hidden"), catalog.Link{}, ""),
		record.PutOf("/products/public/groups/guests", catalog.Link{}, ""),
		record.PutOf("/products/draft/groups/guests", catalog.Link{}, ""),
	)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(portal.New(portal.Config{Records: s.Records(), GatewayURL: "http://gw", Log: slog.New(slog.DiscardHandler)}))
	defer srv.Close()
	resp, err := srv.Client().Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("got %s, %v", resp.Status, err)
	}
	body := string(b)
	for _, want := range []string{"Contoso &lt;Ltd&gt;", "Shown API", "http://gw/shown", "/it"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, secret := range []string{"Hidden API", "Draft", "Internal"} {
		if strings.Contains(body, secret) {
			t.Errorf("the page shows %s", secret)
		}
	}
	if _, err := s.Records().Apply(context.Background(), record.PutOf("/portalsettings/signin", access.SignIn{Enabled: true}, "")); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	srv.Config.Handler.ServeHTTP(w, httptest.NewRequest("GET", "/", http.NoBody))
	if w.Code != 200 || strings.Contains(w.Body.String(), "Shown API") {
		t.Errorf("where people must sign in, guests see %d %s", w.Code, w.Body)
	}
	_, style, _ := strings.Cut(body, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	if !strings.Contains(resp.Header.Get("Content-Security-Policy"), base64.StdEncoding.EncodeToString(sum[:])) {
		t.Error("the policy's hash is not that of the page's style")
	}
}
