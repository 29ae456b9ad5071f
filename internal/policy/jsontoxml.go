package policy

import (
	"strings"

	"portico/internal/policy/transcode"
)

// jsonToXML makes an XML body of a JSON body.
func jsonToXML() declaration {
	return declaration{
		element: element{
			name: "json-to-xml",
			attributes: []attribute{
				{name: "apply", required: true, kind: enumeration, values: []string{"always", "content-type-json"}},
				{name: "consider-accept-header", kind: boolean},
				{name: "parse-date", kind: boolean}, // dates stay as they are written
				{name: "namespace-separator", literal: true},
				{name: "namespace-prefix", literal: true},
				{name: "namespace-block-name", literal: true},
				{name: "attribute-block-name", literal: true},
				{name: "attribute-prefix", literal: true},
				{name: "invalid-character-replacement", literal: true},
				{name: "null-values", kind: boolean, literal: true},
				{name: "trim-values", kind: boolean, literal: true},
				{name: "empty-values", kind: enumeration, values: []string{"preserve", "as-null"}, literal: true},
			},
		},
		sections: Inbound | Outbound | OnError,
		scopes:   everyScope,
		compile: func(c *compiler, e *Element) Action {
			o := transcode.ToXML{
				NamespaceSeparator: c.text(e, "namespace-separator", ""), NamespacePrefix: c.text(e, "namespace-prefix", ""), NamespaceBlock: c.text(e, "namespace-block-name", ""),
				AttributeBlock: c.text(e, "attribute-block-name", ""), AttributePrefix: c.text(e, "attribute-prefix", ""), Replacement: c.text(e, "invalid-character-replacement", "_"),
				OmitNull: !c.boolean(e, "null-values", true), TrimValues: c.boolean(e, "trim-values", false), EmptyAsNull: c.text(e, "empty-values", "preserve") == "as-null",
			}
			return c.transcoding(e, "xml", "application/xml", isJSON, func(b []byte) ([]byte, error) { return transcode.JSONToXML(b, o) })
		},
	}
}

// xmlToJSON makes a JSON body of an XML body.
func xmlToJSON() declaration {
	return declaration{
		element: element{
			name: "xml-to-json",
			attributes: []attribute{
				{name: "kind", required: true, kind: enumeration, values: []string{"javascript-friendly", "direct"}, literal: true},
				{name: "apply", required: true, kind: enumeration, values: []string{"always", "content-type-xml"}},
				{name: "consider-accept-header", kind: boolean},
				{name: "preserve-whitespace-nodes", kind: boolean, literal: true},
				{name: "trim-values", kind: boolean, literal: true},
				{name: "empty-values", kind: enumeration, values: []string{"preserve", "as-null"}, literal: true},
				{name: "always-array-child-elements", kind: boolean, literal: true},
			},
		},
		sections: Inbound | Outbound | OnError,
		scopes:   everyScope,
		compile: func(c *compiler, e *Element) Action {
			o := transcode.ToJSON{
				Direct: c.text(e, "kind", "") == "direct", KeepSpaces: c.boolean(e, "preserve-whitespace-nodes", false), TrimValues: c.boolean(e, "trim-values", false),
				EmptyAsNull: c.text(e, "empty-values", "preserve") == "as-null", AlwaysArrays: c.boolean(e, "always-array-child-elements", false),
			}
			return c.transcoding(e, "json", "application/json", isXML, func(b []byte) ([]byte, error) { return transcode.XMLToJSON(b, o) })
		},
	}
}

func (c *compiler) transcoding(e *Element, wanted, contentType string, from func(Headers) bool, convert func([]byte) ([]byte, error)) Action {
	return &transcoding{apply: c.value(e, "apply", "always"), considerAccept: c.value(e, "consider-accept-header", "true"),
		message: c.message, wanted: wanted, contentType: contentType, from: from, convert: convert}
}

// transcoding converts a body where its content type and the caller's Accept header say so.
type transcoding struct {
	apply, considerAccept Value
	message               message
	wanted, contentType   string // "xml", "application/xml"
	from                  func(Headers) bool
	convert               func([]byte) ([]byte, error)
}

func (t *transcoding) Do(x *Exchange) error {
	apply, err := t.apply.Text(x)
	if err != nil {
		return err
	}
	headers := t.message.headers(x)
	if apply != "always" && !t.from(*headers) {
		return nil
	}
	consider, err := t.considerAccept.Bool(x)
	if err != nil {
		return err
	}
	// Only the answer is for the caller to choose.
	if accept := strings.Join(x.Request.Headers.Values("Accept"), ","); consider && t.message == theResponse && !strings.Contains(strings.ToLower(accept), t.wanted) {
		return nil
	}
	body, err := t.message.bytes(x)
	if err != nil || len(body) == 0 {
		return err
	}
	out, err := t.convert(body)
	if err != nil {
		return &Error{Status: 500, Reason: "BodyNotValid", Detail: "The body cannot be converted to " + strings.ToUpper(t.wanted) + ": " + err.Error(), Err: err}
	}
	t.message.setBody(x, out)
	headers.Set("Content-Type", t.contentType)
	return nil
}
