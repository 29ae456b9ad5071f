package gateway

import (
	"iter"
	"net/http"
	"strings"

	"portico/internal/catalog"
	"portico/internal/policy"
)

// mount is what answers under one suffix: an API, or the versions of one that a
// header or a query parameter tells apart.
type mount struct {
	original *api            // answers calls that name no version; nil: none does
	versions map[string]*api // by version in lower case
	newest   *api            // of the versions
	header   string          // that names the version; "" where none does
	query    string          // the parameter that names it, likewise
}

// version gives the API that answers a call; nil where the version that it
// names does not exist, or it names none and all have one.
func (m *mount) version(r *policy.Request) *api {
	named := ""
	switch {
	case m.header != "":
		if named = r.Headers.Get(m.header); named == "" && m.original == nil && isPreflight(r) {
			return m.newest // a browser's question cannot carry the header that it asks for
		}
	case m.query != "":
		value, _ := queryValue(r.RawQuery, m.query)
		named = decoded(value, true)
	}
	if named == "" {
		return m.original
	}
	return m.versions[strings.ToLower(named)]
}

// isPreflight tells whether a browser asks if a page may make a call.
func isPreflight(r *policy.Request) bool {
	return r.Method == http.MethodOptions && r.Headers.Has("Access-Control-Request-Method") && r.Headers.Has("Origin")
}

// mount lets an API answer under its suffix, and gives the one that answers the
// same calls already, or nil. The current revision answers under its number too.
func (s *snapshot) mount(a *api) (other *api) {
	key := strings.ToLower(a.suffix)
	if other := s.mountAt(key, a); other != nil {
		return other
	}
	if current := a.props.IsCurrent == nil || *a.props.IsCurrent; current && a.props.APIRevision != "" {
		if key == "" {
			key = "/"
		}
		s.mountAt(key+catalog.RevisionMark+a.props.APIRevision, a)
	}
	return nil
}

func (s *snapshot) mountAt(key string, a *api) (other *api) {
	m := s.mounts[key]
	if m == nil {
		m = &mount{}
		s.mounts[key] = m
		s.longest = max(s.longest, len(key))
	}
	version, header, query := a.named()
	if version == "" {
		if m.original == nil {
			m.original = a
			return nil
		}
		return m.original
	}
	if len(m.versions) == 0 {
		m.versions, m.header, m.query = map[string]*api{}, header, query
	} else if m.header != header || m.query != query {
		return m.newest
	}
	if other := m.versions[version]; other != nil {
		return other
	}
	m.versions[version], m.newest = a, a
	return nil
}

// all gives every API that answers calls, some of them more than once.
func (s *snapshot) all() iter.Seq[*api] {
	return func(yield func(*api) bool) {
		for _, m := range s.mounts {
			if m.original != nil && !yield(m.original) {
				return
			}
			for _, a := range m.versions {
				if !yield(a) {
					return
				}
			}
		}
	}
}

// named is an API's version in lower case, with the header or the query
// parameter that names it in a call; all "" where none does.
func (a *api) named() (version, header, query string) {
	if a.scheme == nil {
		return "", "", ""
	}
	switch a.scheme.VersioningScheme {
	case catalog.VersionInHeader:
		return strings.ToLower(a.props.APIVersion), a.scheme.VersionHeaderName, ""
	case catalog.VersionInQuery:
		return strings.ToLower(a.props.APIVersion), "", a.scheme.VersionQueryName
	}
	return "", "", ""
}
