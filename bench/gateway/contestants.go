package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	proc "portico/bench/process"
)

// keys is how many consumers each gateway knows.
const keys = 1000

// bench is everything that runs: the upstream and the contestants in front of it.
type bench struct {
	options
	dir          string
	upstreamAddr string
	processes    []*process
	contestants  []*contestant
	portico      *portico
}

// contestant is a gateway with two addresses: plain, and with key, limit and header.
type contestant struct {
	name    string
	process *process
	base    string // URL; its levels are the paths /l1/ and /l2/
	http2   string // URL for HTTP/2 without TLS; "" is none
}

// process is a program with its children.
type process struct {
	cmd *exec.Cmd
}

// The core of the gateways, and the one of everything else.
const gatewayCore, otherCore = "0", "1"

// spawn starts a program on a core; core "" is all of them.
func (b *bench) spawn(core, name string, args ...string) (*process, error) {
	if core != "" {
		args = append([]string{"-c", core, name}, args...)
		name = "taskset"
	}
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd}
	b.processes = append(b.processes, p)
	return p, nil
}

// pids are the process and its children.
func (p *process) pids() []int {
	pids := []int{p.cmd.Process.Pid}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pids[0], pids[0]))
	if err != nil {
		return pids
	}
	for field := range strings.FieldsSeq(string(text)) {
		if n, err := strconv.Atoi(field); err == nil {
			pids = append(pids, n)
		}
	}
	return pids
}

// cpu is the user and system time that the process and its children have used.
func (p *process) cpu() (time.Duration, error) {
	var total time.Duration
	for _, pid := range p.pids() {
		used, err := proc.CPU(pid)
		if err != nil {
			return 0, err
		}
		total += used
	}
	return total, nil
}

// rss is the memory that the process and its children have, in bytes.
func (p *process) rss() (int64, error) {
	var total int64
	for _, pid := range p.pids() {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
		if err != nil {
			return 0, err
		}
		pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
		if err != nil {
			return 0, err
		}
		total += pages * int64(os.Getpagesize())
	}
	return total, nil
}

// start starts everything and checks that each gateway does what it should.
func start(ctx context.Context, o options, dir string) (*bench, error) {
	b := &bench{options: o, dir: dir}
	err := b.startAll(ctx)
	if err != nil {
		err = errors.Join(err, b.stop())
	}
	return b, err
}

