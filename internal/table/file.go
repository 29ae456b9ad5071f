package table

const (
	fileName    = "File"
	fileContent = "Content"
)

// File is a file that is not read as a table, such as a package of files. It travels as a table of one row.
type File struct {
	Name    string
	Content string // the bytes
}

// Table gives the form in which the file travels.
func (f File) Table() *Table {
	return FromColumns(1, FromStrings(fileName, []string{f.Name}), FromStrings(fileContent, []string{f.Content}))
}

// File gives the file that File.Table made t of. ok is false for another table.
func (t *Table) File() (f File, ok bool) {
	name, content := t.ColumnCalled(fileName), t.ColumnCalled(fileContent)
	if t.Rows != 1 || t.Width() != 2 || name == nil || content == nil || name.Type != String || content.Type != String {
		return File{}, false
	}
	return File{name.Strings[0], content.Strings[0]}, true
}
