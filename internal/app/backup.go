package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/backup"
	"portico/internal/blob"
	"portico/internal/fault"
	"portico/internal/rest"
	"portico/internal/store"
)

// kept is all that a Portico keeps, open.
type kept struct {
	folder *folder
	store  *store.Store
	blobs  map[string]*blob.Local // by their folder in the data folder
}

// openBlobs opens the folders of blobs.
func (f *folder) openBlobs() (map[string]*blob.Local, error) {
	all := map[string]*blob.Local{}
	for _, name := range []string{blobDir, storageDir} {
		l, err := blob.OpenLocal(f.path(name))
		if err != nil {
			return nil, err
		}
		all[name] = l
	}
	return all, nil
}

// backup writes all that is kept as it is at one moment, while calls and runs
// go on. The blobs are held first, so that those which the database knows at that
// moment stay; then the database is read, in one transaction; then the blobs and the
// call records, of which there may be more by then: who restores them finds some
// that the database does not know, and none that it misses.
func (k *kept) backup(ctx context.Context, w io.Writer) (err error) {
	holds := map[string]*blob.Hold{}
	for name, l := range k.blobs {
		h, err := l.Hold()
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, h.Release()) }()
		holds[name] = h
	}
	schema, err := k.store.Schema(ctx)
	if err != nil {
		return err
	}
	hasKey, err := exists(k.folder.path(masterKey))
	if err != nil {
		return err
	}
	out, err := backup.NewWriter(w, backup.Manifest{Format: backup.Format, Schema: schema, Engine: k.store.Engine(), Made: time.Now().UTC(), MasterKey: hasKey})
	if err != nil {
		return err
	}
	if err := k.store.Export(ctx, out.Row); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(holds)) {
		err := holds[name].Each(ctx, func(i blob.Info, r io.Reader) error { return out.Blob(name, i.Key, i.Size, r) })
		if err != nil {
			return err
		}
	}
	for _, name := range []string{masterKey, authorityDir, usageDir} {
		if err := k.folder.copyTo(out, name); err != nil {
			return err
		}
	}
	return out.Close()
}

// copyTo adds a file, or the files of a folder, which may grow or go meanwhile.
func (f *folder) copyTo(out *backup.Writer, name string) error {
	return filepath.WalkDir(f.path(name), func(file string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && d.IsDir() {
			return nil
		}
		if err != nil {
			return err
		}
		name, err := filepath.Rel(f.dir, file)
		if err != nil {
			return err
		}
		return copyFile(out, file, filepath.ToSlash(name))
	})
}

// copyFile adds what a file has now.
func copyFile(out *backup.Writer, file, name string) (err error) {
	r, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	info, err := r.Stat()
	if err != nil {
		return err
	}
	return out.File(name, info.Size(), r)
}

// backupRoute answers POST /backup with a backup of all that is kept, master key included.
func (k *kept) backupRoute() rest.Route {
	return rest.Route{Method: http.MethodPost, Pattern: "/backup", Permission: access.AdministerService,
		Handle: func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
			w.Header().Set("Content-Type", "application/x-tar")
			w.Header().Set("Cache-Control", "no-store")
			return k.backup(r.Context(), w)
		}}
}

// Backup writes a backup of a data folder that no server runs over.
func Backup(ctx context.Context, where Where, w io.Writer) (err error) {
	f, err := openFolder(where.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	s, _, err := f.open(ctx, where)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	blobs, err := f.openBlobs()
	if err != nil {
		return err
	}
	return (&kept{folder: f, store: s, blobs: blobs}).backup(ctx, w)
}

// Restore makes a data folder of a backup: the folder, and the PostgreSQL
// database where there is one, must be empty. The file is checked to its end
// before anything is written, and a restore that fails leaves nothing behind but
// the tables of an empty database. It returns fault.Invalid for a file that is no
// backup or is damaged, fault.Unsupported for one of a newer Portico, and
// fault.Conflict where the place is not empty.
func Restore(ctx context.Context, file string, where Where) (m backup.Manifest, err error) {
	in, err := os.Open(file)
	if err != nil {
		return m, fault.Wrap(err, fault.Invalid, "The backup %s cannot be read: %s.", file, err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	if m, err = backup.Read(in, backup.Visitor{}); err != nil {
		return m, err
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return m, err
	}
	f, err := openFolder(where.Dir)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := f.wantEmpty(); err != nil {
		return m, err
	}
	if err := f.restore(ctx, in, m.Schema, where.Database); err != nil {
		return m, errors.Join(err, f.clear())
	}
	return m, nil
}

func (f *folder) wantEmpty() error {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != lockFile {
			return fault.New(fault.Conflict, "The data folder %s is not empty (it has %s): restore into an empty one.", f.dir, e.Name())
		}
	}
	return nil
}

// clear removes what a restore that failed has left.
func (f *folder) clear() error {
	entries, err := os.ReadDir(f.dir)
	for _, e := range entries {
		if e.Name() != lockFile {
			err = errors.Join(err, os.RemoveAll(f.path(e.Name())))
		}
	}
	return err
}

// restore commits the database last: until then the folder has a master key and
// an empty database, or no key.
func (f *folder) restore(ctx context.Context, in io.Reader, schema int64, database string) error {
	return store.Import(ctx, store.Options{Dir: f.dir, Database: database}, schema, func(put func(string, []byte) error) error {
		blobs, err := f.openBlobs()
		if err != nil {
			return err
		}
		_, err = backup.Read(in, backup.Visitor{
			Row: put,
			Blob: func(name, key string, r io.Reader) error {
				l := blobs[name]
				if l == nil {
					return fault.New(fault.Invalid, "The backup has blobs of a store %q that this program does not know.", name)
				}
				_, err := l.Put(ctx, key, r)
				return err
			},
			File: f.writeFile,
		})
		return err
	})
}

// writeFile makes a file of the folder, and makes it durable.
func (f *folder) writeFile(name string, r io.Reader) error {
	top, _, _ := strings.Cut(name, "/")
	if !filepath.IsLocal(filepath.FromSlash(name)) || path.Clean(name) != name || !slices.Contains([]string{masterKey, authorityDir, usageDir}, top) {
		return fault.New(fault.Invalid, "The backup has a file %q that this program does not know.", name)
	}
	file := f.path(filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	w, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	if err = errors.Join(err, w.Sync(), w.Close()); err != nil {
		return fmt.Errorf("restore %s: %w", name, err)
	}
	return nil
}
