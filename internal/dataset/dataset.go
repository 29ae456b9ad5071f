// Package dataset owns saved datasets: files that a data scientist uploads,
// whole or in blocks, which become tables for experiments. A dataset's content
// is a blob kept as it came; its description is a record.
package dataset

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/table"
)

// Status says how far reading a dataset's columns has come (azureml.md 5.1).
type Status string

// The statuses. NotSupported is a file that is kept, and is not read as a table.
const (
	Pending      Status = "Pending"
	Complete     Status = "Complete"
	Failed       Status = "Failed"
	NotSupported Status = "NotSupported"
)

// Dataset is the object of azureml.md 5.3, field names verbatim. ID is what a
// graph's DataSourceId carries: {workspace}.{family}.v1-default-{batch}.
type Dataset struct {
	ID                   string  `json:"Id"`
	Name                 string  `json:"Name"`
	DataTypeID           string  `json:"DataTypeId"`
	Description          string  `json:"Description"`
	FamilyID             string  `json:"FamilyId"`
	ResourceUploadID     string  `json:"ResourceUploadId"`
	SourceOrigin         string  `json:"SourceOrigin"`
	Size                 int64   `json:"Size"` // bytes of the file
	CreatedDate          string  `json:"CreatedDate"`
	Owner                string  `json:"Owner"`
	ExperimentID         *string `json:"ExperimentId"`
	ClientVersion        *string `json:"ClientVersion"`
	ServiceVersion       int     `json:"ServiceVersion"`
	PromotedFrom         *string `json:"PromotedFrom"`
	UploadedFromFilename string  `json:"UploadedFromFilename"`
	IsLatest             bool    `json:"IsLatest"`
	IsDeprecated         bool    `json:"IsDeprecated"`
	Category             string  `json:"Category"`
	Culture              string  `json:"Culture"`
	Batch                int     `json:"Batch"`
	SchemaStatus         Status  `json:"SchemaStatus"`
	// SchemaMessage says why a schema Failed; it is an addition of ours.
	SchemaMessage string `json:"SchemaMessage,omitempty"`
	// The places to fetch from are for the wire to fill in.
	DownloadLocation  *Endpoint `json:"DownloadLocation"`
	VisualizeEndPoint *Endpoint `json:"VisualizeEndPoint"`
	SchemaEndPoint    *Endpoint `json:"SchemaEndPoint"`
}

// Endpoint is a place to fetch from: BaseURI + Location + AccessCredential.
type Endpoint struct {
	BaseURI             string  `json:"BaseUri"`
	Size                int64   `json:"Size"`
	Name                string  `json:"Name"`
	EndpointType        string  `json:"EndpointType"`
	CredentialContainer *string `json:"CredentialContainer"`
	AccessCredential    string  `json:"AccessCredential"`
	Location            string  `json:"Location"`
	FileType            string  `json:"FileType"`
	IsAuxiliary         bool    `json:"IsAuxiliary"`
}

// Meta is what the maker of a dataset says about it.
type Meta struct {
	Name                 string
	DataTypeID           string // one of DataTypeIDs
	Description          string
	Owner                string
	FamilyID             string // of the dataset that this is a new version of; empty for a new one
	SourceOrigin         string
	UploadedFromFilename string
}

// DataTypeIDs lists the file types that can be uploaded. Those that are not
// table.Formats are kept as they are.
func DataTypeIDs() []string {
	var ids []string
	for _, f := range table.Formats() {
		ids = append(ids, string(f))
	}
	return append(ids, Zip, "RData", "PlainText")
}

// Zip is the DataTypeId of packages of files.
const Zip = "Zip"

const maxName = 256 // characters

func (m *Meta) check() error {
	bad := &fault.Error{Kind: fault.Invalid, Message: "the dataset cannot be saved"}
	m.Name = strings.TrimSpace(m.Name)
	switch n := len([]rune(m.Name)); {
	case n == 0:
		bad = bad.With("", "Name", "a dataset needs a name")
	case n > maxName:
		bad = bad.With("", "Name", "the name has %d characters; at most %d are allowed", n, maxName)
	}
	if !slices.Contains(DataTypeIDs(), m.DataTypeID) {
		bad = bad.With("", "DataTypeId", "%q is not a file type; known are %s", m.DataTypeID, strings.Join(DataTypeIDs(), ", "))
	}
	return bad.OrNil()
}

// stored is the record of a dataset.
type stored struct {
	Dataset  Dataset        `json:"dataset"`
	Summary  *table.Summary `json:"summary,omitempty"` // where the schema is Complete
	UploadID string         `json:"uploadId,omitempty"`
	Blocks   int            `json:"blocks,omitempty"` // of an upload that is not put together yet
	Created  time.Time      `json:"created,omitzero"` // where it is not the record's: of a version after the first, or before the latest

	fields []table.Field // that are known before the file is read
	before *stored       // the version before, of a new version that is not stored yet
	etag   string        // of the version before
}

// load reads a dataset's record.
func load(r record.Record) (*stored, error) {
	var s stored
	if err := json.Unmarshal(r.Body, &s); err != nil {
		return nil, fmt.Errorf("dataset %s: %w", r.Path, err)
	}
	if s.Created.IsZero() {
		s.Created = r.Created
	}
	s.Dataset.CreatedDate = classicDate(s.Created)
	return &s, nil
}

// classicDate writes a time as the classic API does (azureml.md 5.1).
func classicDate(t time.Time) string { return fmt.Sprintf("/Date(%d)/", t.UnixMilli()) }

// id is the DataSourceId of a dataset.
func id(workspace, family string, batch int) string {
	return workspace + "." + family + ".v1-default-" + strconv.Itoa(batch)
}

// familyIn reads a dataset's id: as id makes it, or the family id alone, with or
// without dashes, in any case. The batch of a family id alone is 0.
func familyIn(workspace, id string) (family string, batch int, ok bool) {
	parts := strings.SplitN(id, ".", 3)
	if len(parts) > 1 {
		if !strings.EqualFold(parts[0], workspace) {
			return "", 0, false
		}
		id = parts[1]
	}
	if len(parts) > 2 {
		if n, err := strconv.Atoi(parts[2][strings.LastIndexByte(parts[2], '-')+1:]); err == nil && n > 0 {
			batch = n
		}
	}
	id = strings.ToLower(strings.ReplaceAll(id, "-", ""))
	return id, batch, len(id) == 32 && strings.Trim(id, "0123456789abcdef") == ""
}
