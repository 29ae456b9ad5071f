package catalogue_test

import (
	"slices"
	"strings"
	"testing"

	"portico/internal/module"
	"portico/internal/module/catalogue"
	"portico/internal/module/inputoutput"
)

// The modules are there under the names and ids that graphs carry (azureml.md 5.2 and 6.2).
func TestCatalogue(t *testing.T) {
	c := catalogue.New(inputoutput.Outside{}, nil)
	for _, want := range []struct{ find, name, category, inputs, outputs, parameters string }{
		{"C9A82660-2D9C-411D-8122-4D9E0B3CE92A", "Feature Hashing", "Text Analytics", "Dataset", "Transformed dataset", "Target columns, Hashing bitsize, N-grams"},
		{"Select Columns in Dataset", "Select Columns in Dataset", "Data Transformation / Manipulation", "Dataset", "Results dataset", "Select columns"},
		{"Project Columns", "Select Columns in Dataset", "Data Transformation / Manipulation", "Dataset", "Results dataset", "Select columns"},
		{"Enter Data Manually", "Enter Data Manually", "Data Input and Output", "", "dataset", "DataFormat, HasHeader, Data"},
		{"Web Service Input", "Web Service Input", "Web Service", "", "Dataset", "Name"},
		{"Web Service Output", "Web Service Output", "Web Service", "Dataset", "", "Name"},
	} {
		m, ok := c.Find(want.find)
		if !ok {
			t.Errorf("%s was not found", want.find)
			continue
		}
		var parameters []string
		for _, p := range m.Parameters {
			parameters = append(parameters, p.Name)
		}
		if m.Name != want.name || m.Category != want.category || ports(m.Inputs) != want.inputs || ports(m.Outputs) != want.outputs || strings.Join(parameters, ", ") != want.parameters {
			t.Errorf("%s is %+v", want.find, m)
		}
	}
	for _, m := range c.All() {
		if m.Summary == "" || m.Help == "" || m.Version < 1 {
			t.Errorf("%s is not described", m.Name)
		}
		for _, p := range append(m.Inputs, m.Outputs...) {
			if p.Description == "" || !slices.Contains([]module.PortType{module.Data, module.Transform, module.Filter, module.Zip}, p.Type) {
				t.Errorf("%s: port %+v", m.Name, p)
			}
		}
		for _, p := range m.Parameters {
			if p.Description == "" {
				t.Errorf("%s: parameter %s is not described", m.Name, p.Name)
			}
		}
		if found, ok := c.Find(m.ModuleID("w")); !ok || found != m {
			t.Errorf("%s is not found by its ModuleId", m.Name)
		}
	}
}

func ports(all []module.Port) string {
	var names []string
	for _, p := range all {
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}
