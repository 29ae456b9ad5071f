package account

import "sync"

// uses knows what this process writes and reads, so that contents are not
// removed under a reader, nor taken for leftovers before the index refers to them.
type uses struct {
	mu      sync.Mutex
	writing map[string]struct{} // contents
	reading map[place]*reading
}

// place is where a blob stands.
type place struct{ container, blob string }

// reading is a blob with open readers.
type reading struct {
	readers  int
	unwanted []string // contents to remove after the last reader
}

func newUses() uses {
	return uses{writing: map[string]struct{}{}, reading: map[place]*reading{}}
}

func (u *uses) startWriting(content string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.writing[content] = struct{}{}
}

func (u *uses) stopWriting(content string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.writing, content)
}

// written leaves out of contents those that are being written.
func (u *uses) written(contents []string) []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	kept := contents[:0]
	for _, c := range contents {
		if _, ok := u.writing[c]; !ok {
			kept = append(kept, c)
		}
	}
	return kept
}

// startReading comes before the index is asked where the blob's contents are:
// whoever replaces them afterwards finds the reader here.
func (u *uses) startReading(p place) {
	u.mu.Lock()
	defer u.mu.Unlock()
	r := u.reading[p]
	if r == nil {
		r = &reading{}
		u.reading[p] = r
	}
	r.readers++
}

// stopReading gives the contents that waited for the last reader.
func (u *uses) stopReading(p place) (unwanted []string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	r := u.reading[p]
	if r.readers--; r.readers > 0 {
		return nil
	}
	delete(u.reading, p)
	return r.unwanted
}

// free gives what of those contents can be removed now. The rest waits for the place's readers.
func (u *uses) free(p place, unwanted []string) []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	r := u.reading[p]
	if r == nil {
		return unwanted
	}
	r.unwanted = append(r.unwanted, unwanted...)
	return nil
}
