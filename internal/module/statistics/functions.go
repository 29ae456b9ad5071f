package statistics

import "math"

// function is one operation of Apply Math Operation: of one argument, or with two of two.
type function struct {
	name  string
	one   func(x float64) float64
	two   func(x, y float64) float64
	truth func(x, y float64) bool
}

// mathCategory is a group of functions and what its second argument is called.
type mathCategory struct {
	name, parameter, argument string
	preset                    string // of the second argument
	functions                 []function
}

func mathCategories() []mathCategory {
	return []mathCategory{
		{"Basic", "Basic math function", "Second argument", "0", basicFunctions()},
		{"Compare", "Comparison function", "Value to compare", "0", comparisonFunctions()},
		{"Operations", "Arithmetic operation", "Second argument", "0", []function{
			{name: "Add", two: func(x, y float64) float64 { return x + y }},
			{name: "Divide", two: func(x, y float64) float64 { return x / y }},
			{name: "Multiply", two: func(x, y float64) float64 { return x * y }},
			{name: "Subtract", two: func(x, y float64) float64 { return x - y }},
		}},
		{"Rounding", "Rounding operation", "Precision", "1", roundingFunctions()},
		{"Special", "Special function", "Second argument", "0", specialFunctions()},
		{"Trigonometric", "Trigonometric function", "", "", trigonometricFunctions()},
	}
}

func basicFunctions() []function {
	return []function{
		{name: "Abs", one: math.Abs},
		{name: "Atan2", two: math.Atan2},
		{name: "Conj", one: func(x float64) float64 { return x }},
		{name: "Cuberoot", one: math.Cbrt},
		{name: "DoubleFactorial", one: doubleFactorial},
		{name: "Eps", one: func(x float64) float64 { return math.Nextafter(math.Abs(x), math.Inf(1)) - math.Abs(x) }},
		{name: "Exp", one: math.Exp},
		{name: "Exp2", two: func(x, y float64) float64 { return y * math.Exp2(x) }},
		{name: "ExpMinus1", one: math.Expm1},
		{name: "Factorial", one: factorial},
		{name: "Hypotenuse", two: math.Hypot},
		{name: "ImaginaryPart", one: func(float64) float64 { return 0 }},
		{name: "Ln", one: math.Log},
		{name: "LnPlus1", one: math.Log1p},
		{name: "Log", two: func(x, base float64) float64 { return math.Log(x) / math.Log(base) }},
		{name: "Log10", one: math.Log10},
		{name: "Log2", one: math.Log2},
		{name: "NthRoot", two: nthRoot},
		{name: "Pow", two: math.Pow},
		{name: "RealPart", one: func(x float64) float64 { return x }},
		{name: "Sqrt", one: math.Sqrt},
		{name: "SqrtPi", one: func(x float64) float64 { return math.Sqrt(x * math.Pi) }},
		{name: "Square", one: func(x float64) float64 { return x * x }},
	}
}

func factorial(x float64) float64 {
	if x < 0 {
		return math.NaN()
	}
	return math.Round(math.Gamma(math.Trunc(x) + 1))
}

func doubleFactorial(x float64) float64 {
	if x < 0 {
		return math.NaN()
	}
	p := 1.0
	for n := math.Trunc(x); n > 1 && !math.IsInf(p, 1); n -= 2 {
		p *= n
	}
	return p
}

// nthRoot is defined below zero for odd whole roots.
func nthRoot(x, n float64) float64 {
	if x < 0 && math.Mod(math.Abs(n), 2) == 1 {
		return -math.Pow(-x, 1/n)
	}
	return math.Pow(x, 1/n)
}

func comparisonFunctions() []function {
	return []function{
		{name: "EqualTo", truth: func(x, y float64) bool { return x == y }},
		{name: "GreaterThan", truth: func(x, y float64) bool { return x > y }},
		{name: "GreaterThanOrEqualTo", truth: func(x, y float64) bool { return x >= y }},
		{name: "LessThan", truth: func(x, y float64) bool { return x < y }},
		{name: "LessThanOrEqualTo", truth: func(x, y float64) bool { return x <= y }},
		{name: "NotEqualTo", truth: func(x, y float64) bool { return x != y }},
		{name: "PairMax", two: math.Max},
		{name: "PairMin", two: math.Min},
	}
}

