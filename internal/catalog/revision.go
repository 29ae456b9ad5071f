package catalog

import (
	"context"
	"strings"

	"portico/internal/fault"
	"portico/internal/record"
)

// revisionMark stands between an API's name and a revision's number: "weather;rev=2".
const revisionMark = ";rev="

// SplitRevision splits an API's name from the number of a revision; revision is
// "" where the name is the API's own, which means the current one.
func SplitRevision(name string) (base, revision string) {
	i := strings.LastIndex(strings.ToLower(name), revisionMark)
	if i < 0 {
		return name, ""
	}
	return name[:i], name[i+len(revisionMark):]
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
