package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"portico/internal/catalog/urltemplate"
	"portico/internal/fault"
	"portico/internal/record"
)

// CheckOperation completes an operation's defaults and checks it against the
// rules (apim.md 1.3 and 2.1) and the API's other operations.
func CheckOperation(ctx context.Context, s record.Store, api, name string, o *Operation) error {
	bad := Incorrect()
	t, ok := o.check(bad, "")
	if !ok {
		return bad
	}
	if err := checkTemplateIsFree(ctx, s, bad, api, name, o, t); err != nil {
		return err
	}
	return bad.OrNil()
}

// CheckOperations completes and checks all operations of an API at once. A
// problem's target begins with the operation's name.
func CheckOperations(operations []Named[Operation]) error {
	bad := Incorrect()
	answers := make(map[string]string, len(operations))
	for i := range operations {
		name, o := operations[i].Name, &operations[i].Resource
		if err := CheckName("operations/"+name, name, MaxOperationName); err != nil {
			bad.Problems = append(bad.Problems, fault.As(err).Problems...)
		}
		t, ok := o.check(bad, "operations/"+name+".")
		if !ok {
			continue
		}
		shape := o.Method + " " + t.Shape()
		if first, taken := answers[shape]; taken {
			bad.With(CodeValidation, "operations/"+name+".urlTemplate", "Operation with the same method and URL template already exists: %s, %s (%s)", o.Method, o.URLTemplate, first)
		}
		answers[shape] = name
	}
	return bad.OrNil()
}

// check completes an operation's defaults and checks its fields; at begins the
// targets of problems. ok is false where it has no template to compare.
func (o *Operation) check(bad *fault.Error, at string) (t urltemplate.Template, ok bool) {
	own := Incorrect()
	defer func() {
		for _, p := range own.Problems {
			bad.With(p.Code, at+p.Target, "%s", p.Message)
		}
	}()
	o.Method = strings.ToUpper(strings.TrimSpace(o.Method))
	if !isToken(o.Method) || len(o.Method) > 20 {
		own.With(CodeValidation, "method", "%q is not an HTTP method such as GET.", o.Method)
	}
	checkLength(own, "displayName", o.DisplayName, 1, maxDisplayName)
	checkLength(own, "description", o.Description, 0, maxDescription)
	checkLength(own, "urlTemplate", o.URLTemplate, 1, maxURLTemplate)
	if !strings.HasPrefix(o.URLTemplate, "/") {
		o.URLTemplate = "/" + o.URLTemplate
	}
	t, err := urltemplate.Parse(o.URLTemplate)
	if err != nil {
		own.With(CodeValidation, "urlTemplate", "The URL template is wrong: %v.", err)
		return t, false
	}
	o.checkTemplateParameters(own, t)
	o.checkMessages(own)
	return t, true
}

// checkTemplateParameters checks that the template's parameters and the declared ones are the same.
func (o *Operation) checkTemplateParameters(bad *fault.Error, t urltemplate.Template) {
	declared := map[string]bool{}
	for i := range o.TemplateParameters {
		p := &o.TemplateParameters[i]
		declared[strings.ToLower(p.Name)] = true
		p.Required = true // a call without it does not reach the operation
	}
	checkParameters(bad, "templateParameters", o.TemplateParameters)
	var missing []string
	for _, name := range t.Parameters() {
		if !declared[strings.ToLower(name)] {
			missing = append(missing, name)
		}
		delete(declared, strings.ToLower(name))
	}
	if len(missing) == 0 && len(declared) == 0 {
		return
	}
	message := fmt.Sprintf("All template parameters used in the UriTemplate must be defined in the Operation '%s', and vice-versa.", o.DisplayName)
	if len(missing) > 0 {
		message += " Not defined: " + strings.Join(missing, ", ") + "."
	}
	for _, p := range o.TemplateParameters {
		if declared[strings.ToLower(p.Name)] {
			message += " Not used: " + p.Name + "."
		}
	}
	bad.With(CodeValidation, "templateParameters", "%s", message)
}

func (o *Operation) checkMessages(bad *fault.Error) {
	if o.Request != nil {
		checkParameters(bad, "request.queryParameters", o.Request.QueryParameters)
		checkParameters(bad, "request.headers", o.Request.Headers)
		checkRepresentations(bad, "request.representations", o.Request.Representations)
	}
	seen := map[int]bool{}
	for i, r := range o.Responses {
		target := fmt.Sprintf("responses[%d]", i)
		if r.StatusCode < 100 || r.StatusCode > 599 {
			bad.With(CodeValidation, target+".statusCode", "%d is not an HTTP status.", r.StatusCode)
		}
		if seen[r.StatusCode] {
			bad.With(CodeValidation, target+".statusCode", "The status %d is described twice.", r.StatusCode)
		}
		seen[r.StatusCode] = true
		checkParameters(bad, target+".headers", r.Headers)
		checkRepresentations(bad, target+".representations", r.Representations)
	}
}

func checkParameters(bad *fault.Error, target string, params []Parameter) {
	seen := map[string]bool{}
	for i, p := range params {
		at := fmt.Sprintf("%s[%d]", target, i)
		if p.Name == "" {
			bad.With(CodeValidation, at+".name", "A parameter needs a name.")
		} else if seen[strings.ToLower(p.Name)] {
			bad.With(CodeValidation, at+".name", "The parameter %q stands twice in %s.", p.Name, target)
		}
		if p.Type == "" {
			bad.With(CodeValidation, at+".type", "The parameter %q needs a type, such as string.", p.Name)
		}
		seen[strings.ToLower(p.Name)] = true
	}
}

func checkRepresentations(bad *fault.Error, target string, reps []Representation) {
	for i, r := range reps {
		at := fmt.Sprintf("%s[%d]", target, i)
		if r.ContentType == "" {
			bad.With(CodeValidation, at+".contentType", "A representation needs a content type, such as application/json.")
		}
		checkParameters(bad, at+".formParameters", r.FormParameters)
	}
}

func checkTemplateIsFree(ctx context.Context, s record.Store, bad *fault.Error, api, name string, o *Operation, t urltemplate.Template) error {
	recs, err := s.List(ctx, APIPath(api)+"/operations")
	if err != nil {
		return err
	}
	shape := t.Shape()
	for _, r := range recs {
		var other Operation
		if err := json.Unmarshal(r.Body, &other); err != nil {
			return fmt.Errorf("%s: %w", r.Path, err)
		}
		if other.Method != o.Method || strings.EqualFold(record.Name(r.Path), name) {
			continue
		}
		if parsed, err := urltemplate.Parse(other.URLTemplate); err == nil && parsed.Shape() == shape {
			bad.With(CodeValidation, "urlTemplate", "Operation with the same method and URL template already exists: %s, %s (%s)", o.Method, other.URLTemplate, record.Name(r.Path))
		}
	}
	return nil
}
