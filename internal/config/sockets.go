package config

import (
	"strconv"
	"strings"
)

// firstSocket is the number of the first socket that systemd hands over (sd_listen_fds(3)).
const firstSocket = 3

// takeSockets finds the sockets that whoever started the process has opened for
// its listeners, by the names that it gave them (FileDescriptorName= of a socket
// unit of systemd). With one socket and no name it is the gateway's.
func (c *Config) takeSockets(environ []string, pid int) {
	value := func(name string) string {
		for _, e := range environ {
			if v, ok := strings.CutPrefix(e, name+"="); ok {
				return v
			}
		}
		return ""
	}
	count, err := strconv.Atoi(value("LISTEN_FDS"))
	if err != nil || value("LISTEN_PID") != strconv.Itoa(pid) {
		return
	}
	names := strings.Split(value("LISTEN_FDNAMES"), ":")
	for i := range count {
		name := ""
		if i < len(names) {
			name = names[i]
		}
		for _, l := range []*Listener{&c.Gateway, &c.Console, &c.Scoring, &c.Portal, &c.Storage} {
			if l.Name == name || l == &c.Gateway && count == 1 {
				l.Socket = firstSocket + i
				break
			}
		}
	}
}
