//go:build unix

package app

import (
	"errors"
	"os"
	"syscall"
)

// lockExclusively takes a lock that ends with the process, however it ends.
func lockExclusively(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errLocked
	}
	return err
}
