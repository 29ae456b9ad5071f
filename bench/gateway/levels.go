package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// level is one kind of call.
type level struct {
	name   string
	path   string
	post   bool
	key    bool
	median float64 // largest median ratio of CPU per call to nginx's
	worst  float64 // largest ratio in any round
}

var allLevels = []level{
	{name: "level 1 GET", path: "/l1/500", median: 1.15},
	{name: "level 2 GET", path: "/l2/500", key: true, median: 1.0, worst: 1.15},
	{name: "level 2 POST", path: "/l2/score", key: true, post: true, median: 1.0, worst: 1.15},
}

// scoringBody is a request of the length that the evidence used.
var scoringBody = `{"Inputs": {"input1": {"ColumnNames": ["Col1", "Col2"], "Values": [["0", "This is a good day"], ["1", "This is another day"]]}}, "GlobalParameters": {"Append score columns to output": "true"}}`

// measured is one run of the load generator.
type measured struct {
	calls    int64
	cpu      time.Duration // of the gateway, per call
	perSec   float64
	p50, p99 time.Duration
}

const connections = 64

// script writes what wrk sends.
func (b *bench) script(l level) (string, error) {
	var s strings.Builder
	if l.key {
		fmt.Fprintf(&s, "wrk.headers[%q] = %q\n", keyHeader, key(7))
	}
	if l.post {
		fmt.Fprintf(&s, "wrk.method = \"POST\"\nwrk.body = [==[%s]==]\nwrk.headers[\"Content-Type\"] = \"application/json\"\n", scoringBody)
	}
	s.WriteString(luaDone)
	file := filepath.Join(b.dir, strings.ReplaceAll(l.name, " ", "-")+".lua")
	return file, os.WriteFile(file, []byte(s.String()), 0o600)
}

// luaDone has wrk print what is measured.
const luaDone = `done = function(summary, latency, requests)
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
`

var result = regexp.MustCompile(`RESULT (\d+) (\d+) (\d+) (\d+) (\d+)`)

// load runs the load generator for some seconds against a URL.
func load(ctx context.Context, core, script, url string, seconds int) (measured, error) {
	args := []string{"-t1", "-c" + strconv.Itoa(connections), "-d" + strconv.Itoa(seconds) + "s", "-s", script, url}
	name := "wrk"
	if core != "" {
		args = append([]string{"-c", core, name}, args...)
		name = "taskset"
	}
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return measured{}, fmt.Errorf("wrk: %w: %s", err, out)
	}
	m := result.FindStringSubmatch(string(out))
	if m == nil {
		return measured{}, fmt.Errorf("wrk says %s", out)
	}
	var n [5]int64
	for i := range n {
		if n[i], err = strconv.ParseInt(m[i+1], 10, 64); err != nil {
			return measured{}, err
		}
	}
	if n[4] > 0 || n[0] == 0 {
		return measured{}, fmt.Errorf("%d of %d calls failed: %s", n[4], n[0], out)
	}
	return measured{calls: n[0], perSec: float64(n[0]) / (float64(n[1]) / 1e6), p50: time.Duration(n[2]) * time.Microsecond, p99: time.Duration(n[3]) * time.Microsecond}, nil
}

// measure loads a contestant and takes its CPU per call.
func (b *bench) measure(ctx context.Context, c *contestant, core, script, path string, seconds int) (measured, error) {
	before, err := c.process.cpu()
	if err != nil {
		return measured{}, err
	}
	m, err := load(ctx, core, script, c.base+path, seconds)
	if err != nil {
		return m, fmt.Errorf("%s: %w", c.name, err)
	}
	after, err := c.process.cpu()
	m.cpu = (after - before) / time.Duration(m.calls)
	return m, err
}

// levels compares CPU per call at both levels, everything in its core.
func levels(ctx context.Context, b *bench) error {
	for _, l := range allLevels {
		if err := b.compare(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// compare has the contestants take turns at one level.
func (b *bench) compare(ctx context.Context, l level) error {
	script, err := b.script(l)
	if err != nil {
		return err
	}
	runs := map[string][]measured{}
	for range b.rounds {
		for _, c := range b.contestants {
			if _, err := load(ctx, otherCore, script, c.base+l.path, 1); err != nil { // warm-up
				return fmt.Errorf("%s: %w", c.name, err)
			}
			m, err := b.measure(ctx, c, otherCore, script, l.path, b.seconds)
			if err != nil {
				return err
			}
			runs[c.name] = append(runs[c.name], m)
		}
	}
	b.print(l, runs)
	return nil
}

// print writes the table of one level. Ratios are to nginx in the same round.
func (b *bench) print(l level, runs map[string][]measured) {
	fmt.Printf("\n%s, %d rounds of %d s over %d connections, gateway on one core, load and upstream on another\n\n", l.name, b.rounds, b.seconds, connections)
	fmt.Println("| gateway | CPU per call, median | ratio to nginx in the same round, median (range) | calls/s | p50 | p99 | p99 to nginx's |")
	fmt.Println("|---|---|---|---|---|---|---|")
	for _, c := range b.contestants {
		own, nginx := runs[c.name], runs[b.contestants[0].name] // nginx, unless it was left out
		var cpu, ratio, rate, p50, p99, tail []float64
		for i, m := range own {
			cpu = append(cpu, float64(m.cpu)/1e3)
			ratio = append(ratio, float64(m.cpu)/float64(nginx[i].cpu))
			rate = append(rate, m.perSec)
			p50 = append(p50, float64(m.p50)/1e6)
			p99 = append(p99, float64(m.p99)/1e6)
			tail = append(tail, float64(m.p99)/float64(nginx[i].p99))
		}
		verdict := ""
		if c.name == "Portico" && l.median > 0 {
			verdict = fmt.Sprintf(" (aim ≤ %.2f", l.median)
			if l.worst > 0 {
				verdict += fmt.Sprintf(", none above %.2f", l.worst)
			}
			verdict += ")"
		}
		fmt.Printf("| %s | %.1f µs | %.2f (%.2f–%.2f)%s | %.0f | %.2f ms | %.2f ms | %.2f |\n", c.name, middle(cpu), middle(ratio), slices.Min(ratio), slices.Max(ratio), verdict,
			middle(rate), middle(p50), middle(p99), middle(tail))
	}
}

func middle(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}
