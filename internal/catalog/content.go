package catalog

import "portico/internal/record"

// The names of the first content (apim.md 1.1).
const (
	Starter   = "starter"
	Unlimited = "unlimited"
	EchoAPI   = "echo-api"
)

// EchoServiceURL is the address of the Echo API's backend, which is built in.
const EchoServiceURL = "http://echoapi.cloudapp.net/api"

// GlobalPolicy is the document of all APIs in a new instance: calls are forwarded.
const GlobalPolicy = `<policies>
    <inbound />
    <backend>
        <forward-request />
    </backend>
    <outbound />
    <on-error />
</policies>`

// starterPolicy holds the limits of the Starter product: 5 calls a minute, 100 a week.
const starterPolicy = `<policies>
    <inbound>
        <rate-limit calls="5" renewal-period="60" />
        <quota calls="100" renewal-period="604800" />
        <base />
    </inbound>
    <backend>
        <base />
    </backend>
    <outbound>
        <base />
    </outbound>
    <on-error>
        <base />
    </on-error>
</policies>`

// cachedPolicy sends the path of the cached demonstration to the one resource that the echo backend has.
const cachedPolicy = `<policies>
    <inbound>
        <base />
        <rewrite-uri template="/resource" />
    </inbound>
    <backend>
        <base />
    </backend>
    <outbound>
        <base />
    </outbound>
    <on-error>
        <base />
    </on-error>
</policies>`

// FirstContent is what a new instance holds besides subscriptions: the instance,
// the system groups, the products Starter and Unlimited, and the Echo API. No
// change of it applies twice.
func FirstContent(s Service) []record.Change {
	changes := []record.Change{create(ServicePath, s), create(PolicyPath(""), Policy{Format: FormatRawXML, Value: GlobalPolicy})}
	for _, g := range systemGroups() {
		changes = append(changes, create(GroupPath(g.Name), g.Resource))
	}
	for _, p := range firstProducts() {
		changes = append(changes, create(ProductPath(p.Name), p.Resource))
		for _, g := range systemGroups() {
			changes = append(changes, create(ProductGroupPath(p.Name, g.Name), Link{}))
		}
	}
	changes = append(changes, create(PolicyPath(ProductPath(Starter)), Policy{Format: FormatRawXML, Value: starterPolicy}))
	changes = append(changes, NewAPI(EchoAPI, echoAPI(), echoOperations(), Starter, Unlimited)...)
	return append(changes, create(PolicyPath(OperationPath(EchoAPI, "retrieve-resource-cached")), Policy{Format: FormatRawXML, Value: cachedPolicy}))
}

// Named is a resource with its name.
type Named[T any] struct {
	Name     string
	Resource T
}

// NewAPI creates an API with its operations in products, and completes its
// defaults. The caller has checked them.
func NewAPI(name string, a API, operations []Named[Operation], products ...string) []record.Change {
	a.checkFields(Incorrect(), name)
	a.APIRevision, a.IsCurrent, a.IsOnline = "1", ptr(true), ptr(true)
	changes := []record.Change{create(APIPath(name), a)}
	for _, o := range operations {
		changes = append(changes, create(OperationPath(name, o.Name), o.Resource))
	}
	for _, p := range products {
		changes = append(changes, create(ProductAPIPath(p, name), Link{}))
	}
	return changes
}

func create(path string, v any) record.Change { return record.PutOf(path, v, "-") }

func systemGroups() []Named[Group] {
	return []Named[Group]{
		{Administrators, Group{DisplayName: "Administrators", Type: "system", BuiltIn: true,
			Description: "Manage the instance, create the APIs, operations and products that developers use."}},
		{Developers, Group{DisplayName: "Developers", Type: "system", BuiltIn: true,
			Description: "People who signed in to the developer portal and build applications with the APIs."}},
		{Guests, Group{DisplayName: "Guests", Type: "system", BuiltIn: true,
			Description: "People who visit the developer portal and have not signed in."}},
	}
}

func firstProducts() []Named[Product] {
	return []Named[Product]{
		{Starter, Product{DisplayName: "Starter", State: Published,
			Description:          "Subscribers can make 5 calls a minute, and 100 calls a week at most.",
			SubscriptionRequired: ptr(true), ApprovalRequired: ptr(false), SubscriptionsLimit: ptr[int32](1)}},
		{Unlimited, Product{DisplayName: "Unlimited", State: Published,
			Description:          "Subscribers can call without limits. An administrator approves each subscription.",
			SubscriptionRequired: ptr(true), ApprovalRequired: ptr(true), SubscriptionsLimit: ptr[int32](1)}},
	}
}

func echoAPI() API {
	return API{
		DisplayName: "Echo API", Path: "echo", ServiceURL: EchoServiceURL, Protocols: []string{"http", "https"},
		Description: "Answers with the request that it got, to try calls and policies with.",
	}
}

// echoOperations are the six of every new instance of the service.
func echoOperations() []Named[Operation] {
	parameters := []Parameter{
		{Name: "param1", Type: "string", Description: "A required parameter; its default is sample.", DefaultValue: "sample", Required: true, Values: []string{"sample"}},
		{Name: "param2", Type: "number", Description: "A parameter that may be left out."},
	}
	body := []Representation{{ContentType: "application/json"}}
	operation := func(name, display, method, template, description string, request *Request) Named[Operation] {
		return Named[Operation]{name, Operation{DisplayName: display, Method: method, URLTemplate: template, Description: description,
			Request: request, Responses: []Response{{StatusCode: 200, Description: "In all cases."}}}}
	}
	return []Named[Operation]{
		operation("create-resource", "Create resource", "POST", "/resource", "A POST call; the answer carries the body that was sent.", &Request{Representations: body}),
		operation("modify-resource", "Modify Resource", "PUT", "/resource", "A PUT call; the answer carries the body that was sent.", &Request{Representations: body}),
		operation("remove-resource", "Remove resource", "DELETE", "/resource", "A DELETE call.", nil),
		operation("retrieve-header-only", "Retrieve header only", "HEAD", "/resource", "A HEAD call; the answer's headers are the request's.", nil),
		operation("retrieve-resource", "Retrieve resource", "GET", "/resource", "A GET call; the answer's headers are the request's.", &Request{QueryParameters: parameters}),
		operation("retrieve-resource-cached", "Retrieve resource (cached)", "GET", "/resource-cached", "A GET call to the same backend, for the caching policies.", &Request{QueryParameters: parameters}),
	}
}
