// Package document reads policy documents: tolerantly, because what people store
// is not always well-formed XML, and with the place of every element, because
// they want to know where a mistake is.
package document
