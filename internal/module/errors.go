package module

import (
	"fmt"
	"slices"
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
		if placeholders(text) != len(args) {
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

// Texts gives the documented texts of an error, with numbered placeholders.
func Texts(code string) []string { return slices.Clone(documented[code]) }

// placeholders counts the different ones of a text: {0}, {1} and so on.
func placeholders(text string) (n int) {
	for strings.Contains(text, fmt.Sprintf("{%d}", n)) {
		n++
	}
	return n
}

// In says which parameter is at fault and gives e.
func (e *Error) In(parameter string) *Error {
	e.Parameter = parameter
	return e
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
