package main

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
)

// guideRequest and guideResponse are the guide's call as encoding/json types:
// the least that any Go service of this wire does.
type guideRequest struct {
	Inputs           map[string]guideTable
	GlobalParameters map[string]string
}

type guideTable struct {
	ColumnNames []string
	Values      [][]string
}

type guideResponse struct {
	Results map[string]guideOutput
}

type guideOutput struct {
	Type  string      `json:"type"`
	Value guideValues `json:"value"`
}

type guideValues struct {
	ColumnNames []string
	ColumnTypes []string
	Values      [][]string
}

const guideBody = `{"Inputs": {"input1": {"ColumnNames": ["Col2"], "Values": [["This is a good day"]]}}, "GlobalParameters": {}}`

// serveBare decodes the guide's request and encodes an answer of the same size; it scores nothing.
func serveBare(ctx context.Context, addr string) error {
	names, types := []string{"Col2"}, []string{"String"}
	for i := range 8 {
		names = append(names, "Col2_HashingFeature."+string(rune('0'+i)))
		types = append(types, "Double")
	}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in guideRequest
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		out := guideResponse{Results: map[string]guideOutput{"output1": {Type: "table", Value: guideValues{ColumnNames: names, ColumnTypes: types}}}}
		o := out.Results["output1"]
		for _, row := range in.Inputs["input1"].Values {
			o.Value.Values = append(o.Value.Values, append([]string{row[0]}, "1", "1", "2", "2", "0", "2", "0", "1"))
		}
		out.Results["output1"] = o
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_ = json.NewEncoder(w).Encode(out) // the client is gone when this fails
	})
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: h}
	go func() { <-ctx.Done(); _ = srv.Close() }()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
