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
	usageKey  = "number, span, start, listener, api, operation, product, subscription, caller, country, region"
	usageSums = "success, blocked, failed, other, bandwidth, cache_hits, cache_misses, time_count, time_sum, backend_count, backend_sum"
	usageEnds = "time_min, time_max, backend_min, backend_max"
)

// addUsage adds a roll-up to the one that is kept, if any. A count of 0 says
// that the minimum and maximum beside it mean nothing.
var addUsage = func() string {
	var set []string
	for _, c := range strings.Split(usageSums, ", ") {
		set = append(set, fmt.Sprintf("%[1]s = usage_summary.%[1]s + excluded.%[1]s", c))
	}
	for _, t := range []string{"time", "backend"} {
		for _, end := range [][2]string{{"min", "<"}, {"max", ">"}} {
			set = append(set, fmt.Sprintf(`%[1]s_%[2]s = CASE WHEN excluded.%[1]s_count > 0 AND (usage_summary.%[1]s_count = 0 OR excluded.%[1]s_%[2]s %[3]s usage_summary.%[1]s_%[2]s)
				THEN excluded.%[1]s_%[2]s ELSE usage_summary.%[1]s_%[2]s END`, t, end[0], end[1]))
		}
	}
	columns := usageKey + ", " + usageSums + ", " + usageEnds
	return "INSERT INTO usage_summary (" + columns + ") VALUES (" + placeholders(1, strings.Count(columns, ",")+1) + ") ON CONFLICT (" + usageKey + ") DO UPDATE SET " + strings.Join(set, ", ")
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
		sums := usage.Summarize(rollups)
		for i := range sums {
			r := &sums[i]
			_, err := add.ExecContext(ctx, r.Number, r.Span, r.Start.UnixNano(), r.Listener, r.API, r.Operation, r.Product, r.Subscription, r.User, r.Country, r.Region,
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
	usage.BySubscription: "product, subscription, caller", usage.ByUser: "caller", usage.ByGeo: "country, region", usage.ByStatement: "subscription",
}

func (u *usageStore) Usage(ctx context.Context, q usage.Query) (out []usage.Rollup, err error) {
	for _, part := range q.Parts() {
		if out, err = u.appendPart(ctx, out, q, part); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (u *usageStore) appendPart(ctx context.Context, out []usage.Rollup, q usage.Query, part usage.Part) (_ []usage.Rollup, err error) {
	query, args := usageQuery(q, part)
	rows, err := u.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, storageFault(err, "report usage")
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r usage.Rollup
		var start int64
		err := rows.Scan(&start, &r.Listener, &r.API, &r.Operation, &r.Product, &r.Subscription, &r.User, &r.Country, &r.Region,
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

// usageQuery sums in SQL what the query puts on one line, of one summary.
func usageQuery(q usage.Query, part usage.Part) (query string, args []any) {
	group := lineColumns[q.By]
	var columns []string
	for _, c := range strings.Split(usageKey, ", ")[2:] {
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
	add("number = $%d", part.Number)
	add("span = $%d", part.Span)
	if !part.From.IsZero() {
		add("start >= $%d", part.From.UnixNano())
	}
	if !part.To.IsZero() {
		add("start < $%d", part.To.UnixNano())
	}
	f := q.Filter
	for _, wanted := range [][2]string{{"listener", f.Listener}, {"api", f.API}, {"operation", f.Operation}, {"product", f.Product},
		{"subscription", f.Subscription}, {"caller", f.User}, {"country", f.Country}, {"region", f.Region}} {
		if wanted[1] != "" {
			add(wanted[0]+" = $%d", wanted[1])
		}
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM usage_summary WHERE " + strings.Join(where, " AND ") + " GROUP BY " + group, args
}

func (u *usageStore) PruneUsage(ctx context.Context, before, statements time.Time) error {
	return (*Store)(u).inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM usage_summary WHERE start < $1 AND (number <> $2 OR start < $3)",
			before.UnixNano(), usage.ForStatements, statements.UnixNano())
		return storageFault(err, "forget old usage")
	})
}
