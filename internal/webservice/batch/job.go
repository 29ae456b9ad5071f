// Package batch runs published web services over files (BES, azureml.md 2): a
// job is submitted, started, worked through chunk by chunk with checkpoints, and
// leaves its outputs whole or not at all, whatever crashes meanwhile. The wire
// is package scoring's.
package batch

import "portico/internal/webservice"

// Request is what a job was submitted with, outputs without a reference completed.
type Request struct {
	Inputs    []Named               `json:"inputs"` // in the order of the plan's
	Outputs   []Named               `json:"outputs"`
	Arguments []webservice.Argument `json:"arguments,omitempty"`
}

// Named is the reference of one input or output.
type Named struct {
	Name string `json:"name"`
	Reference
}
