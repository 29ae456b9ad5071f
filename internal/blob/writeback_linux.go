package blob

import (
	"os"

	"golang.org/x/sys/unix"
)

// startWriting has the disk begin with a part of a file that is still being
// written, so that little is left when it is synced. It may do nothing.
func startWriting(f *os.File, offset, length int64) {
	_ = unix.SyncFileRange(int(f.Fd()), offset, length, unix.SYNC_FILE_RANGE_WRITE) // Sync tells what failed
}

// finishWriting waits until the disk has a part that startWriting began with, and takes it out of memory.
func finishWriting(f *os.File, offset, length int64) {
	const wait = unix.SYNC_FILE_RANGE_WAIT_BEFORE | unix.SYNC_FILE_RANGE_WRITE | unix.SYNC_FILE_RANGE_WAIT_AFTER
	if unix.SyncFileRange(int(f.Fd()), offset, length, wait) == nil { // Sync tells what failed
		dropCached(f, offset, length)
	}
}

// dropCached takes a part of a file that is on the disk out of memory: streams
// of gigabytes then pass through the same few pages, in place of pushing out what is read again and again. It may do nothing.
func dropCached(f *os.File, offset, length int64) {
	_ = unix.Fadvise(int(f.Fd()), offset, length, unix.FADV_DONTNEED) // it is advice
}
