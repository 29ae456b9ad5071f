package arm_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	apim "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/apimanagement/armapimanagement/v3"
)

func TestSDKProducts(t *testing.T) {
	onBothTransports(t, func(t *testing.T, sdk *apim.ClientFactory) {
		c := sdk.NewProductClient()
		gold := apim.ProductContract{Properties: &apim.ProductContractProperties{
			DisplayName: to.Ptr("Gold"), State: to.Ptr(apim.ProductStatePublished), SubscriptionsLimit: to.Ptr[int32](3), Terms: to.Ptr("Be kind."),
		}}
		lifecycle{
			create: func(match *string) error {
				_, err := c.CreateOrUpdate(ctx, group, service, "gold", gold, &apim.ProductClientCreateOrUpdateOptions{IfMatch: match})
				return err
			},
			read: func() (string, *string, error) {
				r, err := c.Get(ctx, group, service, "gold", nil)
				if err != nil {
					return "", nil, err
				}
				p := r.Properties
				return fmt.Sprint(*r.ID, " ", *r.Type, " ", *p.DisplayName, " ", *p.State, " ", *p.SubscriptionRequired, " ", *p.ApprovalRequired, " ", *p.SubscriptionsLimit, " ", *p.Terms), r.ETag, nil
			},
			tag: func() (*string, error) {
				r, err := c.GetEntityTag(ctx, group, service, "gold", nil)
				return r.ETag, err
			},
			patch: func(match string) error {
				_, err := c.Update(ctx, group, service, "gold", match, apim.ProductUpdateParameters{Properties: &apim.ProductUpdateProperties{State: to.Ptr(apim.ProductStateNotPublished), ApprovalRequired: to.Ptr(true)}}, nil)
				return err
			},
			remove: func(match string) error {
				_, err := c.Delete(ctx, group, service, "gold", match, nil)
				return err
			},
			first:  servicePath + "/products/gold Microsoft.ApiManagement/service/products Gold published true false 3 Be kind.",
			second: servicePath + "/products/gold Microsoft.ApiManagement/service/products Gold notPublished true true 3 Be kind.",
		}.run(t)
		if _, err := c.CreateOrUpdate(ctx, group, service, "gold", gold, nil); err != nil {
			t.Fatal(err)
		}
		list := func(o apim.ProductClientListByServiceOptions) []string {
			names, _ := all(t, c.NewListByServicePager(group, service, &o), func(p apim.ProductClientListByServiceResponse) []*apim.ProductContract { return p.Value }, func(p *apim.ProductContract) string { return *p.Name })
			return names
		}
		wantNames(t, "one by one", list(apim.ProductClientListByServiceOptions{Top: to.Ptr[int32](1)}), "starter", "unlimited", "gold")
		wantNames(t, "filtered", list(apim.ProductClientListByServiceOptions{Filter: to.Ptr("not (displayName eq 'Starter') and substringof('lim', name)")}), "unlimited")
	})
}

