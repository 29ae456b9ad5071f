// Package liquid fills Liquid templates as the set-body policy has them: the
// language of DotLiquid, whose filters have names in Pascal case ("Upcase").
// Names of filters compare without regard to case and underscores. A template
// reads nothing but the values it is given, and its work and output are limited.
//
// The order of things: Parse cuts the source into tokens (scan.go) and makes
// nodes of them (parse.go, tags.go); Render writes the nodes (render.go) with
// expressions (expression.go), filters (filters.go) over values (value.go).
package liquid
