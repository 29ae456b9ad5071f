package script

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Pool runs scripts, so many at a time, on interpreters that it keeps warm: one
// for each language that has imported its libraries and waits, and one for each
// script that has just run, for its next call. No two scripts share an interpreter.
type Pool struct {
	options Options
	log     *slog.Logger
	places  chan struct{} // one for each script that may run
	work    sync.WaitGroup

	mu     sync.Mutex
	closed bool
	found  map[Language]*interpreter
	warm   []*warm // the longest waiting first
}

// warm is a worker that waits.
type warm struct {
	*worker
	language Language
	script   [sha256.Size]byte // that it ran; zero for none yet
	expiry   *time.Timer
}

// New makes a pool. It starts nothing: the first script of a language does.
func New(o Options, log *slog.Logger) *Pool {
	o = o.withDefaults()
	return &Pool{options: o, log: log, places: make(chan struct{}, o.Parallel), found: map[Language]*interpreter{}}
}

// Close ends all interpreters and waits for them. Scripts that run are stopped by their own contexts first.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	waiting := p.warm
	p.warm = nil
	p.mu.Unlock()
	for _, w := range waiting {
		w.expiry.Stop()
		w.end()
	}
	p.work.Wait()
}

// Check returns fault.Unavailable where the machine lacks what a language needs, and says what to install.
func (p *Pool) Check(ctx context.Context, l Language) error {
	_, err := p.interpreter(ctx, l)
	return err
}

// Run runs a script. It returns *Error where the script failed or was stopped
// at a limit, fault.Unavailable where the machine lacks what it needs, and the
// cause of ctx's end.
func (p *Pool) Run(ctx context.Context, j *Job) (*Result, error) {
	in, err := p.interpreter(ctx, j.Language)
	if err != nil {
		return nil, err
	}
	select {
	case p.places <- struct{}{}:
		defer func() { <-p.places }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	script := identity(j)
	w, err := p.take(in, j.Language, script)
	if err != nil {
		return nil, err
	}
	a, said, err := w.do(ctx, &p.options, j)
	if err == nil && a.status != statusUnusable {
		p.keep(w, j.Language, script)
	} else {
		w.end()
	}
	return p.result(j, a, said, err)
}

// result makes an answer of the interpreter the script's.
func (p *Pool) result(j *Job, a *answer, said [2]string, err error) (*Result, error) {
	var stopped *Error
	switch {
	case errors.As(err, &stopped):
		stopped.Printed = said[0] + said[1]
		return nil, stopped
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return nil, err
	case err != nil:
		// The interpreter ended or wrote what it should not, by what the script did.
		message := fmt.Sprintf("The %s interpreter ended before the script did: it may have used more memory than the limit of %d MiB.", j.Language, p.options.Memory>>20)
		if errors.Is(err, errGarbled) {
			message = "The script's result cannot be read: " + err.Error() + "."
		}
		if said[1] != "" {
			message += "\n" + said[1]
		}
		return nil, &Error{Message: message, Printed: said[0]}
	case a.status == statusUnusable:
		return nil, unavailable("%s scripts cannot run: %s. Install what is missing (Debian: apt-get install python3-pandas).", j.Language, a.message)
	case a.status == statusFailed:
		return nil, &Error{Message: a.message, Printed: said[0] + said[1]}
	}
	return &Result{Table: a.table, Printed: said[0], Warned: said[1], Graphics: a.graphics}, nil
}

// identity tells scripts apart.
func identity(j *Job) [sha256.Size]byte {
	h := sha256.New()
	fmt.Fprintf(h, "%s %d ", j.Language, len(j.Source))
	h.Write([]byte(j.Source))
	h.Write(j.Bundle)
	return [sha256.Size]byte(h.Sum(nil))
}

// interpreter finds how a language is started; once found it is not looked for again.
func (p *Pool) interpreter(ctx context.Context, l Language) (*interpreter, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if in := p.found[l]; in != nil {
		return in, nil
	}
	in, err := p.options.find(ctx, l)
	if err == nil {
		p.found[l] = in
	}
	return in, err
}

// take gives a worker for the script: the one that ran it before, one that has run nothing, or a new one.
func (p *Pool) take(in *interpreter, l Language, script [sha256.Size]byte) (*worker, error) {
	if w := p.waiting(l, script); w != nil {
		return w, nil
	}
	p.mu.Lock()
	if !p.closed {
		p.work.Go(func() { p.warmUp(in, l) })
	}
	p.mu.Unlock()
	if w := p.waiting(l, [sha256.Size]byte{}); w != nil {
		return w, nil
	}
	return p.options.start(in)
}

// waiting takes a worker of that kind off those that wait, or gives nil.
func (p *Pool) waiting(l Language, script [sha256.Size]byte) *worker {
	for {
		w := p.remove(func(w *warm) bool { return w.language == l && w.script == script })
		if w == nil {
			return nil
		}
		w.expiry.Stop() // where it has fired already, expire finds nothing
		if w.alive() {
			return w.worker
		}
		w.end()
	}
}

// remove takes the first worker that is chosen off those that wait, or gives nil.
func (p *Pool) remove(chosen func(*warm) bool) *warm {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.warm, chosen)
	if i < 0 {
		return nil
	}
	w := p.warm[i]
	p.warm = slices.Delete(p.warm, i, i+1)
	return w
}

// warmUp starts an interpreter for the next script that has none.
func (p *Pool) warmUp(in *interpreter, l Language) {
	w, err := p.options.start(in)
	if err != nil {
		p.log.Warn("an interpreter could not be started", "language", string(l), "error", err)
		return
	}
	p.keep(w, l, [sha256.Size]byte{})
}

// keep lets a worker wait for its next job, for a while, beside as many others
// as scripts may run and a new one for each language.
func (p *Pool) keep(w *worker, l Language, script [sha256.Size]byte) {
	kept := &warm{worker: w, language: l, script: script}
	p.mu.Lock()
	over := kept
	if !p.closed {
		over = nil
		if len(p.warm) >= cap(p.places)+2 {
			over = p.warm[0]
			p.warm = slices.Delete(p.warm, 0, 1)
		}
		kept.expiry = time.AfterFunc(p.options.Idle, func() { p.expire(kept) })
		p.warm = append(p.warm, kept)
	}
	p.mu.Unlock()
	if over != nil {
		over.end()
	}
}

// expire ends a worker that has waited long enough.
func (p *Pool) expire(w *warm) {
	p.mu.Lock()
	i := slices.Index(p.warm, w)
	if i >= 0 {
		p.warm = slices.Delete(p.warm, i, i+1)
		p.work.Add(1) // Close, which empties the list, waits for it
	}
	p.mu.Unlock()
	if i >= 0 {
		w.end()
		p.work.Done()
	}
}
