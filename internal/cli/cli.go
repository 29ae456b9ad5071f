// Package cli is the commands. Everything that a command takes from the process
// comes in one value, so that tests run commands in process.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"portico/internal/fault"
	"portico/internal/record"
)

// Version of this program (semantic versioning).
const Version = "0.1.0"

// Process is what a command has of its process.
type Process struct {
	Args    []string
	Environ []string
	Out     io.Writer // results
	Err     io.Writer // progress, the log and errors
}

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // the command was understood and did not succeed
	exitUsage  = 2 // the command line or the settings are wrong
)

// Main runs one command and gives the exit code. ctx ends when the process is asked to stop.
func Main(ctx context.Context, p Process) int {
	root := &cobra.Command{
		Use:           "portico",
		Short:         "Publish machine-learning experiments as web services, and manage any HTTP API",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(serveCommand(p), tokenCommand(p), experimentCommand(p), datasetCommand(p), moduleCommand(p), jobCommand(p), exportCommand(p), applyCommand(p), backupCommand(p), restoreCommand(p), policyCommand(p), topCommand(p), configCommand(p), versionCommand(p))
	root.SetArgs(p.Args)
	root.SetOut(p.Out)
	root.SetErr(p.Err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return fault.Wrap(err, fault.Invalid, "%s", err) })
	err := root.ExecuteContext(record.WithActor(ctx, record.Actor{Name: "command line"})) // where a command opens the data folder itself
	if err == nil {
		return exitOK
	}
	if errors.Is(err, errNotOK) {
		return exitFailed
	}
	return report(p.Err, err)
}

// report prints a failure, each problem on its own line.
func report(w io.Writer, err error) int {
	var f *fault.Error
	if !errors.As(err, &f) {
		_, _ = fmt.Fprintf(w, "portico: %v\n", err)
		return exitFailed
	}
	message := f.Message
	if message == "" {
		message = err.Error()
	}
	_, _ = fmt.Fprintf(w, "portico: %s\n", message)
	for _, p := range f.Problems {
		at := ""
		if p.Target != "" {
			at = p.Target + ": "
		}
		_, _ = fmt.Fprintf(w, "  %s%s\n", at, p.Message)
	}
	if f.Kind == fault.Invalid {
		return exitUsage
	}
	return exitFailed
}

func versionCommand(p Process) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			revision := ""
			if info, ok := debug.ReadBuildInfo(); ok {
				for _, s := range info.Settings {
					if s.Key == "vcs.revision" {
						revision = ", revision " + s.Value
					}
				}
			}
			_, err := fmt.Fprintf(p.Out, "portico %s (%s, %s/%s%s)\n", Version, runtime.Version(), runtime.GOOS, runtime.GOARCH, revision)
			return err
		},
	}
}
