// Package limits holds the policies that bound how often and how much is called.
package limits
