package arm_test

import (
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	apim "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/apimanagement/armapimanagement/v3"
)

// The same document for each scope, as it is sent and as readers get it.
const (
	rawPolicy     = `<policies><inbound><base /><set-header name="X"><value>a & b</value></set-header></inbound></policies>`
	escapedPolicy = `<policies><inbound><base /><set-header name="X"><value>a &amp; b</value></set-header></inbound></policies>`
	policyName    = apim.PolicyIDNamePolicy
)

func policyBody() apim.PolicyContract {
	return apim.PolicyContract{Properties: &apim.PolicyContractProperties{Format: to.Ptr(apim.PolicyContentFormatRawxml), Value: to.Ptr(rawPolicy)}}
}

func showPolicy(id, typ *string, p *apim.PolicyContractProperties) string {
	return *id + " " + *typ + " " + string(*p.Format) + " " + *p.Value
}

func shownPolicy(scope, typ string) string {
	return servicePath + scope + "/policies/policy Microsoft.ApiManagement/service/" + typ + "policies xml " + escapedPolicy
}

func globalPolicy(sdk *apim.ClientFactory) lifecycle {
	c := sdk.NewPolicyClient()
	return lifecycle{
		create: func(match *string) error {
			_, err := c.CreateOrUpdate(ctx, group, service, policyName, policyBody(), &apim.PolicyClientCreateOrUpdateOptions{IfMatch: match})
			return err
		},
		read: func() (string, *string, error) {
			r, err := c.Get(ctx, group, service, policyName, nil)
			if err != nil {
				return "", nil, err
			}
			return showPolicy(r.ID, r.Type, r.Properties), r.ETag, nil
		},
		tag: func() (*string, error) {
			r, err := c.GetEntityTag(ctx, group, service, policyName, nil)
			return r.ETag, err
		},
		remove: func(match string) error {
			_, err := c.Delete(ctx, group, service, policyName, match, nil)
			return err
		},
		first: shownPolicy("", ""),
	}
}

func productPolicy(sdk *apim.ClientFactory) lifecycle {
	c := sdk.NewProductPolicyClient()
	return lifecycle{
		create: func(match *string) error {
			_, err := c.CreateOrUpdate(ctx, group, service, "unlimited", policyName, policyBody(), &apim.ProductPolicyClientCreateOrUpdateOptions{IfMatch: match})
			return err
		},
		read: func() (string, *string, error) {
			r, err := c.Get(ctx, group, service, "unlimited", policyName, nil)
			if err != nil {
				return "", nil, err
			}
			return showPolicy(r.ID, r.Type, r.Properties), r.ETag, nil
		},
		tag: func() (*string, error) {
			r, err := c.GetEntityTag(ctx, group, service, "unlimited", policyName, nil)
			return r.ETag, err
		},
		remove: func(match string) error {
			_, err := c.Delete(ctx, group, service, "unlimited", policyName, match, nil)
			return err
		},
		first: shownPolicy("/products/unlimited", "products/"),
	}
}

func apiPolicy(sdk *apim.ClientFactory) lifecycle {
	c := sdk.NewAPIPolicyClient()
	return lifecycle{
		create: func(match *string) error {
			_, err := c.CreateOrUpdate(ctx, group, service, "demo", policyName, policyBody(), &apim.APIPolicyClientCreateOrUpdateOptions{IfMatch: match})
			return err
		},
		read: func() (string, *string, error) {
			r, err := c.Get(ctx, group, service, "demo", policyName, nil)
			if err != nil {
				return "", nil, err
			}
			return showPolicy(r.ID, r.Type, r.Properties), r.ETag, nil
		},
		tag: func() (*string, error) {
			r, err := c.GetEntityTag(ctx, group, service, "demo", policyName, nil)
			return r.ETag, err
		},
		remove: func(match string) error {
			_, err := c.Delete(ctx, group, service, "demo", policyName, match, nil)
			return err
		},
		first: shownPolicy("/apis/demo", "apis/"),
	}
}

func operationPolicy(sdk *apim.ClientFactory) lifecycle {
	c := sdk.NewAPIOperationPolicyClient()
	return lifecycle{
		create: func(match *string) error {
			_, err := c.CreateOrUpdate(ctx, group, service, "echo-api", "create-resource", policyName, policyBody(), &apim.APIOperationPolicyClientCreateOrUpdateOptions{IfMatch: match})
			return err
		},
		read: func() (string, *string, error) {
			r, err := c.Get(ctx, group, service, "echo-api", "create-resource", policyName, nil)
			if err != nil {
				return "", nil, err
			}
			return showPolicy(r.ID, r.Type, r.Properties), r.ETag, nil
		},
		tag: func() (*string, error) {
			r, err := c.GetEntityTag(ctx, group, service, "echo-api", "create-resource", policyName, nil)
			return r.ETag, err
		},
		remove: func(match string) error {
			_, err := c.Delete(ctx, group, service, "echo-api", "create-resource", policyName, match, nil)
			return err
		},
		first: shownPolicy("/apis/echo-api/operations/create-resource", "apis/operations/"),
	}
}

func TestSDKPolicies(t *testing.T) {
	onBothTransports(t, func(t *testing.T, sdk *apim.ClientFactory) {
		createAPI(t, sdk, "demo")
		if _, err := sdk.NewPolicyClient().Delete(ctx, group, service, policyName, "*", nil); err != nil {
			t.Fatal(err)
		}
		for scope, lifecycle := range map[string]lifecycle{
			"global": globalPolicy(sdk), "product": productPolicy(sdk), "api": apiPolicy(sdk), "operation": operationPolicy(sdk),
		} {
			t.Run(scope, lifecycle.run)
		}
		product := sdk.NewProductPolicyClient()
		if _, err := product.CreateOrUpdate(ctx, group, service, "unlimited", policyName, policyBody(), nil); err != nil {
			t.Fatal(err)
		}
		asWritten, err := product.Get(ctx, group, service, "unlimited", policyName, &apim.ProductPolicyClientGetOptions{Format: to.Ptr(apim.PolicyExportFormatRawxml)})
		if err != nil || *asWritten.Properties.Value != rawPolicy {
			t.Errorf("as rawxml: %+v, %v", asWritten.Properties, err)
		}
		listed, _ := all(t, product.NewListByProductPager(group, service, "unlimited", nil), func(p apim.ProductPolicyClientListByProductResponse) []*apim.PolicyContract { return p.Value }, func(p *apim.PolicyContract) string { return *p.Properties.Value })
		wantNames(t, "policies of the product", listed, escapedPolicy)
		starter, err := product.Get(ctx, group, service, "starter", policyName, nil)
		if err != nil || !strings.Contains(*starter.Properties.Value, `<rate-limit calls="5" renewal-period="60" />`) {
			t.Errorf("Starter: %+v, %v", starter.Properties, err)
		}
	})
}
