package console_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// TestAudit: who made a token shows in the log, and what proves the token does not.
func TestAudit(t *testing.T) {
	f := newFixture(t)
	call := func(method, path, body string) (int, string) {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+f.auth.AdminToken())
		w := httptest.NewRecorder()
		f.api.Handler().ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	for i := range 3 {
		if status, body := call("PUT", fmt.Sprintf("/tokens/t%d", i), `{"role":"viewer"}`); status != 201 {
			t.Fatal(body)
		}
	}
	list := func(path string) (paths []string, next string) {
		t.Helper()
		status, body := call("GET", path, "")
		var page struct {
			Value []struct {
				ID, Actor, Address, Path, Action string
				After                            json.RawMessage
			}
			NextLink string
		}
		if err := json.Unmarshal([]byte(body), &page); err != nil || status != 200 {
			t.Fatalf("%s: %d %s", path, status, body)
		}
		for _, e := range page.Value {
			paths = append(paths, e.Path)
			if e.Actor != "the process's administrator token" || e.Address != "192.0.2.1" || !strings.Contains(string(e.After), `"hash":"***"`) {
				t.Errorf("%s: got %+v, %s", path, e, e.After)
			}
			if status, body := call("GET", "/audit/"+e.ID, ""); status != 200 || !strings.Contains(body, e.Path) {
				t.Errorf("entry %s: %d %s", e.ID, status, body)
			}
		}
		return paths, page.NextLink
	}
	filter := "/audit?$top=2&$filter=" + url.QueryEscape("kind eq 'tokens' and action eq 'create'")
	first, next := list(filter)
	if fmt.Sprint(first) != "[/tokens/t2 /tokens/t1]" || next == "" {
		t.Fatalf("got %v, next %q", first, next)
	}
	call("PUT", "/tokens/t3", `{"role":"viewer"}`) // while it is read
	if rest, next := list(strings.TrimPrefix(next, "http://example.com")); fmt.Sprint(rest) != "[/tokens/t0]" || next != "" {
		t.Errorf("got %v, next %q", rest, next)
	}
	for path, want := range map[string]int{"/audit/1": 404, "/audit/x": 404, "/audit?$filter=color+eq+1": 400, "/audit?before=x": 400, "/audit?$orderby=path": 400} {
		if status, body := call("GET", path, ""); status != want {
			t.Errorf("%s: got %d %s, want %d", path, status, body, want)
		}
	}
}
