package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"portico/internal/app"
	"portico/internal/artifact"
	"portico/internal/fault"
	"portico/internal/rest/arm"
	"portico/internal/rest/client"
)

// apiVersion is the version of the management API that the commands speak.
const apiVersion = "?api-version=2024-05-01"

func exportCommand(p Process) *cobra.Command {
	var where place
	var prune bool
	c := &cobra.Command{
		Use:   "export DIR",
		Short: "Write the configuration of the running server as files",
		Long: "Write the configuration of the running server as files, in the folder layout of the public APIOps toolkit.\n" +
			"Secrets, keys and people are left out. Files that say the same already are not touched.",
		Args: argument("the folder to write to"),
		RunE: func(cmd *cobra.Command, args []string) error {
			server, base, err := where.management(cmd.Context())
			if err != nil {
				return err
			}
			all, err := configurationOf(cmd.Context(), server, base)
			if err != nil {
				return err
			}
			files, err := artifact.Files(all)
			if err != nil {
				return err
			}
			return writeFolder(p.Out, args[0], files, prune)
		},
	}
	where.flags(c.Flags(), p)
	c.Flags().BoolVar(&prune, "delete", false, "remove files of the layout whose resources are gone")
	return c
}

func applyCommand(p Process) *cobra.Command {
	var where place
	var o applyOptions
	c := &cobra.Command{
		Use:   "apply DIR",
		Short: "Change the running server to what the files of a folder say: all of it, or nothing",
		Long: "Change the running server to what the files of a folder say, in the folder layout of the public APIOps toolkit.\n" +
			"Everything is checked first; where a file is wrong, all problems are listed and nothing is changed. What the folder says nothing of stays, unless --delete is given.\n" +
			"\"{#NAME#}\" in properties takes the variable NAME of the environment, and a secret named value db-password without a value takes " + artifact.SecretVariable("db-password") + ";\n" +
			"secrets that are left out stay as they are.",
		Args: argument("the folder to read"),
		RunE: func(cmd *cobra.Command, args []string) error {
			folder, err := o.read(p, args[0])
			if err != nil {
				return err
			}
			for _, name := range folder.Ignored {
				_, _ = fmt.Fprintf(p.Err, "%s is ignored: it is no file of the layout.\n", name)
			}
			if o.check {
				return o.checkOffline(cmd.Context(), p, folder)
			}
			return o.apply(cmd.Context(), p, &where, folder)
		},
	}
	where.flags(c.Flags(), p)
	c.Flags().BoolVar(&o.dryRun, "dry-run", false, "tell what would change, and change nothing")
	c.Flags().BoolVar(&o.prune, "delete", false, "delete the resources of which the folder says nothing")
	c.Flags().BoolVar(&o.check, "check", false, "check the folder without a server, as for an empty one")
	c.Flags().StringVar(&o.overrides, "configuration", "", "configuration file (YAML) whose properties count more than the folder's, such as configuration.prod.yaml")
	return c
}

type applyOptions struct {
	dryRun, prune, check bool
	overrides            string
}

// read reads the folder. The error lists every problem with its file.
func (o *applyOptions) read(p Process, dir string) (*artifact.Folder, error) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, fault.New(fault.Invalid, "%s is no folder that can be read.", dir)
	}
	options := artifact.Options{OverridesFile: o.overrides, Environ: func(name string) (string, bool) {
		i := slices.IndexFunc(p.Environ, func(v string) bool { return strings.HasPrefix(v, name+"=") })
		if i < 0 {
			return "", false
		}
		return p.Environ[i][len(name)+1:], true
	}}
	if o.overrides != "" {
		var err error
		if options.Overrides, err = os.ReadFile(o.overrides); err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "The configuration file cannot be read: %s.", err)
		}
	}
	folder, problems := artifact.Read(os.DirFS(dir), options)
	if len(problems) > 0 {
		return nil, refused(problems)
	}
	return folder, nil
}

// refused lists the problems of a folder.
func refused(problems []artifact.Problem) error {
	err := fault.New(fault.Conflict, "The configuration has %d problems; nothing was changed:", len(problems))
	if len(problems) == 1 {
		err.Message = "The configuration has a problem; nothing was changed:"
	}
	for _, p := range problems {
		message := p.Message
		if p.Target != "" {
			message = p.Target + ": " + message
		}
		err = err.With("", p.File, "%s", message)
	}
	return err
}

// problemsIn names the files of what a management API refused.
func problemsIn(folder *artifact.Folder, f *fault.Error) error {
	var problems []artifact.Problem
	for _, p := range f.Problems {
		resource, target, _ := strings.Cut(p.Target, "#")
		file := folder.File(resource)
		if file == "" {
			file = resource
		}
		problems = append(problems, artifact.Problem{File: file, Target: target, Message: p.Message})
	}
	return refused(problems)
}

