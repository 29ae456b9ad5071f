package usage

import "time"

// Reports over many calls would be slow from roll-ups of every combination of
// dimensions. So the store keeps besides them summaries: sums over longer spans,
// and over fewer dimensions. A report reads the smallest that it can be made of.

// The spans of summaries. Days are UTC's.
const (
	hour = time.Hour
	day  = 24 * time.Hour
)

// dimension is one that a summary keeps; each keeps the listener.
type dimension uint8

const (
	api dimension = 1 << iota
	operation
	product
	subscription
	user
	place
	everything = api | operation | product | subscription | user | place
)

// summaries are those that are kept, the smallest first. A number is the place in
// the list, which the database keeps: new ones go to the end.
type summaries struct {
	number     int
	dimensions dimension
	spans      []time.Duration // the longest first
}

// Whole is the number of the summary that has every dimension; its shortest span are the roll-ups themselves.
const Whole = 0

func allSummaries() []summaries {
	return []summaries{
		{1, 0, []time.Duration{day, hour, Interval}},
		{2, product, []time.Duration{day, hour}},
		{3, user, []time.Duration{day, hour}},
		{4, place, []time.Duration{day, hour}},
		{5, api, []time.Duration{day, hour}},
		{6, api | operation, []time.Duration{day, hour}},
		{7, product | subscription | user, []time.Duration{day, hour}},
		{Whole, everything, []time.Duration{day, Interval}},
		{ForStatements, subscription, []time.Duration{day}},
	}
}

// ForStatements is the number of the summary that is kept when the rest is too old, and so is read by no report.
const (
	ForStatements  = 8
	statementsKept = 800 * day
)

// Summary is one row of what the store keeps: a Rollup of a span that begins at
// its Start, whose dimensions are those of the summary of this number.
type Summary struct {
	Number int
	Span   time.Duration
	Rollup
}

// Summarize gives every summary of some roll-ups, themselves among them.
func Summarize(rollups []Rollup) []Summary {
	type key struct {
		number int
		span   time.Duration
		rollupKey
	}
	sums := map[key]int{}
	var all []Summary
	for i := range rollups {
		r := &rollups[i]
		for _, s := range allSummaries() {
			kept := r.keep(s.dimensions)
			for _, span := range s.spans {
				k := key{s.number, span, rollupKey{r.Start.Truncate(span).Unix(), kept}}
				at, have := sums[k]
				if !have {
					at = len(all)
					sums[k] = at
					all = append(all, Summary{s.number, span, Rollup{Start: r.Start.Truncate(span), Dimensions: kept}})
				}
				all[at].add(r)
			}
		}
	}
	return all
}

// keep leaves only some of the dimensions, and the listener.
func (d Dimensions) keep(of dimension) Dimensions {
	kept := Dimensions{Listener: d.Listener}
	for _, f := range d.fields(&kept) {
		if of&f.of != 0 {
			*f.to = f.value
		}
	}
	return kept
}

type field struct {
	of    dimension
	value string
	to    *string
}

func (d Dimensions) fields(to *Dimensions) [7]field {
	return [...]field{
		{api, d.API, &to.API}, {operation, d.Operation, &to.Operation}, {product, d.Product, &to.Product}, {subscription, d.Subscription, &to.Subscription},
		{user, d.User, &to.User}, {place, d.Country, &to.Country}, {place, d.Region, &to.Region},
	}
}

// lineDimensions are those that a report tells its lines apart by.
var lineDimensions = map[By]dimension{
	ByAPI: api, ByOperation: api | operation, ByProduct: product, BySubscription: product | subscription | user, ByUser: user, ByGeo: place,
}

// needs are the dimensions that a query looks at.
func (q Query) needs() dimension {
	needed := lineDimensions[q.By]
	var unused Dimensions
	for _, f := range q.Filter.fields(&unused) {
		if f.value != "" {
			needed |= f.of
		}
	}
	return needed
}

// Part is what to read of one summary: rows whose span begins within [From, To),
// where a zero time has no bound.
type Part struct {
	Number   int
	Span     time.Duration
	From, To time.Time
}

// Parts are what a query is answered from: whole days where they lie within its
// time, then whole hours at the edges, then intervals.
func (q Query) Parts() []Part {
	if q.By == ByStatement {
		return []Part{{ForStatements, day, q.From.Truncate(day), ceil(q.To, day)}}
	}
	needed := q.needs()
	var chosen summaries
	for _, s := range allSummaries() {
		if s.dimensions&needed == needed {
			chosen = s
			break
		}
	}
	longest := day
	if q.By == ByTime {
		for longest > Interval && q.Interval%longest != 0 {
			longest = map[time.Duration]time.Duration{day: hour, hour: Interval}[longest]
		}
	}
	to := q.To
	if !to.IsZero() {
		to = ceil(to, Interval) // an interval counts whole
	}
	return parts(chosen, longest, q.From, to)
}

// parts covers [from, to) with spans of at most longest.
func parts(s summaries, longest time.Duration, from, to time.Time) []Part {
	for _, span := range s.spans {
		if span > longest {
			continue
		}
		first, last := from, to
		if !from.IsZero() {
			first = ceil(from, span)
		}
		if !to.IsZero() {
			last = to.Truncate(span)
		}
		if !first.IsZero() && !last.IsZero() && !first.Before(last) {
			continue // no whole span lies within
		}
		all := []Part{{s.number, span, first, last}}
		if from.Before(first) {
			all = append(all, parts(s, span-1, from, first)...)
		}
		if last.Before(to) {
			all = append(all, parts(s, span-1, last, to)...)
		}
		return all
	}
	if !from.IsZero() && !to.IsZero() && !from.Before(to) {
		return nil
	}
	return []Part{{Whole, Interval, from, to}}
}

func ceil(t time.Time, span time.Duration) time.Time {
	if down := t.Truncate(span); down.Before(t) {
		return down.Add(span)
	}
	return t
}
