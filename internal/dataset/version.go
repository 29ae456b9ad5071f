package dataset

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/table"
)

// Versions: the record at a dataset's path is the latest one. Those before it
// are below that path, by their batch, and stay as they are.

func versionPath(workspace, family string, batch int) string {
	return datasetPath(workspace, family) + "/versions/" + strconv.Itoa(batch)
}

// versionBefore finds the dataset that m makes a new version of; nil for none. A new version has the name of the one before.
func (s *Service) versionBefore(ctx context.Context, workspace string, m *Meta) (*stored, error) {
	family, _, ok := familyIn(workspace, m.FamilyID)
	if !ok {
		return nil, nil
	}
	before, r, err := s.get(ctx, workspace, family)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d := &before.Dataset
	if name := strings.TrimSpace(m.Name); name != "" && !strings.EqualFold(name, d.Name) {
		return nil, fault.New(fault.Invalid, "a new version of the dataset %q has its name; rename the dataset, or leave the FamilyId out", d.Name)
	}
	if d.SchemaStatus == Pending {
		_, err = before.summary()
		return nil, err
	}
	m.Name, before.etag = d.Name, r.ETag
	return before, nil
}

// next is the record of the version after st.
func (st *stored) next(workspace string, m Meta) *stored {
	n := newStored(workspace, st.Dataset.FamilyID, st.Dataset.Batch+1, m)
	n.before, n.Created = st, time.Now().UTC()
	return n
}

// supersede puts a new version in front of the one before.
func (s *Service) supersede(ctx context.Context, workspace string, st *stored, more []record.Change) error {
	old := *st.before
	old.Dataset.IsLatest = false
	family := st.Dataset.FamilyID
	_, err := s.records.Apply(ctx, append(more,
		record.PutOf(versionPath(workspace, family, old.Dataset.Batch), old, "-"),
		record.PutOf(datasetPath(workspace, family), st, old.etag))...)
	if fault.Is(err, fault.StaleETag) || fault.Is(err, fault.Conflict) {
		return fault.Wrap(err, fault.Conflict, "the dataset %q was changed meanwhile; send the new version again", old.Dataset.Name)
	}
	return err
}

// Versions gives every version of a dataset, the latest first. It returns fault.NotFound.
func (s *Service) Versions(ctx context.Context, workspace, id string) ([]*Dataset, error) {
	family, _, ok := familyIn(workspace, id)
	if !ok {
		return nil, noDataset(id)
	}
	latest, err := s.Get(ctx, workspace, family)
	if err != nil {
		return nil, err
	}
	older, err := s.records.List(ctx, datasetPath(workspace, family)+"/versions")
	if err != nil {
		return nil, err
	}
	all := []*Dataset{latest}
	for _, r := range older {
		st, err := load(r)
		if err != nil {
			return nil, err
		}
		all = append(all, &st.Dataset)
	}
	slices.SortFunc(all, func(a, b *Dataset) int { return b.Batch - a.Batch })
	return all, nil
}

// Change says what Update changes of a dataset; what is nil or empty stays.
type Change struct {
	Name        string
	Description *string
	Types       map[string]table.Type // of columns, by name
}

// Update renames the latest version of a dataset, describes a version anew or
// corrects the types of its columns. It returns fault.NotFound; fault.Conflict
// for a name that is taken, and for a change by somebody else meanwhile; fault.Invalid for
// an unknown column, and with row and column for a cell that does not fit the type that
// its column is given; and Summary's errors where types are given.
func (s *Service) Update(ctx context.Context, workspace, id string, c Change) (*Dataset, error) {
	st, r, err := s.get(ctx, workspace, id)
	if err != nil {
		return nil, err
	}
	var changes []record.Change
	if c.Name != "" {
		if changes, err = s.rename(ctx, workspace, st, c.Name); err != nil {
			return nil, err
		}
	}
	if c.Description != nil {
		st.Dataset.Description = *c.Description
	}
	if len(c.Types) > 0 {
		if err := s.retype(ctx, workspace, st, c.Types); err != nil {
			return nil, err
		}
	}
	_, err = s.records.Apply(ctx, append(changes, record.PutOf(r.Path, st, r.ETag))...)
	switch {
	case fault.Is(err, fault.StaleETag):
		return nil, fault.Wrap(err, fault.Conflict, "the dataset %q was changed meanwhile; try again", st.Dataset.Name)
	case fault.Is(err, fault.Conflict):
		return nil, nameTaken(c.Name)
	case err != nil:
		return nil, err
	}
	return s.Get(ctx, workspace, id)
}

