// Package catalogue lists every policy. To add a policy, write its file in its
// family's package and add its line here.
package catalogue

import (
	"portico/internal/policy"
	"portico/internal/policy/auth"
	"portico/internal/policy/caching"
	"portico/internal/policy/control"
	"portico/internal/policy/crossdomain"
	"portico/internal/policy/integration"
	"portico/internal/policy/limits"
	"portico/internal/policy/llm"
	"portico/internal/policy/logging"
	"portico/internal/policy/routing"
	"portico/internal/policy/transform"
	"portico/internal/policy/validation"
)

// New gives the table of all policies.
func New() policy.Table { return policy.NewTable(all()...) }

func all() []policy.Declaration {
	providers := &auth.Providers{}
	return []policy.Declaration{
		auth.AuthenticationBasic(),
		auth.AuthenticationCertificate(),
		auth.AuthenticationManagedIdentity(),
		auth.CheckHeader(),
		auth.IPFilter(),
		auth.ValidateAzureADToken(providers),
		auth.ValidateClientCertificate(),
		auth.ValidateJWT(providers),
		caching.CacheLookup(),
		caching.CacheLookupValue(),
		caching.CacheRemoveValue(),
		caching.CacheStore(),
		caching.CacheStoreValue(),
		caching.CacheValue(),
		control.Choose(),
		control.MockResponse(),
		control.Retry(),
		control.ReturnResponse(),
		control.SetVariable(),
		control.Wait(),
		crossdomain.CORS(),
		crossdomain.CrossDomain(),
		crossdomain.JSONP(),
		integration.SendOneWayRequest(),
		integration.SendRequest(),
		limits.LimitConcurrency(),
		limits.Quota(),
		limits.QuotaByKey(),
		limits.RateLimit(),
		limits.RateLimitByKey(),
		llm.EmitTokenMetric("azure-openai-emit-token-metric"),
		llm.EmitTokenMetric("llm-emit-token-metric"),
		llm.TokenLimit("azure-openai-token-limit"),
		llm.TokenLimit("llm-token-limit"),
		logging.EmitMetric(),
		logging.LogToEventHub(),
		logging.Trace(),
		routing.ForwardRequest(),
		routing.Proxy(),
		routing.SetBackendService(),
		transform.FindAndReplace(),
		transform.JsonToXML(),
		transform.RedirectContentURLs(),
		transform.RewriteURI(),
		transform.SetBody(),
		transform.SetHeader(),
		transform.SetMethod(),
		transform.SetQueryParameter(),
		transform.SetStatus(),
		transform.SetURL(),
		transform.XMLToJSON(),
		validation.ValidateContent(),
		validation.ValidateHeaders(),
		validation.ValidateParameters(),
		validation.ValidateStatusCode(),
	}
}
