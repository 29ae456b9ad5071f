package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// bodies passes answers of 1 MB on.
func bodies(ctx context.Context, b *bench) error {
	return b.compare(ctx, level{name: "level 1 GET of 1 MB", path: "/l1/1000000"})
}

const (
	http2Calls   = 30_000
	http2Conns   = 16
	http2Streams = 8
)

var http2Done = regexp.MustCompile(`(\d+) succeeded, 0 failed`)

// http2 compares CPU per call of HTTP/2 without TLS.
func http2(ctx context.Context, b *bench) error {
	if _, err := exec.LookPath("h2load"); err != nil {
		return errors.New("h2load is needed: apt-get install nghttp2-client")
	}
	fmt.Printf("\nHTTP/2, level 1 GET, %d rounds of %d calls over %d connections of %d streams (aim ≤ 3 times nginx's CPU)\n\n| gateway | CPU per call, median | ratio to nginx in the same round, median |\n|---|---|---|\n", b.rounds, http2Calls, http2Conns, http2Streams)
	cpu := map[string][]float64{}
	for range b.rounds {
		for _, c := range b.contestants {
			if c.http2 == "" {
				continue
			}
			before, err := c.process.cpu()
			if err != nil {
				return err
			}
			out, err := exec.CommandContext(ctx, "taskset", "-c", otherCore, "h2load", "-n", strconv.Itoa(http2Calls), "-c", strconv.Itoa(http2Conns), "-m", strconv.Itoa(http2Streams), c.http2+"/l1/500").CombinedOutput()
			if m := http2Done.FindSubmatch(out); err != nil || m == nil || string(m[1]) != strconv.Itoa(http2Calls) {
				return fmt.Errorf("h2load, %s: %v: %s", c.name, err, out)
			}
			after, err := c.process.cpu()
			if err != nil {
				return err
			}
			cpu[c.name] = append(cpu[c.name], float64(after-before)/1e3/http2Calls)
		}
	}
	for _, c := range b.contestants {
		var ratio []float64
		for i, own := range cpu[c.name] {
			ratio = append(ratio, own/cpu[b.contestants[0].name][i])
		}
		if len(ratio) > 0 {
			fmt.Printf("| %s | %.1f µs | %.2f |\n", c.name, middle(cpu[c.name]), middle(ratio))
		}
	}
	return nil
}

// scoring compares the guide's call through the gateway, scored in the same
// process, with the same through a connection to the scoring listener.
func scoring(ctx context.Context, b *bench) error {
	p, err := b.launch(ctx, gatewayCore, "--demo")
	if err != nil {
		return err
	}
	hop, err := relay(strings.TrimPrefix(p.ready.Scoring, "http://"))
	if err != nil {
		return err
	}
	defer hop.close()
	d := p.ready.Demo
	call := fmt.Sprintf("/workspaces/%s/services/%s/execute?api-version=2.0&details=true", d.Workspace, d.Service)
	for _, put := range [][2]string{
		{"/apis/hop", fmt.Sprintf(`{"properties":{"displayName":"hop","path":"hop","protocols":["http"],"serviceUrl":"http://%s"}}`, hop.l.Addr())},
		{"/apis/hop/operations/post", `{"properties":{"displayName":"any","method":"POST","urlTemplate":"/*"}}`},
		{"/products/unlimited/apis/hop", "{}"},
	} {
		if err := p.put(ctx, put[0], put[1]); err != nil {
			return err
		}
	}
	script := filepath.Join(b.dir, "scoring.lua")
	text := fmt.Sprintf(`wrk.method = "POST"
wrk.body = [==[{"Inputs": {"input1": {"ColumnNames": ["Col2"], "Values": [["This is a good day"]]}}, "GlobalParameters": {}}]==]
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer %s"
wrk.headers[%q] = %q
%s`, d.APIKey, keyHeader, d.SubscriptionKey, luaDone)
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		return err
	}
	local, far := &contestant{name: "scored in process", process: p.process, base: p.ready.Gateway}, &contestant{name: "over a connection", process: p.process, base: p.ready.Gateway}
	var ratio, in, out []float64
	for range b.rounds {
		here, err := b.measure(ctx, local, otherCore, script, "/"+d.APIPath+call, b.seconds)
		if err != nil {
			return err
		}
		there, err := b.measure(ctx, far, otherCore, script, "/hop"+call, b.seconds)
		if err != nil {
			return err
		}
		in, out = append(in, float64(here.cpu)/1e3), append(out, float64(there.cpu)/1e3)
		ratio = append(ratio, float64(there.cpu)/float64(here.cpu))
	}
	fmt.Printf("\nThe guide's call through the gateway, %d rounds: scored in process %.1f µs of CPU, over a connection to the scoring listener %.1f µs: %.2f times the calls per CPU second (aim ≥ 2)\n", b.rounds, middle(in), middle(out), middle(ratio))
	return nil
}

// relayed passes connections on, so that an address is not taken for the scoring listener's.
type relayed struct {
	l    net.Listener
	done sync.WaitGroup
}

func relay(to string) (*relayed, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &relayed{l: l}
	r.done.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			r.done.Go(func() {
				defer func() { _ = c.Close() }()
				far, err := net.DialTimeout("tcp", to, time.Second)
				if err != nil {
					return
				}
				defer func() { _ = far.Close() }()
				r.done.Go(func() {
					_, _ = io.Copy(far, c) // whichever side ends first ends both
					_ = far.Close()
				})
				_, _ = io.Copy(c, far)
			})
		}
	})
	return r, nil
}

func (r *relayed) close() { _ = r.l.Close() }
