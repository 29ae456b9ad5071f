//go:build !linux

package blob_test

import "testing"

func smallDisk(t *testing.T, _ string) string {
	t.Helper()
	t.Skip("a small file system is mounted on Linux only")
	return ""
}