func roundingFunctions() []function {
	return []function{
		{name: "Ceiling", two: func(x, to float64) float64 { return math.Ceil(x/to) * to }},
		{name: "CeilingPower2", one: func(x float64) float64 {
			if x <= 0 {
				return 0
			}
			return math.Exp2(math.Ceil(math.Log2(x)))
		}},
		{name: "Floor", two: func(x, to float64) float64 { return math.Floor(x/to) * to }},
		{name: "Mod", two: func(x, y float64) float64 { return x - y*math.Floor(x/y) }},
		{name: "Quotient", two: func(x, y float64) float64 { return math.Trunc(x / y) }},
		{name: "Remainder", two: math.Mod},
		{name: "RoundDigits", two: func(x, digits float64) float64 { return atDigits(x, digits, math.Round) }},
		{name: "RoundDown", two: func(x, digits float64) float64 { return atDigits(x, digits, math.Trunc) }},
		{name: "RoundUp", two: func(x, digits float64) float64 {
			return atDigits(x, digits, func(v float64) float64 { return math.Copysign(math.Ceil(math.Abs(v)), v) })
		}},
		{name: "ToEven", one: func(x float64) float64 { return math.Copysign(2*math.Ceil(math.Abs(x)/2), x) }},
		{name: "ToMultiple", two: func(x, of float64) float64 { return math.Round(x/of) * of }},
		{name: "ToOdd", one: func(x float64) float64 {
			return math.Copysign(2*math.Ceil(max(math.Abs(x)-1, 0)/2)+1, x)
		}},
		{name: "Truncate", two: func(x, digits float64) float64 { return atDigits(x, digits, math.Trunc) }},
	}
}

// atDigits rounds at so many digits behind the point, or before it where they are below 0.
func atDigits(x, digits float64, round func(float64) float64) float64 {
	scale := math.Pow(10, math.Trunc(digits))
	return round(x*scale) / scale
}

func specialFunctions() []function {
	return []function{
		{name: "Beta", two: func(x, y float64) float64 { return math.Exp(betaLn(x, y)) }},
		{name: "BetaLn", two: betaLn},
		{name: "EllipticIntegralE", one: ellipticE},
		{name: "EllipticIntegralK", one: ellipticK},
		{name: "Erf", one: math.Erf},
		{name: "Erfc", one: math.Erfc},
		{name: "ErfcScaled", one: erfcScaled},
		{name: "ErfInverse", one: math.Erfinv},
		{name: "ExponentialIntegralEin", one: ein},
		{name: "Gamma", one: math.Gamma},
		{name: "GammaLn", one: func(x float64) float64 {
			v, _ := math.Lgamma(x)
			return v
		}},
		{name: "GammaRegularizedP", two: gammaP},
		{name: "GammaRegularizedPInverse", two: gammaPInverse},
		{name: "GammaRegularizedQ", two: gammaQ},
		{name: "GammaRegularizedQInverse", two: gammaQInverse},
		{name: "Polygamma", two: polygamma},
	}
}

func trigonometricFunctions() []function {
	const degree = math.Pi / 180
	inverse := func(f func(float64) float64) func(float64) float64 {
		return func(x float64) float64 { return f(1 / x) }
	}
	reciprocal := func(f func(float64) float64) func(float64) float64 {
		return func(x float64) float64 { return 1 / f(x) }
	}
	var all []function
	for _, f := range []struct {
		name      string
		forward   func(float64) float64
		backward  func(float64) float64
		inDegrees bool
	}{
		{"cos", math.Cos, math.Acos, true}, {"cosh", math.Cosh, math.Acosh, false},
		{"cot", reciprocal(math.Tan), inverse(math.Atan), true}, {"coth", reciprocal(math.Tanh), inverse(math.Atanh), false},
		{"csc", reciprocal(math.Sin), inverse(math.Asin), true}, {"csch", reciprocal(math.Sinh), inverse(math.Asinh), false},
		{"sec", reciprocal(math.Cos), inverse(math.Acos), true}, {"sech", reciprocal(math.Cosh), inverse(math.Acosh), false},
		{"sin", math.Sin, math.Asin, true}, {"sinh", math.Sinh, math.Asinh, false},
		{"tan", math.Tan, math.Atan, true}, {"tanh", math.Tanh, math.Atanh, false},
	} {
		name := string(f.name[0]-'a'+'A') + f.name[1:]
		all = append(all, function{name: "A" + f.name, one: f.backward}, function{name: name, one: f.forward})
		if f.inDegrees {
			all = append(all,
				function{name: "A" + f.name + "Degrees", one: func(x float64) float64 { return f.backward(x) / degree }},
				function{name: name + "Degrees", one: func(x float64) float64 { return f.forward(x * degree) }})
		}
	}
	return append(all,
		function{name: "Arg", one: func(x float64) float64 { return math.Atan2(0, x) }},
		function{name: "Cis", one: math.Cos}, // the real part: there are no complex numbers in a dataset
		function{name: "DegreesToRadians", one: func(x float64) float64 { return x * degree }},
		function{name: "RadiansToDegrees", one: func(x float64) float64 { return x / degree }},
		function{name: "Sign", one: sign},
		function{name: "Sinc", one: func(x float64) float64 {
			if x == 0 {
				return 1
			}
			return math.Sin(math.Pi*x) / (math.Pi * x)
		}})
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}
