package validation

import (
	"bytes"
	"fmt"
	"math"
	"mime"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"portico/internal/catalog"
	"portico/internal/policy"
	"portico/internal/policy/document"
	"portico/internal/policy/schema"
)

// ValidateContent checks the size, the content type and the JSON of the
// request's body, or of the response's.
func ValidateContent() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name: "validate-content",
			Attributes: []policy.Attribute{
				actionAttribute("unspecified-content-type-action", true),
				{Name: "max-size", Required: true, Kind: policy.Integer, Min: 1, Max: policy.MaxBuffered},
				actionAttribute("size-exceeded-action", true),
				errorsVariable,
			},
			Children: []policy.Form{
				{Name: "content-type-map", Attributes: []policy.Attribute{{Name: "any-content-type-value"}, {Name: "missing-content-type-value"}},
					Children: []policy.Form{{Name: "type", Attributes: []policy.Attribute{{Name: "from"}, {Name: "when"}, {Name: "to", Required: true}}, OneOf: []string{"from", "when"}}}},
				{Name: "content", Attributes: []policy.Attribute{
					{Name: "validate-as", Required: true, Kind: policy.Enumeration, Values: []string{"json", "xml", "soap"}, Literal: true},
					{Name: "type"}, actionAttribute("action", true), {Name: "schema-id", Kind: policy.Filled}, {Name: "schema-ref", Kind: policy.Filled},
					{Name: "allow-additional-properties", Kind: policy.Boolean}, {Name: "case-insensitive-property-names", Kind: policy.Boolean}}},
			},
		},
		Sections: policy.Inbound | policy.Outbound | policy.OnError,
		Scopes:   policy.EveryScope,
		Check: func(v *policy.Validator, e *document.Element) {
			for _, c := range e.Children {
				if as, _ := c.Attr("validate-as"); as == "xml" || as == "soap" {
					v.Problem(c, "Bodies are validated as json only: XML schemas (XSD) are not offered.")
				}
			}
		},
		Compile: compileValidateContent,
	}
}

func compileValidateContent(c *policy.Builder, e *document.Element) policy.Action {
	v := &validatingContent{schemas: c.Services.Schemas, message: c.Message, unspecified: c.Value(e, "unspecified-content-type-action", ""),
		maxSize: c.Value(e, "max-size", ""), tooLarge: c.Value(e, "size-exceeded-action", ""), variable: c.Value(e, "errors-variable-name", "")}
	for _, child := range e.Children {
		if child.Name == "content-type-map" {
			v.any, v.missing = c.Value(child, "any-content-type-value", ""), c.Value(child, "missing-content-type-value", "")
			for _, t := range child.Children {
				_, conditional := t.Attr("when")
				v.types = append(v.types, mappedType{from: c.Value(t, "from", ""), when: c.Value(t, "when", "false"), to: c.Value(t, "to", ""), conditional: conditional})
			}
			continue
		}
		v.contents = append(v.contents, contentRule{kind: c.Value(child, "type", ""), action: c.Value(child, "action", ""), schemaID: c.Value(child, "schema-id", ""),
			ref: c.Value(child, "schema-ref", ""), additional: c.Value(child, "allow-additional-properties", ""), fold: c.Value(child, "case-insensitive-property-names", "false")})
	}
	return v
}

type validatingContent struct {
	schemas                                  policy.Schemas
	message                                  policy.Message
	unspecified, maxSize, tooLarge, variable policy.Value
	any, missing                             policy.Value
	types                                    []mappedType
	contents                                 []contentRule
}

type mappedType struct {
	from, when, to policy.Value
	conditional    bool
}

type contentRule struct{ kind, action, schemaID, ref, additional, fold policy.Value }

func (c *validatingContent) Do(x *policy.Exchange) error {
	v := &validating{request: c.message == policy.TheRequest}
	if err := c.look(x, v); err != nil {
		return err
	}
	return v.finish(x, &c.variable)
}

// part is what the violations call the body.
func (v *validating) part() (kind, word string) {
	if v.request {
		return "RequestBody", "Request's"
	}
	return "ResponseBody", "Response's"
}

