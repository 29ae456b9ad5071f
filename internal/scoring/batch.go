package scoring

import (
	"net/http"
	"strconv"

	"portico/internal/fault"
	"portico/internal/scoring/jsonwire"
	"portico/internal/webservice"
	"portico/internal/webservice/batch"
	"portico/internal/webservice/jobs"
)

// batch serves an authorised call of batch execution (azureml.md 2) and appends
// its answer, which for starting and cancelling is empty.
func (s *Server) batch(c *call, live *webservice.Live, dst []byte) ([]byte, error) {
	if _, err := parseOptions(c.query); err != nil {
		return nil, err
	}
	id, action := c.target.job()
	switch {
	case c.target.rest == "jobs":
		return s.submitJob(c, live, dst)
	case id == "":
		return nil, fault.Coded(fault.Invalid, "MissingJobId", "The path holds no job id. Give the one that submitting the job answered with.")
	case action == "start":
		return dst, s.Jobs.Start(c.ctx, live.EndpointID, id)
	case action != "":
		return nil, fault.New(fault.NotFound, "There is nothing at this path of a job; its start is at …/jobs/{jobid}/start.")
	case c.method == http.MethodDelete:
		return dst, s.Jobs.Cancel(c.ctx, live.EndpointID, id)
	}
	st, err := s.Jobs.Status(c.ctx, live.EndpointID, id)
	if err != nil {
		return nil, err
	}
	return appendStatus(dst, &st), nil
}

// submitJob answers with the id as a JSON string and not a byte more.
func (s *Server) submitJob(c *call, live *webservice.Live, dst []byte) ([]byte, error) {
	if live.Broken != nil {
		return nil, broken()
	}
	text, err := c.body.read(s.MaxBody)
	if err != nil {
		return nil, err
	}
	in, err := decodeJob(text, live.Plan)
	if err != nil {
		return nil, err
	}
	id, err := s.Jobs.Submit(c.ctx, live, in)
	if err != nil {
		return nil, err
	}
	return jsonwire.AppendString(dst, id), nil
}

// appendStatus appends {"StatusCode":…,"Results":…,"Details":…} (azureml.md 2.3).
func appendStatus(dst []byte, st *batch.Status) []byte {
	dst = append(dst, `{"StatusCode":`...)
	dst = jsonwire.AppendString(dst, string(st.State.Documented()))
	dst = append(dst, `,"Results":`...)
	if st.State != jobs.Finished {
		dst = append(dst, "null"...)
	} else {
		for i, r := range st.Results {
			dst = append(dst, "{,"[min(i, 1)])
			dst = jsonwire.AppendString(dst, r.Name)
			dst = append(dst, `:{"ConnectionString":null,"RelativeLocation":`...)
			dst = jsonwire.AppendString(dst, r.RelativeLocation)
			dst = append(dst, `,"BaseLocation":`...)
			dst = jsonwire.AppendString(dst, r.BaseLocation)
			dst = append(dst, `,"SasBlobToken":`...)
			dst = jsonwire.AppendString(dst, r.SasBlobToken)
			dst = append(dst, '}')
		}
		dst = append(dst, '}')
	}
	dst = append(dst, `,"Details":`...)
	if st.State == jobs.Failed {
		dst = jsonwire.AppendString(dst, st.Details)
	} else {
		dst = append(dst, "null"...)
	}
	return append(dst, '}')
}

// jobDecoder reads the body that submits a job (azureml.md 2.2).
type jobDecoder struct {
	decoder
	in batch.Submission
}

func decodeJob(body string, plan *webservice.Plan) (batch.Submission, error) {
	d, err := newDecoder(body, plan)
	if err != nil {
		return batch.Submission{}, err
	}
	j := jobDecoder{decoder: d}
	err = j.members(subject{what: "The body"},
		member{name: "Input", read: func(*decoder) (err error) {
			j.in.Input, err = j.reference(subject{what: "Input"})
			return err
		}},
		member{name: "Inputs", read: func(*decoder) (err error) {
			j.in.Inputs, err = j.references("Inputs")
			return err
		}},
		member{name: "Outputs", read: func(*decoder) (err error) {
			j.in.Outputs, err = j.references("Outputs")
			return err
		}},
		member{name: "GlobalParameters", read: (*decoder).parameters},
		member{name: "AzureBatchPoolId", read: (*decoder).ignore})
	j.in.Arguments = j.args
	return j.in, err
}

// references reads {name: reference}. A name whose reference is null is as good as absent.
func (j *jobDecoder) references(what string) ([]batch.Named, error) {
	switch k := j.r.Peek(); k {
	case jsonwire.Null:
		j.r.Skip()
		return nil, nil
	case jsonwire.Object:
	default:
		return nil, bodyInvalid("%s is %s; it must be an object with one member for each name.", what, k)
	}
	var out []batch.Named
	seen := map[string]bool{}
	for j.r.Enter(); j.r.More(); {
		name := j.r.Key()
		if seen[name] {
			return nil, bodyInvalid("%s has %s twice.", what, strconv.Quote(shorten(name)))
		}
		seen[name] = true
		r, err := j.reference(subject{what + " member", shorten(name)})
		if err != nil {
			return nil, err
		}
		if r != nil {
			out = append(out, batch.Named{Name: name, Reference: *r})
		}
	}
	return out, nil
}

// reference reads an AzureBlobDataReference, nil for null.
func (j *jobDecoder) reference(what subject) (*batch.Reference, error) {
	if j.r.Peek() == jsonwire.Null {
		j.r.Skip()
		return nil, nil
	}
	var r batch.Reference
	into := func(name string, field *string) member {
		return member{name: name, read: func(d *decoder) error {
			switch k := d.r.Peek(); k {
			case jsonwire.Null:
				d.r.Skip()
			case jsonwire.String:
				*field = d.r.Str()
			default:
				return bodyInvalid("%s of %s is %s; it must be a string.", name, what, k)
			}
			return nil
		}}
	}
	return &r, j.members(what, into("ConnectionString", &r.ConnectionString), into("RelativeLocation", &r.RelativeLocation),
		into("BaseLocation", &r.BaseLocation), into("SasBlobToken", &r.SasBlobToken))
}
