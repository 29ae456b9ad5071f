package statistics

import (
	"math"
	"slices"
	"strings"

	"portico/internal/module"
)

// distribution has the functions of a probability distribution. They give NaN outside their domain.
type distribution struct {
	density    func(x float64) float64 // or the mass function of a discrete one
	cumulative func(x float64) float64
	inverse    func(p float64) float64
}

// family is a kind of distribution: the parameters that it takes, and how it is made of them.
type family struct {
	name       string
	parameters []string
	make       func(v module.Values) (distribution, error)
}

// The parameters of distributions.
const (
	successProbability = "Probability of success"
	shape              = "Shape"
	scale              = "Scale"
	trials             = "Number of trials"
	lowerBound         = "Lower bound"
	upperBound         = "Upper bound"
	location           = "Location"
	freedom            = "Number of degrees of freedom"
	numerator          = "Numerator degrees of freedom"
	denominator        = "Denominator degrees of freedom"
	lambda             = "Lambda"
	samples            = "Number of samples"
	successes          = "Number of success"
	population         = "Population size"
	meanValue          = "Mean"
	deviation          = "Standard deviation"
)

// families lists the distributions by name.
func families() []family {
	all := slices.Concat(continuousFamilies(), testFamilies(), discreteFamilies())
	slices.SortFunc(all, func(a, b family) int { return strings.Compare(a.name, b.name) })
	return all
}

// continuousFamilies are distributions of numbers.
func continuousFamilies() []family {
	return []family{
		{"Beta", []string{shape, scale, lowerBound, upperBound}, func(v module.Values) (distribution, error) {
			if err := ascending(v, lowerBound, upperBound); err != nil {
				return distribution{}, err
			}
			low, width := v.Float(lowerBound), v.Float(upperBound)-v.Float(lowerBound)
			return moved(beta(v.Float(shape), v.Float(scale)), low, width), positive(v, shape, scale)
		}},
		{"Cauchy", []string{location, scale}, func(v module.Values) (distribution, error) {
			return moved(cauchy(), v.Float(location), v.Float(scale)), positive(v, scale)
		}},
		{"Exponential", []string{lambda}, func(v module.Values) (distribution, error) {
			return moved(weibull(1), 0, 1/v.Float(lambda)), positive(v, lambda)
		}},
		{"Gamma", []string{shape, scale, location}, func(v module.Values) (distribution, error) {
			return moved(gamma(v.Float(shape)), v.Float(location), v.Float(scale)), positive(v, shape, scale)
		}},
		{"GeneralizedExtremeValues", []string{shape, scale, location}, func(v module.Values) (distribution, error) {
			return moved(extreme(v.Float(shape)), v.Float(location), v.Float(scale)), positive(v, scale)
		}},
		{"GumbelMax", []string{scale, location}, func(v module.Values) (distribution, error) {
			return moved(extreme(0), v.Float(location), v.Float(scale)), positive(v, scale)
		}},
		{"GumbelMin", []string{scale, location}, func(v module.Values) (distribution, error) {
			return moved(mirrored(extreme(0)), v.Float(location), v.Float(scale)), positive(v, scale)
		}},
		{"Laplace", []string{scale, location}, func(v module.Values) (distribution, error) {
			return moved(laplace(), v.Float(location), v.Float(scale)), positive(v, scale)
		}},
		{"Logistic", []string{scale, meanValue}, func(v module.Values) (distribution, error) {
			return moved(logistic(), v.Float(meanValue), v.Float(scale)), positive(v, scale)
		}},
		{"Lognormal", []string{meanValue, deviation}, func(v module.Values) (distribution, error) {
			return ofLogarithm(moved(normal(), v.Float(meanValue), v.Float(deviation))), positive(v, deviation)
		}},
		{"Normal", []string{meanValue, deviation}, func(v module.Values) (distribution, error) {
			return moved(normal(), v.Float(meanValue), v.Float(deviation)), positive(v, deviation)
		}},
		{"Pareto", []string{shape, scale}, func(v module.Values) (distribution, error) {
			return moved(pareto(v.Float(shape)), 0, v.Float(scale)), positive(v, shape, scale)
		}},
		{"Rayleigh", []string{lowerBound, scale}, func(v module.Values) (distribution, error) {
			return moved(weibull(2), v.Float(lowerBound), v.Float(scale)*math.Sqrt2), positive(v, scale)
		}},
		{"StandardNormal", nil, func(module.Values) (distribution, error) { return normal(), nil }},
		{"Uniform", []string{lowerBound, upperBound}, func(v module.Values) (distribution, error) {
			return moved(uniform(), v.Float(lowerBound), v.Float(upperBound)-v.Float(lowerBound)), ascending(v, lowerBound, upperBound)
		}},
		{"Weibull", []string{shape, scale}, func(v module.Values) (distribution, error) {
			return moved(weibull(v.Float(shape)), 0, v.Float(scale)), positive(v, shape, scale)
		}},
	}
}

