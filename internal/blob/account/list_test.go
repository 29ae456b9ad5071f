package account_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"portico/internal/blob/account"
)

// TestListAsCounted holds pages of random containers against a count by hand.
func TestListAsCounted(t *testing.T) {
	s := fresh(t)
	random := rand.New(rand.NewPCG(1, 2))
	var names []string
	for range 150 {
		var b strings.Builder
		for range 1 + random.IntN(8) {
			b.WriteString([]string{"a", "b", "/", "//", "-", "ä", "\U0010ffff"}[random.IntN(7)])
		}
		names = append(names, b.String())
	}
	slices.Sort(names)
	names = slices.Compact(names)
	for _, name := range names {
		s.put(name, "")
	}
	for _, prefix := range []string{"", "a", "a/", "ä", "\U0010ffff", "none"} {
		for _, delimiter := range []string{"", "/", "//", "ä"} {
			want := countByHand(names, prefix, delimiter)
			for _, limit := range []int{1, 7, account.MaxPage} {
				if got := s.listAll(prefix, delimiter, limit); !slices.Equal(got, want) {
					t.Errorf("prefix %q, delimiter %q, pages of %d:\n%q\nwant\n%q", prefix, delimiter, limit, got, want)
				}
			}
		}
	}
}

// countByHand gives names below a prefix, cut behind the delimiter and marked as such.
func countByHand(names []string, prefix, delimiter string) (want []string) {
	for _, name := range names {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok {
			continue
		}
		if i := strings.Index(rest, delimiter); delimiter != "" && i >= 0 {
			name = "prefix " + prefix + rest[:i+len(delimiter)]
		}
		if !slices.Contains(want, name) {
			want = append(want, name)
		}
	}
	return want
}

func (s *shelf) listAll(prefix, delimiter string, limit int) (got []string) {
	s.Helper()
	q := account.Query{Prefix: prefix, Delimiter: delimiter, Limit: limit}
	for {
		page, err := s.List(s.Context(), "data", q)
		s.must(err)
		if len(page.Entries) > limit {
			s.Errorf("a page of %d has %d entries", limit, len(page.Entries))
		}
		for _, e := range page.Entries {
			if e.Prefix != "" {
				got = append(got, "prefix "+e.Prefix)
			} else {
				got = append(got, e.Blob.Name)
			}
		}
		if page.Next == "" {
			return got
		}
		q.From = page.Next
	}
}

func TestListContainers(t *testing.T) {
	s := fresh(t)
	var want []string
	for i := range 5 {
		name := fmt.Sprintf("list-%d", i)
		s.must(s.EnsureContainer(t.Context(), name))
		s.must(s.EnsureContainer(t.Context(), name)) // it is there
		want = append(want, name)
	}
	var got []string
	q := account.Query{Prefix: "list", Limit: 2}
	for {
		page, err := s.Containers(t.Context(), q)
		s.must(err)
		for _, c := range page.Containers {
			got = append(got, c.Name)
		}
		if page.Next == "" {
			break
		}
		q.From = page.Next
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
