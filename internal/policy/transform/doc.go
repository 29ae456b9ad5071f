// Package transform holds the policies that change messages.
package transform
