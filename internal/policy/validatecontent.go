package policy

import (
	"bytes"
	"fmt"
	"math"
	"mime"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"portico/internal/catalog"
)

// validateContent checks the size, the content type and the JSON of the
// request's body, or of the response's.
func validateContent() declaration {
	return declaration{
		element: element{
			name: "validate-content",
			attributes: []attribute{
				actionAttribute("unspecified-content-type-action", true),
				{name: "max-size", required: true, kind: integer, min: 1, max: MaxBuffered},
				actionAttribute("size-exceeded-action", true),
				errorsVariable,
			},
			children: []element{
				{name: "content-type-map", attributes: []attribute{{name: "any-content-type-value"}, {name: "missing-content-type-value"}},
					children: []element{{name: "type", attributes: []attribute{{name: "from"}, {name: "when"}, {name: "to", required: true}}, oneOf: []string{"from", "when"}}}},
				{name: "content", attributes: []attribute{
					{name: "validate-as", required: true, kind: enumeration, values: []string{"json", "xml", "soap"}, literal: true},
					{name: "type"}, actionAttribute("action", true), {name: "schema-id", kind: filled}, {name: "schema-ref", kind: filled},
					{name: "allow-additional-properties", kind: boolean}, {name: "case-insensitive-property-names", kind: boolean}}},
			},
		},
		sections: Inbound | Outbound | OnError,
		scopes:   everyScope,
		check: func(v *validator, e *Element) {
			for _, c := range e.Children {
				if as, _ := c.Attr("validate-as"); as == "xml" || as == "soap" {
					v.problem(c, "Bodies are validated as json only: XML schemas (XSD) are not offered.")
				}
			}
		},
		compile: compileValidateContent,
	}
}

func compileValidateContent(c *compiler, e *Element) Action {
	v := &validatingContent{schemas: c.services.Schemas, message: c.message, unspecified: c.value(e, "unspecified-content-type-action", ""),
		maxSize: c.value(e, "max-size", ""), tooLarge: c.value(e, "size-exceeded-action", ""), variable: c.value(e, "errors-variable-name", "")}
	for _, child := range e.Children {
		if child.Name == "content-type-map" {
			v.any, v.missing = c.value(child, "any-content-type-value", ""), c.value(child, "missing-content-type-value", "")
			for _, t := range child.Children {
				_, conditional := t.Attr("when")
				v.types = append(v.types, mappedType{from: c.value(t, "from", ""), when: c.value(t, "when", "false"), to: c.value(t, "to", ""), conditional: conditional})
			}
			continue
		}
		v.contents = append(v.contents, contentRule{kind: c.value(child, "type", ""), action: c.value(child, "action", ""), schema: c.value(child, "schema-id", ""),
			ref: c.value(child, "schema-ref", ""), additional: c.value(child, "allow-additional-properties", ""), fold: c.value(child, "case-insensitive-property-names", "false")})
	}
	return v
}

type validatingContent struct {
	schemas                                  Schemas
	message                                  message
	unspecified, maxSize, tooLarge, variable Value
	any, missing                             Value
	types                                    []mappedType
	contents                                 []contentRule
}

type mappedType struct {
	from, when, to Value
	conditional    bool
}

type contentRule struct{ kind, action, schema, ref, additional, fold Value }

func (c *validatingContent) Do(x *Exchange) error {
	v := &validating{request: c.message == theRequest}
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

func (c *validatingContent) look(x *Exchange, v *validating) error {
	kind, word := v.part()
	limit, err := c.maxSize.bounded(x, 1, math.MaxInt64)
	if err != nil {
		return err
	}
	size := c.message.body(x).Len()
	var body []byte
	if size <= limit {
		if body, err = c.message.bytes(x); err != nil {
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
func (c *validatingContent) contentType(x *Exchange) (string, error) {
	text := c.message.headers(x).Get("Content-Type")
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

func (c *validatingContent) validate(x *Exchange, v *validating, rule *contentRule, mapped string, body []byte) error {
	action, err := rule.action.Text(x)
	if err != nil {
		return err
	}
	kind, _ := v.part()
	use := schemaUse{}
	if use.additional, err = rule.additional.Text(x); err != nil {
		return err
	}
	use.additional = strings.ToLower(use.additional)
	if use.fold, err = rule.fold.Bool(x); err != nil {
		return err
	}
	if use.ref, err = rule.ref.Text(x); err != nil {
		return err
	}
	schema, typeName, err := c.find(x, v, rule, mapped)
	if err != nil {
		return err
	}
	if schema == nil {
		v.find(action, violation{Name: "ApiSchema", Type: kind, Rule: "Schema", Details: "API's schema doesn't exist or couldn't be resolved."})
		return nil
	}
	definition := typeName + use.ref
	if !schema.api {
		typeName = "" // it is the schema's id
	}
	compiled, err := schema.get(typeName, use)
	if err != nil {
		v.find(action, violation{Name: mapped, Type: kind, Rule: "MissingDefinition",
			Details: fmt.Sprintf("API's schema doesn't contain the definition %s, which is associated with the content type %s.", definition, mapped)})
		x.Note(map[string]any{"message": "The schema cannot be used: " + err.Error()})
		return nil
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	why := "It is not JSON."
	if err == nil {
		if use.fold {
			instance = foldAll(instance)
		}
		if err = compiled.Validate(instance); err != nil {
			why = sentence("%s", schemaProblem(err))
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
func (c *validatingContent) find(x *Exchange, v *validating, rule *contentRule, mapped string) (*Schema, string, error) {
	id, err := rule.schema.Text(x)
	if err != nil || c.schemas == nil {
		return nil, "", err
	}
	if id != "" {
		return c.schemas.Schema("", id), id, nil
	}
	var list []catalog.Representation
	if r := x.responseOf(); !v.request && r != nil {
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
