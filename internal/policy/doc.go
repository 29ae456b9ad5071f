// Package policy runs policy documents. Parse reads one tolerantly, Check
// compares it with what each policy declares, a Compiler makes steps of it, and
// Assemble flattens the documents of all scopes into the Program of an
// operation. Steps see one value, the Exchange: one call in flight.
//
// A policy is one file with its declaration (form, sections, scopes) and its
// Action, and a line in declarations; rewriteuri.go is a plain example.
package policy
