package catalog

import "portico/internal/record"

// Fragments is the collection of policy fragments, whose documents are Policies
// with <fragment> as their outermost element.
const Fragments = "/policyFragments"

// FragmentPath is /policyFragments/{id}.
func FragmentPath(id string) string { return record.Path("policyFragments", id) }
