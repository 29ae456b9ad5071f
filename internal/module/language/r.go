package language

import (
	"context"
	"math"

	"portico/internal/module"
	"portico/internal/script"
	"portico/internal/table"
)

const rScript = `# maml.mapInputPort gives the data frame of an input that is connected.
dataset1 <- maml.mapInputPort(1)

# The data frame of that name is the result.
maml.mapOutputPort("dataset1")
`

// ExecuteR runs an R script (azureml.md 6.3).
func ExecuteR(with Interpreters) *module.Module {
	ports := inputs("Script Bundle")
	return &module.Module{
		Name:     "Execute R Script",
		FamilyID: "30806023392b42e094d66b775a6e0fd5",
		Category: "R Language Modules",
		Summary:  "Executes an R script from a Machine Learning experiment.",
		Help: "The script takes its inputs with maml.mapInputPort(1) and (2) and gives its result with maml.mapOutputPort(\"name of a data frame\"). A package of files is unpacked into the folder src, as in source(\"src/own.R\"). " +
			"What it prints and draws, and the PNG files that it leaves, come out of the port R Device. Whole numbers beyond 32 bits arrive as reals. The interpreter is this machine's R, whichever version is asked for. " + confined,
		Version: 1,
		Inputs:  ports,
		Outputs: []module.Port{
			{Name: "Result Dataset", Type: module.Data, Description: "Output dataset"},
			{Name: "R Device", Type: module.Data, Description: "Console output and PNG graphics device from the R interpreter"},
		},
		Parameters: []module.Parameter{
			{Name: "R Script", Type: module.Script, Default: rScript, Description: "Specify the R script."},
			{Name: "Random Seed", Type: module.Integer, Min: 0, Max: math.MaxInt32, Optional: true, Description: "A value for set.seed."},
			{Name: "R Version", Type: module.Text, Optional: true, Description: "The version that the script was written for."},
		},
		Errors: []string{"0005", "0018", "0063", "0138"},
		Prepare: func(v module.Values) (module.Runner, error) {
			job := script.Job{Language: script.R, Source: normal(v.String("R Script"))}
			if v.String("Random Seed") != "" {
				seed := int32(v.Int("Random Seed"))
				job.Seed = &seed
			}
			return func(ctx context.Context, in []*table.Table) ([]*table.Table, error) {
				return execute(ctx, with, job, ports, in, func(e *script.Error) *module.Error {
					return module.Fail("0063", e.Message).In("R Script")
				})
			}, nil
		},
	}
}
