package arm

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/rest"
)

func policyArea() area {
	return area{resources: []*resource{
		policyResource("/policies/{policyId}"),
		policyResource("/products/{productId}/policies/{policyId}"),
		policyResource("/apis/{apiId}/policies/{policyId}"),
		policyResource("/apis/{apiId}/operations/{operationId}/policies/{policyId}"),
		fragmentResource(), restrictionResource(),
	}, routes: func(a *api) []rest.Route {
		return append(a.policyTools(),
			a.route(http.MethodGet, "/allPolicies", access.ReadCatalog, a.allPolicies),
			a.route(http.MethodPost, "/policyFragments/{id}/listReferences", access.ReadCatalog, a.fragmentReferences),
		)
	}}
}

func fragmentResource() *resource {
	return plain(resource{
		pattern: "/policyFragments/{id}", noun: "Policy fragment", maxName: 80, fields: texts("description", "format", "value"), view: viewFragment, noPatch: true, provisioned: true,
		remove: func(e *edit) ([]record.Change, error) {
			return nil, catalog.CheckFragmentIsFree(e.ctx, e.records, e.name)
		},
	}, func(e *edit, p, _ *catalog.Fragment) error {
		if err := catalog.CheckFragment(p); err != nil {
			return err
		}
		warnings, err := e.Policies.Check(p.Format, p.Value, "fragment")
		e.warnings = warnings
		return err
	})
}

// viewFragment gives a fragment in the format that the request names.
func viewFragment(a *api, r *http.Request, rec record.Record) (any, error) {
	var f catalog.Fragment
	if err := json.Unmarshal(rec.Body, &f); err != nil {
		return nil, err
	}
	p, err := a.inFormat(r, f.Policy)
	f.Policy = p
	return f, err
}

func restrictionResource() *resource {
	return plain(resource{
		pattern: "/policyRestrictions/{policyRestrictionId}", noun: "Policy restriction", maxName: 80, fields: texts("scope", "requireBase"), unconditional: true,
	}, func(_ *edit, p, _ *catalog.PolicyRestriction) error { return catalog.CheckPolicyRestriction(p) })
}

// allPolicies lists the documents of every scope; each name is its place.
func (a *api) allPolicies(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	var found []envelope
	for _, kind := range []string{"policies", "products/policies", "apis/policies", "apis/operations/policies"} {
		res := a.kinds[kind]
		collection := res.pattern[:strings.LastIndexByte(res.pattern, '/')]
		recs, err := a.records.List(r.Context(), wildcards.ReplaceAllString(collection, "*"))
		if err != nil {
			return err
		}
		for _, rec := range recs {
			e, err := a.envelope(r, res, rec, rec.Path)
			if err != nil {
				return err
			}
			found = append(found, e)
		}
	}
	return writeFlat(w, found)
}

// wildcards are the names that a pattern leaves open.
var wildcards = regexp.MustCompile(`\{[^}]*\}`)

// reference is a resource that is only named.
type reference struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	Name string `json:"name"`
}

func (a *api) fragmentReferences(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	rec, err := a.lookUp(r.Context(), recordPath("/policyFragments/{id}", r), "Policy fragment")
	if err != nil {
		return err
	}
	users, err := catalog.FragmentUsers(r.Context(), a.records, record.Name(rec.Path))
	if err != nil {
		return err
	}
	references := make([]reference, len(users))
	for i, scope := range users {
		path := scope
		if record.Kind(scope) != "policyfragments" {
			path = catalog.PolicyPath(scope)
		}
		references[i] = reference{a.serviceID + path, typeOf(path), record.Name(path)}
	}
	return writeFlat(w, references)
}

// policyResource declares the one policy document of a scope.
func policyResource(pattern string) *resource {
	return plain(resource{
		pattern: pattern, noun: "Policy", maxName: catalog.MaxName, fields: texts(), view: viewPolicy, noPatch: true, prepare: fetchPolicy,
	}, func(e *edit, p, _ *catalog.Policy) error {
		if !strings.EqualFold(e.name, catalog.PolicyName) {
			return catalog.Incorrect().With(catalog.CodeValidation, "policyId", "A scope has one policy document, and its name is %s.", catalog.PolicyName)
		}
		if err := catalog.CheckPolicy(p); err != nil {
			return err
		}
		warnings, err := e.Policies.Check(p.Format, p.Value, catalog.Scope(record.Kind(e.path)))
		e.warnings = warnings
		return err
	})
}

// fetchPolicy reads a document whose format is that of a link to it.
func fetchPolicy(e *edit, sent json.RawMessage) (json.RawMessage, error) {
	var p catalog.Policy
	if len(sent) == 0 {
		return sent, nil
	}
	if err := rest.UnmarshalJSON(sent, &p); err != nil {
		return sent, err
	}
	format, isLink := strings.CutSuffix(strings.ToLower(p.Format), "-link")
	if !isLink {
		return sent, nil
	}
	text, err := e.Fetch(e.ctx, p.Value, catalog.MaxPolicy)
	if err != nil {
		return sent, err
	}
	return json.Marshal(catalog.Policy{Format: format, Value: string(text)})
}

// viewPolicy gives a document in the format that the request names.
func viewPolicy(a *api, r *http.Request, rec record.Record) (any, error) {
	var p catalog.Policy
	if err := json.Unmarshal(rec.Body, &p); err != nil {
		return nil, err
	}
	return a.inFormat(r, p)
}

// inFormat gives a document in the format that the request names; without a
// name, a reader gets xml, as documented, and a writer what was written.
func (a *api) inFormat(r *http.Request, p catalog.Policy) (catalog.Policy, error) {
	query, err := queryOf(r)
	if err != nil {
		return p, err
	}
	format := strings.ToLower(query.Get("format"))
	switch {
	case format == "" && r.Method == http.MethodPut, format == p.Format:
		return p, nil
	case format == "":
		format = catalog.FormatXML
	case format != catalog.FormatXML && format != catalog.FormatRawXML:
		return p, fault.Coded(fault.Invalid, catalog.CodeValidation, "format must be %s or %s, and is %q.", catalog.FormatXML, catalog.FormatRawXML, format)
	}
	if format == p.Format {
		return p, nil
	}
	value, err := a.Policies.Convert(p.Value, p.Format, format)
	return catalog.Policy{Format: format, Value: value}, err
}
