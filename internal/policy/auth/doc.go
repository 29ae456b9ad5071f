// Package auth holds the policies that say who may call, and who the gateway is
// to a backend.
package auth
