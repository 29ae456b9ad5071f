package experiment_test

import (
	"fmt"
	"strings"
	"testing"

	"portico/internal/experiment"
	"portico/internal/fault"
)

func TestRunFrom(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{})
	l.gates.open("a", "b", "c", "d")
	l.run()
	graph := "a Gate:\nb Gate: a\nc Gate: b\nd Gate: a"
	l.settled(l.create(gated(true, graph)).ExperimentID)
	again := gated(true, graph)
	again.RunFrom = "b"
	x := l.settled(l.create(again).ExperimentID)
	want(t, x, experiment.Finished, "a:Finished b:Finished c:Finished d:Finished")
	calls := ""
	for _, id := range []string{"a", "b", "c", "d"} {
		calls += fmt.Sprint(l.gates.at(id).calls.Load())
	}
	if calls != "1221" {
		t.Errorf("the nodes were called %s times", calls)
	}
	again.RunFrom = "nothing"
	_, err := l.Create(t.Context(), workspace, "tester", again)
	wantKind(t, err, fault.Invalid, `begin at the node "nothing"`)
}

func TestHistoryAndComparison(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{})
	l.gates.open("a", "b", "c", "e")
	l.run()
	id := l.settled(l.create(gated(true, "a Gate:\nb Gate: a\nc Gate: b")).ExperimentID).ExperimentID
	changed := gated(true, "a Gate:\nb Gate:\ne Gate: b")
	changed.Graph.ModuleNodes[0].ModuleParameters[0].Value = "e"
	if _, err := l.Save(t.Context(), workspace, id, "", changed); err != nil {
		t.Fatal(err)
	}
	l.settled(id)
	history, err := l.History(t.Context(), workspace, id)
	if err != nil || len(history) != 2 || history[0].ExperimentID != id || history[1].RunID == history[0].RunID || history[1].Graph.ModuleNodes[2].ID != "c" {
		t.Fatalf("the history is %+v, %v", history, err)
	}
	c, err := l.Compare(t.Context(), workspace, history[1].ExperimentID, id)
	if err != nil {
		t.Fatal(err)
	}
	shown := func(all []experiment.Difference) string {
		var texts []string
		for _, d := range all {
			sides := [2]string{"-", "-"}
			for i, v := range []*string{d.Left, d.Right} {
				if v != nil {
					sides[i] = *v
				}
			}
			texts = append(texts, d.Name+": "+sides[0]+" → "+sides[1])
		}
		return strings.Join(texts, ", ")
	}
	var got []string
	for _, n := range c.Nodes {
		line := fmt.Sprintf("%s %s %s [%s] [%s]", n.NodeID, n.Module, n.Change, shown(n.Parameters), shown(n.Inputs))
		for _, out := range n.Outputs {
			line += fmt.Sprintf(" %s same=%v %d→%d rows", out.Name, out.Same, out.LeftRows, out.RightRows)
		}
		got = append(got, line)
	}
	wants := []string{
		"a Gate Changed [Name: a → e] [] Out same=false 1→1 rows",
		"b Gate Changed [] [A: a:Out → -] Out same=true 1→1 rows",
		"e Gate Added [Name: - → e] [A: - → b:Out]",
		"c Gate Removed [Name: c → -] [A: b:Out → -]",
	}
	if strings.Join(got, "\n") != strings.Join(wants, "\n") {
		t.Errorf("the comparison is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(wants, "\n"))
	}
	if c.Nodes[0].Left == nil || c.Nodes[2].Left != nil || c.Right.Status.StatusCode != experiment.Finished {
		t.Errorf("the statuses are %+v", c)
	}
	_, err = l.Compare(t.Context(), workspace, id, "nothing")
	wantKind(t, err, fault.NotFound, "no experiment")
	_, err = l.History(t.Context(), workspace, "nothing")
	wantKind(t, err, fault.NotFound, "no experiment")
}
