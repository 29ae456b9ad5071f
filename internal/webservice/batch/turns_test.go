package batch

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
)

// TestTurns holds that no more jobs compute at once than there are places, and that they come in the order in which they asked.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		places := newTurns(1)
		first := turn{turns: places}
		if err := first.take(t.Context()); err != nil {
			t.Fatal(err)
		}
		came := make(chan int, 3)
		for i := range 3 {
			go func() {
				next := turn{turns: places}
				if err := next.take(t.Context()); err != nil {
					t.Error(err)
				}
				came <- i
				next.give()
			}()
			synctest.Wait()
		}
		if len(came) != 0 {
			t.Errorf("%d computed besides the one that has the place", len(came))
		}
		first.give()
		first.give() // a second time changes nothing
		for want := range 3 {
			if got := <-came; got != want {
				t.Errorf("%d came where it was %d's turn", got, want)
			}
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		if err := first.take(t.Context()); err != nil {
			t.Fatal(err)
		}
		cancel(errCancelled)
		cancelled := turn{turns: places}
		if err := cancelled.take(ctx); !errors.Is(err, errCancelled) || cancelled.held {
			t.Errorf("a cancelled wait gave %v, held %v", err, cancelled.held)
		}
	})
}

// TestWaitingForBytesHoldsNoTurn holds that others compute while an account lets a job wait.
func TestWaitingForBytesHoldsNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow, account := io.Pipe()
		places := newTurns(1)
		reading, other := turn{turns: places}, turn{turns: places}
		if err := reading.take(t.Context()); err != nil {
			t.Fatal(err)
		}
		read := make(chan error)
		go func() {
			_, err := yielding{Reader: slow, turn: &reading, ctx: t.Context()}.Read(make([]byte, 1))
			read <- err
		}()
		synctest.Wait()
		if err := other.take(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := account.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		select {
		case err := <-read:
			t.Errorf("the job went on without its turn: %v", err)
		default:
		}
		other.give()
		if err := <-read; err != nil || !reading.held {
			t.Errorf("got %v, held %v", err, reading.held)
		}
	})
}
