package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"portico/internal/fault"
	"portico/internal/record"
)

// policyCollections are where policy documents and fragments of them are kept.
var policyCollections = []string{
	Policies, Products + "/*" + Policies, APIs + "/*" + Policies, APIs + "/*/operations/*" + Policies, Fragments,
}

// attributeReference finds an attribute of a policy element that names a resource, such as backend-id.
func attributeReference(attribute, name string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b` + attribute + `\s*=\s*["']` + regexp.QuoteMeta(name) + `["']`)
}

// PoliciesWith gives the paths of the policy documents and fragments that a pattern finds something in.
func PoliciesWith(ctx context.Context, s record.Store, pattern *regexp.Regexp) ([]string, error) {
	var found []string
	for _, collection := range policyCollections {
		recs, err := s.List(ctx, collection)
		if err != nil {
			return nil, err
		}
		for _, r := range recs {
			var p Policy
			if err := json.Unmarshal(r.Body, &p); err != nil {
				return nil, fmt.Errorf("%s: %w", r.Path, err)
			}
			if pattern.MatchString(p.Value) {
				found = append(found, strings.TrimSuffix(r.Path, "/policies/"+PolicyName))
			}
		}
	}
	return found, nil
}

// refuseInUse is the refusal of taking away what others name.
func refuseInUse(noun, name string, users []string) error {
	if len(users) == 0 {
		return nil
	}
	const shown = 5
	more := ""
	if len(users) > shown {
		more = fmt.Sprintf(" and %d more", len(users)-shown)
		users = users[:shown]
	}
	users = slices.Clone(users)
	for i, u := range users {
		if u == "" {
			users[i] = "the global policy"
		}
	}
	return fault.Coded(fault.Invalid, CodeValidation, "%s %s is in use and cannot be deleted or renamed: take it out of %s%s first.", noun, name, strings.Join(users, ", "), more)
}

// linksTo plans the end of every link record of some collections that carries a name.
func linksTo(ctx context.Context, s record.Store, name string, collections ...string) ([]record.Change, error) {
	var changes []record.Change
	for _, c := range collections {
		more, err := unlink(ctx, s, c, name)
		if err != nil {
			return nil, err
		}
		changes = append(changes, more...)
	}
	return changes, nil
}

// checkExists adds a problem where a path names nothing of a collection, and gives the path as it is kept.
func checkExists(ctx context.Context, s record.Store, bad *fault.Error, target, path, collection string) (string, error) {
	path = "/" + strings.Trim(path, "/")
	if !strings.HasPrefix(strings.ToLower(path), strings.ToLower(collection)+"/") || strings.Count(path, "/") != 2 {
		bad.With(CodeValidation, target, "%q is not the id of one of %s.", path, collection)
		return path, nil
	}
	rec, err := s.Get(ctx, path)
	if fault.Is(err, fault.NotFound) {
		bad.With(CodeValidation, target, "%s names nothing that exists.", path)
		return path, nil
	}
	return rec.Path, err
}

// Authorizes tells whether an API's authenticationSettings name an authorization
// server (member authorizationServerId) or OpenID provider (openidProviderId).
func Authorizes(a *API, member, name string) bool {
	var settings any
	if json.Unmarshal(a.AuthenticationSettings, &settings) != nil {
		return false
	}
	var search func(v any) bool
	search = func(v any) bool {
		switch v := v.(type) {
		case []any:
			return slices.ContainsFunc(v, search)
		case map[string]any:
			for key, item := range v {
				text, ok := item.(string)
				if ok && strings.EqualFold(key, member) && strings.EqualFold(record.Name("/"+text), name) || search(item) {
					return true
				}
			}
		}
		return false
	}
	return search(settings)
}
