// Package crossdomain holds the policies for pages of other origins.
package crossdomain
