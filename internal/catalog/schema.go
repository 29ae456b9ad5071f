package catalog

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"mime"
	"strings"
)

// Schemas is the collection of schemas, of the instance and of an API.
const Schemas = "/schemas"

// Content types of an API's schema (apim-models-core.md, SchemaContractProperties).
const (
	SwaggerDefinitions = "application/vnd.ms-azure-apim.swagger.definitions+json"
	OpenAPIComponents  = "application/vnd.oai.openapi.components+json"
)

// Schema is SchemaContractProperties: types that an API's operations name.
type Schema struct {
	ContentType string         `json:"contentType"`
	Document    SchemaDocument `json:"document"`
}

// SchemaDocument holds one of three, by content type.
type SchemaDocument struct {
	Value       string          `json:"value,omitempty"`
	Definitions json.RawMessage `json:"definitions,omitempty"`
	Components  json.RawMessage `json:"components,omitempty"`
}

const maxSchema = 4 << 20 // bytes

// CheckSchema checks an API's schema; what it holds is kept as it was sent.
func CheckSchema(s *Schema) error {
	bad := Incorrect()
	if _, _, err := mime.ParseMediaType(s.ContentType); err != nil {
		bad.With(CodeValidation, "contentType", "%q is not a media type such as application/json.", s.ContentType)
	}
	d := &s.Document
	if len(d.Value)+len(d.Definitions)+len(d.Components) > maxSchema {
		bad.With(CodeValidation, "document", "The schema is larger than the limit of %d bytes.", maxSchema)
	}
	if d.Value == "" && len(d.Definitions) == 0 && len(d.Components) == 0 {
		bad.With(CodeValidation, "document", "document needs value, definitions or components.")
	}
	checkObject(bad, "document.definitions", d.Definitions)
	checkObject(bad, "document.components", d.Components)
	return bad.OrNil()
}

// GlobalSchema is GlobalSchemaContractProperties: a schema that policies validate by.
type GlobalSchema struct {
	SchemaType  string          `json:"schemaType"` // json or xml
	Description string          `json:"description,omitempty"`
	Value       json.RawMessage `json:"value,omitempty"`
	Document    json.RawMessage `json:"document,omitempty"`
}

// CheckGlobalSchema checks that a schema is of its type: JSON, or XML in a string.
func CheckGlobalSchema(s, old *GlobalSchema) error {
	bad := Incorrect()
	if s.SchemaType == "" {
		bad.With(CodeValidation, "schemaType", "schemaType is required: json or xml.")
	}
	checkChoice(bad, "schemaType", &s.SchemaType, "", "json", "xml")
	if old != nil && old.SchemaType != s.SchemaType {
		bad.With(CodeValidation, "schemaType", "The type of a schema stays as it is: make another schema.")
	}
	if len(s.Value)+len(s.Document) > maxSchema {
		bad.With(CodeValidation, "value", "The schema is larger than the limit of %d bytes.", maxSchema)
	}
	var text string
	isText := json.Unmarshal(s.Value, &text) == nil
	switch {
	case len(s.Value) == 0 && len(s.Document) == 0:
		bad.With(CodeValidation, "value", "A schema needs its text in value, or its document.")
	case s.SchemaType == "xml":
		if !isText {
			_ = json.Unmarshal(s.Document, &text)
		}
		if err := checkXML(text); err != nil {
			bad.With(CodeValidation, "value", "The schema is not XML: %v.", err)
		}
	case isText && len(s.Value) > 0:
		if !json.Valid([]byte(text)) {
			bad.With(CodeValidation, "value", "The schema is not JSON.")
		}
	default:
		checkObject(bad, "value", s.Value)
		checkObject(bad, "document", s.Document)
	}
	return bad.OrNil()
}

// checkXML checks that text is one well-formed element.
func checkXML(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	elements := false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			if !elements {
				return errors.New("it holds no element")
			}
			return nil
		}
		if err != nil {
			return err
		}
		_, start := token.(xml.StartElement)
		elements = elements || start
	}
}
