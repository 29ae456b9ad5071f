package policy

import (
	"math"
	"strconv"
	"strings"
)

// Metrics takes the metrics of documents.
type Metrics interface {
	// Emit adds a value to a metric. It must not block, and drops what is too much.
	Emit(m Metric)
}

// Metric is one value of a metric.
type Metric struct {
	Namespace  string
	Name       string
	Value      float64
	Dimensions []Dimension // in the document's order
}

// Dimension is a metric's label.
type Dimension struct{ Name, Value string }

// maxDimensions is how many dimensions of its own a metric may have (apim.md 3.2).
const maxDimensions = 5

// emitMetric adds a value to a metric with the document's dimensions.
func emitMetric() declaration {
	return declaration{
		element: element{
			name: "emit-metric",
			attributes: []attribute{
				{name: "name", required: true, kind: filled},
				{name: "namespace"},
				{name: "value"},
				{name: "default-dimensions", kind: boolean, literal: true},
			},
			children: []element{{name: "dimension", attributes: []attribute{{name: "name", required: true, kind: filled, literal: true}, {name: "value"}}}},
		},
		sections: everySection,
		scopes:   everyScope,
		check:    checkDimensions,
		compile: func(c *compiler, e *Element) Action {
			m := &emitting{metrics: c.services.Metrics, name: c.value(e, "name", ""),
				namespace: c.value(e, "namespace", "API Management"), value: c.value(e, "value", "1")}
			m.dimensions = c.dimensions(e)
			return m
		},
	}
}

func checkDimensions(v *validator, e *Element) {
	own := 0
	for _, c := range e.Children {
		name, _ := c.Attr("name")
		if _, there := c.Attr("value"); there {
			own++
		} else if defaultDimension(name) == nil && !hasNamedValue(name) {
			v.problem(c, "The dimension '%s' needs a value: it is none of %s.", name, strings.Join(defaultDimensions, ", "))
		}
	}
	if own > maxDimensions {
		v.problem(e, "A metric may have %d dimensions with a value, and has %d.", maxDimensions, own)
	}
}

// defaultDimensions are those that need no value.
var defaultDimensions = []string{"API ID", "Operation ID", "Product ID", "User ID", "Subscription ID", "Location", "Gateway ID", "Backend ID"}

// defaultDimension gives the value of a dimension that needs none in the document, or nil.
func defaultDimension(name string) func(x *Exchange) string {
	switch strings.ToLower(name) {
	case "api id":
		return func(x *Exchange) string { return x.APIID }
	case "operation id":
		return func(x *Exchange) string { return x.OperationID }
	case "product id":
		return func(x *Exchange) string { return x.ProductID }
	case "user id":
		return func(x *Exchange) string {
			if x.User == nil {
				return ""
			}
			return x.User.ID
		}
	case "subscription id":
		return func(x *Exchange) string {
			if x.Subscription == nil {
				return ""
			}
			return x.Subscription.ID
		}
	case "location":
		return func(x *Exchange) string { return x.deployed().Region }
	case "gateway id":
		return func(x *Exchange) string { return x.deployed().GatewayID }
	case "backend id":
		return func(*Exchange) string { return "" }
	}
	return nil
}

// deployed is where the gateway runs, as far as it is known.
func (x *Exchange) deployed() Deployment {
	if x.Deployment == nil {
		return Deployment{}
	}
	return *x.Deployment
}

// dimension is one of a metric's, with its value or the one it has by itself.
type dimension struct {
	name  string
	value Value
	auto  func(x *Exchange) string
}

func (c *compiler) dimensions(e *Element) []dimension {
	var out []dimension
	for _, child := range e.Children {
		d := dimension{name: c.text(child, "name", ""), value: c.value(child, "value", "")}
		if _, there := child.Attr("value"); !there {
			d.auto = defaultDimension(d.name)
		}
		out = append(out, d)
	}
	return out
}

// evaluate gives the dimensions of one call.
func evaluateDimensions(x *Exchange, list []dimension) ([]Dimension, error) {
	out := make([]Dimension, len(list))
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
	metrics                Metrics
	name, namespace, value Value
	dimensions             []dimension
}

func (m *emitting) Do(x *Exchange) error {
	var metric Metric
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
		return evaluation("the metric's value must be a number, and is %q", short(text))
	}
	if metric.Dimensions, err = evaluateDimensions(x, m.dimensions); err != nil {
		return err
	}
	if m.metrics != nil {
		m.metrics.Emit(metric)
	}
	return nil
}
