package gateway

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
	"time"
)

// frame makes a frame of HTTP/2.
func frame(kind, flags byte, payload ...byte) []byte {
	n := len(payload)
	return append([]byte{byte(n >> 16), byte(n >> 8), byte(n), kind, flags, 0, 0, 0, 1}, payload...)
}

// guarded gives what the guard lets through of bytes that come in pieces.
func guarded(pieces ...[]byte) ([]byte, error) {
	now := time.Unix(1, 0)
	g := newFrameGuard(now)
	var out []byte
	for _, p := range pieces {
		p = bytes.Clone(p)
		n, err := g.pass(p, now)
		if err != nil {
			return out, err
		}
		out = append(append(out, p[:n]...), g.pending...)
		g.pending = nil
	}
	return out, nil
}

var http2Preface = []byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

func TestFramesPassAsTheyAre(t *testing.T) {
	whole := bytes.Clone(http2Preface)
	for i := range 40 {
		kind := byte(i % 10)
		if kind == frameSettings {
			kind = frameData // TestTheLastOfASettingCounts has those
		}
		whole = append(whole, frame(kind, byte(i), make([]byte, i*7)...)...)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var pieces [][]byte
		for rest := whole; len(rest) > 0; {
			n := 1 + random.IntN(min(len(rest), 60))
			pieces = append(pieces, rest[:n])
			rest = rest[n:]
		}
		if got, err := guarded(pieces...); err != nil || !bytes.Equal(got, whole) {
			t.Fatalf("%d of %d bytes passed, %v", len(got), len(whole), err)
		}
	}
}

func TestTheLastOfASettingCounts(t *testing.T) {
	setting := func(id, value byte) []byte { return []byte{0, id, 0, 0, 0, value} }
	twice := append(append(setting(4, 100), setting(3, 7)...), setting(4, 1)...)
	once := append(setting(3, 7), setting(4, 1)...)
	in := append(append(bytes.Clone(http2Preface), frame(frameSettings, 0, twice...)...), frame(frameData, 0, 1, 2)...)
	want := append(append(bytes.Clone(http2Preface), frame(frameSettings, 0, once...)...), frame(frameData, 0, 1, 2)...)
	for cut := range len(in) {
		if got, err := guarded(in[:cut], in[cut:]); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("cut at %d: %v, %v", cut, got, err)
		}
	}
}

func TestFloodsOfFrames(t *testing.T) {
	for name, test := range map[string]struct {
		one   []byte
		fine  int
		flood int
	}{
		"RST_STREAM":   {frame(frameReset, 0, 0, 0, 0, 8), resetBurst, resetBurst + 1},
		"PING":         {frame(framePing, 0, make([]byte, 8)...), controlBurst, controlBurst + 1},
		"SETTINGS":     {frame(frameSettings, 0), controlBurst, controlBurst + 1},
		"PRIORITY":     {frame(framePriority, 0, make([]byte, 5)...), controlBurst, controlBurst + 1},
		"empty DATA":   {frame(frameData, 0), controlBurst, controlBurst + 1},
		"CONTINUATION": {frame(frameContinuation, 0, 1), maxContinuations, maxContinuations + 1},
	} {
		if _, err := guarded(http2Preface, bytes.Repeat(test.one, test.fine)); err != nil {
			t.Errorf("%d of %s: %v", test.fine, name, err)
		}
		if _, err := guarded(http2Preface, bytes.Repeat(test.one, test.flood)); !errors.Is(err, errFrames) {
			t.Errorf("%d of %s: %v", test.flood, name, err)
		}
	}
	g := newFrameGuard(time.Unix(0, 0))
	g.skip = 0
	for second := range int64(1000) {
		for range resetRate {
			if _, err := g.pass(frame(frameReset, 0, 0, 0, 0, 8), time.Unix(second, 0)); err != nil {
				t.Fatalf("%d resets a second: %v", resetRate, err)
			}
			g.pending = nil
		}
	}
}
