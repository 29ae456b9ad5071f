package webservice

// RowByRow tells whether the rows of the one input can be scored a few at a
// time: every module that runs for each call makes an output row of one input
// row, so that the outputs of the parts, put below one another, are the output of
// the whole.
func (p *Plan) RowByRow() bool {
	if len(p.Inputs) != 1 {
		return false
	}
	perCall := p.perCall()
	for _, n := range p.nodes {
		if !n.perCall {
			continue
		}
		varying := 0
		for _, slot := range n.in {
			if slot >= 0 && perCall[slot] {
				varying++
			}
		}
		if !n.module.RowByRow || varying != 1 {
			return false
		}
	}
	return true
}

// Varies tells for each output whether it depends on the inputs; one that does
// not is the same table for every call with the same arguments.
func (p *Plan) Varies() []bool {
	perCall := p.perCall()
	out := make([]bool, len(p.results))
	for i, slot := range p.results {
		out[i] = perCall[slot]
	}
	return out
}

// perCall tells which slots depend on the inputs.
func (p *Plan) perCall() map[int]bool {
	slots := map[int]bool{}
	for i := range p.Inputs {
		slots[i] = true
	}
	for _, n := range p.nodes {
		if n.perCall {
			for i := range n.module.Outputs {
				slots[n.out+i] = true
			}
		}
	}
	return slots
}
