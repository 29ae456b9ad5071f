package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"portico/internal/fault"
	"portico/internal/gateway/offline"
)

// errNotOK ends with exit code 1 a command that has printed what it found.
var errNotOK = errors.New("not ok")

func policyCommand(p Process) *cobra.Command {
	c := &cobra.Command{Use: "policy", Short: "Check and test policy documents without a server"}
	var trace bool
	check := &cobra.Command{
		Use: "check FILE...", Short: "Check policy documents and fragments: line and column of every problem", Args: files,
		RunE: func(_ *cobra.Command, names []string) error { return judged(offline.Check(p.Out, names)) },
	}
	test := &cobra.Command{
		Use: "test FILE...", Short: "Run test files: documents, requests and expected results (docs/policy-testing.md)", Args: files,
		RunE: func(_ *cobra.Command, names []string) error { return judged(offline.Test(p.Out, names, trace)) },
	}
	test.Flags().BoolVar(&trace, "trace", false, "print the trace of every call")
	c.AddCommand(check, test)
	return c
}

func files(cmd *cobra.Command, names []string) error {
	if len(names) == 0 {
		return fault.New(fault.Invalid, "%s: name at least one file.", cmd.CommandPath())
	}
	return nil
}

// judged turns a verdict into a command's result: a file that cannot be read is wrong usage.
func judged(ok bool, err error) error {
	switch {
	case err != nil:
		return fault.Wrap(err, fault.Invalid, "%s", err)
	case !ok:
		return errNotOK
	}
	return nil
}
