package access_test

import (
	"context"
	"strings"
	"testing"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/secret"
	"portico/internal/store"
)

var service = catalog.Service{Name: "portico", Location: "South Central US", PublisherName: "Contoso", PublisherEmail: "ann@contoso.com"}

func newRecords(t *testing.T) (record.Store, *secret.Keeper) {
	t.Helper()
	s, err := store.Open(context.Background(), store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	keys, err := secret.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	if created, err := access.EnsureFirstContent(context.Background(), s.Records(), keys, service); err != nil || !created {
		t.Fatalf("first content: %v, %v", created, err)
	}
	return s.Records(), keys
}

// want fails unless err is of a kind and its text holds a part; kind 0 and part "" want none.
func want(t *testing.T, what string, err error, kind fault.Kind, part string) {
	t.Helper()
	if part == "" {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		return
	}
	if !fault.Is(err, kind) || !strings.Contains(err.Error(), part) {
		t.Errorf("%s: got %v, want %q", what, err, part)
	}
}

func TestMay(t *testing.T) {
	all := []access.Permission{access.Anyone, access.ReadCatalog, access.WriteCatalog, access.ReadCatalogKeys, access.ReadStudio, access.WriteStudio,
		access.ReadStudioKeys, access.ReadMetrics, access.AdministerPeople, access.AdministerService}
	for role, granted := range map[access.Role][]access.Permission{
		"":                   {access.Anyone},
		access.Administrator: all,
		access.Publisher:     {access.Anyone, access.ReadCatalog, access.WriteCatalog, access.ReadCatalogKeys, access.ReadStudio, access.ReadMetrics},
		access.DataScientist: {access.Anyone, access.ReadStudio, access.WriteStudio, access.ReadStudioKeys, access.ReadCatalog},
		access.Viewer:        {access.Anyone, access.ReadCatalog, access.ReadStudio, access.ReadMetrics},
	} {
		for _, p := range all {
			granted := strings.Contains(" "+join(granted)+" ", " "+string(p)+" ")
			if got := access.May(access.Principal{Name: "x", Roles: []access.Role{role}}, p); got != granted {
				t.Errorf("%s %s: %v, want %v", role, p, got, granted)
			}
		}
	}
}

func join(p []access.Permission) string {
	var b strings.Builder
	for _, s := range p {
		b.WriteString(" " + string(s))
	}
	return b.String()
}

func TestFirstContent(t *testing.T) {
	records, keys := newRecords(t)
	ctx := context.Background()
	r, err := records.Get(ctx, access.SubscriptionPath(access.MasterSubscription))
	if err != nil {
		t.Fatal(err)
	}
	master, err := access.LoadSubscription(keys, r)
	if err != nil || !master.AllAPIs() || master.State != access.Active || len(master.PrimaryKey) != 32 || master.PrimaryKey == master.SecondaryKey {
		t.Errorf("master: %+v, %v", master, err)
	}
	if strings.Contains(string(r.Body), master.PrimaryKey) {
		t.Error("the key is stored in the clear")
	}
	if created, err := access.EnsureFirstContent(ctx, records, keys, service); err != nil || created {
		t.Errorf("a second time: %v, %v", created, err)
	}
	if _, err := access.EnsureFirstContent(ctx, records, keys, catalog.Service{}); err == nil {
		t.Error("an instance without a name was accepted")
	}
}
