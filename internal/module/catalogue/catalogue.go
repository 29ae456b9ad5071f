// Package catalogue lists every module. To add a module, write its file in its
// category's package and add its line here.
package catalogue

import (
	"portico/internal/module"
	"portico/internal/module/conversion"
	"portico/internal/module/counts"
	"portico/internal/module/featureselection"
	"portico/internal/module/filter"
	"portico/internal/module/inputoutput"
	"portico/internal/module/language"
	"portico/internal/module/manipulation"
	"portico/internal/module/sampling"
	"portico/internal/module/scaling"
	"portico/internal/module/score"
	"portico/internal/module/statistics"
	"portico/internal/module/textanalytics"
	"portico/internal/module/timeseries"
	"portico/internal/module/webservice"
)

// New gives the catalogue of all modules. The zero Outside, and no interpreters, do for one that nothing runs.
func New(outside inputoutput.Outside, interpreters language.Interpreters) *module.Catalogue {
	modules := []*module.Module{
		conversion.ToARFF(),
		conversion.ToCSV(),
		conversion.ToDataset(),
		conversion.ToSVMLight(),
		conversion.ToTSV(),
		counts.Build(outside),
		counts.Export(),
		counts.Import(),
		counts.Merge(),
		counts.Modify(),
		featureselection.FilterBased(),
		featureselection.FisherDiscriminant(),
		filter.ApplyFilter(),
		filter.FIRFilter(),
		filter.IIRFilter(),
		filter.MedianFilter(),
		filter.MovingAverageFilter(),
		filter.ThresholdFilter(),
		filter.UserDefinedFilter(),
		inputoutput.EnterData(),
		inputoutput.ExportData(outside),
		inputoutput.ImportData(outside),
		inputoutput.UnpackZipped(),
		language.ExecutePython(interpreters),
		language.ExecuteR(interpreters),
		manipulation.AddColumns(),
		manipulation.AddRows(),
		manipulation.ApplySQL(),
		manipulation.CleanMissingData(),
		manipulation.ConvertToIndicators(),
		manipulation.EditMetadata(),
		manipulation.GroupCategories(),
		manipulation.JoinData(),
		manipulation.RemoveDuplicateRows(),
		manipulation.SMOTE(),
		manipulation.SelectColumns(),
		manipulation.SelectColumnsTransform(),
		sampling.PartitionAndSample(),
		sampling.SplitData(),
		scaling.ClipValues(),
		scaling.GroupIntoBins(),
		scaling.NormalizeData(),
		scaling.PrincipalComponents(),
		statistics.ApplyMath(),
		statistics.ElementaryStatistics(),
		statistics.ProbabilityFunction(),
		statistics.LinearCorrelation(),
		statistics.ReplaceDiscrete(),
		statistics.SummarizeData(),
		statistics.TTest(),
		textanalytics.DetectLanguages(),
		textanalytics.ExtractNGrams(),
		textanalytics.FeatureHashing(),
		textanalytics.PreprocessText(),
		timeseries.AnomalyDetection(),
		webservice.Input(),
		webservice.Output(),
	}
	return module.NewCatalogue(append(modules, score.ApplyTransformation(modules))...)
}
