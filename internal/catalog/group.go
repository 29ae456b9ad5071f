package catalog

import (
	"context"

	"portico/internal/fault"
	"portico/internal/record"
)

// Group is GroupContractProperties: a set of developers who may see products.
type Group struct {
	DisplayName string `json:"displayName"`
	Description string `json:"description,omitempty"`
	Type        string `json:"type,omitempty"` // "custom", "system" or "external"
	ExternalID  string `json:"externalId,omitempty"`
	BuiltIn     bool   `json:"builtIn"`
}

// The names of the system groups (apim.md 1.1).
const (
	Administrators = "administrators"
	Developers     = "developers"
	Guests         = "guests"
)

// GroupPath is /groups/{id}.
func GroupPath(id string) string { return record.Path("groups", id) }

// ProductGroupPath is /products/{product}/groups/{group}: the group sees the product.
func ProductGroupPath(product, group string) string {
	return record.Path("products", product, "groups", group)
}

// CheckGroup completes a custom or external group's defaults and checks it; old
// is the group that it replaces, or nil.
func CheckGroup(g, old *Group) error {
	if old != nil && old.BuiltIn {
		return fault.New(fault.NotAllowed, "The group %s is built in and cannot be changed or deleted.", old.DisplayName)
	}
	bad := Incorrect()
	checkLength(bad, "displayName", g.DisplayName, 1, maxDisplayName)
	checkLength(bad, "description", g.Description, 0, maxDescription)
	checkChoice(bad, "type", &g.Type, "custom", "custom", "external", "system")
	switch {
	case g.Type == "system":
		bad.With(CodeValidation, "type", "The system groups are built in: a new group is custom or external.")
	case g.Type == "external" && g.ExternalID == "":
		bad.With(CodeValidation, "externalId", "An external group needs its identifier at the identity provider.")
	case g.Type == "custom" && g.ExternalID != "":
		bad.With(CodeValidation, "externalId", "Only external groups have an externalId.")
	}
	g.BuiltIn = false
	return bad.OrNil()
}

// UnlinkGroup takes a group out of every product.
func UnlinkGroup(ctx context.Context, s record.Store, name string) ([]record.Change, error) {
	return unlink(ctx, s, Products+"/*"+Groups, name)
}
