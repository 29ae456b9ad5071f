package filter

import (
	"math"
	"strconv"
	"strings"

	"portico/internal/module"
)

const (
	filterOrder  = "Order"
	firWindow    = "Window"
	filterType   = "Filter type"
	lowCutoff    = "Low cutoff"
	highCutoff   = "High cutoff"
	scaleFilter  = "Scale"
	impulse      = "Type of filter"
	forwardList  = "Forward"
	backwardList = "Backward"

	windowNone     = "None"
	windowHamming  = "Hamming"
	windowHanning  = "Hanning"
	windowBlackman = "Blackman"

	lowPass  = "LowPass"
	highPass = "HighPass"
	bandPass = "BandPass"
	bandStop = "BandStop"

	maxOrder        = 1000
	maxCoefficients = 1000
)

// linear is a difference equation: a0·y(n) = Σ b(i)·x(n-i) - Σ a(i)·y(n-i), at rest before the first value.
type linear struct {
	Forward  []float64 `json:"forward"`
	Backward []float64 `json:"backward,omitempty"` // none stands for 1
}

func (l *linear) filter(x []float64) []float64 {
	first := 1.0
	if len(l.Backward) > 0 {
		first = l.Backward[0]
	}
	y := make([]float64, len(x))
	for n := range x {
		v := 0.0
		for i, b := range l.Forward {
			if i <= n {
				v += b * x[n-i]
			}
		}
		for i := 1; i < len(l.Backward) && i <= n; i++ {
			v -= l.Backward[i] * y[n-i]
		}
		y[n] = v / first
	}
	return y
}

// cutoffs declares the type of a filter and its frequencies.
func cutoffs() []module.Parameter {
	edge := func(name, preset, description string, types ...string) module.Parameter {
		return module.Parameter{Name: name, Type: module.Float, Default: preset, Low: math.SmallestNonzeroFloat64, High: .9999999, When: []module.Condition{module.When(filterType, types...)}, Description: description}
	}
	return []module.Parameter{
		{Name: filterType, Type: module.Choice, Default: lowPass, Choices: []string{lowPass, highPass, bandPass, bandStop}, Description: "Which frequencies go through."},
		edge(lowCutoff, "0.3", "The low cutoff, or the only one of LowPass, as a share of half the sampling rate.", lowPass, bandPass, bandStop),
		edge(highCutoff, "0.7", "The high cutoff, or the only one of HighPass, as a share of half the sampling rate.", highPass, bandPass, bandStop),
	}
}

// checkCutoffs returns 0006 where a band's edges are the wrong way round.
func checkCutoffs(v module.Values) error {
	if v[lowCutoff] != "" && v[highCutoff] != "" && v.Float(lowCutoff) >= v.Float(highCutoff) {
		return module.Fail("0006", lowCutoff, highCutoff).In(lowCutoff)
	}
	return nil
}

// FIRFilter makes a finite impulse response filter by the window method.
func FIRFilter() *module.Module {
	parameters := append([]module.Parameter{
		{Name: filterOrder, Type: module.Integer, Default: "5", Min: 4, Max: maxOrder, Description: "The order: one less than the number of coefficients."},
		{Name: firWindow, Type: module.Choice, Default: windowHamming, Choices: []string{windowNone, windowHamming, windowHanning, windowBlackman}, Description: "The window that the coefficients are multiplied by."},
	}, cutoffs()...)
	parameters = append(parameters, module.Parameter{Name: scaleFilter, Type: module.Bool, Default: "True", Description: "Whether the middle of the band that goes through keeps its strength."})
	return maker("FIR Filter", "5d4e6f70819243a4a5b6c7d8e9f00112", "Creates a finite impulse response filter for signal processing.",
		"The window method: an ideal filter's coefficients, times the window. HighPass and BandStop need an even order; an odd one is raised by 1.", parameters, []string{"0002", "0005", "0006", "0008"},
		func(v module.Values) (*spec, error) {
			if err := checkCutoffs(v); err != nil {
				return nil, err
			}
			return &spec{Linear: &linear{Forward: windowed(v)}}, nil
		})
}

