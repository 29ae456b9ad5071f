// Package corpustest reads published policy documents for the tests that count
// how many of them work.
package corpustest

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Documents reads all .xml files of a folder, or of the head of a git directory,
// by their names.
func Documents(t *testing.T, path string) map[string]string {
	docs := map[string]string{}
	if _, err := os.Stat(filepath.Join(path, "HEAD")); err == nil {
		for name := range strings.SplitSeq(git(t, path, "ls-tree", "-r", "-z", "--name-only", "HEAD"), "\x00") {
			if strings.HasSuffix(name, ".xml") {
				docs[name] = git(t, path, "show", "HEAD:"+name)
			}
		}
		return docs
	}
	err := filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".xml") {
			return err
		}
		b, err := os.ReadFile(name)
		docs[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

func git(t *testing.T, dir string, args ...string) string {
	out, err := exec.Command("git", append([]string{"--git-dir", dir}, args...)...).Output()
	if err != nil {
		t.Fatalf("git %v: %v", args, err)
	}
	return string(out)
}
