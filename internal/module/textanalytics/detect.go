package textanalytics

import (
	"context"
	"fmt"
	"math"

	"github.com/abadojack/whatlanggo"

	"portico/internal/module"
	"portico/internal/table"
)

const (
	languageBound   = "Upper bound on number of languages to detect"
	detectedText    = "Text column"
	unknownLanguage = "(Unknown)"
	// maxDetected is how many characters of a text are looked at.
	maxDetected = 5000
)

// DetectLanguages tells what language texts are in.
func DetectLanguages() *module.Module {
	return &module.Module{
		Name:     "Detect Languages",
		FamilyID: "90718293a4c54657d8e9f00112233445",
		Category: "Text Analytics",
		Summary:  "Detects the language of each line in the input file.",
		Help: "Three columns are added, with the name of the most likely language, its ISO 639-1 code, and how certain that is, from 0 to 1; and three more, with a number in their names, for each further language. " +
			"84 languages are known, by their script and by groups of three letters. A text without letters is (Unknown).",
		Version: 1,
		Inputs:  []module.Port{{Name: "Dataset", Type: module.Data, Description: "The input"}},
		Outputs: []module.Port{{Name: "Results dataset", Type: module.Data, Description: "The result"}},
		Parameters: []module.Parameter{
			{Name: detectedText, Type: module.ColumnSelection, Description: "The column of texts."},
			{Name: languageBound, Type: module.Integer, Default: "1", Min: 1, Max: 184, Description: "How many languages to name for each text."},
		},
		Errors:   []string{"0001", "0003", "0008", "0010", "0011", "0016", "0017", "0022"},
		RowByRow: true,
		Prepare: func(v module.Values) (module.Runner, error) {
			column, err := v.Columns(detectedText)
			if err != nil {
				return nil, err
			}
			bound := int(v.Int(languageBound))
			return module.Unary("Dataset", func(ctx context.Context, t *table.Table) (*table.Table, error) {
				t, place, err := column.One(t)
				if err != nil {
					return nil, err
				}
				c := t.Parts[place].Column
				if c.Type != table.String {
					return nil, column.Unsupported(c)
				}
				return detect(ctx, t, c, bound)
			}), nil
		},
	}
}

func detect(ctx context.Context, t *table.Table, c *table.Column, bound int) (*table.Table, error) {
	names, codes, scores := make([][]string, bound), make([][]string, bound), make([][]float64, bound)
	for i := range bound {
		names[i], codes[i], scores[i] = make([]string, t.Rows), make([]string, t.Rows), make([]float64, t.Rows)
	}
	for r := range t.Rows {
		if r%64 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		text := ""
		if !c.IsMissing(r) {
			text = c.Strings[r]
		}
		if runes := []rune(text); len(runes) > maxDetected {
			text = string(runes[:maxDetected])
		}
		named := map[whatlanggo.Lang]bool{}
		for i := range bound {
			found := whatlanggo.DetectWithOptions(text, whatlanggo.Options{Blacklist: named})
			if found.Lang < 0 || named[found.Lang] {
				names[i][r], scores[i][r] = unknownLanguage, math.NaN()
				continue
			}
			named[found.Lang] = true
			names[i][r], codes[i][r], scores[i][r] = found.Lang.String(), found.Lang.Iso6391(), found.Confidence
		}
	}
	free := table.NewNames(t)
	var added []*table.Column
	for i := range bound {
		number := ""
		if i > 0 {
			number = fmt.Sprintf(" %d", i+1)
		}
		added = append(added, table.FromStrings(free.Free("Language"+number), names[i]), table.FromStrings(free.Free("ISO6391 Name"+number), codes[i]), table.FromNumbers(free.Free("Score"+number), scores[i]))
	}
	return t.WithColumns(nil, added...), nil
}
