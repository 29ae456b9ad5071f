package experiment

import (
	"context"

	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/secret"
)

// An experiment may be made from another, its parent; the parent is then no
// leaf any more. A run that a change overtakes becomes a parent too: so the
// earlier runs of an experiment are its ancestors.

// adopt checks a new experiment's parent, which has a child from now on.
func (s *Service) adopt(ctx context.Context, ws string, x *stored) ([]record.Change, error) {
	if x.Parent == "" {
		return nil, nil
	}
	parent, err := s.load(ctx, ws, x.Parent)
	if fault.Is(err, fault.NotFound) {
		return nil, fault.Coded(fault.Invalid, "BadArgument", "The parent experiment %q is not in the workspace.", x.Parent)
	}
	if err != nil || !parent.Leaf {
		return nil, err
	}
	parent.Leaf = false
	return []record.Change{record.PutOf(experimentPath(ws, parent.id), parent.document, "*")}, nil
}

// archive keeps an experiment's last run as a new ancestor of it, with the graph
// that ran, and lets go of the oldest ancestors beyond the budget.
func (s *Service) archive(ctx context.Context, ws string, x, old *stored, r *run) ([]record.Change, error) {
	all, err := s.loadAll(ctx, ws)
	if err != nil {
		return nil, err
	}
	kept := &stored{document: old.document, id: secret.ID()}
	kept.Leaf = false
	x.Parent, x.RunID = kept.id, ""
	line := append([]*stored{kept}, lineage(all, kept.Parent)...)
	var changes []record.Change
	if most := s.Options.KeptRuns; len(line) > most {
		for _, ancestor := range line[most:] {
			changes = append(changes, record.Change{Op: record.DeleteTree, Path: experimentPath(ws, ancestor.id)})
		}
		oldest := line[most-1]
		oldest.Parent = ""
		changes = append(changes, record.PutOf(experimentPath(ws, oldest.id), oldest.document, ""))
	}
	return append(changes,
		record.PutOf(experimentPath(ws, kept.id), kept.document, ""),
		record.PutOf(runPath(ws, kept.id, kept.RunID), r, "-"),
		record.Change{Op: record.Delete, Path: runPath(ws, old.id, old.RunID)}), nil
}

// lineage gives the experiment of that id and its ancestors, nearest first, as
// far as nothing but that line was made from them.
func lineage(all []*stored, id string) []*stored {
	byID := make(map[string]*stored, len(all))
	children := map[string]int{}
	for _, x := range all {
		byID[x.id] = x
		children[x.Parent]++
	}
	var line []*stored
	for x := byID[id]; x != nil && children[x.id] <= 1 && !x.Leaf; x = byID[x.Parent] {
		line = append(line, x)
		delete(byID, x.id) // a circle, which no save makes, ends here
	}
	return line
}

// forgetRuns deletes the logs of the runs that a change of records ended the memory of.
func (s *Service) forgetRuns(ctx context.Context, ws string, applied []record.Applied) {
	gone := map[string]bool{}
	for _, a := range applied {
		if a.New.Path == "" && record.Kind(a.Old.Path) == "workspaces/experiments/runs" {
			gone[record.Name(a.Old.Path)] = true
		}
	}
	for _, a := range applied {
		delete(gone, record.Name(a.New.Path)) // it moved
	}
	for runID := range gone {
		s.deleteLogs(ctx, ws, runID)
	}
}

// bereave makes leaves of the experiments whose last child goes, and roots of those whose parent goes.
func bereave(ws string, all []*stored, gone map[string]*stored) []record.Change {
	children := map[string]int{}
	for _, x := range all {
		if gone[x.id] == nil {
			children[x.Parent]++
		}
	}
	var changes []record.Change
	for _, x := range all {
		if gone[x.id] != nil {
			continue
		}
		leaf, parent := children[x.id] == 0, x.Parent
		if gone[parent] != nil {
			parent = ""
		}
		if leaf != x.Leaf || parent != x.Parent {
			x.Leaf, x.Parent = leaf, parent
			changes = append(changes, record.PutOf(experimentPath(ws, x.id), x.document, "*"))
		}
	}
	return changes
}
