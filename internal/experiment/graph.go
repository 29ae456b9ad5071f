// Package experiment owns experiments: graphs of modules in the JSON of the
// classic Studio API (azureml.md 5.2), their checks, and their runs.
package experiment

import (
	"strings"

	"portico/internal/dataset"
)

// Experiment is the document of azureml.md 5.2, in and out. Field names are verbatim.
type Experiment struct {
	ExperimentID       string         `json:"ExperimentId"`
	RunID              string         `json:"RunId"`
	ParentExperimentID *string        `json:"ParentExperimentId"`
	Description        string         `json:"Description"`
	Summary            string         `json:"Summary"`
	Status             Status         `json:"Status"`
	Etag               string         `json:"Etag"`
	NodeStatuses       []NodeStatus   `json:"NodeStatuses"`
	Graph              Graph          `json:"Graph"`
	WebService         WebServiceInfo `json:"WebService"`
	Creator            string         `json:"Creator"`
	Category           string         `json:"Category"`
	Tags               []string       `json:"Tags"`
	IsLeaf             bool           `json:"IsLeaf"`
	IsPartialRun       bool           `json:"IsPartialRun"`
}

// StatusCode is where a run or a node stands.
type StatusCode string

// The status codes (azureml.md 5.2; the last three by analogy with BES).
const (
	InDraft    StatusCode = "InDraft"
	NotStarted StatusCode = "NotStarted"
	Running    StatusCode = "Running"
	Finished   StatusCode = "Finished"
	Failed     StatusCode = "Failed"
	Cancelled  StatusCode = "Cancelled"
)

// Over tells whether a run of that status has ended.
func (c StatusCode) Over() bool { return c == Finished || c == Failed || c == Cancelled }

// Status is a run's or a node's status. Times are "/Date(ms)/", null until they come.
type Status struct {
	StatusCode   StatusCode `json:"StatusCode"`
	StatusDetail string     `json:"StatusDetail"`
	CreationTime *Date      `json:"CreationTime"`
	StartTime    *Date      `json:"StartTime"`
	EndTime      *Date      `json:"EndTime"`
	Metadata     *struct{}  `json:"Metadata"`
}

// NodeStatus is one node's status and where its outputs are.
type NodeStatus struct {
	NodeID                  string           `json:"NodeId"`
	Status                  Status           `json:"Status"`
	OutputEndpoints         []OutputEndpoint `json:"OutputEndpoints"`
	MetadataOutputEndpoints map[string]any   `json:"MetadataOutputEndpoints"`
	StandardErrorEndpoint   *OutputEndpoint  `json:"StandardErrorEndpoint"`
	StandardOutEndpoint     *OutputEndpoint  `json:"StandardOutEndpoint"`
}

// OutputEndpoint is where a node's output or log is to be fetched from; datasets have the same object.
type OutputEndpoint = dataset.Endpoint

// Graph is the nodes and edges. Dataset nodes are not in EdgesInternal: the consuming port carries DataSourceId.
type Graph struct {
	ModuleNodes          []Node `json:"ModuleNodes"`
	EdgesInternal        []Edge `json:"EdgesInternal"`
	SerializedClientData string `json:"SerializedClientData"` // where the nodes stand on the canvas, as the client wrote it
	Extra                Extra  `json:"-"`
}

// Node is one module in the graph.
type Node struct {
	ID                  string           `json:"Id"`
	ModuleID            string           `json:"ModuleId"` // {workspace}.{family}.{version}
	Comment             string           `json:"Comment"`
	CommentCollapsed    bool             `json:"CommentCollapsed"`
	UsePreviousResults  bool             `json:"UsePreviousResults"`
	ModuleParameters    []ParameterValue `json:"ModuleParameters"`
	InputPortsInternal  []InputPort      `json:"InputPortsInternal"`
	OutputPortsInternal []OutputPort     `json:"OutputPortsInternal"`
	Extra               Extra            `json:"-"`
}

// ParameterValue is a parameter of a node; LinkedGlobalParameter names the web-service parameter that drives it.
type ParameterValue struct {
	Name                  string  `json:"Name"`
	Value                 string  `json:"Value"`
	ValueType             string  `json:"ValueType"`
	LinkedGlobalParameter *string `json:"LinkedGlobalParameter"`
}

// InputPort is a node's input: an edge, or a saved thing by id.
type InputPort struct {
	Name              string  `json:"Name"`
	NodeID            string  `json:"NodeId"`
	DataSourceID      *string `json:"DataSourceId"`
	TrainedModelID    *string `json:"TrainedModelId"`
	TransformModuleID *string `json:"TransformModuleId"`
}

// OutputPort is a node's output.
type OutputPort struct {
	Name       string  `json:"Name"`
	NodeID     string  `json:"NodeId"`
	OutputType *string `json:"OutputType"`
}

// Edge joins "{node}:{port name}" to "{node}:{port name}".
type Edge struct {
	SourceOutputPortID     string `json:"SourceOutputPortId"`
	DestinationInputPortID string `json:"DestinationInputPortId"`
}

// WebServiceInfo says which ports a service opens to requests, and its parameters.
type WebServiceInfo struct {
	IsWebServiceExperiment bool           `json:"IsWebServiceExperiment"`
	Inputs                 []ServicePort  `json:"Inputs"`
	Outputs                []ServicePort  `json:"Outputs"`
	Parameters             []ServiceParam `json:"Parameters"`
	WebServiceGroupID      *string        `json:"WebServiceGroupId"`
	ModelPackageID         *string        `json:"ModelPackageId"`
	ArmWebServiceID        *string        `json:"ArmWebServiceId"`
	SerializedClientData   string         `json:"SerializedClientData"`
	Extra                  Extra          `json:"-"`
}

// ServicePort is a Web Service Input or Output: PortID is the port that it replaces or reads.
type ServicePort struct {
	ID     string `json:"Id"`
	PortID string `json:"PortId"` // "-101:Dataset"
	Name   string `json:"Name"`   // "input1"
}

// ServiceParam is a web-service parameter: a GlobalParameter of the RRS request.
type ServiceParam struct {
	Name                string        `json:"Name"`
	Value               string        `json:"Value"`
	ParameterDefinition ParameterSpec `json:"ParameterDefinition"`
}

// ParameterSpec describes a ServiceParam.
type ParameterSpec struct {
	Name            string          `json:"Name"`
	FriendlyName    string          `json:"FriendlyName"`
	DefaultValue    string          `json:"DefaultValue"`
	HasDefaultValue bool            `json:"HasDefaultValue"`
	IsOptional      bool            `json:"IsOptional"`
	ParameterType   string          `json:"ParameterType"`
	ParameterRules  []ParameterRule `json:"ParameterRules"`
}

// ParameterRule bounds a ServiceParam.
type ParameterRule struct {
	Min    *float64 `json:"Min"`
	Max    *float64 `json:"Max"`
	Values []string `json:"Values"`
}

// SplitPort cuts "{node}:{port name}".
func SplitPort(id string) (node, port string) {
	node, port, _ = strings.Cut(id, ":")
	return node, port
}
