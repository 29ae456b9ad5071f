package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"portico/bench/process"
)

// server is a process under measurement.
type server struct {
	cmd   *exec.Cmd
	ready process.Ready
	took  time.Duration // from exec to ready
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
func (s *server) cpu() (time.Duration, error) { return process.CPU(s.cmd.Process.Pid) }

// cpuOf is what the process used while do ran.
func (s *server) cpuOf(do func() error) (time.Duration, error) {
	before, err := s.cpu()
	if err == nil {
		err = do()
	}
	if err != nil {
		return 0, err
	}
	after, err := s.cpu()
	return after - before, err
}

// peak is the most memory that the process has held so far, in bytes.
func (s *server) peak() (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, after, ok := strings.Cut(string(b), "VmHWM:")
	fields := strings.Fields(after)
	if !ok || len(fields) < 2 {
		return 0, errors.New("/proc/PID/status has no VmHWM")
	}
	kb, err := strconv.ParseInt(fields[0], 10, 64)
	return kb << 10, err
}

// jobs is the address of batch execution of the demo's service; path is what follows.
func (s *server) jobs(path string) string {
	d := s.ready.Demo
	return fmt.Sprintf("%s/workspaces/%s/services/%s/jobs%s?api-version=2.0", s.ready.Scoring, d.Workspace, d.Service, path)
}

// submit makes a job from one blob to another, and gives its id.
func (s *server) submit(ctx context.Context, input, output string) (string, error) {
	id, err := send(ctx, http.MethodPost, s.jobs(""), fmt.Sprintf(`{"Input":{"ConnectionString":%q,"RelativeLocation":%q},"Outputs":{"output1":{"ConnectionString":%q,"RelativeLocation":%q}}}`,
		s.ready.Storage, input, s.ready.Storage, output), s.ready.Demo.APIKey)
	return strings.Trim(id, `"`), err
}

// finish starts a job and waits for its end.
func (s *server) finish(ctx context.Context, id string) error {
	if _, err := send(ctx, http.MethodPost, s.jobs("/"+id+"/start"), "", s.ready.Demo.APIKey); err != nil {
		return err
	}
	for ctx.Err() == nil {
		status, err := send(ctx, http.MethodGet, s.jobs("/"+id), "", s.ready.Demo.APIKey)
		if err != nil {
			return err
		}
		if strings.Contains(status, `"Finished"`) {
			return nil
		}
		if !strings.Contains(status, `"Running"`) {
			return fmt.Errorf("the job ended otherwise: %s", status)
		}
		time.Sleep(20 * time.Millisecond)
	}
	return ctx.Err()
}
