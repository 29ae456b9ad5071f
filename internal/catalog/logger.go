package catalog

import (
	"context"
	"fmt"
	"strings"

	"portico/internal/fault"
	"portico/internal/record"
)

// Collections of what is written down about calls.
const (
	Loggers     = "/loggers"
	Diagnostics = "/diagnostics"
)

// Logger is LoggerContractProperties: where diagnostics and policies write to.
type Logger struct {
	LoggerType  string             `json:"loggerType"`
	Description string             `json:"description,omitempty"`
	Credentials map[string]*string `json:"credentials,omitempty"`
	IsBuffered  *bool              `json:"isBuffered,omitempty"` // nil is true
	ResourceID  string             `json:"resourceId,omitempty"`
}

// openCredentials are the members of a logger's credentials that say where and not with what.
var openCredentials = []string{"name", "endpointAddress", "identityClientId"}

// Secrets are the credentials that are no mere use of a named value.
func (l *Logger) Secrets() map[string]*string {
	secrets := map[string]*string{}
	for name, text := range l.Credentials {
		open := text == nil || namedValueReference(*text)
		for _, o := range openCredentials {
			open = open || strings.EqualFold(name, o)
		}
		if !open {
			secrets[name] = text
		}
	}
	return secrets
}

// CheckLogger completes a logger's defaults and checks it.
func CheckLogger(l, old *Logger) error {
	bad := Incorrect()
	if l.LoggerType == "" {
		bad.With(CodeValidation, "loggerType", "loggerType is required: applicationInsights, azureEventHub or azureMonitor.")
	}
	checkChoice(bad, "loggerType", &l.LoggerType, "", "applicationInsights", "azureEventHub", "azureMonitor")
	if old != nil && old.LoggerType != l.LoggerType {
		bad.With(CodeValidation, "loggerType", "The type of a logger stays as it is: make another logger.")
	}
	checkLength(bad, "description", l.Description, 0, MaxName)
	needs := map[string][][]string{
		"applicationInsights": {{"instrumentationKey", "connectionString"}},
		"azureEventHub":       {{"name"}, {"connectionString", "endpointAddress"}},
	}
	for _, either := range needs[l.LoggerType] {
		found := false
		for name, text := range l.Credentials {
			for _, e := range either {
				found = found || strings.EqualFold(name, e) && text != nil && *text != ""
			}
		}
		if !found {
			bad.With(CodeValidation, "credentials", "A logger of type %s needs %s in its credentials.", l.LoggerType, alternatives(either))
		}
	}
	if l.IsBuffered == nil {
		l.IsBuffered = ptr(true)
	}
	return bad.OrNil()
}

// Diagnostic is DiagnosticContractProperties: what is written about calls, of
// the whole instance or of one API.
type Diagnostic struct {
	LoggerID                string         `json:"loggerId"`
	AlwaysLog               string         `json:"alwaysLog,omitempty"`
	Sampling                *Sampling      `json:"sampling,omitempty"`
	Frontend                *DiagnosedPair `json:"frontend,omitempty"`
	Backend                 *DiagnosedPair `json:"backend,omitempty"`
	LogClientIP             bool           `json:"logClientIp,omitempty"`
	HTTPCorrelationProtocol string         `json:"httpCorrelationProtocol,omitempty"`
	Verbosity               string         `json:"verbosity,omitempty"`
	OperationNameFormat     string         `json:"operationNameFormat,omitempty"`
	Metrics                 bool           `json:"metrics,omitempty"`
}

// Sampling is the share of calls that are written down.
type Sampling struct {
	SamplingType string  `json:"samplingType"`
	Percentage   float64 `json:"percentage"`
}

// DiagnosedPair is what is written of a request and of its response.
type DiagnosedPair struct {
	Request  *DiagnosedMessage `json:"request,omitempty"`
	Response *DiagnosedMessage `json:"response,omitempty"`
}

// DiagnosedMessage is what is written of one message.
type DiagnosedMessage struct {
	Headers     []string       `json:"headers,omitempty"`
	Body        *DiagnosedBody `json:"body,omitempty"`
	DataMasking *DataMasking   `json:"dataMasking,omitempty"`
}

// DiagnosedBody is how much of a body is written.
type DiagnosedBody struct {
	Bytes int `json:"bytes"`
}

// DataMasking is what is left out or made unreadable.
type DataMasking struct {
	QueryParams []DataMask `json:"queryParams,omitempty"`
	Headers     []DataMask `json:"headers,omitempty"`
}

// DataMask is one query parameter or header to mask.
type DataMask struct {
	Value string `json:"value"`
	Mode  string `json:"mode"` // Hide or Mask
}

const maxDiagnosedBody = 8192 // bytes

// CheckDiagnostic completes a diagnostic's defaults and checks it; its logger must exist.
func CheckDiagnostic(ctx context.Context, s record.Store, d *Diagnostic) error {
	bad := Incorrect()
	if d.LoggerID == "" {
		bad.With(CodeValidation, "loggerId", "loggerId is required: /loggers/{loggerId}.")
	} else {
		var err error
		if d.LoggerID, err = checkExists(ctx, s, bad, "loggerId", d.LoggerID, Loggers); err != nil {
			return err
		}
	}
	checkChoice(bad, "alwaysLog", &d.AlwaysLog, "", "allErrors")
	checkChoice(bad, "httpCorrelationProtocol", &d.HTTPCorrelationProtocol, "", "None", "Legacy", "W3C")
	checkChoice(bad, "verbosity", &d.Verbosity, "", "error", "information", "verbose")
	checkChoice(bad, "operationNameFormat", &d.OperationNameFormat, "", "Name", "Url")
	if d.Sampling != nil {
		checkChoice(bad, "sampling.samplingType", &d.Sampling.SamplingType, "fixed", "fixed")
		if p := d.Sampling.Percentage; p < 0 || p > 100 {
			bad.With(CodeValidation, "sampling.percentage", "percentage must be 0 to 100, and is %g.", p)
		}
	}
	for side, pair := range map[string]*DiagnosedPair{"frontend": d.Frontend, "backend": d.Backend} {
		if pair == nil {
			continue
		}
		pair.Request.check(bad, side+".request")
		pair.Response.check(bad, side+".response")
	}
	return bad.OrNil()
}

func (m *DiagnosedMessage) check(bad *fault.Error, target string) {
	if m == nil {
		return
	}
	for _, h := range m.Headers {
		if !isToken(h) {
			bad.With(CodeValidation, target+".headers", "%q is not the name of a header.", h)
		}
	}
	if m.Body != nil && (m.Body.Bytes < 0 || m.Body.Bytes > maxDiagnosedBody) {
		bad.With(CodeValidation, target+".body.bytes", "bytes must be 0 to %d, and is %d.", maxDiagnosedBody, m.Body.Bytes)
	}
	if m.DataMasking == nil {
		return
	}
	for where, masks := range map[string][]DataMask{"headers": m.DataMasking.Headers, "queryParams": m.DataMasking.QueryParams} {
		for i := range masks {
			at := fmt.Sprintf("%s.dataMasking.%s[%d]", target, where, i)
			checkLength(bad, at+".value", masks[i].Value, 1, MaxName)
			checkChoice(bad, at+".mode", &masks[i].Mode, "Mask", "Mask", "Hide")
		}
	}
}
