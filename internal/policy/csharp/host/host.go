// Package host declares the `context` of policy expressions (apim.md 3.3) and
// what the policy room gives to fill it: plain structs for what is known of an
// API, a product, a user, and small interfaces for what changes while a call
// runs. The structs are read only; one API's may serve all calls.
package host

import (
	"crypto/tls"
	"crypto/x509"
	"time"

	"portico/internal/policy/csharp/value"
)

type (
	run = value.Run
	val = value.Value
)

// Call is the `context` of one call in flight. Fields that are nil are null in
// the expression. Request, Response and Variables hold pointers: they are compared.
type Call struct {
	RequestID    string
	Timestamp    time.Time // when the call came
	Tracing      bool
	API          *API
	Operation    *Operation
	Product      *Product
	Subscription *Subscription
	User         *User
	Deployment   *Deployment
	Workspace    *Workspace
	Backend      Backends // nil before a backend is known
	Request      Request
	Response     Response // nil until there is one
	Variables    Variables
	LastError    func() *LastError // nil, or gives nil, where nothing failed
	Trace        func(message string)

	// what expressions have seen already, so that looking again allocates nothing
	request       *request
	response      *response
	variables     *variables
	firstRequest  request
	firstResponse response
}

// Message is what requests and responses have alike.
type Message interface {
	// Headers gives a view of the header lines in order. It is asked for once
	// and shows what policies change later.
	Headers() Lines
	// Body gives the body; nil where there is none.
	Body() Body
}

// Lines is a list of names and values: headers, query or template parameters.
type Lines interface {
	Len() int
	At(i int) (name, value string)
}

// Request is context.Request.
type Request interface {
	Message
	Method() string
	IPAddress() string
	URL() URL
	OriginalURL() URL
	MatchedParameters() Lines
	Certificate() *x509.Certificate // of the client; nil for none
}

// Response is context.Response, or what send-request left in a variable.
type Response interface {
	Message
	StatusCode() int
	StatusReason() string
}

// Body is a message's body.
type Body interface {
	// Read gives at most limit bytes. Without preserve the body counts as
	// consumed: a later Read gives ErrConsumed. Over the limit it gives an error.
	Read(limit int64, preserve bool) ([]byte, error)
}

// Variables are the call's variables. Get gives a Value as an expression made
// it, or one of Go's string, bool, int, int64, float64, []byte, time.Time, or a Response.
type Variables interface {
	Get(name string) (v any, ok bool)
	Names() []string
}

// API is context.Api.
type API struct {
	ID, Name, Path, Version, Revision string
	IsCurrentRevision                 bool
	ServiceURL                        URL
}

// Operation is context.Operation.
type Operation struct{ ID, Name, Method, URLTemplate string }

// Product is context.Product.
type Product struct {
	ID, Name, State                        string
	ApprovalRequired, SubscriptionRequired bool
	SubscriptionLimit                      *int
	APIs                                   []*API
	Groups                                 []Group
	// Contents finds the APIs and groups when an expression asks; nil leaves what is there.
	Contents ProductContents
}

// ProductContents finds what products hold.
type ProductContents interface {
	// ProductAPIs gives the APIs of a product.
	ProductAPIs(id string) []*API
	// ProductGroups gives the groups that see a product.
	ProductGroups(id string) []Group
}

// Group is a group of users.
type Group struct{ ID, Name string }

// Subscription is context.Subscription.
type Subscription struct {
	ID, Name, Key, PrimaryKey, SecondaryKey string
	CreatedDate                             time.Time
	StartDate, EndDate                      *time.Time
}

// User is context.User.
type User struct {
	ID, Email, FirstName, LastName, Note string
	RegistrationDate                     time.Time
	Groups                               []Group
	Identities                           []Identity
}

// Identity is one of a user's identities.
type Identity struct{ ID, Provider string }

// Deployment is context.Deployment.
type Deployment struct {
	Region, ServiceName, ServiceID string
	GatewayID, GatewayInstance     string
	Managed                        bool
	// Certificates gives the instance's certificates by thumbprint; nil knows none.
	Certificates func() map[string]*tls.Certificate
}

// Backends tells where the call goes now.
type Backends interface {
	// BackendNow is context.Backend.
	BackendNow() *Backend
}

// Backend is context.Backend: where the call goes now.
type Backend struct {
	ID  string // of the entity; "" is none
	URL URL
}

// Workspace is context.Workspace.
type Workspace struct{ ID, Name string }

// LastError is context.LastError.
type LastError struct{ Source, Reason, Message, Scope, Section, Path, PolicyID string }

// Authorization is what get-authorization-context leaves in a variable.
type Authorization struct {
	AccessToken string
	Claims      map[string]string
}

// URL is an address: Path is escaped and starts with a slash, RawQuery has no question mark.
type URL struct {
	Scheme, Host, Path, RawQuery string
	Port                         int
}

// The types of the context tree.
var (
	contextType    = value.NewInterface("", "IContext")
	requestType    = value.NewInterface("", "IRequest")
	responseType   = value.NewInterface("", "IResponse")
	bodyType       = value.NewInterface("", "IMessageBody")
	urlType        = value.NewInterface("", "IUrl")
	apiType        = value.NewInterface("", "IApi")
	operationType  = value.NewInterface("", "IOperation")
	productType    = value.NewInterface("", "IProduct")
	subscriptionT  = value.NewInterface("", "ISubscription")
	userType       = value.NewInterface("", "IUser")
	groupType      = value.NewInterface("", "IGroup")
	identityType   = value.NewInterface("", "IUserIdentity")
	deploymentType = value.NewInterface("", "IDeployment")
	gatewayType    = value.NewInterface("", "IGateway")
	workspaceType  = value.NewInterface("", "IWorkspace")
	lastErrorType  = value.NewInterface("", "ILastError")
	backendType    = value.NewInterface("", "IBackend")
	authorizationT = value.NewClass("", "Authorization", nil)
)

// Type is IContext.
func (*Call) Type() *value.Type { return contextType }

// Type is IApi.
func (*API) Type() *value.Type { return apiType }

// Type is IOperation.
func (*Operation) Type() *value.Type { return operationType }

// Type is IProduct.
func (*Product) Type() *value.Type { return productType }

// Type is ISubscription.
func (*Subscription) Type() *value.Type { return subscriptionT }

// Type is IUser.
func (*User) Type() *value.Type { return userType }

// Type is IGroup.
func (*Group) Type() *value.Type { return groupType }

// Type is IUserIdentity.
func (*Identity) Type() *value.Type { return identityType }

// Type is IDeployment.
func (*Deployment) Type() *value.Type { return deploymentType }

// Type is IWorkspace.
func (*Workspace) Type() *value.Type { return workspaceType }

// Type is ILastError.
func (*LastError) Type() *value.Type { return lastErrorType }

// Type is IBackend.
func (*Backend) Type() *value.Type { return backendType }

// Type is Authorization.
func (*Authorization) Type() *value.Type { return authorizationT }

// Type is IUrl.
func (*URL) Type() *value.Type { return urlType }
