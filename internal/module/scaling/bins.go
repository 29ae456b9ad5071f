package scaling

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"portico/internal/module"
	"portico/internal/table"
)

// The parameters of Group Data into Bins.
const (
	binningMode    = "Binning mode"
	numberOfBins   = "Number of bins"
	quantileNorm   = "Quantile normalization"
	firstEdge      = "First edge position"
	binWidth       = "Bin width"
	lastEdge       = "Last edge position"
	edgeList       = "Comma-separated list of bin edges"
	binnedColumns  = "Columns to bin"
	tagCategorical = "Tag columns as categorical"

	byQuantiles  = "Quantiles"
	byWidth      = "Equal Width"
	byCustom     = "Custom Edges"
	byStartStop  = "Equal Width with Custom Start and Stop"
	byEntropy    = "Entropy MDL"
	normPercent  = "Percent"
	normP        = "PQuantile"
	normIndex    = "QuantileIndex"
	maxBins      = 1_000_000
	maxEdgeBytes = 1 << 20
)

// GroupIntoBins replaces numbers by the bin that they fall into.
func GroupIntoBins() *module.Module {
	in := func(modes ...string) []module.Condition {
		return []module.Condition{module.When(binningMode, modes...)}
	}
	m := &module.Module{
		Name:     "Group Data into Bins",
		Aliases:  []string{"Quantize Data"},
		FamilyID: "08550dd9c5d34538818896a9024ed92d",
		Category: category,
		Summary:  "Puts numerical data into bins.",
		Help: "A value belongs to the first bin whose upper edge is not below it; what is above the last edge belongs to the last bin. Bins are numbered from 1. " +
			"Quantiles put equally many values into each bin, or fewer bins where values repeat; their numbers are given as QuantileIndex, scaled to 0 to 1 as PQuantile, or to 0 to 100 as Percent. " +
			"Entropy MDL needs a label column and cuts where that says most about the label (Fayyad and Irani). Appended columns are called {column}_quantized.",
		Version: 1,
		Inputs:  dataset("Dataset to be analyzed"),
		Outputs: []module.Port{
			{Name: "Quantized dataset", Type: module.Data, Description: "Dataset with quantized columns"},
			{Name: "Binning transformation", Type: module.Transform, Description: "Transformation that applies quantization to the dataset"},
		},
		Parameters: []module.Parameter{
			{Name: binningMode, Type: module.Choice, Default: byQuantiles, Choices: []string{byEntropy, byQuantiles, byWidth, byCustom, byStartStop}, Description: "How the edges are found."},
			{Name: numberOfBins, Type: module.Integer, Default: "10", Min: 1, Max: maxBins, When: in(byQuantiles, byWidth), Description: "How many bins."},
			{Name: quantileNorm, Type: module.Choice, Default: normPercent, Choices: []string{normPercent, normP, normIndex}, When: in(byQuantiles), Description: "How the numbers of the bins are given."},
			{Name: firstEdge, Type: module.Float, Default: "0.0", When: in(byStartStop), Description: "The upper edge of the first bin."},
			{Name: binWidth, Type: module.Float, Default: "0.5", When: in(byStartStop), Description: "The distance of the edges."},
			{Name: lastEdge, Type: module.Float, Default: "1.0", When: in(byStartStop), Description: "The last edge."},
			{Name: edgeList, Type: module.Text, When: in(byCustom), Description: "The edges, ascending."},
			{Name: binnedColumns, Type: module.ColumnSelection, Default: "NumericAll", Description: "The columns to put into bins."},
			{Name: outputMode, Type: module.Choice, Default: outputAppend, Choices: []string{outputAppend, outputInplace, outputResultOnly}, Description: "Where the new columns go."},
			{Name: tagCategorical, Type: module.Bool, Default: "True", Description: "Whether the new columns are categorical."},
		},
		Errors: []string{"0001", "0002", "0003", "0004", "0005", "0008", "0011", "0017", "0019", "0020", "0021", "0024", "0038", "0039", "0075", "0138"},
		Apply: func(content []byte) (module.Applier, error) {
			var b binning
			return b.apply, json.Unmarshal(content, &b)
		},
	}
	m.Prepare = func(v module.Values) (module.Runner, error) { return prepareBins(m, v) }
	return m
}

// binning is the content of the transformation.
type binning struct {
	Output        string   `json:"output"`
	Categorical   bool     `json:"categorical"`
	Normalization string   `json:"normalization,omitempty"`
	Columns       []binned `json:"columns"`
}

// binned is a column and the inner edges of its bins, ascending.
type binned struct {
	Name  string    `json:"name"`
	Edges []float64 `json:"edges"`
}

