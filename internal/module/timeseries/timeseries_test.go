package timeseries_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"portico/internal/module/moduletest"
	"portico/internal/module/timeseries"
	"portico/internal/table"
)

type parameters = moduletest.Parameters

// The module has no oracle: these tests hold what a martingale of exchangeability
// and the reference's examples say of it.

// series makes a table of values that come one a minute.
func series(values ...float64) *table.Table {
	times := make([]int64, len(values))
	for i := range times {
		times[i] = time.Date(2024, 1, 1, 0, i, 0, 0, time.UTC).UnixNano()
	}
	return table.FromColumns(len(values), table.FromInts("time", table.DateTime, times), table.FromDoubles("value", values))
}

func with(more parameters) parameters {
	p := parameters{"Data Column": moduletest.Columns("value"), "Time Column": moduletest.Columns("time"), "Length of Martingale": "50", "Length of Strangeness Values": "50"}
	for k, v := range more {
		p[k] = v
	}
	return p
}

func detect(t *testing.T, in *table.Table, more parameters) (scores []float64, alerts []int64) {
	t.Helper()
	out, err := moduletest.Run(t, timeseries.AnomalyDetection(), with(more), in)
	if err != nil {
		t.Fatal(err)
	}
	return out[0].ColumnCalled("Anomaly Score").Doubles, out[0].ColumnCalled("Alert").Ints
}

// noisy is n values of noise around what level says.
func noisy(n int, level func(i int) float64) []float64 {
	r := rand.New(rand.NewPCG(3, 4))
	values := make([]float64, n)
	for i := range values {
		values[i] = level(i) + r.NormFloat64()
	}
	return values
}

func sum(alerts []int64) (n int64) {
	for _, a := range alerts {
		n += a
	}
	return n
}

// A lasting change of level raises the alarm at the default threshold; before it there is none, and one single point is none.
func TestLevel(t *testing.T) {
	in := series(noisy(300, func(i int) float64 {
		if i >= 200 {
			return 8
		}
		return map[bool]float64{true: 8, false: 0}[i == 120]
	})...)
	scores, alerts := detect(t, in, nil)
	if sum(alerts[:200]) != 0 || sum(alerts[200:206]) == 0 {
		t.Errorf("alerts at %v before the change, %v just behind it", sum(alerts[:200]), sum(alerts[200:206]))
	}
	if _, alerts = detect(t, in, parameters{"Alert Threshold": "0.9"}); alerts[120] != 1 {
		t.Errorf("the single point scores %v, which is no alert at 0.9", scores[120])
	}
}

// A slow rise is found by the function for it, and not by the one for falls.
func TestTrend(t *testing.T) {
	in := series(noisy(300, func(i int) float64 { return max(0, float64(i-150)) * 0.1 })...)
	_, rising := detect(t, in, parameters{"Strangeness Function Type": "SlowPosTrend"})
	_, falling := detect(t, in, parameters{"Strangeness Function Type": "SlowNegTrend"})
	if sum(rising[150:250]) < 30 || sum(rising[:150]) != 0 || sum(falling) != 0 {
		t.Errorf("%d alerts of the rise, %d before it, %d of a fall", sum(rising[150:250]), sum(rising[:150]), sum(falling))
	}
}

// Noise alone: a martingale passes 1/p with a probability of at most p, however long one waits; runs that may begin anywhere pass it now and then.
func TestNoise(t *testing.T) {
	for _, kind := range []parameters{nil, {"Martingale Type": "Power", "Epsilon": "0.9"}, {"Strangeness Function Type": "SlowPosTrend"}, {"Strangeness Function Type": "SlowNegTrend"}} {
		if _, alerts := detect(t, series(noisy(1000, func(int) float64 { return 5 })...), kind); sum(alerts) > 30 {
			t.Errorf("%v: %d of 1000 points of noise are alerts", kind, sum(alerts))
		}
	}
}

// The order of the rows does not matter, that of the times does; what has no value or time has no score.
func TestOrder(t *testing.T) {
	in := series(noisy(60, func(i int) float64 { return math.Floor(float64(i)/40) * 9 })...)
	want, _ := detect(t, in, nil)
	var back []int
	for r := range in.Rows {
		back = append(back, in.Rows-1-r)
	}
	got, _ := detect(t, in.Take(back), nil)
	for r := range want {
		if got[in.Rows-1-r] != want[r] {
			t.Fatalf("row %d scores %v, and %v in another order", r, want[r], got[in.Rows-1-r])
		}
	}
	out, err := moduletest.Run(t, timeseries.AnomalyDetection(), with(nil), moduletest.CSV(t, "time,value,other\n2024-01-02,1,x\n,2,y\n2024-01-01,,z\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := moduletest.Text(out[0]); !strings.HasSuffix(got, ",x,0,0\n?,2,y,?,?\n1/1/2024 12:00:00 AM,?,z,?,?") || !strings.HasPrefix(got, "time,value,other,Anomaly Score,Alert\n") {
		t.Error(got)
	}
}

// With no history nothing is strange, and with ε = 1 nothing is won.
func TestBounds(t *testing.T) {
	in := series(1, 2, 1, 9, 9, 9, 9)
	for _, p := range []parameters{{"Length of Martingale": "0"}, {"Martingale Type": "Power", "Epsilon": "1"}, {"Martingale Type": "Power", "Epsilon": "0"}} {
		if scores, _ := detect(t, in, p); fmt.Sprint(scores) != "[0 0 0 0 0 0 0]" {
			t.Errorf("%v scores %v", p, scores)
		}
	}
	on := []*table.Table{in}
	fails := moduletest.Fails(t, timeseries.AnomalyDetection())
	fails("no input", with(nil), nil, "0003")
	fails("window", with(parameters{"Length of Martingale": "5001"}), on, "0008")
	fails("negative window", with(parameters{"Length of Strangeness Values": "-1"}), on, "0008")
	fails("threshold", with(parameters{"Alert Threshold": "101"}), on, "0008")
	fails("epsilon", with(parameters{"Martingale Type": "Power", "Epsilon": "1.5"}), on, "0008")
	fails("no times", parameters{"Data Column": moduletest.Columns("value")}, on, "0011")
	fails("values for times", with(parameters{"Time Column": moduletest.Columns("value")}), on, "0017")
	fails("times for values", with(parameters{"Data Column": moduletest.Columns("time")}), on, "0017")
	fails("absent column", with(parameters{"Data Column": moduletest.Columns("z")}), on, "0001")
	fails("two columns", with(parameters{"Data Column": moduletest.Columns("value", "time")}), on, "0022")
	fails("martingale", with(parameters{"Martingale Type": "Bold"}), on, "0002")
}
