package experiment_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"portico/internal/experiment"
	"portico/internal/fault"
)

// save changes an experiment in place.
func (l *lab) save(x *experiment.Experiment, in *experiment.Submission) *experiment.Experiment {
	l.t.Helper()
	saved, err := l.Save(l.t.Context(), workspace, x.ExperimentID, x.Etag, in)
	return must(l.t, saved, err)
}

// finished makes an experiment and runs it to its end.
func (l *lab) finished(in *experiment.Submission) *experiment.Experiment {
	l.t.Helper()
	x := l.settled(l.create(in).ExperimentID)
	if x.Status.StatusCode != experiment.Finished {
		l.t.Fatalf("the run is %+v", x.Status)
	}
	return x
}

// list is "id:status" of the experiments.
func (l *lab) list(ancestors bool) map[string]string {
	l.t.Helper()
	all, err := l.List(l.t.Context(), workspace, ancestors)
	codes := map[string]string{}
	for _, x := range must(l.t, all, err) {
		codes[x.ExperimentID] = string(x.Status.StatusCode)
	}
	return codes
}

func TestDraft(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{})
	x := l.create(&experiment.Submission{})
	if !strings.HasPrefix(x.Description, "Experiment created on ") || x.Creator != "tester" || x.Category != "user" || !x.IsLeaf || x.RunID != "" {
		t.Errorf("an empty draft is %+v", x)
	}
	want(t, x, experiment.InDraft, "")
	changed := l.save(x, gated(false, "a Gate:\nb Gate: a"))
	if changed.ExperimentID != x.ExperimentID || changed.Etag == x.Etag || changed.Description != "Gates" || len(changed.Graph.ModuleNodes) != 2 {
		t.Errorf("the changed draft is %+v", changed)
	}
	_, err := l.Save(t.Context(), workspace, x.ExperimentID, x.Etag, gated(false, "a Gate:"))
	wantKind(t, err, fault.StaleETag, "changed by somebody else")
	_, err = l.Save(t.Context(), workspace, "nothing", "", gated(false, "a Gate:"))
	wantKind(t, err, fault.NotFound, `no experiment "nothing"`)
	again, err := l.Get(t.Context(), workspace, x.ExperimentID)
	if must(t, again, err).Etag != changed.Etag {
		t.Errorf("the refused saves changed the draft")
	}
}

// A draft may have problems, which its nodes carry; a run may not.
func TestDraftWithProblems(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{})
	in := l.guide("nothing", false)
	in.Graph.ModuleNodes[1].ModuleID = "Score Model"
	x := l.create(in)
	if got := x.NodeStatuses; len(got) != 1 || got[0].NodeID != "-101" || got[0].Status.StatusCode != experiment.InDraft ||
		!strings.Contains(got[0].Status.StatusDetail, `"Score Model", which is not in the catalogue`) {
		t.Errorf("the marks are %+v", got)
	}
	in = l.guide("nothing", true)
	in.Graph.ModuleNodes[1].ModuleID = "Score Model"
	_, err := l.Save(t.Context(), workspace, x.ExperimentID, "", in)
	wantKind(t, err, fault.Invalid, "not in the catalogue")
	if f := fault.As(err); len(f.Problems) != 2 || f.Problems[1].Code != "UnusableDataset" {
		t.Errorf("the problems are %+v", f.Problems)
	}
	in.Graph.EdgesInternal[0].DestinationInputPortID = "-5:Dataset"
	_, err = l.Create(t.Context(), workspace, "tester", in)
	wantKind(t, err, fault.Invalid, `no node "-5"`)
	_, err = l.Create(t.Context(), workspace, "tester", &experiment.Submission{Description: strings.Repeat("x", 5000), ParentExperimentID: "nothing"})
	wantKind(t, err, fault.Invalid, "Description has 5000 bytes")
	_, err = l.Create(t.Context(), workspace, "tester", &experiment.Submission{ParentExperimentID: "nothing"})
	wantKind(t, err, fault.Invalid, `parent experiment "nothing"`)
	if got := l.list(true); len(got) != 1 {
		t.Errorf("refused experiments were saved: %v", got)
	}
}

