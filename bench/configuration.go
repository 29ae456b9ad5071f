package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	configuredAPIs       = 500
	configuredOperations = 20 // of each API
)

// configuration takes a large configuration from one server to another as
// files: every API has a definition, a policy and a place in a product.
func (b *bench) configuration(ctx context.Context) error {
	binary, dir := b.binary, b.dir
	written, first, second := filepath.Join(dir, "written"), filepath.Join(dir, "first"), filepath.Join(dir, "second")
	if err := writeConfiguration(written); err != nil {
		return err
	}
	one, err := startPortico(ctx, binary, dir)
	if err != nil {
		return err
	}
	two, err := startPortico(ctx, binary, dir)
	if err != nil {
		return err
	}
	command := func(s *server, args ...string) (took time.Duration, out string, err error) {
		cmd := exec.CommandContext(ctx, binary, append(args, "--server", s.ready.Console, "--token", s.ready.AdminToken)...)
		begin := time.Now()
		b, err := cmd.CombinedOutput()
		if err != nil {
			err = fmt.Errorf("portico %s: %w\n%s", strings.Join(args, " "), err, b)
		}
		return time.Since(begin), string(b), err
	}
	fmt.Printf("\nConfiguration as files: %d APIs with %d operations\n\n| step | took | aim |\n|---|---|---|\n", configuredAPIs, configuredAPIs*configuredOperations)
	for _, step := range []struct {
		name string
		on   *server
		args []string
		aim  string
		says string
	}{
		{"apply files written by hand, into an empty instance", one, []string{"apply", written}, "≤ 30 s", " created"},
		{"export", one, []string{"export", first}, "≤ 10 s", "files"},
		{"dry run of what was exported", one, []string{"apply", "--dry-run", first}, "reports nothing", "Nothing would change."},
		{"apply what was exported, into an empty instance", two, []string{"apply", first}, "≤ 30 s", " created"},
		{"export again", two, []string{"export", second}, "the same bytes", "files"},
	} {
		took, out, err := command(step.on, step.args...)
		if err != nil {
			return err
		}
		if !strings.Contains(out, step.says) {
			return fmt.Errorf("%s: %.2000s", step.name, out)
		}
		fmt.Printf("| %s | %.1f s | %s |\n", step.name, took.Seconds(), step.aim)
	}
	if err := sameFolders(first, second); err != nil {
		return err
	}
	return errors.Join(one.stop(), two.stop())
}

func writeConfiguration(dir string) error {
	const policy = `<policies><inbound><base /><set-header name="X-API" exists-action="override"><value>@(context.Api.Name)</value></set-header></inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>`
	for i := range configuredAPIs {
		name := fmt.Sprintf("api-%03d", i)
		var paths strings.Builder
		for o := range configuredOperations {
			fmt.Fprintf(&paths, "  /things%d/{id}:\n    get:\n      operationId: get-%d\n      summary: Get thing %d\n      description: Gives one of the things.\n      parameters:\n      - {name: id, in: path, required: true, schema: {type: string}}\n      - {name: fields, in: query, schema: {type: string}}\n      responses: {'200': {description: The thing., content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}}\n", o, o, o)
		}
		for file, text := range map[string]string{
			"apis/" + name + "/apiInformation.json":                           fmt.Sprintf(`{"properties":{"displayName":"API %d","path":"bench/%s","serviceUrl":"https://backend-%d.example.com"}}`, i, name, i),
			"apis/" + name + "/specification.yaml":                            fmt.Sprintf("openapi: 3.0.1\ninfo: {title: API %d, version: '1'}\ncomponents: {schemas: {Thing: {type: object, properties: {id: {type: string}}}}}\npaths:\n%s", i, paths.String()),
			"apis/" + name + "/policy.xml":                                    policy,
			"products/unlimited/apis/" + name + "/productApiInformation.json": "{}",
		} {
			path := filepath.Join(dir, filepath.FromSlash(file))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// sameFolders fails unless two folders hold the same files.
func sameFolders(one, two string) error {
	count := [2]int{}
	for i, dir := range []string{one, two} {
		err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			count[i]++
			a, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			b, err := os.ReadFile(filepath.Join([]string{two, one}[i], strings.TrimPrefix(path, dir)))
			if err == nil && !bytes.Equal(a, b) {
				err = fmt.Errorf("%s differs after it was applied", path)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	if count[0] != count[1] || count[0] == 0 {
		return fmt.Errorf("%s has %d files, %s %d", one, count[0], two, count[1])
	}
	return nil
}
