package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"portico/internal/limit"
)

// Quotas is the store of quota reservations.
func (s *Store) Quotas() limit.Store { return (*quotas)(s) }

type quotas Store

func (q *quotas) Reserve(ctx context.Context, r limit.Reservation) error {
	start, end := r.PeriodStart.UnixNano(), int64(0)
	if r.Period > 0 {
		end = start + int64(r.Period)
	}
	return (*Store)(q).inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO quota_reservation (key, period_start, period, period_end, up_to) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (key) DO UPDATE SET period_start = excluded.period_start, period = excluded.period, period_end = excluded.period_end, up_to = excluded.up_to`,
			r.Key, start, int64(r.Period), end, r.UpTo)
		if err != nil {
			return storageFault(err, "reserve a quota")
		}
		return nil
	})
}

func (q *quotas) Load(ctx context.Context, key string) (limit.Reservation, bool, error) {
	r := limit.Reservation{Key: key}
	var start, period int64
	err := q.read.QueryRowContext(ctx, "SELECT period_start, period, up_to FROM quota_reservation WHERE key = $1", key).Scan(&start, &period, &r.UpTo)
	if errors.Is(err, sql.ErrNoRows) {
		return limit.Reservation{}, false, nil
	}
	if err != nil {
		return limit.Reservation{}, false, storageFault(err, "read a quota")
	}
	r.PeriodStart, r.Period = time.Unix(0, start).UTC(), time.Duration(period)
	return r, true, nil
}

func (q *quotas) Prune(ctx context.Context, before time.Time) error {
	return (*Store)(q).inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM quota_reservation WHERE period_end > 0 AND period_end < $1", before.UnixNano())
		if err != nil {
			return storageFault(err, "forget old quota periods")
		}
		return nil
	})
}
