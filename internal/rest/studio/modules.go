package studio

import (
	"net/http"

	"portico/internal/access"
	"portico/internal/module"
	"portico/internal/rest"
	"portico/internal/table"
)

// Module is a module as the palette and the property panel need it. The
// members up to IsDeprecated are the classic API's; the others are additions.
type Module struct {
	ID           string `json:"Id"`
	Name         string `json:"Name"`
	Description  string `json:"Description"`
	Category     string `json:"Category"`
	FamilyID     string `json:"FamilyId"`
	ModuleType   string `json:"ModuleType"`
	Owner        string `json:"Owner"`
	SourceOrigin string `json:"SourceOrigin"`
	Batch        int    `json:"Batch"`
	IsLatest     bool   `json:"IsLatest"`
	IsDeprecated bool   `json:"IsDeprecated"`

	Help           string      `json:"Help"`
	Aliases        []string    `json:"Aliases"`
	InputPorts     []Port      `json:"InputPorts"`
	OutputPorts    []Port      `json:"OutputPorts"`
	Parameters     []Parameter `json:"Parameters"`
	Errors         []string    `json:"Errors"`         // documented codes
	HasSideEffects bool        `json:"HasSideEffects"` // it reads or writes what the graph does not hold
	IsRowByRow     bool        `json:"IsRowByRow"`
}

// Port is an input or output of a Module.
type Port struct {
	Name        string          `json:"Name"`
	Type        module.PortType `json:"Type"`
	IsOptional  bool            `json:"IsOptional"`
	Format      table.Format    `json:"Format"` // of the download, a DataTypeId; "" leaves it to the user
	Description string          `json:"Description"`
}

// Parameter is one of a Module. Min and Max are null where there is no bound.
type Parameter struct {
	Name            string               `json:"Name"`
	Aliases         []string             `json:"Aliases"`
	ParameterType   module.ParameterType `json:"ParameterType"`
	DefaultValue    string               `json:"DefaultValue"`
	HasDefaultValue bool                 `json:"HasDefaultValue"`
	IsOptional      bool                 `json:"IsOptional"`
	Min             *float64             `json:"Min"`
	Max             *float64             `json:"Max"`
	Values          []string             `json:"Values"` // of a Choice, else empty
	When            []Condition          `json:"When"`   // all of which must hold for the parameter to apply
	Description     string               `json:"Description"`
}

// Condition holds where a parameter has one of some values.
type Condition struct {
	Parameter string   `json:"Parameter"`
	Values    []string `json:"Values"`
}

func (s *server) listModules(w http.ResponseWriter, _ *http.Request, ws string, _ access.Principal) error {
	all := []Module{}
	for _, m := range s.Modules.All() {
		all = append(all, DescribeModule(m, ws))
	}
	return rest.WriteJSON(w, http.StatusOK, all)
}

// DescribeModule gives a declaration as the API does, for nodes of that workspace.
func DescribeModule(m *module.Module, ws string) Module {
	d := Module{
		ID: m.ModuleID(ws), Name: m.Name, Description: m.Summary, Category: m.Category, FamilyID: m.FamilyID,
		ModuleType: "Library", Owner: "Portico", SourceOrigin: "BuiltIn", Batch: m.Version, IsLatest: true,
		Help: m.Help, Aliases: append([]string{}, m.Aliases...), Errors: append([]string{}, m.Errors...),
		InputPorts: describePorts(m.Inputs), OutputPorts: describePorts(m.Outputs), Parameters: []Parameter{},
		HasSideEffects: m.Outside, IsRowByRow: m.RowByRow,
	}
	for i := range m.Parameters {
		d.Parameters = append(d.Parameters, describeParameter(&m.Parameters[i]))
	}
	switch m.WebService {
	case module.ServiceInput:
		d.ModuleType = "WebServiceInput"
	case module.ServiceOutput:
		d.ModuleType = "WebServiceOutput"
	}
	return d
}

func describePorts(ports []module.Port) []Port {
	described := []Port{}
	for _, p := range ports {
		described = append(described, Port{p.Name, p.Type, p.Optional, p.Format, p.Description})
	}
	return described
}

func describeParameter(p *module.Parameter) Parameter {
	d := Parameter{
		Name: p.Name, Aliases: append([]string{}, p.Aliases...), ParameterType: p.Type, DefaultValue: p.Default, HasDefaultValue: p.Default != "",
		IsOptional: p.Optional, Values: append([]string{}, p.Choices...), When: []Condition{}, Description: p.Description,
	}
	d.Min, d.Max = p.Bounds()
	for _, c := range p.When {
		d.When = append(d.When, Condition(c))
	}
	return d
}
