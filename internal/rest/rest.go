// Package rest is the mechanism of our own HTTP APIs: one route table per
// wire, with the permission beside the path, and one place in which an error
// becomes that wire's answer.
package rest

import (
	"net/http"

	"portico/internal/access"
)

// Handler answers one route. What it returns is rendered by the Wire; it must not have written before.
type Handler func(w http.ResponseWriter, r *http.Request, who access.Principal) error

// Route is one row of a route table. Pattern is a ServeMux path without its method.
type Route struct {
	Method     string
	Pattern    string
	Permission access.Permission
	Handle     Handler
}

// Authenticator finds out who sent a request. It returns the zero Principal for
// nobody, and an error (fault.Unauthorized) only for credentials that are wrong.
type Authenticator func(r *http.Request) (access.Principal, error)

// Wire is what differs between the APIs: the shape of an error.
type Wire interface {
	// WriteError sends err in the wire's own form. It is the only caller of fault.As on its wire.
	WriteError(w http.ResponseWriter, r *http.Request, err error)
}
