package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// soak is mixed traffic with faults and changes of the configuration for a long
// time: what must succeed does, each answer belongs to its request, and memory stays.
type soak struct {
	bench  *bench
	base   string
	steady atomic.Int64
	faulty atomic.Int64
	cut    atomic.Int64
	change atomic.Int64

	mu     sync.Mutex
	errors []string
	rss    []sample
}

type sample struct {
	at  time.Duration
	rss int64
}

// maxErrors is how many unexpected errors are kept to be shown.
const maxErrors = 20

func runSoak(ctx context.Context, o options, dir string, length time.Duration) (err error) {
	b := &bench{options: o, dir: dir}
	defer func() { err = errors.Join(err, b.stop()) }()
	faulty, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer func() { _ = faulty.Close() }()
	var serving sync.WaitGroup
	serving.Go(func() { serveFaulty(faulty) })
	if b.portico, err = b.launch(ctx, ""); err != nil {
		return err
	}
	s := &soak{bench: b, base: b.portico.ready.Gateway + "/soak"}
	if err := s.configure(ctx, faulty.Addr().String()); err != nil {
		return err
	}
	running, stop := context.WithTimeout(ctx, length)
	defer stop()
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() { s.each(running, 3*time.Millisecond, s.steadyCall) })
	}
	for range 2 {
		workers.Go(func() { s.each(running, 20*time.Millisecond, s.faultyCall) })
		workers.Go(func() { s.each(running, 20*time.Millisecond, s.cutCall) })
	}
	workers.Go(func() { s.each(running, time.Second, s.changeOne) })
	workers.Go(func() { s.watch(running) })
	workers.Wait()
	_ = faulty.Close()
	reported := s.report(length)
	if err := b.stop(); err != nil { // or the connections that it keeps are waited for
		return err
	}
	serving.Wait()
	return reported
}

func (s *soak) configure(ctx context.Context, upstream string) error {
	p := s.bench.portico
	puts := [][2]string{{"/apis/soak", fmt.Sprintf(`{"properties":{"displayName":"soak","path":"soak","protocols":["http"],"subscriptionRequired":false,"serviceUrl":"http://%s"}}`, upstream)}}
	for _, m := range []string{"GET", "POST"} {
		puts = append(puts, [2]string{"/apis/soak/operations/" + strings.ToLower(m), fmt.Sprintf(`{"properties":{"displayName":%q,"method":%q,"urlTemplate":"/*"}}`, m, m)})
	}
	for _, put := range puts {
		if err := p.put(ctx, put[0], put[1]); err != nil {
			return err
		}
	}
	return nil
}

func (s *soak) each(ctx context.Context, pause time.Duration, fn func(context.Context, int64)) {
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for n := int64(0); ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			fn(ctx, n)
		}
	}
}

// unexpected keeps an error that should not be.
func (s *soak) unexpected(ctx context.Context, format string, args ...any) {
	if ctx.Err() != nil {
		return // the end of the run cuts calls
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.errors) < maxErrors {
		s.errors = append(s.errors, time.Now().Format("15:04:05 ")+fmt.Sprintf(format, args...))
	}
}

// call makes a call and gives status, id and body of the answer.
func call(ctx context.Context, method, url, id string, body io.Reader) (status int, seen string, text []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return 0, "", nil, err
	}
	req.Header.Set("X-Id", id)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", nil, err
	}
	text, err = io.ReadAll(res.Body)
	_ = res.Body.Close()
	return res.StatusCode, res.Header.Get("X-Id"), text, err
}

// steadyCall must succeed, and its answer be its own.
func (s *soak) steadyCall(ctx context.Context, _ int64) {
	s.steady.Add(1)
	id := strconv.FormatUint(rand.Uint64(), 36)
	method, body := "GET", io.Reader(nil)
	want := ""
	if rand.IntN(2) == 0 {
		method, want = "POST", strings.Repeat(id+"-", rand.IntN(1+rand.IntN(4000)))
		body = strings.NewReader(want)
		if rand.IntN(3) == 0 {
			body = io.MultiReader(body) // chunked
		}
	}
	status, seen, text, err := call(ctx, method, s.base+"/fine/"+id, id, body)
	switch {
	case err != nil || status != 200:
		s.unexpected(ctx, "%s: %d, %v", method, status, err)
	case seen != id || method == "POST" && string(text) != want:
		s.unexpected(ctx, "%s: the answer belongs to %q, not %q (%d bytes)", method, seen, id, len(text))
	}
}

var faults = []string{"reset", "cut", "short", "garbage", "twice", "endless", "slow", "close"}

// faultyCall may fail, but never with another call's answer.
func (s *soak) faultyCall(ctx context.Context, n int64) {
	s.faulty.Add(1)
	id := strconv.FormatUint(rand.Uint64(), 36)
	fault := faults[n%int64(len(faults))]
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	status, seen, _, err := call(ctx, "GET", s.base+"/"+fault+"/"+id, id, nil)
	if err == nil && status == 200 && seen != id {
		s.unexpected(ctx, "%s: the answer belongs to %q, not %q", fault, seen, id)
	}
}

