package catalog

// WebServiceOperations are the five operations with which the guide puts a
// published web service behind an API: the API's service URL is the scoring
// service's address (azureml.md 1.1 and 2).
func WebServiceOperations() []Named[Operation] {
	const service = "/workspaces/{workspace}/services/{service}"
	operation := func(name, display, method, template string, parameters ...string) Named[Operation] {
		o := Operation{DisplayName: display, Method: method, URLTemplate: template, Responses: []Response{{StatusCode: 200, Description: "OK"}}}
		for _, p := range append([]string{"workspace", "service"}, parameters...) {
			o.TemplateParameters = append(o.TemplateParameters, Parameter{Name: p, Type: "string", Required: true})
		}
		return Named[Operation]{name, o}
	}
	return []Named[Operation]{
		operation("rrs-execute", "RRS Execute", "POST", service+"/execute?api-version={apiversion}&details={details}", "apiversion", "details"),
		operation("bes-submit", "BES Submit", "POST", service+"/jobs?api-version={apiversion}", "apiversion"),
		operation("bes-start", "BES Start", "POST", service+"/jobs/{jobid}/start?api-version={apiversion}", "jobid", "apiversion"),
		operation("bes-status", "BES Status", "GET", service+"/jobs/{jobid}?api-version={apiversion}", "jobid", "apiversion"),
		operation("bes-delete", "BES Delete", "DELETE", service+"/jobs/{jobid}?api-version={apiversion}", "jobid", "apiversion"),
	}
}
