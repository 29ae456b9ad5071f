// Package caching holds the policies that keep responses and values.
package caching