// cutCall sends part of a request and goes away, sometimes with a reset.
func (s *soak) cutCall(ctx context.Context, n int64) {
	s.cut.Add(1)
	c, err := net.Dial("tcp", strings.TrimPrefix(s.bench.portico.ready.Gateway, "http://"))
	if err != nil {
		s.unexpected(ctx, "connect: %v", err)
		return
	}
	request := "POST /soak/fine/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n" + strings.Repeat("x", 1024) + "\r\n0\r\n\r\n"
	_, _ = io.WriteString(c, request[:rand.IntN(len(request))])
	if n%2 == 0 {
		_ = c.(*net.TCPConn).SetLinger(0)
	}
	_ = c.Close()
}

// changeOne changes the policies of the API that is called.
func (s *soak) changeOne(ctx context.Context, n int64) {
	s.change.Add(1)
	document := fmt.Sprintf(`{"properties":{"format":"rawxml","value":"<policies><inbound><base /><set-header name=\"X-Change\"><value>%d</value></set-header></inbound></policies>"}}`, n)
	if err := s.bench.portico.put(ctx, "/apis/soak/policies/policy", document); err != nil {
		s.unexpected(ctx, "change %d: %v", n, err)
	}
}

func (s *soak) watch(ctx context.Context) {
	begin := time.Now()
	s.each(ctx, 5*time.Second, func(ctx context.Context, _ int64) {
		rss, err := s.bench.portico.rss()
		if err != nil {
			s.unexpected(ctx, "memory: %v", err)
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.rss = append(s.rss, sample{time.Since(begin), rss})
	})
}

// mean is the mean memory between two moments, in bytes.
func (s *soak) mean(from, to time.Duration) float64 {
	total, n := 0.0, 0
	for _, r := range s.rss {
		if r.at >= from && r.at < to {
			total += float64(r.rss)
			n++
		}
	}
	return total / float64(max(1, n))
}

// growthAllowed is how much more memory the end may take than the beginning.
const growthAllowed = 1.05

func (s *soak) report(length time.Duration) error {
	early, late := s.mean(length/6, length/2), s.mean(length-length/3, length)
	fmt.Printf("\n%s of mixed traffic: %d calls that must succeed, %d to faults of the backend, %d that clients cut, %d changes\n", length, s.steady.Load(), s.faulty.Load(), s.cut.Load(), s.change.Load())
	fmt.Printf("unexpected errors: %d\n", len(s.errors))
	for _, e := range s.errors {
		fmt.Println("  " + e)
	}
	fmt.Printf("memory: %.1f MB from 1/6 to 1/2 of the time, %.1f MB in the last third: %.3f times (aim ≤ %.2f)\n", early/1e6, late/1e6, late/early, growthAllowed)
	if len(s.errors) > 0 || late > growthAllowed*early {
		return errors.New("the soak did not hold")
	}
	return nil
}

// serveFaulty answers as the first segment of a path says.
func serveFaulty(l net.Listener) {
	var conns sync.WaitGroup
	defer conns.Wait()
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		conns.Go(func() {
			defer func() { _ = c.Close() }()
			_ = c.SetDeadline(time.Now().Add(time.Hour))
			for r := bufio.NewReader(c); ; {
				if !answerFaulty(c, r) {
					return
				}
			}
		})
	}
}

// answerFaulty answers one request, and tells whether the connection goes on.
func answerFaulty(c net.Conn, r *bufio.Reader) bool {
	q, err := http.ReadRequest(r)
	if err != nil {
		return false
	}
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return false
	}
	head := "HTTP/1.1 200 OK\r\nX-Id: " + q.Header.Get("X-Id") + "\r\n"
	whole := fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(body), body)
	fault, _, _ := strings.Cut(strings.TrimPrefix(q.URL.Path, "/"), "/")
	switch fault {
	case "reset":
		_, _ = io.WriteString(c, whole[:len(whole)/2])
		_ = c.(*net.TCPConn).SetLinger(0)
		return false
	case "cut":
		_, _ = io.WriteString(c, head+"Content-Length: 100000\r\n\r\nabc")
		return false
	case "short":
		_, _ = io.WriteString(c, head+"Content-Length: 1\r\n\r\nabc")
		return true
	case "garbage":
		_, _ = io.WriteString(c, "garbage\n\n")
		return false
	case "twice":
		_, err = io.WriteString(c, whole+whole)
		return err == nil
	case "endless":
		_, _ = io.WriteString(c, head+"X-Long: "+strings.Repeat("x", 300<<10))
		return false
	case "slow":
		for i := 0; i < len(whole); i++ {
			if _, err := io.WriteString(c, whole[i:i+1]); err != nil {
				return false
			}
			time.Sleep(50 * time.Millisecond)
		}
		return true
	case "close":
		return false
	}
	_, err = io.WriteString(c, whole)
	return err == nil
}
