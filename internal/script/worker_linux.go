package script

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// worker is an interpreter that waits in its sandbox for jobs. One goroutine at a time uses it.
type worker struct {
	command  *exec.Cmd
	pid      int // of the interpreter on this machine; 0 where it did not start
	requests *os.File
	answers  *os.File
	outputs  [2]*os.File // what it prints, and what it warns of
}

// watchEvery is how often the processor time of a script is looked at.
const watchEvery = 100 * time.Millisecond

// do runs one job, and gives what the script printed and warned of meanwhile.
// A worker that returned an error is of no use any more.
func (w *worker) do(ctx context.Context, o *Options, j *Job) (a *answer, said [2]string, err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	done := make(chan struct{})
	var beside sync.WaitGroup
	beside.Go(func() { w.watch(ctx, done, o, stop) })
	var heard [2]output
	for i, output := range w.outputs {
		heard[i].most = o.MaxPrinted
		beside.Go(func() { _, _ = io.Copy(&heard[i], output) }) // ends with the process or with the deadline
	}
	a, err = w.exchange(o, j)
	close(done)
	if err != nil {
		w.kill()
	}
	for _, output := range w.outputs {
		_ = output.SetReadDeadline(time.Unix(1, 0))
	}
	beside.Wait()
	for i, output := range w.outputs {
		drain(output, &heard[i])
		said[i] = heard[i].String()
	}
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	return a, said, err
}

// exchange hands the job over and reads the answer.
func (w *worker) exchange(o *Options, j *Job) (*answer, error) {
	if err := newWriter(w.requests, j.Language).job(j); err != nil {
		return nil, err
	}
	return newReader(w.answers, o.MaxResult, j.Language).answer()
}

// watch kills the script when ctx ends or one of its limits is passed, until done.
func (w *worker) watch(ctx context.Context, done <-chan struct{}, o *Options, stop context.CancelCauseFunc) {
	began := w.cpu()
	end := time.NewTimer(o.Time)
	defer end.Stop()
	look := time.NewTicker(watchEvery)
	defer look.Stop()
	for {
		select {
		case <-done:
			return
		case <-ctx.Done():
			w.kill()
			return
		case <-end.C:
			stop(&Error{Message: fmt.Sprintf("The script was stopped: it ran for more than %s.", o.Time)})
		case <-look.C:
			if w.cpu()-began > o.CPU {
				stop(&Error{Message: fmt.Sprintf("The script was stopped: it used more than %s of processor time.", o.CPU)})
			}
		}
	}
}

// stat is what the kernel tells of the interpreter, from its state on (proc(5), /proc/pid/stat), or nil where it is gone.
func (w *worker) stat() []string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(w.pid) + "/stat")
	if err != nil {
		return nil
	}
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(fields) < 13 {
		return nil
	}
	return fields
}

// alive tells whether the interpreter waits still.
func (w *worker) alive() bool {
	fields := w.stat()
	return fields != nil && fields[0] != "Z" && fields[0] != "X"
}

// cpu is the processor time that the interpreter has used.
func (w *worker) cpu() time.Duration {
	fields := w.stat()
	if fields == nil {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	kernel, _ := strconv.ParseInt(fields[12], 10, 64)
	const ticks = 100 // USER_HZ
	return time.Duration(user+kernel) * time.Second / ticks
}

// kill ends the process. The interpreter dies with the sandbox around it.
func (w *worker) kill() { _ = w.command.Process.Kill() }

// end ends the process and waits for it.
func (w *worker) end() {
	w.kill()
	for _, f := range append(w.outputs[:], w.requests, w.answers) {
		f.Close()
	}
	_ = w.command.Wait() // it was killed: how it ended tells nothing
}

// drain reads what is in the pipe already.
func drain(f *os.File, to *output) {
	if f.SetReadDeadline(time.Time{}) != nil {
		return
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return
	}
	b := make([]byte, 32<<10)
	_ = raw.Read(func(fd uintptr) bool {
		for {
			n, err := syscall.Read(int(fd), b)
			if errors.Is(err, syscall.EINTR) {
				continue
			}
			if n <= 0 {
				return true
			}
			_, _ = to.Write(b[:n])
		}
	})
}
