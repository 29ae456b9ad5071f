package studio

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"portico/internal/access"
	"portico/internal/dataset"
	"portico/internal/fault"
	"portico/internal/rest"
	"portico/internal/table"
)

// What can be fetched of a dataset, as last segment of its path.
const (
	contentLink = "content"
	previewLink = "visualization"
	schemaLink  = "schema"
)

// beginUpload is step 1 of an upload (azureml.md 5.1).
func (s *server) beginUpload(w http.ResponseWriter, r *http.Request, ws string, _ access.Principal) error {
	body, err := rest.ReadBody(r)
	if err != nil {
		return err
	}
	if len(body) > 0 {
		return fault.New(fault.Invalid, "The request that begins an upload has no body: send the file in blocks to blobuploads.")
	}
	dataType := r.URL.Query().Get("dataTypeId")
	id, err := s.Datasets.NewUpload(r.Context(), ws, dataType)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, map[string]string{"Id": id, "DataTypeId": dataType})
}

// putBlock is step 2, once for each block.
func (s *server) putBlock(w http.ResponseWriter, r *http.Request, ws string, _ access.Principal) error {
	query := r.URL.Query()
	blocks, err := number(query, "numberOfBlocks", 1, dataset.MaxBlocks, 0)
	if err != nil {
		return err
	}
	block, err := number(query, "blockId", 0, dataset.MaxBlocks, 0)
	if err != nil {
		return err
	}
	upload := query.Get("uploadId")
	if err := s.Datasets.PutBlock(r.Context(), ws, upload, blocks, block, r.Body); err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, map[string]any{"Id": upload, "BlockId": block, "NumberOfBlocks": blocks})
}

// getUpload tells which blocks of an upload are there: an addition, with which one that was cut off goes on.
func (s *server) getUpload(w http.ResponseWriter, r *http.Request, ws string, _ access.Principal) error {
	u, err := s.Datasets.Uploaded(r.Context(), ws, r.URL.Query().Get("uploadId"))
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, u)
}

// datasetRequest is step 3: what the blocks make.
type datasetRequest struct {
	DataSource struct {
		Name         string `json:"Name"`
		DataTypeID   string `json:"DataTypeId"`
		Description  string `json:"Description"`
		FamilyID     string `json:"FamilyId"`
		Owner        string `json:"Owner"`
		SourceOrigin string `json:"SourceOrigin"`
	} `json:"DataSource"`
	UploadID             string `json:"UploadId"`
	UploadedFromFileName string `json:"UploadedFromFileName"`
}

func (s *server) createDataset(w http.ResponseWriter, r *http.Request, ws string, who access.Principal) error {
	var in datasetRequest
	if err := rest.DecodeJSON(r, &in); err != nil {
		return err
	}
	if in.UploadID == "" {
		return fault.New(fault.Invalid, "The request has no UploadId: upload a file first, and name its upload here.")
	}
	source := in.DataSource
	if source.Owner == "" {
		source.Owner = who.Name
	}
	d, err := s.Datasets.Finish(r.Context(), ws, in.UploadID, dataset.Meta{
		Name: source.Name, DataTypeID: source.DataTypeID, Description: source.Description, Owner: source.Owner,
		FamilyID: source.FamilyID, SourceOrigin: source.SourceOrigin, UploadedFromFilename: in.UploadedFromFileName,
	})
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, d.ID)
}

func (s *server) listDatasets(w http.ResponseWriter, r *http.Request, ws string, _ access.Principal) error {
	all, err := s.Datasets.List(r.Context(), ws)
	if err != nil {
		return err
	}
	for _, d := range all {
		s.addLinks(r, d)
	}
	return rest.WriteJSON(w, http.StatusOK, all)
}

func (s *server) getDataset(w http.ResponseWriter, r *http.Request, ws string, _ access.Principal) error {
	d, err := s.Datasets.Get(r.Context(), ws, r.PathValue("dataset"))
	if err != nil {
		return err
	}
	s.addLinks(r, d)
	return rest.WriteJSON(w, http.StatusOK, d)
}

