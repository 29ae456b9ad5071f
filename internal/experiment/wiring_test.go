package experiment

import (
	"fmt"
	"strings"
	"testing"

	"portico/internal/fault"
	"portico/internal/module"
	"portico/internal/module/catalogue"
	"portico/internal/module/inputoutput"
)

// sketch draws an experiment of "Two" modules, which take A and perhaps B and
// give Out. Each line is "node: what feeds A, what feeds B", a feed being a
// node, "@dataset" or "-".
func sketch(t *testing.T, text string) (*Experiment, *module.Catalogue) {
	t.Helper()
	two := &module.Module{
		Name: "Two", FamilyID: strings.Repeat("2", 32), Version: 1,
		Inputs:  []module.Port{{Name: "A", Type: module.Data, Optional: true}, {Name: "B", Type: module.Data, Optional: true}},
		Outputs: []module.Port{{Name: "Other", Type: module.Data}, {Name: "Out", Type: module.Data}},
		Parameters: []module.Parameter{
			{Name: "Size", Type: module.Integer, Default: "1", Min: 1, Max: 9},
		},
		Prepare: func(module.Values) (module.Runner, error) { return nil, nil },
	}
	x := &Experiment{}
	for line := range strings.Lines(text) {
		id, feeds, found := strings.Cut(strings.TrimSpace(line), ":")
		if !found {
			continue
		}
		n := Node{ID: id, ModuleID: "Two"}
		for i, feed := range strings.Split(feeds, ",") {
			port := two.Inputs[i].Name
			feed = strings.TrimSpace(feed)
			switch dataset, isDataset := strings.CutPrefix(feed, "@"); {
			case isDataset:
				n.InputPortsInternal = append(n.InputPortsInternal, InputPort{Name: port, DataSourceID: &dataset})
			case feed != "-":
				x.Graph.EdgesInternal = append(x.Graph.EdgesInternal, Edge{feed + ":Out", id + ":" + port})
			}
		}
		x.Graph.ModuleNodes = append(x.Graph.ModuleNodes, n)
	}
	return x, module.NewCatalogue(two)
}

// draw is a wiring's or a slice's nodes in the form that sketch reads, in their order.
func draw(nodes []*BoundNode) string {
	var b strings.Builder
	for _, n := range nodes {
		fmt.Fprintf(&b, "%s:", n.Node.ID)
		for i, in := range n.Inputs {
			feed := "-"
			switch {
			case in.Node != nil:
				feed = in.Node.Node.ID
			case in.Dataset != "":
				feed = "@" + in.Dataset
			case in.Service != "":
				feed = "<" + in.Service
			}
			fmt.Fprintf(&b, "%s %s", strings.Repeat(",", min(i, 1)), feed)
		}
		if n.Fixed {
			b.WriteString(" fixed")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestWire(t *testing.T) {
	x, c := sketch(t, `
		d: b, c
		c: a, @right
		b: a, -
		a: @left, -
		e: -, -`)
	w, err := Wire(x, c)
	if err != nil {
		t.Fatal(err)
	}
	want := "a: @left, -\nc: a, @right\nb: a, -\nd: b, c\ne: -, -\n"
	if got := draw(w.Nodes); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	d := w.Node("d")
	if d.Inputs[0] != (Source{Node: w.Node("b"), Port: 1}) || d.Values.Int("Size") != 1 || w.Node("z") != nil {
		t.Errorf("node d is %+v", d)
	}
}

func TestWireRefusesProblems(t *testing.T) {
	x, c := sketch(t, "a: b, b\nb: a, z")
	if _, err := Wire(x, c); !fault.Is(err, fault.Invalid) || len(fault.As(err).Problems) != 2 {
		t.Errorf("got %v", err)
	}
}

func TestSlice(t *testing.T) {
	for _, c := range []struct{ name, graph, inputs, outputs, want string }{
		{"cut before the last node", "a: @d, -\nb: a, -", "b:A=in", "b:Out=out", "b: <in, -\n"},
		{"all of it", "a: @d, -\nb: a, -", "a:A=in", "b:Out=out", "a: <in, -\nb: a, -\n"},
		{"a fixed branch", "a: @d, -\nb: @e, -\nc: a, b", "a:A=in", "c:Out=out", "a: <in, -\nb: @e, - fixed\nc: a, b\n"},
		{"what no output needs stays out", "a: @d, -\nb: a, -\nc: a, -", "a:A=in", "b:Out=out", "a: <in, -\nb: a, -\n"},
		{"two inputs and outputs", "a: @d, -\nb: @d, -\nc: a, b", "a:A=one b:A=two", "c:Out=out a:Other=also", "a: <one, -\nb: <two, -\nc: a, b\n"},
		{"one input for two ports", "a: @d, @d", "a:A=in a:B=in", "a:Out=out", "a: <in, <in\n"},
		{"no input", "a: @d, -\nb: a, -", "", "b:Out=out", "a: @d, - fixed\nb: a, - fixed\n"},
	} {
		x, catalogue := sketch(t, c.graph)
		x.WebService.Inputs, x.WebService.Outputs = servicePorts(c.inputs), servicePorts(c.outputs)
		w, err := Wire(x, catalogue)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		s := w.Slice(&x.WebService)
		if got := draw(s.Nodes); got != c.want {
			t.Errorf("%s: got\n%swant\n%s", c.name, got, c.want)
		}
		for i, out := range s.Outputs {
			p := x.WebService.Outputs[i]
			if got := out.Source.Node.Node.ID + ":" + out.Source.Node.Module.Outputs[out.Source.Port].Name; got != p.PortID || out.Name != p.Name {
				t.Errorf("%s: output %q is %s, want %+v", c.name, out.Name, got, p)
			}
		}
	}
}

// servicePorts reads "node:port=name", several after blanks. One name is one service port.
func servicePorts(text string) []ServicePort {
	var ports []ServicePort
	for _, part := range strings.Fields(text) {
		port, name, _ := strings.Cut(part, "=")
		ports = append(ports, ServicePort{ID: name, PortID: port, Name: name})
	}
	return ports
}

func TestSliceOfTheGuide(t *testing.T) {
	x := guide(t)
	w, err := Wire(x, catalogue.New(inputoutput.Outside{}, nil))
	if err != nil {
		t.Fatal(err)
	}
	s := w.Slice(&x.WebService)
	if len(s.Nodes) != 1 || s.Nodes[0].Node.ID != "-101" || s.Nodes[0].Inputs[0] != (Source{Service: "input1"}) || s.Outputs[0].Name != "output1" {
		t.Errorf("got %s and %+v", draw(s.Nodes), s.Outputs)
	}
}

func TestGiven(t *testing.T) {
	global := "bits"
	n := Node{ModuleParameters: []ParameterValue{{Name: "Size", Value: "3", LinkedGlobalParameter: &global}, {Name: "Other", Value: "x"}}}
	for _, c := range []struct {
		globals map[string]string
		want    string
	}{
		{nil, "3"},
		{map[string]string{"bits": "5", "Other": "no"}, "5"},
		{map[string]string{"else": "5"}, "3"},
	} {
		if got := n.Given(c.globals); got["Size"] != c.want || got["Other"] != "x" {
			t.Errorf("%v: got %v", c.globals, got)
		}
	}
}
