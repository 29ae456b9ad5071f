package artifact

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"portico/internal/record"
)

// folders are the names of collections' folders that are not the collections' own.
var folders = map[string]string{
	"namedValues": "named values", "apiVersionSets": "version sets", "policyFragments": "policy fragments", "policyRestrictions": "policy restrictions",
	"identityProviders": "identity providers", "authorizationServers": "authorization servers", "openidConnectProviders": "openid connect providers",
	"portalsettings": "portal settings", "recipientEmails": "recipient emails", "tagDescriptions": "tag descriptions",
}

// collections are the collections whose folders are called like them.
var collections = []string{
	"tags", "groups", "loggers", "backends", "schemas", "caches", "documentations", "diagnostics", "products", "wikis", "apis", "operations", "releases", "gateways",
	"subscriptions", "notifications", "templates",
}

// Files beside information files.
const (
	policyFile   = "policy.xml"
	specJSON     = "specification.json"
	specYAML     = "specification.yaml"
	specYML      = "specification.yml"
	policySuffix = "/policies/policy"
)

func folderOf(collection string) string {
	for c, f := range folders {
		if strings.EqualFold(c, collection) {
			return f
		}
	}
	return collection
}

// collectionIn gives the collection that a folder is for, or "".
func collectionIn(folder string) string {
	for c, f := range folders {
		if f == folder {
			return c
		}
	}
	if slices.Contains(collections, folder) {
		return folder
	}
	return ""
}

// reserved are the characters that a file's name cannot have everywhere, and the one that escapes them.
const reserved = `%<>:"/\|?*`

// fileName writes a resource's name as a folder's.
func fileName(name string) string {
	var b strings.Builder
	for i := range len(name) {
		if c := name[i]; c < 0x20 || strings.IndexByte(reserved, c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// folder is where a resource's files are: the folders of its collections and
// names. A tag of something stands below the tag, as in APIOps.
func folder(resource string) string {
	parts := strings.Split(strings.Trim(resource, "/"), "/")
	if n := len(parts); n > 2 && strings.EqualFold(parts[n-2], "tags") {
		parts = append(parts[n-2:n:n], parts[:n-2]...)
	}
	for i := range parts {
		if i%2 == 0 {
			parts[i] = folderOf(parts[i])
		} else {
			parts[i] = fileName(parts[i])
		}
	}
	return path.Join(parts...)
}

// resourceIn gives the resource whose files are in a folder; ok is false where the layout has none there.
func resourceIn(dir string) (resource string, ok bool) {
	if dir == "." {
		return "", true
	}
	parts := strings.Split(dir, "/")
	if len(parts)%2 != 0 {
		return "", false
	}
	for i := range parts {
		if i%2 != 0 {
			name, err := url.PathUnescape(parts[i])
			if err != nil {
				return "", false
			}
			parts[i] = name
			continue
		}
		if parts[i] = collectionIn(parts[i]); parts[i] == "" {
			return "", false
		}
	}
	if len(parts) > 2 && parts[0] == "tags" {
		parts = append(parts[2:len(parts):len(parts)], parts[0], parts[1])
	}
	return record.Path(parts...), true
}

// IsOfLayout tells whether a file is one that the layout gives a meaning.
func IsOfLayout(file string) bool {
	_, _, ok := place(file)
	return ok
}

// place tells what a file is: the resource that it is of, and which of its files.
func place(file string) (resource string, k *Kind, ok bool) {
	dir, base := path.Split(file)
	resource, ok = resourceIn(path.Clean(dir))
	if !ok {
		return "", nil, false
	}
	if base == policyFile && record.Kind(resource) != "policyfragments" {
		resource += policySuffix
		k, _ = KindOf(resource)
		return resource, k, k != nil
	}
	k, _ = KindOf(resource)
	switch {
	case k == nil:
		return "", nil, false
	case base == k.File, base == policyFile, k.Name == "apis" && slices.Contains([]string{specJSON, specYAML, specYML}, base):
		return resource, k, true
	}
	return "", nil, false
}
