package apidoc

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"portico/internal/scoring/jsonwire"
	"portico/internal/table"
	"portico/internal/webservice"
)

//go:embed pages/*.html pages/style.css
var pageFiles embed.FS

// shownColumns is how many columns of a port a page lists.
const shownColumns = 1000

// page is what the templates are filled with; each page uses its part.
type page struct {
	Title, Service, Endpoint string
	Style                    template.CSS
	Updated                  time.Time
	Pages                    []link

	Description                                  string
	Execute                                      operationText
	ObjectsURI                                   string
	SampleRequest, SampleObjects, SampleResponse string
	MaxCalls                                     int64
	Inputs, Outputs                              []fields
	Parameters                                   []webservice.Parameter
	Samples                                      []sampleText
	Operations                                   []operationText
}

type link struct {
	Name, Text string
	Current    bool
}

type operationText struct{ Name, Method, URI, Text, Body, Answer string }

type fields struct {
	Caption string
	Fields  []table.Field
	More    int
}

type sampleText struct {
	Language
	Code template.HTML
}

// Page is a help page: its path below the endpoint's HelpLocation.
type Page string

// The pages.
const (
	Score  Page = "score"
	Jobs   Page = "jobs"
	Update Page = "update"
)

// Help writes one of the help pages of an endpoint that has a plan.
func Help(w io.Writer, l *webservice.Live, p Page) error {
	css, err := pageFiles.ReadFile("pages/style.css")
	if err != nil {
		return err
	}
	d := page{Service: l.ServiceName, Endpoint: l.Name, Style: template.CSS(css), Updated: l.Version.UTC()}
	switch p {
	case Score:
		d.Title = "Request Response API Documentation for " + l.ServiceName
		err = d.score(l)
	case Jobs:
		d.Title = "Batch Execution API Documentation for " + l.ServiceName
		d.Operations = jobOperations(l)
		err = d.samples(l, p)
	case Update:
		d.Title = "Update Resource API Documentation for " + l.ServiceName
	}
	if err != nil {
		return err
	}
	d.Pages = []link{
		{string(Score), "Request response", p == Score}, {string(Jobs), "Batch execution", p == Jobs},
		{string(Update), "Update resource", p == Update}, {"apidocument", "Swagger document", false},
	}
	t, err := template.ParseFS(pageFiles, "pages/layout.html", "pages/"+string(p)+".html")
	if err != nil {
		return err
	}
	return t.ExecuteTemplate(w, "layout", d)
}

// score fills the page of the request-response service.
func (d *page) score(l *webservice.Live) error {
	d.Description = orElse(l.ServiceText, "No description provided for this Web service.")
	d.Execute = operationText{Method: "POST", URI: l.APILocation + executeQuery}
	d.ObjectsURI = l.APILocation + "/execute?api-version=2.0&format=swagger"
	d.SampleRequest = sampleRequest(l, false)
	d.SampleObjects = sampleRequest(l, true)
	d.SampleResponse = sampleResponse(l)
	d.MaxCalls = l.MaxCalls
	d.Parameters = l.Plan.Parameters
	for _, in := range l.Plan.Inputs {
		d.Inputs = append(d.Inputs, fieldsOf("Input "+in.Name, in.Sample))
	}
	for _, out := range l.Plan.Outputs {
		d.Outputs = append(d.Outputs, fieldsOf("Output "+out.Name, out.Sample))
	}
	return d.samples(l, Score)
}

// samples fills in the programs of a page.
func (d *page) samples(l *webservice.Live, p Page) error {
	for _, lang := range Languages() {
		code, err := Sample(l, p, lang)
		if err != nil {
			return err
		}
		d.Samples = append(d.Samples, sampleText{lang, template.HTML(inPre.Replace(code))}) //nolint:gosec // escaped for text
	}
	return nil
}

// inPre escapes text. Quotes stay, so that a client that strips the tags has the program.
var inPre = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func fieldsOf(caption string, sample *table.Table) fields {
	f := fields{Caption: caption, Fields: sample.SchemaUpTo(shownColumns)}
	f.More = sample.Width() - len(f.Fields)
	return f
}

