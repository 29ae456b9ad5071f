package policy

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"portico/internal/policy/csharp"
	"portico/internal/policy/csharp/host"
)

// Tracer writes down what happened to one call. It is safe for concurrent use.
type Tracer interface {
	// Entry notes something that the source, a policy or station, did in a
	// section ("inbound"). What data holds is marshalled as JSON before Entry returns.
	Entry(section, source string, data any)
}

// Note adds an entry of the running policy to the call's trace, where there is one.
func (x *Exchange) Note(data any) {
	if x.Tracer != nil && x.running != nil {
		x.noted++
		x.Tracer.Entry(x.running.section.String(), x.running.source, data)
	}
}

// traced runs a step of a traced call. A step that notes nothing by itself is
// noted with what it changed.
func (s *Step) traced(x *Exchange) error {
	before, noted := look(x), x.noted
	err := s.action.Do(x)
	x.running = s.at
	data := map[string]any{}
	if x.noted == noted {
		data = before.changes(x)
	}
	switch {
	case err == ErrAnswered:
		data["message"] = "The policy answered the call."
	case err == nil || err == ErrCached:
		if len(data) == 0 && x.noted == noted {
			data["message"] = "The policy was executed."
		}
	default:
		e := s.at.Locate(err).(*Error)
		data["error"] = map[string]any{"reason": e.Reason, "message": e.LastMessage(), "path": e.Path}
		err = e
	}
	if len(data) > 0 {
		x.Note(data)
	}
	return err
}

// sight is what of a call a trace compares before and after a step.
type sight struct {
	method    string
	target    Target
	request   Headers
	response  Headers
	extra     Headers
	status    int
	variables map[string]any
}

func look(x *Exchange) sight {
	return sight{method: x.Request.Method, target: x.Backend, status: x.Response.Status, variables: maps.Clone(x.Variables),
		request: slices.Clone(x.Request.Headers), response: slices.Clone(x.Response.Headers), extra: slices.Clone(x.ResponseHeaders)}
}

// changes tells what is different now.
func (s *sight) changes(x *Exchange) map[string]any {
	data, request, response := map[string]any{}, map[string]any{}, map[string]any{}
	if x.Request.Method != s.method {
		request["method"] = x.Request.Method
	}
	if x.Backend != s.target {
		request["backend"] = map[string]any{"id": x.Backend.EntityID, "url": x.Backend.URL()}
	}
	headerChanges(x, request, s.request, x.Request.Headers)
	if x.Response.Status != s.status {
		response["status"] = x.TraceStatus()
	}
	headerChanges(x, response, append(s.response, s.extra...), append(slices.Clone(x.Response.Headers), x.ResponseHeaders...))
	variables := map[string]any{}
	for name, value := range x.Variables {
		if old, there := s.variables[name]; !there || !sameValue(old, value) {
			variables[name] = shownValue(value)
		}
	}
	for name, part := range map[string]map[string]any{"request": request, "response": response, "variables": variables} {
		if len(part) > 0 {
			data[name] = part
		}
	}
	return data
}

// sameValue tells whether a variable still has its value.
func sameValue(a, b any) bool {
	switch a.(type) {
	case nil, string, bool, int, int64, float64, *Response:
		return a == b
	}
	return reflect.DeepEqual(a, b)
}

// maxShown is how much of a text a trace shows.
const maxShown = 1000

func shownValue(v any) any {
	switch v := v.(type) {
	case nil, bool, int, int64, float64:
		return v
	case csharp.Value:
		if _, token := v.R.(*host.Jwt); token {
			return "a JWT"
		}
		text, _ := csharp.AsString(v)
		return shownValue(text)
	case string:
		if len(v) > maxShown {
			return v[:maxShown] + "…"
		}
		return v
	case *Response:
		return "a response with the status " + strconv.Itoa(v.Status)
	}
	return "an object"
}

func headerChanges(x *Exchange, into map[string]any, before, after Headers) {
	var set Headers
	for _, h := range after {
		if !slices.Contains(before, h) {
			set = append(set, h)
		}
	}
	var gone []string
	for _, h := range before {
		if !after.Has(h.Name) && !ContainsFold(gone, h.Name) {
			gone = append(gone, h.Name)
		}
	}
	if len(set) > 0 {
		into["headers"] = x.TraceHeaders(set)
	}
	if len(gone) > 0 {
		into["removedHeaders"] = gone
	}
}

// confidential are the headers whose values no trace shows.
var confidential = []string{"Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "Ocp-Apim-Subscription-Key", "Apim-Debug-Authorization",
	"Api-Key", "X-Api-Key", "X-Functions-Key", "X-Zumo-Auth", "X-Zumo-Master", "X-Amz-Security-Token"}

// Masked stands in a trace for what it does not show.
const Masked = "*****"

// TraceHeader is a header in a trace.
type TraceHeader struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// TraceHeaders gives headers as a trace shows them.
func (x *Exchange) TraceHeaders(list Headers) []TraceHeader {
	key := ""
	if x.API != nil && x.API.KeyNames != nil {
		key = x.API.KeyNames.Header
	}
	out := make([]TraceHeader, 0, len(list))
	for _, h := range list {
		if ContainsFold(confidential, h.Name) || key != "" && strings.EqualFold(h.Name, key) {
			h.Value = Masked
		}
		out = append(out, TraceHeader(h))
	}
	return out
}

// TraceStatus gives the response's status as a trace shows it.
func (x *Exchange) TraceStatus() map[string]any {
	return map[string]any{"code": x.Response.Status, "reason": x.Response.Reason}
}

// TraceMessage is the data of the trace entry that a trace policy writes.
type TraceMessage struct {
	Source   string            `json:"source"`
	Severity string            `json:"severity"`
	Message  string            `json:"message"`
	Metadata map[string]string `json:"metadata,omitempty"`
}
