// Package examples holds experiments to start from. They are files for
// `portico experiment run`; the demo is made from the first one.
package examples

import _ "embed"

// SimpleFeatureHashing is the guide's experiment: Book Reviews, one column
// selected, its text hashed into eight features, with a web service's input and output.
//
//go:embed simple-feature-hashing.json
var SimpleFeatureHashing []byte
