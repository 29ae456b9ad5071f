package catalog

import (
	"encoding/json"
	"fmt"
	"strings"
)

// PortalRevisions is the collection of what was published of the developer portal.
const PortalRevisions = "/portalRevisions"

// PortalRevision is PortalRevisionContractProperties.
type PortalRevision struct {
	Description string `json:"description,omitempty"`
	IsCurrent   bool   `json:"isCurrent"`
}

// CheckPortalRevision checks a revision of the portal.
func CheckPortalRevision(p *PortalRevision) error {
	bad := Incorrect()
	checkLength(bad, "description", p.Description, 0, 2000)
	return bad.OrNil()
}

// ContentType is ContentTypeContractProperties: a kind of what the portal shows, such as a page.
type ContentType struct {
	ID          string          `json:"id,omitempty"`
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Version     string          `json:"version,omitempty"`
	Schema      json.RawMessage `json:"schema,omitempty"`
}

// CheckContentType completes and checks the content type of a name.
func CheckContentType(name string, c *ContentType) error {
	bad := Incorrect()
	if c.ID == "" {
		c.ID = name
	}
	checkLength(bad, "name", c.Name, 1, maxDisplayName)
	checkLength(bad, "description", c.Description, 0, maxDescription)
	checkLength(bad, "version", c.Version, 0, 100)
	checkObject(bad, "schema", c.Schema)
	return bad.OrNil()
}

// PortalConfig is what PortalConfigProperties keeps besides the portal settings.
type PortalConfig struct {
	EnableBasicAuth bool `json:"enableBasicAuth"`
	CORS            struct {
		AllowedOrigins []string `json:"allowedOrigins"`
	} `json:"cors"`
	CSP struct {
		Mode           string   `json:"mode,omitempty"` // enabled, disabled or reportOnly
		ReportURI      []string `json:"reportUri,omitempty"`
		AllowedSources []string `json:"allowedSources,omitempty"`
	} `json:"csp"`
}

const maxPortalList = 100

// CheckPortalConfig completes a portal's configuration and checks it.
func CheckPortalConfig(p *PortalConfig) error {
	bad := Incorrect()
	checkChoice(bad, "csp.mode", &p.CSP.Mode, "disabled", "enabled", "disabled", "reportOnly")
	for target, list := range map[string][]string{"cors.allowedOrigins": p.CORS.AllowedOrigins, "csp.reportUri": p.CSP.ReportURI, "csp.allowedSources": p.CSP.AllowedSources} {
		if len(list) > maxPortalList {
			bad.With(CodeValidation, target, "%s has at most %d members.", target, maxPortalList)
		}
		for i, text := range list {
			if text == "" || len(text) > maxServiceURL || strings.ContainsAny(text, " \t\r\n;,") {
				bad.With(CodeValidation, fmt.Sprintf("%s[%d]", target, i), "%q is not one address or source.", text)
			}
		}
	}
	for i, origin := range p.CORS.AllowedOrigins {
		if origin != "*" {
			checkAddress(bad, fmt.Sprintf("cors.allowedOrigins[%d]", i), origin)
		}
	}
	if p.CORS.AllowedOrigins == nil {
		p.CORS.AllowedOrigins = []string{}
	}
	return bad.OrNil()
}
