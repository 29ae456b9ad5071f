package limit

import "time"

// window is the record of the calls of one sliding window. Each call has a mark
// of its own while the limit is small. With a large limit, calls that are close
// together share a mark, which ages by the last of them: the window may then
// refuse a little too long (a 64th of the period) and never lets too many through.
type window struct {
	marks  []mark // by time, the oldest at head
	head   int
	total  int64
	period time.Duration // the last one asked for
}

type mark struct {
	first, last time.Duration // on the counter's clock
	calls       int64
}

// sharedMarks is the number of marks a period is cut into where calls share marks.
const sharedMarks = 64

// take counts one call at now, or says how long to wait.
func (w *window) take(now time.Duration, r Rate) Taken {
	w.period = r.Period
	w.expire(now)
	weight := max(1, r.Weight)
	if w.total+weight > r.Calls {
		return Taken{RetryAfter: w.freeAfter(now, r, weight)}
	}
	w.count(now, r, weight)
	return Taken{OK: true, Remaining: r.Calls - w.total, Mark: int64(now), Weight: weight}
}

// count adds a call of that weight at now, whatever the limit is.
func (w *window) count(now time.Duration, r Rate, weight int64) {
	w.total += weight
	var apart time.Duration
	if r.Calls > sharedMarks {
		apart = r.Period / sharedMarks
	}
	if n := len(w.marks); n > w.head && now-w.marks[n-1].first < apart {
		w.marks[n-1].last = now
		w.marks[n-1].calls += weight
	} else {
		w.marks = append(w.marks, mark{first: now, last: now, calls: weight})
	}
}

// giveBack takes the call of that weight, counted at that time, out again.
func (w *window) giveBack(at time.Duration, weight int64) {
	for i := w.head; i < len(w.marks); i++ {
		if m := &w.marks[i]; m.last >= at && m.calls >= weight {
			m.calls -= weight
			w.total -= weight
			return
		}
	}
}

// expire drops the marks that have left the window.
func (w *window) expire(now time.Duration) {
	for w.head < len(w.marks) && w.marks[w.head].last+w.period <= now {
		w.total -= w.marks[w.head].calls
		w.head++
	}
	if w.head == len(w.marks) {
		w.marks, w.head = w.marks[:0], 0
	} else if w.head > len(w.marks)/2 {
		w.marks = w.marks[:copy(w.marks, w.marks[w.head:])]
		w.head = 0
	}
}

// freeAfter is how long it takes until enough marks have left for a call of that weight.
func (w *window) freeAfter(now time.Duration, r Rate, weight int64) time.Duration {
	need := w.total - r.Calls + weight
	for _, m := range w.marks[w.head:] {
		if need -= m.calls; need <= 0 {
			return m.last + r.Period - now
		}
	}
	return r.Period // a limit of no calls at all
}
