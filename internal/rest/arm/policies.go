package arm

import (
	"encoding/json"
	"net/http"
	"strings"

	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
)

// policyResource declares the one policy document of a scope.
func policyResource(pattern string) *resource {
	return plain(resource{
		pattern: pattern, noun: "Policy", maxName: catalog.MaxName, fields: texts(), view: viewPolicy, noPatch: true,
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

// viewPolicy gives a document in the format that the request names; without a
// name, a reader gets xml, as documented, and a writer what was written.
func viewPolicy(a *api, r *http.Request, rec record.Record) (any, error) {
	var p catalog.Policy
	if err := json.Unmarshal(rec.Body, &p); err != nil {
		return nil, err
	}
	query, err := queryOf(r)
	if err != nil {
		return nil, err
	}
	format := strings.ToLower(query.Get("format"))
	switch {
	case format == "" && r.Method == http.MethodPut, format == p.Format:
		return p, nil
	case format == "":
		format = catalog.FormatXML
	case format != catalog.FormatXML && format != catalog.FormatRawXML:
		return nil, fault.Coded(fault.Invalid, catalog.CodeValidation, "format must be %s or %s, and is %q.", catalog.FormatXML, catalog.FormatRawXML, format)
	}
	if format == p.Format {
		return p, nil
	}
	value, err := a.Policies.Convert(p.Value, p.Format, format)
	return catalog.Policy{Format: format, Value: value}, err
}
