// Package apidoc writes the documentation of a web service's endpoint: its
// swagger document, its help pages and the sample programs on them (azureml.md 3.3).
package apidoc

import (
	"net/url"
	"strings"

	"portico/internal/scoring/jsonwire"
	"portico/internal/table"
	"portico/internal/webservice"
)

// Swagger is the swagger 2.0 document of an endpoint that has a plan. Clients
// depend on its order and names: the path of execute holds its query and stands
// second, and the columns of a port are in the definition {port}Item.
func Swagger(l *webservice.Live) ([]byte, error) {
	api, err := url.Parse(l.APILocation)
	if err != nil {
		return nil, err
	}
	var w jsonwire.Writer
	w.Object().Key("swagger").Str("2.0")
	w.Key("info").Object().Key("version").Str("2.0").Key("title").Str(l.ServiceName).
		Key("description").Str(orElse(l.ServiceText, "No description provided for this Web service.")).
		Key("x-endpoint-name").Str(l.Name)
	if l.Description != "" {
		w.Key("x-endpoint-description").Str(l.Description)
	}
	w.End()
	w.Key("host").Str(hostPort(api)).Key("basePath").Str(api.Path).Key("schemes").Strs(api.Scheme).
		Key("consumes").Strs("application/json").Key("produces").Strs("application/json")
	writePaths(&w)
	w.Key("definitions").Object()
	writeRequests(&w, l)
	writeBatch(&w, l.Plan)
	for _, in := range l.Plan.Inputs {
		writeItem(&w, itemName(l.Plan, in.Name, false), in.Sample)
	}
	for _, out := range l.Plan.Outputs {
		writeItem(&w, itemName(l.Plan, out.Name, true), out.Sample)
	}
	w.End()
	w.Key("securityDefinitions").Object().Key("api_key").Object().Key("type").Str("apiKey").
		Key("description").Str("The endpoint's key after the word Bearer, for example: Bearer abc123").
		Key("name").Str("Authorization").Key("in").Str("header").End().End()
	return w.End().Bytes(), nil
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// hostPort is the host with its port, also where that is the scheme's own.
func hostPort(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	return u.Host + ":" + map[string]string{"http": "80", "https": "443"}[u.Scheme]
}

// operation is one of the document's operations.
type operation struct {
	path, method, id, summary string
	parameter                 func(w *jsonwire.Writer) // writes the one parameter, nil for none
	status, answer            string
	schema                    func(w *jsonwire.Writer) // of the answer, nil for none
	open                      bool                     // needs no key
}

func writePaths(w *jsonwire.Writer) {
	ref := func(name string) func(*jsonwire.Writer) { return func(w *jsonwire.Writer) { writeRef(w, name) } }
	bodyOf := func(text, name string) func(*jsonwire.Writer) {
		return func(w *jsonwire.Writer) {
			w.Object().Key("name").Str("body").Key("in").Str("body").Key("description").Str(text).Key("required").Bool(true).Key("schema")
			writeRef(w, name)
			w.End()
		}
	}
	job := func(w *jsonwire.Writer) {
		w.Object().Key("name").Str("jobId").Key("in").Str("path").Key("description").Str("The id that submitjob gave").
			Key("required").Bool(true).Key("type").Str("string").End()
	}
	str := func(w *jsonwire.Writer) { w.Object().Key("type").Str("string").End() }
	// The summaries are the ones that clients know, with "give" as they have it.
	operations := []operation{
		{"/swagger.json", "get", "getSwaggerDocument", "Get swagger API document for the Web service", nil, "200", "The swagger document of this service", nil, true},
		{"/execute?api-version=2.0&format=swagger", "post", "execute", "Execute the web service and get a response synchronously",
			bodyOf("Execution request", "ExecutionRequest"), "200", "Execution results", ref("ExecutionResults"), false},
		{"/jobs?api-version=2.0", "post", "submitjob", "Submit an asynchronous job to execute the web service",
			bodyOf("Batch execution request", "BatchExecutionRequest"), "200", "The id of the submitted job", str, false},
		{"/jobs/{jobId}?api-version=2.0", "get", "getjobstatus", "Get the status for a give job", job, "200", "The job's status", ref("BatchExecutionStatus"), false},
		{"/jobs/{jobId}?api-version=2.0", "delete", "canceljob", "Cancel a job", job, "200", "The job is cancelled", nil, false},
		{"/jobs/{jobId}/start?api-version=2.0", "post", "startjob", "Start running a job", job, "200", "The job is started", nil, false},
	}
	w.Key("paths").Object()
	for i, o := range operations {
		if i == 0 || operations[i-1].path != o.path {
			w.Key(o.path).Object()
		}
		o.write(w)
		if i+1 == len(operations) || operations[i+1].path != o.path {
			w.End()
		}
	}
	w.End()
}

func (o *operation) write(w *jsonwire.Writer) {
	w.Key(o.method).Object().Key("summary").Str(o.summary).Key("operationId").Str(o.id)
	w.Key("parameters").Array()
	if o.parameter != nil {
		o.parameter(w)
	}
	w.EndArray()
	w.Key("responses").Object().Key(o.status).Object().Key("description").Str(o.answer)
	if o.schema != nil {
		w.Key("schema")
		o.schema(w)
	}
	w.End().End()
	if !o.open {
		w.Key("security").Array().Object().Key("api_key").Array().EndArray().End().EndArray()
	}
	w.End()
}

func writeRef(w *jsonwire.Writer, name string) {
	pointer := strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
	w.Object().Key("$ref").Str("#/definitions/" + url.PathEscape(pointer)).End()
}

// itemName is the definition of a port's columns. An output that is called like an input gets a name of its own.
func itemName(p *webservice.Plan, port string, output bool) string {
	if output {
		for _, in := range p.Inputs {
			if in.Name == port {
				return port + "OutputItem"
			}
		}
	}
	return port + "Item"
}

// writeRequests defines what execute takes and gives.
func writeRequests(w *jsonwire.Writer, l *webservice.Live) {
	p := l.Plan
	w.Key("ExecutionRequest").Object().Key("title").Str("Execution request").Key("type").Str("object").Key("properties").Object().Key("Inputs")
	writeRef(w, "ExecutionInputs")
	w.Key("GlobalParameters")
	writeRef(w, "GlobalParameters")
	w.End().Key("example").Object().Key("Inputs").Object()
	for _, in := range p.Inputs {
		w.Key(in.Name).Array()
		for _, row := range exampleRows(in, l.SampleDataEnabled)[:1] {
			w.Object()
			for i, f := range in.Fields {
				w.Key(f.Name).Raw(row[i].json)
			}
			w.End()
		}
		w.EndArray()
	}
	w.End().Key("GlobalParameters").Object()
	for _, q := range p.Parameters {
		w.Key(q.Name).Raw(parameterExample(&q).json)
	}
	w.End().End().End()
	w.Key("ExecutionResults").Object().Key("title").Str("Execution results").Key("type").Str("object").Key("properties").Object().Key("Results")
	writeRef(w, "ExecutionOutputs")
	w.End().End()
	writePorts(w, "ExecutionInputs", "Execution inputs definition", inputNames(p), func(name string) { writeList(w, itemName(p, name, false)) })
	writePorts(w, "ExecutionOutputs", "Execution outputs definition", outputNames(p), func(name string) { writeList(w, itemName(p, name, true)) })
	writeParameters(w, p)
}

func inputNames(p *webservice.Plan) []string {
	var names []string
	for _, in := range p.Inputs {
		names = append(names, in.Name)
	}
	return names
}

func outputNames(p *webservice.Plan) []string {
	var names []string
	for _, out := range p.Outputs {
		names = append(names, out.Name)
	}
	return names
}

// writePorts defines an object with a member for each port.
func writePorts(w *jsonwire.Writer, name, title string, ports []string, write func(name string)) {
	w.Key(name).Object().Key("title").Str(title).Key("type").Str("object").Key("properties").Object()
	for _, port := range ports {
		w.Key(port)
		write(port)
	}
	w.End().End()
}

func writeList(w *jsonwire.Writer, item string) {
	w.Object().Key("type").Str("array").Key("items")
	writeRef(w, item)
	w.End()
}

// writeParameters defines the web-service parameters.
func writeParameters(w *jsonwire.Writer, p *webservice.Plan) {
	w.Key("GlobalParameters").Object().Key("title").Str("Global parameters definition").Key("type").Str("object").Key("properties").Object()
	var required []string
	for _, q := range p.Parameters {
		w.Key(q.Name).Object().Key("description").Str(q.Description)
		writeType(w, parameterType(&q))
		if q.Default != nil {
			w.Key("default").Raw(parameterExample(&q).json)
		} else {
			required = append(required, q.Name)
		}
		if q.Min != nil {
			w.Key("minimum").Num(*q.Min)
		}
		if q.Max != nil {
			w.Key("maximum").Num(*q.Max)
		}
		if len(q.Values) > 0 {
			w.Key("enum").Strs(q.Values...)
		}
		w.End()
	}
	w.End()
	if required != nil {
		w.Key("required").Strs(required...)
	}
	w.End()
}

// writeBatch defines what jobs take and give (azureml.md 2).
func writeBatch(w *jsonwire.Writer, p *webservice.Plan) {
	w.Key("BatchExecutionRequest").Object().Key("title").Str("Batch execution request").Key("type").Str("object").Key("properties").Object()
	for _, member := range []string{"Inputs", "Outputs"} {
		w.Key(member)
		writeRef(w, "Batch"+member)
	}
	w.Key("GlobalParameters")
	writeRef(w, "GlobalParameters")
	w.End().End()
	blob := func(string) { writeRef(w, "AzureBlobDataReference") }
	writePorts(w, "BatchInputs", "Batch inputs definition", inputNames(p), blob)
	writePorts(w, "BatchOutputs", "Batch outputs definition", outputNames(p), blob)
	writePorts(w, "AzureBlobDataReference", "Azure blob data reference", []string{"ConnectionString", "RelativeLocation", "BaseLocation", "SasBlobToken"},
		func(string) { w.Object().Key("type").Str("string").End() })
	w.Key("BatchExecutionStatus").Object().Key("title").Str("Batch execution status").Key("type").Str("object").Key("properties").Object().
		Key("StatusCode").Object().Key("description").Str("Where the job stands").Key("type").Str("string").
		Key("enum").Strs("NotStarted", "Running", "Failed", "Cancelled", "Finished").End().
		Key("Results").Object().Key("description").Str("Where each output is, once the job is finished").Key("type").Str("object").End().
		Key("Details").Object().Key("description").Str("Why the job failed").Key("type").Str("string").End().End().End()
}

// writeItem defines the columns of a port, in their order.
func writeItem(w *jsonwire.Writer, name string, sample *table.Table) {
	fields := listed(sample)
	w.Key(name).Object().Key("type").Str("object").Key("required").Array()
	for _, f := range fields {
		w.Str(f.Name)
	}
	w.EndArray().Key("properties").Object()
	for _, f := range fields {
		w.Key(f.Name).Object()
		writeType(w, f.Type)
		w.End()
	}
	w.End().End()
}

// listed gives the columns of a port. A port that is too wide to be answered lists as many as an answer may have.
func listed(sample *table.Table) []table.Field {
	return sample.SchemaUpTo(webservice.MaxColumns)
}

func writeType(w *jsonwire.Writer, t table.Type) {
	kind, format := swaggerType(t)
	w.Key("type").Str(kind)
	if format != "" {
		w.Key("format").Str(format)
	}
}

func swaggerType(t table.Type) (kind, format string) {
	switch t {
	case table.Double:
		return "number", "double"
	case table.Int32:
		return "integer", "int32"
	case table.Int64:
		return "integer", "int64"
	case table.Boolean:
		return "boolean", ""
	case table.DateTime:
		return "string", "date-time"
	case table.TimeSpan:
		return "string", "time-span"
	}
	return "string", ""
}
