package catalog

import (
	"context"

	"portico/internal/fault"
	"portico/internal/record"
)

// MaxPolicy is the longest policy document, in bytes (apim.md 1.1).
const MaxPolicy = 256 << 10

// Formats of a policy document.
const (
	FormatXML    = "xml"    // entities inside expressions are escaped
	FormatRawXML = "rawxml" // they are not
)

// CheckPolicy completes a policy's format and checks what does not need its
// meaning: package policy looks at the document itself.
func CheckPolicy(p *Policy) error {
	bad := Incorrect()
	checkChoice(bad, "format", &p.Format, FormatXML, FormatXML, FormatRawXML, FormatXML+"-link", FormatRawXML+"-link")
	if p.Format == FormatXML+"-link" || p.Format == FormatRawXML+"-link" {
		unsupported(bad, "format", "Reading a policy document from a link is not offered yet: send it as %s or %s.", FormatXML, FormatRawXML)
	}
	if p.Value == "" {
		bad.With(CodeValidation, "value", "value must hold the policy document.")
	}
	if len(p.Value) > MaxPolicy {
		return fault.New(fault.TooLarge, "The policy document has %d bytes; the limit is %d.", len(p.Value), MaxPolicy)
	}
	return bad.OrNil()
}

// Fragment is PolicyFragmentContractProperties; Value is one element, <fragment>.
type Fragment struct {
	Policy
	Description string `json:"description,omitempty"`
}

// CheckFragment completes a fragment's format and checks what does not need its meaning.
func CheckFragment(f *Fragment) error {
	if err := CheckPolicy(&f.Policy); err != nil {
		return err
	}
	bad := Incorrect()
	checkLength(bad, "description", f.Description, 0, maxDescription)
	return bad.OrNil()
}

// FragmentUsers gives the paths of what includes a fragment.
func FragmentUsers(ctx context.Context, s record.Store, name string) ([]string, error) {
	return PoliciesWith(ctx, s, attributeReference("fragment-id", name))
}

// CheckFragmentIsFree returns fault.Invalid where a policy includes the fragment.
func CheckFragmentIsFree(ctx context.Context, s record.Store, name string) error {
	users, err := FragmentUsers(ctx, s, name)
	if err != nil {
		return err
	}
	return refuseInUse("The fragment", name, users)
}

// PolicyRestriction is PolicyRestrictionContractProperties: at a scope and below
// it, documents must call those above them with <base />.
type PolicyRestriction struct {
	Scope       string `json:"scope"`
	RequireBase string `json:"requireBase,omitempty"` // "true" or "false"
}

// CheckPolicyRestriction completes a restriction's defaults and checks it.
func CheckPolicyRestriction(p *PolicyRestriction) error {
	bad := Incorrect()
	checkLength(bad, "scope", p.Scope, 1, maxServiceURL)
	checkChoice(bad, "requireBase", &p.RequireBase, "false", "true", "false")
	return bad.OrNil()
}

// Scope says at which of the four scopes a policy record stands: "global",
// "product", "api" or "operation".
func Scope(kind string) string {
	switch kind {
	case "products/policies":
		return "product"
	case "apis/policies":
		return "api"
	case "apis/operations/policies":
		return "operation"
	}
	return "global"
}
