package policy

// Tracer writes down what happened to one call.
type Tracer interface {
	// Entry notes something that the source, a policy or station, did in a
	// section ("inbound"). What data holds is marshalled as JSON.
	Entry(section, source string, data any)
}

// Note adds an entry of the running policy to the call's trace, where there is one.
func (x *Exchange) Note(data any) {
	if x.Tracer != nil && x.running != nil {
		x.Tracer.Entry(x.running.section.String(), x.running.source, data)
	}
}