// rename gives the changes that move a dataset's name, and sets it.
func (s *Service) rename(ctx context.Context, workspace string, st *stored, name string) ([]record.Change, error) {
	d := &st.Dataset
	if !d.IsLatest {
		return nil, fault.New(fault.Invalid, "version %d of the dataset %q is not the latest; rename that one", d.Batch, d.Name)
	}
	m := Meta{Name: name, DataTypeID: d.DataTypeID}
	if err := m.check(); err != nil {
		return nil, err
	}
	old := namePath(workspace, d.Name)
	d.Name = m.Name
	taken := namePath(workspace, m.Name)
	if taken == old {
		return nil, nil
	}
	if _, err := s.records.Get(ctx, taken); err == nil {
		return nil, nameTaken(m.Name)
	} else if !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	return []record.Change{record.PutOf(taken, d.FamilyID, "-"), {Op: record.Delete, Path: old, Match: "*"}}, nil
}

// retype gives columns other types, which all their cells must fit.
func (s *Service) retype(ctx context.Context, workspace string, st *stored, types map[string]table.Type) error {
	summary, err := st.summary()
	if err != nil {
		return err
	}
	if st.Dataset.DataTypeID == string(table.SVMLight) {
		return fault.New(fault.Unsupported, "the columns of an SVMlight file are numbers; convert the dataset to change their types")
	}
	fields := slices.Clone(summary.Fields)
	known := 0
	for i := range fields {
		if t, ok := types[fields[i].Name]; ok {
			fields[i].Type = t
			known++
		}
	}
	if known < len(types) {
		bad := &fault.Error{Kind: fault.Invalid, Message: "the types cannot be corrected"}
		for name := range types {
			if !slices.ContainsFunc(fields, func(f table.Field) bool { return f.Name == name }) {
				bad = bad.With("", name, "the dataset has no column of that name")
			}
		}
		return bad
	}
	missing, err := s.countMissing(ctx, workspace, st, fields)
	if err != nil {
		return err
	}
	st.Summary = &table.Summary{Fields: fields, Rows: summary.Rows, Missing: missing, Revision: summary.Revision + 1}
	return nil
}

// countMissing reads a file with the given types, in memory that does not grow with it.
func (s *Service) countMissing(ctx context.Context, workspace string, st *stored, fields []table.Field) (missing []int, err error) {
	rows, err := s.openRows(ctx, workspace, st, fields)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	missing = make([]int, len(fields))
	const chunk = 4096 // rows
	for {
		t, err := rows.Read(chunk)
		if errors.Is(err, io.EOF) {
			return missing, nil
		}
		if err != nil {
			return nil, err
		}
		for i, p := range t.Parts {
			for r := range t.Rows {
				if p.Column.Missing != nil && p.Column.Missing[r] {
					missing[i]++
				}
			}
		}
	}
}

// Output says which output of an experiment a dataset is saved from.
type Output struct{ Experiment, Node, Port string }

// Promote saves an output of an experiment as a dataset, with the types and roles that
// its columns have there. It returns what Create does, and fault.TooLarge for too many columns.
func (s *Service) Promote(ctx context.Context, workspace string, m Meta, from Output, t *table.Table) (*Dataset, error) {
	m.DataTypeID, m.SourceOrigin = string(table.Parquet), "FromOutputPromotion"
	if err := table.CheckDense(t); err != nil {
		return nil, err
	}
	if t.Rows == 0 {
		return nil, fault.New(fault.Invalid, "the output has no rows; a dataset has some")
	}
	r, w := io.Pipe()
	written := make(chan struct{})
	go func() {
		defer close(written)
		_ = w.CloseWithError(table.Write(w, t, table.Parquet)) // the reader gets the error
	}()
	d, err := s.create(ctx, workspace, m, r, func(st *stored) {
		promoted := from.Experiment + "/" + from.Node + "/" + from.Port
		st.Dataset.ExperimentID, st.Dataset.PromotedFrom, st.fields = &from.Experiment, &promoted, t.Schema()
	})
	_ = r.CloseWithError(errors.New("the dataset was not saved")) // lets the writer end; never fails
	<-written
	return d, err
}
