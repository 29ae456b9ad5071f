package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var quoted = regexp.MustCompile("`([^`]+)`")

// TestArchitectureNamesWhatIsThere holds docs/architecture.md to the code: each
// file in a table of stations exists, and each function stands in one of the
// files of its row; each room has its row.
func TestArchitectureNamesWhatIsThere(t *testing.T) {
	page, err := os.ReadFile("../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	stations := 0
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 4 || !strings.Contains(cells[2], "internal/") {
			continue
		}
		stations++
		declared := map[string]bool{}
		for _, file := range quoted.FindAllStringSubmatch(cells[2], -1) {
			for name := range functionsIn(t, filepath.Join("..", file[1])) {
				declared[name] = true
			}
		}
		for _, function := range quoted.FindAllStringSubmatch(cells[3], -1) {
			if !declared[function[1]] {
				t.Errorf("%s: no function %s in these files", strings.TrimSpace(line), function[1])
			}
		}
	}
	if stations < 20 {
		t.Errorf("found %d stations: the tables have another form than this test reads", stations)
	}
	for room := range walls {
		if !strings.Contains(string(page), "`"+room+"`") {
			t.Errorf("docs/architecture.md does not say what the room %s owns", room)
		}
	}
}

func functionsIn(t *testing.T, file string) map[string]bool {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Error(err)
		return nil
	}
	names := map[string]bool{}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok {
			names[fn.Name.Name] = true
		}
	}
	return names
}
