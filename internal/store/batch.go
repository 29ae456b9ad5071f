package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"portico/internal/fault"
	"portico/internal/job"
	"portico/internal/webservice/jobs"
)

// BatchJobs is the store of batch jobs, which go to q when it is their turn.
func (s *Store) BatchJobs(q *job.Queue) jobs.Store { return &batchJobs{s, q} }

type batchJobs struct {
	*Store
	queue *job.Queue
}

const batchColumns = "id, endpoint, name, state, request, details, row_count, byte_count, size, checkpoint, interruptions, created, started, begun, ended"

func scanBatchJob(row interface{ Scan(...any) error }) (j jobs.Job, err error) {
	var created, started, begun, ended int64
	err = row.Scan(&j.ID, &j.Endpoint, &j.Name, &j.State, &j.Request, &j.Details, &j.Rows, &j.Bytes, &j.Size, &j.Checkpoint, &j.Interruptions, &created, &started, &begun, &ended)
	if errors.Is(err, sql.ErrNoRows) {
		return j, fault.New(fault.NotFound, "There is no such job.")
	}
	j.Created, j.Started, j.Begun, j.Ended = timeOf(created), timeOf(started), timeOf(begun), timeOf(ended)
	return j, storageFault(err, "read a job")
}

// timeOf reads a time that is 0 until it comes.
func timeOf(nano int64) time.Time {
	if nano == 0 {
		return time.Time{}
	}
	return time.Unix(0, nano).UTC()
}

