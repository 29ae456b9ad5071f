package table

import (
	"cmp"
	"hash/maphash"
	"math"
	"math/rand/v2"
	"slices"
)

// Limits of a Profiler: what it keeps of each column, whatever the number of rows.
const (
	profileSample   = 10_000 // values of numbers; the median is exact up to here
	profileDistinct = 10_000 // different values; their number is exact up to here
	profileTop      = 20     // most frequent values that are shown
	profileBins     = 20     // bars of a histogram
	profileTextClip = 200    // bytes of a text that is shown
)

// Profile is what Visualize shows of a column. Figures that are not defined, or
// not numbers, are nil.
type Profile struct {
	Field
	Rows    int `json:"rows"`
	Missing int `json:"missing"`
	// Unique is the number of different values. Above 10,000 it is an estimate, and UniqueEstimated is set.
	Unique          int  `json:"unique"`
	UniqueEstimated bool `json:"uniqueEstimated,omitempty"`
	// Of numbers, Booleans (0 and 1), and of DateTime and TimeSpan Min, Max alone, as text.
	Min  *string  `json:"min,omitempty"`
	Max  *string  `json:"max,omitempty"`
	Mean *float64 `json:"mean,omitempty"`
	// Median is that of a sample where there are more than 10,000 values.
	Median    *float64   `json:"median,omitempty"`
	Deviation *float64   `json:"deviation,omitempty"` // of a sample: divides by n-1
	Histogram []Bar      `json:"histogram,omitempty"` // of numbers, at most 20 bars of equal width
	Top       []TopValue `json:"top,omitempty"`       // of all other types, at most 20, the most frequent first
}

// Bar is a stretch of a histogram: values from From up to, but not including, To; the last one has To too.
type Bar struct {
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	Count int     `json:"count"`
}

// TopValue is a value and how often it comes. Counts are at least right to one in 500 rows where a column has very many values.
type TopValue struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

// Profiler makes profiles of a table that comes in pieces, in memory that does not grow with it.
type Profiler struct {
	columns []*columnProfiler
	rows    int
}

// NewProfiler makes a Profiler for tables of that schema.
func NewProfiler(fields []Field) *Profiler {
	p := &Profiler{}
	seed := maphash.MakeSeed()
	for _, f := range fields {
		p.columns = append(p.columns, &columnProfiler{field: f, seed: seed, random: rand.New(rand.NewPCG(1, 1)), counts: map[string]int{}})
	}
	return p
}

// Add takes the next rows. Their schema must be that of the first.
func (p *Profiler) Add(t *Table) {
	p.rows += t.Rows
	i := 0
	for _, part := range t.Parts {
		if part.Column != nil {
			p.columns[i].add(part.Column)
			i++
			continue
		}
		for _, c := range part.Sparse.columns(t.Rows) {
			p.columns[i].add(c)
			i++
		}
	}
}

// Profiles gives a profile for each column.
func (p *Profiler) Profiles() []Profile {
	all := make([]Profile, len(p.columns))
	for i, c := range p.columns {
		all[i] = c.profile(p.rows)
	}
	return all
}

// columnProfiler collects one column.
type columnProfiler struct {
	field         Field
	seed          maphash.Seed
	random        *rand.Rand
	missing       int
	n             int // values that are not missing
	low, high     float64
	lowInt        int64
	highInt       int64
	finite        int // values that are finite
	mean, squares float64
	sample        []float64 // every finite value, or as many chosen at random
	bars          histogram
	counts        map[string]int // of values, or of those that may be frequent where there are too many
	registers     []uint8        // HyperLogLog, once there are too many values to count
	text          []byte
}

func (c *columnProfiler) add(column *Column) {
	numeric := column.Type.Numeric() || column.Type == Boolean
	for r := range column.Len() {
		if column.IsMissing(r) {
			c.missing++
			continue
		}
		c.n++
		c.text, _ = column.AppendCell(c.text[:0], r)
		c.countValue(c.text)
		if column.Type != String && column.Type != Double {
			v := column.Ints[r]
			if c.n == 1 || v < c.lowInt {
				c.lowInt = v
			}
			if c.n == 1 || v > c.highInt {
				c.highInt = v
			}
		}
		if v, ok := column.Number(r); ok && column.Type != String {
			if c.n == 1 || v < c.low {
				c.low = v
			}
			if c.n == 1 || v > c.high {
				c.high = v
			}
			if numeric && !math.IsInf(v, 0) {
				c.addNumber(v)
			}
		}
	}
}

