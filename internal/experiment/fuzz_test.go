package experiment

import (
	"encoding/json"
	"os"
	"testing"

	"portico/internal/module/catalogue"
	"portico/internal/module/inputoutput"
)

// FuzzSubmission decodes what a client may send and checks it: nothing panics,
// what has no problem can be wired, in an order in which every node comes after
// what feeds it, and what is written reads back the same.
func FuzzSubmission(f *testing.F) {
	guide, err := os.ReadFile("../../examples/simple-feature-hashing.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(guide)
	f.Add([]byte(`{"Graph":{"ModuleNodes":[{"Id":"1","ModuleId":"Feature Hashing","ModuleParameters":[{"Name":"N-grams","Value":"-1"}]},{"Id":"1"},null],"EdgesInternal":[{"SourceOutputPortId":"1:a","DestinationInputPortId":":"}]}}`))
	f.Add([]byte(`{"Graph":null,"WebService":{"Inputs":[{"PortId":"x"}],"Outputs":[null],"X":{}},"Status":{"CreationTime":"/Date(-1)/"}}`))
	modules := catalogue.New(inputoutput.Outside{}, nil)
	f.Fuzz(func(t *testing.T, b []byte) {
		x := &Experiment{}
		if json.Unmarshal(b, x) != nil {
			return
		}
		x.complete(workspace, modules)
		problems := Check(x, modules)
		w, err := Wire(x, modules)
		if (err == nil) != (len(problems) == 0) {
			t.Fatalf("problems %v, and wiring it gives %v", problems, err)
		}
		if err == nil {
			before := map[*BoundNode]bool{nil: true}
			for _, n := range w.Nodes {
				for _, in := range n.Inputs {
					if !before[in.Node] {
						t.Fatalf("node %s comes before node %s, which feeds it", n.Node.ID, in.Node.Node.ID)
					}
				}
				before[n] = true
			}
			w.Slice(&x.WebService)
			runKey(&x.Graph)
		}
		first, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		again := &Experiment{}
		if err := json.Unmarshal(first, again); err != nil {
			t.Fatalf("%s cannot be read back: %v", first, err)
		}
		second, err := json.Marshal(again)
		if err != nil || string(first) != string(second) {
			t.Fatalf("first\n%s\nthen\n%s %v", first, second, err)
		}
	})
}
