package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"portico/internal/app"
	"portico/internal/backup"
	"portico/internal/fault"
)

func backupCommand(p Process) *cobra.Command {
	var where place
	c := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write all that Portico keeps into one file, while it runs",
		Long: "Write all that Portico keeps into one file: the database, the contents, the call records and the master key.\n" +
			"The server that runs over the data folder makes it, and goes on; where none runs, the command opens the folder itself.\n" +
			"What the file holds is as it was at one moment. Whoever has the file has the master key: keep it like one.",
		Args: argument("the file to write"),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := where.backup(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if m.MasterKey {
				_, _ = fmt.Fprintln(p.Err, "The backup holds the master key, which opens every key and secret in it: keep the file like a password.")
			} else {
				_, _ = fmt.Fprintln(p.Err, "The master key is not in the data folder, so it is not in the backup: keep a copy of it elsewhere.")
			}
			_, err = fmt.Fprintf(p.Out, "%s: schema version %d, made %s\n", args[0], m.Schema, m.Made.Format(time.RFC3339))
			return err
		},
	}
	where.flags(c.Flags(), p)
	return c
}

// backup writes the file whole or not at all, and checks what it has written.
func (w *place) backup(ctx context.Context, file string) (m backup.Manifest, err error) {
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return m, errors.Join(err, fault.New(fault.Conflict, "There is a file %s already: name another.", file))
	}
	out, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*") // with mode 0600
	if err != nil {
		return m, fault.Wrap(err, fault.StorageFailed, "The backup cannot be written: %s.", err)
	}
	defer func() { _ = os.Remove(out.Name()) }() // gone already after the rename
	err = w.writeBackup(ctx, out)
	if err == nil {
		err = out.Sync()
	}
	if err == nil {
		_, err = out.Seek(0, io.SeekStart)
	}
	if err == nil {
		m, err = backup.Read(out, backup.Visitor{})
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return m, err
	}
	return m, os.Rename(out.Name(), file)
}

func (w *place) writeBackup(ctx context.Context, out io.Writer) error {
	server, err := w.server()
	if err == nil {
		return server.Stream(ctx, http.MethodPost, "/backup", out)
	}
	if w.url != "" || !fault.Is(err, fault.Unavailable) {
		return err
	}
	if _, err := os.Stat(w.data); err != nil {
		return fault.Wrap(err, fault.NotFound, "There is no data folder %s to back up.", w.data)
	}
	return app.Backup(ctx, w.where(), out)
}

func restoreCommand(p Process) *cobra.Command {
	var where app.Where
	c := &cobra.Command{
		Use:   "restore FILE",
		Short: "Make a data folder of a backup",
		Long: "Make a data folder of a backup. The folder must be empty or absent; with --database the PostgreSQL database must be empty too.\n" +
			"A backup of either database engine can be restored on the other. The file is checked to its end before anything is written.",
		Args: argument("the backup's file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := app.Restore(cmd.Context(), args[0], where)
			if err != nil {
				return err
			}
			if !m.MasterKey {
				_, _ = fmt.Fprintln(p.Err, "The backup has no master key: start Portico with --master-key-file.")
			}
			_, err = fmt.Fprintf(p.Out, "%s is restored as it was at %s\n", where.Dir, m.Made.Format(time.RFC3339))
			return err
		},
	}
	dataFlags(c.Flags(), p, &where.Dir, &where.Database)
	return c
}