func (b *bench) startAll(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if b.upstreamAddr, err = freeAddress(); err != nil {
		return err
	}
	if _, err := b.spawn(otherCore, self, "-upstream", b.upstreamAddr); err != nil {
		return err
	}
	if err := accepts(ctx, b.upstreamAddr); err != nil {
		return err
	}
	for _, g := range []struct {
		name  string
		start func(context.Context) error
	}{{"nginx", b.startNginx}, {"haproxy", b.startHAProxy}, {"portico", b.startPortico}} {
		if g.name != "portico" && !contains(b.against, g.name) {
			continue
		}
		if err := g.start(ctx); err != nil {
			return fmt.Errorf("%s: %w", g.name, err)
		}
	}
	for _, c := range b.contestants {
		if err := check(ctx, c); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return nil
}

func (b *bench) stop() error {
	var err error
	for i := len(b.processes) - 1; i >= 0; i-- {
		p := b.processes[i].cmd
		_ = p.Process.Signal(syscall.SIGTERM)
		waited := p.Wait()
		var exit *exec.ExitError
		if waited != nil && !errors.As(waited, &exit) {
			err = errors.Join(err, waited)
		}
	}
	b.processes = nil
	return err
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func accepts(ctx context.Context, address string) error {
	for ctx.Err() == nil {
		c, err := net.Dial("tcp", address)
		if err == nil {
			return c.Close()
		}
		time.Sleep(5 * time.Millisecond)
	}
	return ctx.Err()
}

func key(n int) string { return fmt.Sprintf("key-%08d-0123456789abcdef", n) }

const keyHeader = "Ocp-Apim-Subscription-Key"

// startNginx: one worker, keep-alive to the upstream, no log, keys in a map, a limit that is never reached.
func (b *bench) startNginx(ctx context.Context) error {
	addr, err := freeAddress()
	if err != nil {
		return err
	}
	addr2, err := freeAddress()
	if err != nil {
		return err
	}
	var m strings.Builder
	for i := range keys {
		fmt.Fprintf(&m, "    %q \"consumer-%d\";\n", key(i), i)
	}
	config := fmt.Sprintf(`daemon off;
worker_processes 1;
pid %[1]s/nginx.pid;
error_log /dev/null crit;

events { worker_connections 15000; }
http {
  access_log off;
  client_body_temp_path %[1]s/nginx-body; proxy_temp_path %[1]s/nginx-proxy; fastcgi_temp_path %[1]s/nginx-f; uwsgi_temp_path %[1]s/nginx-u; scgi_temp_path %[1]s/nginx-s;
  keepalive_requests 100000000;
  map_hash_max_size 8192; map_hash_bucket_size 128;
  map $http_ocp_apim_subscription_key $consumer {
    default "";
%[4]s  }
  limit_req_zone $consumer zone=consumers:10m rate=1000000r/s;
  upstream backend { server %[3]s; keepalive 256; keepalive_requests 100000000; }
  server {
    listen %[2]s backlog=4096;
    listen %[5]s http2;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    location /l1/ { proxy_pass http://backend; }
    location /l2/ {
      if ($consumer = "") { return 401; }
      limit_req zone=consumers burst=100000 nodelay;
      proxy_set_header Connection ""; # headers that are set here replace those set above
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Consumer $consumer;
      proxy_pass http://backend/;
    }
  }
}
`, b.dir, addr, b.upstreamAddr, m.String(), addr2)
	file := filepath.Join(b.dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return err
	}
	if err := os.Chmod(b.dir, 0o755); err != nil { // its worker has another user
		return err
	}
	p, err := b.spawn(gatewayCore, "nginx", "-c", file, "-p", b.dir)
	if err != nil {
		return err
	}
	b.contestants = append(b.contestants, &contestant{name: "nginx", process: p, base: "http://" + addr, http2: "http://" + addr2})
	return accepts(ctx, addr)
}

// startHAProxy: the same in HAProxy's words.
func (b *bench) startHAProxy(ctx context.Context) error {
	addr, err := freeAddress()
	if err != nil {
		return err
	}
	var m strings.Builder
	for i := range keys {
		fmt.Fprintf(&m, "%s consumer-%d\n", key(i), i)
	}
	mapFile := filepath.Join(b.dir, "haproxy.map")
	if err := os.WriteFile(mapFile, []byte(m.String()), 0o600); err != nil {
		return err
	}
	config := fmt.Sprintf(`global
  nbthread 1
  maxconn 8000
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option http-keep-alive
  http-reuse always
frontend in
  bind %s
  option forwardfor
  acl level2 path_beg /l2/
  http-request set-var(txn.consumer) req.hdr(%s),map(%s) if level2
  http-request deny deny_status 401 if level2 !{ var(txn.consumer) -m found }
  http-request track-sc0 var(txn.consumer) table limits if level2
  http-request deny deny_status 429 if level2 { sc_http_req_rate(0,limits) gt 2000000000 }
  http-request set-header X-Consumer %%[var(txn.consumer)] if level2
  http-request replace-path /l2(/.*) \1 if level2
  default_backend up
backend limits
  stick-table type string size 10k expire 10m store http_req_rate(60s)
backend up
  server a %s
`, addr, keyHeader, mapFile, b.upstreamAddr)
	file := filepath.Join(b.dir, "haproxy.cfg")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return err
	}
	p, err := b.spawn(gatewayCore, "haproxy", "-q", "-db", "-f", file)
	if err != nil {
		return err
	}
	b.contestants = append(b.contestants, &contestant{name: "HAProxy", process: p, base: "http://" + addr})
	return accepts(ctx, addr)
}

// portico is our own contestant.
type portico struct {
	*process
	ready proc.Ready
}

// launch starts a server on free ports with a new data folder and waits until it is ready.
func (b *bench) launch(ctx context.Context, core string, extra ...string) (*portico, error) {
	data, err := os.MkdirTemp(b.dir, "data-")
	if err != nil {
		return nil, err
	}
	ready := filepath.Join(data, "bench-ready.json")
	args := []string{"serve", "--data", data, "--ready-file", ready, "--log-level", "error"}
	for _, l := range []string{"gateway", "console", "scoring", "portal", "storage"} {
		args = append(args, "--"+l+"-addr", "127.0.0.1:0")
	}
	p := &portico{}
	if p.process, err = b.spawn(core, b.binary, append(args, extra...)...); err != nil {
		return nil, err
	}
	for ctx.Err() == nil {
		text, err := os.ReadFile(ready)
		if err == nil {
			return p, json.Unmarshal(text, &p.ready)
		}
		if !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		time.Sleep(5 * time.Millisecond)
	}
	return nil, ctx.Err()
}

func (b *bench) startPortico(ctx context.Context) error {
	p, err := b.launch(ctx, gatewayCore)
	if err != nil {
		return err
	}
	b.portico = p
	if err := p.configure(ctx, b.upstreamAddr); err != nil {
		return err
	}
	b.contestants = append(b.contestants, &contestant{name: "Portico", process: p.process, base: p.ready.Gateway, http2: p.ready.Gateway})
	return nil
}

// configure makes the APIs of both levels, and the consumers.
func (p *portico) configure(ctx context.Context, upstream string) error {
	document := `<policies><inbound><base /><rate-limit calls="2147483647" renewal-period="60" /><set-header name="X-Consumer" exists-action="override"><value>consumer</value></set-header></inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>`
	puts := [][2]string{}
	for level, required := range map[string]bool{"l1": false, "l2": true} {
		service := "http://" + upstream
		if level == "l1" {
			service += "/l1"
		}
		puts = append(puts, [2]string{"/apis/" + level, fmt.Sprintf(`{"properties":{"displayName":%q,"path":%q,"protocols":["http","https"],"subscriptionRequired":%v,"serviceUrl":%q}}`, level, level, required, service)})
		for _, method := range []string{"GET", "POST"} {
			puts = append(puts, [2]string{"/apis/" + level + "/operations/" + strings.ToLower(method), fmt.Sprintf(`{"properties":{"displayName":%q,"method":%q,"urlTemplate":"/*"}}`, method, method)})
		}
	}
	policy, err := json.Marshal(document)
	if err != nil {
		return err
	}
	puts = append(puts, [2]string{"/apis/l2/policies/policy", `{"properties":{"format":"rawxml","value":` + string(policy) + `}}`})
	for i := range keys {
		puts = append(puts, [2]string{fmt.Sprintf("/subscriptions/bench-%d", i), fmt.Sprintf(`{"properties":{"displayName":"bench %d","scope":"/apis/l2","state":"active","primaryKey":%q,"secondaryKey":%q}}`, i, key(i), "second-"+key(i))})
	}
	for _, put := range puts {
		if err := p.put(ctx, put[0], put[1]); err != nil {
			return err
		}
	}
	return nil
}

func (p *portico) put(ctx context.Context, path, body string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, p.ready.Console+p.ready.ServiceID+path+"?api-version=2024-05-01", strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+p.ready.AdminToken)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err == nil && res.StatusCode >= 300 {
		err = fmt.Errorf("PUT %s: %s: %s", path, res.Status, text)
	}
	return err
}

