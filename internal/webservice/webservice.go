// Package webservice owns published web services: the service, its endpoints
// and their keys, the definition that an experiment was cut down to, and the
// scoring plan compiled from it. What a call needs is in one immutable snapshot
// that Find reads; records and blobs are read only when something changes.
package webservice

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"portico/internal/record"
	"portico/internal/secret"
)

// DefaultEndpoint is the name of the endpoint that publishing makes.
const DefaultEndpoint = "default"

// The limits of azureml.md 1.8 and 3.2.
const (
	DefaultConcurrentCalls = 20
	MaxConcurrentCalls     = 200
	LowConcurrentCalls     = 4 // what ThrottleLevel Low stands for
	MaxEndpoints           = 10000
	MaxEndpointName        = 24   // characters
	MaxDescription         = 2000 // characters
)

// WebService is the object of azureml.md 3.2. Field names are verbatim.
type WebService struct {
	ID                  string    `json:"Id"`
	Name                string    `json:"Name"`
	Description         string    `json:"Description"`
	CreationTime        time.Time `json:"CreationTime"`
	WorkspaceID         string    `json:"WorkspaceId"`
	DefaultEndpointName string    `json:"DefaultEndpointName"`
	EndpointCount       int       `json:"EndpointCount"`
}

// Endpoint is the object of azureml.md 3.2. Field names are verbatim. The keys
// are null for a reader who may not see them.
type Endpoint struct {
	ID                    string      `json:"-"` // the last part of ApiLocation
	Name                  string      `json:"Name"`
	Description           string      `json:"Description"`
	CreationTime          time.Time   `json:"CreationTime"`
	WebServiceID          string      `json:"WebServiceId"`
	WorkspaceID           string      `json:"WorkspaceId"`
	HelpLocation          string      `json:"HelpLocation"`
	PrimaryKey            *string     `json:"PrimaryKey"`
	SecondaryKey          *string     `json:"SecondaryKey"`
	APILocation           string      `json:"ApiLocation"`
	Version               time.Time   `json:"Version"` // when the definition that it runs was made
	PreventUpdate         bool        `json:"PreventUpdate"`
	SampleDataEnabled     bool        `json:"SampleDataEnabled"`
	ExperimentLocation    string      `json:"ExperimentLocation"`
	MaxConcurrentCalls    int         `json:"MaxConcurrentCalls"`
	DiagnosticsTraceLevel TraceLevel  `json:"DiagnosticsTraceLevel"`
	ThrottleLevel         Throttle    `json:"ThrottleLevel"`
	Resources             []*struct{} `json:"Resources"` // trained models: none yet
}

// Throttle says how many calls an endpoint takes at once.
type Throttle string

// The throttle levels: Low is always 4 calls, High is MaxConcurrentCalls.
const (
	Low  Throttle = "Low"
	High Throttle = "High"
)

// TraceLevel says which calls are logged for diagnosis (azureml.md 2.5).
type TraceLevel string

// The trace levels.
const (
	TraceNone  TraceLevel = "None"
	TraceError TraceLevel = "Error"
	TraceAll   TraceLevel = "All"
)

// service is a WebService as it is stored, at /workspaces/{ws}/webservices/{id}.
type service struct {
	Name            string    `json:"name"`
	Description     string    `json:"description,omitempty"`
	Created         time.Time `json:"created"`
	DefaultEndpoint string    `json:"defaultEndpoint"`
	ExperimentID    string    `json:"experimentId"` // that was published last
	Definition      string    `json:"definition"`   // the newest; endpoints may run older ones
}

// endpoint is an Endpoint as it is stored, at …/webservices/{id}/endpoints/{name}.
type endpoint struct {
	ID                 string     `json:"id"` // 32 hex digits: the {serviceId} of scoring URLs
	Description        string     `json:"description,omitempty"`
	Created            time.Time  `json:"created"`
	Definition         string     `json:"definition"`
	PreventUpdate      bool       `json:"preventUpdate,omitempty"`
	SampleDataEnabled  bool       `json:"sampleDataEnabled,omitempty"`
	MaxConcurrentCalls int        `json:"maxConcurrentCalls"`
	ThrottleLevel      Throttle   `json:"throttleLevel"`
	TraceLevel         TraceLevel `json:"diagnosticsTraceLevel"`
	SealedPrimary      string     `json:"primaryKeySealed"`
	SealedSecondary    string     `json:"secondaryKeySealed"`
}

const keyPurpose = "endpoint key"

func servicesPath(ws string) string { return record.Path("workspaces", ws, "webservices") }

func servicePath(ws, id string) string { return record.Path("workspaces", ws, "webservices", id) }

func endpointsPath(ws, id string) string { return servicePath(ws, id) + "/endpoints" }

func endpointPath(ws, id, name string) string { return endpointsPath(ws, id) + "/" + name }

func definitionsPath(ws, id string) string { return servicePath(ws, id) + "/definitions" }

func definitionPath(ws, id, definition string) string {
	return definitionsPath(ws, id) + "/" + definition
}

// now is the present as it is stored and shown: no client reads more digits than these.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// load reads a stored noun.
func load[T any](r record.Record) (T, error) {
	var v T
	if err := json.Unmarshal(r.Body, &v); err != nil {
		return v, fmt.Errorf("read %s: %w", r.Path, err)
	}
	return v, nil
}

// newKey draws a key and seals it.
func newKey(k *secret.Keeper) string { return k.Seal(keyPurpose, secret.APIKey()) }

// keys opens both keys.
func (e *endpoint) keys(k *secret.Keeper) (primary, secondary string, err error) {
	if primary, err = k.Open(keyPurpose, e.SealedPrimary); err != nil {
		return "", "", fmt.Errorf("primary key: %w", err)
	}
	if secondary, err = k.Open(keyPurpose, e.SealedSecondary); err != nil {
		return "", "", fmt.Errorf("secondary key: %w", err)
	}
	return primary, secondary, nil
}

// NormalID gives an id as the wire writes it: 32 lower-case hex digits. It takes
// a GUID with dashes and in capitals too; ok is false for anything else.
func NormalID(id string) (_ string, ok bool) {
	if isID(id) {
		return id, true
	}
	if len(id) == 36 && id[8] == '-' && id[13] == '-' && id[18] == '-' && id[23] == '-' {
		id = id[:8] + id[9:13] + id[14:18] + id[19:23] + id[24:]
	}
	id = strings.ToLower(id)
	return id, isID(id)
}

func isID(s string) bool {
	if len(s) != 32 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
