// Package app wires the rooms together: it is the only one that knows all
// others. It opens them in order, serves until it is asked to stop, and closes
// them in reverse.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"portico/internal/audit"
	"portico/internal/config"
	"portico/internal/listen"
)

// app is a product that is open: everything is wired and nothing serves yet.
type app struct {
	cfg   *config.Config
	log   *slog.Logger
	out   io.Writer
	begun time.Time

	folder    *folder
	kept      *kept
	listeners map[string]*listen.Listener
	authority *listen.Authority // nil without --tls auto
	rooms     *rooms
	health    *health
	closers   []func() error
}

// Serve runs the product until ctx ends. What users should read goes to out.
func Serve(ctx context.Context, cfg *config.Config, log *slog.Logger, out io.Writer) (err error) {
	a := &app{cfg: cfg, log: log, out: out, begun: time.Now(), health: &health{}}
	defer func() { err = errors.Join(err, a.close()) }()
	if err := a.open(ctx); err != nil {
		return err
	}
	return a.run(ctx)
}

// open takes the data folder, the database and the addresses, and builds the rooms.
func (a *app) open(ctx context.Context) (err error) {
	if a.folder, err = openFolder(a.cfg.DataDir); err != nil {
		return err
	}
	a.onClose(a.folder.Close)
	s, keeper, err := a.folder.open(ctx, Where{Dir: a.cfg.DataDir, Database: a.cfg.Database, MasterKeyFile: a.cfg.MasterKeyFile,
		Audit: audit.Budget{MaxBytes: a.cfg.AuditMaxBytes, MaxAge: a.cfg.AuditMaxAge}})
	if err != nil {
		return err
	}
	a.onClose(s.Close)
	blobs, err := a.folder.openBlobs()
	if err != nil {
		return err
	}
	a.kept = &kept{folder: a.folder, store: s, blobs: blobs}
	if a.cfg.TLSAuto {
		if a.authority, err = listen.LoadAuthority(a.folder.path(authorityDir), keeper); err != nil {
			return err
		}
	}
	if err := a.listen(); err != nil {
		return err
	}
	a.rooms, err = a.build(ctx, keeper)
	return err
}

func (a *app) listen() error {
	var specs []listen.Spec
	for _, l := range a.cfg.Listeners() {
		specs = append(specs, listen.Spec{Name: l.Name, Addr: l.Addr, CertFiles: l.TLSCert, KeyFiles: l.TLSKey, Hosts: l.Hosts, Socket: l.Socket,
			ClientCertificates: l.Name == "gateway" && a.cfg.GatewayClientCerts})
	}
	opened, err := listen.Open(specs, a.authority)
	if err != nil {
		return err
	}
	a.listeners = map[string]*listen.Listener{}
	for _, l := range opened {
		a.listeners[l.Name] = l
		a.onClose(l.Close) // for a start that fails before it serves
	}
	return nil
}

func (a *app) url(listener string) string { return a.listeners[listener].URL() }

// run serves until ctx ends or something fails, then stops in reverse: the
// listeners drain while the background work goes on, then that stops too.
func (a *app) run(ctx context.Context) error {
	background, stopBackground := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBackground()
	workers, workersCtx := errgroup.WithContext(background)
	for name, work := range a.rooms.background() {
		workers.Go(func() error {
			if err := work(workersCtx); err != nil && !errors.Is(err, context.Canceled) {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		})
	}

	serving, stopServing := context.WithCancel(ctx)
	defer stopServing()
	defer context.AfterFunc(workersCtx, stopServing)() // a worker that fails stops the process
	servers, serversCtx := errgroup.WithContext(serving)
	for _, serve := range a.rooms.servers(a) {
		servers.Go(func() error { return serve(serversCtx) })
	}

	err := a.becomeReady(serversCtx)
	if err != nil {
		stopServing()
	}
	if ctx.Err() != nil {
		err = nil // asked to stop while it got ready
	}
	err = errors.Join(err, servers.Wait())
	a.health.ready.Store(false)
	a.log.Info("stopped accepting; finishing background work")
	stopBackground()
	return errors.Join(err, workers.Wait())
}

func (a *app) onClose(fn func() error) { a.closers = append(a.closers, fn) }

func (a *app) close() error {
	var err error
	for i := len(a.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, a.closers[i]())
	}
	return err
}
