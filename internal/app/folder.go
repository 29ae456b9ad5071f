package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"portico/internal/access"
	"portico/internal/audit"
	"portico/internal/fault"
	"portico/internal/secret"
	"portico/internal/store"
)

// folder is the data folder, held so that no second process writes it.
type folder struct {
	dir  string
	lock *os.File
}

// What the data folder holds besides the database (package store).
const (
	lockFile     = "lock"
	masterKey    = "master.key"
	readyFile    = "ready.json" // while a server runs; lets the commands find it
	blobDir      = "blobs"      // datasets and node results
	storageDir   = "storage"    // the storage account's blobs
	usageDir     = "usage"
	eventsDir    = "events" // the files of loggers
	authorityDir = "tls"
)

var errLocked = errors.New("locked")

// openFolder makes the folder where it is missing and takes its lock.
func openFolder(dir string) (*folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.Wrap(err, fault.StorageFailed, "The data folder %s cannot be made: check its parent's permissions, or choose another with --data.", dir)
	}
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fault.Wrap(err, fault.StorageFailed, "The data folder %s cannot be written: check its permissions, or choose another with --data.", dir)
	}
	if err := lockExclusively(f); err != nil {
		err = errors.Join(err, f.Close())
		if errors.Is(err, errLocked) {
			return nil, fault.New(fault.Conflict, "The data folder %s is in use by another Portico: stop that one, or choose another folder with --data.", dir)
		}
		return nil, fmt.Errorf("lock the data folder %s: %w", dir, err)
	}
	return &folder{dir: dir, lock: f}, nil
}

func (f *folder) path(name string) string { return filepath.Join(f.dir, name) }

// Close gives the lock back. The file stays: removing it would race with the next process.
func (f *folder) Close() error { return f.lock.Close() }

// Where says where a Portico keeps what it knows.
type Where struct {
	Dir           string       // the data folder
	Database      string       // URL of a PostgreSQL database; empty: SQLite in the folder
	MasterKeyFile string       // empty: master.key in the folder
	Audit         audit.Budget // of the log of changes; zero: the default
}

// open opens the database and the master key. The first time, when nothing is
// kept yet, it draws the key.
func (f *folder) open(ctx context.Context, where Where) (*store.Store, *secret.Keeper, error) {
	key := where.MasterKeyFile
	if key == "" {
		key = f.path(masterKey)
	}
	hasKey, err := exists(key)
	if err != nil {
		return nil, nil, err
	}
	if where.Database == "" && where.MasterKeyFile == "" && hasKey {
		if hasFile, err := exists(f.path(store.DatabaseFile)); err != nil || !hasFile {
			return nil, nil, errors.Join(err, fault.New(fault.Conflict,
				"The data folder %s has a master key and no database: name its PostgreSQL database with --database, or restore a backup into an empty folder.", f.dir))
		}
	}
	s, err := store.Open(ctx, store.Options{Dir: f.dir, Database: where.Database, Audit: where.Audit})
	if err != nil {
		return nil, nil, err
	}
	empty, err := s.Empty(ctx)
	if err == nil && !empty && !hasKey {
		err = fault.New(fault.Conflict, "The master key %s is missing: without it, what the database keeps sealed cannot be opened. Put it back, or restore a backup into an empty folder.", key)
	}
	var keeper *secret.Keeper
	if err == nil {
		keeper, err = secret.Load(key, where.MasterKeyFile == "")
	}
	if err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	return s, keeper, nil
}

func exists(file string) (bool, error) {
	_, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// RunningAt finds the server that runs over a data folder. It returns
// fault.Unavailable where none does.
func RunningAt(dir string) (*Ready, error) {
	none := fault.New(fault.Unavailable, "No Portico runs over the data folder %s.", dir)
	if _, err := os.Stat(dir); err != nil {
		return nil, none
	}
	f, err := openFolder(dir)
	if err == nil {
		return nil, errors.Join(none, f.Close()) // the lock was free: a ready file would be a dead process's
	}
	if !fault.Is(err, fault.Conflict) {
		return nil, err
	}
	ready, err := ReadReady(filepath.Join(dir, readyFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fault.New(fault.Conflict, "The Portico over the data folder %s is still starting: try again in a moment.", dir)
	}
	return ready, err
}

// WithFolder opens a data folder that no server runs over, and gives its tokens to use.
func WithFolder(ctx context.Context, where Where, use func(access.Tokens) error) (err error) {
	f, err := openFolder(where.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	s, keeper, err := f.open(ctx, where)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return use(access.Tokens{Records: s.Records(), Keys: keeper})
}