// addLinks says where a dataset's parts can be fetched.
func (s *server) addLinks(r *http.Request, d *dataset.Dataset) {
	endpoint := func(name, fileType string, size int64) *dataset.Endpoint {
		at := s.link(r, "datasources", d.ID, name)
		return &dataset.Endpoint{BaseURI: at.base, Location: at.location, AccessCredential: at.credential,
			Name: d.Name, Size: size, FileType: fileType, IsAuxiliary: name != contentLink}
	}
	d.DownloadLocation = endpoint(contentLink, d.DataTypeID, d.Size)
	if d.SchemaStatus == dataset.Complete {
		d.VisualizeEndPoint = endpoint(previewLink, "Visualization", 0)
		d.SchemaEndPoint = endpoint(schemaLink, "Schema", 0)
	}
}

// listVersions gives every version of a dataset, the latest first: an addition.
func (s *server) listVersions(w http.ResponseWriter, r *http.Request, ws string, _ access.Principal) error {
	all, err := s.Datasets.Versions(r.Context(), ws, r.PathValue("dataset"))
	if err != nil {
		return err
	}
	for _, d := range all {
		s.addLinks(r, d)
	}
	return rest.WriteJSON(w, http.StatusOK, all)
}

// datasetChange is what changes of a dataset; what is absent stays.
type datasetChange struct {
	Name        string        `json:"Name"`
	Description *string       `json:"Description"`
	Schema      []columnTyped `json:"Schema"`
}

type columnTyped struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// changeDataset renames a dataset, describes it anew or corrects its columns' types: an addition.
func (s *server) changeDataset(w http.ResponseWriter, r *http.Request, ws string, _ access.Principal) error {
	var in datasetChange
	if err := rest.DecodeJSON(r, &in); err != nil {
		return err
	}
	change := dataset.Change{Name: in.Name, Description: in.Description, Types: map[string]table.Type{}}
	for _, c := range in.Schema {
		t, err := table.ParseType(c.Type)
		if err != nil {
			return fault.Wrap(err, fault.Invalid, "The column %q cannot have the type %q; possible are String, Double, Int32, Int64, Boolean, DateTime and TimeSpan.", c.Name, c.Type)
		}
		change.Types[c.Name] = t
	}
	d, err := s.Datasets.Update(r.Context(), ws, r.PathValue("dataset"), change)
	if err != nil {
		return err
	}
	s.addLinks(r, d)
	return rest.WriteJSON(w, http.StatusOK, d)
}

// saveOutput saves what a node gave on a port as a dataset: an addition, for "Save as Dataset".
func (s *server) saveOutput(w http.ResponseWriter, r *http.Request, ws string, who access.Principal) error {
	var in struct {
		Name        string `json:"Name"`
		Description string `json:"Description"`
		FamilyID    string `json:"FamilyId"`
	}
	if err := rest.DecodeJSON(r, &in); err != nil {
		return err
	}
	free, err := s.beginReading(r)
	if err != nil {
		return err
	}
	defer free()
	from := dataset.Output{Experiment: r.PathValue("experiment"), Node: r.PathValue("node"), Port: r.PathValue("port")}
	t, err := s.Experiments.Output(r.Context(), ws, from.Experiment, from.Node, from.Port)
	if err != nil {
		return err
	}
	d, err := s.Datasets.Promote(r.Context(), ws, dataset.Meta{Name: in.Name, Description: in.Description, FamilyID: in.FamilyID, Owner: who.Name}, from, t)
	if err != nil {
		return err
	}
	s.addLinks(r, d)
	return rest.WriteJSON(w, http.StatusOK, d)
}

