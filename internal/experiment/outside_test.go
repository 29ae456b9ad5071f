package experiment_test

import (
	"strings"
	"testing"

	"portico/internal/dataset"
	"portico/internal/experiment"
	"portico/internal/fault"
)

// importing is a submission that loads a blob and passes it on.
func importing(cached string) *experiment.Submission {
	draft := false
	value := func(name, value string) experiment.ParameterValue {
		return experiment.ParameterValue{Name: name, Value: value}
	}
	in := &experiment.Submission{Description: "Import", IsDraft: &draft}
	in.Graph.ModuleNodes = []experiment.Node{
		{ID: "load", ModuleID: "Import Data", UsePreviousResults: true, ModuleParameters: []experiment.ParameterValue{
			value("Account name", "own"), value("Account key", "key"), value("Path to container, directory, or blob", "files/a.csv"), value("Use cached results", cached)}},
		{ID: "pass", ModuleID: "Convert to CSV", UsePreviousResults: true},
		{ID: "store", ModuleID: "Export Data", UsePreviousResults: true, ModuleParameters: []experiment.ParameterValue{
			value("Azure account name", "own"), value("Path to blob beginning with container", "files/out.csv"), value("Azure Blob Storage write mode", "Overwrite")}},
	}
	in.Graph.EdgesInternal = []experiment.Edge{
		{SourceOutputPortID: "load:Results dataset", DestinationInputPortID: "pass:Dataset"}, {SourceOutputPortID: "pass:Results dataset", DestinationInputPortID: "store:Dataset"},
	}
	return in
}

// reused lists the nodes of a run for which the results of another stand.
func reused(x *experiment.Experiment) string {
	var nodes []string
	for _, n := range x.NodeStatuses {
		if strings.Contains(n.Status.StatusDetail, "earlier run") {
			nodes = append(nodes, n.NodeID)
		}
	}
	return strings.Join(nodes, " ")
}

// What is outside is looked at and written in every run, unless the user says
// otherwise; what comes after it is done again where what it gave has changed.
func TestOutside(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{})
	l.outside["files/a.csv"] = "a\n1\n"
	l.run()
	var sealed string
	for i, step := range []struct{ content, cached, reused, written string }{
		{"a\n1\n", "False", "", "1"},
		{"a\n1\n", "False", "pass", "1"},
		{"a\n2\n", "False", "", "2"},
		{"a\n2\n", "True", "pass", "2"},
		{"a\n3\n", "True", "load pass", "2"},
	} {
		l.outside["files/a.csv"] = step.content
		delete(l.outside, "files/out.csv")
		in := importing(step.cached)
		if i > 2 { // what is sent back is what was kept
			in.Graph.ModuleNodes[0].ModuleParameters[1].Value = sealed
		}
		x := l.settled(l.create(in).ExperimentID)
		want(t, x, experiment.Finished, "load:Finished pass:Finished store:Finished")
		if got := reused(x); got != step.reused {
			t.Errorf("step %d took over %q, want %q", i, got, step.reused)
		}
		if got := strings.TrimSpace(l.outside["files/out.csv"]); got != step.written {
			t.Errorf("step %d wrote %q, want %q", i, got, step.written)
		}
		sealed = x.Graph.ModuleNodes[0].ModuleParameters[1].Value
	}
}

// A key is neither shown nor kept nor logged; what is shown in its place can be sent back.
func TestSecrets(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{})
	l.outside["files/a.csv"] = "a\n1\n"
	l.run()
	in := importing("False")
	x := l.settled(l.create(in).ExperimentID)
	shown := x.Graph.ModuleNodes[0].ModuleParameters[1].Value
	log := l.logs(x.ExperimentID, "load", experiment.StandardOut)
	if shown == "key" || shown == "" || strings.Contains(log, shown) || !strings.Contains(log, "Account key = (not shown)") {
		t.Errorf("the key is shown as %q; the log is\n%s", shown, log)
	}
	records, err := l.records.List(t.Context(), "/workspaces/"+workspace+"/experiments")
	if err != nil || len(records) == 0 {
		t.Fatal(err)
	}
	for _, r := range records {
		if strings.Contains(string(r.Body), `"Value":"key"`) {
			t.Error("the key is kept as it is")
		}
	}
	// The same key, typed again or sent back, changes nothing.
	for _, value := range []string{"key", shown} {
		in := importing("False")
		in.Graph.ModuleNodes[0].ModuleParameters[1].Value = value
		draft := true
		in.IsDraft = &draft
		saved := l.save(x, in)
		x = saved
		if got := saved.Graph.ModuleNodes[0].ModuleParameters[1].Value; got != shown || saved.Status.StatusCode != experiment.Finished {
			t.Errorf("%q became %q, and the experiment %s", value, got, saved.Status.StatusCode)
		}
	}
	in = importing("False")
	in.Graph.ModuleNodes[0].ModuleParameters[1].Value = "wrong"
	x = l.settled(l.create(in).ExperimentID)
	want(t, x, experiment.Failed, "load:Failed pass:NotStarted store:NotStarted")
	if !strings.Contains(x.Status.StatusDetail, "Error 0064") {
		t.Error(x.Status.StatusDetail)
	}
}

// A package of files feeds a port for one, and no other.
func TestPackages(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{})
	l.run()
	save := func(name, dataType, content string) string {
		d, err := l.data.Create(t.Context(), workspace, dataset.Meta{Name: name, DataTypeID: dataType}, strings.NewReader(content))
		return must(t, d, err).ID
	}
	zip, csv := save("package", "Zip", "PK"), save("table", "GenericCSV", "a\n1\n")
	node := func(name, dataset string) *experiment.Submission {
		draft := false
		in := &experiment.Submission{Description: name, IsDraft: &draft}
		in.Graph.ModuleNodes = []experiment.Node{{ID: "n", ModuleID: name, InputPortsInternal: []experiment.InputPort{{Name: "Dataset", DataSourceID: &dataset}}}}
		return in
	}
	x := l.settled(l.create(node("Unpack Zipped Datasets", zip)).ExperimentID)
	want(t, x, experiment.Failed, "n:Failed")
	if !strings.Contains(x.Status.StatusDetail, "package is no zip file") {
		t.Error(x.Status.StatusDetail)
	}
	for name, dataset := range map[string]string{"Unpack Zipped Datasets": csv, "Convert to CSV": zip} {
		_, err := l.Create(t.Context(), workspace, "tester", node(name, dataset))
		wantKind(t, err, fault.Invalid, "cannot be used as it is")
		if f := fault.As(err); len(f.Problems) != 1 || f.Problems[0].Code != "UnusableDataset" {
			t.Errorf("%s: %+v", name, f.Problems)
		}
	}
}
