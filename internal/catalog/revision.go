package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"portico/internal/fault"
	"portico/internal/record"
)

// RevisionMark stands between an API's name and a revision's number: "weather;rev=2".
const RevisionMark = ";rev="

// SplitRevision splits an API's name from the number of a revision; revision is
// "" where the name is the API's own, which means the current one.
func SplitRevision(name string) (base, revision string) {
	i := strings.LastIndex(strings.ToLower(name), RevisionMark)
	if i < 0 {
		return name, ""
	}
	return name[:i], name[i+len(RevisionMark):]
}

// RecordName is the name under which an API or a revision is kept; base is the API's name.
func (a *API) RecordName(base string) string {
	if a.IsCurrent == nil || *a.IsCurrent {
		return base
	}
	return base + RevisionMark + a.APIRevision
}

// RevisionName gives the name under which a revision is kept: the current one
// under the API's own, the others under "name;rev=N". What does not exist keeps
// its name; the first of an API gets the API's own.
func RevisionName(ctx context.Context, s record.Store, name string) (string, error) {
	base, revision := SplitRevision(name)
	if revision == "" {
		return name, nil
	}
	current, _, err := record.Get[API](ctx, s, APIPath(base))
	if fault.Is(err, fault.NotFound) || err == nil && current.APIRevision == revision {
		return base, nil
	}
	return name, err
}

// CheckRevisionName checks an API's name, with the number of a revision or without.
func CheckRevisionName(name string) error {
	base, revision := SplitRevision(name)
	if n, err := strconv.Atoi(revision); revision != "" && (err != nil || n < 1 || n > 9999 || strconv.Itoa(n) != revision) {
		return Incorrect().With(CodeValidation, "name", "%q is not the number of a revision: write name;rev=2.", revision)
	}
	return CheckName("name", base, MaxName)
}

// Revisions gives the records of an API's revisions: the current one first, then the others by number.
func Revisions(ctx context.Context, s record.Store, base string) ([]record.Record, error) {
	current, err := s.Get(ctx, APIPath(base))
	if err != nil {
		return nil, err
	}
	all, err := s.List(ctx, APIs)
	if err != nil {
		return nil, err
	}
	number := func(r record.Record) int {
		_, revision := SplitRevision(record.Name(r.Path))
		n, _ := strconv.Atoi(revision) // checked when it was stored
		return n
	}
	revisions := []record.Record{current}
	for _, r := range all {
		if b, revision := SplitRevision(record.Name(r.Path)); revision != "" && strings.EqualFold(b, base) {
			revisions = append(revisions, r)
		}
	}
	slices.SortFunc(revisions[1:], func(a, b record.Record) int { return number(a) - number(b) })
	return revisions, nil
}

// ofWholeAPI are the collections below an API that belong to all of its revisions.
var ofWholeAPI = []string{"releases", "issues", "wikis"}

// contentOf gives the records of one revision by what follows its path, "" for itself.
func contentOf(ctx context.Context, s record.Store, path string) (map[string]record.Record, error) {
	tree, err := s.Tree(ctx, path)
	if err != nil {
		return nil, err
	}
	content := make(map[string]record.Record, len(tree))
	for _, r := range tree {
		suffix := r.Path[len(path):]
		collection, _, _ := strings.Cut(strings.TrimPrefix(suffix, "/"), "/")
		if !slices.ContainsFunc(ofWholeAPI, func(c string) bool { return strings.EqualFold(c, collection) }) {
			content[suffix] = r
		}
	}
	return content, nil
}

// MakeCurrent plans that a revision changes places with the current one. Nothing
// changes where it is the current one already.
func MakeCurrent(ctx context.Context, s record.Store, base, revision string) ([]record.Change, error) {
	current, rec, err := record.Get[API](ctx, s, APIPath(base))
	if err != nil {
		return nil, err
	}
	if current.APIRevision == revision {
		return nil, nil
	}
	next, nextRec, err := record.Get[API](ctx, s, APIPath(base+RevisionMark+revision))
	if err != nil {
		return nil, err
	}
	before, err := contentOf(ctx, s, rec.Path)
	if err != nil {
		return nil, err
	}
	after, err := contentOf(ctx, s, nextRec.Path)
	if err != nil {
		return nil, err
	}
	retired := APIPath(record.Name(rec.Path) + RevisionMark + current.APIRevision)
	current.IsCurrent, next.IsCurrent = ptr(false), ptr(true)
	changes := []record.Change{{Op: record.DeleteTree, Path: nextRec.Path}}
	for _, suffix := range slices.Sorted(maps.Keys(before)) {
		if _, stays := after[suffix]; !stays {
			changes = append(changes, record.Change{Op: record.Delete, Path: before[suffix].Path})
		}
	}
	changes = append(changes, record.PutOf(retired, current, ""), record.PutOf(rec.Path, next, ""))
	for path, content := range map[string]map[string]record.Record{retired: before, rec.Path: after} {
		for _, suffix := range slices.Sorted(maps.Keys(content)) {
			if suffix != "" {
				changes = append(changes, record.Change{Op: record.Put, Path: path + suffix, Body: content[suffix].Body})
			}
		}
	}
	return changes, nil
}

// FollowCurrent plans that the other revisions of an API take over the path and
// the version that the current one is about to have.
func FollowCurrent(ctx context.Context, s record.Store, base string, current *API) ([]record.Change, error) {
	revisions, err := Revisions(ctx, s, base)
	if err != nil {
		return nil, err
	}
	var changes []record.Change
	for _, r := range revisions[1:] {
		var a API
		if err := json.Unmarshal(r.Body, &a); err != nil {
			return nil, fmt.Errorf("%s: %w", r.Path, err)
		}
		if a.Path == current.Path && a.APIVersion == current.APIVersion && a.APIVersionSetID == current.APIVersionSetID {
			continue
		}
		a.Path, a.APIVersion, a.APIVersionSetID = current.Path, current.APIVersion, current.APIVersionSetID
		changes = append(changes, record.PutOf(r.Path, a, ""))
	}
	return changes, nil
}

// CopyAPI plans that what stands below one API or revision comes to stand below another too.
func CopyAPI(ctx context.Context, s record.Store, from, to string) ([]record.Change, error) {
	content, err := contentOf(ctx, s, from)
	if err != nil {
		return nil, err
	}
	var changes []record.Change
	for _, suffix := range slices.Sorted(maps.Keys(content)) {
		if suffix != "" {
			changes = append(changes, record.Change{Op: record.Put, Path: to + suffix, Body: content[suffix].Body})
		}
	}
	return changes, nil
}

// SourcePath is where the document that an API was imported from is kept.
func SourcePath(api string) string { return record.Path("apis", api, "definitions", "source") }

// SourceDocument is a document as it came, byte for byte.
type SourceDocument struct {
	Format string `json:"format"` // as the request named it
	Text   []byte `json:"text"`
}
