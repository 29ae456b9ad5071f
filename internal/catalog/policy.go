package catalog

import "portico/internal/fault"

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
