package transform

import (
	"strings"

	"portico/internal/policy"
	"portico/internal/policy/document"
	"portico/internal/policy/transcode"
)

// JsonToXML makes an XML body of a JSON body.
func JsonToXML() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name: "json-to-xml",
			Attributes: []policy.Attribute{
				{Name: "apply", Required: true, Kind: policy.Enumeration, Values: []string{"always", "content-type-json"}},
				{Name: "consider-accept-header", Kind: policy.Boolean},
				{Name: "parse-date", Kind: policy.Boolean}, // dates stay as they are written
				{Name: "namespace-separator", Literal: true},
				{Name: "namespace-prefix", Literal: true},
				{Name: "namespace-block-name", Literal: true},
				{Name: "attribute-block-name", Literal: true},
				{Name: "attribute-prefix", Literal: true},
				{Name: "invalid-character-replacement", Literal: true},
				{Name: "null-values", Kind: policy.Boolean, Literal: true},
				{Name: "trim-values", Kind: policy.Boolean, Literal: true},
				{Name: "empty-values", Kind: policy.Enumeration, Values: []string{"preserve", "as-null"}, Literal: true},
			},
		},
		Sections: policy.Inbound | policy.Outbound | policy.OnError,
		Scopes:   policy.EveryScope,
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			o := transcode.ToXML{
				NamespaceSeparator: c.Text(e, "namespace-separator", ""), NamespacePrefix: c.Text(e, "namespace-prefix", ""), NamespaceBlock: c.Text(e, "namespace-block-name", ""),
				AttributeBlock: c.Text(e, "attribute-block-name", ""), AttributePrefix: c.Text(e, "attribute-prefix", ""), Replacement: c.Text(e, "invalid-character-replacement", "_"),
				OmitNull: !c.Boolean(e, "null-values", true), TrimValues: c.Boolean(e, "trim-values", false), EmptyAsNull: c.Text(e, "empty-values", "preserve") == "as-null",
			}
			return newTranscoding(c, e, "xml", "application/xml", policy.IsJSON, func(b []byte) ([]byte, error) { return transcode.JSONToXML(b, o) })
		},
	}
}

// XMLToJSON makes a JSON body of an XML body.
func XMLToJSON() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name: "xml-to-json",
			Attributes: []policy.Attribute{
				{Name: "kind", Required: true, Kind: policy.Enumeration, Values: []string{"javascript-friendly", "direct"}, Literal: true},
				{Name: "apply", Required: true, Kind: policy.Enumeration, Values: []string{"always", "content-type-xml"}},
				{Name: "consider-accept-header", Kind: policy.Boolean},
				{Name: "preserve-whitespace-nodes", Kind: policy.Boolean, Literal: true},
				{Name: "trim-values", Kind: policy.Boolean, Literal: true},
				{Name: "empty-values", Kind: policy.Enumeration, Values: []string{"preserve", "as-null"}, Literal: true},
				{Name: "always-array-child-elements", Kind: policy.Boolean, Literal: true},
			},
		},
		Sections: policy.Inbound | policy.Outbound | policy.OnError,
		Scopes:   policy.EveryScope,
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			o := transcode.ToJSON{
				Direct: c.Text(e, "kind", "") == "direct", KeepSpaces: c.Boolean(e, "preserve-whitespace-nodes", false), TrimValues: c.Boolean(e, "trim-values", false),
				EmptyAsNull: c.Text(e, "empty-values", "preserve") == "as-null", AlwaysArrays: c.Boolean(e, "always-array-child-elements", false),
			}
			return newTranscoding(c, e, "json", "application/json", policy.IsXML, func(b []byte) ([]byte, error) { return transcode.XMLToJSON(b, o) })
		},
	}
}

func newTranscoding(c *policy.Builder, e *document.Element, wanted, contentType string, from func(policy.Headers) bool, convert func([]byte) ([]byte, error)) policy.Action {
	return &transcoding{apply: c.Value(e, "apply", "always"), considerAccept: c.Value(e, "consider-accept-header", "true"),
		message: c.Message, wanted: wanted, contentType: contentType, from: from, convert: convert}
}

// transcoding converts a body where its content type and the caller's Accept header say so.
type transcoding struct {
	apply, considerAccept policy.Value
	message               policy.Message
	wanted, contentType   string // "xml", "application/xml"
	from                  func(policy.Headers) bool
	convert               func([]byte) ([]byte, error)
}

func (t *transcoding) Do(x *policy.Exchange) error {
	apply, err := t.apply.Text(x)
	if err != nil {
		return err
	}
	headers := t.message.Headers(x)
	if apply != "always" && !t.from(*headers) {
		return nil
	}
	consider, err := t.considerAccept.Bool(x)
	if err != nil {
		return err
	}
	// Only the answer is for the caller to choose.
	if accept := strings.Join(x.Request.Headers.Values("Accept"), ","); consider && t.message == policy.TheResponse && !strings.Contains(strings.ToLower(accept), t.wanted) {
		return nil
	}
	body, err := t.message.Bytes(x)
	if err != nil || len(body) == 0 {
		return err
	}
	out, err := t.convert(body)
	if err != nil {
		return &policy.Error{Status: 500, Reason: "BodyNotValid", Detail: "The body cannot be converted to " + strings.ToUpper(t.wanted) + ": " + err.Error(), Err: err}
	}
	t.message.SetBody(x, out)
	headers.Set("Content-Type", t.contentType)
	return nil
}
