package statistics

import "math"

// The continuous distributions in their standard form, shift 0 and scale 1. p of an inverse is within 0 and 1.

func normal() distribution {
	return distribution{
		density:    func(x float64) float64 { return math.Exp(-x*x/2) / math.Sqrt(2*math.Pi) },
		cumulative: func(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 },
		inverse:    func(p float64) float64 { return -math.Sqrt2 * math.Erfcinv(2*p) },
	}
}

func uniform() distribution {
	return distribution{
		density: func(x float64) float64 {
			if x < 0 || x > 1 {
				return 0
			}
			return 1
		},
		cumulative: func(x float64) float64 { return max(0, min(1, x)) },
		inverse:    func(p float64) float64 { return p },
	}
}

func cauchy() distribution {
	return distribution{
		density:    func(x float64) float64 { return 1 / (math.Pi * (1 + x*x)) },
		cumulative: func(x float64) float64 { return 0.5 + math.Atan(x)/math.Pi },
		inverse: func(p float64) float64 {
			if p == 0 || p == 1 {
				return math.Copysign(math.Inf(1), p-0.5)
			}
			return math.Tan(math.Pi * (p - 0.5))
		},
	}
}

func laplace() distribution {
	return distribution{
		density: func(x float64) float64 { return math.Exp(-math.Abs(x)) / 2 },
		cumulative: func(x float64) float64 {
			if x > 0 {
				return 1 - math.Exp(-x)/2
			}
			return math.Exp(x) / 2
		},
		inverse: func(p float64) float64 {
			if p > 0.5 {
				return -math.Log(2 * (1 - p))
			}
			return math.Log(2 * p)
		},
	}
}

func logistic() distribution {
	return distribution{
		density: func(x float64) float64 {
			e := math.Exp(-math.Abs(x))
			return e / ((1 + e) * (1 + e))
		},
		cumulative: func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },
		inverse:    func(p float64) float64 { return math.Log(p) - math.Log1p(-p) },
	}
}

// weibull has the shape k: 1 is the exponential distribution, 2 Rayleigh's.
func weibull(k float64) distribution {
	return distribution{
		density: func(x float64) float64 {
			if x < 0 {
				return 0
			}
			return k * math.Pow(x, k-1) * math.Exp(-math.Pow(x, k))
		},
		cumulative: func(x float64) float64 { return -math.Expm1(-math.Pow(max(x, 0), k)) },
		inverse:    func(p float64) float64 { return math.Pow(-math.Log1p(-p), 1/k) },
	}
}

func pareto(k float64) distribution {
	return distribution{
		density: func(x float64) float64 {
			if x < 1 {
				return 0
			}
			return k * math.Pow(x, -k-1)
		},
		cumulative: func(x float64) float64 { return 1 - math.Pow(max(x, 1), -k) },
		inverse:    func(p float64) float64 { return math.Pow(1-p, -1/k) },
	}
}

// extreme is the generalized distribution of extreme values: Gumbel's for the shape 0, Fréchet's above, Weibull's below.
func extreme(shape float64) distribution {
	// t is what exp(-t) is the cumulative function of.
	t := func(x float64) float64 {
		if shape == 0 {
			return math.Exp(-x)
		}
		return math.Pow(max(1+shape*x, 0), -1/shape)
	}
	return distribution{
		density: func(x float64) float64 {
			if 1+shape*x <= 0 {
				return 0
			}
			v := t(x)
			if math.IsInf(v, 1) {
				return 0
			}
			return math.Pow(v, shape+1) * math.Exp(-v)
		},
		cumulative: func(x float64) float64 { return math.Exp(-t(x)) },
		inverse: func(p float64) float64 {
			l := -math.Log(p)
			if shape == 0 {
				return -math.Log(l)
			}
			return (math.Pow(l, -shape) - 1) / shape
		},
	}
}

func beta(a, b float64) distribution {
	cumulative := func(x float64) float64 { return betaRegularized(a, b, max(0, min(1, x))) }
	return distribution{
		density: func(x float64) float64 {
			if x < 0 || x > 1 {
				return 0
			}
			return math.Pow(x, a-1) * math.Pow(1-x, b-1) * math.Exp(-betaLn(a, b))
		},
		cumulative: cumulative,
		inverse:    inverted(cumulative, 0, 1),
	}
}

func gamma(a float64) distribution {
	cumulative := func(x float64) float64 { return gammaP(a, max(x, 0)) }
	lg, _ := math.Lgamma(a)
	return distribution{
		density: func(x float64) float64 {
			switch {
			case x < 0 || math.IsInf(x, 1):
				return 0
			case x == 0:
				return math.Pow(0, a-1) * math.Exp(-lg)
			}
			return math.Exp((a-1)*math.Log(x) - x - lg)
		},
		cumulative: cumulative,
		inverse:    inverted(cumulative, 0, math.Inf(1)),
	}
}

func chiSquare(k float64) distribution { return moved(gamma(k/2), 0, 2) }

func fisherF(a, b float64) distribution {
	cumulative := func(x float64) float64 {
		x = max(x, 0)
		if math.IsInf(x, 1) {
			return 1
		}
		return betaRegularized(a/2, b/2, a*x/(a*x+b))
	}
	return distribution{
		density: func(x float64) float64 {
			switch {
			case x < 0 || math.IsInf(x, 1):
				return 0
			case x == 0:
				return math.Pow(0, a/2-1) * math.Pow(a/b, a/2) * math.Exp(-betaLn(a/2, b/2))
			}
			return math.Exp(a/2*math.Log(a/b) + (a/2-1)*math.Log(x) - (a+b)/2*math.Log1p(a*x/b) - betaLn(a/2, b/2))
		},
		cumulative: cumulative,
		inverse:    inverted(cumulative, 0, math.Inf(1)),
	}
}

// student is Student's t with n degrees of freedom.
func student(n float64) distribution {
	cumulative := func(x float64) float64 {
		var tail float64
		if x*x < n { // near the middle the tail's own argument has no digits left
			tail = 0.5 - betaRegularized(0.5, n/2, x*x/(n+x*x))/2
		} else {
			tail = betaRegularized(n/2, 0.5, n/(n+x*x)) / 2
		}
		if x > 0 {
			return 1 - tail
		}
		return tail
	}
	lower := inverted(cumulative, math.Inf(-1), 0)
	return distribution{
		density: func(x float64) float64 {
			return math.Exp(-(n+1)/2*math.Log1p(x*x/n)-betaLn(n/2, 0.5)) / math.Sqrt(n)
		},
		cumulative: cumulative,
		inverse: func(p float64) float64 {
			if p > 0.5 {
				return -lower(1 - p)
			}
			return lower(p)
		},
	}
}
