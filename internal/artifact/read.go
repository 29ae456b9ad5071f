package artifact

import (
	"encoding/json"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"portico/internal/catalog"
	"portico/internal/catalog/openapi"
	"portico/internal/fault"
	"portico/internal/record"
)

// Options say how a folder is read.
type Options struct {
	// Overrides are the text of a configuration file (YAML) whose properties
	// count more than the folder's; OverridesFile is its name, for problems.
	Overrides     []byte
	OverridesFile string
	// Environ gives a variable of the environment, for "{#NAME#}" in properties
	// and for named values that are secret.
	Environ func(name string) (value string, ok bool)
}

// Problem is what is wrong with a file.
type Problem struct {
	File    string // with slashes, below the folder
	Target  string // the member at fault, or ""
	Message string
}

// Folder is a configuration as it was read.
type Folder struct {
	Resources []Resource
	Ignored   []string // files that are none of the layout's
	files     map[string]string
	implied   map[string]bool
}

// File is the file that says a resource, or the one above it; "" where none does.
func (f *Folder) File(path string) string {
	for ; path != ""; path = record.Parent(path) {
		if file := f.files[record.Key(path)]; file != "" {
			return file
		}
	}
	return ""
}

// Has tells whether the folder says that there is a resource at a path.
func (f *Folder) Has(path string) bool {
	key := record.Key(path)
	return f.files[key] != "" || f.implied[key]
}

// Vanished are the resources of a configuration of which the folder says
// nothing, in the order in which they can go.
func (f *Folder) Vanished(all []Resource) []Resource {
	var gone []Resource
	for _, r := range all {
		stays := slices.Contains([]string{"apis/definitions", "portalsettings"}, record.Kind(r.Path))
		if !stays && !f.Has(r.Path) && !f.goesWithParent(r.Path) {
			gone = append(gone, r)
		}
	}
	Sort(gone)
	slices.Reverse(gone)
	return gone
}

// goesWithParent tells whether a resource above is not in the folder either.
func (f *Folder) goesWithParent(path string) bool {
	for path = record.Parent(path); path != ""; path = record.Parent(path) {
		if k, _ := KindOf(path); k != nil && !f.Has(path) {
			return true
		}
	}
	return false
}

// Limits of a folder.
const (
	maxFiles     = 200_000
	maxFile      = openapi.MaxDocument // bytes
	maxFileBytes = 1 << 30             // of all files together
)

// Read reads a folder. Every problem is told, not only the first; with one, the
// resources are not to be used.
func Read(fsys fs.FS, o Options) (*Folder, []Problem) {
	r := &reader{Options: o, fsys: fsys, folder: &Folder{files: map[string]string{}, implied: map[string]bool{}}, found: map[string]*found{}}
	r.walk()
	r.readOverrides()
	for _, key := range names(r.found) {
		r.resource(r.found[key])
	}
	Sort(r.folder.Resources)
	slices.SortStableFunc(r.problems, func(a, b Problem) int { return strings.Compare(a.File, b.File) })
	return r.folder, r.problems
}

// found is a resource whose files were found.
type found struct {
	path     string
	kind     *Kind
	file     string // the information file, or the first of the others
	info     []byte // nil without an information file
	policy   []byte
	spec     []byte
	specFile string
}

type reader struct {
	Options
	fsys      fs.FS
	folder    *Folder
	found     map[string]*found // by key
	overrides map[string]override
	bytes     int64
	count     int
	problems  []Problem
}

func (r *reader) problem(file, target, message string) {
	r.problems = append(r.problems, Problem{file, target, message})
}

// walk finds the files of the layout and reads them.
func (r *reader) walk() {
	err := fs.WalkDir(r.fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			r.problem(name, "", "It cannot be read: "+err.Error())
			return nil
		case d.IsDir() && name != "." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir // .git and the like
		case d.IsDir():
			return nil
		}
		if r.count++; r.count > maxFiles {
			r.problem(name, "", "The folder holds more files than can be read.")
			return fs.SkipAll
		}
		r.file(name, d)
		return nil
	})
	if err != nil {
		r.problem(".", "", "The folder cannot be read: "+err.Error())
	}
}

