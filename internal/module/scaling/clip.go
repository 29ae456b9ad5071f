package scaling

import (
	"context"
	"math"
	"slices"

	"portico/internal/module"
	"portico/internal/table"
)

// The parameters of Clip Values: one set for one side alone, one for both.
const (
	thresholdSet      = "Set of thresholds"
	upperMode         = "Upper threshold"
	lowerMode         = "Lower threshold"
	bothMode          = "Threshold"
	clippedColumns    = "List of columns"
	overwriteFlag     = "Overwrite flag"
	addIndicators     = "Add indicator columns"
	constantThreshold = "Constant"
	percentile        = "Percentile"

	clipPeaks    = "ClipPeaks"
	clipSubPeaks = "ClipSubPeaks"
	clipBoth     = "ClipPeaksAndSubPeaks"

	withThreshold = "Threshold"
	withMean      = "Mean"
	withMedian    = "Median"
	withMissing   = "Missing"
)

// side names the parameters of one threshold.
type side struct{ mode, constant, percentile, substitute string }

var (
	upperAlone = side{upperMode, "Constant value of upper threshold", "Percentile number of upper threshold", "Upper substitute value"}
	lowerAlone = side{lowerMode, "Constant value of lower threshold", "Percentile number of lower threshold", "Lower substitute value"}
	upperBoth  = side{bothMode, "Constant value for upper threshold", "Percentile number for upper threshold", "Substitute value for peaks"}
	lowerBoth  = side{bothMode, "Constant value for lower threshold", "Percentile number for lower threshold", "Substitute value for subpeaks"}
)

// parameters declares a threshold's parameters but its mode.
func (s side) parameters(when module.Condition, constant, number, what string) []module.Parameter {
	return []module.Parameter{
		{Name: s.constant, Type: module.Float, Default: constant, When: []module.Condition{when, module.When(s.mode, constantThreshold)}, Description: "The value " + what + " which values are clipped."},
		{Name: s.percentile, Type: module.Integer, Default: number, Min: 1, Max: 99, When: []module.Condition{when, module.When(s.mode, percentile)}, Description: "The percentile " + what + " which values are clipped."},
		{Name: s.substitute, Type: module.Choice, Default: withThreshold, Choices: []string{withThreshold, withMean, withMedian, withMissing}, When: []module.Condition{when},
			Description: "What takes the place of a value " + what + " the threshold."},
	}
}

// ClipValues replaces what is above or below a threshold.
func ClipValues() *module.Module {
	peaks, subPeaks, both := module.When(thresholdSet, clipPeaks), module.When(thresholdSet, clipSubPeaks), module.When(thresholdSet, clipBoth)
	mode := func(name string, when module.Condition) module.Parameter {
		return module.Parameter{Name: name, Type: module.Choice, Default: constantThreshold, Choices: []string{constantThreshold, percentile}, When: []module.Condition{when},
			Description: "Whether the threshold is a value or a percentile of the column."}
	}
	list := []module.Parameter{{Name: thresholdSet, Type: module.Choice, Default: clipPeaks, Choices: []string{clipPeaks, clipSubPeaks, clipBoth}, Description: "Which side to clip."}}
	list = append(append(list, mode(upperMode, peaks)), upperAlone.parameters(peaks, "1", "99", "above")...)
	list = append(append(list, mode(lowerMode, subPeaks)), lowerAlone.parameters(subPeaks, "-1", "1", "below")...)
	list = append(append(list, mode(bothMode, both)), upperBoth.parameters(both, "1", "99", "above")...)
	list = append(list, lowerBoth.parameters(both, "-1", "1", "below")...)
	list = append(list,
		module.Parameter{Name: clippedColumns, Type: module.ColumnSelection, Description: "The columns of numbers to clip."},
		module.Parameter{Name: overwriteFlag, Type: module.Bool, Default: "True", Description: "Whether clipped columns take the place of the old ones."},
		module.Parameter{Name: addIndicators, Type: module.Bool, Default: "False", Description: "Whether to add a column that tells which values were clipped."})
	return &module.Module{
		Name:     "Clip Values",
		FamilyID: "cdc62e1db64f424cac09bb050918a668",
		Category: category,
		Summary:  "Detects outliers and clips or replaces their values.",
		Help: "Clipped columns are Double. Where they do not take the place of the old ones, {column}_clipped_value comes behind the column, and then {column}_clipped where indicators are wanted. " +
			"A percentile lies between two values in proportion; mean and median are those of the whole column.",
		Version:    1,
		Inputs:     dataset("Input dataset"),
		Outputs:    []module.Port{{Name: "Results dataset", Type: module.Data, Description: "Dataset with clipped columns"}},
		Parameters: list,
		Errors:     []string{"0001", "0003", "0006", "0008", "0011", "0017", "0138"},
		Prepare:    prepareClip,
	}
}

