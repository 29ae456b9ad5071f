package batch

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portico/internal/fault"
)

// foreignAccount is an account that answers by handle.
func foreignAccount(t *testing.T, handle http.HandlerFunc) *foreign {
	t.Helper()
	srv := httptest.NewServer(handle)
	t.Cleanup(srv.Close)
	l := &location{endpoint: srv.URL + "/other", account: "other", key: "AAAA", container: "files", blob: "a b.csv"}
	f, err := newForeign(l, srv.Client(), 100*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestStall holds that an account that falls silent in the middle of a blob ends the reading.
func TestStall(t *testing.T) {
	end := make(chan struct{})
	f := foreignAccount(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-Match") != `"v1"` || !strings.HasSuffix(r.URL.EscapedPath(), "/files/a%20b.csv") {
			t.Errorf("asked for %s with %v", r.URL, r.Header)
		}
		w.Header().Set("Content-Length", "100")
		w.Header().Set("ETag", `"v1"`)
		_, _ = w.Write([]byte("half"))
		_ = http.NewResponseController(w).Flush()
		select {
		case <-end:
		case <-r.Context().Done():
		}
	})
	defer close(end)
	body, err := f.open(t.Context(), `"v1"`, 0)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(body)
	if string(text) != "half" || !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "sent nothing") {
		t.Errorf("read %q, %v", text, err)
	}
	if err := body.Close(); err != nil {
		t.Error(err)
	}
}

// TestForeignRefusals holds what a job says of an account's refusals, and what it does not.
func TestForeignRefusals(t *testing.T) {
	for _, c := range []struct {
		status            int
		code, want, wants string
	}{
		{403, "AuthenticationFailed", "AuthenticationFailed", "status 403"},
		{404, "ContainerNotFound", "ContainerNotFound", "status 404"},
		{412, "ConditionNotMet", codeChanged, "changed or removed"},
		{400, "InvalidBlockList", codeBlocksGone, "InvalidBlockList"},
	} {
		t.Run(c.code, func(t *testing.T) {
			f := foreignAccount(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("x-ms-error-code", c.code)
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, "<Error><Code>"+c.code+"</Code><Message>secret of the account</Message></Error>")
			})
			err := f.putBlock(t.Context(), "QQ==", []byte("x"))
			var got *fault.Error
			if !errors.As(err, &got) || got.Code != c.want || !strings.Contains(got.Message, c.wants) || strings.Contains(got.Message, "secret") {
				t.Errorf("got %v, want %s with %q", err, c.want, c.wants)
			}
		})
	}
}

func TestConnectionStrings(t *testing.T) {
	for _, c := range []struct{ text, endpoint, account, err string }{
		{"DefaultEndpointsProtocol=https;AccountName=a;AccountKey=k==", "https://a.blob.core.windows.net", "a", ""},
		{"defaultendpointsprotocol = HTTP ; accountname = a ; AccountKey = k;EndpointSuffix=core.chinacloudapi.cn;", "http://a.blob.core.chinacloudapi.cn", "a", ""},
		{"AccountName=a;AccountKey=k;BlobEndpoint=http://127.0.0.1:10000/a/;TableEndpoint=http://x", "http://127.0.0.1:10000/a", "a", ""},
		{"BlobEndpoint=https://b.example;SharedAccessSignature=?sv=1&sig=x", "https://b.example", "b", ""},
		{"AccountName=a;AccountKey=k;BlobEndpoint=ftp://x/a", "", "", "no http or https URL"},
		{"AccountName=a;AccountKey=k;DefaultEndpointsProtocol=ftp", "", "", `"ftp"`},
		{"AccountName=a/b?c;AccountKey=k", "", "", "no http or https URL"},
		{"AccountName=a", "", "", "AccountKey"},
		{"AccountKey=k", "", "", "AccountName"},
		{"UseDevelopmentStorage=true", "", "", "UseDevelopmentStorage"},
		{"x", "", "", `"="`},
	} {
		l := &location{Reference: Reference{ConnectionString: c.text}}
		err := l.fromConnectionString(`input "i"`)
		switch {
		case c.err == "" && (err != nil || l.endpoint != c.endpoint || l.account != c.account):
			t.Errorf("%s: got %s of %s, %v; want %s of %s", c.text, l.account, l.endpoint, err, c.account, c.endpoint)
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err) || fault.As(err).Code != "InvalidBlobConnectionString"):
			t.Errorf("%s: got %v, want an error with %s", c.text, err, c.err)
		}
	}
}
