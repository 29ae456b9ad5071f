package webservice

import (
	"bytes"
	"encoding/json"
	"time"
	"unicode/utf8"

	"portico/internal/table"
)

// Definition is what a version of a service runs: the part of an experiment
// between its Web Service Inputs and Outputs. It stands alone; the experiment and
// its datasets may be deleted. Tables that do not depend on a request are kept
// as blobs beside it.
type Definition struct {
	ID           string      `json:"-"`
	ExperimentID string      `json:"experimentId"`
	Defined      time.Time   `json:"defined"`
	Inputs       []Input     `json:"inputs"`
	Outputs      []Output    `json:"outputs"`
	Parameters   []Parameter `json:"parameters"`
	Nodes        []Node      `json:"nodes"`  // in an order in which they can run
	Tables       int         `json:"tables"` // how many blobs there are
}

// Input is a Web Service Input.
type Input struct {
	Name   string `json:"name"`
	Sample sample `json:"sample"` // the columns that its port had in the run, and the first rows
}

// Output is a Web Service Output.
type Output struct {
	Name   string `json:"name"`
	From   Source `json:"from"`
	Sample sample `json:"sample"`
}

// Parameter is a web-service parameter: a name that GlobalParameters may give a value.
type Parameter struct {
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	Type        string   `json:"type,omitempty"`    // ParameterType of azureml.md 5.2, such as "Int"
	Default     *string  `json:"default,omitempty"` // nil: every call must give a value
	Min         *float64 `json:"min,omitempty"`
	Max         *float64 `json:"max,omitempty"`
	Values      []string `json:"values,omitempty"`
}

// Node is a module that runs for each call, or for each set of parameters.
type Node struct {
	ID       string    `json:"id"`
	ModuleID string    `json:"moduleId"`
	Settings []Setting `json:"settings"`
	Inputs   []Source  `json:"inputs"` // one for each input port of the module, in its order
}

// Setting is a module's parameter; where Parameter is set, that web-service parameter drives it.
type Setting struct {
	Name      string `json:"name"`
	Value     string `json:"value"`
	Parameter string `json:"parameter,omitempty"`
}

// Source says where a port's table comes from; the zero value is nowhere.
type Source struct {
	Input string `json:"input,omitempty"` // the request's input of that name
	Table int    `json:"table,omitempty"` // a kept table, counted from 1
	Node  string `json:"node,omitempty"`  // a node's output
	Port  string `json:"port,omitempty"`
}

const (
	sampleRows = 2   // as many as the help pages show
	sampleText = 200 // bytes of a text that are kept
)

// sample is a table's schema and first rows. Its JSON is the table's encoded form.
type sample struct{ *table.Table }

// sampleOf cuts a table down to a sample.
func sampleOf(t *table.Table) sample {
	t = t.Head(sampleRows)
	parts := make([]table.Part, len(t.Parts))
	for i, p := range t.Parts {
		if p.Column != nil && p.Column.Type == table.String {
			short := *p.Column
			short.Strings = make([]string, t.Rows)
			for r, s := range p.Column.Strings {
				short.Strings[r] = cut(s, sampleText)
			}
			p.Column = &short
		}
		parts[i] = p
	}
	return sample{table.New(t.Rows, parts...)}
}

// cut shortens s to at most n bytes, at the start of a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// MarshalJSON writes the encoded table in base64.
func (s sample) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	if err := table.Encode(&b, s.Table); err != nil {
		return nil, err
	}
	return json.Marshal(b.Bytes())
}

// UnmarshalJSON decodes what MarshalJSON wrote.
func (s *sample) UnmarshalJSON(text []byte) error {
	var raw []byte
	err := json.Unmarshal(text, &raw)
	if err != nil {
		return err
	}
	s.Table, err = table.Decode(bytes.NewReader(raw))
	return err
}
