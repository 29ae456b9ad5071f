// Package conversion has the modules of the palette category Data Format
// Conversions. Between modules there is one form of a table; what a conversion
// decides is the format in which its output is downloaded.
package conversion

import (
	"context"

	"portico/internal/module"
	"portico/internal/table"
)

const category = "Data Format Conversions"

// converter makes a module whose output is downloaded in a format.
func converter(name, family, summary, help string, format table.Format, check func(t *table.Table) error) *module.Module {
	return &module.Module{
		Name: name, FamilyID: family, Category: category, Summary: summary, Help: help, Version: 1,
		Inputs:   []module.Port{{Name: "Dataset", Type: module.Data, Description: "Input dataset"}},
		Outputs:  []module.Port{{Name: "Results dataset", Type: module.Data, Format: format, Description: "Output dataset"}},
		Errors:   []string{"0003", "0017", "0129"},
		RowByRow: true,
		Prepare: func(module.Values) (module.Runner, error) {
			return module.Unary("Dataset", func(_ context.Context, t *table.Table) (*table.Table, error) { return t, check(t) }), nil
		},
	}
}

func dense(t *table.Table) error { return module.CheckDense(t, "Results dataset") }

// ToCSV gives comma-separated values.
func ToCSV() *module.Module {
	return converter("Convert to CSV", "faa6ba63383c4086ba587abf26b85814", "Converts data input to a comma-separated values format.",
		"The data stays as it is; the result is downloaded as CSV with a header.", table.CSV, dense)
}

// ToTSV gives tab-separated values.
func ToTSV() *module.Module {
	return converter("Convert to TSV", "1cdbcda42ece49088b87e6b636258d3d", "Converts data input to a tab-delimited format.",
		"The data stays as it is; the result is downloaded as TSV with a header.", table.TSV, dense)
}

// ToARFF gives Weka's attribute-relation file format.
func ToARFF() *module.Module {
	return converter("Convert to ARFF", "6c1f0d2e3b4a49588c7d6e5f4a3b2c1d", "Converts data input to the attribute relation file format used by the Weka toolset.",
		"The data stays as it is; the result is downloaded as ARFF. Columns of texts that are categorical become nominal attributes.", table.ARFF, dense)
}

// ToSVMLight gives the format of SVM-light.
func ToSVMLight() *module.Module {
	return converter("Convert to SVMLight", "8e3d2c1b0a9f4e5d8c7b6a5948372615", "Converts data input to the format used by the SVM-Light framework.",
		"The data stays as it is; the result is downloaded with the label column as target (0 where there is none) and all others, which must be numbers or Booleans, as features from 1. Missing values become 0.",
		table.SVMLight, func(t *table.Table) error {
			for _, p := range t.Parts {
				if c := p.Column; c != nil && !c.Type.Numeric() && c.Type != table.Boolean {
					return module.Fail("0017", c.Type, c.Name)
				}
			}
			return dense(t)
		})
}
