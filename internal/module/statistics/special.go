package statistics

import "math"

// The special functions that package math does not have. Arguments outside the domain give NaN.

// gammaP is the regularized lower incomplete gamma function of a at x (NIST 8.2.4).
func gammaP(a, x float64) float64 {
	p, _ := incompleteGamma(a, x)
	return p
}

// gammaQ is the regularized upper incomplete gamma function.
func gammaQ(a, x float64) float64 {
	_, q := incompleteGamma(a, x)
	return q
}

// incompleteGamma sums the series below a+1 and the continued fraction above (NIST 8.11.4, 8.9.2).
func incompleteGamma(a, x float64) (p, q float64) {
	switch {
	case !(a > 0) || !(x >= 0):
		return math.NaN(), math.NaN()
	case x == 0:
		return 0, 1
	case math.IsInf(x, 1):
		return 1, 0
	}
	lg, _ := math.Lgamma(a)
	factor := math.Exp(a*math.Log(x) - x - lg)
	const steps, precision = 100_000, 1e-16
	if x < a+1 {
		term := 1 / a
		sum := term
		for n := 1.0; n < steps && term > sum*precision; n++ {
			term *= x / (a + n)
			sum += term
		}
		p = min(factor*sum, 1)
		return p, 1 - p
	}
	// Lentz's method.
	const tiny = 1e-300
	b := x + 1 - a
	c, d := 1/tiny, 1/b
	h := d
	for n := 1.0; n < steps; n++ {
		an := -n * (n - a)
		b += 2
		d = nonZero(an*d+b, tiny)
		c = nonZero(b+an/c, tiny)
		d = 1 / d
		change := d * c
		h *= change
		if math.Abs(change-1) < precision*4 {
			break
		}
	}
	q = min(factor*h, 1)
	return 1 - q, q
}

func nonZero(v, tiny float64) float64 {
	if math.Abs(v) < tiny {
		return tiny
	}
	return v
}

// inverse finds the x above 0 at which a rising or falling function has the value v, by halving.
func inverse(f func(x float64) float64, v float64, rising bool) float64 {
	low, high := 0.0, 1.0
	for (f(high) < v) == rising && high < 1e300 {
		high *= 2
	}
	for range 200 {
		middle := low + (high-low)/2
		if middle == low || middle == high {
			break
		}
		if (f(middle) < v) == rising {
			low = middle
		} else {
			high = middle
		}
	}
	return low + (high-low)/2
}

func gammaPInverse(a, p float64) float64 {
	switch {
	case !(a > 0) || !(p >= 0 && p <= 1):
		return math.NaN()
	case p == 0:
		return 0
	case p == 1:
		return math.Inf(1)
	}
	return inverse(func(x float64) float64 { return gammaP(a, x) }, p, true)
}

func gammaQInverse(a, q float64) float64 {
	switch {
	case !(a > 0) || !(q >= 0 && q <= 1):
		return math.NaN()
	case q == 1:
		return 0
	case q == 0:
		return math.Inf(1)
	}
	return inverse(func(x float64) float64 { return gammaQ(a, x) }, q, false)
}

func betaLn(a, b float64) float64 {
	if !(a > 0) || !(b > 0) {
		return math.NaN()
	}
	x, _ := math.Lgamma(a)
	y, _ := math.Lgamma(b)
	z, _ := math.Lgamma(a + b)
	return x + y - z
}

// betaRegularized is the regularized incomplete beta function (NIST 8.17.22, Lentz's method).
func betaRegularized(a, b, x float64) float64 {
	switch {
	case !(a > 0) || !(b > 0) || !(x >= 0 && x <= 1):
		return math.NaN()
	case x == 0 || x == 1:
		return x
	case x > (a+1)/(a+b+2):
		return 1 - betaRegularized(b, a, 1-x)
	}
	factor := math.Exp(a*math.Log(x)+b*math.Log1p(-x)-betaLn(a, b)) / a
	const tiny, steps, precision = 1e-300, 10_000, 1e-16
	c, d := 1.0, 1/nonZero(1-(a+b)*x/(a+1), tiny)
	h := d
	for m := 1.0; m < steps; m++ {
		even := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		d = 1 / nonZero(1+even*d, tiny)
		c = nonZero(1+even/c, tiny)
		h *= d * c
		odd := -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		d = 1 / nonZero(1+odd*d, tiny)
		c = nonZero(1+odd/c, tiny)
		h *= d * c
		if math.Abs(d*c-1) < precision*4 {
			break
		}
	}
	return factor * h
}

