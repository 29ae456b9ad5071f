package statistics

import (
	"math"
	"sort"

	"portico/internal/module"
)

// discrete makes a distribution of whole numbers of their mass and cumulative
// functions, which are called with whole numbers from least to most only.
func discrete(least, most float64, mass, cumulative func(k float64) float64) distribution {
	total := func(k float64) float64 {
		switch {
		case k < least:
			return 0
		case k >= most:
			return 1
		}
		return cumulative(k)
	}
	return distribution{
		density: func(x float64) float64 {
			if x < least || x > most || x != math.Floor(x) || math.IsInf(x, 0) {
				return 0
			}
			return mass(x)
		},
		cumulative: func(x float64) float64 { return total(math.Floor(x)) },
		inverse:    func(p float64) float64 { return quantileOf(total, least, most, p) },
	}
}

// quantileOf is the least whole number up to which at least p lies.
func quantileOf(total func(k float64) float64, least, most, p float64) float64 {
	if p == 1 {
		return most
	}
	const slack = 1e-14 // of rounding in the sums
	reach := 1.0
	for total(least+reach) < p-slack*p && least+reach < most {
		reach *= 2
	}
	n := sort.Search(int(min(reach, 1<<53)), func(k int) bool { return total(least+float64(k)) >= p-slack*p })
	return min(least+float64(n), most)
}

// logChoose is the logarithm of the number of ways to take k of n.
func logChoose(n, k float64) float64 {
	a, _ := math.Lgamma(n + 1)
	b, _ := math.Lgamma(k + 1)
	c, _ := math.Lgamma(n - k + 1)
	return a - b - c
}

// logTimes is k·log(p), 0 for k = 0.
func logTimes(k, logP float64) float64 {
	if k == 0 {
		return 0
	}
	return k * logP
}

func binomial(n, p float64) distribution {
	return discrete(0, n,
		func(k float64) float64 {
			return math.Exp(logChoose(n, k) + logTimes(k, math.Log(p)) + logTimes(n-k, math.Log1p(-p)))
		},
		func(k float64) float64 { return betaRegularized(n-k, k+1, 1-p) })
}

// geometric counts the trials up to the first success.
func geometric(p float64) distribution {
	return discrete(1, math.Inf(1),
		func(k float64) float64 { return math.Exp(logTimes(k-1, math.Log1p(-p))) * p },
		func(k float64) float64 { return -math.Expm1(k * math.Log1p(-p)) })
}

// negativeBinomial counts the failures before the success number r.
func negativeBinomial(r, p float64) distribution {
	return discrete(0, math.Inf(1),
		func(k float64) float64 {
			return math.Exp(logChoose(k+r-1, k) + r*math.Log(p) + logTimes(k, math.Log1p(-p)))
		},
		func(k float64) float64 { return betaRegularized(r, k+1, p) })
}

func poisson(mean float64) distribution {
	return discrete(0, math.Inf(1),
		func(k float64) float64 {
			lg, _ := math.Lgamma(k + 1)
			return math.Exp(logTimes(k, math.Log(mean)) - mean - lg)
		},
		func(k float64) float64 { return gammaQ(k+1, mean) })
}

// maxDrawn is how many different numbers of successes a hypergeometric distribution may have: they are summed.
const maxDrawn = 1_000_000

// hypergeometric counts the successes among samples that are drawn without replacement.
func hypergeometric(v module.Values) (distribution, error) {
	for _, name := range []string{samples, successes} {
		if v.Int(name) < 0 {
			return distribution{}, module.Fail("0005", name, 0).In(name)
		}
		if v.Int(name) > v.Int(population) {
			return distribution{}, module.Fail("0007", name, population).In(name)
		}
	}
	n, good, all := float64(v.Int(samples)), float64(v.Int(successes)), float64(v.Int(population))
	least, most := max(0, n+good-all), min(n, good)
	if most-least > maxDrawn {
		return distribution{}, module.Fail("0008", samples, 0, maxDrawn).In(samples)
	}
	mass := func(k float64) float64 {
		return math.Exp(logChoose(good, k) + logChoose(all-good, n-k) - logChoose(all, n))
	}
	sums := make([]float64, int(most-least)+1)
	sum := 0.0
	for i := range sums {
		sum += mass(least + float64(i))
		sums[i] = min(sum, 1)
	}
	return discrete(least, most, mass, func(k float64) float64 { return sums[int(k-least)] }), nil
}
