//go:build !linux

package blobtest

import "testing"

// SmallDisk skips the test: a small file system is mounted on Linux only.
func SmallDisk(t *testing.T, _ string) string {
	t.Helper()
	t.Skip("a small file system is mounted on Linux only")
	return ""
}
