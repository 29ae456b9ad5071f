package arm_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	apim "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/apimanagement/armapimanagement/v3"

	"portico/internal/access"
)

const aUser = `{"email":"ann@example.com","firstName":"Ann","lastName":"Lee","note":"first","password":"correct horse battery"}`

func TestSDKPeople(t *testing.T) {
	runKinds(t, map[string]kind{
		"users": {
			client: func(sdk *apim.ClientFactory) any { return sdk.NewUserClient() }, ids: []string{"ann"},
			create: aUser, patch: `{"state":"blocked","note":"second"}`, differ: []string{"password"}, hidden: "argon2",
			shown: `{"identities":[{"provider":"Basic","id":"ann@example.com"}]}`,
		},
		"groups": {
			client: func(sdk *apim.ClientFactory) any { return sdk.NewGroupClient() }, ids: []string{"partners"},
			create: `{"displayName":"Partners","description":"d"}`, patch: `{"description":"e"}`,
		},
	})
}

// TestSDKMembership: a user comes into groups, and takes his subscriptions with him when he goes.
func TestSDKMembership(t *testing.T) {
	f := newFixture(t)
	sdk := f.sdk(t, false)
	f.put(t, "/users/ann", aUser)
	f.put(t, "/groups/partners", `{"displayName":"Partners"}`)
	members := sdk.NewGroupUserClient()
	if r, err := members.CheckEntityExists(ctx, group, service, "partners", "ann", nil); err != nil || r.Success {
		t.Errorf("before: %v, %v", r, err)
	}
	if r, err := members.Create(ctx, group, service, "partners", "Ann", nil); err != nil || *r.Properties.Email != "ann@example.com" {
		t.Fatalf("got %+v, %v", r, err)
	}
	if r, err := members.CheckEntityExists(ctx, group, service, "partners", "ann", nil); err != nil || !r.Success {
		t.Errorf("after: %v, %v", r, err)
	}
	names, _ := all(t, sdk.NewUserGroupClient().NewListPager(group, service, "ann", nil), func(p apim.UserGroupClientListResponse) []*apim.GroupContract { return p.Value }, func(g *apim.GroupContract) string { return *g.Name })
	wantNames(t, "groups of the user", names, "developers", "partners")
	names, _ = all(t, members.NewListPager(group, service, "partners", nil), func(p apim.GroupUserClientListResponse) []*apim.UserContract { return p.Value }, func(u *apim.UserContract) string { return *u.Name })
	wantNames(t, "users of the group", names, "ann")
	got, err := sdk.NewUserClient().NewListByServicePager(group, service, &apim.UserClientListByServiceOptions{ExpandGroups: to.Ptr(true), Filter: to.Ptr("email eq 'ann@example.com'")}).NextPage(ctx)
	if err != nil || len(got.Value) != 1 || len(got.Value[0].Properties.Groups) != 2 || *got.Value[0].Properties.Groups[1].DisplayName != "Partners" {
		t.Errorf("with groups: %+v, %v", got.Value, err)
	}
	for _, builtIn := range []string{"developers", "guests"} {
		_, err := members.Delete(ctx, group, service, builtIn, "ann", nil)
		if builtIn == "developers" {
			wantStatus(t, "leave "+builtIn, err, http.StatusMethodNotAllowed)
		}
		_, err = members.Create(ctx, group, service, builtIn, "ann", nil)
		if builtIn == "guests" {
			wantStatus(t, "join "+builtIn, err, http.StatusMethodNotAllowed)
		}
	}

	if w := f.call(t, http.MethodGet, "/products/starter?expandGroups=true", ""); strings.Count(w.Body.String(), `"builtIn":true`) != 3 {
		t.Errorf("the product with its groups: %d %s", w.Code, w.Body)
	}
	f.put(t, "/subscriptions/s1", `{"displayName":"S","scope":"/products/starter","ownerId":"/users/ann"}`)
	if r, err := sdk.NewUserSubscriptionClient().Get(ctx, group, service, "ann", "s1", nil); err != nil || !strings.HasSuffix(*r.Properties.OwnerID, "/users/ann") {
		t.Errorf("got %+v, %v", r, err)
	}
	_, err = sdk.NewUserClient().BeginDelete(ctx, group, service, "ann", "*", nil)
	wantStatus(t, "delete with subscriptions", err, http.StatusBadRequest)
	if _, err := done(sdk.NewUserClient().BeginDelete(ctx, group, service, "ann", "*", &apim.UserClientBeginDeleteOptions{DeleteSubscriptions: to.Ptr(true)})); err != nil {
		t.Fatal(err)
	}
	_, err = sdk.NewSubscriptionClient().Get(ctx, group, service, "s1", nil)
	wantStatus(t, "the subscription afterwards", err, http.StatusNotFound)
	if r, err := members.CheckEntityExists(ctx, group, service, "partners", "ann", nil); err != nil || r.Success {
		t.Errorf("membership afterwards: %v, %v", r, err)
	}
}