// sampleRequest writes a body in column form or in the form of objects, a row a line.
func sampleRequest(l *webservice.Live, objects bool) string {
	var b strings.Builder
	b.WriteString("{\n  \"Inputs\": {")
	for k, in := range l.Plan.Inputs {
		b.WriteString(map[bool]string{true: "\n", false: ",\n"}[k == 0])
		fmt.Fprintf(&b, "    %s: ", str(in.Name))
		rows := exampleRows(in, l.SampleDataEnabled)
		if objects {
			b.WriteString("[\n")
			for r, row := range rows {
				var cells []string
				for i, e := range row {
					cells = append(cells, str(in.Fields[i].Name)+": "+value(e))
				}
				fmt.Fprintf(&b, "      {%s}%s\n", strings.Join(cells, ", "), comma(r, len(rows)))
			}
			b.WriteString("    ]")
			continue
		}
		var names []string
		for _, f := range in.Fields {
			names = append(names, str(f.Name))
		}
		fmt.Fprintf(&b, "{\n      \"ColumnNames\": [%s],\n      \"Values\": [\n", strings.Join(names, ", "))
		for r, row := range rows {
			var cells []string
			for _, e := range row {
				cells = append(cells, value(e))
			}
			fmt.Fprintf(&b, "        [%s]%s\n", strings.Join(cells, ", "), comma(r, len(rows)))
		}
		b.WriteString("      ]\n    }")
	}
	b.WriteString("\n  },\n  \"GlobalParameters\": {")
	for k, q := range l.Plan.Parameters {
		b.WriteString(map[bool]string{true: "\n", false: ",\n"}[k == 0])
		fmt.Fprintf(&b, "    %s: %s", str(q.Name), value(parameterExample(&q)))
	}
	if len(l.Plan.Parameters) > 0 {
		b.WriteString("\n  ")
	}
	b.WriteString("}\n}")
	return b.String()
}

// sampleResponse writes an answer with details and the first columns of each output.
func sampleResponse(l *webservice.Live) string {
	var b strings.Builder
	b.WriteString("{\n  \"Results\": {")
	for k, out := range l.Plan.Outputs {
		b.WriteString(map[bool]string{true: "\n", false: ",\n"}[k == 0])
		var names, types, cells []string
		for _, f := range out.Sample.SchemaUpTo(shownColumns) {
			names, types, cells = append(names, str(f.Name)), append(types, str(f.Type.String())), append(cells, value(placeholders[f.Type]))
		}
		fmt.Fprintf(&b, "    %s: {\n      \"type\": \"table\",\n      \"value\": {\n", str(out.Name))
		fmt.Fprintf(&b, "        \"ColumnNames\": [%s],\n        \"ColumnTypes\": [%s],\n        \"Values\": [\n          [%s]\n        ]\n      }\n    }",
			strings.Join(names, ", "), strings.Join(types, ", "), strings.Join(cells, ", "))
	}
	b.WriteString("\n  }\n}")
	return b.String()
}

func comma(i, n int) string {
	if i+1 < n {
		return ","
	}
	return ""
}

func str(s string) string { return string(jsonwire.AppendString(nil, s)) }

func value(e example) string {
	if e.null {
		return "null"
	}
	return str(e.text)
}

// jobOperations documents batch execution (azureml.md 2).
func jobOperations(l *webservice.Live) []operationText {
	blob := func(file string) string {
		return `{"ConnectionString": "DefaultEndpointsProtocol=https;AccountName=mystorageacct;AccountKey=…", "RelativeLocation": "container/` + file + `"}`
	}
	members := func(ports []string) string {
		var all []string
		for _, p := range ports {
			all = append(all, fmt.Sprintf("    %s: %s", str(p), blob(blobName(p))))
		}
		return strings.Join(all, ",\n")
	}
	jobs := l.APILocation + "/jobs"
	const query = "?api-version=2.0"
	return []operationText{
		{
			Name: "Submit a job", Method: "POST", URI: jobs + query,
			Text:   "Makes a job that is not started yet. Input, a single reference, may stand for Inputs. The answer is the job's id as a JSON string.",
			Body:   "{\n  \"Inputs\": {\n" + members(inputNames(l.Plan)) + "\n  },\n  \"Outputs\": {\n" + members(outputNames(l.Plan)) + "\n  },\n  \"GlobalParameters\": {}\n}",
			Answer: `"539d0bc2fde945b6ac986b851d0000f0"`,
		},
		{Name: "Start a job", Method: "POST", URI: jobs + "/{job_id}/start" + query, Text: "Starts a job that was submitted. The body is empty."},
		{
			Name: "Get the status of a job", Method: "GET", URI: jobs + "/{job_id}" + query,
			Text:   "StatusCode is NotStarted, Running, Failed, Cancelled or Finished. Results has the place of each output once the job is Finished; Details says why it Failed.",
			Answer: `{"StatusCode":"Running","Results":null,"Details":null}`,
		},
		{Name: "Cancel a job", Method: "DELETE", URI: jobs + "/{job_id}" + query, Text: "Stops a job that has not ended; one that has stays as it is."},
	}
}
