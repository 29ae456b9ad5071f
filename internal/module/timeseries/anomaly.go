// Package timeseries has the modules of the palette category Time Series.
package timeseries

import (
	"cmp"
	"context"
	"slices"

	"portico/internal/module"
	"portico/internal/table"
)

const (
	dataColumn      = "Data Column"
	timeColumn      = "Time Column"
	martingaleType  = "Martingale Type"
	epsilon         = "Epsilon"
	strangenessType = "Strangeness Function Type"
	martingaleLen   = "Length of Martingale"
	strangenessLen  = "Length of Strangeness Values"
	alertThreshold  = "Alert Threshold"

	powerAvg = "PowerAvg"
	power    = "Power"

	rangePercentile = "RangePercentile"
	slowPosTrend    = "SlowPosTrend"
	slowNegTrend    = "SlowNegTrend"

	maxWindow = 5000
)

// AnomalyDetection scores the points of a time series.
func AnomalyDetection() *module.Module {
	length := func(name, alias, description string) module.Parameter {
		p := module.Parameter{Name: name, Type: module.Integer, Default: "500", Max: maxWindow, Description: description}
		if alias != "" {
			p.Aliases = []string{alias}
		}
		return p
	}
	return &module.Module{
		Name:     "Time Series Anomaly Detection",
		FamilyID: "96b98cc050df47a6a3e58f0ca4ee2b1c",
		Category: "Time Series",
		Summary:  "Detects anomalies in the input time series data.",
		Help: "Each value is compared with those before it, in the order of the times. RangePercentile is for changes of level: how far a value is outside what lies between the 5th and the 95th percentile of the history. " +
			"SlowPosTrend and SlowNegTrend are for slow rises and falls: how far the slope of a line through the history is beyond three times its error. How rare such strangeness was so far is a probability, and a martingale bets that it is small: Power with ε·p^(ε-1), PowerAvg with the mean of those for all ε. " +
			"Anomaly Score is the natural logarithm of what the best run of bets up to the point has won, at least 0; Alert is 1 where the score is at or above the threshold. A row without a value or a time has no score.",
		Version: 1,
		Inputs:  []module.Port{{Name: "Input data containing time stamps and values", Type: module.Data, Description: "Input data containing date-time stamps and values"}},
		Outputs: []module.Port{{Name: "Time series annotated with anomaly scores", Type: module.Data, Description: "Dataset with anomaly intervals"}},
		Parameters: []module.Parameter{
			{Name: dataColumn, Aliases: []string{"Value Column"}, Type: module.ColumnSelection, Description: "The column of numbers to watch."},
			{Name: timeColumn, Type: module.ColumnSelection, Description: "The column of the times, of the type DateTime."},
			{Name: martingaleType, Type: module.Choice, Default: powerAvg, Choices: []string{powerAvg, power}, Description: "How bets are made."},
			{Name: epsilon, Type: module.Float, Default: "0.1", High: 1, When: []module.Condition{module.When(martingaleType, power)}, Description: "How the martingale bets: a small ε bets high on rare events."},
			{Name: strangenessType, Type: module.Choice, Default: rangePercentile, Choices: []string{rangePercentile, slowPosTrend, slowNegTrend}, Description: "What is strange in a value."},
			length(martingaleLen, "Window Size", "How many points back a run of bets may begin, and with how many a value's strangeness is compared."),
			length(strangenessLen, "", "How many points before a value its strangeness is computed from."),
			{Name: alertThreshold, Aliases: []string{"Threshold"}, Type: module.Float, Default: "3.25", High: 100, Description: "The score from which on there is an alert."},
		},
		Errors:  []string{"0001", "0003", "0005", "0008", "0011", "0017", "0022", "0059", "0060", "0138"},
		Prepare: prepareAnomalies,
	}
}

const port = "Input data containing time stamps and values"

func prepareAnomalies(v module.Values) (module.Runner, error) {
	data, err := v.Columns(dataColumn)
	if err != nil {
		return nil, err
	}
	times, err := v.Columns(timeColumn)
	if err != nil {
		return nil, err
	}
	d := detector{
		bet: mixture, strangeness: outside, window: int(v.Int(martingaleLen)), history: int(v.Int(strangenessLen)),
	}
	if v.String(martingaleType) == power {
		d.bet = powerBet(v.Float(epsilon))
	}
	switch v.String(strangenessType) {
	case slowPosTrend:
		d.strangeness = rising
	case slowNegTrend:
		d.strangeness = falling
	}
	threshold := v.Float(alertThreshold)
	return func(ctx context.Context, in []*table.Table) ([]*table.Table, error) {
		if err := module.Need(in[0], port, 0); err != nil {
			return nil, err
		}
		value, when, err := series(in[0], data, times)
		if err != nil {
			return nil, err
		}
		scores, err := d.scores(ctx, value, inTime(value, when))
		if err != nil {
			return nil, err
		}
		return []*table.Table{annotated(in[0], scores, threshold)}, nil
	}, nil
}

// series gives the columns of values and times.
func series(t *table.Table, data, times module.Selection) (value, when *table.Column, err error) {
	s, i, err := data.One(t)
	if err != nil {
		return nil, nil, err
	}
	if value = s.Parts[i].Column; !value.Type.Numeric() {
		return nil, nil, data.Unsupported(value)
	}
	if s, i, err = times.One(t); err != nil {
		return nil, nil, err
	}
	if when = s.Parts[i].Column; when.Type != table.DateTime {
		return nil, nil, times.Unsupported(when)
	}
	return value, when, nil
}

// inTime gives the rows that have a value and a time, in the order of the times.
func inTime(value, when *table.Column) []int {
	var rows []int
	for r := range value.Len() {
		if v, ok := value.Number(r); ok && finite(v) && !when.IsMissing(r) {
			rows = append(rows, r)
		}
	}
	slices.SortStableFunc(rows, func(a, b int) int { return cmp.Compare(when.Ints[a], when.Ints[b]) })
	return rows
}

// annotated adds the scores, NaN where there is none, and the alerts.
func annotated(t *table.Table, scores []float64, threshold float64) *table.Table {
	alerts := table.NewColumnBuilder(table.Field{Type: table.Int32}, t.Rows)
	for _, s := range scores {
		switch {
		case s != s:
			alerts.AppendMissing()
		case s >= threshold:
			_ = alerts.Append([]byte("1")) // is a number
		default:
			_ = alerts.Append([]byte("0"))
		}
	}
	names := table.NewNames(t)
	alert := alerts.Column()
	score := table.FromNumbers(names.Free("Anomaly Score"), scores)
	alert.Name = names.Free("Alert")
	return t.WithColumns(nil, score, alert)
}
