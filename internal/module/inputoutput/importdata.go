package inputoutput

import (
	"context"
	"io"
	"strings"

	"portico/internal/module"
	"portico/internal/table"
)

// The parameters of Import Data and their choices.
const (
	dataSource   = "Data source"
	webURL       = "URL"
	webFormat    = "Data format"
	webHeader    = "CSV or TSV has header row"
	authType     = "Authentication type"
	sasURI       = "URI"
	sasFormat    = "File format"
	sasHeader    = "URI has header row"
	accountName  = "Account name"
	accountKey   = "Account key"
	blobPath     = "Path to container, directory, or blob"
	blobFormat   = "Blob file format"
	blobHeader   = "File has header row"
	fromWeb      = "Web URL via HTTP"
	blobService  = "Blob service in Azure Storage"
	publicOrSAS  = "PublicOrSas"
	withAccount  = "Account"
	blobSynonym1 = "azureblobstorage" // as pages and graphs also call it
)

// ImportData gives what a web address or blobs hold.
func ImportData(outside Outside) *module.Module {
	fromBlobs := module.When(dataSource, blobService)
	web := []module.Condition{module.When(dataSource, fromWeb)}
	sas := []module.Condition{fromBlobs, module.When(authType, publicOrSAS)}
	account := []module.Condition{fromBlobs, module.When(authType, withAccount)}
	formats := []string{formatCSV, formatTSV, formatARFF, formatSVMLight}
	return &module.Module{
		Name:     "Import Data",
		Aliases:  []string{"Reader"},
		FamilyID: "4e1b0fe6aded4b3fa36f39b8862b9004",
		Category: category,
		Summary:  "Loads data from a web address, or from blobs in this workspace's storage account or in Azure.",
		Help: "Blobs are found by an account's name and key, and a path that begins with the container; * and ? in the blob's name stand for any characters and any one, and the rows of all files that match come one below the other. " +
			"For this workspace's own account the key may be left out. A public blob, or one with a shared access signature, is found by its URL. " +
			"Files are in UTF-8. The types of the columns are found from all rows; files without a header row get Col1, Col2 and so on. At most 1 GiB is read.",
		Version: 1,
		Outputs: []module.Port{{Name: "Results dataset", Type: module.Data, Description: "Dataset with downloaded data"}},
		Parameters: []module.Parameter{
			{Name: dataSource, Aliases: []string{"Please specify data source"}, Type: module.Choice, Default: blobService, Choices: []string{fromWeb, blobService},
				Synonyms: map[string]string{blobSynonym1: blobService, "http": fromWeb}, Description: "Where the data is."},
			{Name: webURL, Aliases: []string{"Data source URL"}, Type: module.Text, When: web, Description: "The address of the file, with http:// or https://."},
			{Name: webFormat, Type: module.Choice, Default: formatCSV, Choices: formats, When: web, Description: "The format of the file."},
			{Name: webHeader, Type: module.Bool, Default: "False", When: append(web[:1:1], module.When(webFormat, formatCSV, formatTSV)), Description: "Whether the first row holds the names of the columns."},
			{Name: authType, Aliases: []string{"Please specify authentication type"}, Type: module.Choice, Default: withAccount, Choices: []string{publicOrSAS, withAccount},
				Synonyms: map[string]string{"publicsasurl": publicOrSAS, "sas": publicOrSAS}, When: []module.Condition{fromBlobs}, Description: "How the blob is found: by its URL, or in an account."},
			{Name: sasURI, Type: module.Secret, When: sas, Description: "The URL of the blob, with its shared access signature where it is not public."},
			{Name: sasFormat, Type: module.Choice, Default: formatCSV, Choices: formats[:3], When: sas, Description: "The format of the file."},
			{Name: sasHeader, Type: module.Bool, Default: "True", When: append(sas[:2:2], module.When(sasFormat, formatCSV, formatTSV)), Description: "Whether the first row holds the names of the columns."},
			{Name: accountName, Type: module.Text, When: account, Description: "The name of the storage account."},
			{Name: accountKey, Type: module.Secret, Optional: true, When: account, Description: "The account's key; it may be left out for this workspace's own account."},
			{Name: blobPath, Aliases: []string{"Path to container, directory or blob"}, Type: module.Text, When: account, Description: "The container and the blob, such as training/data*.csv."},
			{Name: blobFormat, Type: module.Choice, Default: formatCSV, Choices: formats, When: account, Description: "The format of the files."},
			{Name: blobHeader, Type: module.Bool, Default: "True", When: append(account[:2:2], module.When(blobFormat, formatCSV, formatTSV)), Description: "Whether the first row of a file holds the names of the columns."},
			{Name: module.UseCachedResults, Type: module.Bool, Default: "False", Description: "Whether what an earlier run with the same settings loaded is used again."},
		},
		Errors:  []string{"0002", "0003", "0009", "0015", "0027", "0029", "0030", "0046", "0048", "0049", "0052", "0064", "0065", "0071", "0138"},
		Outside: true,
		Prepare: func(v module.Values) (module.Runner, error) { return prepareImport(outside, v) },
	}
}

