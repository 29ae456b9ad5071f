package inputoutput

import (
	"context"
	"io"
	"strings"

	"portico/internal/fault"
	"portico/internal/module"
	"portico/internal/table"
)

// The parameters of Export Data and their choices.
const (
	destination    = "Please specify data destination"
	exportAuth     = "Please specify authentication type"
	exportURI      = "SAS URI for blob"
	exportURIType  = "File format for SAS file"
	exportURIHead  = "Write SAS header row"
	exportAccount  = "Azure account name"
	exportKey      = "Azure account key"
	exportPath     = "Path to blob beginning with container"
	exportMode     = "Azure Blob Storage write mode"
	exportType     = "File format for blob file"
	exportHead     = "Write blob header row"
	withSAS        = "SAS"
	modeError      = "Error"
	modeOverwrite  = "Overwrite"
	invalidURL     = "InvalidUri"
	invalidAccount = "InvalidAccount"
	invalidKey     = "InvalidKey"
)

// ExportData writes a dataset to a blob.
func ExportData(outside Outside) *module.Module {
	sas, account := []module.Condition{module.When(exportAuth, withSAS)}, []module.Condition{module.When(exportAuth, withAccount)}
	formats := []string{formatARFF, formatCSV, formatTSV}
	return &module.Module{
		Name:     "Export Data",
		Aliases:  []string{"Writer"},
		FamilyID: "7a391181b6a7461dbd1aac9bfe9a6dc6",
		Category: category,
		Summary:  "Writes a dataset to a blob in this workspace's storage account or in Azure.",
		Help: "A blob is written whole or not at all. Where there is one of that name, the module fails, unless it is told to overwrite it. For this workspace's own account the key may be left out. " +
			"The module writes whenever the experiment runs, unless Use cached results is set and nothing has changed since an earlier run wrote.",
		Version: 1,
		Inputs:  []module.Port{{Name: "Dataset", Type: module.Data, Description: "The dataset to be written"}},
		Parameters: []module.Parameter{
			{Name: destination, Type: module.Choice, Default: blobService, Choices: []string{blobService}, Synonyms: map[string]string{blobSynonym1: blobService}, Description: "Where the data goes."},
			{Name: exportAuth, Type: module.Choice, Default: withAccount, Choices: []string{withSAS, withAccount}, Synonyms: map[string]string{"publicsasurl": withSAS, "publicorsas": withSAS},
				Description: "How the blob is found: by its URL, or in an account."},
			{Name: exportURI, Type: module.Secret, When: sas, Description: "The URL of the blob with a shared access signature that allows to write it."},
			{Name: exportURIType, Type: module.Choice, Default: formatCSV, Choices: formats, When: sas, Description: "The format of the file."},
			{Name: exportURIHead, Aliases: []string{"Write SAS  header row"}, Type: module.Bool, Default: "False", When: append(sas[:1:1], module.When(exportURIType, formatCSV, formatTSV)), Description: "Whether the first row holds the names of the columns."},
			{Name: exportAccount, Type: module.Text, When: account, Description: "The name of the storage account."},
			{Name: exportKey, Type: module.Secret, Optional: true, When: account, Description: "The account's key; it may be left out for this workspace's own account."},
			{Name: exportPath, Type: module.Text, When: account, Description: "The container and the blob, such as predictions/results01.csv."},
			{Name: exportMode, Type: module.Choice, Default: modeError, Choices: []string{modeError, modeOverwrite}, When: account, Description: "What to do where there is a blob of that name."},
			{Name: exportType, Type: module.Choice, Default: formatCSV, Choices: formats, When: account, Description: "The format of the file."},
			{Name: exportHead, Type: module.Bool, Default: "False", When: append(account[:1:1], module.When(exportType, formatCSV, formatTSV)), Description: "Whether the first row holds the names of the columns."},
			{Name: module.UseCachedResults, Type: module.Bool, Default: "False", Description: "Whether nothing is written where nothing has changed since an earlier run wrote."},
		},
		Errors:  []string{"0001", "0002", "0003", "0009", "0018", "0027", "0029", "0052", "0057", "0064", "0065", "0071", "0079", "0129", "0151"},
		Outside: true,
		Prepare: func(v module.Values) (module.Runner, error) { return prepareExport(outside, v) },
	}
}

