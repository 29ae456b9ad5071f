package server

// OperationRow is a row of the table of operations, for a test that walks it.
type OperationRow struct {
	Path, Query             string // for a container "data" and a blob "digits"
	Methods                 []string
	Types, Account, Service string
}

// OperationRows is the table of operations.
func OperationRows() (rows []OperationRow) {
	for _, op := range operations() {
		row := OperationRow{Methods: op.methods, Types: op.types, Account: op.account, Service: op.service}
		row.Path = map[level]string{serviceLevel: "", containerLevel: "data", blobLevel: "data/digits"}[op.level]
		if op.restype != "" {
			row.Query = "restype=" + op.restype + "&"
		}
		if op.comp != "" {
			row.Query += "comp=" + op.comp
		}
		rows = append(rows, row)
	}
	return rows
}
