package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// graphRun is what a test reads of an experiment.
type graphRun struct {
	ExperimentID string `json:"ExperimentId"`
	Status       struct{ StatusCode, StatusDetail string }
	NodeStatuses []struct {
		NodeID string `json:"NodeId"`
		Status struct{ StatusCode, StartTime, EndTime string }
	}
}

// finished gives the start and end of the nodes that have finished.
func (g *graphRun) finished() map[string]string {
	all := map[string]string{}
	for _, n := range g.NodeStatuses {
		if n.Status.StatusCode == "Finished" {
			all[n.NodeID] = n.Status.StartTime + n.Status.EndTime
		}
	}
	return all
}

func (p *process) experiments() string {
	return p.Console + "/api/workspaces/" + p.WorkspaceID + "/experiments"
}

func (p *process) experiment(method, path, body string) *graphRun {
	p.t.Helper()
	a := p.call(method, p.experiments()+path, body, "Authorization: Bearer "+p.AdminToken, "Content-Type: application/json")
	wantStatus(p.t, method+" "+path, a, 200)
	g := &graphRun{}
	if err := json.Unmarshal([]byte(a.body), g); err != nil {
		p.t.Fatal(err)
	}
	return g
}

// awaitNodes waits until so many nodes of a run have finished, or the run is over.
func (p *process) awaitNodes(id string, nodes int) *graphRun {
	p.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); <-time.After(20 * time.Millisecond) {
		g := p.experiment("GET", "/"+id, "")
		if over := g.Status.StatusCode != "Running" && g.Status.StatusCode != "NotStarted"; over || len(g.finished()) >= nodes {
			return g
		}
	}
	p.t.Fatalf("%d nodes did not finish in time", nodes)
	return nil
}

// graphOf200 is a table and 199 queries: 20 rows of nodes, each fed by the one before.
func graphOf200(salt int) string {
	type object = map[string]any
	node := func(id, module string, parameters ...object) object {
		return object{"Id": id, "ModuleId": module, "ModuleParameters": parameters, "UsePreviousResults": true}
	}
	nodes := []object{node("first", "Enter Data Manually", object{"Name": "Data", "Value": fmt.Sprintf("x\n%d\n", salt)})}
	edges := []object{}
	for i := range 199 {
		id, from := fmt.Sprintf("q%d", i), "first:dataset"
		if i >= 10 {
			from = fmt.Sprintf("q%d:Results dataset", i-10)
		}
		nodes = append(nodes, node(id, "Apply SQL Transformation", object{"Name": "SQL Query Script", "Value": fmt.Sprintf("select x + %d as x from t1", i)}))
		edges = append(edges, object{"SourceOutputPortId": from, "DestinationInputPortId": id + ":Table1"})
	}
	b, _ := json.Marshal(object{"Description": fmt.Sprintf("200 nodes, %d", salt), "IsDraft": false, "ExperimentGraph": object{"ModuleNodes": nodes, "EdgesInternal": edges}}) // always marshals
	return string(b)
}

// A run of 200 nodes survives two crashes: it ends, and no node that had finished runs again. Another one is cancelled.
func TestKilledGraphGoesOn(t *testing.T) {
	data := t.TempDir()
	p := start(t, data)
	id := p.experiment("POST", "", graphOf200(1)).ExperimentID
	before := map[string]string{}
	for _, nodes := range []int{30, 90} {
		for node, times := range p.awaitNodes(id, nodes).finished() {
			before[node] = times
		}
		p.kill()
		p = start(t, data)
	}
	g := p.awaitNodes(id, 201)
	if g.Status.StatusCode != "Finished" {
		t.Fatalf("the run is %s: %s", g.Status.StatusCode, g.Status.StatusDetail)
	}
	after := g.finished()
	if len(before) < 90 || len(after) != 200 {
		t.Errorf("%d nodes had finished, %d have", len(before), len(after))
	}
	for node, times := range before {
		if after[node] != times {
			t.Errorf("node %s had finished and ran again: %s, then %s", node, times, after[node])
		}
	}

	id = p.experiment("POST", "", graphOf200(2)).ExperimentID
	p.awaitNodes(id, 20)
	p.experiment("POST", "/"+id+"/cancel", "{}")
	if g := p.awaitNodes(id, 201); g.Status.StatusCode != "Cancelled" || len(g.finished()) == 200 {
		t.Errorf("the cancelled run is %s with %d nodes", g.Status.StatusCode, len(g.finished()))
	}
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.out)
	}
}

// An experiment goes out of one server and into another; what that lacks is said.
func TestExperimentTravels(t *testing.T) {
	data := t.TempDir()
	p := start(t, data, "--demo")
	_, list := run(t, "experiment", "list", "--data", data)
	if !strings.Contains(list, "SimpleFeatureHashingExperiment") {
		t.Fatalf("the list is\n%s", list)
	}
	id := strings.Fields(strings.Split(list, "\n")[1])[0]
	code, exported := run(t, "experiment", "export", id, "--data", data)
	if code != 0 || !strings.Contains(exported, `"DataSourceId": "Book Reviews`) || strings.Contains(exported, "AccessCredential") {
		t.Fatalf("exit code %d:\n%.2000s", code, exported)
	}
	file := filepath.Join(t.TempDir(), "experiment.json")
	changed := strings.Replace(exported, "c9a826602d9c411d81224d9e0b3ce92a", "ffffffffffffffffffffffffffffffff", 1)
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	code, said := run(t, "experiment", "import", file, "--data", data)
	if code != 0 || !strings.Contains(said, "is saved as a draft") || !strings.Contains(said, "which the server does not have") || strings.Contains(said, "takes the dataset") {
		t.Errorf("exit code %d: %s", code, said)
	}
	code, datasets := run(t, "dataset", "list", "--data", data)
	if code != 0 || !strings.Contains(datasets, "House Prices") || !strings.Contains(datasets, "Telephone Customers") {
		t.Errorf("exit code %d: %s", code, datasets)
	}
	code, content := run(t, "dataset", "download", "house prices", "--data", data)
	if code != 0 || !strings.HasPrefix(content, "Area,Rooms,") || strings.Count(content, "\n") != 2001 {
		t.Errorf("exit code %d: %.200s", code, content)
	}
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.out)
	}
}
