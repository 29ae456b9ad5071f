package account

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"portico/internal/fault"
)

// The lengths that the protocol allows.
const (
	minContainerName = 3
	maxContainerName = 63
	maxBlobName      = 1024 // characters
	maxBlobNameParts = 254  // between slashes
	maxBlockID       = 64   // bytes, before base64
)

// RootContainer is the container of the blobs whose URL names no container.
const RootContainer = "$root"

// systemContainers are the names with a dollar sign that Azure knows.
var systemContainers = []string{RootContainer, "$web", "$logs"}

var containerName = regexp.MustCompile(`^[a-z0-9](-?[a-z0-9])*$`)

// CheckContainerName returns fault.Invalid for a name that no container can have.
func CheckContainerName(name string) error {
	switch {
	case slices.Contains(systemContainers, name):
		return nil
	case len(name) < minContainerName || len(name) > maxContainerName:
		return fault.Coded(fault.Invalid, "OutOfRangeInput",
			"The specified resource name length is not within the permissible limits: a container's name has 3 to 63 characters.")
	case !containerName.MatchString(name):
		return fault.Coded(fault.Invalid, "InvalidResourceName",
			"The specified resource name contains invalid characters: a container's name has lower-case letters, digits and single dashes between them.")
	}
	return nil
}

// CheckBlobName returns fault.Invalid for a name that no blob can have. Any characters are allowed.
func CheckBlobName(name string) error {
	switch {
	case !utf8.ValidString(name):
		return fault.Coded(fault.Invalid, "InvalidUri", "The requested URI does not represent any resource on the server: the blob's name is not UTF-8.")
	case name == "" || utf8.RuneCountInString(name) > maxBlobName:
		return fault.Coded(fault.Invalid, "OutOfRangeInput",
			"The specified resource name length is not within the permissible limits: a blob's name has 1 to 1,024 characters.")
	case strings.Count(name, "/") >= maxBlobNameParts:
		return fault.Coded(fault.Invalid, "InvalidResourceName", "The specified resource name is invalid: a blob's name has at most 254 parts between slashes.")
	}
	return nil
}

// CheckBlockID returns fault.Invalid for an ID that no block can have.
func CheckBlockID(id string) error {
	raw, err := base64.StdEncoding.DecodeString(id)
	switch {
	case err != nil || id == "":
		return fault.Coded(fault.Invalid, "InvalidQueryParameterValue", "Value for one of the query parameters specified in the request URI is invalid.").
			With("", "QueryParameterName", "blockid").With("", "QueryParameterValue", "%s", id).With("", "Reason", "Not a valid base64 string.")
	case len(raw) > maxBlockID:
		return fault.Coded(fault.Invalid, "OutOfRangeInput", "One of the request inputs is out of range.").
			With("", "QueryParameterName", "blockid").With("", "QueryParameterValue", "%s", id).With("", "Reason", "Block ID length cannot exceed 64.")
	}
	return nil
}

var metadataName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// CheckMetadata returns fault.Invalid for names that are no C# identifiers, and for too much of it.
func CheckMetadata(m map[string]string) error {
	size := 0
	for name, value := range m {
		if name == "" {
			return fault.Coded(fault.Invalid, "EmptyMetadataKey", "The key for one of the metadata key-value pairs is empty.")
		}
		if !metadataName.MatchString(name) || !utf8.ValidString(value) {
			return fault.Coded(fault.Invalid, "InvalidMetadata", "The metadata specified is invalid. It has characters that are not permitted.")
		}
		size += len(name) + len(value)
	}
	if size > MaxMetadataBytes {
		return fault.Coded(fault.Invalid, "MetadataTooLarge", "The size of the specified metadata exceeds the maximum size permitted, 8 KiB.")
	}
	return nil
}
