package artifact

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"portico/internal/record"
)

// override is what a configuration file says of one resource.
type override struct {
	properties map[string]any
	line       int
}

// sections are the collections that a configuration file may have, by the names of their sections.
var sections = map[string]string{
	"namedValues": "namedValues", "versionSets": "apiVersionSets", "tags": "tags", "groups": "groups", "loggers": "loggers", "backends": "backends", "schemas": "schemas",
	"policyFragments": "policyFragments", "policies": "policies", "diagnostics": "diagnostics", "products": "products", "apis": "apis", "operations": "operations",
	"releases": "releases", "gateways": "gateways", "subscriptions": "subscriptions",
}

// readOverrides reads the configuration file: a list of resources for each
// section, each with its name, its properties and the sections below it.
func (r *reader) readOverrides() {
	r.overrides = map[string]override{}
	if len(bytes.TrimSpace(r.Overrides)) == 0 {
		return
	}
	var root yaml.Node
	if err := yaml.Unmarshal(r.Overrides, &root); err != nil {
		r.problem(r.OverridesFile, "", strings.TrimPrefix(err.Error(), "yaml: "))
		return
	}
	if len(root.Content) == 1 {
		r.sections("", root.Content[0])
	}
}

func (r *reader) wrong(n *yaml.Node, format string, args ...any) {
	r.problem(r.OverridesFile, fmt.Sprintf("line %d", n.Line), fmt.Sprintf(format, args...))
}

// sections reads the sections below a resource, or those of the file.
func (r *reader) sections(above string, n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		r.wrong(n, "Sections such as namedValues must stand here.")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, list := n.Content[i].Value, n.Content[i+1]
		switch {
		case above == "" && name == "apimServiceName", above != "" && (name == "name" || name == "properties"):
			continue
		case name == "workspaces":
			r.wrong(n.Content[i], "Workspaces are not offered.")
			continue
		case sections[name] == "" || list.Kind != yaml.SequenceNode:
			r.wrong(n.Content[i], "%s is not a section with a list of resources.", name)
			continue
		}
		for _, item := range list.Content {
			r.override(above, sections[name], item)
		}
	}
}

func (r *reader) override(above, collection string, n *yaml.Node) {
	var item struct {
		Name       string         `yaml:"name"`
		Properties map[string]any `yaml:"properties"`
	}
	if err := n.Decode(&item); err != nil || item.Name == "" {
		r.wrong(n, "A resource needs its name, and may have properties.")
		return
	}
	path := above + record.Path(collection, item.Name)
	v, err := r.replaceTokens(any(item.Properties))
	if err != nil {
		r.wrong(n, "%s: %v", path, err)
		return
	}
	if properties, ok := v.(map[string]any); ok && len(properties) > 0 {
		if r.found[record.Key(path)] == nil {
			r.wrong(n, "%s is not in the folder.", path)
			return
		}
		r.overrides[record.Key(path)] = override{properties: properties, line: n.Line}
	}
	r.sections(path, n)
}

// overridden merges what the configuration file says of a resource into its properties.
func (r *reader) overridden(f *found, properties map[string]any) map[string]any {
	o, ok := r.overrides[record.Key(f.path)]
	if !ok {
		return properties
	}
	raw, err := json.Marshal(o.properties) // so that all values are as a file of JSON gives them
	if err == nil {
		var v any
		if v, err = record.Decode(raw); err == nil {
			return record.MergeValues(properties, v.(map[string]any)).(map[string]any)
		}
	}
	r.problem(r.OverridesFile, fmt.Sprintf("line %d", o.line), err.Error())
	return properties
}

var token = regexp.MustCompile(`\{#\s*([A-Za-z_][A-Za-z0-9_]*)\s*#\}`)

// replaceTokens puts variables of the environment in the place of "{#NAME#}" in all texts of a value.
func (r *reader) replaceTokens(v any) (any, error) {
	var errs []error
	switch v := v.(type) {
	case string:
		text := token.ReplaceAllStringFunc(v, func(t string) string {
			name := token.FindStringSubmatch(t)[1]
			value, ok := r.environ(name)
			if !ok {
				errs = append(errs, fmt.Errorf("the environment has no variable %s", name))
			}
			return value
		})
		return text, errors.Join(errs...)
	case []any:
		for i := range v {
			var err error
			v[i], err = r.replaceTokens(v[i])
			errs = append(errs, err)
		}
	case map[string]any:
		for name := range v {
			var err error
			v[name], err = r.replaceTokens(v[name])
			errs = append(errs, err)
		}
	}
	return v, errors.Join(errs...)
}

func (r *reader) environ(name string) (string, bool) {
	if r.Environ == nil {
		return "", false
	}
	return r.Environ(name)
}

// secretVariable begins the names of the variables with the values of secret named values.
const secretVariable = "PORTICO_NAMED_VALUE_"

// secretValue gives a secret named value without a value the one that the environment has for it.
func (r *reader) secretValue(f *found, properties map[string]any) {
	if isSecret, _ := properties["secret"].(bool); f.kind.Name != "namedvalues" || !isSecret {
		return
	}
	if value, _ := properties["value"].(string); value != "" {
		return
	}
	if value, ok := r.environ(SecretVariable(record.Name(f.path))); ok {
		properties["value"] = value
	}
}

// SecretVariable is the variable of the environment with the value of a secret
// named value: PORTICO_NAMED_VALUE_DB_PASSWORD for db-password.
func SecretVariable(name string) string {
	return secretVariable + strings.ToUpper(notInVariables.ReplaceAllString(name, "_"))
}

var notInVariables = regexp.MustCompile(`[^A-Za-z0-9]`)

// syntaxOf says where a text is not JSON.
func syntaxOf(text []byte, err error) string {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		line := bytes.Count(text[:min(int(syntax.Offset), len(text))], []byte("\n")) + 1
		return fmt.Sprintf("It is not JSON: line %d: %v.", line, err)
	}
	return fmt.Sprintf("It does not fit: %v.", err)
}

// FillSecrets gives a resource's properties with a text in the place of every
// secret that they leave out, for a check that does not need to know them.
func FillSecrets(r Resource, text string) (json.RawMessage, error) {
	switch record.Kind(r.Path) {
	case "namedvalues", "loggers", "backends":
	default:
		return r.Properties, nil
	}
	v, err := record.Decode(r.Properties)
	if err != nil {
		return nil, err
	}
	properties, ok := v.(map[string]any)
	if !ok {
		return r.Properties, nil
	}
	if isSecret, _ := properties["secret"].(bool); isSecret && (properties["value"] == nil || properties["value"] == "") {
		properties["value"] = text
	}
	if c, ok := properties["credentials"]; ok {
		properties["credentials"] = fillEmpty(c, text)
	}
	return json.Marshal(properties)
}

func fillEmpty(v any, text string) any {
	switch v := v.(type) {
	case string:
		if v == "" {
			return text
		}
	case []any:
		for i := range v {
			v[i] = fillEmpty(v[i], text)
		}
	case map[string]any:
		for name := range v {
			v[name] = fillEmpty(v[name], text)
		}
	}
	return v
}