// What a run does not depend on can be changed without losing the run, even while it runs.
func TestSaveKeepsTheRun(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{})
	x := l.create(gated(true, "a Gate:"))
	l.run()
	l.gates.await(t, "a")
	in := gated(false, "a Gate:")
	in.Description, in.Graph.ModuleNodes[0].Comment, in.Graph.SerializedClientData = "Renamed", "a comment", "<xml/>"
	in.WebService.Outputs = []experiment.ServicePort{{ID: "-1", PortID: "a:Out", Name: "output1"}}
	x = l.save(x, in)
	want(t, x, experiment.Running, "a:Running")
	_, err := l.Save(t.Context(), workspace, x.ExperimentID, "", gated(false, "b Gate:"))
	wantKind(t, err, fault.Conflict, "is running")
	_, err = l.Save(t.Context(), workspace, x.ExperimentID, "", gated(true, "a Gate:"))
	wantKind(t, err, fault.Conflict, "is running")
	wantKind(t, l.Delete(t.Context(), workspace, x.ExperimentID, false), fault.Conflict, "is running")
	l.gates.open("a")
	x = l.settled(x.ExperimentID)
	want(t, x, experiment.Finished, "a:Finished")
	if x.Description != "Renamed" || x.WebService.Outputs[0].PortID != "a:Out" {
		t.Errorf("the change is lost: %+v", x)
	}
	if got := l.list(true); len(got) != 1 {
		t.Errorf("experiments are %v", got)
	}
}

// A change that a run depends on makes a draft, and the run stays as an ancestor.
func TestSaveKeepsThePast(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{})
	l.gates.open("a", "b")
	l.run()
	first := l.finished(gated(true, "a Gate:"))
	draft := l.save(first, gated(false, "b Gate:"))
	want(t, draft, experiment.InDraft, "")
	if draft.ParentExperimentID == nil || !draft.IsLeaf || draft.ExperimentID != first.ExperimentID {
		t.Fatalf("the draft is %+v", draft)
	}
	past, err := l.Get(t.Context(), workspace, *draft.ParentExperimentID)
	want(t, must(t, past, err), experiment.Finished, "a:Finished")
	if past.IsLeaf || past.RunID != first.RunID {
		t.Errorf("the past is %+v", past)
	}
	if _, err := l.Output(t.Context(), workspace, past.ExperimentID, "a", "Out"); err != nil {
		t.Errorf("the past's output: %v", err)
	}
	if log := l.logs(past.ExperimentID, "a", experiment.StandardOut); log == "" {
		t.Error("the past's log is gone")
	}
	rerun := l.save(draft, gated(true, "b Gate:")) // a draft has no past of its own
	if *rerun.ParentExperimentID != past.ExperimentID {
		t.Errorf("the rerun's parent is %s", *rerun.ParentExperimentID)
	}
	want(t, l.settled(first.ExperimentID), experiment.Finished, "b:Finished")
	if got := l.list(false); len(got) != 1 || got[first.ExperimentID] != "Finished" {
		t.Errorf("the leaves are %v", got)
	}
	if got := l.list(true); len(got) != 2 {
		t.Errorf("with ancestors there are %v", got)
	}
}

func TestOldRunsAreLetGo(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{KeptRuns: 2})
	l.gates.open("a")
	l.run()
	x := l.finished(gated(true, "a Gate:"))
	firstRun := x.RunID
	for range 4 {
		l.save(x, gated(true, "a Gate:"))
		x = l.settled(x.ExperimentID)
	}
	var line []*experiment.Experiment
	for at := x; at.ParentExperimentID != nil; {
		parent, err := l.Get(t.Context(), workspace, *at.ParentExperimentID)
		at = must(t, parent, err)
		line = append(line, at)
	}
	if got := l.list(true); len(line) != 2 || len(got) != 3 {
		t.Errorf("%d ancestors, experiments %v", len(line), got)
	}
	for info, err := range l.blobs.List(t.Context(), "runlogs/") {
		if strings.Contains(info.Key, firstRun) || err != nil {
			t.Errorf("log of a run that was let go: %s, %v", info.Key, err)
		}
	}
}

