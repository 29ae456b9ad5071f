// Command bench measures Portico against references that run beside it and
// prints ratios within one run: machines differ and are noisy, ratios hold.
// `make bench` runs it; bench/README.md keeps what was seen.
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
)

func main() {
	bare := flag.String("bare", "", "serve the bare net/http reference at this address and nothing else")
	rounds := flag.Int("rounds", 7, "rounds in which the contestants take turns")
	calls := flag.Int("calls", 20000, "calls in each round")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if *bare != "" {
		err = serveBare(ctx, *bare)
	} else {
		err = run(ctx, *rounds, *calls)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rounds, calls int) (err error) {
	dir, err := os.MkdirTemp("", "portico-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	binary := filepath.Join(dir, "portico")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, "./cmd/portico")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build portico: %w", err)
	}
	if err := benchStart(ctx, binary, dir, rounds); err != nil {
		return err
	}
	if err := benchCalls(ctx, binary, dir, rounds, calls); err != nil {
		return err
	}
	return benchReports(ctx, binary, dir, rounds)
}
