package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"portico/internal/fault"
	"portico/internal/record"
)

// CheckAPI completes an API's defaults and checks it against the rules (apim.md
// 1.2) and the other APIs. name is its own, so that it is not compared with itself.
func CheckAPI(ctx context.Context, s record.Store, name string, a *API) error {
	bad := Incorrect()
	a.checkFields(bad, name)
	if err := checkPathIsFree(ctx, s, bad, name, a); err != nil {
		return err
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
	a.checkRevision(bad)
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

// checkRevision refuses what needs revisions and version sets.
func (a *API) checkRevision(bad *fault.Error) {
	if a.APIRevision == "" {
		a.APIRevision = "1"
	}
	if a.APIRevision != "1" || a.IsCurrent != nil && !*a.IsCurrent {
		unsupported(bad, "apiRevision", "Revisions are not offered yet: an API has the current revision 1 only.")
	}
	a.IsCurrent, a.IsOnline = ptr(true), ptr(true)
	if a.APIVersionSetID != "" || a.APIVersion != "" || len(a.APIVersionSet) > 0 && string(a.APIVersionSet) != "null" {
		unsupported(bad, "apiVersionSetId", "Versions are not offered yet: give each version an API and a path of its own.")
	}
	if a.SourceAPIID != "" {
		unsupported(bad, "sourceApiId", "Copying another API is not offered yet.")
	}
}

func checkPathIsFree(ctx context.Context, s record.Store, bad *fault.Error, name string, a *API) error {
	recs, err := s.List(ctx, APIs)
	if err != nil {
		return err
	}
	for _, r := range recs {
		var other API
		if err := json.Unmarshal(r.Body, &other); err != nil {
			return fmt.Errorf("%s: %w", r.Path, err)
		}
		if strings.EqualFold(other.Path, a.Path) && !strings.EqualFold(record.Name(r.Path), name) {
			bad.With(CodeValidation, "path", "Cannot create API '%s' with the same Path '%s' as API '%s' unless it's a part of the same version set", name, a.Path, record.Name(r.Path))
		}
	}
	return nil
}

// UnlinkAPI takes an API out of every product.
func UnlinkAPI(ctx context.Context, s record.Store, name string) ([]record.Change, error) {
	return unlink(ctx, s, Products+"/*"+APIs, name)
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
