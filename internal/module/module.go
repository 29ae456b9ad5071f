// Package module is the catalogue of what an experiment is built from. A
// module is a declaration: name, category, ports, parameters and how to run.
// The palette, the property panel, the checks of a graph and the reference are
// all drawn from it, so that a module is added in one place.
package module

import (
	"context"
	"math"

	"portico/internal/table"
)

// PortType is what flows through a port.
type PortType string

// The port types. What flows through a port that is not Data is a Definition, in
// the form of a table too, so that it is stored, cached and handed on as data is.
const (
	Data      PortType = "Data Table"
	Transform PortType = "ITransform interface"
	Filter    PortType = "IFilter interface"
	Zip       PortType = "Zip" // a table.File
)

// Port is an input or output. Clients address ports by name, so names are part of the contract.
type Port struct {
	Name        string
	Type        PortType
	Optional    bool
	Format      table.Format // in which the port's table is downloaded; "" leaves it to the user
	Description string
}

// ParameterType is a parameter's type, in the documentation's words.
type ParameterType string

// The parameter types.
const (
	Integer         ParameterType = "Integer"
	Float           ParameterType = "Float"
	ColumnSelection ParameterType = "ColumnSelection"
	Text            ParameterType = "String"
	Script          ParameterType = "Script"       // a Text of many lines
	Secret          ParameterType = "SecureString" // a Text that is neither shown nor logged
	Bool            ParameterType = "Boolean"
	Choice          ParameterType = "Choice"
)

// Parameter is one setting of a module. One without a Default that is not Optional must be given.
type Parameter struct {
	Name        string
	Aliases     []string // other names that graphs have it under
	Type        ParameterType
	Default     string
	Min, Max    int64             // of an Integer
	Low, High   float64           // of a Float, where they differ
	Choices     []string          // of a Choice
	Synonyms    map[string]string // of a Choice: other spellings, in lower-case letters and digits, of a choice
	Optional    bool
	When        []Condition // all of which must hold for the parameter to apply
	Description string
}

// Bounds gives the least and the greatest value of a number, nil where there is none.
func (p *Parameter) Bounds() (least, greatest *float64) {
	low, high := p.Low, p.High
	unbounded := math.MaxFloat64
	switch {
	case p.Type == Integer:
		low, high, unbounded = float64(p.Min), float64(p.Max), math.MaxInt32
	case p.Type != Float || low == high:
		return nil, nil
	}
	if low > -unbounded {
		least = &low
	}
	if high < unbounded {
		greatest = &high
	}
	return least, greatest
}

// Condition holds where a parameter has one of some values.
type Condition struct {
	Parameter string
	Values    []string // as Bind gives them: "True", a Choice as it is declared
}

// When is the condition that a parameter, declared earlier, has one of the values.
func When(parameter string, values ...string) Condition { return Condition{parameter, values} }

// Module is a declaration.
type Module struct {
	Name       string
	Aliases    []string // earlier names, which Find also knows
	FamilyID   string   // 32 hex digits: the middle of a ModuleId (azureml.md 5.2)
	Category   string   // palette category, "Data Transformation / Manipulation"
	Summary    string
	Help       string
	Version    int // changes when results change: part of a node's cache key
	Inputs     []Port
	Outputs    []Port
	Parameters []Parameter
	Errors     []string // documented codes, "0001"
	WebService Endpoint // Web Service Input and Output only
	RowByRow   bool     // an output row depends on its input row alone
	// Outside marks a module that reads or writes what the graph does not hold,
	// such as a web address. It runs whenever its node does, unless Reusable, and no request to a web service runs it.
	Outside bool
	// OutsideWhen are conditions that must hold for it to do so.
	OutsideWhen []Condition
	// Prepare reads the parameters once and gives what runs. It returns *Error for a bad one.
	Prepare func(v Values) (Runner, error)
	// Apply reads a Definition's content that the module gave through its
	// Transform port: for those modules that have one. It returns an error for content that it did not write.
	Apply func(content []byte) (Applier, error)
}

// UseCachedResults is the Boolean parameter with which the user of a module
// that reaches outside takes what an earlier run found there.
const UseCachedResults = "Use cached results"

// Reusable tells whether what the module gave earlier, with the same values and inputs, stands for running it.
func (m *Module) Reusable(v Values) bool { return !m.ReachesOutside(v) || v.Bool(UseCachedResults) }

// ReachesOutside tells whether the module reads or writes what the graph does not hold.
func (m *Module) ReachesOutside(v Values) bool { return m.Outside && v.meet(m.OutsideWhen) }

// Endpoint marks the two modules that stand for a service's input and output.
type Endpoint uint8

// The kinds of Endpoint.
const (
	NotEndpoint Endpoint = iota
	ServiceInput
	ServiceOutput
)

// Runner runs a prepared module: one table for each connected input port, nil
// for an optional one that is not; one table for each output port. It is safe
// for concurrent use, honours ctx and returns *Error for a documented failure.
type Runner func(ctx context.Context, in []*table.Table) ([]*table.Table, error)

// Applier applies a transform to a table. It is safe for concurrent use, honours
// ctx and returns *Error for a documented failure.
type Applier func(ctx context.Context, t *table.Table) (*table.Table, error)
