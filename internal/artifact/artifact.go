// Package artifact is configuration as files, in the folder layout of the public
// APIOps toolkit: a folder for each resource, an information file with its
// properties, policy documents and API definitions beside them.
//
// Files (write.go, specification.go) makes files of resources; Read (read.go,
// override.go) makes resources of files; layout.go knows which file is which
// resource. A resource's properties are what is stored of it, without secrets.
// What travels between the command and the server is in wire.go.
package artifact

import (
	"encoding/json"
	"slices"
	"strings"

	"portico/internal/catalog"
	"portico/internal/record"
)

// Resource is one resource of a configuration.
type Resource struct {
	Path       string          `json:"path"` // of its record, such as /apis/echo/operations/get
	Properties json.RawMessage `json:"properties,omitempty"`
}

// Kind is a kind of resources that is configuration.
type Kind struct {
	Name string   // as record.Kind gives it
	File string   // that holds the properties; "" where a policy document or an API's definition is all there is
	Link bool     // it only says that two resources belong together
	Own  bool     // not in APIOps' layout: an addition in its style
	Left []string // properties that are not configuration
}

// Kinds are the kinds of a configuration, each after those that it can refer
// to: in this order resources are made, and in the reverse order they go.
var Kinds = []Kind{
	{Name: "namedvalues", File: "namedValueInformation.json"},
	{Name: "apiversionsets", File: "versionSetInformation.json"},
	{Name: "tags", File: "tagInformation.json"},
	{Name: "groups", File: "groupInformation.json", Left: []string{"builtIn"}},
	{Name: "loggers", File: "loggerInformation.json"},
	{Name: "backends", File: "backendInformation.json"},
	{Name: "schemas", File: "schemaInformation.json", Own: true},
	{Name: "caches", File: "cacheInformation.json", Own: true},
	{Name: "identityproviders", File: "identityProviderInformation.json", Own: true},
	{Name: "authorizationservers", File: "authorizationServerInformation.json", Own: true},
	{Name: "openidconnectproviders", File: "openIdConnectProviderInformation.json", Own: true},
	{Name: "documentations", File: "documentationInformation.json", Own: true},
	{Name: "policyfragments", File: "policyFragmentInformation.json"},
	{Name: "policies"},
	{Name: "policyrestrictions", File: "policyRestrictionInformation.json", Own: true},
	{Name: "diagnostics", File: "diagnosticInformation.json"},
	{Name: "products", File: "productInformation.json"},
	{Name: "products/policies"},
	{Name: "products/wikis", File: "wikiInformation.json", Own: true},
	{Name: "apis", File: "apiInformation.json", Left: []string{"isOnline", "apiVersionSet"}},
	{Name: "apis/definitions"}, // the document that an API was imported from, in its specification file
	{Name: "apis/schemas", File: "apiSchemaInformation.json"},
	{Name: "apis/operations", File: "operationInformation.json", Own: true},
	{Name: "apis/policies"},
	{Name: "apis/operations/policies"},
	{Name: "apis/diagnostics", File: "diagnosticInformation.json"},
	{Name: "apis/releases", File: "apiReleaseInformation.json"},
	{Name: "apis/wikis", File: "wikiInformation.json", Own: true},
	{Name: "apis/tagdescriptions", File: "tagDescriptionInformation.json", Own: true, Left: []string{"displayName", "tagId"}},
	{Name: "apis/tags", File: "tagApiInformation.json", Link: true},
	{Name: "apis/operations/tags", File: "tagOperationInformation.json", Link: true, Own: true},
	{Name: "products/tags", File: "tagProductInformation.json", Link: true},
	{Name: "products/apis", File: "productApiInformation.json", Link: true},
	{Name: "products/groups", File: "productGroupInformation.json", Link: true},
	{Name: "gateways", File: "gatewayInformation.json", Left: []string{"primary", "secondary"}},
	{Name: "gateways/apis", File: "gatewayApiInformation.json", Link: true},
	{Name: "subscriptions", File: "subscriptionInformation.json", Left: []string{"createdDate", "primaryKeySealed", "secondaryKeySealed"}},
	{Name: "portalsettings", File: "portalSettingInformation.json", Own: true},
	{Name: "notifications/recipientemails", File: "recipientEmailInformation.json", Link: true, Own: true},
	{Name: "templates", File: "templateInformation.json", Own: true},
}

// KindOf gives the kind of the resource at a path, and its place among Kinds; nil for what is no configuration.
func KindOf(path string) (*Kind, int) {
	name := record.Kind(path)
	for i := range Kinds {
		if Kinds[i].Name == name {
			return &Kinds[i], i
		}
	}
	return nil, -1
}

// Included tells whether a resource of one of the kinds belongs to a
// configuration: what every instance has as it is, and what belongs to people, does not.
func Included(r Resource) bool {
	name := strings.ToLower(record.Name(r.Path))
	switch record.Kind(r.Path) {
	case "groups":
		return !isSystemGroup(name)
	case "subscriptions":
		var s struct {
			Owner string `json:"ownerId"`
		}
		return name != "master" && json.Unmarshal(r.Properties, &s) == nil && s.Owner == ""
	}
	return true
}

func isSystemGroup(name string) bool {
	return slices.Contains([]string{catalog.Administrators, catalog.Developers, catalog.Guests}, strings.ToLower(name))
}

// Sort brings resources into the order in which they can be made.
func Sort(resources []Resource) {
	slices.SortStableFunc(resources, func(a, b Resource) int {
		_, i := KindOf(a.Path)
		_, j := KindOf(b.Path)
		if i != j {
			return i - j
		}
		if i, j := a.rank(), b.rank(); i != j {
			return i - j
		}
		return strings.Compare(record.Key(a.Path), record.Key(b.Path))
	})
}

// rank parts resources of one kind: what others of the kind refer to goes first.
func (r Resource) rank() int {
	switch record.Kind(r.Path) {
	case "apis":
		if _, revision := catalog.SplitRevision(record.Name(r.Path)); revision != "" {
			return 1
		}
	case "backends":
		var b catalog.Backend
		if json.Unmarshal(r.Properties, &b) == nil && b.IsPool() {
			return 1
		}
	}
	return 0
}
