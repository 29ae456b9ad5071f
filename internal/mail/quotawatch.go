package mail

import (
	"context"
	"log/slog"
	"time"
)

// maxNear bounds the quotas that wait to be told of.
const maxNear = 256

// QuotaWatch tells of quotas that are nearly used up, beside the calls that use them.
type QuotaWatch struct {
	events Events
	now    func() time.Time
	log    *slog.Logger
	near   chan nearQuota
}

type nearQuota struct {
	subscription string
	percent      int
	next         time.Time
}

// NewQuotaWatch makes a QuotaWatch; Run must run.
func NewQuotaWatch(e Events, now func() time.Time, log *slog.Logger) *QuotaWatch {
	return &QuotaWatch{events: e, now: now, log: log, near: make(chan nearQuota, maxNear)}
}

// Near implements policy.QuotaWatch. What is too much at once is logged and told nobody.
func (w *QuotaWatch) Near(subscription string, percent int, resets time.Duration) {
	select {
	case w.near <- nearQuota{subscription, percent, w.now().Add(resets)}:
	default:
		w.log.Warn("nobody is told that a quota is nearly used up: too many are at once", "subscription", subscription, "percent", percent)
	}
}

// Run stores messages until ctx ends.
func (w *QuotaWatch) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case n := <-w.near:
			if err := w.tell(ctx, n); err != nil {
				w.log.Warn("nobody is told that a quota is nearly used up", "subscription", n.subscription, "error", err)
			}
		}
	}
}

func (w *QuotaWatch) tell(ctx context.Context, n nearQuota) error {
	messages, err := w.events.QuotaNear(ctx, n.subscription, n.percent, n.next)
	if err != nil {
		return err
	}
	_, err = w.events.Records.Apply(ctx, messages...)
	return err
}