// addNumber keeps the moments (Welford), a sample (reservoir) and the histogram.
func (c *columnProfiler) addNumber(v float64) {
	c.finite++
	d := v - c.mean
	c.mean += d / float64(c.finite)
	c.squares += d * (v - c.mean)
	if len(c.sample) < profileSample {
		c.sample = append(c.sample, v)
	} else if i := c.random.IntN(c.finite); i < profileSample {
		c.sample[i] = v
	}
	c.bars.add(v)
}

// countValue counts a value. Beyond profileDistinct different ones, counts
// keeps those that come often (Misra and Gries), and the registers estimate how many there are.
func (c *columnProfiler) countValue(text []byte) {
	if c.registers != nil {
		c.register(text)
	}
	if _, known := c.counts[string(text)]; known || len(c.counts) < profileDistinct {
		c.counts[string(text)]++
		return
	}
	if c.registers == nil {
		c.registers = make([]uint8, 1<<registerBits)
		for value := range c.counts {
			c.register([]byte(value))
		}
		c.register(text)
	}
	for value, n := range c.counts {
		if n == 1 {
			delete(c.counts, value)
		} else {
			c.counts[value] = n - 1
		}
	}
}

const registerBits = 12

// register notes a value's hash: the longest run of zeros in each of 4,096 groups of hashes.
func (c *columnProfiler) register(text []byte) {
	h := maphash.Bytes(c.seed, text)
	group := h >> (64 - registerBits)
	rank := uint8(1)
	for rest := h << registerBits; rest>>63 == 0 && rank <= 64-registerBits; rest <<= 1 {
		rank++
	}
	c.registers[group] = max(c.registers[group], rank)
}

// estimate is HyperLogLog's (Flajolet and others, 2007).
func (c *columnProfiler) estimate() int {
	sum, m := 0.0, float64(len(c.registers))
	empty := 0
	for _, r := range c.registers {
		sum += math.Exp2(-float64(r))
		if r == 0 {
			empty++
		}
	}
	estimate := 0.7213 / (1 + 1.079/m) * m * m / sum
	if estimate < 2.5*m && empty > 0 {
		estimate = m * math.Log(m/float64(empty))
	}
	return min(max(int(math.Round(estimate)), profileDistinct+1), c.n)
}

func (c *columnProfiler) profile(rows int) Profile {
	p := Profile{Field: c.field, Rows: rows, Missing: c.missing, Unique: len(c.counts)}
	if c.registers != nil {
		p.Unique, p.UniqueEstimated = c.estimate(), true
	}
	numeric := c.field.Type.Numeric() || c.field.Type == Boolean
	if c.n > 0 && c.field.Type != String {
		p.Min, p.Max = c.extreme(c.low, c.lowInt), c.extreme(c.high, c.highInt)
	}
	if numeric && c.finite > 0 {
		mean := c.mean
		p.Mean = &mean
		slices.Sort(c.sample)
		n := len(c.sample)
		median := c.sample[(n-1)/2]/2 + c.sample[n/2]/2
		p.Median = &median
		if c.finite > 1 {
			deviation := math.Sqrt(c.squares / float64(c.finite-1))
			p.Deviation = &deviation
		}
	}
	if c.field.Type.Numeric() && !c.field.Categorical {
		p.Histogram = c.bars.show()
	} else {
		p.Top = c.top()
	}
	return p
}

// extreme prints a smallest or largest value as the column prints it.
func (c *columnProfiler) extreme(v float64, n int64) *string {
	column := &Column{Field: c.field, Doubles: []float64{v}, Ints: []int64{n}}
	text, _ := column.AppendCell(nil, 0)
	s := string(text)
	return &s
}

