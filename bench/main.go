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
	only := flag.String("only", "", "measure one thing: start, calls, polls, batch, upload, data, configuration or reports")
	rows := flag.Int("rows", 10_000_000, "rows of the batch job's file, and of the data file")
	oracleRows := flag.Int("oracle-rows", 500_000, "how many of them scikit-learn is given")
	size := flag.Int64("upload", 1<<30, "bytes that are uploaded in each round")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if *bare != "" {
		err = serveBare(ctx, *bare)
	} else {
		err = run(ctx, *only, sizes{rounds: *rounds, calls: *calls, rows: *rows, oracleRows: *oracleRows, upload: *size})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// sizes say how much is measured.
type sizes struct {
	rounds, calls    int
	rows, oracleRows int
	upload           int64
}

func run(ctx context.Context, only string, n sizes) (err error) {
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
	b := bench{binary: binary, dir: dir, sizes: n}
	measured := false
	for _, m := range []struct {
		name    string
		measure func(context.Context) error
	}{{"start", b.start}, {"calls", b.calls}, {"polls", b.polls}, {"batch", b.batch}, {"upload", b.upload}, {"data", b.data}, {"configuration", b.configuration}, {"reports", b.reports}} {
		if only != "" && only != m.name {
			continue
		}
		measured = true
		if err := m.measure(ctx); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	if !measured {
		return fmt.Errorf("there is nothing called %q to measure", only)
	}
	return nil
}

// bench is one run: the binary that is measured, and a folder that is removed afterwards.
type bench struct {
	binary, dir string
	sizes       sizes
}
