package filter_test

import (
	"fmt"
	"testing"

	"portico/internal/module"
	"portico/internal/module/filter"
	"portico/internal/module/moduletest"
	"portico/internal/table"
)

type parameters = moduletest.Parameters

// filtered makes a filter and applies it.
func filtered(t *testing.T, m *module.Module, given parameters, in *table.Table) *table.Table {
	t.Helper()
	made, err := moduletest.Run(t, m, given)
	if err != nil {
		t.Fatalf("%s %v: %v", m.Name, given, err)
	}
	out, err := moduletest.Run(t, filter.ApplyFilter(), nil, made[0], in)
	if err != nil {
		t.Fatalf("%s %v: %v", m.Name, given, err)
	}
	return out[0]
}

// The designs are SciPy's.
func TestFiltersAgainstOracle(t *testing.T) {
	recorded := moduletest.Oracle(t)
	in := table.FromColumns(recorded.Data.Rows, recorded.Data.ColumnCalled("normal"))
	for name, c := range map[string]struct {
		m     *module.Module
		given parameters
	}{
		"fir lowpass hamming":   {filter.FIRFilter(), nil},
		"fir highpass hann":     {filter.FIRFilter(), parameters{"Order": "6", "Window": "Hanning", "Filter type": "HighPass"}},
		"fir bandpass blackman": {filter.FIRFilter(), parameters{"Order": "8", "Window": "Blackman", "Filter type": "BandPass"}},
		"iir butterworth":       {filter.IIRFilter(), parameters{"Order": "4"}},
		"iir chebyshev":         {filter.IIRFilter(), parameters{"Order": "4", "Filter kind": "Chebyshev Type 1", "Low cutoff": "0.4"}},
		"iir highpass":          {filter.IIRFilter(), parameters{"Filter type": "HighPass"}},
		"iir bandpass":          {filter.IIRFilter(), parameters{"Order": "4", "Filter type": "BandPass"}},
		"iir bandstop":          {filter.IIRFilter(), parameters{"Filter kind": "Chebyshev Type 1", "Filter type": "BandStop"}},
		"iir type 2":            {filter.IIRFilter(), parameters{"Filter kind": "Chebyshev Type 2", "Ripple": "20"}},
		"iir type 2 even":       {filter.IIRFilter(), parameters{"Filter kind": "ChebyshevTypeII", "Ripple": "30", "Order": "4", "Low cutoff": "0.4"}},
		"iir type 2 highpass":   {filter.IIRFilter(), parameters{"Filter kind": "Chebyshev Type 2", "Ripple": "20", "Filter type": "HighPass"}},
		"iir type 2 bandpass":   {filter.IIRFilter(), parameters{"Filter kind": "Chebyshev Type 2", "Ripple": "20", "Filter type": "BandPass", "Order": "4"}},
		"iir type 2 bandstop":   {filter.IIRFilter(), parameters{"Filter kind": "Chebyshev Type 2", "Ripple": "20", "Filter type": "BandStop"}},
		"user":                  {filter.UserDefinedFilter(), parameters{"Type of filter": "IIR", "Forward": "1, 0.5", "Backward": "1,-0.25"}},
	} {
		want := recorded.Filters[name]
		if len(want) == 0 {
			t.Errorf("%s is not recorded", name)
			continue
		}
		out := filtered(t, c.m, c.given, in)
		for r := range want {
			moduletest.Near(t, fmt.Sprintf("%s, row %d", name, r), out.Parts[0].Column, r, want[r], 1e-9)
		}
	}
}