func (c *columnProfiler) top() []TopValue {
	var all []TopValue
	for value, n := range c.counts {
		all = append(all, TopValue{value, n})
	}
	slices.SortFunc(all, func(a, b TopValue) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	all = all[:min(len(all), profileTop)]
	for i := range all {
		if len(all[i].Value) > profileTextClip {
			all[i].Value = string([]rune(all[i].Value)[:profileTextClip/4]) + "…"
		}
	}
	return all
}

// histogram counts numbers in bars of equal width, a power of two, that
// begin at a multiple of it. When numbers come that are too far away, two
// bars become one, so that counts stay exact.
type histogram struct {
	exponent int   // of the width
	first    int64 // the number of the first bar
	counts   []int
	low      float64
	high     float64
	pending  []float64 // the first numbers, until their range is known
}

const finestBars = 4096

func (h *histogram) add(v float64) {
	if h.counts == nil {
		h.pending = append(h.pending, v)
		if len(h.pending) == profileSample {
			h.settle()
		}
		return
	}
	h.low, h.high = min(h.low, v), max(h.high, v)
	h.count(v)
}

// settle chooses the first width, by the first numbers.
func (h *histogram) settle() {
	h.low, h.high = slices.Min(h.pending), slices.Max(h.pending)
	h.exponent = exponentOf((h.high/2 - h.low/2) / (finestBars / 8))
	h.counts = []int{}
	for _, v := range h.pending {
		h.count(v)
	}
	h.pending = nil
}

// exponentOf is that of the power of two that is not below half the width; of no width, that of a fine one.
func exponentOf(half float64) int {
	if half == 0 {
		return -1000
	}
	return max(math.Ilogb(half)+2, -1000)
}

func (h *histogram) count(v float64) {
	for {
		at := math.Floor(math.Ldexp(v, -h.exponent))
		if math.Abs(at) > 1<<52 { // the bars are finer than numbers of this size
			h.coarsen()
			continue
		}
		bar := int64(at)
		if len(h.counts) == 0 {
			h.first, h.counts = bar, []int{0}
		}
		first, last := min(h.first, bar), max(h.first+int64(len(h.counts))-1, bar)
		if last-first >= finestBars {
			h.coarsen()
			continue
		}
		if first < h.first {
			h.counts = append(make([]int, h.first-first), h.counts...)
			h.first = first
		}
		for int64(len(h.counts)) <= last-first {
			h.counts = append(h.counts, 0)
		}
		h.counts[bar-h.first]++
		return
	}
}

// coarsen makes one bar of two.
func (h *histogram) coarsen() {
	h.exponent++
	first := h.first >> 1
	merged := make([]int, 0, len(h.counts)/2+1)
	for i, n := range h.counts {
		at := int((h.first+int64(i))>>1 - first)
		for len(merged) <= at {
			merged = append(merged, 0)
		}
		merged[at] += n
	}
	h.first, h.counts = first, merged
}

// show gives at most profileBins bars from the least to the greatest number. A
// fine bar that lies in two is counted where its middle is.
func (h *histogram) show() []Bar {
	if h.pending != nil {
		return barsOf(h.pending)
	}
	if len(h.counts) == 0 {
		return nil
	}
	bars := emptyBars(h.low, h.high)
	for i, n := range h.counts {
		if n > 0 {
			middle := math.Ldexp(float64(h.first+int64(i))+0.5, h.exponent)
			bars[barOf(bars, min(max(middle, h.low), h.high))].Count += n
		}
	}
	return bars
}

func barsOf(values []float64) []Bar {
	bars := emptyBars(slices.Min(values), slices.Max(values))
	for _, v := range values {
		bars[barOf(bars, v)].Count++
	}
	return bars
}

func emptyBars(low, high float64) []Bar {
	if low == high {
		return []Bar{{From: low, To: high}}
	}
	bars := make([]Bar, profileBins)
	for i := range bars {
		share := float64(i) / profileBins
		bars[i].From = low*(1-share) + high*share
		if i > 0 {
			bars[i-1].To = bars[i].From
		}
	}
	bars[len(bars)-1].To = high
	return bars
}

func barOf(bars []Bar, v float64) int {
	i, found := slices.BinarySearchFunc(bars, v, func(b Bar, v float64) int { return cmp.Compare(b.From, v) })
	if !found {
		i--
	}
	return max(i, 0)
}

// ProfileOf is the profiles of a table that is in memory.
func ProfileOf(t *Table) []Profile {
	p := NewProfiler(t.Schema())
	p.Add(t)
	return p.Profiles()
}

// Point is a row in a scatter of two columns.
type Point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// Scatter gives at most n rows in which both columns, of numbers, dates or
// Booleans, have finite values: all of them, or as many chosen at random, in the order of the rows.
func Scatter(x, y *Column, n int) []Point {
	random := rand.New(rand.NewPCG(1, 1))
	var rows []int
	seen := 0
	for r := range x.Len() {
		if !isFinite(x, r) || !isFinite(y, r) {
			continue
		}
		seen++
		if len(rows) < n {
			rows = append(rows, r)
		} else if i := random.IntN(seen); i < n {
			rows[i] = r
		}
	}
	slices.Sort(rows)
	points := make([]Point, len(rows))
	for i, r := range rows {
		points[i].X, _ = x.Number(r)
		points[i].Y, _ = y.Number(r)
	}
	return points
}

func isFinite(c *Column, r int) bool {
	v, ok := c.Number(r)
	return ok && !math.IsInf(v, 0)
}
