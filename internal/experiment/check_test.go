package experiment

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portico/internal/fault"
	"portico/internal/module"
	"portico/internal/module/catalogue"
	"portico/internal/module/inputoutput"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const workspace = "0123456789abcdef0123456789abcdef"

// guide is the experiment of the guide's appendix, from the examples.
func guide(t testing.TB) *Experiment {
	t.Helper()
	b, err := os.ReadFile("../../examples/simple-feature-hashing.json")
	if err != nil {
		t.Fatal(err)
	}
	x := &Experiment{}
	if err := json.Unmarshal(b, x); err != nil {
		t.Fatal(err)
	}
	x.complete(workspace, catalogue.New(inputoutput.Outside{}, nil))
	return x
}

// Golden compares got with a file of testdata, or rewrites the file.
func Golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got:\n%s", file, got)
	}
}

func TestCheck(t *testing.T) {
	text := func(s string) *string { return &s }
	var out strings.Builder
	for _, c := range []struct {
		name   string
		change func(x *Experiment)
	}{
		{"sound", func(*Experiment) {}},
		{"no nodes", func(x *Experiment) { x.Graph, x.WebService = Graph{}, WebServiceInfo{} }},
		{"too many nodes", func(x *Experiment) { x.Graph.ModuleNodes = make([]Node, MaxNodes+1) }},
		{"node ids: empty, with a colon, twice", func(x *Experiment) {
			extra := []Node{{ModuleID: "Feature Hashing"}, {ID: "a:b", ModuleID: "Feature Hashing"}, {ID: "-77", ModuleID: "Feature Hashing"}}
			x.Graph.ModuleNodes = append(x.Graph.ModuleNodes, extra...)
		}},
		{"unknown module, its edge still stands", func(x *Experiment) {
			x.Graph.ModuleNodes[0].ModuleID = workspace + ".deadbeefdeadbeefdeadbeefdeadbeef.v1-default-7"
		}},
		{"service input as a node", func(x *Experiment) { x.Graph.ModuleNodes[0].ModuleID = "Web Service Input" }},
		{"listed ports: unknown, twice, another node's", func(x *Experiment) {
			n := &x.Graph.ModuleNodes[1]
			n.InputPortsInternal = append(n.InputPortsInternal, InputPort{Name: "Dataset"}, InputPort{Name: "dataset"})
			n.OutputPortsInternal[0].NodeID = "-77"
			n.OutputPortsInternal = append(n.OutputPortsInternal, OutputPort{Name: "Nothing"})
		}},
		{"saved model", func(x *Experiment) { x.Graph.ModuleNodes[1].InputPortsInternal[0].TrainedModelID = text("m") }},
		{"parameters: all kinds at once", func(x *Experiment) {
			x.Graph.ModuleNodes[0].ModuleParameters = nil
			x.Graph.ModuleNodes[1].ModuleParameters = []ParameterValue{
				{Name: "Hashing bitsize", Value: "32"}, {Name: "N-grams", Value: "two"}, {Name: "N-grams", Value: "three"},
				{Name: "Bits", Value: "3", LinkedGlobalParameter: text("bits")},
			}
		}},
		{"edges: unknown nodes, unknown ports, malformed", func(x *Experiment) {
			x.Graph.EdgesInternal = []Edge{
				{"-77:Results dataset", "-102:Dataset"},
				{"-77:Results", "-101:Datasets"},
				{"-77", ""},
			}
		}},
		{"input connected twice", func(x *Experiment) {
			x.Graph.EdgesInternal = append(x.Graph.EdgesInternal, Edge{"-77:Results dataset", "-77:Dataset"}, x.Graph.EdgesInternal[0])
		}},
		{"input not connected", func(x *Experiment) {
			x.Graph.EdgesInternal = nil
			x.Graph.ModuleNodes[0].InputPortsInternal[0].DataSourceID = nil
		}},
		{"circle, with a node behind it", func(x *Experiment) {
			x.Graph.ModuleNodes[0].InputPortsInternal[0].DataSourceID = nil
			x.Graph.ModuleNodes = append(x.Graph.ModuleNodes, Node{ID: "-102", ModuleID: "Feature Hashing"})
			x.Graph.EdgesInternal = append(x.Graph.EdgesInternal,
				Edge{"-101:Transformed dataset", "-77:Dataset"}, Edge{"-101:Transformed dataset", "-102:Dataset"})
		}},
		{"service ports", func(x *Experiment) {
			x.WebService.Inputs = []ServicePort{
				{"-200", "-101:Dataset", "input1"}, {"-202", "-101:Dataset", "input2"}, {"-203", "-77:Dataset", "input1"},
				{"-204", "-77:Transformed dataset", "input4"}, {"-205", "-1:Dataset", "input5"}, {"-206", "", "input6"}, {"-207", "-77:Dataset", ""},
			}
			x.WebService.Outputs = []ServicePort{{"-201", "-101:Dataset", "output1"}, {"-201", "-101:Transformed dataset", "output1"}}
			x.WebService.Parameters = []ServiceParam{{Name: "a"}, {Name: "a"}}
		}},
		{"one service input for two ports", func(x *Experiment) {
			x.WebService.Inputs = append(x.WebService.Inputs, ServicePort{"-200", "-77:Dataset", "input1"})
		}},
	} {
		x := guide(t)
		c.change(x)
		fmt.Fprintf(&out, "# %s\n", c.name)
		for _, p := range Check(x, catalogue.New(inputoutput.Outside{}, nil)) {
			refused := ""
			if p.Code.Ambiguous() {
				refused = ", refused as a draft"
			}
			fmt.Fprintf(&out, "%s%s: %s\n", p.Code, refused, p.Message)
		}
		out.WriteString("\n")
	}
	Golden(t, "problems.txt", out.String())
}

