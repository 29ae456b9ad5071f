package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"portico/internal/usage"
)

// Usage is the store of call roll-ups.
func (s *Store) Usage() usage.Store { return (*usageStore)(s) }

type usageStore Store

const (
	usageKey  = "start, listener, api, operation, product, subscription, caller"
	usageSums = "success, blocked, failed, other, bandwidth, cache_hits, cache_misses, time_count, time_sum, backend_count, backend_sum"
	usageEnds = "time_min, time_max, backend_min, backend_max"
)

// addUsage adds a roll-up to the one that is kept, if any. A count of 0 says
// that the minimum and maximum beside it mean nothing.
var addUsage = func() string {
	var set []string
	for _, c := range strings.Split(usageSums, ", ") {
		set = append(set, fmt.Sprintf("%[1]s = usage_rollup.%[1]s + excluded.%[1]s", c))
	}
	for _, t := range []string{"time", "backend"} {
		for _, end := range [][2]string{{"min", "<"}, {"max", ">"}} {
			set = append(set, fmt.Sprintf(`%[1]s_%[2]s = CASE WHEN excluded.%[1]s_count > 0 AND (usage_rollup.%[1]s_count = 0 OR excluded.%[1]s_%[2]s %[3]s usage_rollup.%[1]s_%[2]s)
				THEN excluded.%[1]s_%[2]s ELSE usage_rollup.%[1]s_%[2]s END`, t, end[0], end[1]))
		}
	}
	columns := usageKey + ", " + usageSums + ", " + usageEnds
	return "INSERT INTO usage_rollup (" + columns + ") VALUES (" + placeholders(1, strings.Count(columns, ",")+1) + ") ON CONFLICT (" + usageKey + ") DO UPDATE SET " + strings.Join(set, ", ")
}()

// placeholders gives n of them from a number on: "$1, $2".
func placeholders(first, n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("$%d", first+i)
	}
	return strings.Join(all, ", ")
}

func (u *usageStore) AddUsage(ctx context.Context, rollups []usage.Rollup, mark usage.Mark) error {
	return (*Store)(u).inTx(ctx, func(tx *sql.Tx) error {
		add, err := tx.PrepareContext(ctx, addUsage)
		if err != nil {
			return storageFault(err, "add usage")
		}
		defer func() { _ = add.Close() }() // the transaction's end closes it too
		for i := range rollups {
			r := &rollups[i]
			_, err := add.ExecContext(ctx, r.Start.UnixNano(), r.Listener, r.API, r.Operation, r.Product, r.Subscription, r.User,
				r.Success, r.Blocked, r.Failed, r.Other, r.Bandwidth, r.CacheHits, r.CacheMisses,
				r.Time.Count, r.Time.Sum, r.Backend.Count, r.Backend.Sum, r.Time.Min, r.Time.Max, r.Backend.Min, r.Backend.Max)
			if err != nil {
				return storageFault(err, "add usage")
			}
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO usage_mark (id, segment, place) VALUES (1, $1, $2) ON CONFLICT (id) DO UPDATE SET segment = excluded.segment, place = excluded.place",
			int64(mark.Segment), mark.Offset)
		if err != nil {
			return storageFault(err, "mark usage")
		}
		return nil
	})
}

func (u *usageStore) UsageMark(ctx context.Context) (usage.Mark, error) {
	var segment int64
	var m usage.Mark
	err := u.read.QueryRowContext(ctx, "SELECT segment, place FROM usage_mark WHERE id = 1").Scan(&segment, &m.Offset)
	if errors.Is(err, sql.ErrNoRows) {
		return usage.Mark{}, nil
	}
	if err != nil {
		return usage.Mark{}, storageFault(err, "read the usage mark")
	}
	m.Segment = uint64(segment)
	return m, nil
}

// lineColumns are the key columns that the roll-ups of one line share.
var lineColumns = map[usage.By]string{
	usage.ByTime: "start", usage.ByAPI: "api", usage.ByOperation: "api, operation", usage.ByProduct: "product",
	usage.BySubscription: "product, subscription, caller", usage.ByUser: "caller",
}

func (u *usageStore) Usage(ctx context.Context, q usage.Query) (out []usage.Rollup, err error) {
	query, args := usageQuery(q)
	rows, err := u.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, storageFault(err, "report usage")
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r usage.Rollup
		var start int64
		err := rows.Scan(&start, &r.Listener, &r.API, &r.Operation, &r.Product, &r.Subscription, &r.User,
			&r.Success, &r.Blocked, &r.Failed, &r.Other, &r.Bandwidth, &r.CacheHits, &r.CacheMisses,
			&r.Time.Count, &r.Time.Sum, &r.Backend.Count, &r.Backend.Sum, &r.Time.Min, &r.Time.Max, &r.Backend.Min, &r.Backend.Max)
		if err != nil {
			return nil, storageFault(err, "report usage")
		}
		r.Start = time.Unix(0, start).UTC()
		out = append(out, r)
	}
	return out, rows.Err()
}

// usageQuery sums in SQL what the query puts on one line.
func usageQuery(q usage.Query) (query string, args []any) {
	group := lineColumns[q.By]
	var columns []string
	for _, c := range strings.Split(usageKey, ", ") {
		switch {
		case strings.Contains(", "+group+",", ", "+c+","):
			columns = append(columns, c)
		case c == "start":
			columns = append(columns, "0")
		default:
			columns = append(columns, "''")
		}
	}
	for _, c := range strings.Split(usageSums, ", ") {
		columns = append(columns, "CAST(SUM("+c+") AS BIGINT)")
	}
	for _, t := range []string{"time", "backend"} {
		columns = append(columns, fmt.Sprintf("COALESCE(MIN(CASE WHEN %[1]s_count > 0 THEN %[1]s_min END), 0), MAX(%[1]s_max)", t))
	}
	var where []string
	add := func(condition string, v any) {
		args = append(args, v)
		where = append(where, fmt.Sprintf(condition, len(args)))
	}
	if !q.From.IsZero() {
		add("start >= $%d", q.From.UnixNano())
	}
	if !q.To.IsZero() {
		add("start < $%d", q.To.UnixNano())
	}
	f := q.Filter
	for _, wanted := range [][2]string{{"listener", f.Listener}, {"api", f.API}, {"operation", f.Operation}, {"product", f.Product},
		{"subscription", f.Subscription}, {"caller", f.User}} {
		if wanted[1] != "" {
			add(wanted[0]+" = $%d", wanted[1])
		}
	}
	query = "SELECT " + strings.Join(columns, ", ") + " FROM usage_rollup"
	if where != nil {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	// Without a line's columns the sums of nothing would be one row of nulls.
	if group == "" {
		return query + " HAVING COUNT(*) > 0", args
	}
	return query + " GROUP BY " + group, args
}

func (u *usageStore) PruneUsage(ctx context.Context, before time.Time) error {
	return (*Store)(u).inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM usage_rollup WHERE start < $1", before.UnixNano()); err != nil {
			return storageFault(err, "forget old usage")
		}
		return nil
	})
}
