package arm_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	apim "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/apimanagement/armapimanagement/v3"

	"portico/internal/mail"
)

func TestSDKPortal(t *testing.T) {
	runKinds(t, map[string]kind{
		"identity providers": {client: func(s *apim.ClientFactory) any { return s.NewIdentityProviderClient() }, ids: []string{"google"},
			create: `{"type":"google","clientId":"id","clientSecret":"s3cret"}`, patch: `{"clientId":"id2"}`, differ: []string{"clientSecret"}, hidden: "s3cret"},
		"authorization servers": {client: func(s *apim.ClientFactory) any { return s.NewAuthorizationServerClient() }, ids: []string{"login"},
			create: `{"displayName":"Login","clientRegistrationEndpoint":"https://l.example.com/apps","authorizationEndpoint":"https://l.example.com/auth","tokenEndpoint":"https://l.example.com/token",
				"grantTypes":["authorizationCode","clientCredentials"],"clientId":"id","clientSecret":"s3cret-a","resourceOwnerUsername":"ann","resourceOwnerPassword":"s3cret-b","authorizationMethods":["GET","POST"],
				"clientAuthenticationMethod":["Basic"],"bearerTokenSendingMethods":["authorizationHeader"],"tokenBodyParameters":[{"name":"tenant","value":"t"}]}`,
			patch: `{"defaultScope":"read"}`, differ: []string{"clientSecret", "resourceOwnerPassword"}, hidden: "s3cret"},
		"OpenID providers": {client: func(s *apim.ClientFactory) any { return s.NewOpenIDConnectProviderClient() }, ids: []string{"oidc"},
			create: `{"displayName":"OIDC","metadataEndpoint":"https://o.example.com/.well-known/openid-configuration","clientId":"id","clientSecret":"s3cret"}`,
			patch:  `{"description":"d"}`, differ: []string{"clientSecret"}, hidden: "s3cret"},
		"e-mail templates": {client: func(s *apim.ClientFactory) any { return s.NewEmailTemplateClient() }, ids: []string{"newDeveloperNotificationMessage"}, initial: true,
			create: `{"subject":"Hello $DevFirstName","body":"<p>Hello</p>"}`, patch: `{"subject":"Good day $DevFirstName"}`, shown: `{"isDefault":false,"title":"Welcome"}`},
		"content items": {client: func(s *apim.ClientFactory) any { return s.NewContentItemClient() }, ids: []string{"page", "home"},
			before: []string{`/contentTypes/page {"name":"Page","version":"1.0.0"}`}, create: `{"en_us":{"title":"Home"}}`},
		"content types": {client: func(s *apim.ClientFactory) any { return s.NewContentTypeClient() }, ids: []string{"page"},
			create: `{"id":"page","name":"Page","description":"d","version":"1.0.0","schema":{"type":"object"}}`},
		"sign-in settings": {client: func(s *apim.ClientFactory) any { return s.NewSignInSettingsClient() }, name: "signin", initial: true,
			create: `{"enabled":true}`, patch: `{"enabled":false}`},
		"sign-up settings": {client: func(s *apim.ClientFactory) any { return s.NewSignUpSettingsClient() }, name: "signup", initial: true,
			create: `{"enabled":true,"termsOfService":{"text":"Be kind.","enabled":true,"consentRequired":true}}`, patch: `{"enabled":false}`},
		"delegation settings": {client: func(s *apim.ClientFactory) any { return s.NewDelegationSettingsClient() }, name: "delegation", initial: true,
			create: `{"url":"https://sso.example.com/in","validationKey":"c2l4dGVlbiBieXRlcyBsb25n","subscriptions":{"enabled":true},"userRegistration":{"enabled":false}}`,
			patch:  `{"userRegistration":{"enabled":true}}`, differ: []string{"validationKey"}, hidden: "c2l4dGVlbiBieXRlcyBsb25n"},
		"portal configurations": {client: func(s *apim.ClientFactory) any { return s.NewPortalConfigClient() }, ids: []string{"default"}, initial: true,
			create: `{"enableBasicAuth":false,"signin":{"require":true},"signup":{"termsOfService":{"text":"Be kind.","requireConsent":true}},
				"delegation":{"delegateRegistration":true,"delegateSubscription":false,"delegationUrl":"https://sso.example.com/in","validationKey":"c2l4dGVlbiBieXRlcyBsb25n"},
				"cors":{"allowedOrigins":["https://portal.example.com"]},"csp":{"mode":"reportOnly","reportUri":["https://r.example.com"],"allowedSources":["*.example.com"]}}`,
			patch: `{"enableBasicAuth":true}`, differ: []string{"delegation"}, shown: `{"delegation":{"delegateRegistration":true,"delegateSubscription":false,"delegationUrl":"https://sso.example.com/in"}}`, hidden: "c2l4dGVlbiBieXRlcyBsb25n"},
		"portal revisions": {client: func(s *apim.ClientFactory) any { return s.NewPortalRevisionClient() }, ids: []string{"20261124"},
			create: `{"description":"First","isCurrent":true}`, patch: `{"description":"Best"}`, shown: `{"status":"completed"}`, created: true},
	})
}

