package script

import (
	"bytes"
	"fmt"
	"strings"
)

// output keeps the first most bytes that are written to it, and counts the rest.
type output struct {
	kept bytes.Buffer
	lost int
	most int
}

func (t *output) Write(b []byte) (int, error) {
	n := min(len(b), t.most-t.kept.Len())
	t.kept.Write(b[:n])
	t.lost += len(b) - n
	return len(b), nil
}

func (t *output) String() string {
	s := strings.ToValidUTF8(t.kept.String(), "\ufffd")
	if t.lost > 0 {
		s += fmt.Sprintf("\n… and %d more bytes.", t.lost)
	}
	return s
}
