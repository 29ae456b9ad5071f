package statistics_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"portico/internal/module/moduletest"
	"portico/internal/module/statistics"
	"portico/internal/table"
)

// Every distribution is SciPy's, in every method.
func TestProbabilityAgainstOracle(t *testing.T) {
	var recorded struct {
		X  []float64 `json:"x"`
		P  []float64 `json:"p"`
		Of map[string]struct {
			Parameters           map[string]json.Number `json:"parameters"`
			Cdf, Pdf, InverseCdf []*float64
		} `json:"of"`
	}
	if err := json.Unmarshal(moduletest.Oracle(t).Probabilities, &recorded); err != nil {
		t.Fatal(err)
	}
	var choices []string
	m := statistics.ProbabilityFunction()
	for _, p := range m.Parameters {
		if p.Name == "Distribution" {
			choices = p.Choices
		}
	}
	for _, name := range choices {
		of, ok := recorded.Of[name]
		if !ok {
			t.Errorf("%s is not recorded", name)
			continue
		}
		for method, want := range map[string][]*float64{"Cdf": of.Cdf, "Pdf": of.Pdf, "InverseCdf": of.InverseCdf} {
			given := parameters{"Distribution": name, "Method": method, "Negative binomial distribution method": method, "Column set": "All"}
			for parameter, value := range of.Parameters {
				given[parameter] = value.String()
			}
			at := recorded.X
			if method == "InverseCdf" {
				at = recorded.P
			}
			out, err := moduletest.Run(t, m, given, table.FromColumns(len(at), table.FromDoubles("v", at)))
			if err != nil {
				t.Errorf("%s %s: %v", name, method, err)
				continue
			}
			c := out[0].ColumnCalled(name + "." + method + "(v)")
			for r := range want {
				tolerance := 1e-9
				if method == "InverseCdf" && strings.HasPrefix(name, "TStudent") {
					tolerance = 1e-8 // SciPy's own function gives no more digits back
				}
				moduletest.Near(t, fmt.Sprintf("%s.%s(%v)", name, method, at[r]), c, r, want[r], tolerance)
			}
		}
	}
}

// The documented example: the temperatures of the reference with the F distribution at its defaults.
func TestProbabilityExample(t *testing.T) {
	in := csv(t, "temp,s\n8.2,x\n18,x\n14.6,x\n8.3,x\n11.4,x\n")
	for method, want := range map[string][]float64{"Cdf": {0.984774, 0.997896, 0.996352, 0.985201, 0.993147}, "Pdf": {0.004349, 0.000311, 0.000648, 0.004187, 0.001502}} {
		out, err := moduletest.Run(t, statistics.ProbabilityFunction(), parameters{"Distribution": "FFisher", "Method": method, "Column set": moduletest.Columns("temp"), "Result mode": "Append"}, in)
		if err != nil {
			t.Fatal(err)
		}
		c := out[0].ColumnCalled("FFisher." + method + "(temp)")
		for r := range want {
			moduletest.Near(t, method, c, r, &want[r], 6e-7)
		}
	}
}

func TestProbabilityModes(t *testing.T) {
	in := csv(t, "p,s\n0.5,x\n,y\n2,z\n")
	for mode, want := range map[string]string{
		"ResultOnly": "StandardNormal.InverseCdf(p)\n0\n?\n?",
		"Append":     "p,s,StandardNormal.InverseCdf(p)\n0.5,x,0\n?,y,?\n2,z,?",
		"Inplace":    "p,s\n0,x\n?,y\n?,z",
	} {
		out, err := moduletest.Run(t, statistics.ProbabilityFunction(), parameters{"Method": "InverseCdf", "Column set": moduletest.Columns("p"), "Result mode": mode}, in)
		if err != nil {
			t.Fatal(err)
		}
		moduletest.Want(t, mode, out[0], want)
	}
}

func TestProbabilityErrors(t *testing.T) {
	on := []*table.Table{csv(t, "a,s\n1,x\n")}
	fails := moduletest.Fails(t, statistics.ProbabilityFunction())
	of := func(name string, more ...string) parameters {
		p := parameters{"Distribution": name, "Column set": moduletest.Columns("a")}
		for i := 0; i+1 < len(more); i += 2 {
			p[more[i]] = more[i+1]
		}
		return p
	}
	fails("no input", of("Normal"), nil, "0003")
	fails("no columns", nil, on, "0011")
	fails("texts", parameters{"Column set": "All"}, on, "0017")
	fails("absent column", parameters{"Column set": moduletest.Columns("z")}, on, "0001")
	fails("distribution", of("Zipf"), on, "0002")
	fails("method", of("Normal", "Method", "Median"), on, "0002")
	for parameter, c := range map[string]struct{ distribution, value, code string }{
		"Probability of success": {"Binomial", "1.1", "0008"}, "Scale": {"Cauchy", "-1", "0005"}, "Standard deviation": {"Normal", "0", "0004"}, "Shape": {"Weibull", "0", "0004"},
		"Number of trials": {"Binomial", "0", "0004"}, "Number of degrees of freedom": {"TStudent", "0", "0004"}, "Numerator degrees of freedom": {"FFisher", "-2", "0004"}, "Lambda": {"Exponential", "0", "0004"},
		"Lower bound": {"Uniform", "1", "0006"}, "Number of samples": {"Hypergeometric", "53", "0007"}, "Number of success": {"Hypergeometric", "-1", "0005"}, "Mean": {"Poisson", "-1", "0005"}, "Population size": {"Hypergeometric", "x", "0002"},
	} {
		fails(parameter, of(c.distribution, parameter, c.value), on, c.code)
	}
}

// Parameters of other distributions are not looked at.
func TestProbabilityApplies(t *testing.T) {
	m := statistics.ProbabilityFunction()
	for _, p := range m.Parameters {
		if len(p.When) != 1 || p.When[0].Parameter != "Distribution" || strings.HasSuffix(p.Name, "ethod") {
			continue
		}
		v, err := m.Bind(map[string]string{"Distribution": "StandardNormal", p.Name: "nonsense", "Column set": "All"})
		if err != nil || v[p.Name] != "" {
			t.Errorf("%s: %q, %v", p.Name, v[p.Name], err)
		}
	}
}
