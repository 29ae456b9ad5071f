package catalogue_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"portico/internal/module"
	"portico/internal/module/catalogue"
	"portico/internal/module/inputoutput"
)

// documented is what the reference says of a module: testdata/reference.json has
// names, types, ranges, defaults and error codes as they are published, without the slips of a table's columns.
type documented struct {
	Name       string                `json:"name"`
	Inputs     []documentedPort      `json:"inputs"`
	Outputs    []documentedPort      `json:"outputs"`
	Parameters []documentedParameter `json:"parameters"`
	Errors     []string              `json:"errors"`
}

type documentedPort struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

type documentedParameter struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Range   string `json:"range"`
	Default string `json:"default"`
}

// Every module is as documented, but for the differences that testdata/differences.txt
// lists with their reasons; a difference that is listed and no longer there fails the test too.
func TestReference(t *testing.T) {
	b, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference []documented
	if err := json.Unmarshal(b, &reference); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("testdata/differences.txt")
	if err != nil {
		t.Fatal(err)
	}
	reasons := map[string]string{}
	for line := range strings.Lines(string(text)) {
		difference, reason, listed := strings.Cut(strings.TrimSpace(line), " ← ")
		if listed && reason != "" {
			reasons[difference] = reason
		}
	}
	modules := catalogue.New(inputoutput.Outside{}, nil)
	for _, d := range reference {
		m, ok := modules.Find(d.Name)
		if !ok {
			t.Errorf("there is no %s", d.Name)
			continue
		}
		for _, difference := range d.differences(m) {
			difference = d.Name + ": " + difference
			if reasons[difference] == "" {
				t.Errorf("%s", difference)
			}
			delete(reasons, difference)
		}
	}
	for difference := range reasons {
		t.Errorf("listed, and not there: %s", difference)
	}
}

// differences tells where a declaration is not as documented.
func (d *documented) differences(m *module.Module) []string {
	var all []string
	add := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	if m.Name != d.Name {
		add("it is called %s", m.Name)
	}
	for _, side := range []struct {
		kind string
		want []documentedPort
		got  []module.Port
	}{{"input", d.Inputs, m.Inputs}, {"output", d.Outputs, m.Outputs}} {
		if want, got := documentedPorts(side.want), declaredPorts(side.got); !strings.EqualFold(want, got) {
			add("%ss are %s, documented %s", side.kind, got, want)
		}
	}
	for _, want := range d.Parameters {
		p := m.Parameter(want.Name)
		if p == nil {
			add("no parameter %s", want.Name)
			continue
		}
		want.compare(p, add)
	}
	for _, code := range d.Errors {
		if !slices.Contains(m.Errors, code) {
			add("no error %s", code)
		}
	}
	return all
}

func documentedPorts(ports []documentedPort) string {
	var all []string
	for _, p := range ports {
		all = append(all, p.Name+" ("+p.Type+")")
	}
	return strings.Join(all, ", ")
}

func declaredPorts(ports []module.Port) string {
	var all []string
	for _, p := range ports {
		kind := string(p.Type)
		if p.Format != "" { // the reference calls the type by the format of the download
			kind = string(p.Format)
		}
		all = append(all, p.Name+" ("+kind+")")
	}
	return strings.Join(all, ", ")
}

// compare compares type, range and default.
func (d *documentedParameter) compare(p *module.Parameter, add func(string, ...any)) {
	types := map[string][]module.ParameterType{
		"integer": {module.Integer}, "float": {module.Float}, "double": {module.Float}, "columnselection": {module.ColumnSelection}, "boolean": {module.Bool}, "string": {module.Text}, "securestring": {module.Secret},
	}
	wanted, known := types[strings.ToLower(strings.ReplaceAll(d.Type, " ", ""))]
	if known && !slices.Contains(wanted, p.Type) {
		add("%s is a %s, documented %s", d.Name, p.Type, d.Type)
	}
	if !known && p.Type != module.Choice && d.Type != "" {
		add("%s is a %s, documented a list (%s)", d.Name, p.Type, d.Type)
	}
	if least, greatest, ok := bounds(d.Range); ok && (p.Type == module.Integer || p.Type == module.Float) {
		low, high := math.Inf(-1), math.Inf(1)
		if a, b := p.Bounds(); true {
			if a != nil {
				low = *a
			}
			if b != nil {
				high = *b
			}
		}
		if low != least || high != greatest {
			add("%s is within %v and %v, documented %s", d.Name, low, high, d.Range)
		}
	}
	if p.Type == module.Choice && strings.Contains(d.Range, "|") {
		for choice := range strings.SplitSeq(d.Range, "|") {
			if !slices.ContainsFunc(p.Choices, func(c string) bool { return strings.EqualFold(c, choice) }) {
				add("%s has no choice %s", d.Name, choice)
			}
		}
	}
	if want := strings.Trim(d.Default, `"`); !sameDefault(want, p.Default) {
		add("%s is by default %q, documented %q", d.Name, p.Default, d.Default)
	}
}

// bounds reads "[1;31]" or ">=0.0". ok is false for what is no range of numbers.
func bounds(text string) (least, greatest float64, ok bool) {
	text = strings.TrimSuffix(strings.ReplaceAll(text, "double.Epsilon", "5e-324"), "f")
	if rest, found := strings.CutPrefix(text, ">="); found {
		least, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
		return least, math.Inf(1), err == nil
	}
	inner, found := strings.CutPrefix(text, "[")
	low, high, two := strings.Cut(strings.TrimSuffix(inner, "]"), ";")
	if !found || !two {
		return 0, 0, false
	}
	least, err := strconv.ParseFloat(strings.TrimSpace(low), 64)
	greatest, err2 := strconv.ParseFloat(strings.TrimSpace(high), 64)
	return least, greatest, err == nil && err2 == nil
}

// sameDefault compares defaults as numbers, or without regard to case. Where none is documented, a module may have one.
func sameDefault(want, got string) bool {
	a, err := strconv.ParseFloat(strings.TrimSuffix(want, "f"), 64)
	b, err2 := strconv.ParseFloat(got, 64)
	if err == nil && err2 == nil {
		return a == b
	}
	return strings.EqualFold(want, got) || slices.Contains([]string{"", "none", "n/a"}, strings.ToLower(want))
}
