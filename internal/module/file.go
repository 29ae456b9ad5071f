package module

import "portico/internal/table"

// ReadFile reads what came through a Zip port. It returns 0003 where nothing came, and 0018 for a table that is no file.
func ReadFile(t *table.Table, port string) (table.File, error) {
	if t == nil {
		return table.File{}, Fail("0003", port)
	}
	f, ok := t.File()
	if !ok {
		return f, Fail("0018", port)
	}
	return f, nil
}
