package filter

import (
	"math"
	"math/cmplx"

	"portico/internal/module"
)

const (
	iirDesign   = "Filter kind"
	iirRipple   = "Ripple"
	butterworth = "Butterworth"
	chebyshev   = "Chebyshev Type I"
	// maxIIROrder is where the coefficients of a single equation become too coarse.
	maxIIROrder = 13
)

// IIRFilter makes an infinite impulse response filter.
func IIRFilter() *module.Module {
	parameters := append([]module.Parameter{
		{Name: filterOrder, Type: module.Integer, Default: "5", Min: 4, Max: maxIIROrder, Description: "The order; band filters have twice as many poles."},
		{Name: iirDesign, Type: module.Choice, Default: butterworth, Choices: []string{butterworth, chebyshev}, Description: "Butterworth is as flat as can be; Chebyshev is steeper, and ripples in the band that goes through."},
		{Name: iirRipple, Type: module.Float, Default: "0.5", Low: 1e-6, High: 100, When: []module.Condition{module.When(iirDesign, chebyshev)}, Description: "The ripple in decibels."},
	}, cutoffs()...)
	return maker("IIR Filter", "7f60819203b445c6c7d8e9f001122334", "Creates an infinite impulse response filter for signal processing.",
		"An analogue design, taken over to discrete time by the bilinear transform.", parameters, []string{"0002", "0006", "0008"},
		func(v module.Values) (*spec, error) {
			if err := checkCutoffs(v); err != nil {
				return nil, err
			}
			return &spec{Linear: recursive(v)}, nil
		})
}

// roots is a filter as its zeros, poles and gain.
type roots struct {
	zeros, poles []complex128
	gain         complex128
}

// recursive designs the filter.
func recursive(v module.Values) *linear {
	order := int(v.Int(filterOrder))
	p := prototype(order, v.String(iirDesign) == chebyshev, v.Float(iirRipple))
	warp := func(frequency float64) float64 { return 4 * math.Tan(math.Pi*frequency/2) }
	low, high := warp(v.Float(lowCutoff)), warp(v.Float(highCutoff))
	switch v.String(filterType) {
	case lowPass:
		p = p.toLowPass(low)
	case highPass:
		p = p.toHighPass(high)
	case bandPass:
		p = p.toBandPass(math.Sqrt(low*high), high-low)
	default:
		p = p.toBandStop(math.Sqrt(low*high), high-low)
	}
	p = p.bilinear()
	b, a := polynomial(p.zeros), polynomial(p.poles)
	l := &linear{}
	for _, c := range b {
		l.Forward = append(l.Forward, real(p.gain*c))
	}
	for _, c := range a {
		l.Backward = append(l.Backward, real(c))
	}
	return l
}

// prototype is the analogue low pass with the cutoff 1.
func prototype(order int, cheby bool, ripple float64) roots {
	p := roots{gain: 1}
	epsilon := math.Sqrt(math.Pow(10, ripple/10) - 1)
	mu := math.Asinh(1/epsilon) / float64(order)
	for k := -order + 1; k < order; k += 2 {
		theta := math.Pi * float64(k) / (2 * float64(order))
		if cheby {
			p.poles = append(p.poles, -cmplx.Sinh(complex(mu, theta)))
		} else {
			p.poles = append(p.poles, -cmplx.Exp(complex(0, theta)))
		}
	}
	if cheby {
		for _, q := range p.poles {
			p.gain *= -q
		}
		if order%2 == 0 {
			p.gain /= complex(math.Sqrt(1+epsilon*epsilon), 0)
		}
	}
	return p
}

func (p roots) degree() int { return len(p.poles) - len(p.zeros) }

func (p roots) toLowPass(w float64) roots {
	out := roots{gain: p.gain * complex(math.Pow(w, float64(p.degree())), 0)}
	for _, q := range p.poles {
		out.poles = append(out.poles, q*complex(w, 0))
	}
	return out
}

func (p roots) toHighPass(w float64) roots {
	out := roots{gain: p.gain, zeros: make([]complex128, p.degree())}
	for _, q := range p.poles {
		out.poles = append(out.poles, complex(w, 0)/q)
		out.gain /= -q
	}
	return out
}

func (p roots) toBandPass(w, width float64) roots {
	out := roots{gain: p.gain * complex(math.Pow(width, float64(p.degree())), 0), zeros: make([]complex128, p.degree())}
	for _, q := range p.poles {
		out.poles = append(out.poles, pair(q*complex(width/2, 0), w)...)
	}
	return out
}

func (p roots) toBandStop(w, width float64) roots {
	out := roots{gain: p.gain}
	for range p.degree() {
		out.zeros = append(out.zeros, complex(0, w), complex(0, -w))
	}
	for _, q := range p.poles {
		out.poles = append(out.poles, pair(complex(width/2, 0)/q, w)...)
		out.gain /= -q
	}
	return out
}

// pair gives the two poles that one becomes around the frequency w.
func pair(q complex128, w float64) []complex128 {
	root := cmplx.Sqrt(q*q - complex(w*w, 0))
	return []complex128{q + root, q - root}
}

// bilinear takes the filter to discrete time, at a sampling rate of 2.
func (p roots) bilinear() roots {
	const twice = 4
	out := roots{gain: p.gain}
	for _, z := range p.zeros {
		out.zeros = append(out.zeros, (twice+z)/(twice-z))
		out.gain *= twice - z
	}
	for _, q := range p.poles {
		out.poles = append(out.poles, (twice+q)/(twice-q))
		out.gain /= twice - q
	}
	for range p.degree() {
		out.zeros = append(out.zeros, -1)
	}
	return out
}

// polynomial multiplies the factors (x - root).
func polynomial(of []complex128) []complex128 {
	c := []complex128{1}
	for _, r := range of {
		c = append(c, 0)
		for i := len(c) - 1; i > 0; i-- {
			c[i] -= r * c[i-1]
		}
	}
	return c
}