// windowed gives the coefficients of a FIR filter.
func windowed(v module.Values) []float64 {
	order := int(v.Int(filterOrder))
	low, high := v.Float(lowCutoff), v.Float(highCutoff)
	var bands [][2]float64
	switch v.String(filterType) {
	case lowPass:
		bands = [][2]float64{{0, low}}
	case highPass:
		bands = [][2]float64{{high, 1}}
		order += order % 2
	case bandPass:
		bands = [][2]float64{{low, high}}
	default:
		bands = [][2]float64{{0, low}, {high, 1}}
		order += order % 2
	}
	h := make([]float64, order+1)
	middle := float64(order) / 2
	for n := range h {
		at := float64(n) - middle
		for _, b := range bands {
			h[n] += b[1]*sinc(b[1]*at) - b[0]*sinc(b[0]*at)
		}
		h[n] *= windowAt(v.String(firWindow), float64(n)/float64(order))
	}
	if !v.Bool(scaleFilter) {
		return h
	}
	frequency := (bands[0][0] + bands[0][1]) / 2
	switch {
	case bands[0][0] == 0:
		frequency = 0
	case bands[0][1] == 1:
		frequency = 1
	}
	sum := 0.0
	for n := range h {
		sum += h[n] * math.Cos(math.Pi*(float64(n)-middle)*frequency)
	}
	for n := range h {
		h[n] /= sum
	}
	return h
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// windowAt is the window at a share of its length.
func windowAt(window string, share float64) float64 {
	c, c2 := math.Cos(2*math.Pi*share), math.Cos(4*math.Pi*share)
	switch window {
	case windowHamming:
		return 0.54 - 0.46*c
	case windowHanning:
		return 0.5 - 0.5*c
	case windowBlackman:
		return 0.42 - 0.5*c + 0.08*c2
	}
	return 1
}

// UserDefinedFilter makes a filter of given coefficients.
func UserDefinedFilter() *module.Module {
	iir := []module.Condition{module.When(impulse, "IIR")}
	return maker("User-Defined Filter", "6e5f708192a344b5b6c7d8e9f0011223", "Creates a custom finite or infinite impulse response filter.",
		"a0·y(n) = b0·x(n) + b1·x(n-1) + … - a1·y(n-1) - …: Forward lists the b, Backward the a, of which the first is not 0.",
		[]module.Parameter{
			{Name: impulse, Type: module.Choice, Default: "FIR", Choices: []string{"FIR", "IIR"}, Description: "Whether the filter's own results feed back into it."},
			{Name: forwardList, Type: module.Text, Default: "1.0", Description: "The feed-forward coefficients, separated by commas."},
			{Name: backwardList, Type: module.Text, Default: "1.0", When: iir, Description: "The feed-backward coefficients, separated by commas."},
		}, []string{"0002"},
		func(v module.Values) (*spec, error) {
			l := &linear{}
			var err error
			if l.Forward, err = coefficients(forwardList, v[forwardList]); err != nil {
				return nil, err
			}
			if text, applies := v[backwardList]; applies {
				l.Backward, err = coefficients(backwardList, text)
				if err == nil && l.Backward[0] == 0 {
					err = module.Fail("0002", backwardList).In(backwardList)
				}
			}
			return &spec{Linear: l}, err
		})
}

func coefficients(parameter, text string) ([]float64, error) {
	var list []float64
	for one := range strings.SplitSeq(text, ",") {
		c, err := strconv.ParseFloat(strings.TrimSpace(one), 64)
		if err != nil || math.IsNaN(c) || math.IsInf(c, 0) || len(list) == maxCoefficients {
			return nil, module.Fail("0002", parameter).In(parameter)
		}
		list = append(list, c)
	}
	return list, nil
}