func TestLineageAndDelete(t *testing.T) {
	// root ← left ← leaf, root ← right
	build := func(t *testing.T) (*lab, map[string]*experiment.Experiment) {
		l := newLab(t, t.TempDir(), experiment.Options{})
		made := map[string]*experiment.Experiment{}
		for _, c := range [][2]string{{"root", ""}, {"left", "root"}, {"right", "root"}, {"leaf", "left"}} {
			in := gated(false, "a Gate:")
			in.Description = c[0]
			if c[1] != "" {
				in.ParentExperimentID = made[c[1]].ExperimentID
			}
			made[c[0]] = l.create(in)
		}
		return l, made
	}
	for _, c := range []struct {
		gone      string
		ancestors bool
		left      string // name<parent, with * for a leaf
	}{
		{"leaf", false, "left*<root right*<root root"},
		{"leaf", true, "right*<root root"},
		{"right", true, "leaf*<left left<root root"},
		{"left", false, "leaf* right*<root root"},
		{"root", true, "leaf*<left left right*"},
	} {
		t.Run(fmt.Sprint(c.gone, c.ancestors), func(t *testing.T) {
			l, made := build(t)
			if err := l.Delete(t.Context(), workspace, made[c.gone].ExperimentID, c.ancestors); err != nil {
				t.Fatal(err)
			}
			all, err := l.List(t.Context(), workspace, true)
			names := map[string]string{}
			for _, x := range must(t, all, err) {
				names[x.ExperimentID] = x.Description
			}
			var got []string
			for _, name := range []string{"leaf", "left", "right", "root"} {
				x, err := l.Get(t.Context(), workspace, made[name].ExperimentID)
				if fault.Is(err, fault.NotFound) {
					continue
				}
				if must(t, x, err).IsLeaf {
					name += "*"
				}
				if x.ParentExperimentID != nil {
					name += "<" + names[*x.ParentExperimentID]
				}
				got = append(got, name)
			}
			if strings.Join(got, " ") != c.left {
				t.Errorf("left are %v, want %s", got, c.left)
			}
		})
	}
	l, _ := build(t)
	wantKind(t, l.Delete(t.Context(), workspace, "nothing", true), fault.NotFound, "no experiment")
}

func TestDeleteRemovesTheLogs(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{})
	l.gates.open("a")
	l.run()
	x := l.finished(gated(true, "a Gate:"))
	if err := l.Delete(t.Context(), workspace, x.ExperimentID, true); err != nil {
		t.Fatal(err)
	}
	for info := range l.blobs.List(t.Context(), "runlogs/") {
		t.Errorf("%s is left", info.Key)
	}
	if left, err := l.records.Tree(t.Context(), "/workspaces/"+workspace+"/experiments"); err != nil || len(left) != 0 {
		t.Errorf("left are %v, %v", left, err)
	}
}

func TestWorkspacesAreApart(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{})
	x := l.create(gated(false, "a Gate:"))
	other := strings.Repeat("f", 32)
	_, err := l.Get(t.Context(), other, x.ExperimentID)
	wantKind(t, err, fault.NotFound, "no experiment")
	all, err := l.List(t.Context(), other, true)
	if must(t, all, err); len(all) != 0 {
		t.Errorf("the other workspace lists %d experiments", len(all))
	}
}

// TestDocument holds the JSON of azureml.md 5.2 in and out, member by member.
func TestDocument(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{})
	id := l.reviews()
	in := l.guide(id, true)
	in.Graph.Extra = experiment.Extra{"GraphMember": json.RawMessage(`{"kept":[1,2]}`)}
	in.Graph.ModuleNodes[0].Extra = experiment.Extra{"NodeMember": json.RawMessage(`null`)}
	in.WebService.Parameters = []experiment.ServiceParam{{Name: "bits", Value: "3"}}
	x := l.create(in)
	l.run()
	x = l.settled(x.ExperimentID)
	b, err := json.MarshalIndent(x, "", "  ")
	got := string(must(t, b, err)) + "\n"
	for pattern, name := range map[string]string{
		x.ExperimentID: "{experiment}", x.RunID: "{run}", strings.ReplaceAll(id, ".", `\.`): "{dataset}",
		`/Date\(\d+\)/`: "/Date({ms})/", `"Etag": "[^"]+"`: `"Etag": "{etag}"`, `"Size": [1-9]\d*`: `"Size": {bytes}`,
	} {
		got = regexp.MustCompile(pattern).ReplaceAllString(got, name)
	}
	experiment.Golden(t, "experiment.json", got)
	var back experiment.Experiment
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	again, err := json.MarshalIndent(&back, "", "  ")
	if string(must(t, again, err)) != string(b) {
		t.Error("reading the document and writing it again changes it")
	}
}
