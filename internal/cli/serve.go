package cli

import (
	"fmt"
	"log/slog"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"portico/internal/app"
	"portico/internal/config"
	"portico/internal/record"
)

func serveCommand(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run Portico: gateway, console, scoring, portal and storage",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load(cmd.Flags(), p.Environ)
			if err != nil {
				return err
			}
			return app.Serve(record.WithActor(cmd.Context(), record.Actor{}), cfg, newLog(p, cfg), p.Out)
		},
	}
	config.Flags(c.Flags())
	return c
}

func configCommand(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "config",
		Short: "Print the settings that serve would use, and where each comes from",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load(cmd.Flags(), p.Environ)
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
			for _, e := range cfg.Effective() {
				_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", e.Key, e.Value, e.Source) // a tabwriter keeps errors for Flush
			}
			return w.Flush()
		},
	}
	config.Flags(c.Flags())
	return c
}

func newLog(p Process, cfg *config.Config) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.LogLevel)); err != nil {
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(p.Err, options))
	}
	return slog.New(slog.NewTextHandler(p.Err, options))
}
