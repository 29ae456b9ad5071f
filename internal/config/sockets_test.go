package config

import (
	"fmt"
	"testing"
)

func TestSockets(t *testing.T) {
	for name, test := range map[string]struct {
		environ []string
		want    string // of gateway, console, scoring, portal, storage
	}{
		"none":             {nil, "0 0 0 0 0"},
		"one without name": {[]string{"LISTEN_PID=7", "LISTEN_FDS=1"}, "3 0 0 0 0"},
		"named":            {[]string{"LISTEN_PID=7", "LISTEN_FDS=3", "LISTEN_FDNAMES=portal:gateway:unknown"}, "4 0 0 3 0"},
		"another process":  {[]string{"LISTEN_PID=8", "LISTEN_FDS=1"}, "0 0 0 0 0"},
		"no number":        {[]string{"LISTEN_PID=7", "LISTEN_FDS=x"}, "0 0 0 0 0"},
	} {
		c := &Config{Gateway: Listener{Name: "gateway"}, Console: Listener{Name: "console"}, Scoring: Listener{Name: "scoring"}, Portal: Listener{Name: "portal"}, Storage: Listener{Name: "storage"}}
		c.takeSockets(test.environ, 7)
		if got := fmt.Sprint(c.Gateway.Socket, c.Console.Socket, c.Scoring.Socket, c.Portal.Socket, c.Storage.Socket); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}
