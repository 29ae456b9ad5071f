// Package webservice has the modules of the palette category Web Service:
// they mark where a published service takes its input and gives its output,
// and do not run.
package webservice

import "portico/internal/module"

const category = "Web Service"

// Input names the port that a service's request data replaces.
func Input() *module.Module {
	return &module.Module{
		Name:     "Web Service Input",
		FamilyID: "6f1d3a5c0b7e4c2f9d8841a2b7c5e901",
		Category: category,
		Summary:  "Marks where a web service takes its request data.",
		Help:     "Connect it to the port that the request's rows replace. The name is the input's name in requests.",
		Version:  1,
		Outputs:  []module.Port{{Name: "Dataset", Type: module.Data, Description: "The rows of the request"}},
		Parameters: []module.Parameter{
			{Name: "Name", Type: module.Text, Default: "input1", Description: "The input's name in requests."},
		},
		WebService: module.ServiceInput,
	}
}

// Output names the port whose table a service answers with.
func Output() *module.Module {
	return &module.Module{
		Name:     "Web Service Output",
		FamilyID: "6f1d3a5c0b7e4c2f9d8841a2b7c5e902",
		Category: category,
		Summary:  "Marks the result that a web service answers with.",
		Help:     "Connect the port whose rows the service returns. The name is the output's name in responses.",
		Version:  1,
		Inputs:   []module.Port{{Name: "Dataset", Type: module.Data, Description: "The rows of the response"}},
		Parameters: []module.Parameter{
			{Name: "Name", Type: module.Text, Default: "output1", Description: "The output's name in responses."},
		},
		WebService: module.ServiceOutput,
	}
}
