package policy

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
)

func TestHeaders(t *testing.T) {
	h := Headers{{"A", "1"}, {"b", "2"}, {"a", "3"}, {"C", "4"}}
	if h.Get("a") != "1" || h.Get("B") != "2" || h.Get("none") != "" || !h.Has("c") || h.Has("cc") || !reflect.DeepEqual(h.Values("a"), []string{"1", "3"}) {
		t.Errorf("look-ups in %v", h)
	}
	h.Set("A", "5")
	if want := (Headers{{"A", "5"}, {"b", "2"}, {"C", "4"}}); !reflect.DeepEqual(h, want) {
		t.Errorf("after Set %v", h)
	}
	h.Set("new", "6")
	h.Add("NEW", "7")
	h.Del("b")
	if want := (Headers{{"A", "5"}, {"C", "4"}, {"new", "6"}, {"NEW", "7"}}); !reflect.DeepEqual(h, want) {
		t.Errorf("after Set, Add and Del %v", h)
	}
}

// source is a stream that tells whether it was closed.
type source struct {
	io.Reader
	closed bool
}

func (s *source) Close() error {
	s.closed = true
	return nil
}

func TestBody(t *testing.T) {
	long := strings.Repeat("x", 3*exactBody)
	for name, test := range map[string]struct {
		text   string
		length int64
		limit  int64
		err    error
	}{
		"known":             {"hello", 5, 100, nil},
		"at the limit":      {"hello", 5, 5, nil},
		"over":              {"hello", 5, 4, ErrBodyTooLarge},
		"unknown":           {"hello", -1, 5, nil},
		"unknown, over":     {"hello", -1, 4, ErrBodyTooLarge},
		"long":              {long, int64(len(long)), 1 << 20, nil},
		"shorter than said": {"hell", 5, 100, io.ErrUnexpectedEOF},
		"empty":             {"", 0, 0, nil},
	} {
		s := &source{Reader: strings.NewReader(test.text)}
		b := StreamBody(s, test.length)
		if b.Len() != test.length {
			t.Errorf("%s: length %d", name, b.Len())
		}
		got, err := b.Bytes(test.limit)
		if !errors.Is(err, test.err) || test.err == nil && string(got) != test.text {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		if err != nil {
			continue
		}
		again, _ := b.Bytes(test.limit)
		read, _ := io.ReadAll(b.Reader())
		if _, ok := b.InMemory(); !s.closed || !ok || string(again) != test.text || string(read) != test.text || b.Len() != int64(len(test.text)) {
			t.Errorf("%s: a body that was read must stay", name)
		}
	}
}
