package module

import (
	"fmt"
	"strings"

	"portico/internal/table"
)

// Error is a failure that the module reference documents (azureml.md 6.4).
type Error struct {
	Code      string // four digits, "0001"
	Message   string // the documented text with its placeholders filled in
	Node      string // id of the node in the graph; the runner of the graph sets it
	Parameter string // the parameter at fault, where there is one
	Err       error  // for the log
}

func (e *Error) Error() string {
	s := "Error " + e.Code + ": " + e.Message
	if e.Node != "" {
		s = "node " + e.Node + ": " + s
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Fail makes the documented error of that code with the text that takes as
// many arguments as are given. It panics for a code or a number of arguments
// that is not documented, which only a programming mistake makes.
func Fail(code string, args ...any) *Error {
	for _, text := range documented[code] {
		if strings.Count(text, "{") != len(args) {
			continue
		}
		var pairs []string
		for i, a := range args {
			pairs = append(pairs, fmt.Sprintf("{%d}", i), fmt.Sprint(a))
		}
		return &Error{Code: code, Message: strings.NewReplacer(pairs...).Replace(text)}
	}
	panic(fmt.Sprintf("module: no documented text of error %s takes %d arguments", code, len(args)))
}

// In says which parameter is at fault and gives e.
func (e *Error) In(parameter string) *Error {
	e.Parameter = parameter
	return e
}

// The documented texts of the errors that the modules raise.
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
	"0008": {
		`Parameter value is not in the specified range.`,
		`Parameter "{0}" value is not in range.`,
		`Parameter "{0}" value should be in the range of [{1}, {2}].`,
	},
	"0011": {
		`Specified column set does not apply to any of dataset columns.`,
		`Specified column set "{0}" does not apply to any of dataset columns.`,
	},
	"0017": {
		`Cannot process column of current type. The type is not supported by the module.`,
		`Cannot process column of type {0}. The type is not supported by the module.`,
		`Cannot process column "{1}" of type {0}. The type is not supported by the module.`,
	},
	"0049": {
		`Unable to parse a file.`,
		`Error while parsing the file: {0}.`,
	},
	"0059": {
		`One or more specified column indexes or index ranges could not be parsed.`,
		`Column index or range "{0}" could not be parsed.`,
	},
	"0060": {
		`Invalid or out of range column index range specified.`,
		`Column range "{0}" is invalid or out of range.`,
	},
	"0129": {
		`Number of columns in the dataset exceeds allowed limit.`,
		`Number of columns in the dataset in '{0}' exceeds allowed.'`,
		`Number of columns in the dataset in '{0}' exceeds allowed limit of '{1}'.'`,
	},
	"0138": {
		`Memory has been exhausted, unable to complete running of module.`,
	},
	"1000": {
		`Library exception.`,
		`Library exception: {0}`,
		`{0} library exception: {1}`,
	},
}

// CheckDense returns 0129 where a table that leaves through the port of that
// name has more columns than a dense one may (azureml.md 5.4).
func CheckDense(t *table.Table, port string) error {
	if t.Width() <= table.MaxDenseColumns {
		return nil
	}
	e := Fail("0129", port, table.MaxDenseColumns)
	e.Err = table.CheckDense(t)
	return e
}

// selectionError gives the documented error of a column selection; parameter is the selection's name.
func selectionError(e *table.SelectorError, parameter string) *Error {
	var out *Error
	switch e.Reason {
	case table.ColumnNotFound:
		out = Fail("0001", e.Text)
	case table.NoColumnsSelected:
		out = Fail("0011", parameter)
	case table.InvalidColumnIndexRange:
		out = Fail("0060", e.Text)
	case table.ColumnIndexParsing:
		out = Fail("0059", e.Text)
	default:
		out = Fail("0002", parameter, string(ColumnSelection))
	}
	out.Err = e
	return out.In(parameter)
}
