package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"portico/internal/fault"
	"portico/internal/record"
)

// CheckAPI completes an API's defaults and checks it against the rules (apim.md
// 1.2) and the other APIs. name is its own, with the number of a revision where
// it is not the current one; old is what it replaces, or nil.
func CheckAPI(ctx context.Context, s record.Store, name string, a, old *API) error {
	bad := Incorrect()
	base, revision := SplitRevision(name)
	if err := a.checkRevision(ctx, s, bad, base, revision, old); err != nil {
		return err
	}
	a.checkFields(bad, base)
	if err := a.checkVersion(ctx, s, bad); err != nil {
		return err
	}
	if revision == "" {
		if err := checkPathIsFree(ctx, s, bad, base, a); err != nil {
			return err
		}
	}
	return bad.OrNil()
}

func (a *API) checkFields(bad *fault.Error, name string) {
	if a.DisplayName == "" {
		a.DisplayName = name
	}
	checkLength(bad, "displayName", a.DisplayName, 1, maxDisplayName)
	a.Path = strings.Trim(a.Path, "/")
	checkPath(bad, a.Path)
	checkURL(bad, "serviceUrl", a.ServiceURL)
	checkURL(bad, "termsOfServiceUrl", a.TermsOfServiceURL)
	checkChoice(bad, "type", &a.Type, "http", "http", "soap", "graphql", "websocket", "grpc", "odata")
	if slices.Contains([]string{"soap", "graphql", "websocket", "grpc", "odata"}, a.Type) {
		unsupported(bad, "type", "APIs of type %s are not offered; use http.", a.Type)
	}
	a.checkProtocols(bad)
	a.checkKeyNames(bad)
	if string(a.Contact) == "null" {
		a.Contact = nil
	}
	if string(a.License) == "null" {
		a.License = nil
	}
	checkObject(bad, "authenticationSettings", a.AuthenticationSettings)
	checkObject(bad, "contact", a.Contact)
	checkObject(bad, "license", a.License)
	if a.SubscriptionRequired == nil {
		a.SubscriptionRequired = ptr(true)
	}
}

// checkPath checks the URL suffix: segments of a URL's path, written without escapes.
func checkPath(bad *fault.Error, path string) {
	checkLength(bad, "path", path, 0, maxPath)
	if path == "" {
		return
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "" || segment == "." || segment == ".." {
			bad.With(CodeValidation, "path", "The path %q has an empty segment, or one that is only dots.", path)
			return
		}
	}
	const others = "/-._~!$'()+,:@="
	for _, c := range path {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9') && !strings.ContainsRune(others, c) {
			bad.With(CodeValidation, "path", "The path %q holds %q: it may hold letters, digits and %s only.", path, c, others)
			return
		}
	}
}

func (a *API) checkProtocols(bad *fault.Error) {
	for i := range a.Protocols {
		before := len(bad.Problems)
		if a.Protocols[i] == "" {
			bad.With(CodeValidation, "protocols", "A protocol is empty: use http or https.")
			continue
		}
		checkChoice(bad, "protocols", &a.Protocols[i], "", "http", "https", "ws", "wss")
		if p := a.Protocols[i]; len(bad.Problems) == before && (p == "ws" || p == "wss") {
			bad.With(CodeValidation, "protocols", "%s belongs to APIs of type websocket; this one is of type http.", p)
		}
	}
	if len(a.Protocols) == 0 {
		a.Protocols = []string{"https"}
	}
	slices.Sort(a.Protocols)
	a.Protocols = slices.Compact(a.Protocols)
}

func (a *API) checkKeyNames(bad *fault.Error) {
	if a.KeyNames == nil {
		a.KeyNames = &SubscriptionKeyNames{}
	}
	if a.KeyNames.Header == "" {
		a.KeyNames.Header = DefaultKeyHeader
	}
	if a.KeyNames.Query == "" {
		a.KeyNames.Query = DefaultKeyQuery
	}
	if !isToken(a.KeyNames.Header) {
		bad.With(CodeValidation, "subscriptionKeyParameterNames.header", "%q is not the name of a header.", a.KeyNames.Header)
	}
	if strings.ContainsAny(a.KeyNames.Query, "&=#+% \t\r\n") {
		bad.With(CodeValidation, "subscriptionKeyParameterNames.query", "%q is not the name of a query parameter: it must not hold & = # + %% or spaces.", a.KeyNames.Query)
	}
}

