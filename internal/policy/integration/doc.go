// Package integration holds the policies that make requests of their own.
package integration
