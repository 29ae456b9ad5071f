package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"portico/internal/record"
)

// VersionSets is the collection of version sets.
const VersionSets = "/apiVersionSets"

// The places of the version in a request.
const (
	VersionInSegment = "Segment"
	VersionInQuery   = "Query"
	VersionInHeader  = "Header"
)

// VersionSet is APIVersionSetContractProperties: APIs that are versions of one another.
type VersionSet struct {
	DisplayName       string `json:"displayName"`
	Description       string `json:"description,omitempty"`
	VersioningScheme  string `json:"versioningScheme"`
	VersionQueryName  string `json:"versionQueryName,omitempty"`
	VersionHeaderName string `json:"versionHeaderName,omitempty"`
}

// Suffix is the path under which an API answers, without a slash at its ends: a
// version in a segment belongs to it, and the number of a revision that is not
// the current one. set is the API's version set, or nil.
func (a *API) Suffix(set *VersionSet) string {
	suffix := strings.Trim(a.Path, "/")
	if set != nil && set.VersioningScheme == VersionInSegment && a.APIVersion != "" {
		suffix = strings.TrimPrefix(suffix+"/"+a.APIVersion, "/")
	}
	return a.RecordName(suffix)
}

// CheckVersionSet checks a version set against the rules (apim.md 1.2).
func CheckVersionSet(v *VersionSet) error {
	bad := Incorrect()
	checkLength(bad, "displayName", v.DisplayName, 1, 100)
	checkLength(bad, "description", v.Description, 0, maxDescription)
	if v.VersioningScheme == "" {
		bad.With(CodeValidation, "versioningScheme", "versioningScheme is required: %s, %s or %s.", VersionInSegment, VersionInQuery, VersionInHeader)
	}
	checkChoice(bad, "versioningScheme", &v.VersioningScheme, "", VersionInSegment, VersionInQuery, VersionInHeader)
	if v.VersioningScheme == VersionInQuery && (v.VersionQueryName == "" || len(v.VersionQueryName) > 100 || strings.ContainsAny(v.VersionQueryName, "&=#+% \t\r\n")) {
		bad.With(CodeValidation, "versionQueryName", "The scheme Query needs the name of the query parameter in versionQueryName.")
	}
	if v.VersioningScheme == VersionInHeader && (!isToken(v.VersionHeaderName) || len(v.VersionHeaderName) > 100) {
		bad.With(CodeValidation, "versionHeaderName", "The scheme Header needs the name of the header in versionHeaderName.")
	}
	return bad.OrNil()
}

// VersionSetOf gives the version set that an API is in, or nil.
func VersionSetOf(ctx context.Context, s record.Store, a *API) (*VersionSet, error) {
	if a.APIVersionSetID == "" {
		return nil, nil
	}
	set, _, err := record.Get[VersionSet](ctx, s, a.APIVersionSetID)
	return &set, err
}

// VersionsOf gives the APIs of a version set.
func VersionsOf(ctx context.Context, s record.Store, set string) ([]record.Record, error) {
	recs, err := s.List(ctx, APIs)
	if err != nil {
		return nil, err
	}
	var versions []record.Record
	for _, r := range recs {
		var a API
		if err := json.Unmarshal(r.Body, &a); err != nil {
			return nil, fmt.Errorf("%s: %w", r.Path, err)
		}
		if a.APIVersionSetID != "" && strings.EqualFold(record.Name(a.APIVersionSetID), set) {
			versions = append(versions, r)
		}
	}
	return versions, nil
}

// CheckVersionSetIsFree returns fault.Invalid where an API is in the version set.
func CheckVersionSetIsFree(ctx context.Context, s record.Store, name string) error {
	versions, err := VersionsOf(ctx, s, name)
	if err != nil {
		return err
	}
	return refuseInUse("The version set", name, pathsOf(versions))
}

func pathsOf(recs []record.Record) []string {
	paths := make([]string, len(recs))
	for i, r := range recs {
		paths[i] = r.Path
	}
	return paths
}