func prepareImport(outside Outside, v module.Values) (module.Runner, error) {
	var load func(ctx context.Context) (*table.Table, error)
	switch {
	case v.String(dataSource) == fromWeb:
		address, format := strings.TrimSpace(v.String(webURL)), fileFormat(v.String(webFormat), v.Bool(webHeader))
		load = func(ctx context.Context) (*table.Table, error) {
			return loadOne(func() (io.ReadCloser, error) { return outside.Get(ctx, address) }, format)
		}
	case v.String(authType) == publicOrSAS:
		at, format := Place{URL: strings.TrimSpace(v.String(sasURI))}, fileFormat(v.String(sasFormat), v.Bool(sasHeader))
		load = func(ctx context.Context) (*table.Table, error) {
			return loadOne(func() (io.ReadCloser, error) { return outside.Blobs.Open(ctx, at, "") }, format)
		}
	default:
		at, pattern, err := blobPlace(v, accountName, accountKey, blobPath)
		if err != nil {
			return nil, err
		}
		load = func(ctx context.Context) (*table.Table, error) { return loadBlobs(ctx, outside.Blobs, v, at, pattern) }
	}
	return func(ctx context.Context, _ []*table.Table) ([]*table.Table, error) {
		if outside.Get == nil || outside.Blobs == nil {
			return nil, module.Fail("0030")
		}
		t, err := load(ctx)
		return []*table.Table{t}, err
	}, nil
}

// loadOne reads the file that open opens.
func loadOne(open func() (io.ReadCloser, error), f table.Format) (*table.Table, error) {
	from, err := open()
	if err != nil {
		return nil, refused(Place{URL: "of the parameters"}, "", "0030", err)
	}
	b := budget(maxImport)
	one, err := b.read("", from, "0030")
	if err != nil {
		return nil, err
	}
	return parse([]file{one}, f)
}

// loadBlobs reads the blobs of an account whose names match a pattern.
func loadBlobs(ctx context.Context, blobs Blobs, v module.Values, at Place, pattern string) (*table.Table, error) {
	names := []string{pattern}
	if i := strings.IndexAny(pattern, "*?"); i >= 0 {
		listed, err := blobs.List(ctx, at, pattern[:i], maxImportFiles)
		if err != nil {
			return nil, refused(at, pattern, "0030", err)
		}
		names = names[:0]
		for _, name := range listed {
			if matches(pattern, name) {
				names = append(names, name)
			}
		}
		if len(names) == 0 {
			return nil, module.Fail("0065", at.Container+"/"+pattern).In(blobPath)
		}
	}
	b := budget(maxImport)
	var files []file
	for _, name := range names {
		from, err := blobs.Open(ctx, at, name)
		if err != nil {
			return nil, refused(at, name, "0030", err)
		}
		one, err := b.read(name, from, "0048")
		if err != nil {
			return nil, err
		}
		files = append(files, one)
	}
	return parse(files, fileFormat(v.String(blobFormat), v.Bool(blobHeader)))
}

// matches tells whether a name fits a pattern, in which * stands for any characters and ? for any one.
func matches(pattern, name string) bool {
	p, n := []rune(pattern), []rune(name)
	star, again := -1, 0 // the last *, and where in the name it ends
	i, k := 0, 0
	for k < len(n) {
		switch {
		case i < len(p) && p[i] == '*':
			star, again = i, k
			i++
		case i < len(p) && (p[i] == '?' || p[i] == n[k]):
			i++
			k++
		case star >= 0:
			again++
			i, k = star+1, again
		default:
			return false
		}
	}
	return strings.Trim(string(p[i:]), "*") == ""
}
