package syntax

import "testing"

func TestScan(t *testing.T) {
	for expression, whole := range map[string]bool{
		`@(a)`:                        true,
		`@(a[(1)])`:                   true,
		`@(")")`:                      true,
		`@("\")")`:                    true,
		`@(@"\")`:                     true,
		`@(@"a"")")`:                  true,
		`@($"{f(")")}")`:              true,
		`@($"{{)}}")`:                 true,
		`@($@"{x}"")")`:               true,
		`@(')')`:                      true,
		`@('\'')`:                     true,
		`@{ return 1; /* } */ }`:      true,
		"@{ // }\n return 1; }":       true,
		`@(a / b)`:                    true,
		`@(a`:                         false,
		`@(a]`:                        false,
		`@("a)`:                       false,
		`@{ // }`:                     false,
		`@($"{a)`:                     false,
		`@(a) and text`:               false,
		`@(it's)`:                     true,
		`@{ return new[] { 1, 2 }; }`: true,
	} {
		if n, ok := Scan(expression); (ok && n == len(expression)) != whole {
			t.Errorf("%s: %d, %v", expression, n, ok)
		}
	}
}
