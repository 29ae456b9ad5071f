package decimal

import "testing"

func TestArithmetic(t *testing.T) {
	ops := map[string]func(a, b Decimal) (Decimal, error){"+": Decimal.Add, "-": Decimal.Sub, "*": Decimal.Mul, "/": Decimal.Div, "%": Decimal.Rem}
	tests := []struct{ a, op, b, want string }{
		{"1.10", "+", "2.205", "3.305"},
		{"1.0", "-", "1.00", "0.00"},
		{"1.50", "*", "2.0", "3.000"},
		{"10.0", "/", "2", "5.0"},
		{"1", "/", "3", "0.3333333333333333333333333333"},
		{"2", "/", "3", "0.6666666666666666666666666667"},
		{"-7.5", "%", "2", "-1.5"},
		{"79228162514264337593543950335", "+", "0.4", "79228162514264337593543950335"},
		{"79228162514264337593543950335", "+", "1", "overflow"},
		{"1", "/", "0", "zero"},
		{"0.0000000000000000000000000001", "*", "0.5", "0.0000000000000000000000000000"},
	}
	for _, test := range tests {
		a, err := Parse(test.a)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Parse(test.b)
		if err != nil {
			t.Fatal(err)
		}
		d, err := ops[test.op](a, b)
		got := d.String()
		switch err {
		case ErrOverflow:
			got = "overflow"
		case ErrDivideByZero:
			got = "zero"
		}
		if got != test.want {
			t.Errorf("%s %s %s = %s, want %s", test.a, test.op, test.b, got, test.want)
		}
	}
}

func TestRound(t *testing.T) {
	tests := []struct {
		in     string
		places int
		mode   Mode
		want   string
	}{
		{"2.5", 0, HalfEven, "2"}, {"3.5", 0, HalfEven, "4"}, {"2.5", 0, HalfAway, "3"}, {"-2.5", 0, HalfAway, "-3"},
		{"2.345", 2, HalfEven, "2.34"}, {"-1.7", 0, Truncate, "-1"}, {"1.2", 3, HalfEven, "1.2"},
	}
	for _, test := range tests {
		d, err := Parse(test.in)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Round(test.places, test.mode).String(); got != test.want {
			t.Errorf("Round(%s, %d) = %s, want %s", test.in, test.places, got, test.want)
		}
	}
}
