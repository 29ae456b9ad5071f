package studio

import (
	"errors"
	"io"
	"testing"

	"portico/internal/table"
)

func TestScatterOfTwoColumns(t *testing.T) {
	x, y := table.FromDoubles("x", []float64{1, 2, 3}), table.FromDoubles("y", []float64{4, 5, 6})
	points, err := preview{x: "x", y: "y"}.scatter(table.FromColumns(3, x, y))
	if err != nil || len(points) != 3 || points[2] != (table.Point{X: 3, Y: 6}) {
		t.Errorf("got %v, %v", points, err)
	}
}

func TestRowsOfGivesEveryRowOnce(t *testing.T) {
	for _, rows := range []int{0, 1, 5} {
		values := make([]float64, rows)
		next := rowsOf(table.FromColumns(rows, table.FromDoubles("x", values)))
		for _, n := range []int{0, 2, 100, 100} {
			piece, err := next(n)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			rows -= piece.Rows
		}
		if _, err := next(1); rows != 0 || !errors.Is(err, io.EOF) {
			t.Errorf("%d rows of %d were not given; then %v", rows, len(values), err)
		}
	}
}
