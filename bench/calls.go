package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const connections = 16

// contestant is one way to make the guide's call.
type contestant struct {
	name   string
	limit  float64 // largest ratio of CPU per call to the first contestant's
	server *server
	url    string
	header http.Header
	cpu    []time.Duration // per call, one a round
}

// benchCalls measures CPU per call of the server's process.
func benchCalls(ctx context.Context, binary, dir string, rounds, calls int) error {
	p, err := startPortico(ctx, binary, dir, "--demo")
	if err != nil {
		return err
	}
	bare, addr, err := startBare(ctx)
	if err != nil {
		return err
	}
	d := p.ready.Demo
	path := fmt.Sprintf("/workspaces/%s/services/%s/execute?api-version=2.0&details=true", d.Workspace, d.Service)
	bearer := http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + d.APIKey}}
	keyed := bearer.Clone()
	keyed.Set("Ocp-Apim-Subscription-Key", d.SubscriptionKey)
	contestants := []*contestant{
		{name: "bare net/http and encoding/json", server: bare, url: "http://" + addr, header: bearer, limit: 1},
		{name: "RRS at the scoring listener", server: p, url: p.ready.Scoring + path, header: bearer, limit: 1.5},
		{name: "RRS through the gateway", server: p, url: p.ready.Gateway + "/" + d.APIPath + path, header: keyed, limit: 2},
	}
	for _, c := range contestants {
		if err := load(ctx, c, calls/10); err != nil { // warm-up, and a check that the answers are right
			return err
		}
	}
	for range rounds {
		for _, c := range contestants {
			before, err := c.server.cpu()
			if err != nil {
				return err
			}
			if err := load(ctx, c, calls); err != nil {
				return err
			}
			after, err := c.server.cpu()
			if err != nil {
				return err
			}
			c.cpu = append(c.cpu, (after-before)/time.Duration(calls))
		}
	}
	fmt.Printf("\nThe guide's request, %d rounds of %d calls over %d connections\n\n", rounds, calls, connections)
	fmt.Println("| contestant | CPU per call, median | ratio in the same round, median (range) | aim |")
	fmt.Println("|---|---|---|---|")
	for _, c := range contestants {
		r := ratios(c.cpu, contestants[0].cpu)
		fmt.Printf("| %s | %.1f µs | %.2f (%.2f–%.2f) | ≤ %.1f |\n", c.name, float64(median(c.cpu))/1e3, r[len(r)/2], r[0], r[len(r)-1], c.limit)
	}
	if err := firstCall(ctx, p.ready); err != nil {
		return err
	}
	if err := bare.stop(); err != nil && !strings.Contains(err.Error(), "signal") {
		return err
	}
	return p.stop()
}

func startBare(ctx context.Context) (*server, string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	addr := ln.Addr().String()
	if err := ln.Close(); err != nil {
		return nil, "", err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	s := &server{cmd: exec.CommandContext(ctx, self, "-bare", addr)}
	if err := s.cmd.Start(); err != nil {
		return nil, "", err
	}
	for ctx.Err() == nil {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			return s, addr, c.Close()
		}
		time.Sleep(time.Millisecond)
	}
	return nil, "", ctx.Err()
}

// load makes n calls over the connections and checks every answer.
func load(ctx context.Context, c *contestant, n int) error {
	transport := &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections, DisableCompression: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	var left atomic.Int64
	left.Store(int64(n))
	errs := make(chan error, connections)
	var wg sync.WaitGroup
	for range connections {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := guideCall(ctx, client, c); err != nil {
					errs <- fmt.Errorf("%s: %w", c.name, err)
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	return <-errs
}

var wanted = []byte(`"1","1","2","2","0","2","0","1"]]`)

func guideCall(ctx context.Context, client *http.Client, c *contestant) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, strings.NewReader(guideBody))
	if err != nil {
		return err
	}
	req.Header = c.header
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	b, err := io.ReadAll(resp.Body)
	if cerr := resp.Body.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK || !bytes.Contains(b, wanted) {
		return fmt.Errorf("got %s: %s", resp.Status, b)
	}
	return nil
}

func ratios(of, to []time.Duration) []float64 {
	r := make([]float64, len(of))
	for i := range of {
		r[i] = float64(of[i]) / float64(to[i])
	}
	slices.Sort(r)
	return r
}

func median(d []time.Duration) time.Duration {
	s := slices.Sorted(slices.Values(d))
	return s[len(s)/2]
}