// check makes one call of each kind: the key is enforced, and the right request arrives.
func check(ctx context.Context, c *contestant) error {
	for _, test := range []struct {
		method, path, key, body string
		status                  int
		seen                    string
	}{
		{"GET", "/l1/500", "", "", 200, "/l1/500"},
		{"GET", "/l2/500", "", "", 401, ""},
		{"GET", "/l2/500", "wrong", "", 401, ""},
		{"GET", "/l2/500", key(7), "", 200, "/500 consumer"},
		{"POST", "/l2/score", key(7), "hello", 200, "hello"},
	} {
		req, err := http.NewRequestWithContext(ctx, test.method, c.base+test.path, strings.NewReader(test.body))
		if err != nil {
			return err
		}
		if test.key != "" {
			req.Header.Set(keyHeader, test.key)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		var text bytes.Buffer
		_, err = text.ReadFrom(res.Body)
		_ = res.Body.Close()
		seen := res.Header.Get("X-Seen")
		if test.method == "POST" {
			seen = text.String()
		}
		if err != nil || res.StatusCode != test.status || !strings.HasPrefix(seen, test.seen) {
			return fmt.Errorf("%s %s with key %q: got %d, the upstream saw %q (%v)", test.method, test.path, test.key, res.StatusCode, seen, err)
		}
	}
	return nil
}
