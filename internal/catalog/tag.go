package catalog

import (
	"context"

	"portico/internal/record"
)

// Tags is the collection of tags; below APIs, operations and products, it holds links to them.
const Tags = "/tags"

// Tag is TagContractProperties.
type Tag struct {
	DisplayName string `json:"displayName"`
}

// CheckTag checks a tag.
func CheckTag(t *Tag) error {
	bad := Incorrect()
	checkLength(bad, "displayName", t.DisplayName, 1, 160)
	return bad.OrNil()
}

// TaggedCollections are where the links to tags are.
var TaggedCollections = []string{APIs + "/*" + Tags, APIs + "/*/operations/*" + Tags, Products + "/*" + Tags}

// UnlinkTag takes a tag off everything that has it, and its descriptions with it.
func UnlinkTag(ctx context.Context, s record.Store, name string) ([]record.Change, error) {
	return linksTo(ctx, s, name, append([]string{APIs + "/*/tagDescriptions"}, TaggedCollections...)...)
}

// TagDescription is TagDescriptionContractProperties: what a tag means in one API.
type TagDescription struct {
	DisplayName             string `json:"displayName,omitempty"` // the tag's
	TagID                   string `json:"tagId,omitempty"`       // likewise
	Description             string `json:"description,omitempty"`
	ExternalDocsURL         string `json:"externalDocsUrl,omitempty"`
	ExternalDocsDescription string `json:"externalDocsDescription,omitempty"`
}

// CheckTagDescription checks a description of the tag of that name, which must exist, and takes its display name.
func CheckTagDescription(ctx context.Context, s record.Store, name string, d *TagDescription) error {
	bad := Incorrect()
	checkLength(bad, "externalDocsUrl", d.ExternalDocsURL, 0, maxServiceURL)
	if d.ExternalDocsURL != "" {
		checkAddress(bad, "externalDocsUrl", d.ExternalDocsURL)
	}
	tag, rec, err := record.Get[Tag](ctx, s, record.Path("tags", name))
	if err != nil {
		return err
	}
	d.DisplayName, d.TagID = tag.DisplayName, rec.Path
	return bad.OrNil()
}
