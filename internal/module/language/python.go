package language

import (
	"context"

	"portico/internal/module"
	"portico/internal/script"
	"portico/internal/table"
)

const pythonScript = `# azureml_main is called with the data frames of the inputs that are connected.
import pandas as pd

def azureml_main(dataframe1=None, dataframe2=None):
    print("Rows of the first input:", 0 if dataframe1 is None else len(dataframe1))
    # Return one data frame, in a sequence.
    return dataframe1,
`

// ExecutePython runs a Python script (azureml.md 6.3).
func ExecutePython(with Interpreters) *module.Module {
	ports := inputs("Script bundle")
	return &module.Module{
		Name:     "Execute Python Script",
		FamilyID: "cdb56f957f4c404dbde75bb972e6f232",
		Category: "Python Language Modules",
		Summary:  "Executes a Python script from a Machine Learning experiment.",
		Help: "The script defines azureml_main, which takes up to two pandas data frames and returns one in a sequence. A package of files is unpacked into the folder \"Script Bundle\", from which the script can import. " +
			"What it prints, the figures of matplotlib that are open at the end and the PNG files that it leaves come out of the port Python Device. The interpreter is this machine's Python 3, whichever version is asked for. " + confined,
		Version: 1,
		Inputs:  ports,
		Outputs: []module.Port{
			{Name: "Results Dataset", Type: module.Data, Description: "Output dataset"},
			{Name: "Python Device", Type: module.Data, Description: "What the script printed, and PNG images of what it drew"},
		},
		Parameters: []module.Parameter{
			{Name: "Python script", Aliases: []string{"Python Script"}, Type: module.Script, Default: pythonScript, Description: "The Python script to execute."},
			{Name: "Python Version", Type: module.Text, Optional: true, Description: "The version that the script was written for."},
		},
		Errors: []string{"0018", "0085", "0138"},
		Prepare: func(v module.Values) (module.Runner, error) {
			source := normal(v.String("Python script"))
			return func(ctx context.Context, in []*table.Table) ([]*table.Table, error) {
				return execute(ctx, with, script.Job{Language: script.Python, Source: source}, ports, in, func(e *script.Error) *module.Error {
					return module.Fail("0085", "Python", e.Message).In("Python script")
				})
			}, nil
		},
	}
}
