package server

import (
	"net/http"
	"slices"
	"strings"

	"portico/internal/fault"
)

// route is what tells operations apart, besides the method.
type route struct {
	level         level
	restype, comp string
}

// operation is one row of the wire. A signature needs any one of the permissions;
// none means that only the account's key will do.
type operation struct {
	route
	methods []string
	types   string // resource types (srt) of an account's signature
	account string // permissions (sp) of an account's signature
	service string // permissions of a service's signature
	handle  func(*Server, *call) error
}

// createOrWrite is the permission to make a blob; with c alone, only where there is none.
const createOrWrite = "cw"

var (
	get      = []string{http.MethodGet}
	getHead  = []string{http.MethodGet, http.MethodHead}
	put      = []string{http.MethodPut}
	anything = "rwdlacupiytfx" // permissions of which any will do
)

// operations are all that are offered.
func operations() []operation {
	const (
		s, c, b   = serviceLevel, containerLevel, blobLevel
		container = "container"
	)
	return []operation{
		{route{s, "", "list"}, get, "s", "l", "", (*Server).listContainers},
		{route{s, "service", "properties"}, get, "s", "r", "", (*Server).serviceProperties},
		{route{s, "account", "properties"}, getHead, "sco", anything, "", (*Server).accountInformation},
		{route{c, "account", "properties"}, getHead, "sco", anything, anything, (*Server).accountInformation},
		{route{b, "account", "properties"}, getHead, "sco", anything, anything, (*Server).accountInformation},

		{route{c, container, ""}, put, "c", "cw", "", (*Server).createContainer},
		{route{c, container, ""}, getHead, "c", "r", "", (*Server).containerProperties},
		{route{c, container, ""}, []string{http.MethodDelete}, "c", "d", "", (*Server).deleteContainer},
		{route{c, container, "metadata"}, getHead, "c", "r", "", (*Server).containerProperties},
		{route{c, container, "metadata"}, put, "c", "w", "", (*Server).setContainerMetadata},
		{route{c, container, "acl"}, getHead, "c", "", "", (*Server).containerACL},
		{route{c, container, "acl"}, put, "c", "", "", (*Server).setContainerACL},
		{route{c, container, "list"}, get, "c", "l", "l", (*Server).listBlobs},

		{route{b, "", ""}, put, "o", createOrWrite, createOrWrite, (*Server).putOrCopyBlob},
		{route{b, "", ""}, get, "o", "r", "r", (*Server).getBlob},
		{route{b, "", ""}, []string{http.MethodHead}, "o", "r", "r", (*Server).blobProperties},
		{route{b, "", ""}, []string{http.MethodDelete}, "o", "d", "d", (*Server).deleteBlob},
		{route{b, "", "metadata"}, getHead, "o", "r", "r", (*Server).blobMetadata},
		{route{b, "", "metadata"}, put, "o", "w", "w", (*Server).setBlobMetadata},
		{route{b, "", "properties"}, put, "o", "w", "w", (*Server).setBlobProperties},
		{route{b, "", "block"}, put, "o", "w", "w", (*Server).putBlock},
		{route{b, "", "blocklist"}, put, "o", "w", "w", (*Server).putBlockList},
		{route{b, "", "blocklist"}, get, "o", "r", "r", (*Server).getBlockList},
		{route{b, "", "copy"}, put, "o", "w", "w", (*Server).abortCopy},
	}
}

func byRoute(all []operation) map[route][]operation {
	m := map[route][]operation{}
	for _, op := range all {
		m[op.route] = append(m[op.route], op)
	}
	return m
}

// operation finds what a call asks for.
func (s *Server) operation(c *call) (operation, error) {
	for _, name := range []string{"snapshot", "versionid"} {
		if c.query[name] != "" {
			return operation{}, unsupportedParameter(name, c.query[name])
		}
	}
	r := route{c.target.level, c.query["restype"], c.query["comp"]}
	var allowed []string
	for _, op := range s.operations[r] {
		if slices.Contains(op.methods, c.r.Method) {
			return op, nil
		}
		allowed = append(allowed, op.methods...)
	}
	switch {
	case len(allowed) > 0:
		set(c.w.Header(), "Allow", strings.Join(allowed, ", "))
		return operation{}, fault.Coded(fault.Unsupported, "UnsupportedHttpVerb", "The resource doesn't support the specified HTTP verb.")
	case r.comp != "":
		return operation{}, unsupportedParameter("comp", r.comp)
	}
	return operation{}, unsupportedParameter("restype", r.restype)
}

func unsupportedParameter(name, value string) error {
	return fault.Coded(fault.Unsupported, "UnsupportedQueryParameter", "One of the query parameters specified in the request URI is not supported.").
		With("", "QueryParameterName", "%s", name).With("", "QueryParameterValue", "%s", value)
}

// unsupported are headers that ask for something that is not offered, which must not be ignored.
var unsupported = []string{
	"x-ms-tags", "x-ms-if-tags", "x-ms-source-if-tags", "x-ms-encryption-key", "x-ms-encryption-scope", "x-ms-encryption-algorithm",
	"x-ms-immutability-policy-until-date", "x-ms-immutability-policy-mode", "x-ms-legal-hold", "x-ms-structured-body",
	"x-ms-copy-source-authorization", "x-ms-source-range", "x-ms-seal-blob", "x-ms-rehydrate-priority", "x-ms-expiry-option",
}

func refuseUnsupported(h http.Header, l level) error {
	for _, name := range unsupported {
		if v := h.Get(name); v != "" {
			return unsupportedHeader(name, v)
		}
	}
	switch {
	case h.Get("x-ms-lease-id") == "":
		return nil
	case l == containerLevel:
		return fault.Coded(fault.StaleETag, "LeaseNotPresentWithContainerOperation", "There is currently no lease on the container: leases are not offered.")
	}
	return fault.Coded(fault.StaleETag, "LeaseNotPresentWithBlobOperation", "There is currently no lease on the blob: leases are not offered.")
}

func unsupportedHeader(name, value string) error {
	return fault.Coded(fault.Unsupported, "UnsupportedHeader", "One of the HTTP headers specified in the request is not supported.").
		With("", "HeaderName", "%s", name).With("", "HeaderValue", "%s", value)
}
