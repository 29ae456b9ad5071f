package filter

import (
	"math"
	"slices"

	"portico/internal/module"
)

const (
	windowLength  = "Length"
	averageType   = "Type"
	thresholdType = "Type"
	indicator     = "Indicator"
	level         = "Level"
	lowerBoundary = "Lower boundary"
	upperBoundary = "Upper boundary"
	deviations    = "Alpha"

	averageSimple      = "Simple"
	averageTriangular  = "Triangular"
	averageExponential = "Exponential"
	averageCumulative  = "Cumulative"

	thresholdLess       = "LessThan"
	thresholdGreater    = "GreaterThan"
	thresholdAbsLess    = "Abs_LessThan"
	thresholdAbsGreater = "Abs_GreaterThan"
	thresholdBetween    = "BetweenBoundaries"
	thresholdBeyond     = "BeyondBoundaries"
	thresholdZScore     = "ZScore"
	maxWindow           = 1_000_000
)

func lengthParameter() module.Parameter {
	return module.Parameter{Name: windowLength, Type: module.Integer, Default: "5", Min: 1, Max: maxWindow, Description: "How many values the window has."}
}

// MedianFilter makes a median filter.
func MedianFilter() *module.Module {
	return maker("Median Filter", "2a1b3c4d5e6f40718293a4b5c6d7e8f9", "Creates a median filter used to smooth data for trend analysis.",
		"Each value becomes the median of the window around it; the window is cut off at the ends of the data.", []module.Parameter{lengthParameter()}, []string{"0002", "0008"},
		func(v module.Values) (*spec, error) { return &spec{Median: &median{int(v.Int(windowLength))}}, nil })
}

// median is a window around each value: of even length, with one more before it than behind.
type median struct {
	Length int `json:"length"`
}

func (m *median) filter(x []float64) []float64 {
	out := make([]float64, len(x))
	var window []float64 // sorted
	from, to := 0, 0
	for i := range x {
		for to < len(x) && to <= i+(m.Length-1)/2 {
			at, _ := slices.BinarySearch(window, x[to])
			window = slices.Insert(window, at, x[to])
			to++
		}
		for from < i-m.Length/2 {
			at, _ := slices.BinarySearch(window, x[from])
			window = slices.Delete(window, at, at+1)
			from++
		}
		n := len(window)
		out[i] = window[(n-1)/2]/2 + window[n/2]/2
	}
	return out
}

// MovingAverageFilter makes a moving average filter.
func MovingAverageFilter() *module.Module {
	return maker("Moving Average Filter", "3b2c4d5e6f70418293a4b5c6d7e8f90a", "Creates a moving average filter used to smooth data for trend analysis.",
		"Simple is the mean of the last values; Triangular does that twice with half the length; Exponential gives the newest value the weight 2/(length+1); Cumulative is the mean of all values so far.",
		[]module.Parameter{lengthParameter(), {Name: averageType, Type: module.Choice, Default: averageSimple, Choices: []string{averageSimple, averageTriangular, averageExponential, averageCumulative}, Description: "How values are weighted."}},
		[]string{"0002", "0008"},
		func(v module.Values) (*spec, error) {
			return &spec{Average: &average{int(v.Int(windowLength)), v.String(averageType)}}, nil
		})
}

// average is a window that ends with each value.
type average struct {
	Length int    `json:"length"`
	Type   string `json:"type"`
}

func (a *average) filter(x []float64) []float64 {
	switch a.Type {
	case averageTriangular:
		half := (a.Length + 1) / 2
		return running(running(x, half), half)
	case averageExponential:
		weight := 2 / (float64(a.Length) + 1)
		out := slices.Clone(x)
		for i := 1; i < len(out); i++ {
			out[i] = out[i-1] + weight*(x[i]-out[i-1])
		}
		return out
	case averageCumulative:
		return running(x, len(x))
	}
	return running(x, a.Length)
}

