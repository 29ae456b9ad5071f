package webservice

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"portico/internal/fault"
	"portico/internal/module"
	"portico/internal/table"
)

// MaxColumns is the widest table that enters or leaves a service (design, section 8).
const MaxColumns = 100_000

// Plan is a definition made ready to run: modules found, parameters prepared,
// what does not depend on the request computed. It is safe for concurrent use.
type Plan struct {
	Inputs     []*PlanInput
	Outputs    []*PlanOutput
	Parameters []Parameter

	nodes   []planNode
	tables  []*table.Table // by slot: the kept tables, nil in the slots that a run fills
	results []int          // the slot of each output

	base     *program // with every parameter at its default; nil where one has none
	baseKey  string
	variants variants
}

// PlanInput is what a request must hold under one name.
type PlanInput struct {
	Name   string
	Fields []table.Field
	Sample *table.Table // the first rows of the run, with Fields as its columns
	index  map[string]int
}

// Column gives the index of the column of that exact name.
func (in *PlanInput) Column(name string) (int, bool) {
	i, ok := in.index[name]
	return i, ok
}

// PlanOutput is what a response holds under one name.
type PlanOutput struct {
	Name   string
	Sample *table.Table // the columns and the first rows of the run
}

// Argument is a value that a call gives for a web-service parameter.
type Argument struct{ Name, Value string }

// planNode is a module in the plan. Tables travel in numbered slots: first one
// for each input, then one for each kept table, then one for each output port.
type planNode struct {
	id      string
	module  *module.Module
	values  map[string]string
	linked  map[string]string // module parameter → web-service parameter
	run     module.Runner     // where nothing is linked
	in      []int             // slots; -1 for a port that is not connected
	out     int               // the slot of the first output
	perCall bool              // depends on the request; else it runs once for a set of parameters
}

// program is a plan with every parameter fixed.
type program struct {
	tables []*table.Table
	steps  []step
}

type step struct {
	node *planNode
	run  module.Runner
}

// compile makes the plan of a definition; kept are its tables.
func compile(ctx context.Context, d *Definition, kept []*table.Table, modules *module.Catalogue) (*Plan, error) {
	p := &Plan{Parameters: d.Parameters, tables: make([]*table.Table, len(d.Inputs))}
	slots := map[Source]int{}
	for i, in := range d.Inputs {
		fields := in.Sample.Schema()
		index := make(map[string]int, len(fields))
		for k, f := range fields {
			index[f.Name] = k
		}
		p.Inputs = append(p.Inputs, &PlanInput{Name: in.Name, Fields: fields, Sample: in.Sample.Table, index: index})
		slots[Source{Input: in.Name}] = i
	}
	for i, t := range kept {
		slots[Source{Table: i + 1}] = len(p.tables)
		p.tables = append(p.tables, t)
	}
	perCall := map[int]bool{}
	for i := range d.Inputs {
		perCall[i] = true
	}
	for _, n := range d.Nodes {
		node, err := p.addNode(n, modules, slots, perCall)
		if err != nil {
			return nil, fmt.Errorf("node %s: %w", n.ID, err)
		}
		p.nodes = append(p.nodes, node)
	}
	for _, out := range d.Outputs {
		slot, ok := slots[out.From]
		if !ok {
			return nil, fmt.Errorf("output %s comes from nowhere", out.Name)
		}
		p.results = append(p.results, slot)
		p.Outputs = append(p.Outputs, &PlanOutput{Name: out.Name, Sample: out.Sample.Table})
	}
	values, err := p.values(nil)
	if err != nil {
		return p, nil // a parameter has no default: every call gives it
	}
	p.baseKey = p.key(values)
	p.base, err = p.prepare(ctx, values)
	return p, err
}

func (p *Plan) addNode(n Node, modules *module.Catalogue, slots map[Source]int, perCall map[int]bool) (planNode, error) {
	m, ok := modules.Find(n.ModuleID)
	if !ok || m.Prepare == nil {
		return planNode{}, fmt.Errorf("the module %q is not offered here", n.ModuleID)
	}
	node := planNode{id: n.ID, module: m, values: map[string]string{}, linked: map[string]string{}, out: len(p.tables)}
	for _, v := range n.Settings {
		node.values[v.Name] = v.Value
		if v.Parameter != "" {
			node.linked[v.Name] = v.Parameter
		}
	}
	if len(n.Inputs) != len(m.Inputs) {
		return node, fmt.Errorf("the module %s has %d input ports and the definition %d", m.Name, len(m.Inputs), len(n.Inputs))
	}
	for _, from := range n.Inputs {
		slot, ok := slots[from]
		if !ok {
			if from != (Source{}) {
				return node, fmt.Errorf("a port takes data from nowhere")
			}
			slot = -1
		}
		node.in = append(node.in, slot)
		node.perCall = node.perCall || perCall[slot]
	}
	for i, port := range m.Outputs {
		slots[Source{Node: n.ID, Port: port.Name}] = node.out + i
		perCall[node.out+i] = node.perCall
		p.tables = append(p.tables, nil)
	}
	if len(node.linked) > 0 {
		return node, nil
	}
	var err error
	node.run, err = prepareModule(m, node.values)
	return node, err
}

