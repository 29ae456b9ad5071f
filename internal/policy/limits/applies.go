package limits

import (
	"strings"

	"portico/internal/policy"
	"portico/internal/policy/document"
)

// target names the API or operation that a child of rate-limit or quota is
// for. The id counts where both are there; the zero target is for all.
type target struct{ id, name string }

// targetAttributes are the attributes of such a child that name its target.
var targetAttributes = []policy.Attribute{{Name: "name", Kind: policy.Filled, Literal: true}, {Name: "id", Kind: policy.Filled, Literal: true}}

var targetOneOf = []string{"name", "id"}

func newTarget(c *policy.Builder, e *document.Element) target {
	return target{id: c.Text(e, "id", ""), name: c.Text(e, "name", "")}
}

func (t target) matches(id, name string) bool {
	if t.id != "" {
		return strings.EqualFold(t.id, id)
	}
	return t.name == "" || t.name == name
}

// String tells targets apart in a counter's key.
func (t target) String() string {
	if t.id != "" {
		return "[" + strings.ToLower(t.id) + "]"
	}
	return "['" + t.name + "']"
}

// applies says to which calls an element with children api{operation} applies.
type applies struct{ api, operation target }

func (a applies) to(x *policy.Exchange) bool {
	return a.api.matches(x.APIID, x.API.DisplayName) && a.operation.matches(x.OperationID, x.Operation.DisplayName)
}

// limits visits the element and its children api{operation} and operation, from
// wide to narrow; key tells the counters of each apart.
func limits(c *policy.Builder, e *document.Element, visit func(e *document.Element, a applies, key string)) {
	key := c.Source.Path + "#" + e.Name
	visit(e, applies{}, key)
	limitsBelow(c, e, applies{}, key, visit)
}

func limitsBelow(c *policy.Builder, e *document.Element, a applies, key string, visit func(*document.Element, applies, string)) {
	for _, child := range e.Children {
		t := newTarget(c, child)
		within := a
		if child.Name == "api" {
			within.api = t
		} else {
			within.operation = t
		}
		k := key + "/" + child.Name + t.String()
		visit(child, within, k)
		limitsBelow(c, child, within, k, visit)
	}
}
