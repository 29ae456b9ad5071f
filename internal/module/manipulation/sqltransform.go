package manipulation

import (
	"context"
	"errors"
	"strconv"
	"time"

	"portico/internal/module"
	"portico/internal/table"
)

const (
	queryScript = "SQL Query Script"
	// queryTime is how long a query may run.
	queryTime = 5 * time.Minute
)

// ApplySQL runs an SQLite query on up to three datasets.
func ApplySQL() *module.Module {
	e := newEngine()
	return &module.Module{
		Name:     "Apply SQL Transformation",
		FamilyID: "90381e8067c34d9987541db785b7ea37",
		Category: category,
		Summary:  "Runs a SQLite query on input datasets to transform the data.",
		Help: "The datasets are the tables t1, t2 and t3. The script is a SELECT in SQLite's dialect; what writes, attaches a file or sets a PRAGMA is refused. " +
			"Booleans are 0 and 1, dates are texts such as 2010-05-30 18:07:00, and keep their types where a column is taken as it is. Other columns get the type of their values: whole numbers, numbers or texts. " +
			"A query may run for five minutes.",
		Version: 1,
		Inputs: []module.Port{
			{Name: "Table1", Type: module.Data, Description: "Input dataset1: the table t1"},
			{Name: "Table2", Type: module.Data, Optional: true, Description: "Input dataset2: the table t2"},
			{Name: "Table3", Type: module.Data, Optional: true, Description: "Input dataset3: the table t3"},
		},
		Outputs: []module.Port{results("Output dataset")},
		Parameters: []module.Parameter{
			{Name: queryScript, Aliases: []string{"SqlQuery", "SQL query script"}, Type: module.Text, Default: "select * from t1", Description: "The query."},
		},
		Errors: []string{"0001", "0003", "0069", "0138"},
		Prepare: func(v module.Values) (module.Runner, error) {
			return func(ctx context.Context, in []*table.Table) ([]*table.Table, error) {
				if err := module.Need(in[0], "Table1", 0); err != nil {
					return nil, err
				}
				query := v.String(queryScript)
				limited, stop := context.WithTimeout(ctx, queryTime)
				defer stop()
				out, err := e.run(limited, query, in)
				if err == nil {
					return one(out), nil
				}
				return nil, queryError(ctx, query, err)
			}, nil
		},
	}
}

// queryError is the documented error of a query that failed; a stop by ctx is none.
func queryError(ctx context.Context, query string, err error) error {
	var documented *module.Error
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &documented):
		return err
	case errors.Is(err, context.DeadlineExceeded):
		err = errors.New("it runs for longer than " + strconv.Itoa(int(queryTime.Minutes())) + " minutes")
	case outOfMemory(err):
		return module.Fail("0138").In(queryScript)
	}
	e := module.Fail("0069", query, err).In(queryScript)
	e.Err = err
	return e
}
