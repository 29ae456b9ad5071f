package inputoutput_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"strings"
	"testing"

	"portico/internal/fault"
	"portico/internal/module/inputoutput"
	"portico/internal/module/inputoutput/inputoutputtest"
	"portico/internal/module/moduletest"
	"portico/internal/table"
)

type parameters = moduletest.Parameters

// world has blobs and the pages of a web.
func world(pages map[string]string, blobs inputoutputtest.Blobs) inputoutput.Outside {
	return inputoutput.Outside{
		Get: func(_ context.Context, address string) (io.ReadCloser, error) {
			switch text, ok := pages[address]; {
			case !strings.Contains(address, "://"):
				return nil, fault.Coded(fault.Invalid, "InvalidUri", "no address")
			case !ok:
				return nil, fault.New(fault.Invalid, "The address %s answers with status 404.", address)
			case text == "cut":
				return io.NopCloser(io.MultiReader(strings.NewReader("a,b\n1"), failing{})), nil
			default:
				return io.NopCloser(strings.NewReader(text)), nil
			}
		},
		Blobs: blobs,
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) {
	return 0, fault.New(fault.Invalid, "the answer ended before it was whole")
}

func TestImport(t *testing.T) {
	m := inputoutput.ImportData(world(map[string]string{"http://x/a.csv": "a,b\n1,x\n", "http://x/a.arff": "@relation r\n@attribute a numeric\n@data\n5\n", "http://x/a.svm": "1 2:3\n"},
		inputoutputtest.Blobs{"c/one.csv": "a,b\n1,x\n", "c/two.csv": "a,b\n2.5,y\n", "c/one.tsv": "1\tx\n", "c/deep/three.csv": "a,b\n3,\n"}))
	account := func(path string, more parameters) parameters {
		p := parameters{"Account name": "own", "Path to container, directory, or blob": path}
		for k, v := range more {
			p[k] = v
		}
		return p
	}
	web := func(more parameters) parameters {
		more["Data source"] = "Web URL via HTTP"
		return more
	}
	for name, c := range map[string]struct {
		given       parameters
		want, types string
	}{
		"web":              {web(parameters{"URL": " http://x/a.csv ", "CSV or TSV has header row": "TRUE"}), "a,b\n1,x", "Int32,String"},
		"web, no header":   {web(parameters{"URL": "http://x/a.csv"}), "Col1,Col2\na,b\n1,x", "String,String"},
		"ARFF":             {web(parameters{"URL": "http://x/a.arff", "Data format": "ARFF"}), "a\n5", "Double"},
		"SVM-light":        {web(parameters{"URL": "http://x/a.svm", "Data format": "SvmLight"}), "Labels,Feature1,Feature2\n1,0,3", ""},
		"a blob":           {account("c/one.csv", parameters{"Account key": "key"}), "a,b\n1,x", "Int32,String"},
		"graphs' names":    {parameters{"Data Source": "AzureBlobStorage", "Account Name": "own", "Path to container, directory or blob": "/c/one.csv"}, "a,b\n1,x", "Int32,String"},
		"several blobs":    {account("c/*.csv", nil), "a,b\n3,?\n1,x\n2.5,y", "Double,String"},
		"one character":    {account("c/t?o.csv", nil), "a,b\n2.5,y", "Double,String"},
		"TSV, no header":   {account("c/one.tsv", parameters{"Blob file format": "TSV", "File has header row": "False"}), "Col1,Col2\n1,x", "Int32,String"},
		"a signature":      {parameters{"Authentication type": "PublicOrSas", "URI": "https://own/c/one.csv?sig=good"}, "a,b\n1,x", "Int32,String"},
		"a folder of them": {account("c/deep/*", nil), "a,b\n3,?", "Int32,String"},
	} {
		out, err := moduletest.Run(t, m, c.given)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		moduletest.Want(t, name, out[0], c.want)
		if got := moduletest.Types(out[0]); c.types != "" && got != c.types {
			t.Errorf("%s has the types %s", name, got)
		}
	}
	for cached, want := range map[string]bool{"False": false, "TRUE": true} {
		v, err := m.Bind(account("c/one.csv", parameters{"Use cached results": cached}))
		if err != nil || m.Reusable(v) != want {
			t.Errorf("with %s cached, results are used again: %v, %v", cached, !want, err)
		}
	}
}

func TestImportErrors(t *testing.T) {
	m := inputoutput.ImportData(world(map[string]string{"http://x/cut": "cut", "http://x/bad": "a,b\n1\n"},
		inputoutputtest.Blobs{"c/one.csv": "a,b\n1,x\n", "c/other.csv": "a,c\n1,x\n", "c/wide.csv": "a,b,c\n1,x,2\n"}))
	web := func(url string) parameters { return parameters{"Data source": "Web URL via HTTP", "URL": url} }
	account := func(name, key, path string) parameters {
		return parameters{"Account name": name, "Account key": key, "Path to container, directory, or blob": path}
	}
	sas := func(uri string) parameters { return parameters{"Authentication type": "PublicOrSas", "URI": uri} }
	fails := moduletest.Fails(t, m)
	fails("no address", web("x"), nil, "Error 0029: Invalid Uri is passed.")
	fails("a blank address", web(""), nil, "0002")
	fails("a page that is not there", web("http://x/none"), nil, "Error 0030: Error while downloading the file: The address http://x/none answers with status 404.")
	fails("a page that is cut off", web("http://x/cut"), nil, "0030")
	fails("a page that is no table", web("http://x/bad"), nil, "0049")
	fails("another account", account("foreign", "", "c/one.csv"), nil, `Error 0009: The Azure storage account name "foreign" or container name "c" is incorrect; a container name of the format container/blob was expected.`)
	fails("a container alone", account("own", "", "c"), nil, "0009")
	fails("wildcards in the container", account("own", "", "*/one.csv"), nil, "0009")
	fails("another container", account("own", "", "d/one.csv"), nil, "0009")
	fails("a wrong key", account("own", "bad", "c/one.csv"), nil, `Error 0064: The Azure storage account name "own" or storage key for the account name is incorrect.`)
	fails("no such blob", account("own", "", "c/none.csv"), nil, `Error 0065: The Azure storage blob name "c/none.csv" is incorrect`)
	fails("no blob that matches", account("own", "", "c/*.tsv"), nil, "0065")
	fails("columns of other names", account("own", "", "c/o*.csv"), nil, `Error 0049: Error while parsing the file: other.csv has the column "c" where one.csv has "b".`)
	fails("more columns", account("own", "", "c/*e.csv"), nil, `Error 0027: The size of "one.csv" is inconsistent with size of "wide.csv".`)
	fails("a wrong signature", sas("https://own/c/one.csv?sig=bad"), nil, "Error 0071: Incorrect credentials are passed.")
	fails("a blob that is not there", sas("https://own/c/none.csv?sig=good"), nil, "0030")
	fails("no URI", sas("own"), nil, "0029")
	fails("another source", parameters{"Data source": "Hive Query"}, nil, "0002")
	moduletest.Fails(t, inputoutput.ImportData(inputoutput.Outside{}))("no outside", web("http://x/"), nil, "0030")
}

func TestExport(t *testing.T) {
	blobs := inputoutputtest.Blobs{"c/old.csv": "old"}
	m := inputoutput.ExportData(world(nil, blobs))
	in := moduletest.CSV(t, "a,b\n1,x\n,\"y,z\"\n")
	account := func(path string, more parameters) parameters {
		p := parameters{"Azure account name": "own", "Path to blob beginning with container": path}
		for k, v := range more {
			p[k] = v
		}
		return p
	}
	for name, c := range map[string]struct {
		given         parameters
		written, want string
	}{
		"CSV":         {account("c/new.csv", nil), "c/new.csv", "1,x\r\n,\"y,z\"\r\n"},
		"a header":    {account("c/head.csv", parameters{"Write blob header row": "True"}), "c/head.csv", "a,b\r\n1,x\r\n,\"y,z\"\r\n"},
		"TSV":         {account("c/new.tsv", parameters{"File format for blob file": "TSV", "Write blob header row": "True", "Azure account key": "key"}), "c/new.tsv", "a\tb\r\n1\tx\r\n\ty,z\r\n"},
		"overwritten": {account("c/old.csv", parameters{"Azure Blob Storage write mode": "Overwrite"}), "c/old.csv", "1,x\r\n,\"y,z\"\r\n"},
		"a signature": {parameters{"Please specify authentication type": "SAS", "SAS URI for blob": "https://own/c/sas.csv?sig=good", "Write SAS  header row": "TRUE"}, "c/sas.csv", "a,b\r\n1,x\r\n,\"y,z\"\r\n"},
	} {
		if _, err := moduletest.Run(t, m, c.given, in); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got := blobs[c.written]; strings.ReplaceAll(got, "\r\n", "\n") != strings.ReplaceAll(c.want, "\r\n", "\n") {
			t.Errorf("%s wrote %q, want %q", name, got, c.want)
		}
	}
	if _, err := moduletest.Run(t, m, account("c/new.arff", parameters{"File format for blob file": "ARFF"}), in); err != nil || !strings.Contains(blobs["c/new.arff"], "@data") {
		t.Errorf("ARFF: %v, %q", err, blobs["c/new.arff"])
	}
	if _, err := moduletest.Run(t, inputoutput.ImportData(world(nil, blobs)), parameters{"Account name": "own", "Path to container, directory, or blob": "c/head.csv"}); err != nil {
		t.Errorf("what was written cannot be read: %v", err)
	}
	on := []*table.Table{in}
	fails := moduletest.Fails(t, m)
	fails("no input", account("c/x.csv", nil), nil, "0003")
	fails("a blob that exists", account("c/old.csv", nil), on, `Error 0057: File or Blob "c/old.csv" already exists.`)
	fails("a wrong key", account("c/x.csv", parameters{"Azure account key": "bad"}), on, "0064")
	fails("a container alone", account("c", nil), on, "0009")
	fails("no address", parameters{"Please specify authentication type": "SAS", "SAS URI for blob": "x"}, on, "0029")
	fails("a wrong signature", parameters{"Please specify authentication type": "SAS", "SAS URI for blob": "https://own/c/x.csv?sig=bad"}, on, "0071")
	fails("another destination", parameters{"Please specify data destination": "Hive"}, on, "0002")
	fails("too many columns", account("c/x.csv", nil), []*table.Table{table.New(0, table.Part{Sparse: table.NumberedBlock(table.Double, "f", "", table.Span{To: table.MaxDenseColumns + 1})})}, "0129")
	moduletest.Fails(t, inputoutput.ExportData(inputoutput.Outside{}))("no outside", account("c/x.csv", nil), on, "0151")
}

// packed makes a zip file, as the dataset that comes through the port.
func packed(t *testing.T, files map[string]string) *table.Table {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range files {
		f, err := w.Create(name)
		if err == nil {
			_, err = io.WriteString(f, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return table.File{Name: "data.zip", Content: b.String()}.Table()
}

func gzipped(t *testing.T, text string) *table.Table {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return table.File{Name: "data.csv.gz", Content: b.String()}.Table()
}

func TestUnpack(t *testing.T) {
	m := inputoutput.UnpackZipped()
	two := packed(t, map[string]string{"folder/a.csv": "a,b\n1,x\n", "b.tsv": "p\tq\n2\ty\n"})
	for name, c := range map[string]struct {
		given parameters
		in    *table.Table
		want  string
	}{
		"the only file":   {parameters{"File has header row": "True"}, packed(t, map[string]string{"folder/": "", "folder/a.csv": "a,b\n1,x\n"}), "a,b\n1,x"},
		"by name":         {parameters{"Dataset to Unpack": "a.csv"}, two, "Col1,Col2\na,b\n1,x"},
		"by path":         {parameters{"Dataset to Unpack": "folder/a.csv", "File has header row": "TRUE"}, two, "a,b\n1,x"},
		"TSV":             {parameters{"Dataset to Unpack": "b.tsv", "Dataset file format": "TSV", "File has header row": "True"}, two, "p,q\n2,y"},
		"SVM-light":       {parameters{"Dataset file format": "SVMLIGHT"}, packed(t, map[string]string{"x": "1 1:2\n"}), "Labels,Feature1\n1,2"},
		"gzip":            {parameters{"Compression file format": "Gzip", "File has header row": "True"}, gzipped(t, "a,b\n1,x\n"), "a,b\n1,x"},
		"much that packs": {parameters{}, packed(t, map[string]string{"x": strings.Repeat("7\n", 1000)}), "Col1" + strings.Repeat("\n7", 1000)},
	} {
		out, err := moduletest.Run(t, m, c.given, c.in)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		moduletest.Want(t, name, out[0], c.want)
	}
	fails := moduletest.Fails(t, m)
	fails("no input", nil, nil, "0003")
	fails("a dataset", nil, []*table.Table{moduletest.CSV(t, "a\n1\n")}, "Error 0018: Dataset contains invalid data.")
	fails("no zip file", nil, []*table.Table{table.File{Name: "x.zip", Content: "x"}.Table()}, "Error 0048: Error while opening the file: x.zip is no zip file.")
	fails("no gzip file", parameters{"Compression file format": "Gzip"}, []*table.Table{two}, "0048")
	fails("two files", nil, []*table.Table{two}, `Error 0048: Error while opening the file: the package has 2 files: say which in "Dataset to Unpack".`)
	fails("another file", parameters{"Dataset to Unpack": "A.csv"}, []*table.Table{two}, "0048")
	fails("UTF-16", nil, []*table.Table{packed(t, map[string]string{"x": "\xff\xfea\x00"})}, "0049")
	fails("no table", nil, []*table.Table{packed(t, map[string]string{"x": "1,2\n3\n"})}, "0049")
	whole, _ := gzipped(t, "a,b\n1,x\n").File()
	fails("a damaged file", parameters{"Compression file format": "Gzip"}, []*table.Table{table.File{Name: whole.Name, Content: whole.Content[:len(whole.Content)-8] + "no check"}.Table()}, "0048")
	fails("a file that is cut off", parameters{"Compression file format": "Gzip"}, []*table.Table{table.File{Name: whole.Name, Content: whole.Content[:len(whole.Content)-9]}.Table()}, "0048")
	fails("format", parameters{"Dataset file format": "Excel"}, []*table.Table{two}, "0002")
}

// A file that unpacks to far more than it should is refused before it fills the memory.
func TestZipBomb(t *testing.T) {
	bomb := strings.Repeat("\x00", 40<<20)
	fails := moduletest.Fails(t, inputoutput.UnpackZipped())
	fails("zip", nil, []*table.Table{packed(t, map[string]string{"x": bomb})}, "Error 0039: Error while completing operation: the file x unpacks to far more than it should.")
	fails("gzip", parameters{"Compression file format": "Gzip"}, []*table.Table{gzipped(t, bomb)}, "0039")
}
