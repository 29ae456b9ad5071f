package gateway

import (
	"testing"

	"portico/internal/catalog"
	"portico/internal/record"
)

// TestContextOfProduct: context.Product.Apis and Groups, and context.Backend.
func TestContextOfProduct(t *testing.T) {
	w := newWorld(t, nil)
	w.api("a", catalog.API{Path: "a"}, "GET /x")
	w.api("b", catalog.API{Path: "b"}, "GET /x")
	w.product("p", false, "b", "a")
	w.apply(record.PutOf(catalog.GroupPath("testers"), catalog.Group{DisplayName: "Testers"}, ""), record.PutOf(catalog.ProductGroupPath("p", "testers"), catalog.Link{}, ""))
	w.subscription("sub", "/products/p")
	w.policy(catalog.APIPath("a"), `<inbound><set-header name="X-Seen"><value>@(string.Join(",", context.Product.Apis.Select(x => x.Id + "/" + x.Path)) + ";" + string.Join(",", context.Product.Groups.Select(g => g.Id + "=" + g.Name)))</value></set-header>
		<return-response><set-body>@(context.Request.Headers.GetValueOrDefault("X-Seen") + ";" + context.Backend.Url.Host + ";" + (context.Backend.Id == null) + ";" + context.Deployment.Certificates.Count())</set-body></return-response></inbound>`)
	const key = "Ocp-Apim-Subscription-Key: sub-1"
	if got := w.call("GET /a/x", key); got.body != "a/a,b/b;testers=Testers;local.test;True;0" {
		t.Errorf("%d %s", got.status, got.body)
	}
	w.apply(record.Change{Op: record.Delete, Path: catalog.ProductGroupPath("p", "testers")}, record.Change{Op: record.Delete, Path: catalog.ProductAPIPath("p", "b")})
	if got := w.call("GET /a/x", key); got.body != "a/a;;local.test;True;0" {
		t.Errorf("after the links are gone: %d %s", got.status, got.body)
	}
}