func TestSDKUserTokens(t *testing.T) {
	f := newFixture(t)
	f.put(t, "/users/ann", aUser)
	c := f.sdk(t, false).NewUserClient()
	token := func(key apim.KeyType, expiry time.Time) (string, error) {
		r, err := c.GetSharedAccessToken(ctx, group, service, "ann", apim.UserTokenParameters{Properties: &apim.UserTokenParameterProperties{KeyType: &key, Expiry: &expiry}}, nil)
		if err != nil {
			return "", err
		}
		return *r.Value, nil
	}
	text, err := token(apim.KeyTypeSecondary, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if _, name, err := access.UserOfToken(ctx, f.records, f.keys, text); err != nil || name != "ann" {
		t.Errorf("the token %s is for %q, %v", text, name, err)
	}
	if _, _, err := access.UserOfToken(ctx, f.records, f.keys, strings.Replace(text, "ann&", "bob&", 1)); err == nil {
		t.Error("a forged token is taken")
	}
	_, err = token(apim.KeyTypePrimary, time.Now().Add(-time.Hour))
	wantStatus(t, "a token of the past", err, http.StatusBadRequest)
	r, err := c.GenerateSsoURL(ctx, group, service, "ann", nil)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(*r.Value)
	if err != nil || u.Path != "/signin-sso" || u.Host != "127.0.0.1:8083" {
		t.Fatalf("got %s, %v", *r.Value, err)
	}
	if _, name, err := access.UserOfToken(ctx, f.records, f.keys, u.Query().Get("token")); err != nil || name != "ann" {
		t.Errorf("the address is for %q, %v", name, err)
	}
	f.put(t, "/users/ann", `{"email":"ann@example.com","firstName":"Ann","lastName":"Lee","state":"blocked"}`)
	if _, _, err := access.UserOfToken(ctx, f.records, f.keys, text); err == nil {
		t.Error("the token of a blocked user is taken")
	}
	identities, err := f.sdk(t, false).NewUserIdentitiesClient().NewListPager(group, service, "ann", nil).NextPage(ctx)
	if err != nil || len(identities.Value) != 1 || *identities.Value[0].Provider != "Basic" {
		t.Errorf("got %+v, %v", identities, err)
	}
}

func TestRefusedPeople(t *testing.T) {
	checkRefusals(t, []refusal{
		{"PUT", "/users/u", `{"properties":{"email":"nobody","firstName":"A","lastName":"B"}}`, nil, 400, `[ValidationError: email: "nobody" is not an e-mail address.]`},
		{"PUT", "/users/u", `{"properties":{"email":"a@b.c\r\nBcc: x@y.z","firstName":"A","lastName":"B"}}`, nil, 400, "email"},
		{"PUT", "/users/u", `{"properties":{"email":"a@b.c","lastName":"` + strings.Repeat("n", 101) + `"}}`, nil, 400, "[ValidationError: firstName: firstName must be 1 to 100 characters long and has 0.] [ValidationError: lastName: lastName must be 1 to 100"},
		{"PUT", "/users/u", `{"properties":{"email":"a@b.c","firstName":"A","lastName":"B","state":"asleep"}}`, nil, 400, `"asleep" is not a state`},
		{"PUT", "/users/u", `{"properties":{"email":"a@b.c","firstName":"A","lastName":"B","password":"short"}}`, nil, 400, "password: The password must have at least 12 characters."},
		{"PUT", "/groups/gone/users/u", "", nil, 404, "User not found: u."},
		{"DELETE", "/groups/administrators", "", []string{"If-Match: *"}, 405, "built in"},
		{"POST", "/users/gone/token", `{"properties":{"keyType":"primary","expiry":"2030-01-01T00:00:00Z"}}`, nil, 404, "User not found: gone."},
		{"PUT", "/subscriptions/s", `{"properties":{"displayName":"S","scope":"/apis","ownerId":"/users/gone"}}`, nil, 400, "ownerId"},
	})
}
