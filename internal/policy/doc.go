// Package policy runs policy documents: it parses and validates them, compiles
// a chain of scopes into a list of steps, and owns Exchange, the one value that
// steps see.
package policy
