// Package catalog owns what is published: the service instance, APIs,
// operations, products and policy documents. The structs are the properties of
// the ARM resources of api-version 2024-05-01 (contracts apim.md, section 1):
// their JSON is what is stored and what the management API speaks.
package catalog

import (
	"encoding/json"
	"strings"

	"portico/internal/record"
)

// Collections of the catalogue, relative to the service.
const (
	APIs       = "/apis"
	Products   = "/products"
	Policies   = "/policies"
	Groups     = "/groups"
	PolicyName = "policy" // the only name in a "policies" collection
)

// ServicePath is where the instance itself is kept.
const ServicePath = "/service/instance"

// Service is the instance: the fields of the guide's creation page, and the SKU, which nothing depends on.
type Service struct {
	Name           string          `json:"name"`
	Location       string          `json:"location"`
	PublisherName  string          `json:"publisherName"`
	PublisherEmail string          `json:"publisherEmail"`
	SKU            json.RawMessage `json:"sku,omitempty"`
	Tags           json.RawMessage `json:"tags,omitempty"`
	// Properties holds every other property that a client wrote, to be read back as it was.
	Properties map[string]json.RawMessage `json:"properties,omitempty"`
}

// API is APIContractProperties.
type API struct {
	DisplayName            string                `json:"displayName,omitempty"`
	APIRevision            string                `json:"apiRevision,omitempty"`
	APIRevisionDescription string                `json:"apiRevisionDescription,omitempty"`
	APIVersion             string                `json:"apiVersion,omitempty"`
	APIVersionDescription  string                `json:"apiVersionDescription,omitempty"`
	APIVersionSetID        string                `json:"apiVersionSetId,omitempty"`
	Description            string                `json:"description,omitempty"`
	SubscriptionRequired   *bool                 `json:"subscriptionRequired,omitempty"` // nil is true
	ServiceURL             string                `json:"serviceUrl,omitempty"`
	Path                   string                `json:"path"`
	Protocols              []string              `json:"protocols,omitempty"`
	AuthenticationSettings json.RawMessage       `json:"authenticationSettings,omitempty"`
	KeyNames               *SubscriptionKeyNames `json:"subscriptionKeyParameterNames,omitempty"`
	Type                   string                `json:"type,omitempty"`
	IsCurrent              *bool                 `json:"isCurrent,omitempty"`
	IsOnline               *bool                 `json:"isOnline,omitempty"`
	SourceAPIID            string                `json:"sourceApiId,omitempty"`
	TermsOfServiceURL      string                `json:"termsOfServiceUrl,omitempty"`
	Contact                json.RawMessage       `json:"contact,omitempty"`
	License                json.RawMessage       `json:"license,omitempty"`
	APIVersionSet          json.RawMessage       `json:"apiVersionSet,omitempty"`
}

// SubscriptionKeyNames are the header and query parameter that carry the key.
type SubscriptionKeyNames struct {
	Header string `json:"header,omitempty"`
	Query  string `json:"query,omitempty"`
}

// KeyQuery is the query parameter that carries the key.
func (a *API) KeyQuery() string {
	if a.KeyNames == nil || a.KeyNames.Query == "" {
		return DefaultKeyQuery
	}
	return a.KeyNames.Query
}

// The default names (apim.md 2.2).
const (
	DefaultKeyHeader = "Ocp-Apim-Subscription-Key"
	DefaultKeyQuery  = "subscription-key"
)

// NeedsSubscription tells whether a call without a key is refused when no open product holds the API.
func (a *API) NeedsSubscription() bool {
	return a.SubscriptionRequired == nil || *a.SubscriptionRequired
}

// Operation is OperationContractProperties.
type Operation struct {
	DisplayName        string      `json:"displayName"`
	Method             string      `json:"method"`
	URLTemplate        string      `json:"urlTemplate"`
	TemplateParameters []Parameter `json:"templateParameters,omitempty"`
	Description        string      `json:"description,omitempty"`
	Request            *Request    `json:"request,omitempty"`
	Responses          []Response  `json:"responses,omitempty"`
}

// Parameter is ParameterContract.
type Parameter struct {
	Name         string          `json:"name"`
	Description  string          `json:"description,omitempty"`
	Type         string          `json:"type"`
	DefaultValue string          `json:"defaultValue,omitempty"`
	Required     bool            `json:"required,omitempty"`
	Values       []string        `json:"values,omitempty"`
	SchemaID     string          `json:"schemaId,omitempty"`
	TypeName     string          `json:"typeName,omitempty"`
	Examples     json.RawMessage `json:"examples,omitempty"`
}

// Request is RequestContract.
type Request struct {
	Description     string           `json:"description,omitempty"`
	QueryParameters []Parameter      `json:"queryParameters,omitempty"`
	Headers         []Parameter      `json:"headers,omitempty"`
	Representations []Representation `json:"representations,omitempty"`
}

// Response is ResponseContract.
type Response struct {
	StatusCode      int              `json:"statusCode"`
	Description     string           `json:"description,omitempty"`
	Headers         []Parameter      `json:"headers,omitempty"`
	Representations []Representation `json:"representations,omitempty"`
}

// Representation is RepresentationContract.
type Representation struct {
	ContentType    string          `json:"contentType"`
	SchemaID       string          `json:"schemaId,omitempty"`
	TypeName       string          `json:"typeName,omitempty"`
	FormParameters []Parameter     `json:"formParameters,omitempty"`
	Examples       json.RawMessage `json:"examples,omitempty"`
}

// Product is ProductContractProperties.
type Product struct {
	DisplayName          string `json:"displayName"`
	Description          string `json:"description,omitempty"`
	Terms                string `json:"terms,omitempty"`
	SubscriptionRequired *bool  `json:"subscriptionRequired,omitempty"` // nil is true
	ApprovalRequired     *bool  `json:"approvalRequired,omitempty"`     // nil is false
	SubscriptionsLimit   *int32 `json:"subscriptionsLimit,omitempty"`   // nil is no limit
	State                string `json:"state,omitempty"`                // "published" or "notPublished"
}

// Open tells whether calls need no key.
func (p *Product) Open() bool { return p.SubscriptionRequired != nil && !*p.SubscriptionRequired }

// Policy is a stored policy document. Value is kept as it was written; Format
// is "xml" (entities inside expressions are escaped) or "rawxml" (they are not).
type Policy struct {
	Format string `json:"format,omitempty"`
	Value  string `json:"value"`
}

// Link is the body of an association record, such as /products/starter/apis/echo.
type Link struct {
	Name string `json:"name,omitempty"` // of the association, where it has one of its own
}

// APIPath is /apis/{id}.
func APIPath(id string) string { return record.Path("apis", id) }

// OperationPath is /apis/{api}/operations/{id}.
func OperationPath(api, id string) string { return record.Path("apis", api, "operations", id) }

// ProductPath is /products/{id}.
func ProductPath(id string) string { return record.Path("products", id) }

// ProductAPIPath is /products/{product}/apis/{api}: the API is in the product.
func ProductAPIPath(product, api string) string {
	return record.Path("products", product, "apis", api)
}

// PolicyPath is the policy document of a scope; the scope "" is the global one.
func PolicyPath(scope string) string {
	return strings.TrimSuffix(scope, "/") + record.Path("policies", PolicyName)
}
