//go:build !unix

package postgrestest

import (
	"errors"
	"os/exec"
)

func asServer(*exec.Cmd, string) error {
	return errors.New("PostgreSQL's tests run on Unix only")
}

func (s *Server) stop() error { return s.cmd.Process.Kill() }
