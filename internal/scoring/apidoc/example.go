package apidoc

import (
	"strconv"
	"strings"

	"portico/internal/scoring/jsonwire"
	"portico/internal/table"
	"portico/internal/webservice"
)

// example is a value that a request may hold: as JSON of its own type, and as the text of a string.
type example struct {
	json string
	text string
	null bool
}

// placeholders are the values that stand for a column's own, by its type.
var placeholders = map[table.Type]example{
	table.String:   {json: `""`, text: "value"},
	table.Double:   {json: "1.0", text: "0"},
	table.Int32:    {json: "1", text: "0"},
	table.Int64:    {json: "1", text: "0"},
	table.Boolean:  {json: "true", text: "False"},
	table.DateTime: {json: `"2000-01-01T00:00:00"`, text: "2000-01-01T00:00:00"},
	table.TimeSpan: {json: `"00:00:00"`, text: "00:00:00"},
}

// exampleRows gives rows for an input: the first of the run where the endpoint
// shows sample data, else two of placeholders.
func exampleRows(in *webservice.PlanInput, sampleData bool) [][]example {
	if !sampleData || in.Sample.Rows == 0 {
		row := make([]example, len(in.Fields))
		for i, f := range in.Fields {
			row[i] = placeholders[f.Type]
		}
		return [][]example{row, row}
	}
	rows := make([][]example, in.Sample.Rows)
	for r := range rows {
		rows[r] = make([]example, len(in.Fields))
		in.Sample.EachCell(r, func(i int, text []byte, missing bool) {
			rows[r][i] = exampleOf(in.Fields[i].Type, string(text), missing)
		})
	}
	return rows
}

func exampleOf(t table.Type, text string, missing bool) example {
	if missing {
		return example{json: "null", null: true}
	}
	e := example{text: text, json: string(jsonwire.AppendString(nil, text))}
	switch t {
	case table.Boolean, table.Double, table.Int32, table.Int64:
		// True, and what is no JSON number, such as NaN, stay strings unless lower case makes them JSON.
		if lower := strings.ToLower(text); text != "" && text[0] != '"' && jsonwire.Check(lower) == nil {
			e.json = lower
		}
	}
	return e
}

// parameterType is the column type that a web-service parameter's type stands for.
func parameterType(q *webservice.Parameter) table.Type {
	switch strings.ToLower(q.Type) {
	case "int", "integer", "int32", "int64":
		return table.Int32
	case "double", "float", "number":
		return table.Double
	case "bool", "boolean":
		return table.Boolean
	}
	return table.String
}

// parameterExample is the default of a parameter, else a value that its rules allow.
func parameterExample(q *webservice.Parameter) example {
	t := parameterType(q)
	switch {
	case q.Default != nil:
		return exampleOf(t, *q.Default, false)
	case len(q.Values) > 0:
		return exampleOf(t, q.Values[0], false)
	case q.Min != nil:
		return exampleOf(t, strconv.FormatFloat(*q.Min, 'g', -1, 64), false)
	}
	e := placeholders[t]
	return example{json: e.json, text: e.text}
}
