package policy

import (
	"slices"

	"portico/internal/policy/document"
)

// Declaration says what a policy looks like and how it becomes a step. Adding a
// policy is one file with its declaration, and its line in the catalogue.
type Declaration struct {
	Form
	Sections Section
	Scopes   Scope
	Once     bool // at most once in a document
	// Check finds what the form cannot say; nil where there is nothing.
	Check func(v *Validator, e *document.Element)
	// Compile makes the step of an element that passed all checks.
	Compile func(c *Builder, e *document.Element) Action
}

// Form is what one element may look like. Every policy may carry an "id" besides.
type Form struct {
	Name       string
	Attributes []Attribute
	OneOf      []string // at least one of these attributes must be there
	Children   []Form
	Text       bool     // may hold text
	Holds      []string // names of the policies that may stand inside; AnyPolicy is all
	Drafts     bool     // those put a message of its own together, whatever the section is
}

// AnyPolicy is Holds of an element that any policy may stand in.
var AnyPolicy = []string{"*"}

func (form *Form) mayHold(policy string) bool {
	return len(form.Holds) > 0 && (form.Holds[0] == "*" || slices.Contains(form.Holds, policy))
}

// Attribute is the form of one attribute.
type Attribute struct {
	Name     string
	Required bool
	Kind     Kind
	Values   []string // of an enumeration
	Min, Max int64    // of an integer
	Literal  bool     // policy expressions are not allowed
	Later    bool     // known, and not offered yet
	Lenient  bool     // a wrong value may be stored, and fails the calls
}

// Kind is what an attribute's value must be.
type Kind uint8

// The kinds of values.
const (
	AnyText Kind = iota
	Filled       // text that is not empty
	Integer
	Boolean
	Enumeration
	HeaderName
)

// Table finds a declaration by its element name.
type Table map[string]*Declaration

// NewTable makes a table of those policies and of those of the room itself:
// base and include-fragment.
func NewTable(policies ...Declaration) Table {
	t := Table{}
	for _, d := range append(policies, base(), includeFragment()) {
		t[d.Name] = &d
	}
	return t
}

// Documented gives the sections in which API Management documents a policy of
// that name, offered here or not; 0 where it documents none.
func Documented(name string) Section { return documented[name] }

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
	"base":                               EverySection,
	"block":                              EverySection,
	"cache-lookup":                       Inbound,
	"cache-lookup-value":                 EverySection,
	"cache-remove-value":                 EverySection,
	"cache-store":                        Outbound,
	"cache-store-value":                  EverySection,
	"cache-value":                        EverySection,
	"check-header":                       Inbound,
	"choose":                             EverySection,
	"cors":                               Inbound,
	"cosmosdb-data-source":               EverySection,
	"cross-domain":                       Inbound,
	"emit-metric":                        EverySection,
	"find-and-replace":                   EverySection,
	"forward-request":                    Backend,
	"get-authorization-context":          Inbound,
	"graphql-data-source":                EverySection,
	"http-data-source":                   EverySection,
	"include-fragment":                   EverySection,
	"invoke-dapr-binding":                Inbound | Outbound | OnError,
	"invoke-request":                     Inbound,
	"ip-filter":                          Inbound,
	"json-to-xml":                        Inbound | Outbound | OnError,
	"jsonp":                              Outbound,
	"limit-concurrency":                  EverySection,
	"llm-content-safety":                 Inbound | Outbound,
	"llm-emit-token-metric":              Inbound,
	"llm-semantic-cache-lookup":          Inbound,
	"llm-semantic-cache-store":           Outbound,
	"llm-token-limit":                    Inbound,
	"log-to-eventhub":                    EverySection,
	"mock-response":                      EverySection,
	"proxy":                              Inbound,
	"publish-event":                      EverySection,
	"publish-to-dapr":                    Inbound | Outbound | OnError,
	"quota":                              Inbound,
	"quota-by-key":                       Inbound,
	"rate-limit":                         Inbound,
	"rate-limit-by-key":                  Inbound,
	"redirect-content-urls":              Inbound | Outbound,
	"retry":                              EverySection,
	"return-response":                    EverySection,
	"rewrite-uri":                        Inbound,
	"send-one-way-request":               EverySection,
	"send-request":                       EverySection,
	"send-service-bus-message":           EverySection,
	"set-backend-service":                Inbound | Backend,
	"set-body":                           EverySection,
	"set-header":                         EverySection,
	"set-method":                         EverySection,
	"set-query-parameter":                Inbound | Backend,
	"set-request-metric-dimension-value": EverySection,
	"set-status":                         EverySection,
	"set-url":                            EverySection,
	"set-variable":                       EverySection,
	"sql-data-source":                    EverySection,
	"trace":                              EverySection,
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
