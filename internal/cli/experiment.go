package cli

import (
	"context"

	"github.com/spf13/cobra"

	"portico/internal/rest/client"
	"portico/internal/rest/studio/runfile"
)

func experimentCommand(p Process) *cobra.Command {
	c := &cobra.Command{Use: "experiment", Short: "Work with experiments"}
	c.AddCommand(experimentRunCommand(p),
		askCommand(p, "list", "List the experiments", cobra.NoArgs, func(ctx context.Context, s *client.Client, _ []string) error { return runfile.List(ctx, s, p.Out) }),
		askCommand(p, "export EXPERIMENT", "Print an experiment, by its id or name, as the JSON that run and import read", argument("the experiment"),
			func(ctx context.Context, s *client.Client, args []string) error {
				return runfile.Export(ctx, s, args[0], p.Out)
			}),
		askCommand(p, "import FILE", "Save an experiment (the JSON of the classic Studio API) as a draft, and say what the server lacks for it", argument("the experiment's file"),
			func(ctx context.Context, s *client.Client, args []string) error {
				return runfile.Import(ctx, s, args[0], p.Out)
			}))
	return c
}

// askCommand is a command that asks the running server something.
func askCommand(p Process, use, short string, args cobra.PositionalArgs, ask func(context.Context, *client.Client, []string) error) *cobra.Command {
	var where place
	c := &cobra.Command{
		Use: use, Short: short, Args: args,
		RunE: func(cmd *cobra.Command, args []string) error {
			server, err := where.server()
			if err != nil {
				return err
			}
			return ask(cmd.Context(), server, args)
		},
	}
	where.flags(c.Flags(), p)
	return c
}

func datasetCommand(p Process) *cobra.Command {
	c := &cobra.Command{Use: "dataset", Short: "List and fetch datasets"}
	c.AddCommand(
		askCommand(p, "list", "List the datasets", cobra.NoArgs, func(ctx context.Context, s *client.Client, _ []string) error {
			return runfile.ListDatasets(ctx, s, p.Out)
		}),
		askCommand(p, "download DATASET", "Print a dataset's file, by the dataset's id or name, as it was uploaded", argument("the dataset"),
			func(ctx context.Context, s *client.Client, args []string) error {
				return runfile.Download(ctx, s, args[0], p.Out)
			}))
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