func prepareBins(m *module.Module, v module.Values) (module.Runner, error) {
	columns, err := v.Columns(binnedColumns)
	if err != nil {
		return nil, err
	}
	var edges []float64
	switch v.String(binningMode) {
	case byCustom:
		edges, err = parseEdges(v.String(edgeList))
	case byStartStop:
		edges, err = evenEdges(v.Float(firstEdge), v.Float(binWidth), v.Float(lastEdge))
	}
	if err != nil {
		return nil, err
	}
	b := binning{Output: v.String(outputMode), Categorical: v.Bool(tagCategorical), Normalization: v.String(quantileNorm)}
	mode, bins := v.String(binningMode), int(v.Int(numberOfBins))
	return m.Fitting("Dataset", func(ctx context.Context, t *table.Table) (any, module.Applier, *table.Table, error) {
		t, places, err := numeric(columns, t)
		if err != nil {
			return nil, nil, nil, err
		}
		fitted := b
		for _, i := range places {
			if err := ctx.Err(); err != nil {
				return nil, nil, nil, err
			}
			c := t.Parts[i].Column
			own := edges
			switch mode {
			case byQuantiles:
				own = quantileEdges(finite(c), bins)
			case byWidth:
				own = widthEdges(finite(c), bins)
			case byEntropy:
				if own, err = entropyEdges(t, c); err != nil {
					return nil, nil, nil, err
				}
			}
			fitted.Columns = append(fitted.Columns, binned{Name: c.Name, Edges: own})
		}
		return fitted, fitted.apply, t, nil
	}), nil
}

// parseEdges reads ascending numbers.
func parseEdges(text string) ([]float64, error) {
	if len(text) > maxEdgeBytes {
		return nil, module.Fail("0002", edgeList).In(edgeList)
	}
	var edges []float64
	for one := range strings.SplitSeq(text, ",") {
		e, err := strconv.ParseFloat(strings.TrimSpace(one), 64)
		if err != nil || math.IsNaN(e) || math.IsInf(e, 0) {
			return nil, module.Fail("0002", edgeList).In(edgeList)
		}
		if len(edges) > 0 && e <= edges[len(edges)-1] {
			return nil, module.Fail("0019", edgeList).In(edgeList)
		}
		edges = append(edges, e)
	}
	return edges, nil
}

// evenEdges gives edges from first to last, in steps of width.
func evenEdges(first, width, last float64) ([]float64, error) {
	switch {
	case width <= 0:
		return nil, module.Fail("0004", binWidth, 0).In(binWidth)
	case last < first:
		return nil, module.Fail("0005", lastEdge, first).In(lastEdge)
	case (last-first)/width > maxBins:
		return nil, module.Fail("0039", "more than "+strconv.Itoa(maxBins)+" bins").In(binWidth)
	}
	const rounding = 1e-9
	var edges []float64
	for i := range int((last-first)/width+rounding) + 1 {
		edges = append(edges, first+float64(i)*width)
	}
	return edges, nil
}

// quantileEdges cuts values into bins of equally many; edges that are equal count once.
func quantileEdges(values []float64, bins int) []float64 {
	slices.Sort(values)
	edges := []float64{}
	if len(values) == 0 {
		return edges
	}
	for i := 1; i < bins; i++ {
		edges = append(edges, quantile(values, float64(i)/float64(bins)))
	}
	edges = slices.Compact(edges)
	for len(edges) > 0 && edges[len(edges)-1] >= values[len(values)-1] { // nothing is above it
		edges = edges[:len(edges)-1]
	}
	return edges
}

// widthEdges cuts the range of the values into bins of equal width.
func widthEdges(values []float64, bins int) []float64 {
	edges := []float64{}
	if len(values) == 0 {
		return edges
	}
	low, high := slices.Min(values), slices.Max(values)
	if low == high {
		return edges
	}
	for i := 1; i < bins; i++ {
		share := float64(i) / float64(bins)
		edges = append(edges, low*(1-share)+high*share)
	}
	return slices.Compact(edges)
}

func (b *binning) apply(_ context.Context, t *table.Table) (*table.Table, error) {
	names := make([]string, len(b.Columns))
	for i, c := range b.Columns {
		names[i] = c.Name
	}
	t, err := spreadAll(t, names)
	if err != nil {
		return nil, err
	}
	free := table.NewNames(t)
	changed := map[int]*table.Column{}
	var added []*table.Column
	for _, one := range b.Columns {
		i, err := called(t, one.Name)
		if err != nil {
			return nil, err
		}
		out := b.column(t.Parts[i].Column, one.Edges)
		changed[i] = out
		added = append(added, out)
		if b.Output == outputAppend {
			out.Name = free.Free(one.Name + "_quantized")
		}
	}
	switch b.Output {
	case outputInplace:
		return t.WithColumns(changed), nil
	case outputResultOnly:
		return table.FromColumns(t.Rows, added...), nil
	}
	return t.WithColumns(nil, added...), nil
}

// column gives the bin of every cell.
func (b *binning) column(c *table.Column, edges []float64) *table.Column {
	f := table.Field{Name: c.Name, Type: table.Int32, Categorical: b.Categorical, Role: c.Role}
	scale := 0.0 // for bins numbered from 1 as they are
	switch b.Normalization {
	case normPercent:
		f.Type, scale = table.Double, 100
	case normP:
		f.Type, scale = table.Double, 1
	}
	out := &table.Column{Field: f}
	if scale > 0 {
		out.Doubles = make([]float64, c.Len())
	} else {
		out.Ints = make([]int64, c.Len())
	}
	for r := range c.Len() {
		v, ok := c.Number(r)
		if !ok {
			if out.Missing == nil {
				out.Missing = make([]bool, c.Len())
			}
			out.Missing[r] = true
			continue
		}
		bin, _ := slices.BinarySearch(edges, v)
		if scale > 0 {
			out.Doubles[r] = scale * float64(bin) / float64(max(len(edges), 1))
		} else {
			out.Ints[r] = int64(bin + 1)
		}
	}
	return out
}
