package cli

import (
	"github.com/spf13/cobra"

	"portico/internal/rest/studio/runfile"
)

func experimentCommand(p Process) *cobra.Command {
	c := &cobra.Command{Use: "experiment", Short: "Work with experiments"}
	c.AddCommand(experimentRunCommand(p))
	return c
}

func experimentRunCommand(p Process) *cobra.Command {
	var where place
	c := &cobra.Command{
		Use:   "run FILE",
		Short: "Send an experiment to the running server, run it, and show its nodes' progress",
		Long: "Send an experiment (the JSON of the classic Studio API) to the running server, run it, and show its nodes' progress.\n" +
			"In the file, a dataset or a module may go by its name. Ctrl-C cancels the run.",
		Args: argument("the experiment's file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			server, err := where.server()
			if err != nil {
				return err
			}
			return runfile.Run(cmd.Context(), server, runfile.Options{File: args[0]}, p.Out)
		},
	}
	where.flags(c.Flags(), p)
	return c
}