func TestSDKPortalSecrets(t *testing.T) {
	f := newFixture(t)
	sdk := f.sdk(t, false)
	f.put(t, "/identityProviders/google", `{"clientId":"id","clientSecret":"one"}`)
	f.put(t, "/openidConnectProviders/o", `{"displayName":"O","metadataEndpoint":"https://o.example.com/","clientId":"id","clientSecret":"two"}`)
	f.put(t, "/openidConnectProviders/o", `{"displayName":"Changed","metadataEndpoint":"https://o.example.com/","clientId":"id"}`)
	if r, err := sdk.NewIdentityProviderClient().ListSecrets(ctx, group, service, apim.IdentityProviderTypeGoogle, nil); err != nil || *r.ClientSecret != "one" {
		t.Errorf("got %+v, %v", r, err)
	}
	if r, err := sdk.NewOpenIDConnectProviderClient().ListSecrets(ctx, group, service, "o", nil); err != nil || *r.ClientSecret != "two" {
		t.Errorf("got %+v, %v", r, err)
	}
	f.put(t, "/portalsettings/delegation", `{"url":"https://sso.example.com/"}`)
	first, err := sdk.NewDelegationSettingsClient().ListSecrets(ctx, group, service, nil)
	if err != nil || len(*first.ValidationKey) < 16 {
		t.Errorf("a key is drawn where there is none: got %+v, %v", first, err)
	}
	list, err := sdk.NewPortalSettingsClient().ListByService(ctx, group, service, nil)
	if err != nil || len(list.Value) != 3 || *list.Value[2].Properties.URL != "https://sso.example.com/" {
		t.Errorf("got %+v, %v", list, err)
	}
}