func TestSmoothing(t *testing.T) {
	in := moduletest.CSV(t, "a,s\n1,x\n5,x\n,x\n-3,x\n7,x\n2,x\n")
	for _, c := range []struct {
		m     *module.Module
		given parameters
		want  string
	}{
		{filter.MedianFilter(), parameters{"Length": "3"}, "3 1 ? 5 2 4.5"},
		{filter.MedianFilter(), parameters{"Length": "1"}, "1 5 ? -3 7 2"},
		{filter.MedianFilter(), parameters{"Length": "2"}, "1 3 ? 1 2 4.5"},
		{filter.MovingAverageFilter(), parameters{"Length": "2"}, "1 3 ? 1 2 4.5"},
		{filter.MovingAverageFilter(), parameters{"Length": "3", "Type": "Triangular"}, "1 2 ? 2 1.5 3.25"},
		{filter.MovingAverageFilter(), parameters{"Length": "3", "Type": "Exponential"}, "1 3 ? 0 3.5 2.75"},
		{filter.MovingAverageFilter(), parameters{"Type": "Cumulative"}, "1 3 ? 1 2.5 2.4"},
		{filter.ThresholdFilter(), nil, "1 5 ? 0 7 2"},
		{filter.ThresholdFilter(), parameters{"Type": "GreaterThan", "Level": "4"}, "1 4 ? -3 4 2"},
		{filter.ThresholdFilter(), parameters{"Type": "Abs_LessThan", "Level": "3.5"}, "3.5 5 ? 3.5 7 3.5"},
		{filter.ThresholdFilter(), parameters{"Type": "Abs_GreaterThan", "Level": "3.5", "Indicator": "True"}, "False True ? False True False"},
		{filter.ThresholdFilter(), parameters{"Type": "BetweenBoundaries", "Lower boundary": "1", "Upper boundary": "2"}, "0 5 ? -3 7 0"},
		{filter.ThresholdFilter(), parameters{"Type": "BeyondBoundaries", "Lower boundary": "1", "Upper boundary": "6", "Level": "9"}, "1 5 ? 9 9 2"},
		// The mean is 2.4, the deviation 3.85: beyond 1.2 of it are values below -2.22 and above 7.02.
		{filter.ThresholdFilter(), parameters{"Type": "ZScore", "Alpha": "1.2"}, "1 5 ? 0 7 2"},
		{filter.UserDefinedFilter(), parameters{"Forward": "0.5,0.5"}, "0.5 3 ? 1 2 4.5"},
	} {
		out := filtered(t, c.m, c.given, in)
		got := ""
		for r := range out.Rows {
			text, ok := out.Parts[0].Column.AppendCell(nil, r)
			if !ok {
				text = []byte("?")
			}
			got += " " + string(text)
		}
		if got[1:] != c.want {
			t.Errorf("%s %v gave%s, want %s", c.m.Name, c.given, got, c.want)
		}
	}
}

func TestFilterErrors(t *testing.T) {
	moduletest.Fails(t, filter.FIRFilter())("order", parameters{"Order": "3"}, nil, "0008")
	moduletest.Fails(t, filter.FIRFilter())("cutoff", parameters{"Low cutoff": "1"}, nil, "0008")
	moduletest.Fails(t, filter.FIRFilter())("band", parameters{"Filter type": "BandPass", "Low cutoff": "0.8"}, nil, `Error 0006: Parameter "Low cutoff" value should be less than parameter "High cutoff" value.`)
	moduletest.Fails(t, filter.IIRFilter())("order", parameters{"Order": "99"}, nil, "0008")
	moduletest.Fails(t, filter.MedianFilter())("length", parameters{"Length": "0"}, nil, "0008")
	moduletest.Fails(t, filter.ThresholdFilter())("boundaries", parameters{"Type": "BetweenBoundaries", "Lower boundary": "2"}, nil, "0006")
	moduletest.Fails(t, filter.UserDefinedFilter())("no numbers", parameters{"Forward": "1;2"}, nil, `Error 0002: Failed to parse "Forward" parameter`)
	moduletest.Fails(t, filter.UserDefinedFilter())("nothing to divide by", parameters{"Type of filter": "IIR", "Backward": "0,1"}, nil, "0002")

	made, err := moduletest.Run(t, filter.MedianFilter(), nil)
	if err != nil {
		t.Fatal(err)
	}
	in := moduletest.CSV(t, "a,s\n1,x\n")
	fails := moduletest.Fails(t, filter.ApplyFilter())
	fails("no filter", nil, []*table.Table{nil, in}, `Error 0003: Input "Filter" is null or empty`)
	fails("data for a filter", nil, []*table.Table{in, in}, "0018")
	fails("no dataset", nil, []*table.Table{made[0], nil}, "0003")
	fails("texts", parameters{"Column set": "All"}, []*table.Table{made[0], in}, "0017")
	empty, err := filter.MedianFilter().Define(struct{}{})
	if err != nil {
		t.Fatal(err)
	}
	fails("a definition that says nothing", nil, []*table.Table{empty, in}, "Error 0018: Filter contains invalid data.")
}
