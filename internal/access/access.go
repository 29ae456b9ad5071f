// Package access owns who may do what: principals and their roles, tokens,
// subscriptions and their keys. May is the one decision function.
package access

import "slices"

// Role is what staff may be. A principal may hold several.
type Role string

// The staff roles.
const (
	Administrator Role = "administrator"  // everything
	Publisher     Role = "publisher"      // catalogue and subscriptions
	DataScientist Role = "data-scientist" // studio
	Viewer        Role = "viewer"         // reads all of it, no secrets
)

// EndpointKey is what a published endpoint's own key makes of its holder, on the
// paths of that endpoint only. It is nobody's role, so Roles does not list it.
const EndpointKey Role = "endpoint-key"

// Developer is what a person of the developer portal is. It is nobody's of the staff.
const Developer Role = "developer"

// Roles lists every role of the staff.
func Roles() []Role { return []Role{Administrator, Publisher, DataScientist, Viewer} }

// Permission is what a route asks for.
type Permission string

// The permissions. Anyone needs no principal at all.
const (
	Anyone           Permission = "anyone"
	ReadCatalog      Permission = "catalog.read"
	WriteCatalog     Permission = "catalog.write"
	ReadCatalogKeys  Permission = "catalog.keys"
	ReadStudio       Permission = "studio.read"
	WriteStudio      Permission = "studio.write"
	ReadStudioKeys   Permission = "studio.keys"
	ReadEndpoint     Permission = "endpoint.read"   // one endpoint of a web service
	UpdateEndpoint   Permission = "endpoint.update" // its model
	ReadMetrics      Permission = "metrics.read"
	AdministerPeople Permission = "people.write"
	ReadAudit        Permission = "audit.read"
	UsePortal        Permission = "portal.use" // as a developer who signed in
	// AdministerService is for the instance itself: its organisation, e-mail address and region.
	AdministerService Permission = "service.write"
)

// Principal is who calls. The zero value is nobody.
type Principal struct {
	Name  string // for the log: "token ci", "administrator"
	Roles []Role
	// User is the id of a developer, who may do to what is his own what UsePortal says.
	User string
	// Endpoint limits the principal to one published endpoint, "{service}/{endpoint name}",
	// where an endpoint's own API key authenticated it (azureml.md 3.1).
	Endpoint string
}

// Known tells whether p is somebody.
func (p Principal) Known() bool { return p.Name != "" }

var grants = map[Role][]Permission{
	Publisher:     {ReadCatalog, WriteCatalog, ReadCatalogKeys, ReadStudio, ReadEndpoint, ReadMetrics},
	DataScientist: {ReadStudio, WriteStudio, ReadStudioKeys, ReadEndpoint, UpdateEndpoint, ReadCatalog},
	Viewer:        {ReadCatalog, ReadStudio, ReadEndpoint, ReadMetrics},
	Developer:     {UsePortal},
	EndpointKey:   {ReadEndpoint, UpdateEndpoint, ReadStudioKeys},
}

// PermissionsOf lists what p may do, in the order of their declaration, for a
// page that shows nothing that would be refused. It decides nothing.
func PermissionsOf(p Principal) []Permission {
	var held []Permission
	for _, need := range permissions {
		if May(p, need) {
			held = append(held, need)
		}
	}
	return held
}

// permissions are those of the staff: all but Anyone and UsePortal.
var permissions = []Permission{
	ReadCatalog, WriteCatalog, ReadCatalogKeys, ReadStudio, WriteStudio, ReadStudioKeys, ReadEndpoint, UpdateEndpoint, ReadMetrics, AdministerPeople, ReadAudit,
	AdministerService,
}

// May decides every access. What is not granted is refused.
func May(p Principal, need Permission) bool {
	if need == Anyone {
		return true
	}
	for _, r := range p.Roles {
		if r == Administrator || slices.Contains(grants[r], need) {
			return true
		}
	}
	return false
}