// checkRevision sets the number of the revision. One that is not current
// answers at the current one's path and is of its version.
func (a *API) checkRevision(ctx context.Context, s record.Store, bad *fault.Error, base, revision string, old *API) error {
	number := "1"
	switch {
	case revision != "":
		number = revision
	case old != nil && old.APIRevision != "":
		number = old.APIRevision
	case a.APIRevision != "":
		number = a.APIRevision
	}
	if a.APIRevision != "" && a.APIRevision != number {
		bad.With(CodeValidation, "apiRevision", "This is revision %s of the API, not %s: a revision is made under the name %s;rev=%s, and becomes the current one by a release.", number, a.APIRevision, base, a.APIRevision)
	}
	if n, err := strconv.Atoi(number); err != nil || n < 1 || n > 9999 {
		bad.With(CodeValidation, "apiRevision", "%q is not the number of a revision, 1 to 9999.", number)
	}
	current := revision == ""
	if a.IsCurrent != nil && *a.IsCurrent != current && old == nil {
		bad.With(CodeValidation, "isCurrent", "A revision becomes the current one by a release.")
	}
	a.APIRevision, a.IsCurrent, a.IsOnline = number, ptr(current), ptr(true)
	if current {
		return nil
	}
	of, _, err := record.Get[API](ctx, s, APIPath(base))
	if err != nil {
		return err
	}
	if a.Path != "" && !strings.EqualFold(strings.Trim(a.Path, "/"), of.Path) {
		bad.With(CodeValidation, "path", "All revisions of an API have one path, and it is %q.", of.Path)
	}
	a.Path, a.APIVersion, a.APIVersionSetID = of.Path, of.APIVersion, of.APIVersionSetID
	return nil
}

// checkVersion checks that the version set exists and has no other API of the version.
func (a *API) checkVersion(ctx context.Context, s record.Store, bad *fault.Error) error {
	a.APIVersionSet = nil // the set's record says it
	if a.APIVersionSetID == "" {
		if a.APIVersion != "" {
			bad.With(CodeValidation, "apiVersionSetId", "A version needs the version set that it is in.")
		}
		return nil
	}
	if strings.ContainsAny(a.APIVersion, "/?#&%;\\ \t\r\n") || a.APIVersion == "." || a.APIVersion == ".." || len(a.APIVersion) > 100 {
		bad.With(CodeValidation, "apiVersion", "%q cannot stand in a URL: use letters, digits, period and dash.", a.APIVersion)
	}
	var err error
	a.APIVersionSetID, err = checkExists(ctx, s, bad, "apiVersionSetId", a.APIVersionSetID, VersionSets)
	return err
}

// checkPathIsFree checks that no other API answers the same calls: APIs share a
// path only as the versions of one set, and no version's segment is another's path.
func checkPathIsFree(ctx context.Context, s record.Store, bad *fault.Error, name string, a *API) error {
	recs, err := s.List(ctx, APIs)
	if err != nil {
		return err
	}
	sets, err := versionSets(ctx, s)
	if err != nil {
		return err
	}
	suffix := a.Suffix(sets.of(a))
	for _, r := range recs {
		base, revision := SplitRevision(record.Name(r.Path))
		if revision != "" || strings.EqualFold(base, name) {
			continue
		}
		var at struct{ Path, APIVersion, APIVersionSetID string } // no more is read of each API
		if err := json.Unmarshal(r.Body, &at); err != nil {
			return fmt.Errorf("%s: %w", r.Path, err)
		}
		other := API{Path: at.Path, APIVersion: at.APIVersion, APIVersionSetID: at.APIVersionSetID}
		same := strings.EqualFold(other.Path, a.Path)
		inSet := a.APIVersionSetID != "" && strings.EqualFold(other.APIVersionSetID, a.APIVersionSetID)
		switch {
		case inSet && strings.EqualFold(other.APIVersion, a.APIVersion):
			bad.With(CodeValidation, "apiVersion", "The API %s is version %q of the set already.", base, a.APIVersion)
		case same && !inSet:
			bad.With(CodeValidation, "path", "Cannot create API '%s' with the same Path '%s' as API '%s' unless it's a part of the same version set", name, a.Path, base)
		case !inSet && strings.EqualFold(other.Suffix(sets.of(&other)), suffix):
			bad.With(CodeValidation, "path", "The API %s answers under %q already.", base, suffix)
		}
	}
	return nil
}

// setsByPath are the version sets by their records' keys.
type setsByPath map[string]*VersionSet

func versionSets(ctx context.Context, s record.Store) (setsByPath, error) {
	recs, err := s.List(ctx, VersionSets)
	if err != nil {
		return nil, err
	}
	sets := make(setsByPath, len(recs))
	for _, r := range recs {
		set := &VersionSet{}
		if err := json.Unmarshal(r.Body, set); err != nil {
			return nil, fmt.Errorf("%s: %w", r.Path, err)
		}
		sets[record.Key(r.Path)] = set
	}
	return sets, nil
}

// of gives an API's version set; nil where it is in none.
func (s setsByPath) of(a *API) *VersionSet { return s[record.Key(a.APIVersionSetID)] }

// UnlinkAPI takes an API out of every product and gateway.
func UnlinkAPI(ctx context.Context, s record.Store, name string) ([]record.Change, error) {
	return linksTo(ctx, s, name, Products+"/*"+APIs, Gateways+"/*"+APIs)
}

// unlink deletes the association records of a collection such as /products/*/apis that carry a name.
func unlink(ctx context.Context, s record.Store, collection, name string) ([]record.Change, error) {
	links, err := s.List(ctx, collection)
	if err != nil {
		return nil, err
	}
	var changes []record.Change
	for _, l := range links {
		if strings.EqualFold(record.Name(l.Path), name) {
			changes = append(changes, record.Change{Op: record.Delete, Path: l.Path})
		}
	}
	return changes, nil
}

func ptr[T any](v T) *T { return &v }
