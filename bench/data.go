package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

const dataBlock = 4 << 20 // bytes of a block of an upload

// data uploads a long CSV file of five columns as a dataset, selects three of them in an experiment, and
// downloads the result as CSV: CPU per row of each step, and the most memory that the server held.
func (b *bench) data(ctx context.Context) (err error) {
	file := filepath.Join(b.dir, "rows.csv")
	size, err := writeRows(file, b.sizes.rows)
	if err != nil {
		return err
	}
	p, err := startPortico(ctx, b.binary, b.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	s := studio{p, ""}
	if s.workspace, err = s.find(ctx); err != nil {
		return err
	}
	fmt.Printf("| %d rows, five columns, %d MB | CPU | million rows per CPU-second |\n|---|---|---|\n", b.sizes.rows, size/1e6)
	var dataset, experiment string
	var lines int
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"upload, and find the columns", func() (err error) { dataset, err = s.upload(ctx, file, size); return err }},
		{"select three columns (typed read, one node)", func() (err error) { experiment, err = s.run(ctx, dataset); return err }},
		{"download the result as CSV", func() (err error) { lines, err = s.download(ctx, experiment); return err }},
	} {
		cpu, err := p.cpuOf(step.do)
		if err != nil {
			return err
		}
		fmt.Printf("| %s | %.1f s | %.1f |\n", step.name, cpu.Seconds(), float64(b.sizes.rows)/1e6/cpu.Seconds())
	}
	if lines != b.sizes.rows+1 {
		return fmt.Errorf("%d lines came back of %d rows and a header", lines, b.sizes.rows)
	}
	peak, err := p.peak()
	fmt.Printf("\nThe most memory that the server held: %d MB (aim ≤ 300).\n", peak>>20)
	return err
}

// writeRows writes the file: an id, a category, an amount of which 2 % are missing, a score and a text of which 5 % are quoted.
func writeRows(file string, rows int) (size int64, err error) {
	f, err := os.Create(file)
	if err != nil {
		return 0, err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	_, err = w.WriteString("id,category,amount,score,text\n")
	for i := 0; i < rows && err == nil; i++ {
		amount := fmt.Sprintf("%.2f", float64(i*7%100_000)/7)
		if i%50 == 0 {
			amount = ""
		}
		text := fmt.Sprintf("an ordinary text of some words that ends in the number %08d", i*7919%10_000_000)
		if i%20 == 0 {
			text = `"a text, quoted, of some words that ends in ` + text[30:] + `"`
		}
		_, err = fmt.Fprintf(w, "%d,category %d,%s,%.6f,%s\n", i, i%97, amount, float64(i*31%1_000_003)/1_000_003, text)
	}
	if err == nil {
		err = w.Flush()
	}
	info, statErr := f.Stat()
	if err = errors.Join(err, statErr, f.Close()); err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// studio calls the Studio API of a server.
type studio struct {
	*server
	workspace string
}

func (s studio) path(rest string) string {
	return s.ready.Console + "/api/workspaces/" + s.workspace + rest
}

// ask sends a request and reads the answer into out.
func (s studio) ask(ctx context.Context, method, address string, body io.Reader, out any) error {
	r, err := s.open(ctx, method, address, body)
	if err != nil {
		return err
	}
	return errors.Join(json.NewDecoder(r).Decode(out), r.Close())
}

func (s studio) open(ctx context.Context, method, address string, body io.Reader) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+s.ready.AdminToken)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		b, err := io.ReadAll(resp.Body)
		return nil, errors.Join(fmt.Errorf("%s %s: %s: %s", method, address, resp.Status, b), err, resp.Body.Close())
	}
	return resp.Body, nil
}

func (s studio) find(ctx context.Context) (string, error) {
	var all []struct{ WorkspaceID string }
	err := s.ask(ctx, http.MethodGet, s.ready.Console+"/api/workspaces", nil, &all)
	if err == nil && len(all) == 0 {
		err = errors.New("the server has no workspace")
	}
	if err != nil {
		return "", err
	}
	return all[0].WorkspaceID, nil
}

