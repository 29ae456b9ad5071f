package console_test

import (
	"context"
	"strings"
	"testing"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/openid/openidtest"
)

// TestOpenIDConnect signs the staff in at a real provider; those who are no staff stay out.
func TestOpenIDConnect(t *testing.T) {
	f := newFixture(t)
	ctx := context.Background()
	issuer := openidtest.Start(t, f.url+"/signin/corp/callback")
	for name, audience := range map[string]string{"corp": access.SignInStaff, "public": access.SignInDevelopers} {
		p := access.OpenIDProvider{DisplayName: "The " + name, MetadataEndpoint: issuer, ClientID: openidtest.ClientID, ClientSecret: openidtest.ClientSecret, SignIn: []string{audience}}
		if _, err := f.records.Apply(ctx, catalog.Seal(f.keys, "/openidConnectProviders/"+name, &p, "")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.admins.Add(ctx, "bob@example.com", []access.Role{access.Publisher}); err != nil {
		t.Fatal(err)
	}
	page := f.visit(t, "/signin?next=/?x=1", nil)
	page.want(t, "the sign-in page", 200, "/signin?next=/?x=1", `href="/signin/corp?next=%2f%3fx%3d1"`, "Sign in with The corp")
	if strings.Contains(page.body, "The public") {
		t.Error("the staff are offered the developers' provider")
	}
	bob := openidtest.NewBrowser(t)
	if p := bob.SignIn(f.url+"/signin/corp?next=/?x=1", "bob"); p.URL.RequestURI() != "/?x=1" || !strings.Contains(p.Body, "publisher bob@example.com") {
		t.Errorf("bob came to %s: %s", p.URL, p.Body)
	}
	for _, stranger := range []string{"eve", "unverified"} {
		b := openidtest.NewBrowser(t)
		if p := b.SignIn(f.url+"/signin/corp", stranger); p.Status != 403 || !strings.Contains(p.Body, "Nobody of the staff") {
			t.Errorf("%s came to %s: %d %s", stranger, p.URL, p.Status, p.Body)
		}
		if p := b.Open(f.url + "/session"); p.Status != 401 {
			t.Errorf("%s is signed in: %s", stranger, p.Body)
		}
	}
	if p := openidtest.NewBrowser(t).Open(f.url + "/signin/public"); p.Status != 404 {
		t.Errorf("the developers' provider: %d", p.Status)
	}
}
