// Package internal_test holds the walls between rooms.
package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "portico/internal/"

// everywhere may be imported by any room.
var everywhere = []string{"fault", "record", "secret"}

// walls says what each room may import of ours, besides everywhere and its own
// subpackages. A new room needs a row. "*" is every room.
var walls = map[string][]string{
	"fault":      {},
	"record":     {},
	"secret":     {},
	"audit":      {},
	"config":     {},
	"listen":     {},
	"catalog":    {},
	"artifact":   {"catalog"},
	"access":     {"catalog"},
	"egress":     {},
	"statement":  {"catalog", "access", "usage"},
	"mail":       {"catalog", "access", "job"},
	"openid":     {"access", "catalog"},
	"account":    {"access", "catalog", "mail"},
	"limit":      {},
	"cache":      {},
	"policy":     {"catalog", "access", "limit", "cache"},
	"usage":      {},
	"gateway":    {"catalog", "access", "policy", "usage", "limit", "cache", "egress"},
	"blob":       {},
	"backup":     {},
	"web":        {},
	"table":      {},
	"dataset":    {"table", "blob"},
	"job":        {},
	"script":     {"table"},
	"module":     {"table", "dataset", "script"},
	"experiment": {"table", "dataset", "module", "blob"},
	"webservice": {"table", "module", "experiment", "blob", "usage", "job"},
	"scoring":    {"webservice", "policy", "usage", "access", "rest", "table", "module"},
	"rest":       {"access", "account", "artifact", "audit", "openid", "catalog", "mail", "experiment", "dataset", "module", "table", "webservice", "policy", "statement", "usage"},
	"store":      {"audit", "limit", "usage", "blob", "job", "webservice"},
	"app":        {"*"},
	"cli":        {"*"},
}

func TestRoomsImportOnlyWhatTheirWallsAllow(t *testing.T) {
	used := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		room, _, inRoom := strings.Cut(filepath.ToSlash(path), "/")
		if !inRoom {
			return nil
		}
		used[room] = true
		allowed, ok := walls[room]
		if !ok {
			t.Errorf("%s: the room %s has no row in the table of walls", path, room)
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range f.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			other, ours := strings.CutPrefix(imported, module)
			if !ours {
				continue
			}
			other, _, _ = strings.Cut(other, "/")
			if other != room && !slices.Contains(everywhere, other) && !slices.Contains(allowed, other) && !slices.Contains(allowed, "*") {
				t.Errorf("%s imports %s: the room %s may import %v", path, other, room, allowed)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for room := range walls {
		if !used[room] {
			t.Errorf("the table of walls has a row for %s, which does not exist", room)
		}
	}
}

// TestEveryPackageSaysWhatItIs holds that each package has a package comment.
func TestEveryPackageSaysWhatItIs(t *testing.T) {
	commented := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		dir := filepath.Dir(path)
		commented[dir] = commented[dir] || f.Doc != nil
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir, ok := range commented {
		if !ok {
			t.Errorf("package %s has no package comment", dir)
		}
	}
}
