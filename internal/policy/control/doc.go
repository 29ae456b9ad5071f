// Package control holds the policies that say which policies run, and those
// that answer in the place of a backend.
package control
