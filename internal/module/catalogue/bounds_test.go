package catalogue_test

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"testing"

	"portico/internal/module"
	"portico/internal/module/catalogue"
	"portico/internal/module/inputoutput"
)

// Every number is taken at its bounds and refused beyond them, with a documented
// error that names the parameter; what is no number is 0002.
func TestParameterBounds(t *testing.T) {
	for _, m := range catalogue.New(inputoutput.Outside{}, nil).All() {
		for i := range m.Parameters {
			p := &m.Parameters[i]
			least, greatest := p.Bounds()
			for _, c := range []struct {
				bound *float64
				step  float64
			}{{least, -1}, {greatest, 1}} {
				if c.bound == nil || p.Type == module.Float && math.Abs(*c.bound) == math.MaxFloat64 {
					continue
				}
				if err := bind(m, p, *c.bound); err != nil {
					t.Errorf("%s: %s refuses its bound %v: %v", m.Name, p.Name, *c.bound, err)
				}
				beyond := *c.bound + c.step
				if p.Type == module.Float {
					beyond = math.Nextafter(*c.bound, c.step*math.Inf(1))
				}
				var e *module.Error
				if err := bind(m, p, beyond); !errors.As(err, &e) || e.Parameter != p.Name || !slices.Contains(m.Errors, e.Code) || !slices.Contains([]string{"0004", "0005", "0008"}, e.Code) {
					t.Errorf("%s: %s of %v gives %v, which is not in its declaration or does not name it", m.Name, p.Name, beyond, err)
				}
			}
			if p.Type != module.Integer && p.Type != module.Float {
				continue
			}
			given := applying(m, p)
			given[p.Name] = "many"
			var e *module.Error
			if _, err := m.Bind(given); !errors.As(err, &e) || e.Code != "0002" || e.Parameter != p.Name {
				t.Errorf("%s: %s of no number gives %v", m.Name, p.Name, err)
			}
		}
	}
}

func bind(m *module.Module, p *module.Parameter, value float64) error {
	given := applying(m, p)
	given[p.Name] = strconv.FormatFloat(value, 'g', -1, 64)
	if p.Type == module.Integer {
		given[p.Name] = strconv.FormatFloat(value, 'f', 0, 64)
	}
	_, err := m.Bind(given)
	return err
}

// applying gives values with which a parameter applies and all that is required is there.
func applying(m *module.Module, p *module.Parameter) map[string]string {
	given := map[string]string{}
	var meet func(p *module.Parameter)
	meet = func(p *module.Parameter) {
		for _, c := range p.When {
			given[c.Parameter] = c.Values[0]
			meet(m.Parameter(c.Parameter))
		}
	}
	meet(p)
	for _, other := range m.Parameters {
		if _, set := given[other.Name]; set || other.Default != "" || other.Optional {
			continue
		}
		given[other.Name] = map[module.ParameterType]string{module.ColumnSelection: "All", module.Integer: "1", module.Float: "1"}[other.Type]
		if given[other.Name] == "" {
			given[other.Name] = "x"
		}
	}
	return given
}