// running gives the mean of the last length values, or of as many as there are.
func running(x []float64, length int) []float64 {
	out := make([]float64, len(x))
	sum := 0.0
	for i, v := range x {
		sum += v
		n := i + 1
		if i >= length {
			sum -= x[i-length]
			n = length
		}
		if i >= length && i%4096 == 0 { // what adding and subtracting loses does not pile up
			sum = 0
			for _, w := range x[i-length+1 : i+1] {
				sum += w
			}
		}
		out[i] = sum / float64(n)
	}
	return out
}

// ThresholdFilter makes a threshold filter.
func ThresholdFilter() *module.Module {
	types := []string{thresholdLess, thresholdGreater, thresholdAbsLess, thresholdAbsGreater, thresholdBetween, thresholdBeyond, thresholdZScore}
	bounds := []module.Condition{module.When(thresholdType, thresholdBetween, thresholdBeyond)}
	return maker("Threshold Filter", "4c3d5e6f708142939495a6b7c8d9e0f1", "Creates a threshold filter that constrains values.",
		"Values that meet the condition become the level: those less or greater than it, or whose magnitude is; those between the boundaries or beyond them; or those further from the mean than alpha standard deviations. "+
			"With the indicator the result tells which values meet it.",
		[]module.Parameter{
			{Name: thresholdType, Type: module.Choice, Default: thresholdLess, Choices: types, Description: "The condition."},
			{Name: indicator, Type: module.Bool, Default: "False", Description: "Whether to give True and False in place of values."},
			{Name: level, Type: module.Float, Default: "0.0", Description: "The replacement value, and what values are compared with."},
			{Name: lowerBoundary, Type: module.Float, Default: "-1.0", When: bounds, Description: "The lower boundary of the range."},
			{Name: upperBoundary, Type: module.Float, Default: "1.0", When: bounds, Description: "The upper boundary of the range."},
			{Name: deviations, Type: module.Float, Default: "3.0", When: []module.Condition{module.When(thresholdType, thresholdZScore)}, Description: "How many standard deviations."},
		}, []string{"0002", "0006"},
		func(v module.Values) (*spec, error) {
			t := &threshold{Type: v.String(thresholdType), Indicator: v.Bool(indicator), Level: v.Float(level), Lower: v.Float(lowerBoundary), Upper: v.Float(upperBoundary), Alpha: v.Float(deviations)}
			if t.Lower > t.Upper {
				return nil, module.Fail("0006", lowerBoundary, upperBoundary).In(lowerBoundary)
			}
			return &spec{Threshold: t}, nil
		})
}

type threshold struct {
	Type      string  `json:"type"`
	Indicator bool    `json:"indicator"`
	Level     float64 `json:"level"`
	Lower     float64 `json:"lower"`
	Upper     float64 `json:"upper"`
	Alpha     float64 `json:"alpha"`
}

func (t *threshold) filter(x []float64) []float64 {
	mean, deviation := 0.0, 0.0
	if t.Type == thresholdZScore {
		mean, deviation = meanAndDeviation(x)
	}
	out := make([]float64, len(x))
	for i, v := range x {
		met := t.meets(v, mean, deviation)
		switch {
		case t.Indicator && met:
			out[i] = 1
		case t.Indicator:
		case met:
			out[i] = t.Level
		default:
			out[i] = v
		}
	}
	return out
}

func (t *threshold) meets(v, mean, deviation float64) bool {
	switch t.Type {
	case thresholdLess:
		return v < t.Level
	case thresholdGreater:
		return v > t.Level
	case thresholdAbsLess:
		return math.Abs(v) < t.Level
	case thresholdAbsGreater:
		return math.Abs(v) > t.Level
	case thresholdBetween:
		return v >= t.Lower && v <= t.Upper
	case thresholdBeyond:
		return v < t.Lower || v > t.Upper
	}
	return math.Abs(v-mean) > t.Alpha*deviation
}

// meanAndDeviation gives the mean and the standard deviation of a sample.
func meanAndDeviation(x []float64) (mean, deviation float64) {
	squares := 0.0
	for i, v := range x {
		d := v - mean
		mean += d / float64(i+1)
		squares += d * (v - mean)
	}
	return mean, math.Sqrt(squares / float64(max(len(x)-1, 1)))
}
