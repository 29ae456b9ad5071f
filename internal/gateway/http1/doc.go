// Package http1 speaks HTTP/1.1 (RFC 9112) on both sides of a gateway: Server
// reads requests and writes responses, Client does the reverse. Both go through
// one strict parser on byte slices. What could be read in two ways is refused,
// by the table in docs/compatibility.md, and only what was parsed is written
// on. Buffers are pooled, and the texts of a head come from memory that is never
// written again, so a string may be kept for as long as anybody wants it.
package http1