func prepareModule(m *module.Module, values map[string]string) (module.Runner, error) {
	bound, err := m.Bind(values)
	if err != nil {
		return nil, err
	}
	return m.Prepare(bound)
}

// Score runs the plan: one table for each of Inputs, with its Fields; one for
// each of Outputs. It returns a fault.Error with a code of azureml.md 1.6 for
// arguments that do not fit, *ModuleFailure where a module fails, or ctx's error.
func (p *Plan) Score(ctx context.Context, in []*table.Table, args []Argument) ([]*table.Table, error) {
	b, err := p.Bind(ctx, args)
	if err != nil {
		return nil, err
	}
	return b.Score(ctx, in)
}

// Bound is a plan with its arguments fixed, to be run many times. It is safe for concurrent use.
type Bound struct {
	plan    *Plan
	program *program
}

// Bind fixes the arguments. It fails as Score does.
func (p *Plan) Bind(ctx context.Context, args []Argument) (Bound, error) {
	if p.base != nil && len(args) == 0 {
		return Bound{p, p.base}, nil
	}
	g, err := p.variant(ctx, args)
	return Bound{p, g}, err
}

// Score is Plan.Score with the arguments that were bound.
func (b Bound) Score(ctx context.Context, in []*table.Table) ([]*table.Table, error) {
	p, g := b.plan, b.program
	slots := slices.Clone(g.tables)
	copy(slots, in)
	for i := range g.steps {
		if err := g.steps[i].do(ctx, slots); err != nil {
			return nil, err
		}
	}
	out := make([]*table.Table, len(p.results))
	for i, slot := range p.results {
		out[i] = slots[slot]
		if out[i].Width() > MaxColumns {
			e := module.Fail("0129", p.Outputs[i].Name, MaxColumns)
			return nil, &ModuleFailure{Module: "Web Service Output", Code: e.Code, Message: e.Message, Err: e}
		}
	}
	return out, nil
}

// do runs one module, from slots to slots.
func (s *step) do(ctx context.Context, slots []*table.Table) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	in := make([]*table.Table, len(s.node.in))
	for i, slot := range s.node.in {
		if slot >= 0 {
			in[i] = slots[slot]
		}
	}
	out, err := s.run(ctx, in)
	if err != nil {
		return s.node.failed(err)
	}
	copy(slots[s.node.out:], out)
	return nil
}

func (n *planNode) failed(err error) error {
	f := &ModuleFailure{Node: n.id, Module: n.module.Name, Err: err}
	var e *module.Error
	if errors.As(err, &e) {
		f.Code, f.Message = e.Code, e.Message
	}
	return f
}

// ModuleFailure is a failure of one module of a plan.
type ModuleFailure struct {
	Node    string // its id in the experiment
	Module  string // its name
	Code    string // of the module reference, "0003"; empty where it documents no such failure
	Message string // the documented text
	Err     error
}

func (e *ModuleFailure) Error() string {
	return fmt.Sprintf("node %s, %s: %v", e.Node, e.Module, e.Err)
}

// Unwrap gives the cause.
func (e *ModuleFailure) Unwrap() error { return e.Err }

// variant gives the program for arguments: an earlier one where the values are the same.
func (p *Plan) variant(ctx context.Context, args []Argument) (*program, error) {
	values, err := p.values(args)
	if err != nil {
		return nil, err
	}
	key := p.key(values)
	if p.base != nil && key == p.baseKey {
		return p.base, nil
	}
	if g := p.variants.get(key); g != nil {
		return g, nil
	}
	g, err := p.prepare(ctx, values)
	if err != nil {
		return nil, err
	}
	p.variants.put(key, g)
	return g, nil
}

