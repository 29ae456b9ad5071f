// Package script runs the Python and R programs of users. Each runs in a
// process of its own behind bubblewrap: no network, no files of the machine but
// the system's libraries, no further processes, and limits on time, memory and
// what it writes. Tables go in and come out through pipes.
//
// A script is the body of an Execute Python Script or Execute R Script module
// (azureml.md 6.3): Python defines azureml_main, R calls maml.mapInputPort and
// maml.mapOutputPort.
package script

import (
	"time"

	"portico/internal/fault"
	"portico/internal/table"
)

// Language is what a script is written in.
type Language string

// The languages.
const (
	Python Language = "Python"
	R      Language = "R"
)

// Job is one run of a script.
type Job struct {
	Language Language
	Source   string
	Inputs   [2]*table.Table // nil where nothing is connected; dense columns only
	Bundle   []byte          // a zip of further files for the script, or nil
	Seed     *int32          // of R's random numbers; nil leaves them unset
}

// Result is what a script gave.
type Result struct {
	Table    *table.Table // nil where it gave none
	Printed  string       // standard output, shortened to Options.MaxPrinted
	Warned   string       // standard error, likewise
	Graphics [][]byte     // PNG images, in the order in which they were drawn
}

// Error is a script that failed by its own fault, or was stopped at a limit.
type Error struct {
	Message string // what the interpreter said, with the traceback, or which limit was passed
	Printed string // what the script had printed until then
}

func (e *Error) Error() string { return "script: " + e.Message }

// unavailable says what a machine lacks to run scripts.
func unavailable(format string, args ...any) error {
	return fault.New(fault.Unavailable, format, args...)
}

// Options are the interpreters and the limits of one run.
type Options struct {
	Python  string // the interpreter, with pandas
	R       string // the front end, which knows where R lives
	Sandbox string // bubblewrap

	Time       time.Duration // from start to end
	CPU        time.Duration // of all threads together
	Memory     int64         // bytes of address space
	Scratch    int64         // bytes of files in the script's own folder, and of each of its files
	MaxPrinted int           // bytes kept of each of the two outputs
	MaxResult  int64         // bytes of the table and the images that come back
	Parallel   int           // scripts at the same time; the others wait in order
	Idle       time.Duration // how long an interpreter is kept warm
}

// withDefaults fills in what is not set.
func (o Options) withDefaults() Options {
	set := func(p *string, v string) {
		if *p == "" {
			*p = v
		}
	}
	set(&o.Python, "/usr/bin/python3")
	set(&o.R, "/usr/bin/R")
	set(&o.Sandbox, "/usr/bin/bwrap")
	positive(&o.Time, 10*time.Minute)
	positive(&o.CPU, 10*time.Minute)
	positive(&o.Memory, 4<<30)
	positive(&o.Scratch, 256<<20)
	positive(&o.MaxPrinted, 1<<20)
	positive(&o.MaxResult, 2<<30)
	positive(&o.Parallel, 2)
	positive(&o.Idle, time.Minute)
	return o
}

func positive[T int | int64 | time.Duration](p *T, v T) {
	if *p <= 0 {
		*p = v
	}
}
