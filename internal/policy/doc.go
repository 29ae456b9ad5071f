// Package policy is the mechanism of policy documents. Package document reads one
// tolerantly, Table.Check compares it with what each policy declares, a Compiler
// makes steps of it, and Assemble flattens the documents of all scopes into the
// Program of an operation. Steps see one value, the Exchange: one call in flight.
//
// The policies themselves stand in packages by family, and package catalogue
// lists them. A policy is one file with its Declaration (form, sections, scopes)
// and its Action, and a line in the catalogue; transform/rewriteuri.go is a
// plain example.
package policy
