package blob

import (
	"path/filepath"
	"strings"
	"testing"
)

// A key's file lies below the root, its names are short and plain, and they spell the key.
func FuzzFileName(f *testing.F) {
	for _, k := range []string{"a/b", "..", "../..//x", strings.Repeat("é", 150), strings.Repeat("k", 200) + "/=", "%2F@"} {
		f.Add(k)
	}
	f.Fuzz(func(t *testing.T, key string) {
		path := fileName(key)
		if !filepath.IsLocal(path) {
			t.Fatalf("%q leads out: %q", key, path)
		}
		names := strings.Split(filepath.ToSlash(path), "/")
		escaped := ""
		for i, name := range names {
			part, mark, ok := keyPart(name)
			if !ok || (mark == fileEnd) != (i == len(names)-1) || len(name) > maxName+1 {
				t.Fatalf("%q: name %q", key, name)
			}
			if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_%ABCDEF=+@") != "" {
				t.Fatalf("%q: name %q", key, name)
			}
			escaped += part
		}
		if got, ok := unescape(escaped); !ok || got != key {
			t.Fatalf("%q reads back as %q", key, got)
		}
	})
}
