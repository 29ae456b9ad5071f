//go:build !linux

package script

import "context"

// worker does not exist where there is no sandbox.
type worker struct{}

type interpreter struct{}

func (o *Options) find(_ context.Context, l Language) (*interpreter, error) {
	return nil, unavailable("%s scripts run in a sandbox that only Linux has: run Portico on Linux for experiments with scripts.", l)
}

func (o *Options) start(*interpreter) (*worker, error) {
	return nil, unavailable("Scripts need Linux.")
}

func (w *worker) do(context.Context, *Options, *Job) (*answer, [2]string, error) { panic("no sandbox") }

func (w *worker) alive() bool { return false }

func (w *worker) end() {}
