// Package csharp compiles and runs policy expressions: the C# 7 of `@(…)` and
// `@{…}` (apim.md 3.3). An expression is parsed (package syntax), bound with
// C#'s static types against a closed library and turned into Go closures over
// value.Value (package compile). The library's types are declared in packages
// bcl, collections, json, xml, crypto and host. It reaches
// the call that it runs in through host.Call and nothing else: no reflection,
// no files, no network.
//
// The order of things: Compile → syntax.Parse → compile.Expression → Program;
// Program.Run → compile.Code.Run → the closures. A .NET exception travels as a Go panic
// of *value.Thrown, a broken limit as *value.Abort; try statements and Run are
// the only places that recover.
package csharp