func TestSDKTenantAccess(t *testing.T) {
	f := newFixture(t)
	sdk := f.sdk(t, false)
	c := sdk.NewTenantAccessClient()
	secrets := func() apim.AccessInformationSecretsContract {
		t.Helper()
		r, err := c.ListSecrets(ctx, group, service, apim.AccessIDNameAccess, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r.AccessInformationSecretsContract
	}
	first := secrets()
	if second := secrets(); *first.PrimaryKey != *second.PrimaryKey || *first.Enabled {
		t.Errorf("the keys are drawn anew: %v, then %v", first, second)
	}
	if _, err := c.Create(ctx, group, service, apim.AccessIDNameAccess, "*", apim.AccessInformationCreateParameters{Properties: &apim.AccessInformationCreateParameterProperties{Enabled: to.Ptr(true)}}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := c.RegeneratePrimaryKey(ctx, group, service, apim.AccessIDNameAccess, nil); err != nil {
		t.Fatal(err)
	}
	after := secrets()
	if *after.PrimaryKey == *first.PrimaryKey || *after.SecondaryKey != *first.SecondaryKey || !*after.Enabled {
		t.Errorf("after regenerating: %+v, before %+v", after, first)
	}
	if _, err := c.Update(ctx, group, service, apim.AccessIDNameAccess, `"stale"`, apim.AccessInformationUpdateParameters{}, nil); err == nil {
		t.Error("a stale version was changed")
	}
	if r, err := c.Get(ctx, group, service, apim.AccessIDNameGitAccess, nil); err != nil || *r.Properties.ID != "gitAccess" {
		t.Errorf("got %+v, %v", r.Properties, err)
	}
	if _, err := sdk.NewTenantAccessGitClient().RegenerateSecondaryKey(ctx, group, service, apim.AccessIDNameGitAccess, nil); err != nil {
		t.Error(err)
	}
}

func TestSDKNotifications(t *testing.T) {
	f := newFixture(t)
	sdk := f.sdk(t, false)
	f.put(t, "/users/ann", aUser)
	name := apim.NotificationNameRequestPublisherNotificationMessage
	emails, users := sdk.NewNotificationRecipientEmailClient(), sdk.NewNotificationRecipientUserClient()
	if r, err := emails.CheckEntityExists(ctx, group, service, name, "ann+news@example.com", nil); err != nil || r.Success {
		t.Errorf("before: %+v, %v", r, err)
	}
	if r, err := emails.CreateOrUpdate(ctx, group, service, name, "ann+news@example.com", nil); err != nil || *r.Properties.Email != "ann+news@example.com" {
		t.Fatalf("got %+v, %v", r, err)
	}
	_, err := emails.CreateOrUpdate(ctx, group, service, name, "nobody", nil)
	wantStatus(t, "no address", err, http.StatusBadRequest)
	if r, err := users.CreateOrUpdate(ctx, group, service, name, "ann", nil); err != nil || !strings.HasSuffix(*r.Properties.UserID, "/users/ann") {
		t.Fatalf("got %+v, %v", r, err)
	}
	if r, err := emails.CheckEntityExists(ctx, group, service, name, "ann+news@example.com", nil); err != nil || !r.Success {
		t.Errorf("after: %+v, %v", r, err)
	}
	got, err := sdk.NewNotificationClient().Get(ctx, group, service, name, nil)
	if err != nil || len(got.Properties.Recipients.Emails) != 1 || len(got.Properties.Recipients.Users) != 1 {
		t.Errorf("got %+v, %v", got.Properties, err)
	}
	if _, err := sdk.NewNotificationClient().CreateOrUpdate(ctx, group, service, name, nil); err != nil {
		t.Error(err)
	}
	names, _ := all(t, sdk.NewNotificationClient().NewListByServicePager(group, service, nil), func(p apim.NotificationClientListByServiceResponse) []*apim.NotificationContract { return p.Value }, func(n *apim.NotificationContract) string { return *n.Name })
	wantNames(t, "notifications", names, mail.NotificationNames()...)
	var contract []string
	for _, n := range apim.PossibleTemplateNameValues() {
		contract = append(contract, string(n))
	}
	for _, n := range contract {
		if _, err := sdk.NewEmailTemplateClient().Get(ctx, group, service, apim.TemplateName(n), nil); err != nil {
			t.Errorf("the template %s: %v", n, err)
		}
	}
	if _, err := done(sdk.NewUserClient().BeginDelete(ctx, group, service, "ann", "*", nil)); err != nil {
		t.Fatal(err)
	}
	if r, err := users.CheckEntityExists(ctx, group, service, name, "ann", nil); err != nil || r.Success {
		t.Errorf("a user who was deleted is a recipient: %+v, %v", r, err)
	}
}

func TestSDKInstance(t *testing.T) {
	f := newFixture(t)
	sdk := f.sdk(t, false)
	for name, want := range map[string]apim.NameAvailabilityReason{"portico": apim.NameAvailabilityReasonAlreadyExists, "9": apim.NameAvailabilityReasonInvalid, "other": apim.NameAvailabilityReasonValid} {
		r, err := sdk.NewServiceClient().CheckNameAvailability(ctx, apim.ServiceCheckNameAvailabilityParameters{Name: to.Ptr(name)}, nil)
		if err != nil || *r.Reason != want || *r.NameAvailable != (want == apim.NameAvailabilityReasonValid) {
			t.Errorf("%s: got %+v, %v", name, r, err)
		}
	}
	regions, err := sdk.NewRegionClient().NewListByServicePager(group, service, nil).NextPage(ctx)
	if err != nil || len(regions.Value) != 1 || *regions.Value[0].Name != "South Central US" {
		t.Errorf("got %+v, %v", regions, err)
	}
	skus, err := sdk.NewServiceSKUsClient().NewListAvailableServiceSKUsPager(group, service, nil).NextPage(ctx)
	if err != nil || len(skus.Value) != 8 || *skus.Value[3].SKU.Name != apim.SKUTypeDeveloper {
		t.Errorf("got %+v, %v", skus, err)
	}
	if r, err := sdk.NewNetworkStatusClient().ListByLocation(ctx, group, service, "southcentralus", nil); err != nil || *r.ConnectivityStatus[0].Status != apim.ConnectivityStatusTypeSuccess {
		t.Errorf("got %+v, %v", r, err)
	}
	if r, err := sdk.NewNetworkStatusClient().ListByService(ctx, group, service, nil); err != nil || len(r.NetworkStatusContractByLocationArray) != 1 {
		t.Errorf("got %+v, %v", r, err)
	}
	if r, err := sdk.NewTenantSettingsClient().Get(ctx, group, service, apim.SettingsTypeNamePublic, nil); err != nil || *r.Properties.Settings["GatewayUrl"] != "http://127.0.0.1:8080" {
		t.Errorf("got %+v, %v", r, err)
	}
	f.put(t, "/policyFragments/common", `{"value":"<fragment />"}`)
	f.put(t, "/apis/echo-api/policies/policy", `{"format":"rawxml","value":"<policies><inbound><include-fragment fragment-id=\"common\" /></inbound><backend><base /></backend><outbound /><on-error /></policies>"}`)
	if r, err := sdk.NewPolicyFragmentClient().ListReferences(ctx, group, service, "common", nil); err != nil || len(r.Value) != 1 || !strings.HasSuffix(*r.Value[0].ID, "/apis/echo-api/policies/policy") {
		t.Errorf("got %+v, %v", r, err)
	}
	if w := f.call(t, http.MethodDelete, "/policyFragments/common", "", "If-Match: *"); w.Code != http.StatusBadRequest {
		t.Errorf("deleted a fragment in use: %d", w.Code)
	}
	policies, err := sdk.NewAllPoliciesClient().NewListByServicePager(group, service, nil).NextPage(ctx)
	if err != nil || len(policies.Value) != 4 {
		t.Errorf("got %d policies, %v", len(policies.Value), err)
	}
	if w := f.call(t, http.MethodPost, "/validatePolicies", ""); w.Code != http.StatusOK {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

func TestRefusedPortal(t *testing.T) {
	checkRefusals(t, []refusal{
		{"PUT", "/identityProviders/other", `{"properties":{}}`, nil, 404, "Identity provider not found: other. There are aad, aadB2C"},
		{"PUT", "/identityProviders/google", `{"properties":{"clientId":"id"}}`, nil, 400, "clientSecret must be 1 to 1024 characters"},
		{"PUT", "/authorizationServers/a", `{"properties":{"displayName":"A","clientId":"c","clientRegistrationEndpoint":"x","authorizationEndpoint":"https://a/","grantTypes":["magic"]}}`, nil, 400, `"magic" is not a value of grantTypes`},
		{"PUT", "/templates/newDeveloperNotificationMessage", `{"properties":{"subject":"Hi\r\nBcc: x@y.z"}}`, nil, 400, "it must be one line"},
		{"PUT", "/templates/other", `{"properties":{}}`, nil, 404, "E-mail template not found: other."},
		{"PUT", "/notifications/other", `{"properties":{}}`, nil, 404, "Notification not found: other."},
		{"PUT", "/notifications/BCC/recipientEmails/a%0d%0ab@c.d", "", nil, 400, "is not an e-mail address"},
		{"PUT", "/notifications/BCC/recipientUsers/gone", "", nil, 404, "User not found: gone."},
		{"PUT", "/portalsettings/signup", `{"properties":{"termsOfService":{"consentRequired":true}}}`, nil, 400, "Nobody can agree to terms that are not shown"},
		{"PUT", "/portalsettings/delegation", `{"properties":{"subscriptions":{"enabled":true}}}`, nil, 400, "url"},
		{"PUT", "/portalsettings/delegation", `{"properties":{"url":"https://a/","validationKey":"short"}}`, nil, 400, "validationKey must be base64 of at least 16 bytes"},
		{"PUT", "/contentTypes/gone/contentItems/i", `{"properties":{}}`, nil, 404, "Content type not found: gone."},
	})
}
