// Package syntax reads the C# 7 of policy expressions: it turns the text of an
// `@(expression)` or `@{ statements }` into a tree. It knows grammar only; names
// and types are the compiler's business.
package syntax
