package openapi

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"portico/internal/catalog"
	"portico/internal/record"
)

// Load gives what is written of a stored API; gateway is the address under which
// its suffix stands, without a slash at the end.
func Load(ctx context.Context, records record.Store, rec record.Record, gateway string) (Source, error) {
	s := Source{}
	if err := json.Unmarshal(rec.Body, &s.API); err != nil {
		return s, fmt.Errorf("%s: %w", rec.Path, err)
	}
	set, err := catalog.VersionSetOf(ctx, records, &s.API)
	if err != nil {
		return s, err
	}
	s.URL = strings.TrimSuffix(gateway+"/"+s.API.Suffix(set), "/")
	operations, err := records.List(ctx, rec.Path+"/operations")
	if err != nil {
		return s, err
	}
	for _, o := range operations {
		named := catalog.Named[catalog.Operation]{Name: record.Name(o.Path)}
		if err := json.Unmarshal(o.Body, &named.Resource); err != nil {
			return s, fmt.Errorf("%s: %w", o.Path, err)
		}
		s.Operations = append(s.Operations, named)
	}
	schemas, err := records.List(ctx, rec.Path+"/schemas")
	if err != nil {
		return s, err
	}
	for _, r := range schemas {
		var one catalog.Schema
		if err := json.Unmarshal(r.Body, &one); err != nil {
			return s, fmt.Errorf("%s: %w", r.Path, err)
		}
		s.Schemas = append(s.Schemas, one)
	}
	return s, nil
}
