package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"portico/internal/access"
	"portico/internal/app"
	"portico/internal/fault"
	"portico/internal/rest/client"
)

func tokenCommand(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "token",
		Short: "Make, list and revoke the tokens of programs",
		Long: "Make, list and revoke the tokens with which programs prove who they are.\n" +
			"The commands talk to the server that runs over the data folder, or open the folder where none runs.",
	}
	c.AddCommand(tokenCreateCommand(p), tokenListCommand(p), tokenRevokeCommand(p))
	return c
}

func tokenCreateCommand(p Process) *cobra.Command {
	var role string
	var expires time.Duration
	var where place
	c := &cobra.Command{
		Use:   "create NAME",
		Short: "Make a token and print it, this once",
		Args:  argument("the name of the token"),
		RunE: func(cmd *cobra.Command, args []string) error {
			in := access.Token{Name: args[0], Role: access.Role(role)}
			if expires != 0 {
				at := time.Now().Add(expires).UTC()
				in.Expires = &at
			}
			return where.withTokens(cmd.Context(), p, func(keeper tokenKeeper) error {
				value, err := keeper.create(cmd.Context(), in)
				if err == nil {
					_, err = fmt.Fprintln(p.Out, value)
				}
				return err
			})
		},
	}
	where.flags(c.Flags(), p)
	c.Flags().StringVar(&role, "role", string(access.Administrator), "one of "+roleList())
	c.Flags().DurationVar(&expires, "expires", 0, "how long it holds, such as 720h; for ever without it")
	return c
}

func roleList() string {
	var names []string
	for _, r := range access.Roles() {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ")
}

func tokenListCommand(p Process) *cobra.Command {
	var where place
	c := &cobra.Command{
		Use:   "list",
		Short: "List the tokens, without their values",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return where.withTokens(cmd.Context(), p, func(keeper tokenKeeper) error {
				all, err := keeper.list(cmd.Context())
				if err != nil {
					return err
				}
				return printTokens(p.Out, all)
			})
		},
	}
	where.flags(c.Flags(), p)
	return c
}

func printTokens(out io.Writer, all []access.Token) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "NAME\tROLE\tCREATED\tEXPIRES") // a tabwriter keeps errors for Flush
	for _, t := range all {
		expires := "never"
		if t.Expires != nil {
			expires = t.Expires.Format(time.RFC3339)
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", t.Name, t.Role, t.Created.Format(time.RFC3339), expires)
	}
	return w.Flush()
}

func tokenRevokeCommand(p Process) *cobra.Command {
	var where place
	c := &cobra.Command{
		Use:   "revoke NAME",
		Short: "End a token at once",
		Args:  argument("the name of the token"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return where.withTokens(cmd.Context(), p, func(keeper tokenKeeper) error { return keeper.revoke(cmd.Context(), args[0]) })
		},
	}
	where.flags(c.Flags(), p)
	return c
}

// argument wants exactly one argument and says what it is.
func argument(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			return nil
		}
		return fault.New(fault.Invalid, "%s wants one argument, %s; it got %d. See %s --help.", cmd.CommandPath(), what, len(args), cmd.CommandPath())
	}
}

// tokenKeeper is where the tokens are: behind a running server, or in the data folder.
type tokenKeeper interface {
	create(ctx context.Context, in access.Token) (value string, err error)
	list(ctx context.Context) ([]access.Token, error)
	revoke(ctx context.Context, name string) error
}

// withTokens finds the running server, or opens the folder where none runs.
func (w *place) withTokens(ctx context.Context, p Process, use func(tokenKeeper) error) error {
	server, err := w.server()
	if err == nil {
		return use(remoteTokens{server})
	}
	if w.url != "" || !fault.Is(err, fault.Unavailable) {
		return err
	}
	return app.WithFolder(ctx, w.where(), func(t access.Tokens) error { return use(localTokens{t}) })
}

type localTokens struct{ access.Tokens }

func (l localTokens) create(ctx context.Context, in access.Token) (string, error) {
	value, _, err := l.Create(ctx, in.Name, in.Role, in.Expires)
	return value, err
}

func (l localTokens) list(ctx context.Context) ([]access.Token, error) { return l.List(ctx) }

func (l localTokens) revoke(ctx context.Context, name string) error { return l.Revoke(ctx, name) }

// remoteTokens speaks the console's /tokens.
type remoteTokens struct{ *client.Client }

func (r remoteTokens) create(ctx context.Context, in access.Token) (string, error) {
	var out struct {
		Token string `json:"token"`
	}
	err := r.Call(ctx, http.MethodPut, tokenURL(in.Name), map[string]any{"role": in.Role, "expires": in.Expires}, &out)
	return out.Token, err
}

func (r remoteTokens) list(ctx context.Context) ([]access.Token, error) {
	var out struct {
		Value []access.Token `json:"value"`
	}
	err := r.Call(ctx, http.MethodGet, "/tokens", nil, &out)
	return out.Value, err
}

func (r remoteTokens) revoke(ctx context.Context, name string) error {
	return r.Call(ctx, http.MethodDelete, tokenURL(name), nil, nil)
}

func tokenURL(name string) string { return "/tokens/" + url.PathEscape(name) }