func (o *applyOptions) checkOffline(ctx context.Context, p Process, folder *artifact.Folder) error {
	changes := artifact.Changes{Requests: requests(folder)}
	err := app.CheckConfiguration(ctx, changes)
	var f *fault.Error
	if errors.As(err, &f) && len(f.Problems) > 0 {
		return problemsIn(folder, f)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Out, "The %d resources of the folder have no problem.\n", len(changes.Requests))
	return err
}

func requests(folder *artifact.Folder) []artifact.Request {
	all := make([]artifact.Request, len(folder.Resources))
	for i, r := range folder.Resources {
		all[i] = artifact.Request{Resource: r}
	}
	return all
}

// apply sends the folder to the server and prints what it changed, or would change.
func (o *applyOptions) apply(ctx context.Context, p Process, where *place, folder *artifact.Folder) error {
	server, base, err := where.management(ctx)
	if err != nil {
		return err
	}
	changes := artifact.Changes{Requests: requests(folder), DryRun: o.dryRun}
	if o.prune {
		all, err := configurationOf(ctx, server, base)
		if err != nil {
			return err
		}
		for _, gone := range folder.Vanished(all) {
			changes.Requests = append(changes.Requests, artifact.Request{Resource: artifact.Resource{Path: gone.Path}, Delete: true})
		}
	}
	var out artifact.Outcome
	err = server.Call(ctx, http.MethodPost, base+"/configuration"+apiVersion, changes, &out)
	var refusal *client.Refusal
	if errors.As(err, &refusal) && len(refusal.Fault.Problems) > 0 {
		return problemsIn(folder, refusal.Fault)
	}
	if err != nil {
		return err
	}
	return printOutcome(p.Out, out.Changes, o.dryRun)
}

// management gives the server and the path of its instance.
func (w *place) management(ctx context.Context) (*client.Client, string, error) {
	server, err := w.server()
	if err != nil {
		return nil, "", err
	}
	var instances struct {
		Value []struct {
			ID string `json:"id"`
		} `json:"value"`
	}
	if err := server.Call(ctx, http.MethodGet, arm.InstancesPath+apiVersion, nil, &instances); err != nil {
		return nil, "", err
	}
	if len(instances.Value) == 0 {
		return nil, "", fault.New(fault.NotFound, "The server has no instance.")
	}
	return server, instances.Value[0].ID, nil
}

func configurationOf(ctx context.Context, server *client.Client, base string) ([]artifact.Resource, error) {
	var all artifact.Configuration
	err := server.Call(ctx, http.MethodGet, base+"/configuration"+apiVersion, nil, &all)
	return all.Value, err
}

// writeFolder writes the files that differ; those of the layout that are not
// among them are removed, or told.
func writeFolder(out io.Writer, dir string, files map[string][]byte, prune bool) error {
	stale, err := staleFiles(dir, files)
	if err != nil {
		return err
	}
	written := 0
	for name, text := range files {
		changed, err := writeFile(filepath.Join(dir, filepath.FromSlash(name)), text)
		if err != nil {
			return fault.Wrap(err, fault.StorageFailed, "%s cannot be written: %s.", name, err)
		}
		if changed {
			written++
		}
	}
	_, err = fmt.Fprintf(out, "%s: %d files, %d of them new or changed\n", dir, len(files), written)
	if len(stale) == 0 || err != nil {
		return err
	}
	if !prune {
		_, err = fmt.Fprintf(out, "%d more are of resources that are gone, such as %s; --delete removes them\n", len(stale), stale[0])
		return err
	}
	for _, name := range stale {
		if err := removeFile(dir, name); err != nil {
			return fault.Wrap(err, fault.StorageFailed, "%s cannot be removed: %s.", name, err)
		}
	}
	_, err = fmt.Fprintf(out, "%d files of resources that are gone were removed\n", len(stale))
	return err
}

// staleFiles are the files of the layout in a folder that are not to be there.
func staleFiles(dir string, files map[string][]byte) ([]string, error) {
	var stale []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && name == ".":
			return fs.SkipAll
		case err != nil:
			return err
		case d.IsDir() && name != "." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case !d.IsDir() && files[name] == nil && artifact.IsOfLayout(name):
			stale = append(stale, name)
		}
		return nil
	})
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The folder %s cannot be read: %s.", dir, err)
	}
	return stale, nil
}

// writeFile writes a file whole or not at all, unless it has that text already.
func writeFile(name string, text []byte) (changed bool, err error) {
	have, err := os.ReadFile(name)
	if err == nil && string(have) == string(text) {
		return false, nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return false, err
	}
	part := name + ".part"
	if err := os.WriteFile(part, text, 0o644); err != nil {
		return false, errors.Join(err, os.Remove(part))
	}
	return true, os.Rename(part, name)
}

// removeFile removes a file, and the folders that become empty by that.
func removeFile(dir, name string) error {
	if err := os.Remove(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
		return err
	}
	for parent := path.Dir(name); parent != "."; parent = path.Dir(parent) {
		if os.Remove(filepath.Join(dir, filepath.FromSlash(parent))) != nil {
			return nil // it holds something else
		}
	}
	return nil
}