func (s *server) deleteDataset(w http.ResponseWriter, r *http.Request, ws string, _ access.Principal) error {
	if err := s.Datasets.Delete(r.Context(), ws, r.PathValue("dataset")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// downloadDataset sends a dataset's file as it was uploaded.
func (s *server) downloadDataset(w http.ResponseWriter, r *http.Request, ws string, _ access.Principal) error {
	content, d, err := s.Datasets.Open(r.Context(), ws, r.PathValue("dataset"))
	if err != nil {
		return err
	}
	extension, contentType := fileForm(table.Format(d.DataTypeID))
	attach(w, d.Name+extension, contentType)
	_, err = io.Copy(w, content)
	return errors.Join(err, content.Close())
}

// fileForm is how files of a format are called and what they are; "" for one that is no table.
func fileForm(f table.Format) (extension, contentType string) {
	switch f {
	case table.CSV, table.CSVNoHeader:
		return ".csv", "text/csv; charset=utf-8"
	case table.TSV, table.TSVNoHeader:
		return ".tsv", "text/tab-separated-values; charset=utf-8"
	case table.ARFF:
		return ".arff", "text/plain; charset=utf-8"
	case table.SVMLight:
		return ".svmlight", "text/plain; charset=utf-8"
	case table.Parquet:
		return ".parquet", "application/vnd.apache.parquet"
	}
	return "", "application/octet-stream"
}

// attach makes the answer a file to be saved, never a page to be shown.
func attach(w http.ResponseWriter, name, contentType string) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Disposition", disposition(name))
}

// disposition gives the file name in ASCII, and in full where that is not the same (RFC 6266).
func disposition(name string) string {
	ascii := strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' || strings.ContainsRune(`"\/:`, c) {
			return '_'
		}
		return c
	}, name)
	value := mime.FormatMediaType("attachment", map[string]string{"filename": ascii})
	if ascii != name {
		value += "; filename*=UTF-8''" + url.PathEscape(name)
	}
	return value
}

// previewDataset shows a dataset's first rows. It reads no more of the file than those.
func (s *server) previewDataset(w http.ResponseWriter, r *http.Request, ws string, _ access.Principal) (err error) {
	p, err := previewOf(r)
	if err != nil {
		return err
	}
	id := r.PathValue("dataset")
	rows, summary, err := s.Datasets.Rows(r.Context(), ws, id)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if p.x != "" {
		return fault.Coded(fault.Invalid, "InvalidQueryParameter", "Invalid query parameter 'x'. A scatter is drawn of an experiment's output, whose rows are at hand.")
	}
	next := rows.Read
	if summary.Rows == 0 {
		next = rowsOf(table.NewBuilder(summary.Fields, 0).Table())
	}
	return p.write(w, summary.Rows, next, nil)
}

// datasetSchema is the schema object of azureml.md 5.2.
func (s *server) datasetSchema(w http.ResponseWriter, r *http.Request, ws string, _ access.Principal) error {
	summary, err := s.Datasets.Summary(r.Context(), ws, r.PathValue("dataset"))
	if err != nil {
		return err
	}
	out := schemaView{Attributes: []attributeView{}, ScoreColumns: map[string]string{}, LabelColumns: map[string]string{}, FeatureChannels: []string{}}
	for i, f := range summary.Fields {
		out.Attributes = append(out.Attributes, attributeView{
			Name: f.Name, Type: typeClass(f), IsFeature: f.Role == table.Feature,
			ElementType: elementType{TypeName: f.Type.String(), IsNullable: summary.Missing[i] > 0},
		})
	}
	return rest.WriteJSON(w, http.StatusOK, out)
}

type schemaView struct {
	Attributes      []attributeView   `json:"columnAttributes"`
	ScoreColumns    map[string]string `json:"scoreColumns"`
	LabelColumns    map[string]string `json:"labelColumns"`
	FeatureChannels []string          `json:"featureChannels"`
}

type attributeView struct {
	Name        string      `json:"name"`
	Type        string      `json:"type"`
	IsFeature   bool        `json:"isFeature"`
	ElementType elementType `json:"elementType"`
	Domain      *struct{}   `json:"domain"`
}

type elementType struct {
	TypeName   string `json:"typeName"`
	IsNullable bool   `json:"isNullable"`
}

// typeClass is what sort of column a schema says it is.
func typeClass(f table.Field) string {
	switch {
	case f.Categorical:
		return "Categorical"
	case f.Type.Numeric():
		return "Numeric"
	default:
		return f.Type.String()
	}
}
