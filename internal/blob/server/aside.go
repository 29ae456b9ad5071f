package server

import "hash"

// aside is a hash that a goroutine of its own computes, beside the reading and
// the writing of what is hashed. Whoever made it calls stop.
type aside struct {
	hash.Hash
	full, free chan []byte
	done       chan struct{}
	stopped    bool
}

const (
	asideBuffers  = 4
	asideFromSize = 1 << 20 // bytes from which a goroutine pays
)

func newAside(h hash.Hash) *aside {
	a := &aside{Hash: h, full: make(chan []byte, asideBuffers), free: make(chan []byte, asideBuffers), done: make(chan struct{})}
	for range asideBuffers {
		a.free <- nil
	}
	go func() {
		defer close(a.done)
		for b := range a.full {
			a.Hash.Write(b)
			a.free <- b
		}
	}()
	return a
}

// Write implements hash.Hash.
func (a *aside) Write(p []byte) (int, error) {
	a.full <- append((<-a.free)[:0], p...)
	return len(p), nil
}

// Sum implements hash.Hash. Nothing can be written after it.
func (a *aside) Sum(b []byte) []byte {
	a.stop()
	return a.Hash.Sum(b)
}

func (a *aside) stop() {
	if !a.stopped {
		a.stopped = true
		close(a.full)
		<-a.done
	}
}