// prepare fixes every parameter, and runs what then no longer changes.
func (p *Plan) prepare(ctx context.Context, values map[string]string) (*program, error) {
	g := &program{tables: slices.Clone(p.tables)}
	for i := range p.nodes {
		n := &p.nodes[i]
		s := step{node: n, run: n.run}
		if s.run == nil {
			given := map[string]string{}
			for name, value := range n.values {
				given[name] = value
			}
			for name, parameter := range n.linked {
				given[name] = values[parameter]
			}
			var err error
			if s.run, err = prepareModule(n.module, given); err != nil {
				return nil, badArgument(n, err)
			}
		}
		if n.perCall {
			g.steps = append(g.steps, s)
		} else if err := s.do(ctx, g.tables); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// badArgument names the web-service parameter that gave a module a value it refuses.
func badArgument(n *planNode, err error) error {
	var e *module.Error
	if !errors.As(err, &e) {
		return n.failed(err)
	}
	name := n.linked[e.Parameter]
	if name == "" {
		return n.failed(err)
	}
	f := fault.Coded(fault.Invalid, "UserParameterInvalid", "Web service parameter %q: %s", name, e.Message)
	f.Err = err
	return f
}

// values gives each parameter the value of its argument, else its default.
func (p *Plan) values(args []Argument) (map[string]string, error) {
	values := make(map[string]string, len(p.Parameters))
	var unknown, missing []string
	for _, a := range args {
		i := slices.IndexFunc(p.Parameters, func(q Parameter) bool { return q.Name == a.Name })
		if i < 0 {
			unknown = append(unknown, strconv.Quote(a.Name))
			continue
		}
		if err := p.Parameters[i].check(a.Value); err != nil {
			return nil, err
		}
		values[a.Name] = a.Value
	}
	if len(unknown) > 0 {
		return nil, fault.Coded(fault.Invalid, "UnexpectedParameter",
			"Verify only the required parameters expected by the web service are passed and try again. It has no parameter %s.", strings.Join(unknown, ", "))
	}
	for _, q := range p.Parameters {
		if _, ok := values[q.Name]; ok {
			continue
		}
		if q.Default == nil {
			missing = append(missing, strconv.Quote(q.Name))
			continue
		}
		values[q.Name] = *q.Default
	}
	if len(missing) > 0 {
		return nil, fault.Coded(fault.Invalid, "MissingRequiredGlobalParameters",
			"Parameter(s) expected by the web service are missing: %s. Give them in GlobalParameters and try again.", strings.Join(missing, ", "))
	}
	return values, nil
}

// check applies the parameter's rules.
func (q *Parameter) check(value string) error {
	const rule = "The parameter value supplied does not satisfy the parameter rule on the parameter"
	if len(q.Values) > 0 && !slices.Contains(q.Values, value) {
		return fault.Coded(fault.Invalid, "BadParameterValue", "%s %q: %q is not one of %s.", rule, q.Name, cut(value, 60), strings.Join(q.Values, ", "))
	}
	if q.Min == nil && q.Max == nil {
		return nil
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	switch {
	case err != nil || v != v:
		return fault.Coded(fault.Invalid, "BadParameterValue", "%s %q: %q is not a number.", rule, q.Name, cut(value, 60))
	case q.Min != nil && v < *q.Min:
		return fault.Coded(fault.Invalid, "BadParameterValue", "%s %q: %s is below %v.", rule, q.Name, value, *q.Min)
	case q.Max != nil && v > *q.Max:
		return fault.Coded(fault.Invalid, "BadParameterValue", "%s %q: %s is above %v.", rule, q.Name, value, *q.Max)
	}
	return nil
}

// key tells sets of values apart.
func (p *Plan) key(values map[string]string) string {
	var b strings.Builder
	for _, q := range p.Parameters {
		v := values[q.Name]
		b.WriteString(strconv.Itoa(len(v)))
		b.WriteByte(':')
		b.WriteString(v)
	}
	return b.String()
}

// How many sets of arguments a plan keeps prepared.
const (
	maxVariants   = 16
	maxVariantKey = 64 << 10 // bytes of values; longer ones are prepared anew for each call
)

// variants are programs for arguments that were used last, the newest at the end.
type variants struct {
	mu   sync.Mutex
	keys []string
	made map[string]*program
}

func (v *variants) get(key string) *program {
	v.mu.Lock()
	defer v.mu.Unlock()
	g := v.made[key]
	if g != nil {
		i := slices.Index(v.keys, key)
		v.keys = append(slices.Delete(v.keys, i, i+1), key)
	}
	return g
}

func (v *variants) put(key string, g *program) {
	if len(key) > maxVariantKey {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.made == nil {
		v.made = map[string]*program{}
	}
	if v.made[key] == nil {
		v.keys = append(v.keys, key)
	}
	v.made[key] = g
	if len(v.keys) > maxVariants {
		delete(v.made, v.keys[0])
		v.keys = slices.Delete(v.keys, 0, 1)
	}
}