func TestSDKProductLinks(t *testing.T) {
	onBothTransports(t, func(t *testing.T, sdk *apim.ClientFactory) {
		createAPI(t, sdk, "demo")
		apis, groups := sdk.NewProductAPIClient(), sdk.NewProductGroupClient()
		inStarter := func() []string {
			names, _ := all(t, apis.NewListByProductPager(group, service, "starter", &apim.ProductAPIClientListByProductOptions{Top: to.Ptr[int32](1)}), func(p apim.ProductAPIClientListByProductResponse) []*apim.APIContract { return p.Value }, func(a *apim.APIContract) string { return *a.ID + " " + *a.Type + " " + *a.Properties.Path })
			return names
		}
		const link = "/products/starter/apis/"
		echo, demo := servicePath+link+"echo-api Microsoft.ApiManagement/service/products/apis echo", servicePath+link+"demo Microsoft.ApiManagement/service/products/apis demo"
		_, err := apis.CheckEntityExists(ctx, group, service, "starter", "demo", nil)
		wantStatus(t, "before", err, http.StatusNotFound)
		for range 2 {
			put, err := apis.CreateOrUpdate(ctx, group, service, "Starter", "DEMO", nil)
			if err != nil || *put.Name != "demo" || *put.Properties.DisplayName != "DEMO" {
				t.Fatalf("got %+v, %v", put, err)
			}
		}
		if _, err := apis.CheckEntityExists(ctx, group, service, "starter", "demo", nil); err != nil {
			t.Error(err)
		}
		wantNames(t, "in Starter", inStarter(), echo, demo)
		products, _ := all(t, sdk.NewAPIProductClient().NewListByApisPager(group, service, "echo-api", &apim.APIProductClientListByApisOptions{Filter: to.Ptr("state eq 'published'")}), func(p apim.APIProductClientListByApisResponse) []*apim.ProductContract { return p.Value }, func(p *apim.ProductContract) string { return *p.ID })
		wantNames(t, "products of the Echo API", products, servicePath+"/products/starter", servicePath+"/products/unlimited")
		for range 2 {
			if _, err := apis.Delete(ctx, group, service, "starter", "demo", nil); err != nil {
				t.Fatal(err)
			}
		}
		wantNames(t, "without it", inStarter(), echo)

		seeStarter := func() []string {
			names, _ := all(t, groups.NewListByProductPager(group, service, "starter", nil), func(p apim.ProductGroupClientListByProductResponse) []*apim.GroupContract { return p.Value }, func(g *apim.GroupContract) string { return *g.Properties.DisplayName })
			return names
		}
		wantNames(t, "groups", seeStarter(), "Administrators", "Developers", "Guests")
		if _, err := groups.Delete(ctx, group, service, "starter", "guests", nil); err != nil {
			t.Fatal(err)
		}
		_, err = groups.CheckEntityExists(ctx, group, service, "starter", "guests", nil)
		wantStatus(t, "guests", err, http.StatusNotFound)
		wantNames(t, "without guests", seeStarter(), "Administrators", "Developers")
		if _, err := groups.CreateOrUpdate(ctx, group, service, "starter", "guests", nil); err != nil {
			t.Fatal(err)
		}
		wantNames(t, "with guests again", seeStarter(), "Administrators", "Developers", "Guests")
	})
}

func TestSDKGroups(t *testing.T) {
	onBothTransports(t, func(t *testing.T, sdk *apim.ClientFactory) {
		c := sdk.NewGroupClient()
		lifecycle{
			create: func(match *string) error {
				_, err := c.CreateOrUpdate(ctx, group, service, "partners", apim.GroupCreateParameters{Properties: &apim.GroupCreateParametersProperties{DisplayName: to.Ptr("Partners"), Description: to.Ptr("From outside.")}}, &apim.GroupClientCreateOrUpdateOptions{IfMatch: match})
				return err
			},
			read: func() (string, *string, error) {
				r, err := c.Get(ctx, group, service, "partners", nil)
				if err != nil {
					return "", nil, err
				}
				return fmt.Sprint(*r.ID, " ", *r.Type, " ", *r.Properties.DisplayName, " ", *r.Properties.Type, " ", *r.Properties.BuiltIn, " ", *r.Properties.Description), r.ETag, nil
			},
			tag: func() (*string, error) {
				r, err := c.GetEntityTag(ctx, group, service, "partners", nil)
				return r.ETag, err
			},
			patch: func(match string) error {
				_, err := c.Update(ctx, group, service, "partners", match, apim.GroupUpdateParameters{Properties: &apim.GroupUpdateParametersProperties{DisplayName: to.Ptr("Friends")}}, nil)
				return err
			},
			remove: func(match string) error {
				_, err := c.Delete(ctx, group, service, "partners", match, nil)
				return err
			},
			first:  servicePath + "/groups/partners Microsoft.ApiManagement/service/groups Partners custom false From outside.",
			second: servicePath + "/groups/partners Microsoft.ApiManagement/service/groups Friends custom false From outside.",
		}.run(t)
		names, _ := all(t, c.NewListByServicePager(group, service, nil), func(p apim.GroupClientListByServiceResponse) []*apim.GroupContract { return p.Value }, func(g *apim.GroupContract) string {
			return fmt.Sprint(*g.Name, " ", *g.Properties.Type, " ", *g.Properties.BuiltIn)
		})
		wantNames(t, "groups", names, "administrators system true", "developers system true", "guests system true")
	})
}