// polygamma is the derivative of order n of the digamma function; order 0 is that function itself.
func polygamma(x, order float64) float64 {
	n := math.Trunc(order)
	switch {
	case n < 0 || n > 150 || n != order:
		return math.NaN()
	case n == 0:
		return digamma(x)
	case x <= 0:
		return math.NaN()
	}
	v := math.Gamma(n+1) * hurwitz(n+1, x)
	if math.Mod(n, 2) == 0 {
		return -v
	}
	return v
}

// digamma uses the recurrence up to 10 and the asymptotic series above (NIST 5.11.2).
func digamma(x float64) float64 {
	switch {
	case x <= 0 && x == math.Trunc(x):
		return math.NaN()
	case x < 0:
		return digamma(1-x) - math.Pi/math.Tan(math.Pi*x)
	}
	v := 0.0
	for ; x < 10; x++ {
		v -= 1 / x
	}
	r := 1 / (x * x)
	return v + math.Log(x) - 0.5/x - r*(1.0/12-r*(1.0/120-r*(1.0/252-r*(1.0/240-r*(1.0/132-r*691.0/32760)))))
}

// hurwitz is the Hurwitz zeta function for s above 1, by Euler's and Maclaurin's formula (NIST 25.11.5).
func hurwitz(s, x float64) float64 {
	sum := 0.0
	const n = 12
	for k := range n {
		sum += math.Pow(x+float64(k), -s)
	}
	x += n
	sum += math.Pow(x, 1-s)/(s-1) + math.Pow(x, -s)/2
	term := s * math.Pow(x, -s-1)
	for i, b := range []float64{1.0 / 12, -1.0 / 720, 1.0 / 30240, -1.0 / 1209600, 1.0 / 47900160} {
		sum += b * term
		k := float64(2*i + 1)
		term *= (s + k) * (s + k + 1) / (x * x)
	}
	return sum
}

// ellipticK and ellipticE are the complete elliptic integrals of the parameter m, by arithmetic-geometric means.
func ellipticK(m float64) float64 {
	k, _ := elliptic(m)
	return k
}

func ellipticE(m float64) float64 {
	if m == 1 {
		return 1
	}
	_, e := elliptic(m)
	return e
}

func elliptic(m float64) (k, e float64) {
	switch {
	case m != m || m > 1:
		return math.NaN(), math.NaN()
	case m == 1:
		return math.Inf(1), 1
	}
	a, g := 1.0, math.Sqrt(1-m)
	sum, power := m/2, 0.5
	for range 60 {
		c := (a - g) / 2
		a, g = (a+g)/2, math.Sqrt(a*g)
		power *= 2
		sum += power * c * c
		if math.Abs(c) < 1e-17*a {
			break
		}
	}
	k = math.Pi / (2 * a)
	return k, k * (1 - sum)
}

// erfcScaled is exp(x²) erfc(x), beyond 20 by its asymptotic series.
func erfcScaled(x float64) float64 {
	if x < 20 {
		return math.Exp(x*x) * math.Erfc(x)
	}
	r := 1 / (2 * x * x)
	return (1 - r*(1-3*r*(1-5*r*(1-7*r)))) / (x * math.Sqrt(math.Pi))
}

// ein is the modified exponential integral: its series, or for large x the logarithm that it comes near to.
func ein(x float64) float64 {
	const eulerGamma = 0.57721566490153286060651209008240243
	if x > 30 {
		return math.Log(x) + eulerGamma // what is left is below exp(-30)
	}
	sum, term := 0.0, -1.0
	for k := 1.0; k < 3000; k++ {
		term *= -x / k
		sum += term / k
		if math.Abs(term) < math.Abs(sum)*1e-17 || math.IsInf(sum, 0) {
			break
		}
	}
	return sum
}
