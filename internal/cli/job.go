package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"portico/internal/fault"
	"portico/internal/rest/client"
	"portico/internal/rest/studio"
	"portico/internal/webservice/jobs"
)

func jobCommand(p Process) *cobra.Command {
	c := &cobra.Command{Use: "job", Short: "List, show and cancel batch jobs"}
	c.AddCommand(jobListCommand(p), jobShowCommand(p), jobCancelCommand(p))
	return c
}

func jobListCommand(p Process) *cobra.Command {
	var where place
	var state string
	var limit int
	c := &cobra.Command{
		Use:   "list",
		Short: "List batch jobs, the newest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			server, path, err := where.jobs(cmd.Context())
			if err != nil {
				return err
			}
			var all []studio.Job
			query := url.Values{"limit": {strconv.Itoa(limit)}, "state": {state}}
			if err := server.Call(cmd.Context(), http.MethodGet, path+"?"+query.Encode(), nil, &all); err != nil {
				return err
			}
			return printJobs(p.Out, all)
		},
	}
	where.flags(c.Flags(), p)
	c.Flags().StringVar(&state, "state", "", "only jobs in this state, such as Running")
	c.Flags().IntVar(&limit, "limit", 50, "how many jobs to list")
	return c
}

func printJobs(out io.Writer, all []studio.Job) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "JOB\tSTATE\tROWS\tREAD\tCREATED\tSERVICE") // a tabwriter keeps errors for Flush
	for _, j := range all {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\n", j.ID, j.State, j.Rows, share(j), j.Created.Format(time.RFC3339), j.Service)
	}
	return w.Flush()
}

// share is how much of its input a job has read.
func share(j studio.Job) string {
	if j.InputBytes == 0 {
		return "-"
	}
	return fmt.Sprintf("%d%%", j.BytesRead*100/j.InputBytes)
}

func jobShowCommand(p Process) *cobra.Command {
	var where place
	c := &cobra.Command{
		Use:   "show JOB",
		Short: "Show a batch job: where it stands, how far it is, why it failed",
		Args:  argument("the job's id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			server, path, err := where.jobs(cmd.Context())
			if err != nil {
				return err
			}
			var j studio.Job
			if err := server.Call(cmd.Context(), http.MethodGet, path+"/"+url.PathEscape(args[0]), nil, &j); err != nil {
				return err
			}
			return printJob(p.Out, j)
		},
	}
	where.flags(c.Flags(), p)
	return c
}

func printJob(out io.Writer, j studio.Job) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(name string, value any) { _, _ = fmt.Fprintf(w, "%s\t%v\n", name, value) } // a tabwriter keeps errors for Flush
	line("job", j.ID)
	line("service", j.Service)
	line("state", j.State)
	if j.Details != "" {
		line("details", j.Details)
	}
	line("rows", j.Rows)
	line("input", fmt.Sprintf("%d of %d bytes read", j.BytesRead, j.InputBytes))
	line("created", j.Created.Format(time.RFC3339))
	for _, t := range []struct {
		name string
		at   *time.Time
	}{{"started", j.Started}, {"begun", j.Begun}, {"ended", j.Ended}} {
		if t.at != nil {
			line(t.name, t.at.Format(time.RFC3339))
		}
	}
	var names []string
	for name := range j.Results {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		line(name, j.Results[name])
	}
	return w.Flush()
}

func jobCancelCommand(p Process) *cobra.Command {
	var where place
	c := &cobra.Command{
		Use:   "cancel JOB",
		Short: "Stop a batch job; one that has ended stays as it is",
		Args:  argument("the job's id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			server, path, err := where.jobs(cmd.Context())
			if err != nil {
				return err
			}
			path += "/" + url.PathEscape(args[0])
			if err := server.Call(cmd.Context(), http.MethodDelete, path, nil, nil); err != nil {
				return err
			}
			var j studio.Job
			if err := server.Call(cmd.Context(), http.MethodGet, path, nil, &j); err != nil {
				return err
			}
			if j.State != jobs.Cancelled {
				_, err = fmt.Fprintf(p.Out, "The job was %s already.\n", j.State)
			}
			return err
		},
	}
	where.flags(c.Flags(), p)
	return c
}

// jobs gives the server and the path of its workspace's jobs.
func (w *place) jobs(ctx context.Context) (*client.Client, string, error) {
	s, err := w.server()
	if err != nil {
		return nil, "", err
	}
	var workspaces []struct{ WorkspaceID string }
	if err := s.Call(ctx, http.MethodGet, "/api/workspaces", nil, &workspaces); err != nil {
		return nil, "", err
	}
	if len(workspaces) == 0 {
		return nil, "", fault.New(fault.NotFound, "The server has no workspace.")
	}
	return s, "/api/workspaces/" + workspaces[0].WorkspaceID + "/jobs", nil
}
