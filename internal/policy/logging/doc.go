// Package logging holds the policies that tell what happened: to traces, metrics
// and loggers.
package logging
