package module

import (
	"context"
	"encoding/json"
	"fmt"

	"portico/internal/table"
)

// Definition is what flows through a port that is not Data: which module made
// it, and what that module needs to do it again to other data. It travels as a table of one row.
type Definition struct {
	FamilyID string
	Version  int
	Content  []byte // JSON of the module's own
}

const (
	familyColumn  = "Module"
	versionColumn = "Version"
	contentColumn = "Definition"
)

// Define makes the table of a definition with that content.
func (m *Module) Define(content any) (*table.Table, error) {
	b, err := json.Marshal(content)
	if err != nil {
		return nil, fmt.Errorf("definition of %s: %w", m.Name, err)
	}
	return table.FromColumns(1,
		table.FromStrings(familyColumn, []string{m.FamilyID}),
		table.FromInts(versionColumn, table.Int32, []int64{int64(m.Version)}),
		table.FromStrings(contentColumn, []string{string(b)})), nil
}

// ReadDefinition reads what came through a port. It returns 0003 where nothing came, and 0018 for a table that is no definition.
func ReadDefinition(t *table.Table, port string) (*Definition, error) {
	if t == nil {
		return nil, Fail("0003", port)
	}
	family, version, content := t.ColumnCalled(familyColumn), t.ColumnCalled(versionColumn), t.ColumnCalled(contentColumn)
	if t.Rows != 1 || family == nil || version == nil || content == nil || family.Type != table.String || version.Type != table.Int32 || content.Type != table.String {
		return nil, Fail("0018", port)
	}
	return &Definition{FamilyID: family.Strings[0], Version: int(version.Ints[0]), Content: []byte(content.Strings[0])}, nil
}

// Fit finds in a dataset what a module does to it: the content of the
// definition, the Applier that does it, and the dataset in the form that it was looked at.
type Fit func(ctx context.Context, t *table.Table) (content any, apply Applier, seen *table.Table, err error)

// Fitting makes a Runner that fits a transform to a dataset of at least one row,
// and gives the transformed dataset and the definition.
func (m *Module) Fitting(port string, fit Fit) Runner {
	return func(ctx context.Context, in []*table.Table) ([]*table.Table, error) {
		if err := Need(in[0], port, 1); err != nil {
			return nil, err
		}
		content, apply, t, err := fit(ctx, in[0])
		if err != nil {
			return nil, err
		}
		out, err := apply(ctx, t)
		if err != nil {
			return nil, err
		}
		definition, err := m.Define(content)
		return []*table.Table{out, definition}, err
	}
}

// Need returns 0003 where an input is absent or has no columns, and 0021 where it has fewer rows than least.
func Need(t *table.Table, port string, least int) error {
	switch {
	case t == nil || t.Width() == 0:
		return Fail("0003", port)
	case t.Rows < least:
		return Fail("0021", port, least)
	}
	return nil
}

// Unary makes a Runner of a function of one table, which must have columns.
func Unary(port string, apply Applier) Runner {
	return func(ctx context.Context, in []*table.Table) ([]*table.Table, error) {
		if err := Need(in[0], port, 0); err != nil {
			return nil, err
		}
		out, err := apply(ctx, in[0])
		if err != nil {
			return nil, err
		}
		return []*table.Table{out}, nil
	}
}
