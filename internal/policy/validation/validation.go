package validation

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"portico/internal/catalog"
	"portico/internal/policy"
	"portico/internal/policy/document"
)

// What a validation policy does about something that is not as it should be.
const (
	validationIgnore  = "ignore"
	validationPrevent = "prevent"
	validationDetect  = "detect"
)

// validationActions are the values of the attributes that say so.
var validationActions = []string{validationIgnore, validationPrevent, validationDetect}

func actionAttribute(name string, required bool) policy.Attribute {
	return policy.Attribute{Name: name, Required: required, Kind: policy.Enumeration, Values: validationActions}
}

// errorsVariable is the attribute that names the variable for what was found.
var errorsVariable = policy.Attribute{Name: "errors-variable-name", Kind: policy.Filled}

// violation is one thing that a validation policy found. Its JSON is an element
// of the array that the policy's variable holds, as text.
type violation struct {
	Name    string `json:"name"`
	Type    string `json:"type"` // such as QueryParameter
	Rule    string `json:"validationRule"`
	Details string `json:"details"`
	Action  string `json:"action"`
}

// internalProblem is what the client of a response that is not right is told.
const internalProblem = "The request couldn't be processed due to an internal error. Contact the API owner."

// validating collects what one run of a validation policy finds.
type validating struct {
	request bool // it looks at the request; else at the response
	found   []violation
	stops   *violation // the first that prevents the call
}

// find takes note of a violation, unless it is ignored.
func (v *validating) find(action string, found violation) {
	if action == validationIgnore {
		return
	}
	found.Action = action
	v.found = append(v.found, found)
	if action == validationPrevent && v.stops == nil {
		v.stops = &found
	}
}

// finish puts what was found into the variable, and gives the error of a call
// that may not go on: 400 for a request, 502 for a response.
func (v *validating) finish(x *policy.Exchange, variable *policy.Value) error {
	name, err := variable.Text(x)
	if err != nil || len(v.found) == 0 {
		return err
	}
	if name != "" {
		b, err := json.Marshal(v.found)
		if err != nil {
			return err
		}
		x.SetVariable(name, string(b))
	}
	x.Note(map[string]any{"errors": v.found})
	switch {
	case v.stops == nil:
		return nil
	case v.request:
		return &policy.Error{Status: 400, Reason: v.stops.Rule, Message: v.stops.Details}
	}
	return &policy.Error{Status: 502, Reason: v.stops.Rule, Message: internalProblem, Detail: v.stops.Details}
}

// checkParameter says what is wrong with a value; "" where it is good.
func checkParameter(p *catalog.Parameter, value string) string {
	ok := true
	switch strings.ToLower(p.Type) {
	case "integer":
		_, err := strconv.ParseInt(value, 10, 64)
		ok = err == nil
	case "number":
		_, err := strconv.ParseFloat(value, 64)
		ok = err == nil && !strings.ContainsAny(value, "xXpPnNiI_") // JSON's numbers only
	case "boolean":
		ok = value == "true" || value == "false"
	}
	if !ok {
		return fmt.Sprintf("its value is no %s", strings.ToLower(p.Type))
	}
	if len(p.Values) > 0 && !slices.Contains(p.Values, value) {
		return "its value is not one of " + strings.Join(p.Values, ", ")
	}
	return ""
}

// given is a header or parameter that a message has.
type given struct{ name, value string }

// parameterCheck compares what a message has with its definition.
type parameterCheck struct {
	kind, word             string // "QueryParameter", "query parameter"
	specified, unspecified string // actions
	own                    map[string]string
	exempt                 []string // names that are always allowed
}

func (c *parameterCheck) action(name, otherwise string) string {
	if own := c.own[strings.ToLower(name)]; own != "" {
		return own
	}
	return otherwise
}

func (c *parameterCheck) run(v *validating, defined []catalog.Parameter, there []given) {
	for i := range defined {
		p := &defined[i]
		action, present := c.action(p.Name, c.specified), false
		for _, g := range there {
			if !strings.EqualFold(g.name, p.Name) {
				continue
			}
			present = true
			if why := checkParameter(p, g.value); why != "" {
				v.find(action, violation{Name: p.Name, Type: c.kind, Rule: "IncorrectValue", Details: fmt.Sprintf("The %s %s is not valid: %s.", c.word, p.Name, why)})
			}
		}
		if p.Required && !present {
			v.find(action, violation{Name: p.Name, Type: c.kind, Rule: "Required", Details: fmt.Sprintf("The required %s %s is missing.", c.word, p.Name)})
		}
	}
	for _, g := range there {
		known := slices.ContainsFunc(defined, func(p catalog.Parameter) bool { return strings.EqualFold(p.Name, g.name) })
		if !known && !policy.ContainsFold(c.exempt, g.name) {
			v.find(c.action(g.name, c.unspecified), violation{Name: g.name, Type: c.kind, Rule: "Unspecified", Details: fmt.Sprintf("Unspecified %s %s is not allowed.", c.word, g.name)})
		}
	}
}

// actions reads the attributes "name" and "action" of an element's children.
func ownActions(c *policy.Builder, e *document.Element, key string) map[string]string {
	own := map[string]string{}
	for _, child := range e.Children {
		if name, ok := child.Attr(key); ok {
			own[strings.ToLower(name)] = c.Text(child, "action", "")
		}
	}
	return own
}
