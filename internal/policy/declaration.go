package policy

import "slices"

// declaration says what a policy looks like and how it becomes a step. Adding a
// policy is one file with its declaration, and its line in declarations.
type declaration struct {
	element
	sections Section
	scopes   Scope
	once     bool // at most once in a document
	// check finds what the form cannot say; nil where there is nothing.
	check func(v *validator, e *Element)
	// compile makes the step of an element that passed all checks.
	compile func(c *compiler, e *Element) Action
}

// element is the form of one element. Every policy may carry an "id" besides.
type element struct {
	name       string
	attributes []attribute
	oneOf      []string // at least one of these attributes must be there
	children   []element
	text       bool     // may hold text
	holds      []string // names of the policies that may stand inside; anyPolicy is all
	drafts     bool     // those put a message of its own together, whatever the section is
}

// anyPolicy is the form's holds of an element that any policy may stand in.
var anyPolicy = []string{"*"}

func (form *element) mayHold(policy string) bool {
	return len(form.holds) > 0 && (form.holds[0] == "*" || slices.Contains(form.holds, policy))
}

// attribute is the form of one attribute.
type attribute struct {
	name     string
	required bool
	kind     kind
	values   []string // of an enumeration
	min, max int64    // of an integer
	literal  bool     // policy expressions are not allowed
	later    bool     // known, and not offered yet
	lenient  bool     // a wrong value may be stored, and fails the calls
}

// kind is what an attribute's value must be.
type kind uint8

const (
	text   kind = iota
	filled      // text that is not empty
	integer
	boolean
	enumeration
	headerName
)

// declarations lists the policies that run. What is not here and in documented
// is accepted and fails the calls that reach it.
func declarations() []declaration {
	return []declaration{
		authenticationBasic(),
		authenticationCertificate(),
		authenticationManagedIdentity(),
		llmEmitTokenMetric("azure-openai-emit-token-metric"),
		llmTokenLimit("azure-openai-token-limit"),
		base(),
		cacheLookup(),
		cacheLookupValue(),
		cacheRemoveValue(),
		cacheStore(),
		cacheStoreValue(),
		cacheValue(),
		checkHeader(),
		choose(),
		cors(),
		crossDomain(),
		emitMetric(),
		findAndReplace(),
		forwardRequest(),
		includeFragment(),
		ipFilter(),
		jsonp(),
		jsonToXML(),
		limitConcurrency(),
		llmEmitTokenMetric("llm-emit-token-metric"),
		llmTokenLimit("llm-token-limit"),
		logToEventHub(),
		mockResponse(),
		proxy(),
		quota(),
		quotaByKey(),
		rateLimit(),
		rateLimitByKey(),
		redirectContentURLs(),
		retry(),
		returnResponse(),
		rewriteURI(),
		sendOneWayRequest(),
		sendRequest(),
		setBackendService(),
		setBody(),
		setHeader(),
		setMethod(),
		setQueryParameter(),
		setStatus(),
		setURL(),
		setVariable(),
		trace(),
		validateAzureADToken(),
		validateClientCertificate(),
		validateContent(),
		validateHeaders(),
		validateJWT(),
		validateParameters(),
		validateStatusCode(),
		wait(),
		xmlToJSON(),
	}
}

// table finds a declaration by its element name.
type table map[string]*declaration

func newTable() table {
	t := table{}
	for _, d := range declarations() {
		t[d.name] = &d
	}
	return t
}

// documented gives the sections of every policy that API Management documents
// (apim.md 3.2), offered or not.
var documented = map[string]Section{
	"authentication-basic":               Inbound,
	"authentication-certificate":         Inbound,
	"authentication-managed-identity":    Inbound | Backend | Outbound,
	"authentication-token":               Inbound,
	"authentication-token-store":         Inbound,
	"azure-openai-emit-token-metric":     Inbound,
	"azure-openai-semantic-cache-lookup": Inbound,
	"azure-openai-semantic-cache-store":  Outbound,
	"azure-openai-token-limit":           Inbound,
	"base":                               everySection,
	"block":                              everySection,
	"cache-lookup":                       Inbound,
	"cache-lookup-value":                 everySection,
	"cache-remove-value":                 everySection,
	"cache-store":                        Outbound,
	"cache-store-value":                  everySection,
	"cache-value":                        everySection,
	"check-header":                       Inbound,
	"choose":                             everySection,
	"cors":                               Inbound,
	"cosmosdb-data-source":               everySection,
	"cross-domain":                       Inbound,
	"emit-metric":                        everySection,
	"find-and-replace":                   everySection,
	"forward-request":                    Backend,
	"get-authorization-context":          Inbound,
	"graphql-data-source":                everySection,
	"http-data-source":                   everySection,
	"include-fragment":                   everySection,
	"invoke-dapr-binding":                Inbound | Outbound | OnError,
	"invoke-request":                     Inbound,
	"ip-filter":                          Inbound,
	"json-to-xml":                        Inbound | Outbound | OnError,
	"jsonp":                              Outbound,
	"limit-concurrency":                  everySection,
	"llm-content-safety":                 Inbound | Outbound,
	"llm-emit-token-metric":              Inbound,
	"llm-semantic-cache-lookup":          Inbound,
	"llm-semantic-cache-store":           Outbound,
	"llm-token-limit":                    Inbound,
	"log-to-eventhub":                    everySection,
	"mock-response":                      everySection,
	"proxy":                              Inbound,
	"publish-event":                      everySection,
	"publish-to-dapr":                    Inbound | Outbound | OnError,
	"quota":                              Inbound,
	"quota-by-key":                       Inbound,
	"rate-limit":                         Inbound,
	"rate-limit-by-key":                  Inbound,
	"redirect-content-urls":              Inbound | Outbound,
	"retry":                              everySection,
	"return-response":                    everySection,
	"rewrite-uri":                        Inbound,
	"send-one-way-request":               everySection,
	"send-request":                       everySection,
	"send-service-bus-message":           everySection,
	"set-backend-service":                Inbound | Backend,
	"set-body":                           everySection,
	"set-header":                         everySection,
	"set-method":                         everySection,
	"set-query-parameter":                Inbound | Backend,
	"set-request-metric-dimension-value": everySection,
	"set-status":                         everySection,
	"set-url":                            everySection,
	"set-variable":                       everySection,
	"sql-data-source":                    everySection,
	"trace":                              everySection,
	"validate-azure-ad-token":            Inbound,
	"validate-client-certificate":        Inbound,
	"validate-content":                   Inbound | Outbound | OnError,
	"validate-graphql-request":           Inbound,
	"validate-headers":                   Outbound | OnError,
	"validate-jwt":                       Inbound,
	"validate-odata-request":             Inbound,
	"validate-parameters":                Inbound,
	"validate-status-code":               Outbound | OnError,
	"wait":                               Inbound | Backend | Outbound,
	"xml-to-json":                        Inbound | Outbound | OnError,
	"xsl-transform":                      Inbound | Outbound,
}
