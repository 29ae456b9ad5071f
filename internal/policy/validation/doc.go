// Package validation holds the policies that compare messages with what the API
// says of them.
package validation