// upload sends the file in blocks and waits until its columns are found.
func (s studio) upload(ctx context.Context, file string, size int64) (id string, err error) {
	var begun struct{ ID string }
	if err := s.ask(ctx, http.MethodPost, s.ready.Console+"/api/resourceuploads/workspaces/"+s.workspace+"?dataTypeId=GenericCSV", nil, &begun); err != nil {
		return "", err
	}
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	blocks := (size + dataBlock - 1) / dataBlock
	for i := range blocks {
		query := url.Values{"numberOfBlocks": {fmt.Sprint(blocks)}, "blockId": {fmt.Sprint(i)}, "uploadId": {begun.ID}}
		var taken any
		if err := s.ask(ctx, http.MethodPost, s.ready.Console+"/api/blobuploads/workspaces/"+s.workspace+"?"+query.Encode(), io.LimitReader(f, dataBlock), &taken); err != nil {
			return "", err
		}
	}
	made := fmt.Sprintf(`{"DataSource":{"Name":"rows","DataTypeId":"GenericCSV"},"UploadId":%q}`, begun.ID)
	if err := s.ask(ctx, http.MethodPost, s.path("/datasources"), bytes.NewBufferString(made), &id); err != nil {
		return "", err
	}
	return id, s.await(ctx, "/datasources/"+id, func(o outcome) (bool, error) {
		if o.SchemaStatus == "Failed" {
			return true, errors.New(o.SchemaMessage)
		}
		return o.SchemaStatus == "Complete", nil
	})
}

// outcome is what the bench reads of datasets and experiments.
type outcome struct {
	SchemaStatus, SchemaMessage string
	ExperimentID                string `json:"ExperimentId"`
	Status                      struct{ StatusCode, StatusDetail string }
}

func (s studio) await(ctx context.Context, path string, over func(outcome) (bool, error)) error {
	for ctx.Err() == nil {
		var o outcome
		if err := s.ask(ctx, http.MethodGet, s.path(path), nil, &o); err != nil {
			return err
		}
		if done, err := over(o); done || err != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
	return ctx.Err()
}

func (s studio) run(ctx context.Context, dataset string) (string, error) {
	graph := fmt.Sprintf(`{"Description":"select","IsDraft":false,"ExperimentGraph":{"ModuleNodes":[{"Id":"s","ModuleId":"Select Columns in Dataset",
		"ModuleParameters":[{"Name":"Select columns","Value":"{\"isFilter\":true,\"rules\":[{\"ruleType\":\"ColumnNames\",\"columns\":[\"id\",\"amount\",\"score\"],\"exclude\":false}]}"}],
		"InputPortsInternal":[{"Name":"Dataset","DataSourceId":%q}]}],"EdgesInternal":[]}}`, dataset)
	var x outcome
	if err := s.ask(ctx, http.MethodPost, s.path("/experiments"), bytes.NewBufferString(graph), &x); err != nil {
		return "", err
	}
	return x.ExperimentID, s.await(ctx, "/experiments/"+x.ExperimentID, func(o outcome) (bool, error) {
		if o.Status.StatusCode == "Failed" {
			return true, errors.New(o.Status.StatusDetail)
		}
		return o.Status.StatusCode == "Finished", nil
	})
}

// download gives the number of lines of the result.
func (s studio) download(ctx context.Context, experiment string) (lines int, err error) {
	r, err := s.open(ctx, http.MethodGet, s.path("/experiments/"+experiment+"/outputdata/s/Results%20dataset?format=csv"), nil)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	buf := make([]byte, 1<<20)
	for {
		n, err := r.Read(buf)
		lines += bytes.Count(buf[:n], []byte("\n"))
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return lines, err
		}
	}
}
