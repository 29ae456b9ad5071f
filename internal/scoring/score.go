package scoring

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"

	"portico/internal/fault"
	"portico/internal/scoring/jsonwire"
	"portico/internal/table"
	"portico/internal/webservice"
)

// call is one request of an application, whatever brought it here.
type call struct {
	ctx           context.Context
	id            string // of the request, for the log
	method        string
	target        target
	query         string
	authorization string
	body          body
}

// body gives the request's body, at most limit bytes. An error is a fault for the client.
type body interface {
	read(limit int64) (string, error)
}

// answer is what goes back.
type answer struct {
	status int
	body   []byte
	allow  string           // for status 405
	live   *webservice.Live // the endpoint that was called, nil where none was found
}

// answer serves a call; the body is appended to dst. It is the one way of a
// call, from the scoring listener and from the gateway.
func (s *Server) answer(c *call, dst []byte) (a answer) {
	defer func() {
		if p := recover(); p != nil {
			a = s.refuse(c, a, dst, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	var err error
	if a.live, err = s.find(&c.target); err != nil {
		return s.refuse(c, a, dst, err)
	}
	if a.allow = allowed(&c.target, c.method); a.allow != "" {
		return s.refuse(c, a, dst, fault.New(fault.NotAllowed, "%s is not offered at this path; %s is.", shorten(c.method), a.allow))
	}
	if !a.live.Accepts(bearer(c.authorization)) {
		return s.refuse(c, a, dst, fault.Coded(fault.Unauthorized, "ScoreRequestUnauthorized", "Invalid credentials provided."))
	}
	serve := s.score
	if c.target.isBatch() {
		serve = s.batch
	}
	if a.body, err = serve(c, a.live, dst); err != nil {
		return s.refuse(c, a, dst, err)
	}
	a.status = http.StatusOK
	return a
}

// refuse makes the error's answer and logs what only the log may have.
func (s *Server) refuse(c *call, a answer, dst []byte, err error) answer {
	f, internal := failureOf(err)
	if internal {
		s.Log.ErrorContext(c.ctx, "a scoring call failed", "requestId", c.id, "service", c.target.service, "error", err)
	}
	a.status, a.body = f.status, f.append(dst)
	return a
}

// find gives the endpoint that a path names.
func (s *Server) find(t *target) (*webservice.Live, error) {
	switch {
	case t.newStyle && !sameID(t.subscription, s.SubscriptionID):
		return nil, fault.Coded(fault.Invalid, "BadSubscriptionId", "The subscription %q of the path is not the one that the service is in.", shorten(t.subscription))
	case !t.newStyle && t.workspace == "":
		return nil, fault.Coded(fault.Invalid, "MissingWorkspaceId", "The path holds no workspace id. Give one and try again.")
	case t.service == "":
		return nil, fault.Coded(fault.Invalid, "MissingWebServiceId", "The path holds no web service id. Give one and try again.")
	}
	id, ok := webservice.NormalID(t.service)
	if !ok {
		return nil, fault.Coded(fault.Invalid, "WebServiceIdInvalid", "Invalid web service id provided. Web service id should be a valid guid.")
	}
	live := s.Services.Find(id)
	if t.newStyle && live != nil {
		return live, nil
	}
	known := sameID(t.workspace, s.WorkspaceID)
	switch {
	case t.newStyle || known && live == nil:
		return nil, fault.Coded(fault.NotFound, "WebServiceNotFound", "There is no web service endpoint %s. Its id is the last part of the endpoint's ApiLocation.", id)
	case !known:
		return nil, fault.Coded(fault.NotFound, "WorkspaceNotFound", "There is no workspace %q.", shorten(t.workspace))
	case !sameID(t.workspace, live.WorkspaceID):
		return nil, fault.Coded(fault.NotFound, "WebServiceIdNotFoundInWorkspace", "The web service endpoint %s is not in the workspace %s.", id, shorten(t.workspace))
	}
	return live, nil
}

// sameID compares ids with or without dashes, in any case.
func sameID(a, b string) bool {
	if a == b {
		return true
	}
	a, _ = webservice.NormalID(a)
	b, _ = webservice.NormalID(b)
	return a == b
}

// allowed gives the methods of a call's path where the request's is not among them.
func allowed(t *target, method string) string {
	methods := []string{http.MethodPost}
	if job, ok := strings.CutPrefix(t.rest, "jobs/"); ok && !strings.Contains(job, "/") {
		methods = []string{http.MethodGet, http.MethodDelete}
	}
	if slices.Contains(methods, method) {
		return ""
	}
	return strings.Join(methods, ", ")
}

// score runs an authorised call and appends its answer.
func (s *Server) score(c *call, live *webservice.Live, dst []byte) ([]byte, error) {
	var o options
	var err error
	old := c.target.rest == "score"
	if !old {
		if o, err = parseOptions(c.query); err != nil {
			return nil, err
		}
	}
	switch {
	case live.Broken != nil:
		return nil, broken()
	case !live.Enter():
		return nil, fault.Coded(fault.Unavailable, "RequestThrottled",
			"Request was throttled for %s endpoint. The maximum concurrency for the endpoint is %d.", live.Name, live.MaxCalls)
	}
	defer live.Leave()
	ctx, cancel := context.WithTimeout(c.ctx, s.Timeout)
	defer cancel()
	text, err := c.body.read(s.MaxBody)
	if err != nil {
		return nil, err
	}
	in, args, err := s.decode(text, live.Plan, old)
	if err != nil {
		return nil, err
	}
	out, err := live.Plan.Score(ctx, in, args)
	if err != nil {
		return nil, err
	}
	if old {
		return appendFlat(dst, out[0]), nil
	}
	return appendResults(dst, live.Plan, out, o)
}

// broken says that a stored definition cannot be run; why was logged when it was loaded.
func broken() error {
	return fault.Coded(fault.Internal, "WebServicePackageInvalid",
		"The stored definition of this web service cannot be run by this version of Portico. Publish the experiment again; the server's log has the reason.")
}

func (s *Server) decode(text string, plan *webservice.Plan, old bool) ([]*table.Table, []webservice.Argument, error) {
	if old {
		return decodeVersion1(text, plan)
	}
	return decodeRequest(text, plan)
}

// decodeVersion1 reads {"Id":…,"Instance":{"FeatureVector":{column:cell},"GlobalParameters":{}}} (azureml.md 1.7).
func decodeVersion1(body string, plan *webservice.Plan) ([]*table.Table, []webservice.Argument, error) {
	switch {
	case len(plan.Inputs) != 1:
		return nil, nil, fault.Coded(fault.Invalid, "MultipleInputsNotAllowed", "The model does not allow multiple inputs. It has %d: call …/execute?api-version=2.0.", len(plan.Inputs))
	case len(plan.Outputs) != 1:
		return nil, nil, fault.Coded(fault.Invalid, "IncompatibleModel", "The model is incompatible with the request version. It has %d outputs: call …/execute?api-version=2.0.", len(plan.Outputs))
	}
	d, err := newDecoder(body, plan)
	if err != nil {
		return nil, nil, err
	}
	err = d.members(subject{what: "The body"}, member{name: "Id", read: (*decoder).ignore}, member{name: "Instance", read: (*decoder).instance})
	if err == nil {
		err = d.complete()
	}
	return d.in, d.args, err
}

func (d *decoder) instance() error {
	return d.members(subject{what: "Instance"},
		member{name: "FeatureVector", read: (*decoder).featureVector},
		member{name: "GlobalParameters", read: (*decoder).parameters})
}

// featureVector reads the one row of a request of API version 1.0.
func (d *decoder) featureVector() error {
	if k := d.r.Peek(); k != jsonwire.Object {
		return bodyInvalid("FeatureVector is %s; it must be an object with a member for each column.", k)
	}
	d.rows = newRows(d.plan.Inputs[0])
	if err := d.rowObject(); err != nil {
		return err
	}
	d.in[0] = d.rows.table()
	return nil
}
