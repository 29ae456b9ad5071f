package statistics

import (
	"math"
	"slices"

	"portico/internal/table"
)

// sample is the values of a column that are not missing, ascending. The
// functions give NaN where a statistic is not defined.
type sample []float64

func sampleOf(c *table.Column) sample {
	var s sample
	for r := range c.Len() {
		if v, ok := c.Number(r); ok {
			s = append(s, v)
		}
	}
	slices.Sort(s)
	return s
}

func (s sample) mean() float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	m := 0.0
	for i, v := range s {
		m += (v - m) / float64(i+1)
	}
	return m
}

// moment is the sum of the k-th powers of the distances from the mean.
func (s sample) moment(k int) float64 {
	m, sum := s.mean(), 0.0
	for _, v := range s {
		sum += math.Pow(v-m, float64(k))
	}
	return sum
}

// central is the k-th central moment.
func (s sample) central(k int) float64 { return s.moment(k) / float64(len(s)) }

// variance divides by the number of values less lost: 0 for a population, 1 for a sample.
func (s sample) variance(lost int) float64 {
	if len(s) <= lost {
		return math.NaN()
	}
	return s.moment(2) / float64(len(s)-lost)
}

// skewness is that of a sample, corrected for its size.
func (s sample) skewness() float64 {
	n := float64(len(s))
	m2, m3 := s.moment(2), s.moment(3)
	if len(s) < 3 {
		return math.NaN()
	}
	if m2 == 0 {
		return 0
	}
	return n * math.Sqrt(n-1) / (n - 2) * m3 / math.Pow(m2, 1.5)
}

// kurtosis is the excess kurtosis of a sample, corrected for its size.
func (s sample) kurtosis() float64 {
	n := float64(len(s))
	m2, m4 := s.moment(2), s.moment(4)
	if len(s) < 4 {
		return math.NaN()
	}
	if m2 == 0 {
		return 0
	}
	return n*(n+1)*(n-1)/((n-2)*(n-3))*m4/(m2*m2) - 3*(n-1)*(n-1)/((n-2)*(n-3))
}

// quantile lies between two values in proportion.
func (s sample) quantile(share float64) float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	at := share * float64(len(s)-1)
	i := int(at)
	if i+1 >= len(s) {
		return s[len(s)-1]
	}
	return s[i] + (at-float64(i))*(s[i+1]-s[i])
}

func (s sample) min() float64 { return s.quantile(0) }
func (s sample) max() float64 { return s.quantile(1) }

// deviation is the mean of the distances from a value.
func (s sample) deviation(from float64) float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	sum := 0.0
	for _, v := range s {
		sum += math.Abs(v - from)
	}
	return sum / float64(len(s))
}

// mode is the value that comes most often; the smallest of several.
func (s sample) mode() float64 {
	best, most := math.NaN(), 0
	for i := 0; i < len(s); {
		j := i
		for j < len(s) && s[j] == s[i] {
			j++
		}
		if j-i > most {
			best, most = s[i], j-i
		}
		i = j
	}
	return best
}

// distinct is how many different values there are.
func (s sample) distinct() int { return len(slices.Compact(slices.Clone(s))) }

// medianDeviation is the median of the distances from the median.
func (s sample) medianDeviation() float64 {
	m := s.quantile(0.5)
	d := make(sample, len(s))
	for i, v := range s {
		d[i] = math.Abs(v - m)
	}
	slices.Sort(d)
	return d.quantile(0.5)
}

// fold sums what f makes of each value.
func (s sample) fold(f func(v float64) float64) float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	sum := 0.0
	for _, v := range s {
		sum += f(v)
	}
	return sum
}

func (s sample) product() float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	p := 1.0
	for _, v := range s {
		p *= v
	}
	return p
}

func (s sample) geometricMean() float64 {
	if len(s) > 0 && s[0] < 0 {
		return math.NaN()
	}
	return math.Exp(s.fold(math.Log) / float64(len(s)))
}

func (s sample) harmonicMean() float64 {
	if len(s) > 0 && s[0] <= 0 {
		return math.NaN()
	}
	return float64(len(s)) / s.fold(func(v float64) float64 { return 1 / v })
}
