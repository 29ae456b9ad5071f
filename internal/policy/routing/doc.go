// Package routing holds the policies that say which backend is called, and how.
package routing
