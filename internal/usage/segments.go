package usage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const (
	segmentPattern = "calls-*.seg"
	segmentName    = "calls-%016d.seg"
	largestSegment = 16 << 20
	leastSegment   = 64 << 10
	segmentsAtMost = 16 // that a budget is divided into, when it is small
	segmentLasts   = 24 * time.Hour
)

// segments keeps single calls in append-only files. The oldest files go when
// the budget of bytes or of age is used up. It is not safe for concurrent use.
type segments struct {
	dir      string
	maxBytes int64
	maxAge   time.Duration
	now      func() time.Time

	closed  []segment // by number, the oldest first
	current *os.File  // nil until something is written
	open    segment   // of current; the last one closed where that is nil
}

// segment is one file.
type segment struct {
	number uint64
	size   int64
	begun  time.Time
	ended  time.Time // the last write
	// What is known once it was read: the times of its calls.
	known       bool
	first, last time.Time
	// matched says how many of its calls a selection takes, so that the pages
	// that follow need not read it again.
	matched map[selection]int
}

// selection is what a query of single calls takes; times are in Unix nanoseconds.
type selection struct {
	filter   Dimensions
	from, to int64
}

// maxSelections bounds what is remembered of a file.
const maxSelections = 64

// openSegments finds the files of a folder. Nothing is appended to a file of
// an earlier life, whose last record may be torn.
func openSegments(dir string, maxBytes int64, maxAge time.Duration, now func() time.Time) (*segments, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of call records: %w", err)
	}
	s := &segments{dir: dir, maxBytes: maxBytes, maxAge: maxAge, now: now}
	files, err := filepath.Glob(filepath.Join(dir, segmentPattern))
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		var g segment
		info, err := os.Stat(f)
		if err != nil {
			return nil, fmt.Errorf("look at the call records: %w", err)
		}
		if _, err := fmt.Sscanf(filepath.Base(f), segmentName, &g.number); err != nil {
			continue // not ours
		}
		g.size, g.ended = info.Size(), info.ModTime()
		s.closed = append(s.closed, g)
	}
	slices.SortFunc(s.closed, func(a, b segment) int { return int(int64(a.number) - int64(b.number)) })
	if n := len(s.closed); n > 0 {
		s.open = s.closed[n-1]
	}
	return s, nil
}

func (s *segments) file(number uint64) string {
	return filepath.Join(s.dir, fmt.Sprintf(segmentName, number))
}

// append writes whole records. After an error nothing of them is in the file.
func (s *segments) append(records []byte) error {
	now := s.now()
	if s.current != nil && (s.open.size+int64(len(records)) > s.segmentSize() || now.Sub(s.open.begun) > segmentLasts) {
		if err := s.endSegment(); err != nil {
			return err
		}
	}
	if s.current == nil {
		f, err := os.OpenFile(s.file(s.open.number+1), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("begin a file of call records: %w", err)
		}
		s.current, s.open = f, segment{number: s.open.number + 1, begun: now}
	}
	if _, err := s.current.WriteAt(records, s.open.size); err != nil {
		return errors.Join(fmt.Errorf("write call records: %w", err), s.current.Truncate(s.open.size))
	}
	s.open.size += int64(len(records))
	s.open.ended = now
	return nil
}

func (s *segments) segmentSize() int64 {
	return min(largestSegment, max(leastSegment, s.maxBytes/segmentsAtMost))
}

func (s *segments) endSegment() error {
	if s.current == nil {
		return nil
	}
	err := errors.Join(s.current.Sync(), s.current.Close())
	s.closed = append(s.closed, s.open)
	s.current = nil
	return err
}

// sync brings what was written to the disk.
func (s *segments) sync() error {
	if s.current == nil {
		return nil
	}
	return s.current.Sync()
}

// mark is the place behind everything that is written.
func (s *segments) mark() Mark { return Mark{Segment: s.open.number, Offset: s.open.size} }

// prune deletes the oldest files until the budgets hold.
func (s *segments) prune() error {
	if s.current != nil && s.now().Sub(s.open.ended) > s.maxAge {
		if err := s.endSegment(); err != nil {
			return err
		}
	}
	total := int64(0)
	for _, g := range s.all() {
		total += g.size
	}
	for len(s.closed) > 0 && (total > s.maxBytes || s.now().Sub(s.closed[0].ended) > s.maxAge) {
		g := s.closed[0]
		if err := os.Remove(s.file(g.number)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("delete old call records: %w", err)
		}
		total -= g.size
		s.closed = s.closed[1:]
	}
	return nil
}

// all lists the files, the oldest first, the open one last.
func (s *segments) all() []segment {
	out := slices.Clone(s.closed)
	if s.current != nil {
		out = append(out, s.open)
	}
	return out
}

// learn remembers the times of a closed file's calls, and how many a selection takes.
func (s *segments) learn(number uint64, first, last time.Time, sel selection, matched int) {
	for i := range s.closed {
		if g := &s.closed[i]; g.number == number {
			g.known, g.first, g.last = true, first, last
			if len(g.matched) >= maxSelections {
				clear(g.matched)
			}
			if g.matched == nil {
				g.matched = map[selection]int{}
			}
			g.matched[sel] = matched
		}
	}
}

// taken is how many calls of a file a selection takes, where that is known.
func (s *segments) taken(number uint64, sel selection) (n int, known bool) {
	for i := range s.closed {
		if g := &s.closed[i]; g.number == number {
			n, known = g.matched[sel]
		}
	}
	return n, known
}

// content is a whole file. One that has been deleted meanwhile is empty.
func (s *segments) content(g segment) ([]byte, error) {
	b, err := os.ReadFile(s.file(g.number))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read call records: %w", err)
	}
	return b, nil
}

// read calls fn for the records of a file from offset on. A torn record ends the file.
func (s *segments) read(g segment, offset int64, fn func(*Call)) error {
	b, err := s.content(g)
	if err != nil {
		return err
	}
	if offset > int64(len(b)) {
		return nil
	}
	b = b[offset:]
	var c Call
	for len(b) > 0 {
		n, err := readCall(b, &c)
		if err != nil {
			break // what follows was never acknowledged
		}
		fn(&c)
		b = b[n:]
	}
	return nil
}

func (s *segments) close() error { return s.endSegment() }