// threshold is a prepared side; percentile is 0 for a constant.
type threshold struct {
	constant   float64
	percentile float64
	substitute string
}

func (s side) read(v module.Values) *threshold {
	t := &threshold{constant: v.Float(s.constant), substitute: v.String(s.substitute)}
	if v.String(s.mode) == percentile {
		t.percentile = float64(v.Int(s.percentile)) / 100
	}
	return t
}

func prepareClip(v module.Values) (module.Runner, error) {
	columns, err := v.Columns(clippedColumns)
	if err != nil {
		return nil, err
	}
	var upper, lower *threshold
	switch v.String(thresholdSet) {
	case clipPeaks:
		upper = upperAlone.read(v)
	case clipSubPeaks:
		lower = lowerAlone.read(v)
	default:
		upper, lower = upperBoth.read(v), lowerBoth.read(v)
		if lower.percentile > upper.percentile || upper.percentile == 0 && lower.constant > upper.constant {
			name, other := lowerBoth.constant, upperBoth.constant
			if upper.percentile > 0 {
				name, other = lowerBoth.percentile, upperBoth.percentile
			}
			return nil, module.Fail("0006", name, other).In(name)
		}
	}
	overwrite, flag := v.Bool(overwriteFlag), v.Bool(addIndicators)
	return module.Unary("Dataset", func(_ context.Context, t *table.Table) (*table.Table, error) {
		t, places, err := numeric(columns, t)
		if err != nil {
			return nil, err
		}
		names := table.NewNames(t)
		var parts []table.Part
		for i, p := range t.Parts {
			if !slices.Contains(places, i) {
				parts = append(parts, p)
				continue
			}
			clipped, flags := clip(p.Column, upper, lower)
			if !overwrite {
				parts = append(parts, p)
				clipped.Name = names.Free(p.Column.Name + "_clipped_value")
			}
			parts = append(parts, table.Part{Column: clipped})
			if flag {
				flags.Name = names.Free(p.Column.Name + "_clipped")
				parts = append(parts, table.Part{Column: flags})
			}
		}
		return table.New(t.Rows, parts...), nil
	}), nil
}

// clip gives the clipped column and which cells were.
func clip(c *table.Column, upper, lower *threshold) (clipped, flags *table.Column) {
	sorted := finite(c)
	slices.Sort(sorted)
	high, peak := upper.of(sorted, math.Inf(1))
	low, subPeak := lower.of(sorted, math.Inf(-1))
	values, was := c.Numbers(), make([]int64, c.Len())
	values = slices.Clone(values)
	for r, v := range values {
		switch {
		case v > high:
			values[r], was[r] = peak, 1
		case v < low:
			values[r], was[r] = subPeak, 1
		}
	}
	out := table.FromNumbers(c.Name, values)
	out.Role = c.Role
	return out, table.FromInts("", table.Boolean, was)
}

// of gives a column's threshold and what takes the place of values beyond it, NaN for missing.
func (t *threshold) of(sorted []float64, never float64) (at, substitute float64) {
	if t == nil || len(sorted) == 0 {
		return never, never
	}
	at = t.constant
	if t.percentile > 0 {
		at = quantile(sorted, t.percentile)
	}
	switch t.substitute {
	case withMean:
		return at, mean(sorted)
	case withMedian:
		return at, quantile(sorted, 0.5)
	case withMissing:
		return at, math.NaN()
	}
	return at, at
}
