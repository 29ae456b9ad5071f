package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"portico/internal/rest/arm"
)

// becomeReady adds the sample datasets, makes the demo if it is asked for, says where everything is and
// writes the ready files. The listeners accept already.
func (a *app) becomeReady(ctx context.Context) error {
	ready := &Ready{
		Gateway: a.url("gateway"), Console: a.url("console"), Scoring: a.url("scoring"), Portal: a.url("portal"), Storage: a.url("storage"),
		ServiceID: arm.ServiceID(a.rooms.instance.Name), WorkspaceID: a.rooms.workspace, AdminToken: a.rooms.auth.AdminToken(),
		StorageConnectionString: a.rooms.storage.ConnectionString(), PID: os.Getpid(),
	}
	if a.authority != nil {
		ready.CAFile = a.authority.File
	}
	if err := a.rooms.datasets.AddSamples(ctx, a.rooms.workspace, demoOwner); err != nil {
		return err
	}
	if a.cfg.Demo {
		demo, err := a.rooms.demo(ctx)
		if err != nil {
			return fmt.Errorf("make the demo: %w", err)
		}
		ready.Demo = demo
	}
	if err := errors.Join(a.printSetupLink(ctx, ready), a.printDemo(ready)); err != nil {
		return err
	}
	a.health.ready.Store(true)
	a.log.Info("ready", "took", time.Since(a.begun).Round(time.Millisecond), "gateway", ready.Gateway, "console", ready.Console,
		"scoring", ready.Scoring, "portal", ready.Portal, "storage", ready.Storage)
	for _, file := range []string{a.folder.path(readyFile), a.cfg.ReadyFile} {
		if file == "" {
			continue
		}
		if err := ready.write(file); err != nil {
			return err
		}
		a.onClose(func() error { return removeIfThere(file) })
	}
	return nil
}

func removeIfThere(file string) error {
	if err := os.Remove(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// printSetupLink prints the one-time link as long as nobody can sign in.
func (a *app) printSetupLink(ctx context.Context, ready *Ready) error {
	has, err := a.rooms.auth.Staff.HasPassword(ctx)
	if err != nil || has {
		return err
	}
	code, err := a.rooms.auth.Staff.SetupCode(ctx, a.rooms.instance.PublisherEmail)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "Set the administrator's password with this link, once, within 24 hours:\n  %s/setup?code=%s\n\n", ready.Console, code)
	return err
}

// printDemo prints calls that work as they are printed.
func (a *app) printDemo(ready *Ready) error {
	d := ready.Demo
	if d == nil {
		return nil
	}
	ca := ""
	if ready.CAFile != "" {
		ca = fmt.Sprintf("--cacert '%s' ", ready.CAFile)
	}
	call := func(base, key string) string {
		if key != "" {
			key = fmt.Sprintf(" -H 'Ocp-Apim-Subscription-Key: %s'", key)
		}
		return fmt.Sprintf(`curl -sS %s'%s/workspaces/%s/services/%s/execute?api-version=2.0&details=true'%s -H 'Authorization: Bearer %s' -H 'Content-Type: application/json' -d '{"Inputs": {"input1": {"ColumnNames": ["Col2"], "Values": [["This is a good day"]]}}, "GlobalParameters": {}}'`,
			ca, base, d.Workspace, d.Service, key, d.APIKey)
	}
	gateway := ready.Gateway + "/" + d.APIPath
	_, err := fmt.Fprintf(a.out, `The guide's web service, called directly:
  %s

The same through the gateway, with a subscription to Unlimited:
  %s

The same with a subscription to Starter: five calls a minute, then 429:
  %s

Help page:  %s
Developers: %s
Staff:      %s
`, call(ready.Scoring, ""), call(gateway, d.SubscriptionKey), call(gateway, d.StarterKey), d.helpPage, ready.Portal, ready.Console)
	return err
}