func (b *batchJobs) Create(ctx context.Context, j jobs.Job) error {
	return b.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO batch_job (`+batchColumns+`, place)
			VALUES ($1, $2, $3, $4, $5, '', 0, 0, 0, '', 0, $6, 0, 0, 0, 0)`, j.ID, j.Endpoint, j.Name, string(j.State), j.Request, j.Created.UnixNano())
		return storageFault(err, "create a job")
	})
}

func (b *batchJobs) Get(ctx context.Context, id string) (jobs.Job, error) {
	return scanBatchJob(b.read.QueryRowContext(ctx, "SELECT "+batchColumns+" FROM batch_job WHERE id = $1", id))
}

func (b *batchJobs) List(ctx context.Context, f jobs.Filter) ([]jobs.Job, error) {
	rows, err := b.read.QueryContext(ctx, "SELECT "+batchColumns+` FROM batch_job
		WHERE ($1 = '' OR endpoint = $1) AND ($2 = '' OR state = $2) ORDER BY created DESC, id LIMIT $3`, f.Endpoint, string(f.State), f.Limit)
	if err != nil {
		return nil, storageFault(err, "list jobs")
	}
	return collect(rows, func(rows *sql.Rows) (jobs.Job, error) { return scanBatchJob(rows) })
}

func (b *batchJobs) Count(ctx context.Context) (map[jobs.State]int64, error) {
	rows, err := b.read.QueryContext(ctx, "SELECT state, COUNT(*) FROM batch_job GROUP BY state")
	if err != nil {
		return nil, storageFault(err, "count jobs")
	}
	counts := map[jobs.State]int64{}
	_, err = collect(rows, func(rows *sql.Rows) (struct{}, error) {
		var state jobs.State
		var n int64
		err := rows.Scan(&state, &n)
		counts[state] = n
		return struct{}{}, storageFault(err, "count jobs")
	})
	return counts, err
}

// lockBatchJob reads a job after a statement that makes other changes of it wait.
func lockBatchJob(ctx context.Context, tx *sql.Tx, id string) (jobs.Job, error) {
	return scanBatchJob(tx.QueryRowContext(ctx, "UPDATE batch_job SET state = state WHERE id = $1 RETURNING "+batchColumns, id))
}

func (b *batchJobs) Start(ctx context.Context, id string, at time.Time) (before jobs.Job, err error) {
	err = b.inTx(ctx, func(tx *sql.Tx) error {
		if before, err = lockBatchJob(ctx, tx, id); err != nil || before.State != jobs.NotStarted {
			return err
		}
		var running, place int64
		err := tx.QueryRowContext(ctx, `INSERT INTO batch_endpoint (endpoint, running, started) VALUES ($1, 0, 1)
			ON CONFLICT (endpoint) DO UPDATE SET started = batch_endpoint.started + 1 RETURNING running, started`, before.Endpoint).Scan(&running, &place)
		if err != nil {
			return storageFault(err, "start a job")
		}
		state := jobs.Queued
		if running < jobs.MaxRunning {
			state = jobs.Running
			if err := b.admit(ctx, tx, before.Endpoint, id, 1); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, "UPDATE batch_job SET state = $1, place = $2, started = $3 WHERE id = $4", string(state), place, at.UnixNano(), id)
		return storageFault(err, "start a job")
	})
	return before, err
}

// admit enqueues a job and changes how many places of its endpoint are taken.
func (b *batchJobs) admit(ctx context.Context, tx *sql.Tx, endpoint, id string, change int) error {
	if _, err := tx.ExecContext(ctx, "UPDATE batch_endpoint SET running = running + $1 WHERE endpoint = $2", change, endpoint); err != nil {
		return storageFault(err, "admit a job")
	}
	if id == "" {
		return nil
	}
	return storageFault(b.queue.Enqueue(ctx, tx, jobs.Kind, id), "enqueue a job")
}

func (b *batchJobs) Readmit(ctx context.Context) (enqueued int, err error) {
	entries, err := b.queue.Pending(ctx, jobs.Kind)
	if err != nil {
		return 0, storageFault(err, "read the queue")
	}
	err = b.inTx(ctx, func(tx *sql.Tx) error {
		places := map[string]int{} // by endpoint: a place is an entry in the queue
		rows, err := tx.QueryContext(ctx, "SELECT id, endpoint, state FROM batch_job WHERE state IN ('Running', 'Committing', 'Cancelled') ORDER BY place")
		if err != nil {
			return storageFault(err, "look for jobs that are not in the queue")
		}
		found, err := collect(rows, func(rows *sql.Rows) (j jobs.Job, err error) {
			err = rows.Scan(&j.ID, &j.Endpoint, &j.State)
			return j, err
		})
		if err != nil {
			return storageFault(err, "look for jobs that are not in the queue")
		}
		for _, j := range found {
			if !entries[j.ID] && j.State.Ended() {
				continue
			}
			places[j.Endpoint]++
			if entries[j.ID] {
				continue
			}
			enqueued++
			if err := b.queue.Enqueue(ctx, tx, jobs.Kind, j.ID); err != nil {
				return storageFault(err, "enqueue a job")
			}
		}
		n, err := b.fillPlaces(ctx, tx, places)
		enqueued += n
		return err
	})
	return enqueued, err
}

// fillPlaces sets how many places of each endpoint are taken, and gives those that are free to the jobs that wait.
func (b *batchJobs) fillPlaces(ctx context.Context, tx *sql.Tx, taken map[string]int) (admitted int, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT endpoint FROM batch_endpoint ORDER BY endpoint")
	if err != nil {
		return 0, storageFault(err, "read the places of jobs")
	}
	endpoints, err := collect(rows, func(rows *sql.Rows) (endpoint string, err error) {
		err = rows.Scan(&endpoint)
		return endpoint, err
	})
	if err != nil {
		return 0, storageFault(err, "read the places of jobs")
	}
	for _, endpoint := range endpoints {
		if _, err := tx.ExecContext(ctx, "UPDATE batch_endpoint SET running = $1 WHERE endpoint = $2", taken[endpoint], endpoint); err != nil {
			return 0, storageFault(err, "count the places of jobs")
		}
		for range jobs.MaxRunning - taken[endpoint] {
			ok, err := b.admitNext(ctx, tx, endpoint)
			if err != nil {
				return 0, err
			}
			if !ok {
				break
			}
			admitted++
		}
	}
	return admitted, nil
}

func (b *batchJobs) Begin(ctx context.Context, id string, at time.Time) (j jobs.Job, err error) {
	err = b.inTx(ctx, func(tx *sql.Tx) error {
		j, err = scanBatchJob(tx.QueryRowContext(ctx, `UPDATE batch_job SET interruptions = interruptions + 1,
			begun = CASE WHEN begun = 0 THEN $1 ELSE begun END WHERE id = $2 RETURNING `+batchColumns, at.UnixNano(), id))
		return err
	})
	return j, err
}

func (b *batchJobs) Save(ctx context.Context, id string, p jobs.Progress) (ok bool, err error) {
	err = b.inTx(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `UPDATE batch_job SET row_count = $1, byte_count = $2, size = $3, checkpoint = $4, interruptions = 0
			WHERE id = $5 AND state = $6`, p.Rows, p.Bytes, p.Size, p.Checkpoint, id, string(jobs.Running))
		ok, err = affected(done, err)
		return err
	})
	return ok, err
}

// affected tells whether a statement changed anything.
func affected(done sql.Result, err error) (bool, error) {
	if err != nil {
		return false, storageFault(err, "change a job")
	}
	n, err := done.RowsAffected()
	return n > 0, storageFault(err, "change a job")
}

func (b *batchJobs) Move(ctx context.Context, id string, from, to jobs.State) (ok bool, err error) {
	err = b.inTx(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, "UPDATE batch_job SET state = $1 WHERE id = $2 AND state IN ($1, $3)", string(to), id, string(from))
		ok, err = affected(done, err)
		return err
	})
	return ok, err
}

func (b *batchJobs) End(ctx context.Context, id string, o jobs.Outcome, at time.Time, complete func(context.Context, *sql.Tx) error) (state jobs.State, err error) {
	err = b.inTx(ctx, func(tx *sql.Tx) error {
		j, err := lockBatchJob(ctx, tx, id)
		if fault.Is(err, fault.NotFound) {
			return complete(ctx, tx)
		}
		if err != nil {
			return err
		}
		if state = j.State; !state.Ended() {
			state = o.State
			_, err := tx.ExecContext(ctx, `UPDATE batch_job SET state = $1, details = $2, row_count = $3, byte_count = $4, size = $5, checkpoint = '', ended = $6 WHERE id = $7`,
				string(o.State), o.Details, o.Rows, o.Bytes, o.Size, at.UnixNano(), id)
			if err != nil {
				return storageFault(err, "end a job")
			}
		}
		if err := b.passOn(ctx, tx, j.Endpoint); err != nil {
			return err
		}
		return storageFault(complete(ctx, tx), "complete a job")
	})
	return state, err
}

// passOn gives the place of a job that leaves to the one that waited longest.
func (b *batchJobs) passOn(ctx context.Context, tx *sql.Tx, endpoint string) error {
	if err := b.admit(ctx, tx, endpoint, "", -1); err != nil { // first: it makes starts wait
		return err
	}
	_, err := b.admitNext(ctx, tx, endpoint)
	return err
}

// admitNext gives a place to the job that waited longest; ok is false where none waits.
func (b *batchJobs) admitNext(ctx context.Context, tx *sql.Tx, endpoint string) (ok bool, err error) {
	var next string
	err = tx.QueryRowContext(ctx, `UPDATE batch_job SET state = 'Running' WHERE id =
		(SELECT id FROM batch_job WHERE endpoint = $1 AND state = 'Queued' ORDER BY place LIMIT 1) RETURNING id`, endpoint).Scan(&next)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, storageFault(err, "let the next job run")
	}
	return true, b.admit(ctx, tx, endpoint, next, 1)
}

func (b *batchJobs) Cancel(ctx context.Context, id string, at time.Time) (before jobs.Job, err error) {
	err = b.inTx(ctx, func(tx *sql.Tx) error {
		if before, err = lockBatchJob(ctx, tx, id); err != nil || before.State.Ended() || before.State == jobs.Committing {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE batch_job SET state = $1, ended = $2 WHERE id = $3", string(jobs.Cancelled), at.UnixNano(), id)
		return storageFault(err, "cancel a job")
	})
	return before, err
}

func (b *batchJobs) Forget(ctx context.Context, before time.Time) (n int64, err error) {
	err = b.inTx(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, "DELETE FROM batch_job WHERE (ended > 0 AND ended < $1) OR (state = 'NotStarted' AND created < $1)", before.UnixNano())
		if err != nil {
			return storageFault(err, "forget old jobs")
		}
		n, err = done.RowsAffected()
		return err
	})
	return n, err
}