func TestSDKSubscriptions(t *testing.T) {
	onBothTransports(t, func(t *testing.T, sdk *apim.ClientFactory) {
		c := sdk.NewSubscriptionClient()
		body := apim.SubscriptionCreateParameters{Properties: &apim.SubscriptionCreateParameterProperties{
			DisplayName: to.Ptr("Demo"), Scope: to.Ptr(servicePath + "/products/Starter"), State: to.Ptr(apim.SubscriptionStateActive), PrimaryKey: to.Ptr("first-key"),
		}}
		lifecycle{
			create: func(match *string) error {
				_, err := c.CreateOrUpdate(ctx, group, service, "demo", body, &apim.SubscriptionClientCreateOrUpdateOptions{IfMatch: match, Notify: to.Ptr(false)})
				return err
			},
			read: func() (string, *string, error) {
				r, err := c.Get(ctx, group, service, "demo", nil)
				if err != nil {
					return "", nil, err
				}
				p := r.Properties
				if p.PrimaryKey != nil || p.SecondaryKey != nil || p.CreatedDate.IsZero() || p.StartDate == nil {
					t.Errorf("read %+v", p)
				}
				return fmt.Sprint(*r.ID, " ", *r.Type, " ", *p.DisplayName, " ", *p.Scope, " ", *p.State, " ", *p.AllowTracing), r.ETag, nil
			},
			tag: func() (*string, error) {
				r, err := c.GetEntityTag(ctx, group, service, "demo", nil)
				return r.ETag, err
			},
			patch: func(match string) error {
				_, err := c.Update(ctx, group, service, "demo", match, apim.SubscriptionUpdateParameters{Properties: &apim.SubscriptionUpdateParameterProperties{State: to.Ptr(apim.SubscriptionStateSuspended), Scope: to.Ptr("/apis")}}, nil)
				return err
			},
			remove: func(match string) error {
				_, err := c.Delete(ctx, group, service, "demo", match, nil)
				return err
			},
			first:  servicePath + "/subscriptions/demo Microsoft.ApiManagement/service/subscriptions Demo " + servicePath + "/products/starter active false",
			second: servicePath + "/subscriptions/demo Microsoft.ApiManagement/service/subscriptions Demo " + servicePath + "/apis suspended false",
		}.run(t)

		if _, err := c.CreateOrUpdate(ctx, group, service, "demo", body, nil); err != nil {
			t.Fatal(err)
		}
		secrets := func() (string, string) {
			t.Helper()
			r, err := c.ListSecrets(ctx, group, service, "demo", nil)
			if err != nil {
				t.Fatal(err)
			}
			return *r.PrimaryKey, *r.SecondaryKey
		}
		primary, secondary := secrets()
		if primary != "first-key" || len(secondary) != 32 {
			t.Errorf("keys %q and %q", primary, secondary)
		}
		if _, err := c.RegeneratePrimaryKey(ctx, group, service, "demo", nil); err != nil {
			t.Fatal(err)
		}
		if p, s := secrets(); p == primary || len(p) != 32 || s != secondary {
			t.Errorf("after regeneratePrimaryKey: %q and %q", p, s)
		}
		if _, err := c.RegenerateSecondaryKey(ctx, group, service, "demo", nil); err != nil {
			t.Fatal(err)
		}
		p, s := secrets()
		if s == secondary {
			t.Errorf("after regenerateSecondaryKey: %q", s)
		}
		if _, err := c.Update(ctx, group, service, "demo", "*", apim.SubscriptionUpdateParameters{Properties: &apim.SubscriptionUpdateParameterProperties{DisplayName: to.Ptr("Renamed")}}, nil); err != nil {
			t.Fatal(err)
		}
		if p2, s2 := secrets(); p2 != p || s2 != s {
			t.Error("a PATCH without keys changed them")
		}
		other := apim.SubscriptionCreateParameters{Properties: &apim.SubscriptionCreateParameterProperties{DisplayName: to.Ptr("Other"), Scope: to.Ptr("/apis/echo-api"), SecondaryKey: to.Ptr(p)}}
		_, err := c.CreateOrUpdate(ctx, group, service, "other", other, nil)
		wantStatus(t, "a key that is taken", err, http.StatusBadRequest)
		other.Properties.SecondaryKey = nil
		created, err := c.CreateOrUpdate(ctx, group, service, "other", other, nil)
		if err != nil || *created.Properties.State != apim.SubscriptionStateSubmitted {
			t.Errorf("without a state: %+v, %v", created.Properties, err)
		}
		list := func(filter string) []string {
			names, _ := all(t, c.NewListPager(group, service, &apim.SubscriptionClientListOptions{Filter: &filter, Top: to.Ptr[int32](1)}), func(p apim.SubscriptionClientListResponse) []*apim.SubscriptionContract { return p.Value }, func(s *apim.SubscriptionContract) string { return *s.Name })
			return names
		}
		wantNames(t, "all", list(""), "master", "demo", "other")
		wantNames(t, "active", list("state eq 'active'"), "master", "demo")
		wantNames(t, "of a product", list("productId eq 'starter' and userId eq null"), "demo")
		wantNames(t, "since", list("createdDate lt 2020-01-01T00:00:00Z"))
		starter, _ := all(t, sdk.NewProductSubscriptionsClient().NewListPager(group, service, "starter", nil), func(p apim.ProductSubscriptionsClientListResponse) []*apim.SubscriptionContract { return p.Value }, func(s *apim.SubscriptionContract) string { return *s.Properties.DisplayName })
		wantNames(t, "of Starter", starter, "Renamed")
	})
}

