package server_test

import (
	"cmp"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range diff(string(want), got) {
		if i == 20 {
			t.Fatal("…")
		}
		t.Errorf("%s", d)
	}
}

// compare holds what another server answered against a golden file. A second
// file lists, with reasons, the lines in which the two are known to differ.
func compare(t *testing.T, file, got, knownFile string) {
	t.Helper()
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	known, err := os.ReadFile(knownFile)
	if err != nil {
		t.Fatal(err)
	}
	var allowed []string
	for line := range strings.Lines(string(known)) {
		if !strings.HasPrefix(line, "//") && strings.TrimSpace(line) != "" {
			allowed = append(allowed, strings.TrimRight(line, "\n"))
		}
	}
	found := diff(string(want), got)
	for _, d := range found {
		if !slices.Contains(allowed, d) {
			t.Errorf("differs: %s", d)
		}
	}
	for _, a := range allowed {
		if !slices.Contains(found, a) {
			t.Errorf("%s lists what is no difference any more: %s", knownFile, a)
		}
	}
}

// diff compares two transcripts chapter by chapter: "CHAPTER: - line" is missing in got, "+ line" is new in it.
func diff(want, got string) (all []string) {
	wantBy, names := chapters(want)
	gotBy, gotNames := chapters(got)
	for _, name := range gotNames {
		if _, ok := wantBy[name]; !ok {
			names = append(names, name)
		}
	}
	for _, name := range names {
		a, b := wantBy[name], gotBy[name]
		for i, j := 0, 0; i < len(a) || j < len(b); {
			if i < len(a) && j < len(b) && a[i] == b[j] {
				i, j = i+1, j+1
				continue
			}
			skipA, skipB := nextCommon(a[i:], b[j:])
			for ; skipA > 0; skipA, i = skipA-1, i+1 {
				all = append(all, name+": - "+a[i])
			}
			for ; skipB > 0; skipB, j = skipB-1, j+1 {
				all = append(all, name+": + "+b[j])
			}
		}
	}
	return all
}

// nextCommon tells how many lines to skip in each until they go on alike.
func nextCommon(a, b []string) (skipA, skipB int) {
	best := [2]int{len(a), len(b)}
	for i, line := range a {
		if j := slices.Index(b, line); j >= 0 && cmp.Compare(i+j, best[0]+best[1]) < 0 {
			best = [2]int{i, j}
		}
	}
	return best[0], best[1]
}

func chapters(transcript string) (map[string][]string, []string) {
	by := map[string][]string{}
	var names []string
	for chapter := range strings.SplitSeq("\n"+transcript, "\n# ") {
		name, rest, _ := strings.Cut(chapter, "\n")
		if strings.TrimSpace(chapter) != "" {
			names = append(names, name)
			by[name] = strings.Split(strings.TrimSpace(rest), "\n")
		}
	}
	return by, names
}