func prepareExport(outside Outside, v module.Values) (module.Runner, error) {
	at, name, overwrite := Place{URL: strings.TrimSpace(v.String(exportURI))}, "", true
	format, header := v.String(exportURIType), v.Bool(exportURIHead)
	if v.String(exportAuth) == withAccount {
		var err error
		if at, name, err = blobPlace(v, exportAccount, exportKey, exportPath); err != nil {
			return nil, err
		}
		format, header, overwrite = v.String(exportType), v.Bool(exportHead), v.String(exportMode) == modeOverwrite
	}
	return func(ctx context.Context, in []*table.Table) ([]*table.Table, error) {
		if err := module.Need(in[0], "Dataset", 0); err != nil {
			return nil, err
		}
		if err := module.CheckDense(in[0], "Dataset"); err != nil {
			return nil, err
		}
		if outside.Blobs == nil {
			return nil, module.Fail("0151")
		}
		return nil, put(ctx, outside.Blobs, at, name, in[0], fileFormat(format, header), overwrite)
	}, nil
}

// put writes a table as a blob, without holding the file in memory.
func put(ctx context.Context, blobs Blobs, at Place, name string, t *table.Table, f table.Format, overwrite bool) error {
	types := map[table.Format]string{table.TSV: "text/tab-separated-values", table.TSVNoHeader: "text/tab-separated-values", table.ARFF: "text/plain"}
	contentType, ok := types[f]
	if !ok {
		contentType = "text/csv"
	}
	pr, pw := io.Pipe()
	written := make(chan struct{})
	go func() {
		defer close(written)
		_ = pw.CloseWithError(table.Write(pw, t, f)) // never fails
	}()
	err := blobs.Put(ctx, at, name, contentType, pr, overwrite)
	_ = pr.Close() // lets the writer end; never fails
	<-written
	if err != nil {
		return refused(at, name, "0151", err)
	}
	return nil
}

// blobPlace reads an account, its key and a path that begins with the container.
func blobPlace(v module.Values, account, key, path string) (Place, string, error) {
	at := Place{Account: strings.TrimSpace(v.String(account)), Key: strings.TrimSpace(v.String(key))}
	name := ""
	at.Container, name, _ = strings.Cut(strings.Trim(strings.TrimSpace(v.String(path)), "/"), "/")
	if at.Container == "" || name == "" || strings.ContainsAny(at.Container, "*?") {
		return at, name, module.Fail("0009", at.Account, v.String(path)).In(path)
	}
	return at, name, nil
}

// refused is the documented error of what an account answered about a blob: of
// the code otherwise where nothing more is known.
func refused(at Place, name, otherwise string, err error) error {
	f := fault.As(err)
	var e *module.Error
	switch credentials := f.Kind == fault.Forbidden && f.Code != ""; {
	case f.Code == invalidURL:
		e = module.Fail("0029")
	case f.Kind == fault.TooLarge:
		e = module.Fail("0138")
	case at.URL != "" && credentials:
		e = module.Fail("0071")
	case at.URL != "":
		return failure(otherwise, err)
	case f.Code == invalidAccount || f.Code == "ContainerNotFound" || f.Code == "InvalidResourceName":
		e = module.Fail("0009", at.Account, at.Container)
	case f.Code == invalidKey:
		e = module.Fail("0052")
	case credentials:
		e = module.Fail("0064", at.Account)
	case f.Kind == fault.Conflict:
		e = module.Fail("0057", at.Container+"/"+name)
	case f.Kind == fault.NotFound:
		e = module.Fail("0065", at.Container+"/"+name)
	default:
		return failure(otherwise, err)
	}
	e.Err = err
	return e
}
