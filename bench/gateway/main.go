// Command gateway measures the gateway side by side with nginx and HAProxy and
// prints CPU per call as a ratio to nginx's in the same round. `make
// bench-gateway` runs it; bench/README.md keeps what was seen.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// options are how much is measured.
type options struct {
	rounds  int
	seconds int
	binary  string
	only    string
	against string
}

func main() {
	var o options
	upstream := flag.String("upstream", "", "serve the upstream at this address and nothing else")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds in which the contestants take turns")
	flag.IntVar(&o.seconds, "seconds", 6, "seconds of each measurement")
	flag.StringVar(&o.binary, "portico", "", "the portico binary; built where it is not said")
	flag.StringVar(&o.only, "only", "", "parts to run, separated by commas: levels, bodies, http2, scoring")
	soaked := flag.Duration("soak", 0, "run mixed traffic with faults and changes for that long, and nothing else")
	flag.StringVar(&o.against, "against", "nginx,haproxy", "the peers; without nginx there are no ratios")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if *upstream != "" {
		err = serveUpstream(ctx, *upstream)
	} else {
		err = run(ctx, o, *soaked)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/gateway:", err)
		os.Exit(1)
	}
}

// part is one table of the output.
type part struct {
	name string
	run  func(context.Context, *bench) error
}

var parts = []part{{"levels", levels}, {"bodies", bodies}, {"http2", http2}, {"scoring", scoring}}

func run(ctx context.Context, o options, soaked time.Duration) (err error) {
	tools := []string{"nginx", "haproxy", "wrk", "taskset"}
	if soaked > 0 {
		tools = nil
	}
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("%s is needed: apt-get install nginx haproxy wrk util-linux", tool)
		}
	}
	dir, err := os.MkdirTemp("", "portico-bench-gateway-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if o.binary == "" {
		o.binary = filepath.Join(dir, "portico")
		build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", o.binary, "./cmd/portico")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return fmt.Errorf("build portico: %w", err)
		}
	}
	if soaked > 0 {
		return runSoak(ctx, o, dir, soaked)
	}
	b, err := start(ctx, o, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.stop()) }()
	for _, p := range parts {
		if o.only != "" && !contains(o.only, p.name) {
			continue
		}
		begin := time.Now()
		if err := p.run(ctx, b); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		fmt.Printf("\n(%s took %s)\n", p.name, time.Since(begin).Round(time.Second))
	}
	return nil
}

func contains(list, name string) bool {
	for item := range strings.SplitSeq(list, ",") {
		if strings.TrimSpace(item) == name {
			return true
		}
	}
	return false
}
