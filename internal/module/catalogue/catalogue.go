// Package catalogue lists every module. To add a module, write its file in its
// category's package and add its line here.
package catalogue

import (
	"portico/internal/module"
	"portico/internal/module/inputoutput"
	"portico/internal/module/manipulation"
	"portico/internal/module/textanalytics"
	"portico/internal/module/webservice"
)

// New gives the catalogue of all modules.
func New() *module.Catalogue {
	return module.NewCatalogue(
		inputoutput.EnterData(),
		manipulation.SelectColumns(),
		textanalytics.FeatureHashing(),
		webservice.Input(),
		webservice.Output(),
	)
}
