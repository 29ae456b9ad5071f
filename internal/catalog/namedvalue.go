package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"portico/internal/record"
)

// NamedValues is the collection of named values.
const NamedValues = "/namedValues"

// NamedValue is NamedValueContractProperties: text that policies use as {{displayName}}.
type NamedValue struct {
	DisplayName string          `json:"displayName"`
	Value       string          `json:"value,omitempty"`
	Tags        []string        `json:"tags,omitempty"`
	Secret      bool            `json:"secret"`
	KeyVault    json.RawMessage `json:"keyVault,omitempty"` // refused: there is no vault to read
}

// Secrets has the value where it is a secret.
func (n *NamedValue) Secrets() map[string]*string {
	if !n.Secret {
		return nil
	}
	return map[string]*string{"value": &n.Value}
}

const (
	maxNamedValue     = 4096 // characters
	maxNamedValueTags = 32
)

var namedValueName = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// CheckNamedValue checks a named value against the rules (apim.md 1.6), the
// others, and the policies that use it under its old display name.
func CheckNamedValue(ctx context.Context, s record.Store, name string, n, old *NamedValue) error {
	bad := Incorrect()
	checkLength(bad, "displayName", n.DisplayName, 1, MaxName)
	if n.DisplayName != "" && !namedValueName.MatchString(n.DisplayName) {
		bad.With(CodeValidation, "displayName", "%q may hold letters, digits, period, dash and underscore only: policies use it as {{name}}.", n.DisplayName)
	}
	if len(n.KeyVault) > 0 && string(n.KeyVault) != "null" {
		unsupported(bad, "keyVault", "Values are not read from a key vault: send the value; a secret one is encrypted where it is kept.")
		n.KeyVault = nil
	}
	if strings.TrimSpace(n.Value) == "" {
		bad.With(CodeValidation, "value", "value must not be empty or only spaces.")
	}
	checkLength(bad, "value", n.Value, 0, maxNamedValue)
	if len(n.Tags) > maxNamedValueTags {
		bad.With(CodeValidation, "tags", "A named value has at most %d tags.", maxNamedValueTags)
	}
	recs, err := s.List(ctx, NamedValues)
	if err != nil {
		return err
	}
	for _, r := range recs {
		var other NamedValue
		if err := json.Unmarshal(r.Body, &other); err != nil {
			return fmt.Errorf("%s: %w", r.Path, err)
		}
		if strings.EqualFold(other.DisplayName, n.DisplayName) && !strings.EqualFold(record.Name(r.Path), name) {
			bad.With(CodeValidation, "displayName", "The named value %s has the same display name.", record.Name(r.Path))
		}
	}
	if err := bad.OrNil(); err != nil || old == nil || strings.EqualFold(old.DisplayName, n.DisplayName) {
		return err
	}
	return CheckNamedValueIsFree(ctx, s, old)
}

// CheckNamedValueIsFree returns fault.Invalid where a policy uses the named value.
func CheckNamedValueIsFree(ctx context.Context, s record.Store, n *NamedValue) error {
	users, err := PoliciesWith(ctx, s, regexp.MustCompile(`(?i)\{\{\s*`+regexp.QuoteMeta(n.DisplayName)+`\s*\}\}`))
	if err != nil {
		return err
	}
	return refuseInUse("The named value", n.DisplayName, users)
}

// namedValueReference tells whether text is only the use of a named value, which is no secret.
func namedValueReference(text string) bool {
	inner, ok := strings.CutPrefix(strings.TrimSpace(text), "{{")
	if !ok {
		return false
	}
	inner, ok = strings.CutSuffix(inner, "}}")
	return ok && namedValueName.MatchString(strings.TrimSpace(inner))
}
