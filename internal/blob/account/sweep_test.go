package account_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"portico/internal/blob/account"
)

// running runs the sweeper until the function it gives.
func (s *shelf) running() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Account.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			s.Error(err)
		}
	}
}

func TestStaleBlocksGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fresh(t)
		stop := s.running()
		defer stop()
		s.putBlocks("whole", "one,", "two")
		s.must(s.PutBlock(t.Context(), "data", "b", "AAAA", strings.NewReader("first")))
		time.Sleep(6 * 24 * time.Hour)
		s.must(s.PutBlock(t.Context(), "data", "b", "BAAA", strings.NewReader("second")))
		time.Sleep(6 * 24 * time.Hour)
		s.wantFiles("six days after the latest block", 4)
		time.Sleep(2 * 24 * time.Hour)
		s.wantFiles("eight days after it", 2)
		if got := s.get("whole"); got != "one,two" {
			t.Errorf("the committed blob has %q", got)
		}
	})
}

func TestRemovedContainersAreSwept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fresh(t)
		stop := s.running()
		defer stop()
		s.putBlocks("a", "one,", "two")
		s.must(s.PutBlock(t.Context(), "data", "waits", "AAAA", strings.NewReader("x")))
		r, _, err := s.Open(t.Context(), "data", "a")
		s.must(err)
		s.must(s.RemoveContainer(t.Context(), "data", func(account.Container) error { return nil }))
		s.must(s.EnsureContainer(t.Context(), "data")) // the name is free at once
		s.put("a", "new")
		time.Sleep(time.Second)
		content, err := io.ReadAll(r)
		s.must(errors.Join(err, r.Close()))
		if string(content) != "one,two" {
			t.Errorf("the reader got %q", content)
		}
		s.wantFiles("after the reader", 1)
		if got := s.get("a"); got != "new" {
			t.Errorf("the new blob has %q", got)
		}
	})
}

func TestContentsOfADeadProcessAreSwept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fresh(t)
		s.put("kept", "content")
		for _, key := range []string{"account/00/000000000000000000000000000000", "account/no/contents", "datasets/others"} {
			_, err := s.contents.Put(t.Context(), key, strings.NewReader("x"))
			s.must(err)
		}
		w := s.Create(t.Context(), "data", "being-written", account.Properties{})
		_, err := io.WriteString(w, "half")
		s.must(err)
		stop := s.running()
		time.Sleep(time.Second)
		stop()
		s.must(w.Close())
		s.wantFiles("only the orphan is gone", 4)
		if s.get("kept") != "content" || s.get("being-written") != "half" {
			t.Error("a blob lost its contents")
		}
	})
}

// lostAnswer is an index whose commit takes effect, and whose answer is lost.
type lostAnswer struct {
	account.Index
	err error
}

func (x *lostAnswer) ReplaceBlob(ctx context.Context, container, name string, replace func(*account.Blob, []account.Block, []account.Block) (account.Blob, []account.Block, error)) (account.Blob, []string, error) {
	b, unwanted, err := x.Index.ReplaceBlob(ctx, container, name, replace)
	return b, unwanted, errors.Join(err, x.err)
}

func TestContentsOfADoubtfulCommitStay(t *testing.T) {
	lost := errors.New("the connection broke")
	s := open(t, t.TempDir(), t.TempDir(), func(c *account.Config) { c.Index = &lostAnswer{Index: c.Index, err: lost} })
	s.must(s.EnsureContainer(t.Context(), "data"))
	_, err := s.PutBlob(t.Context(), "data", "a", strings.NewReader("content"), &account.Properties{}, account.Anyway)
	if !errors.Is(err, lost) {
		t.Errorf("got %v", err)
	}
	if got := s.get("a"); got != "content" {
		t.Errorf("the blob has %q", got)
	}
}