func (c *validatingContent) look(x *policy.Exchange, v *validating) error {
	kind, word := v.part()
	limit, err := c.maxSize.Bounded(x, 1, math.MaxInt64)
	if err != nil {
		return err
	}
	size := c.message.Body(x).Len()
	var body []byte
	if size <= limit {
		if body, err = c.message.Bytes(x); err != nil {
			return err
		}
		size = int64(len(body))
	}
	if size == 0 {
		return nil
	}
	mapped, err := c.contentType(x)
	if err != nil {
		return err
	}
	if size > limit {
		action, err := c.tooLarge.Text(x)
		v.find(action, violation{Name: mapped, Type: kind, Rule: "SizeLimit", Details: fmt.Sprintf("%s body is %d bytes long and it exceeds the limit of %d bytes.", word, size, limit)})
		return err
	}
	for i := range c.contents {
		rule := &c.contents[i]
		own, err := rule.kind.Text(x)
		if err != nil {
			return err
		}
		if own == "" || strings.EqualFold(own, mapped) {
			return c.validate(x, v, rule, mapped, body)
		}
	}
	action, err := c.unspecified.Text(x)
	v.find(action, violation{Name: mapped, Type: kind, Rule: "Unspecified", Details: "Unspecified content type " + mapped + " is not allowed."})
	return err
}

// contentType is the message's media type without parameters, as the map has it.
func (c *validatingContent) contentType(x *policy.Exchange) (string, error) {
	text := c.message.Headers(x).Get("Content-Type")
	plain, _, err := mime.ParseMediaType(text)
	if err != nil {
		plain = strings.TrimSpace(text)
	}
	if all, err := c.any.Text(x); err != nil || all != "" {
		return all, err
	}
	if plain == "" {
		return c.missing.Text(x)
	}
	for i := range c.types {
		t := &c.types[i]
		from, err := t.from.Text(x)
		if err != nil {
			return "", err
		}
		matches := strings.EqualFold(from, plain)
		if t.conditional {
			if matches, err = t.when.Bool(x); err != nil {
				return "", err
			}
		}
		if matches {
			return t.to.Text(x)
		}
	}
	return plain, nil
}

func (c *validatingContent) validate(x *policy.Exchange, v *validating, rule *contentRule, mapped string, body []byte) error {
	action, err := rule.action.Text(x)
	if err != nil {
		return err
	}
	kind, _ := v.part()
	use := schema.Use{}
	if use.Additional, err = rule.additional.Text(x); err != nil {
		return err
	}
	use.Additional = strings.ToLower(use.Additional)
	if use.Fold, err = rule.fold.Bool(x); err != nil {
		return err
	}
	if use.Ref, err = rule.ref.Text(x); err != nil {
		return err
	}
	found, typeName, err := c.find(x, v, rule, mapped)
	if err != nil {
		return err
	}
	if found == nil {
		v.find(action, violation{Name: "ApiSchema", Type: kind, Rule: "Schema", Details: "API's schema doesn't exist or couldn't be resolved."})
		return nil
	}
	definition := typeName + use.Ref
	if !found.OfAPI() {
		typeName = "" // it is the schema's id
	}
	compiled, err := found.Get(typeName, use)
	if err != nil {
		v.find(action, violation{Name: mapped, Type: kind, Rule: "MissingDefinition",
			Details: fmt.Sprintf("API's schema doesn't contain the definition %s, which is associated with the content type %s.", definition, mapped)})
		x.Note(map[string]any{"message": "The schema cannot be used: " + err.Error()})
		return nil
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	why := "It is not JSON."
	if err == nil {
		if use.Fold {
			instance = schema.Fold(instance)
		}
		if err = compiled.Validate(instance); err != nil {
			what, where := schema.Problem(err)
			why = policy.Sentence("%s (at %s)", policy.Short(what), policy.Short(where))
		}
	}
	if err != nil {
		which := map[bool]string{true: "request", false: "response"}[v.request]
		v.find(action, violation{Name: mapped, Type: kind, Rule: "IncorrectMessage",
			Details: fmt.Sprintf("Body of the %s doesn't conform to the definition %s, which is associated with the content type %s. %s", which, definition, mapped, why)})
	}
	return nil
}

// find gives the schema that the rule names, or the one of the operation's
// representation, and what it is called: its id, or the type in it.
func (c *validatingContent) find(x *policy.Exchange, v *validating, rule *contentRule, mapped string) (*schema.Schema, string, error) {
	id, err := rule.schemaID.Text(x)
	if err != nil || c.schemas == nil {
		return nil, "", err
	}
	if id != "" {
		return c.schemas.Schema("", id), id, nil
	}
	var list []catalog.Representation
	if r := x.ResponseOf(); !v.request && r != nil {
		list = r.Representations
	} else if v.request && x.Operation != nil && x.Operation.Request != nil {
		list = x.Operation.Request.Representations
	}
	i := slices.IndexFunc(list, func(r catalog.Representation) bool { return strings.EqualFold(r.ContentType, mapped) })
	if i < 0 || list[i].SchemaID == "" {
		return nil, "", nil
	}
	return c.schemas.Schema(x.API.RecordName(x.APIID), list[i].SchemaID), list[i].TypeName, nil
}
