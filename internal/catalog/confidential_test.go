package catalog_test

import (
	"strings"
	"testing"

	"portico/internal/catalog"
	"portico/internal/record"
	"portico/internal/secret"
)

func TestConfidential(t *testing.T) {
	k, err := secret.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	b := &catalog.Backend{URL: "http://b", Credentials: &catalog.BackendCredentials{
		Header: map[string][]string{"x-key": {"s3cret", "{{named}}"}}, Authorization: &catalog.BackendAuthorization{Scheme: "Basic", Parameter: "s3cret-too"}}}
	change := catalog.Seal(k, "/backends/b", b, "")
	if strings.Contains(string(change.Body), "s3cret") {
		t.Errorf("kept in the open: %s", change.Body)
	}
	if b.Credentials.Header["x-key"][0] != "s3cret" {
		t.Error("sealing changed the value itself")
	}
	r := record.Record{Path: change.Path, Body: change.Body}
	opened, err := catalog.Open[catalog.Backend](k, r)
	if err != nil || opened.Credentials.Header["x-key"][0] != "s3cret" || opened.Credentials.Authorization.Parameter != "s3cret-too" {
		t.Fatalf("opened %+v, %v", opened.Credentials, err)
	}
	shown, err := catalog.Show[catalog.Backend](k, r)
	if err != nil || shown.Credentials.Header["x-key"][0] != "" || shown.Credentials.Header["x-key"][1] != "{{named}}" || shown.Credentials.Authorization.Parameter != "" {
		t.Errorf("shown %+v, %v", shown.Credentials, err)
	}
	shown.Credentials.Authorization.Parameter = "new"
	catalog.KeepSecrets(shown, opened)
	if shown.Credentials.Header["x-key"][0] != "s3cret" || shown.Credentials.Authorization.Parameter != "new" {
		t.Errorf("kept %+v", shown.Credentials)
	}
	if _, err := catalog.Open[catalog.Backend](k, record.Record{Path: "/caches/b", Body: change.Body}); err == nil {
		t.Error("a secret of one kind was opened as one of another")
	}
	other, err := secret.New([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := catalog.Open[catalog.Backend](other, r); err == nil {
		t.Error("opened with another key")
	}
}
