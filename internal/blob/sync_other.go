//go:build !unix

package blob

// syncFolder does nothing: folders cannot be synced here, and the file system keeps its own journal of names.
func syncFolder(string) error { return nil }
