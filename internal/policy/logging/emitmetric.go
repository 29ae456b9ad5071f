package logging

import (
	"math"
	"strconv"
	"strings"

	"portico/internal/policy"
	"portico/internal/policy/document"
)

// maxDimensions is how many dimensions of its own a metric may have. The reference
// says 5 (apim.md 3.2); published documents that run have more, and Azure Monitor takes 10.
const maxDimensions = 10

// EmitMetric adds a value to a metric with the document's dimensions.
func EmitMetric() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name: "emit-metric",
			Attributes: []policy.Attribute{
				{Name: "name", Required: true, Kind: policy.Filled},
				{Name: "namespace"},
				{Name: "value"},
				{Name: "default-dimensions", Kind: policy.Boolean, Literal: true},
			},
			Children: []policy.Form{{Name: "dimension", Attributes: []policy.Attribute{{Name: "name", Required: true, Kind: policy.Filled, Literal: true}, {Name: "value"}}}},
		},
		Sections: policy.EverySection,
		Scopes:   policy.EveryScope,
		Check:    CheckDimensions,
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			m := &emitting{metrics: c.Services.Metrics, name: c.Value(e, "name", ""),
				namespace: c.Value(e, "namespace", "API Management"), value: c.Value(e, "value", "1")}
			m.dimensions = Dimensions(c, e)
			return m
		},
	}
}

// CheckDimensions checks the dimensions of a metric.
func CheckDimensions(v *policy.Validator, e *document.Element) {
	own := 0
	for _, c := range e.Children {
		name, _ := c.Attr("name")
		if _, there := c.Attr("value"); there {
			own++
		} else if defaultDimension(name) == nil && !policy.HasNamedValue(name) {
			v.Problem(c, "The dimension '%s' needs a value: it is none of %s.", name, strings.Join(defaultDimensions, ", "))
		}
	}
	if own > maxDimensions {
		v.Problem(e, "A metric may have %d dimensions with a value, and has %d.", maxDimensions, own)
	}
}

// defaultDimensions are those that need no value.
var defaultDimensions = []string{"API ID", "Operation ID", "Product ID", "User ID", "Subscription ID", "Location", "Gateway ID", "Backend ID"}

// defaultDimension gives the value of a dimension that needs none in the document, or nil.
func defaultDimension(name string) func(x *policy.Exchange) string {
	switch strings.ToLower(name) {
	case "api id":
		return func(x *policy.Exchange) string { return x.APIID }
	case "operation id":
		return func(x *policy.Exchange) string { return x.OperationID }
	case "product id":
		return func(x *policy.Exchange) string { return x.ProductID }
	case "user id":
		return func(x *policy.Exchange) string {
			if x.User == nil {
				return ""
			}
			return x.User.ID
		}
	case "subscription id":
		return func(x *policy.Exchange) string {
			if x.Subscription == nil {
				return ""
			}
			return x.Subscription.ID
		}
	case "location":
		return func(x *policy.Exchange) string { return x.Deployed().Region }
	case "gateway id":
		return func(x *policy.Exchange) string { return x.Deployed().GatewayID }
	case "backend id":
		return func(*policy.Exchange) string { return "" }
	}
	return nil
}

// Dimension is one of a metric's, with its value or the one it has by itself.
type Dimension struct {
	name  string
	value policy.Value
	auto  func(x *policy.Exchange) string
}

// Dimensions reads the dimensions of a metric.
func Dimensions(c *policy.Builder, e *document.Element) []Dimension {
	var out []Dimension
	for _, child := range e.Children {
		d := Dimension{name: c.Text(child, "name", ""), value: c.Value(child, "value", "")}
		if _, there := child.Attr("value"); !there {
			d.auto = defaultDimension(d.name)
		}
		out = append(out, d)
	}
	return out
}

// EvaluateDimensions gives the dimensions of one call.
func EvaluateDimensions(x *policy.Exchange, list []Dimension) ([]policy.Dimension, error) {
	out := make([]policy.Dimension, len(list))
	for i := range list {
		out[i].Name = list[i].name
		if list[i].auto != nil {
			out[i].Value = list[i].auto(x)
			continue
		}
		var err error
		if out[i].Value, err = list[i].value.Text(x); err != nil {
			return nil, err
		}
	}
	return out, nil
}

type emitting struct {
	metrics                policy.Metrics
	name, namespace, value policy.Value
	dimensions             []Dimension
}

func (m *emitting) Do(x *policy.Exchange) error {
	var metric policy.Metric
	var err error
	if metric.Name, err = m.name.Text(x); err != nil {
		return err
	}
	if metric.Namespace, err = m.namespace.Text(x); err != nil {
		return err
	}
	text, err := m.value.Text(x)
	if err != nil {
		return err
	}
	metric.Value, err = strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(metric.Value) || math.IsInf(metric.Value, 0) {
		return policy.ValueError("the metric's value must be a number, and is %q", policy.Short(text))
	}
	if metric.Dimensions, err = EvaluateDimensions(x, m.dimensions); err != nil {
		return err
	}
	if m.metrics != nil {
		m.metrics.Emit(metric)
	}
	return nil
}
