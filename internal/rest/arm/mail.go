package arm

import (
	"encoding/json"
	"net/http"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/mail"
	"portico/internal/record"
	"portico/internal/rest"
	"portico/internal/rest/odata"
)

// mailArea holds what the contract does not have: the mail server, what waits
// to be sent, and how a template looks (docs/operations.md).
func mailArea() area {
	waiting := texts()
	waiting["state"], waiting["attempts"] = odata.Text, odata.Number
	return area{
		resources: []*resource{
			plain(resource{
				pattern: "/mailServers/{mailServerId}", noun: "Mail server", names: []string{mail.DefaultServer}, fields: texts("host"), writer: access.AdministerService,
			}, func(_ *edit, p, _ *mail.Server) error { return mail.CheckServer(p) }),
			{pattern: "/outbox/{messageId}", noun: "Message", maxName: catalog.MaxName, fields: waiting, view: viewOutgoing},
		},
		routes: func(a *api) []rest.Route {
			const template = "/templates/{templateName}"
			return []rest.Route{
				a.route(http.MethodPost, "/mailServers/{mailServerId}/sendTest", access.AdministerService, a.sendTest),
				a.route(http.MethodPost, template+"/sendTest", access.WriteCatalog, a.sendTest),
				a.route(http.MethodPost, template+"/preview", access.ReadCatalog, a.previewTemplate),
				a.route(http.MethodDelete, "/outbox/{messageId}", access.AdministerService, a.remove(a.kinds["outbox"])),
			}
		},
	}
}

// viewOutgoing shows how far a message has come, and nothing of what it says.
func viewOutgoing(a *api, _ *http.Request, rec record.Record) (any, error) {
	m, err := a.events().Open(rec)
	if err != nil {
		return nil, err
	}
	var d mail.Delivery
	if err := json.Unmarshal(rec.Body, &d); err != nil {
		return nil, err
	}
	v := struct {
		Template     string   `json:"template,omitempty"`
		Notification string   `json:"notification,omitempty"`
		Recipients   []string `json:"recipients,omitempty"`
		State        string   `json:"state"`
		Created      string   `json:"createdDateTime"`
		mail.Delivery
	}{m.Template, m.Notification, m.Recipients, "waiting", rec.Created.Format(timeFormat), d}
	if d.Ended != nil {
		v.State = "failed"
	}
	return v, nil
}

const timeFormat = "2006-01-02T15:04:05Z"

// events plans messages beside the changes that they tell of.
func (a *api) events() mail.Events {
	return mail.Events{Outbox: mail.Outbox{Records: a.records, Keys: a.Keys}}
}

// tell adds planned messages to a change.
func (e *edit) tell(messages []record.Change, err error) error {
	e.also = append(e.also, messages...)
	return err
}

// sendTest sends a message at once, and answers with what the mail server says.
func (a *api) sendTest(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	var body struct {
		Email string `json:"email"`
	}
	if err := rest.DecodeJSON(r, &body); err != nil {
		return err
	}
	if err := access.CheckEmail(body.Email); err != nil {
		return catalog.Incorrect().With(catalog.CodeValidation, "email", "%s", fault.As(err).Message)
	}
	name := ""
	if r.PathValue("templateName") != "" {
		rec, err := a.lookUp(r.Context(), recordPath("/templates/{templateName}", r), "E-mail template")
		if err != nil {
			return err
		}
		name = record.Name(rec.Path)
	}
	if err := a.Mail.Test(r.Context(), body.Email, name); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// previewTemplate shows what a template makes of values, those it has or those that are sent.
func (a *api) previewTemplate(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	var body struct {
		Properties mail.Template     `json:"properties"`
		Values     map[string]string `json:"values"`
	}
	if r.ContentLength != 0 {
		if err := rest.DecodeJSON(r, &body); err != nil {
			return err
		}
	}
	rec, err := a.lookUp(r.Context(), recordPath("/templates/{templateName}", r), "E-mail template")
	if err != nil {
		return err
	}
	kept, err := catalog.Show[mail.Template](a.Keys, rec)
	if err != nil {
		return err
	}
	if err := mail.CheckTemplate(record.Name(rec.Path), &body.Properties, kept); err != nil {
		return err
	}
	values := mail.Samples(body.Properties)
	for name, value := range body.Values {
		values[name] = value
	}
	return rest.WriteJSON(w, http.StatusOK, mail.Render(body.Properties, values))
}
