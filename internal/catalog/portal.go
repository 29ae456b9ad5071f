package catalog

import "encoding/json"

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
