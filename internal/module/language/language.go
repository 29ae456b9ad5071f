// Package language holds the modules that run what users write: Execute Python
// Script and Execute R Script.
package language

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"strings"

	"portico/internal/fault"
	"portico/internal/module"
	"portico/internal/script"
	"portico/internal/table"
)

// Interpreters run scripts. *script.Pool is the one there is.
type Interpreters interface {
	Run(ctx context.Context, j *script.Job) (*script.Result, error)
}

// inputs are the ports of both modules.
func inputs(bundle string) []module.Port {
	return []module.Port{
		{Name: "Dataset1", Type: module.Data, Optional: true, Description: "Input dataset 1"},
		{Name: "Dataset2", Type: module.Data, Optional: true, Description: "Input dataset 2"},
		{Name: bundle, Type: module.Zip, Optional: true, Description: "Further files for the script"},
	}
}

// confined is what the help of both modules says of the sandbox.
const confined = "The script runs in a process of its own, without network, further processes or files of this machine; its folder is empty at the start and gone at the end. " +
	"Its time, processor time and memory are limited by the settings script-timeout, script-cpu and script-memory."

// execute runs a script and gives its table and what it printed and drew.
func execute(ctx context.Context, with Interpreters, j script.Job, ports []module.Port, in []*table.Table, failed func(*script.Error) *module.Error) ([]*table.Table, error) {
	for i := range j.Inputs {
		if in[i] == nil || in[i].Width() == 0 {
			j.Inputs[i] = in[i]
			continue
		}
		dense, _, err := module.AllColumns(ports[i].Name).Spread(in[i])
		if err != nil {
			return nil, err
		}
		j.Inputs[i] = dense
	}
	if in[2] != nil {
		f, err := module.ReadFile(in[2], ports[2].Name)
		if err != nil {
			return nil, err
		}
		j.Bundle = []byte(f.Content)
	}
	if with == nil {
		return nil, fault.New(fault.Unavailable, "%s scripts cannot be run here.", j.Language)
	}
	r, err := with.Run(ctx, &j)
	var wrong *script.Error
	if errors.As(err, &wrong) {
		_, _ = io.WriteString(module.Output(ctx), wrong.Printed)
		documented := failed(wrong)
		documented.Err = err
		return nil, documented
	}
	if err != nil {
		return nil, err
	}
	_, _ = io.WriteString(module.Output(ctx), r.Printed+r.Warned)
	result := table.New(0)
	if r.Table != nil {
		result = distinct(r.Table)
	}
	return []*table.Table{result, device(r)}, nil
}

// distinct is the table with names that differ from each other.
func distinct(t *table.Table) *table.Table {
	names := table.NewNames(table.New(0))
	columns := make([]*table.Column, len(t.Parts))
	for i, p := range t.Parts {
		c := *p.Column
		c.Name = names.Free(c.Name)
		columns[i] = &c
	}
	return table.FromColumns(t.Rows, columns...)
}

// device is what the device port gives: the outputs in the first row, and a row for each image, a PNG in base64.
func device(r *script.Result) *table.Table {
	rows := max(1, len(r.Graphics))
	printed, warned, drawn := make([]string, rows), make([]string, rows), make([]string, rows)
	later, none := make([]bool, rows), make([]bool, rows)
	for i := range rows {
		later[i], none[i] = i > 0, len(r.Graphics) == 0
	}
	printed[0], warned[0] = r.Printed, r.Warned
	for i, image := range r.Graphics {
		drawn[i] = base64.StdEncoding.EncodeToString(image)
	}
	column := func(name string, cells []string, missing []bool) *table.Column {
		c := table.FromStrings(name, cells)
		c.Missing = missing
		return c
	}
	return table.FromColumns(rows, column("Standard Output", printed, later), column("Standard Error", warned, later), column("Graphics", drawn, none))
}

// normal is a script with the line ends that interpreters expect.
func normal(source string) string { return strings.ReplaceAll(source, "\r\n", "\n") }
