package module

// The documented texts of the errors that the modules raise (azureml.md 6.4), as they are
// documented, their slips included.
var documented = map[string][]string{
	"0001": {
		`One or more specified columns were not found`,
		`Column with name or index "{0}" not found`,
		`Column with name or index "{0}" does not exist in "{1}"`,
	},
	"0002": {
		`Failed to parse parameter`,
		`Failed to parse "{0}" parameter`,
		`Failed to parse (convert) "{0}" parameter to "{1}"`,
		`Failed to convert "{0}" parameter from "{1}" to "{2}"`,
		`Failed to convert "{0}" parameter value "{1}" from "{2}" to "{3}"`,
		`Failed to convert value "{0}" in column "{1}" from "{2}" to "{3}" with usage of the format "{4}" provided`,
	},
	"0003": {
		`One or more of inputs are null or empty`,
		`Input "{0}" is null or empty`,
	},
	"0004": {
		`Parameter should be greater than boundary value.`,
		`Parameter "{0}" value should be greater than {1}.`,
		`Parameter "{0}" has value "{1}" which should be greater than {2}`,
	},
	"0005": {
		`Parameter should be greater than or equal to boundary value.`,
		`Parameter "{0}" value should be greater than or equal to {1}.`,
		`Parameter "{0}" has value "{1}" which should be greater than or equal to {2}.`,
	},
	"0006": {
		`Parameters mismatch. One of the parameters should be less than another.`,
		`Parameter "{0}" value should be less than parameter "{1}" value.`,
		`Parameter "{0}" has value "{1}" which should be less than {2}.`,
	},
	"0007": {
		`Parameters mismatch. One of the parameters should be less than or equal to another.`,
		`Parameter "{0}" value should be less than or equal to parameter "{1}" value.`,
		`Parameter "{0}" has value "{1}" which should be less than or equal to {2}.`,
	},
	"0008": {
		`Parameter value is not in the specified range.`,
		`Parameter "{0}" value is not in range.`,
		`Parameter "{0}" value should be in the range of [{1}, {2}].`,
	},
	"0009": {
		`The Azure storage account name or container name is incorrect.`,
		`The Azure storage account name "{0}" or container name "{1}" is incorrect; a container name of the format container/blob was expected.`,
	},
	"0010": {
		`Columns with corresponding index in input datasets have different names.`,
		`Column names are not the same for column {0} (zero-based) of input datasets ({1} and {2} respectively).`,
	},
	"0011": {
		`Specified column set does not apply to any of dataset columns.`,
		`Specified column set "{0}" does not apply to any of dataset columns.`,
	},
	"0013": {
		`Learner of invalid type is passed.`,
		`Learner "{0}" has invalid type.`,
	},
	"0014": {
		`Number of column unique values is greater than allowed.`,
		`Number of unique values in column: "{0}" exceeds tuple count of {1}.`,
	},
	"0015": {
		`Error making database connection.`,
		`Error making database connection: {0}.`,
	},
	"0016": {
		`Columns with corresponding index in input datasets do have incompatible types.`,
		`Columns {0} and {1} are incompatible.`,
		`Column element types are not compatible for column {0} (zero-based) of input datasets ({1} and {2} respectively).`,
	},
	"0017": {
		`Cannot process column of current type. The type is not supported by the module.`,
		`Cannot process column of type {0}. The type is not supported by the module.`,
		`Cannot process column "{1}" of type {0}. The type is not supported by the module.`,
		`Cannot process column "{1}" of type {0}. The type is not supported by the module. Parameter name: {2}`,
	},
	"0018": {
		`Dataset is not valid.`,
		`{0} contains invalid data.`,
		`{0} and {1} should be consistent column wise.`,
	},
	"0019": {
		`Values in column are not sorted.`,
		`Values in column "{0}" are not sorted.`,
		`Values in column "{0}" of dataset "{1}" are not sorted.`,
	},
	"0020": {
		`Number of columns in input dataset is less than allowed minimum.`,
		`Number of columns in input dataset is less than allowed minimum of {0} column(s).`,
		`Number of columns in input dataset "{0}" is less than allowed minimum of {1} column(s).`,
	},
	"0021": {
		`Number of rows in input dataset is less than allowed minimum.`,
		`Number of rows in input dataset is less than allowed minimum of {0} row(s).`,
		`Number of rows in input dataset "{0}" is less than allowed minimum of {1} row(s).`,
	},
	"0022": {
		`Number of selected columns in input dataset does not equal to the expected number.`,
		`Number of selected columns in input dataset does not equal to {0}.`,
		`Column selection pattern "{0}" provides number of selected columns in input dataset not equal to {1}.`,
		`Column selection pattern "{0}" is expected to provide {1} column(s) selected in input dataset, but {2} column(s) is/are provided.`,
	},
	"0024": {
		`There is no label column in dataset.`,
		`There is no label column in "{0}".`,
	},
	"0025": {
		`There is no score column in dataset.`,
		`There is no score column in "{0}".`,
		`There is no score column in "{0}" that is produced by a "{1}". Score the dataset using the correct type of learner.`,
	},
	"0026": {
		`Equal column names are specified in arguments. Equal column names are not allowed by module.`,
		`Equal column names in arguments "{0}" and "{1}" are not allowed. Specify different names.`,
	},
	"0027": {
		`The size of passed objects is inconsistent.`,
		`The size of "{0}" is inconsistent with size of "{1}".`,
	},
	"0028": {
		`Column set contains duplicated column name(s).`,
		`The name "{0}" is duplicated.`,
		`The name "{0}" is duplicated in "{1}".`,
	},
	"0029": {
		`Invalid Uri is passed.`,
	},
	"0030": {
		`Unable to download a file.`,
		`Error while downloading the file: {0}.`,
	},
	"0031": {
		`Number of columns in column set is less than required.`,
		`{0} column(s) should be specified. The actual number of specified columns is {1}.`,
	},
	"0032": {
		`Argument is not a number.`,
		`"{0}" is not a number.`,
	},
	"0033": {
		`Argument is must be finite.`,
		`"{0}" is not finite.`,
	},
	"0037": {
		`Multiple label columns are specified.`,
	},
	"0038": {
		`Number of elements is not valid.`,
		`Number of elements in "{0}" is not valid.`,
		`Number of elements in "{0}" is not equal to valid number of {1} element(s).`,
	},
	"0039": {
		`Operation failed.`,
		`Error while completing operation: {0}.`,
	},
	"0042": {
		`Not allowed conversion.`,
		`Could not convert column of type {0} to column of type {1}.`,
		`Could not convert column "{2}" of type {0} to column of type {1}.`,
		`Could not convert column "{2}" of type {0} to column "{3}" of type {1}.`,
	},
	"0046": {
		`Specify a valid output directory.`,
		`Directory: {0} cannot be created. Specify valid path.`,
	},
	"0047": {
		`Number of feature columns in input dataset is less than allowed minimum.`,
		`Number of feature columns in input dataset is less than allowed minimum of {0} column(s).`,
		`Number of feature columns in input dataset "{0}" is less than allowed minimum of {1} column(s).`,
	},
	"0048": {
		`Unable to open a file.`,
		`Error while opening the file: {0}.`,
	},
	"0049": {
		`Unable to parse a file.`,
		`Error while parsing the file: {0}.`,
	},
	"0052": {
		`The Azure storage account key is incorrect.`,
	},
	"0056": {
		`One or more selected columns were not in an allowed category.`,
		`Column with name "{0}" is not in an allowed category.`,
	},
	"0057": {
		`File or Blob already exists.`,
		`File or Blob "{0}" already exists.`,
	},
	"0059": {
		`One or more specified column indexes or index ranges could not be parsed.`,
		`Column index or range "{0}" could not be parsed.`,
	},
	"0060": {
		`Invalid or out of range column index range specified.`,
		`Column range "{0}" is invalid or out of range.`,
	},
	"0062": {
		`All models must have the same learner type.`,
	},
	"0063": {
		`Error during evaluation of R script.`,
		`The following error occurred during evaluation of R script: ---------- Start of error message from R ---------- {0} ----------- End of error message from R -----------`,
	},
	"0064": {
		`The Azure storage account name or storage key is incorrect.`,
		`The Azure storage account name "{0}" or storage key for the account name is incorrect.`,
	},
	"0065": {
		`The Azure storage blob is incorrect.`,
		`The Azure storage blob name "{0}" is incorrect`,
	},
	"0069": {
		`SQL script is incorrect.`,
		`SQL query "{0}" is not correct.`,
		`SQL query "{0}" is not correct: {1}`,
	},
	"0071": {
		`Incorrect credentials are passed.`,
		`Incorrect username "{0}" or password is passed`,
	},
	"0075": {
		`Invalid binning function used.`,
	},
	"0079": {
		`The Azure storage container name is incorrect.`,
		`The Azure storage container name "{0}" is incorrect; a container name of the format container/blob was expected.`,
	},
	"0085": {
		`Error during evaluation of script.`,
		`The following error occurred during script evaluation, view the output log for more information: ---------- Start of error message from {0} interpreter ---------- {1} ---------- End of error message from {0}  interpreter  ----------`,
	},
	"0086": {
		`Invalid counting transform specified.`,
		`The counting transform at input port '{0}' is invalid.`,
		`The counting transform at input port '{0}' cannot be merged with the counting transform at input port '{1}'. Check to verify the metadata used for counting matches.`,
	},
	"0089": {
		`The number of classes is incorrect. Make sure that the number of classes you specify in the parameter pane is greater than or equal to the number of classes in the label column.`,
		`The number of classes specified is '{0}', which is not greater than a label value '{1}' in the data set used to count. Make sure that the number of classes you specify in the parameter pane is greater than or equal to the number of classes in the label column.`,
	},
	"0105": {
		`Unsupported parameter type.`,
		`Unsupported parameter type '{0}' specified.`,
	},
	"0129": {
		`Number of columns in the dataset exceeds allowed limit.`,
		`Number of columns in the dataset in '{0}' exceeds allowed.'`,
		`Number of columns in the dataset in '{0}' exceeds allowed limit of '{1}'.'`,
		`Number of columns in the dataset in '{0}' exceeds allowed '{1}' limit of '{2}'.'`,
	},
	"0138": {
		`Memory has been exhausted, unable to complete running of module.`,
	},
	"0151": {
		`Error writing to cloud storage (possibly a bad url).`,
		`Error writing to cloud storage: {0}. Check the url.`,
	},
	"1000": {
		`Library exception.`,
		`Library exception: {0}`,
		`{0} library exception: {1}`,
	},
}