// TestCheckPortTypes needs a module whose port is no table, which the catalogue may not have.
func TestCheckPortTypes(t *testing.T) {
	model := &module.Module{
		Name: "Model", FamilyID: strings.Repeat("a", 32), Version: 1,
		Outputs: []module.Port{{Name: "Model", Type: "ILearner"}},
		Prepare: func(module.Values) (module.Runner, error) { return nil, nil },
	}
	reader := &module.Module{
		Name: "Reader", FamilyID: strings.Repeat("b", 32), Version: 1,
		Inputs:  []module.Port{{Name: "Dataset", Type: module.Data}},
		Prepare: model.Prepare,
	}
	x := &Experiment{Graph: Graph{
		ModuleNodes:   []Node{{ID: "1", ModuleID: "Model"}, {ID: "2", ModuleID: "Reader"}},
		EdgesInternal: []Edge{{"1:Model", "2:Dataset"}},
	}}
	problems := Check(x, module.NewCatalogue(model, reader))
	if len(problems) != 1 || problems[0].Code != PortTypeMismatch || problems[0].Node != "2" {
		t.Errorf("got %+v", problems)
	}
}

func TestCheckOutlivesAModuleThatPanics(t *testing.T) {
	m := &module.Module{
		Name: "Boom", FamilyID: strings.Repeat("a", 32), Version: 1,
		Prepare: func(module.Values) (module.Runner, error) { panic("bug") },
	}
	problems := Check(&Experiment{Graph: Graph{ModuleNodes: []Node{{ID: "1", ModuleID: "Boom"}}}}, module.NewCatalogue(m))
	if len(problems) != 1 || problems[0].Code != InvalidParameter || !strings.Contains(problems[0].Message, "bug") {
		t.Errorf("got %+v", problems)
	}
}

func TestInvalidCarriesEveryProblem(t *testing.T) {
	if err := Invalid(nil); err != nil {
		t.Errorf("no problems: got %v", err)
	}
	err := Invalid([]Problem{{UnknownModule, "1", "a"}, {CyclicGraph, "", "b"}})
	f := fault.As(err)
	if f.Kind != fault.Invalid || len(f.Problems) != 2 || f.Problems[0] != (fault.Problem{Code: "UnknownModule", Target: "1", Message: "a"}) {
		t.Errorf("got %+v", f)
	}
}
