package counts

import (
	"context"
	"math"
	"slices"

	"portico/internal/module"
	"portico/internal/table"
)

const (
	decayFactor     = "Decay factor"
	garbageBin      = "Garbage bin threshold"
	pseudoExamples  = "Additional prior pseudo examples"
	noiseScale      = "Laplacian noise scale"
	outputFeatures  = "Output features include"
	ignoreBackOff   = "Ignore back off column"
	previousCounts  = "Previous counting transform"
	newCounts       = "New counting transform"
	countingPort    = "Counting transform"
	countingPortDoc = "The counting transform"
)

// Merge adds up two counting transforms.
func Merge() *module.Module {
	return &module.Module{
		Name:     "Merge Count Transform",
		FamilyID: "b61ef1b4a75c4d2c9d3c0c5e6f8a7b90",
		Category: category,
		Summary:  "Creates a set of features based on a counts table.",
		Help:     "The counts of the second transform, times the decay factor, are added to those of the first, whose way of making features stays. Both must have been made with the same classes, columns, hashes and type of table.",
		Version:  1,
		Inputs: []module.Port{
			{Name: previousCounts, Type: module.Transform, Description: "The counting transform to edit"},
			{Name: newCounts, Type: module.Transform, Optional: true, Description: "The counting transform to add"},
		},
		Outputs:    []module.Port{{Name: "Merged counting transform", Type: module.Transform, Description: "The merged transform"}},
		Parameters: []module.Parameter{{Name: decayFactor, Type: module.Float, Default: "1.0", High: math.MaxFloat64, Description: "What the counts of the second transform are multiplied by."}},
		Errors:     []string{"0002", "0003", "0005", "0086"},
		Prepare: func(v module.Values) (module.Runner, error) {
			decay := v.Float(decayFactor)
			return func(_ context.Context, in []*table.Table) ([]*table.Table, error) {
				t, err := read(in[0], previousCounts)
				if err != nil {
					return nil, err
				}
				if in[1] != nil {
					more, err := read(in[1], newCounts)
					if err != nil {
						return nil, err
					}
					if !t.matches(more) {
						return nil, module.Fail("0086", newCounts, previousCounts)
					}
					t.add(more, decay)
				}
				return define(t)
			}, nil
		},
	}
}

// matches tells whether the counts of both are of the same things.
func (t *transform) matches(other *transform) bool {
	return t.Classes == other.Classes && t.Type == other.Type && t.Bits == other.Bits && t.Seed == other.Seed && t.Depth == other.Depth &&
		slices.EqualFunc(t.Groups, other.Groups, func(a, b group) bool { return slices.Equal(a.Columns, b.Columns) })
}

// add adds other's counts times a factor.
func (t *transform) add(other *transform, factor float64) {
	for k := range t.Total {
		t.Total[k] += factor * other.Total[k]
	}
	for i := range t.Groups {
		for f := range t.Groups[i].Tables {
			mine, others := &t.Groups[i].Tables[f], &other.Groups[i].Tables[f]
			found := make(map[uint32][]float64, len(mine.Keys))
			for _, key := range mine.Keys {
				found[key] = slices.Clone(mine.find(key, t.Classes))
			}
			for _, key := range others.Keys {
				n := others.find(key, t.Classes)
				if found[key] == nil {
					found[key] = make([]float64, t.Classes)
				}
				for k := range n {
					found[key][k] += factor * n[k]
				}
			}
			*mine = ordered(found)
		}
	}
}

// Modify changes how features are made of counts.
func Modify() *module.Module {
	notNegative := func(name, preset, description string) module.Parameter {
		return module.Parameter{Name: name, Type: module.Float, Default: preset, High: math.MaxFloat64, Description: description}
	}
	return &module.Module{
		Name:     "Modify Count Table Parameters",
		FamilyID: "3ecd35a0b6f84a5ba8f7c3d2e1904b7f",
		Category: category,
		Summary:  "Modifies the parameters used to create features from counts.",
		Help:     "Values that were counted fewer times than the threshold share the counts of all such. The log odds of a class with n of s rows are log((n + c·p) / (s - n + c·(1-p))), c being the pseudo examples and p the share of the class in all rows.",
		Version:  1,
		Inputs:   []module.Port{{Name: countingPort, Type: module.Transform, Description: "The counting transform to apply"}},
		Outputs:  []module.Port{{Name: "Modified transform", Type: module.Transform, Description: "The modified transform"}},
		Parameters: []module.Parameter{
			notNegative(garbageBin, "10.0", "How many times a value must have been counted to stand for itself."),
			notNegative(pseudoExamples, "42.0", "How many examples in the proportion of the classes are added."),
			notNegative(noiseScale, "0.0", "The scale of the Laplacian noise that is added to the counts, which keeps a learner from finding single rows again."),
			{Name: outputFeatures, Type: module.Choice, Default: both, Choices: []string{countsOnly, logOddsOnly, both}, Description: "Which features are made."},
			{Name: ignoreBackOff, Type: module.Bool, Default: "False", Description: "Whether the column that tells which values are rare is left out."},
		},
		Errors: []string{"0002", "0003", "0005", "0086"},
		Prepare: func(v module.Values) (module.Runner, error) {
			f := features{Threshold: v.Float(garbageBin), Pseudo: v.Float(pseudoExamples), Noise: v.Float(noiseScale), Include: v.String(outputFeatures), IgnoreBackOf: v.Bool(ignoreBackOff)}
			return func(_ context.Context, in []*table.Table) ([]*table.Table, error) {
				t, err := read(in[0], countingPort)
				if err != nil {
					return nil, err
				}
				t.Output = f
				return define(t)
			}, nil
		},
	}
}