// testFamilies are those of test statistics, with their tails.
func testFamilies() []family {
	return []family{
		{"ChiSquare", []string{freedom}, func(v module.Values) (distribution, error) {
			return chiSquare(v.Float(freedom)), positive(v, freedom)
		}},
		{"ChiSquareRightTailed", []string{freedom}, func(v module.Values) (distribution, error) {
			d := chiSquare(v.Float(freedom))
			return rightTailed(d, func(x float64) float64 { return gammaQ(v.Float(freedom)/2, max(x, 0)/2) }), positive(v, freedom)
		}},
		{"FFisher", []string{numerator, denominator}, func(v module.Values) (distribution, error) {
			return fisherF(v.Float(numerator), v.Float(denominator)), positive(v, numerator, denominator)
		}},
		{"FFisherRightTailed", []string{numerator, denominator}, func(v module.Values) (distribution, error) {
			a, b := v.Float(numerator), v.Float(denominator)
			return rightTailed(fisherF(a, b), func(x float64) float64 { return betaRegularized(b/2, a/2, b/(a*max(x, 0)+b)) }), positive(v, numerator, denominator)
		}},
		{"TStudent", []string{freedom}, func(v module.Values) (distribution, error) {
			return student(v.Float(freedom)), positive(v, freedom)
		}},
		{"TStudentRightTailed", []string{freedom}, func(v module.Values) (distribution, error) {
			d := student(v.Float(freedom))
			return rightTailed(d, func(x float64) float64 { return d.cumulative(-x) }), positive(v, freedom)
		}},
		{"TStudentTwoTailed", []string{freedom}, func(v module.Values) (distribution, error) {
			d := student(v.Float(freedom))
			return distribution{
				density:    d.density,
				cumulative: func(x float64) float64 { return 2 * d.cumulative(-math.Abs(x)) },
				inverse:    func(p float64) float64 { return -d.inverse(p / 2) },
			}, positive(v, freedom)
		}},
	}
}

// discreteFamilies are distributions of whole numbers.
func discreteFamilies() []family {
	return []family{
		{"Bernoulli", []string{successProbability}, func(v module.Values) (distribution, error) {
			return binomial(1, v.Float(successProbability)), nil
		}},
		{"Binomial", []string{successProbability, trials}, func(v module.Values) (distribution, error) {
			return binomial(float64(v.Int(trials)), v.Float(successProbability)), nil
		}},
		{"Geometric", []string{successProbability}, func(v module.Values) (distribution, error) {
			return geometric(v.Float(successProbability)), positive(v, successProbability)
		}},
		{"Hypergeometric", []string{samples, successes, population}, hypergeometric},
		{"NegativeBinomial", []string{successProbability, successes}, func(v module.Values) (distribution, error) {
			return negativeBinomial(float64(v.Int(successes)), v.Float(successProbability)), positive(v, successes, successProbability)
		}},
		{"Poisson", []string{meanValue}, func(v module.Values) (distribution, error) {
			if v.Float(meanValue) < 0 {
				return distribution{}, module.Fail("0005", meanValue, 0).In(meanValue)
			}
			return poisson(v.Float(meanValue)), nil
		}},
	}
}

// positive returns 0004 for the first of the parameters that is not above 0.
func positive(v module.Values, names ...string) error {
	for _, name := range names {
		if !(v.Float(name) > 0) {
			return module.Fail("0004", name, 0).In(name)
		}
	}
	return nil
}

// ascending returns 0006 where the first parameter is not below the second.
func ascending(v module.Values, low, high string) error {
	if v.Float(low) >= v.Float(high) {
		return module.Fail("0006", low, high).In(low)
	}
	return nil
}

// moved shifts and stretches a continuous distribution.
func moved(d distribution, shift, width float64) distribution {
	return distribution{
		density:    func(x float64) float64 { return d.density((x-shift)/width) / width },
		cumulative: func(x float64) float64 { return d.cumulative((x - shift) / width) },
		inverse:    func(p float64) float64 { return shift + width*d.inverse(p) },
	}
}

// mirrored turns a continuous distribution around 0.
func mirrored(d distribution) distribution {
	return distribution{
		density:    func(x float64) float64 { return d.density(-x) },
		cumulative: func(x float64) float64 { return 1 - d.cumulative(-x) },
		inverse:    func(p float64) float64 { return -d.inverse(1 - p) },
	}
}

// rightTailed is a distribution whose cumulative function is the tail.
func rightTailed(d distribution, tail func(x float64) float64) distribution {
	return distribution{d.density, tail, func(p float64) float64 { return d.inverse(1 - p) }}
}

// ofLogarithm is the distribution of what has a logarithm with that distribution.
func ofLogarithm(d distribution) distribution {
	return distribution{
		density: func(x float64) float64 {
			if x <= 0 {
				return 0
			}
			return d.density(math.Log(x)) / x
		},
		cumulative: func(x float64) float64 { return d.cumulative(math.Log(max(x, 0))) },
		inverse:    func(p float64) float64 { return math.Exp(d.inverse(p)) },
	}
}

// inverted finds the inverse of a cumulative function that rises from low to high, by halving.
func inverted(cumulative func(x float64) float64, low, high float64) func(p float64) float64 {
	return func(p float64) float64 {
		switch {
		case p == 0:
			return low
		case p == 1:
			return high
		}
		a, b := max(low, -1), min(high, 1)
		for a > low && cumulative(a) > p {
			a = max(low, a*2)
		}
		for b < high && cumulative(b) < p {
			b = min(high, b*2)
		}
		for range 2000 { // at most as many halvings as a double has steps, tiny values included
			middle := a + (b-a)/2
			if middle <= a || middle >= b {
				break
			}
			if cumulative(middle) < p {
				a = middle
			} else {
				b = middle
			}
		}
		return b
	}
}
