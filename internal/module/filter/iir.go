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
	chebyshev1  = "Chebyshev Type 1"
	chebyshev2  = "Chebyshev Type 2"
	// maxIIROrder is where the coefficients of a single equation become too coarse.
	maxIIROrder = 13
)

// IIRFilter makes an infinite impulse response filter.
func IIRFilter() *module.Module {
	parameters := append([]module.Parameter{
		{Name: filterOrder, Type: module.Integer, Default: "5", Min: 4, Max: maxIIROrder, Description: "The order; band filters have twice as many poles."},
		{Name: iirDesign, Type: module.Choice, Default: butterworth, Choices: []string{butterworth, chebyshev1, chebyshev2},
			Synonyms:    map[string]string{"chebyshevtypei": chebyshev1, "chebyshevtypeii": chebyshev2, "chebyshev1": chebyshev1, "chebyshev2": chebyshev2},
			Description: "Butterworth is as flat as can be; Chebyshev is steeper, and ripples: Type 1 in the band that goes through, Type 2 in the one that is stopped."},
		{Name: iirRipple, Type: module.Float, Default: "0.5", High: math.MaxFloat64, When: []module.Condition{module.When(iirDesign, chebyshev1, chebyshev2)},
			Description: "In decibels: of Type 1, how much of the band that goes through is lost; of Type 2, how much of the other at least."},
	}, cutoffs()...)
	return maker("IIR Filter", "7f60819203b445c6c7d8e9f001122334", "Creates an infinite impulse response filter for signal processing.",
		"An analogue design, taken over to discrete time by the bilinear transform.", parameters, []string{"0002", "0004", "0005", "0006", "0008"},
		func(v module.Values) (*spec, error) {
			if err := checkCutoffs(v); err != nil {
				return nil, err
			}
			if v[iirRipple] != "" && v.Float(iirRipple) <= 0 {
				return nil, module.Fail("0004", iirRipple, 0).In(iirRipple)
			}
			l := recursive(v)
			for _, c := range append(l.Forward, l.Backward...) {
				if math.IsNaN(c) || math.IsInf(c, 0) {
					return nil, module.Fail("0008", iirRipple).In(iirRipple)
				}
			}
			return &spec{Linear: l}, nil
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
	p := prototype(order, v.String(iirDesign), v.Float(iirRipple))
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
func prototype(order int, design string, ripple float64) roots {
	p := roots{gain: 1}
	epsilon := math.Sqrt(math.Pow(10, ripple/10) - 1)
	if design == chebyshev2 {
		epsilon = 1 / epsilon
	}
	mu := math.Asinh(1/epsilon) / float64(order)
	for k := -order + 1; k < order; k += 2 {
		theta := math.Pi * float64(k) / (2 * float64(order))
		q := -cmplx.Exp(complex(0, theta))
		if design != butterworth {
			q = complex(math.Sinh(mu)*real(q), math.Cosh(mu)*imag(q))
		}
		if design == chebyshev2 {
			q = 1 / q
			if k != 0 {
				p.zeros = append(p.zeros, complex(0, -1/math.Sin(theta)))
			}
		}
		p.poles = append(p.poles, q)
	}
	if design != butterworth {
		p.gain = quotient(p.poles, p.zeros)
	}
	if design == chebyshev1 && order%2 == 0 {
		p.gain /= complex(math.Sqrt(1+epsilon*epsilon), 0)
	}
	return p
}

// quotient is the product of the negative of some numbers over that of others.
func quotient(above, below []complex128) complex128 {
	q := complex(1, 0)
	for _, v := range above {
		q *= -v
	}
	for _, v := range below {
		q /= -v
	}
	return q
}

func (p roots) degree() int { return len(p.poles) - len(p.zeros) }

// each puts the roots that one becomes in the place of every zero and pole.
func (p roots) each(of func(q complex128) []complex128) roots {
	out := roots{gain: p.gain}
	for _, z := range p.zeros {
		out.zeros = append(out.zeros, of(z)...)
	}
	for _, q := range p.poles {
		out.poles = append(out.poles, of(q)...)
	}
	return out
}

func (p roots) toLowPass(w float64) roots {
	out := p.each(func(q complex128) []complex128 { return []complex128{q * complex(w, 0)} })
	out.gain *= complex(math.Pow(w, float64(p.degree())), 0)
	return out
}

func (p roots) toHighPass(w float64) roots {
	out := p.each(func(q complex128) []complex128 { return []complex128{complex(w, 0) / q} })
	out.zeros = append(out.zeros, make([]complex128, p.degree())...)
	out.gain *= quotient(p.zeros, p.poles)
	return out
}

func (p roots) toBandPass(w, width float64) roots {
	out := p.each(func(q complex128) []complex128 { return pair(q*complex(width/2, 0), w) })
	out.zeros = append(out.zeros, make([]complex128, p.degree())...)
	out.gain *= complex(math.Pow(width, float64(p.degree())), 0)
	return out
}

func (p roots) toBandStop(w, width float64) roots {
	out := p.each(func(q complex128) []complex128 { return pair(complex(width/2, 0)/q, w) })
	for range p.degree() {
		out.zeros = append(out.zeros, complex(0, w), complex(0, -w))
	}
	out.gain *= quotient(p.zeros, p.poles)
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
