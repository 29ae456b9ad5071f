package inputoutput

import (
	"archive/zip"
	"compress/gzip"
	"context"
	"io"
	"path"
	"strings"

	"portico/internal/fault"
	"portico/internal/module"
	"portico/internal/table"
)

const (
	compression    = "Compression file format"
	unpackedName   = "Dataset to Unpack"
	unpackedFormat = "Dataset file format"
	unpackedHeader = "File has header row"

	zipFile  = "Zip"
	gzipFile = "Gzip"

	// maxUnpacked is how many bytes a file may have, and maxRatio how many times those it is packed in once it is past freeRatio.
	maxUnpacked = 1 << 30
	maxRatio    = 200
	freeRatio   = 16 << 20
)

// UnpackZipped reads a dataset out of a compressed file.
func UnpackZipped() *module.Module {
	return &module.Module{
		Name:     "Unpack Zipped Datasets",
		FamilyID: "6d5e4f3a2b1c40988f7e6d5c4b3a2918",
		Category: category,
		Summary:  "Unpacks datasets from a zip package in user storage.",
		Help: "Connect a saved dataset of the type Zip. One file of it is read, which must be in UTF-8; where the zip file has only one, its name may be left out. " +
			"A file of more than 1 GiB is refused, and one of more than 16 MiB that is packed to less than a 200th.",
		Version: 1,
		Inputs:  []module.Port{{Name: "Dataset", Type: module.Zip, Description: "Zipped file containing datasets"}},
		Outputs: []module.Port{{Name: "Results dataset", Type: module.Data, Description: "Output dataset"}},
		Parameters: []module.Parameter{
			{Name: compression, Type: module.Choice, Default: zipFile, Choices: []string{zipFile, gzipFile}, Description: "How the file is compressed."},
			{Name: unpackedName, Type: module.Text, Optional: true, When: []module.Condition{module.When(compression, zipFile)},
				Description: "The name of the file in the package, with its extension; blank where there is only one."},
			{Name: unpackedFormat, Type: module.Choice, Default: formatCSV, Choices: []string{formatCSV, formatTSV, formatARFF, "SVMLIGHT"}, Description: "The format of the file in the package."},
			{Name: unpackedHeader, Type: module.Bool, Default: "False", When: []module.Condition{module.When(unpackedFormat, formatCSV, formatTSV)}, Description: "Whether its first row holds the names of the columns."},
		},
		Errors: []string{"0002", "0003", "0018", "0039", "0048", "0049", "0138"},
		Prepare: func(v module.Values) (module.Runner, error) {
			format := v.String(unpackedFormat)
			if format == "SVMLIGHT" {
				format = formatSVMLight
			}
			return func(_ context.Context, in []*table.Table) ([]*table.Table, error) {
				packed, err := module.ReadFile(in[0], "Dataset")
				if err != nil {
					return nil, err
				}
				one, err := unpack(packed, v.String(compression), v.String(unpackedName))
				if err != nil {
					return nil, err
				}
				t, err := parse([]file{one}, fileFormat(format, v.Bool(unpackedHeader)))
				return []*table.Table{t}, err
			}, nil
		},
	}
}

// unpack gives one file of a package.
func unpack(packed table.File, how, name string) (file, error) {
	content := strings.NewReader(packed.Content)
	if how == gzipFile {
		r, err := gzip.NewReader(content)
		if err != nil {
			return file{}, unopenable(err, "%s is no gzip file", packed.Name)
		}
		return inflate(strings.TrimSuffix(packed.Name, ".gz"), int64(len(packed.Content)), r)
	}
	archive, err := zip.NewReader(content, content.Size())
	if err != nil {
		return file{}, unopenable(err, "%s is no zip file", packed.Name)
	}
	one, err := member(archive, name)
	if err != nil {
		return file{}, err
	}
	if one.Flags&1 != 0 {
		return file{}, unopenable(nil, "%s is encrypted", one.Name)
	}
	r, err := one.Open()
	if err != nil {
		return file{}, unopenable(err, "%s cannot be unpacked", one.Name)
	}
	return inflate(one.Name, int64(min(one.CompressedSize64, uint64(content.Size()))), r)
}

func unopenable(err error, format string, args ...any) error {
	return failure("0048", fault.Wrap(err, fault.Invalid, format, args...))
}

// member finds a file of an archive by its name; the only one for a blank name.
func member(archive *zip.Reader, name string) (*zip.File, error) {
	var found []*zip.File
	for _, f := range archive.File {
		base := path.Base(f.Name)
		switch {
		case strings.HasSuffix(f.Name, "/"), strings.HasPrefix(f.Name, "__MACOSX/"):
		case name == "", name == f.Name, name == base:
			found = append(found, f)
		}
	}
	switch {
	case name != "" && len(found) == 0:
		return nil, unopenable(nil, "there is no file %q in the package", name)
	case name == "" && len(found) != 1:
		return nil, unopenable(nil, "the package has %d files: say which in %q", len(found), unpackedName)
	}
	return found[0], nil
}

// inflate reads what a compressed file of so many bytes holds, unless that is far too much.
func inflate(name string, packed int64, r io.ReadCloser) (file, error) {
	var text strings.Builder
	most := min(maxUnpacked, max(freeRatio, packed*maxRatio))
	n, err := io.Copy(&text, io.LimitReader(r, most+1))
	switch closeErr := r.Close(); {
	case n > most:
		return file{}, module.Fail("0039", "the file "+name+" unpacks to far more than it should")
	case err != nil || closeErr != nil:
		return file{}, unopenable(err, "%s is damaged", name)
	}
	return file{name, text.String()}, nil
}
