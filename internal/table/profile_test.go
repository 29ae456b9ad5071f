package table

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestProfile(t *testing.T) {
	dates := FromInts("t", DateTime, []int64{time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano(), time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano(), 0, 0})
	dates.Missing = []bool{false, false, true, true}
	in := New(4, append(FromColumns(4,
		FromDoubles("d", []float64{1, 2, 4, math.NaN()}),
		FromStrings("s", []string{"b", "a", "b", ""}),
		FromInts("b", Boolean, []int64{1, 0, 1, 1}),
		dates,
		FromDoubles("i", []float64{math.Inf(1), 1, 1, 3})).Parts, Part{Sparse: &Sparse{Width: 1, Type: Int32, Start: []int{0, 0, 1, 1, 1}, Index: []uint32{0}, Values: []float64{5}, Names: []string{"h"}}})...)
	want := []string{
		`{"name":"d","type":1,"rows":4,"missing":1,"unique":3,"min":"1","max":"4","mean":2.3333333333333335,"median":2,"deviation":1.5275252316519465,"histogram":[…]}`,
		`{"name":"s","type":0,"rows":4,"missing":0,"unique":3,"top":[{"value":"b","count":2},{"value":"","count":1},{"value":"a","count":1}]}`,
		`{"name":"b","type":4,"rows":4,"missing":0,"unique":2,"min":"False","max":"True","mean":0.75,"median":1,"deviation":0.5,"top":[{"value":"True","count":3},{"value":"False","count":1}]}`,
		`{"name":"t","type":5,"rows":4,"missing":2,"unique":2,"min":"1/1/2020 12:00:00 AM","max":"1/1/2021 12:00:00 AM","top":[{"value":"1/1/2020 12:00:00 AM","count":1},{"value":"1/1/2021 12:00:00 AM","count":1}]}`,
		`{"name":"i","type":1,"rows":4,"missing":0,"unique":3,"min":"1","max":"Infinity","mean":1.6666666666666665,"median":1,"deviation":1.1547005383792517,"histogram":[…]}`,
		`{"name":"h","type":2,"rows":4,"missing":0,"unique":2,"min":"0","max":"5","mean":1.25,"median":0,"deviation":2.5,"histogram":[…]}`,
	}
	for i, p := range ProfileOf(in) {
		bars := 0
		for _, b := range p.Histogram {
			bars += b.Count
		}
		if p.Histogram != nil && bars != []int{3, 0, 0, 0, 3, 4}[i] {
			t.Errorf("%s: the bars hold %d values: %v", p.Name, bars, p.Histogram)
		}
		whole := p.Histogram != nil
		p.Histogram = nil
		got, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		text := string(got)
		if whole {
			text = text[:len(text)-1] + `,"histogram":[…]}`
		}
		if text != want[i] {
			t.Errorf("got  %s\nwant %s", text, want[i])
		}
	}
}

// Nothing to say is said about no rows, and about no values.
func TestProfileOfNothing(t *testing.T) {
	empty := FromDoubles("d", nil)
	missing := &Column{Field: Field{Name: "m", Type: Int32}, Ints: []int64{0, 0}, Missing: []bool{true, true}}
	for _, p := range append(ProfileOf(FromColumns(0, empty)), ProfileOf(FromColumns(2, missing))...) {
		if p.Min != nil || p.Mean != nil || p.Median != nil || p.Deviation != nil || p.Histogram != nil || p.Unique != 0 || p.Missing != p.Rows {
			t.Errorf("%+v", p)
		}
	}
}

// A long column in pieces: moments and counts are exact, unique values and the median are near.
func TestProfileOfManyRows(t *testing.T) {
	const rows, pieces = 50_000, 4
	r := rand.New(rand.NewPCG(3, 3))
	var all []float64
	var words []string
	p := NewProfiler([]Field{{Name: "d", Type: Double}, {Name: "s"}})
	for range pieces {
		d, s := make([]float64, rows), make([]string, rows)
		for i := range d {
			d[i] = r.NormFloat64()*3 + 10
			s[i] = fmt.Sprint("word ", r.IntN(40_000))
			if i%10 == 0 {
				s[i] = "often"
			}
		}
		all, words = append(all, d...), append(words, s...)
		p.Add(FromColumns(rows, FromDoubles("d", d), FromStrings("s", s)))
	}
	profiles := p.Profiles()
	slices.Sort(all)
	d := profiles[0]
	sum, bars := 0.0, 0
	for _, v := range all {
		sum += v
	}
	for _, b := range d.Histogram {
		bars += b.Count
		exact := 0
		for _, v := range all {
			if v >= b.From && (v < b.To || b.To == all[len(all)-1]) {
				exact++
			}
		}
		if math.Abs(float64(exact-b.Count)) > 0.01*float64(len(all)) {
			t.Errorf("a bar holds %d, want %d", b.Count, exact)
		}
	}
	if bars != len(all) || len(d.Histogram) != 20 || d.Histogram[0].From != all[0] || math.Abs(*d.Mean-sum/float64(len(all))) > 1e-9 || math.Abs(*d.Median-all[len(all)/2]) > 0.1 {
		t.Errorf("%+v", d)
	}
	slices.Sort(words)
	distinct := len(slices.Compact(words))
	s := profiles[1]
	if !s.UniqueEstimated || math.Abs(float64(s.Unique-distinct)) > 0.08*float64(distinct) || s.Top[0].Value != "often" || s.Top[0].Count < rows*pieces/10-rows*pieces/500 {
		t.Errorf("%d of %d, %v", s.Unique, distinct, s.Top[0])
	}
}

// Numbers far apart and far from zero have a histogram too.
func TestHistogramOfExtremes(t *testing.T) {
	for _, far := range []float64{1e300, -1e300, 1e-300, 5e-324, 1e18, math.MaxFloat64} {
		var h histogram
		n := 0
		for i := range profileSample + 100 {
			v := far
			if i%2 == 0 {
				v = -far * (float64(i) / 20_000)
			}
			h.add(v)
			n++
		}
		bars := 0
		for _, b := range h.show() {
			bars += b.Count
		}
		if bars != n {
			t.Errorf("%v: %d of %d values", far, bars, n)
		}
	}
}

func TestScatter(t *testing.T) {
	x, y := FromDoubles("x", []float64{1, math.NaN(), 3, 4}), FromDoubles("y", []float64{5, 6, math.Inf(1), 8})
	if got := fmt.Sprint(Scatter(x, y, 10)); got != "[{1 5} {4 8}]" {
		t.Error(got)
	}
	long := make([]float64, 1000)
	for i := range long {
		long[i] = float64(i)
	}
	got := Scatter(FromDoubles("x", long), FromDoubles("y", long), 100)
	if len(got) != 100 || !slices.IsSortedFunc(got, func(a, b Point) int { return int(a.X - b.X) }) {
		t.Errorf("%d points", len(got))
	}
}
