package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// server is a process under measurement.
type server struct {
	cmd   *exec.Cmd
	ready readyFile
	took  time.Duration // from exec to ready
}

// readyFile is what the bench needs of portico's ready file.
type readyFile struct {
	Gateway    string `json:"gateway"`
	Console    string `json:"console"`
	Scoring    string `json:"scoring"`
	ServiceID  string `json:"serviceId"`
	AdminToken string `json:"adminToken"`
	Demo       struct {
		Workspace       string `json:"workspace"`
		Service         string `json:"service"`
		APIKey          string `json:"apiKey"`
		SubscriptionKey string `json:"subscriptionKey"`
		APIPath         string `json:"apiPath"`
	} `json:"demo"`
}

// startPortico starts a server on free ports with a new data folder and waits until it is ready.
func startPortico(ctx context.Context, binary, dir string, extra ...string) (*server, error) {
	data, err := os.MkdirTemp(dir, "data-")
	if err != nil {
		return nil, err
	}
	return startOn(ctx, binary, data, extra...)
}

// startOn starts a server on free ports over a data folder and waits until it is ready.
func startOn(ctx context.Context, binary, data string, extra ...string) (*server, error) {
	ready := filepath.Join(data, "bench-ready.json")
	args := []string{"serve", "--data", data, "--ready-file", ready, "--log-level", "error"}
	for _, l := range []string{"gateway", "console", "scoring", "portal", "storage"} {
		args = append(args, "--"+l+"-addr", "127.0.0.1:0")
	}
	s := &server{cmd: exec.CommandContext(ctx, binary, append(args, extra...)...)}
	s.cmd.Stderr = os.Stderr
	begin := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for ctx.Err() == nil {
		b, err := os.ReadFile(ready)
		if err == nil {
			s.took = time.Since(begin)
			return s, json.Unmarshal(b, &s.ready)
		}
		if !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		time.Sleep(time.Millisecond)
	}
	return nil, ctx.Err()
}

func (s *server) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return s.cmd.Wait()
}

// cpu is the user and system time that the process has used.
func (s *server) cpu() (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, after, ok := strings.Cut(string(b), ") ")
	fields := strings.Fields(after)
	if !ok || len(fields) < 13 {
		return 0, errors.New("/proc/PID/stat has another form than expected")
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	if err != nil {
		return 0, err
	}
	const tick = 10 * time.Millisecond // USER_HZ is 100 on every Linux that Go runs on
	return time.Duration(user+system) * tick, nil
}