// file reads one file, where it is one of the layout's.
func (r *reader) file(name string, d fs.DirEntry) {
	resource, k, ok := place(name)
	if !ok {
		if other := path.Ext(name); strings.HasPrefix(path.Base(name), "specification.") {
			r.problem(name, "", "A definition of the kind "+other+" is not offered: use "+specJSON+" or "+specYAML+" with an OpenAPI document.")
		} else {
			r.folder.Ignored = append(r.folder.Ignored, name)
		}
		return
	}
	if k.Name == "groups" && isSystemGroup(record.Name(resource)) {
		return
	}
	info, err := d.Info()
	if err == nil {
		r.bytes += info.Size()
	}
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = errors.New("it is no regular file")
	case info.Size() > maxFile || r.bytes > maxFileBytes:
		err = errors.New("it, or the whole folder, is too large")
	}
	var text []byte
	if err == nil {
		text, err = fs.ReadFile(r.fsys, name)
	}
	if err != nil {
		r.problem(name, "", "It cannot be read: "+err.Error()+".")
		return
	}
	key := record.Key(resource)
	f := r.found[key]
	if f == nil {
		f = &found{path: resource, kind: k, file: name}
		r.found[key] = f
	}
	switch base := path.Base(name); {
	case base == k.File:
		f.file, f.info = name, text
	case base == policyFile:
		f.policy = text
	case f.spec != nil:
		r.problem(name, "", "There is "+path.Base(f.specFile)+" beside it: an API has one definition.")
	default:
		f.spec, f.specFile = text, name
	}
}

// resource makes the resource of what was found, and notes what it implies.
func (r *reader) resource(f *found) {
	r.folder.files[record.Key(f.path)] = f.file
	properties := map[string]any{}
	switch {
	case f.info != nil:
		var ok bool
		if properties, ok = r.properties(f); !ok {
			return
		}
	case f.kind.Name == "apis":
		r.problem(f.file, "", "There is no "+f.kind.File+" beside it, which gives the API its path.")
		return
	case f.kind.Name == "policyfragments": // a fragment needs no description
	}
	if f.policy != nil {
		properties["format"], properties["value"] = catalog.FormatRawXML, string(f.policy)
	} else if f.kind.Name == "policyfragments" {
		r.problem(f.file, "", "There is no "+policyFile+" beside it, which is the fragment.")
		return
	}
	properties = r.overridden(f, properties)
	if f.spec != nil && !r.specification(f, properties) {
		return
	}
	r.secretValue(f, properties)
	raw, err := json.Marshal(properties)
	if err != nil {
		r.problem(f.file, "", err.Error())
		return
	}
	r.folder.Resources = append(r.folder.Resources, Resource{f.path, raw})
}

// properties reads an information file.
func (r *reader) properties(f *found) (map[string]any, bool) {
	var info struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if err := json.Unmarshal(f.info, &info); err != nil {
		r.problem(f.file, "", syntaxOf(f.info, err))
		return nil, false
	}
	properties := map[string]any{}
	if f.kind.Link {
		return properties, true
	}
	if info.Properties == nil {
		r.problem(f.file, "properties", "The file must hold an object with the member properties.")
		return nil, false
	}
	for name, raw := range info.Properties {
		v, err := record.Decode(raw)
		if err != nil {
			r.problem(f.file, "properties."+name, err.Error())
			return nil, false
		}
		if v, err = r.replaceTokens(v); err != nil {
			r.problem(f.file, "properties."+name, err.Error())
			return nil, false
		}
		properties[name] = v
	}
	return properties, true
}

// specification reads an API's definition here too, so that what is wrong with
// it is told with its file, and it is known what the import makes.
func (r *reader) specification(f *found, properties map[string]any) bool {
	a, err := openapi.Read(f.spec, readOptions)
	if err != nil {
		e := fault.As(err)
		if len(e.Problems) == 0 {
			r.problem(f.specFile, "", e.Message)
		}
		for _, p := range e.Problems {
			r.problem(f.specFile, p.Target, p.Message)
		}
		return false
	}
	for _, p := range implied(record.Name(f.path), a) {
		r.folder.implied[record.Key(p)] = true
	}
	properties["format"], properties["value"] = "openapi", string(f.spec)
	return true
}