func TestSDKDeletesCascade(t *testing.T) {
	onBothTransports(t, func(t *testing.T, sdk *apim.ClientFactory) {
		subscriptions := sdk.NewSubscriptionClient()
		for id, scope := range map[string]string{"api": "/apis/echo-api", "product": "/products/starter"} {
			if _, err := subscriptions.CreateOrUpdate(ctx, group, service, id, apim.SubscriptionCreateParameters{Properties: &apim.SubscriptionCreateParameterProperties{DisplayName: &id, Scope: &scope}}, nil); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := done(sdk.NewAPIClient().BeginDelete(ctx, group, service, "echo-api", "*", nil)); err != nil {
			t.Fatal(err)
		}
		_, err := sdk.NewAPIOperationPolicyClient().Get(ctx, group, service, "echo-api", "retrieve-resource-cached", apim.PolicyIDNamePolicy, nil)
		wantStatus(t, "the API's operation's policy", err, http.StatusNotFound)
		_, err = sdk.NewProductAPIClient().CheckEntityExists(ctx, group, service, "unlimited", "echo-api", nil)
		wantStatus(t, "the API's place in a product", err, http.StatusNotFound)
		_, err = subscriptions.Get(ctx, group, service, "api", nil)
		wantStatus(t, "the API's subscription", err, http.StatusNotFound)

		products := sdk.NewProductClient()
		_, err = products.Delete(ctx, group, service, "starter", "*", nil)
		wantStatus(t, "a product with subscriptions", err, http.StatusBadRequest)
		if _, err := subscriptions.Get(ctx, group, service, "product", nil); err != nil {
			t.Errorf("after a refused deletion: %v", err)
		}
		if _, err := products.Delete(ctx, group, service, "starter", "*", &apim.ProductClientDeleteOptions{DeleteSubscriptions: to.Ptr(true)}); err != nil {
			t.Fatal(err)
		}
		_, err = subscriptions.Get(ctx, group, service, "product", nil)
		wantStatus(t, "the product's subscription", err, http.StatusNotFound)
	})
}
