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

// contestant is a call that is made again and again.
type contestant struct {
	name   string
	aim    string
	server *server
	method string
	url    string
	header http.Header
	body   string
	want   []byte          // in every answer
	cpu    []time.Duration // per call, one a round
}

// calls measures CPU per call of the server's process.
func (b *bench) calls(ctx context.Context) error {
	rounds, calls := b.sizes.rounds, b.sizes.calls
	p, bare, addr, err := b.startBoth(ctx)
	if err != nil {
		return err
	}
	d := p.ready.Demo
	path := fmt.Sprintf("/workspaces/%s/services/%s/execute?api-version=2.0&details=true", d.Workspace, d.Service)
	bearer := http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + d.APIKey}}
	keyed := bearer.Clone()
	keyed.Set("Ocp-Apim-Subscription-Key", d.SubscriptionKey)
	guide := func(name, aim string, s *server, url string, h http.Header) *contestant {
		return &contestant{name: name, aim: aim, server: s, method: http.MethodPost, url: url, header: h, body: guideBody, want: []byte(`"1","1","2","2","0","2","0","1"]]`)}
	}
	contestants := []*contestant{
		guide("bare net/http and encoding/json", "–", bare, "http://"+addr, bearer),
		guide("RRS at the scoring listener", "≤ 1.5 times", p, p.ready.Scoring+path, bearer),
		guide("RRS through the gateway", "≤ 2.0 times", p, p.ready.Gateway+"/"+d.APIPath+path, keyed),
	}
	fmt.Printf("\nThe guide's request, %d rounds of %d calls over %d connections\n\n", rounds, calls, connections)
	if err := race(ctx, contestants, rounds, calls); err != nil {
		return err
	}
	if err := firstCall(ctx, p.ready); err != nil {
		return err
	}
	return stopBoth(p, bare)
}

// startBoth starts the product with its demo, and the bare reference.
func (b *bench) startBoth(ctx context.Context) (p, bare *server, addr string, err error) {
	if p, err = startPortico(ctx, b.binary, b.dir, "--demo"); err != nil {
		return nil, nil, "", err
	}
	bare, addr, err = startBare(ctx)
	return p, bare, addr, err
}

func stopBoth(p, bare *server) error {
	if err := bare.stop(); err != nil && !strings.Contains(err.Error(), "signal") {
		return err
	}
	return p.stop()
}

// race has the contestants take turns, and prints what their servers' CPU was per call.
func race(ctx context.Context, contestants []*contestant, rounds, calls int) error {
	for _, c := range contestants {
		if err := load(ctx, c, calls/10); err != nil { // warm-up, and a check that the answers are right
			return err
		}
	}
	for range rounds {
		for _, c := range contestants {
			used, err := c.server.cpuOf(func() error { return load(ctx, c, calls) })
			if err != nil {
				return err
			}
			c.cpu = append(c.cpu, used/time.Duration(calls))
		}
	}
	fmt.Println("| contestant | CPU per call, median | ratio in the same round, median (range) | aim |")
	fmt.Println("|---|---|---|---|")
	for _, c := range contestants {
		r := ratios(c.cpu, contestants[0].cpu)
		fmt.Printf("| %s | %.1f µs | %.2f (%.2f–%.2f) | %s |\n", c.name, float64(median(c.cpu))/1e3, r[len(r)/2], r[0], r[len(r)-1], c.aim)
	}
	return nil
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
				if err := c.call(ctx, client); err != nil {
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

func (c *contestant) call(ctx context.Context, client *http.Client) error {
	req, err := http.NewRequestWithContext(ctx, c.method, c.url, strings.NewReader(c.body))
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
	if resp.StatusCode != http.StatusOK || !bytes.Contains(b, c.want) {
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
