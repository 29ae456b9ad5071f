package server

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"portico/internal/blob/account"
	"portico/internal/fault"
)

// newestVersion is the service version that is said to have answered where the client names none.
const newestVersion = "2021-12-02"

// Limits of what a call carries besides its body.
const (
	maxClientRequestID = 1024
	maxParameters      = 64
)

// call is one request in flight.
type call struct {
	server        *Server
	w             http.ResponseWriter
	r             *http.Request
	id            string
	version       string // the client's x-ms-version, or ""
	path          string // as the client sent it
	query         map[string]string
	target        target
	body          *body
	grant         grant
	authenticated bool
	createOnly    bool              // the caller may make blobs and not overwrite them
	overrides     map[string]string // response headers that the caller's signature sets
	answered      bool              // the status was sent
}

// level is what kind of resource a call is about.
type level uint8

const (
	serviceLevel level = iota
	containerLevel
	blobLevel
)

// target is the resource that a call is about.
type target struct {
	level           level
	container, blob string
}

func (s *Server) newCall(w http.ResponseWriter, r *http.Request) *call {
	c := &call{server: s, w: w, r: r, id: newRequestID(), version: r.Header.Get("x-ms-version")}
	c.body = &body{from: r.Body, control: http.NewResponseController(w), stall: s.stall}
	h := w.Header()
	set(h, "Server", "Portico-Blob/1.0")
	set(h, "x-ms-request-id", c.id)
	set(h, "x-ms-version", newestVersion)
	if id := r.Header.Get("x-ms-client-request-id"); id != "" && len(id) <= maxClientRequestID {
		set(h, "x-ms-client-request-id", id)
	}
	return c
}

// set sets a response header by the name as it is written, which for the wire's own ones is lower-case.
func set(h http.Header, name, value string) { h[name] = []string{value} }

// setIf sets a response header that has a value.
func setIf(h http.Header, name, value string) {
	if value != "" {
		set(h, name, value)
	}
}

// newRequestID draws a UUID (RFC 9562, version 4).
func newRequestID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	s := hex.EncodeToString(b)
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

var versionPattern = regexp.MustCompile(`^20[0-9]{2}-[01][0-9]-[0-3][0-9]$`)

// parse reads what the call is about. It refuses what is ambiguous.
func (c *call) parse(accountName string) error {
	uri := c.r.RequestURI
	if !strings.HasPrefix(uri, "/") { // with the host in it, as proxies are asked
		uri = c.r.URL.RequestURI()
	}
	var rawQuery string
	c.path, rawQuery, _ = strings.Cut(uri, "?")
	if c.version != "" {
		if !versionPattern.MatchString(c.version) {
			return invalidHeader("x-ms-version", c.version)
		}
		set(c.w.Header(), "x-ms-version", c.version)
	}
	var err error
	if c.query, err = parseQuery(rawQuery); err != nil {
		return err
	}
	c.target, err = parseTarget(accountName, c.r.Host, c.path, c.query["restype"])
	return err
}

// parseQuery gives the parameters by their names in lower case. A name that occurs twice is refused.
func parseQuery(raw string) (map[string]string, error) {
	values, err := url.ParseQuery(raw)
	if err != nil || len(values) > maxParameters {
		return nil, invalidURI("The query could not be read.")
	}
	query := make(map[string]string, len(values))
	for name, all := range values {
		lower := strings.ToLower(name)
		if _, twice := query[lower]; twice || len(all) > 1 {
			return nil, invalidParameter(name, strings.Join(all, ","), "The parameter is given more than once.")
		}
		query[lower] = all[0]
	}
	return query, nil
}

// parseTarget reads the path. Its first part is the account, unless the host's first label is (ACCOUNT.blob.…).
func parseTarget(accountName, host, path, restype string) (target, error) {
	rest := strings.TrimPrefix(path, "/")
	if !strings.HasPrefix(strings.ToLower(host), accountName+".blob.") {
		var first string
		if first, rest, _ = strings.Cut(rest, "/"); first != accountName {
			return target{}, fault.Coded(fault.NotFound, "ResourceNotFound", "The specified resource does not exist: there is no such storage account here.")
		}
	}
	containerPart, blobPart, _ := strings.Cut(rest, "/")
	container, err := url.PathUnescape(containerPart)
	if err != nil {
		return target{}, invalidURI("The container's name could not be read.")
	}
	name, err := url.PathUnescape(blobPart)
	if err != nil {
		return target{}, invalidURI("The blob's name could not be read.")
	}
	t := target{level: blobLevel, container: container, blob: name}
	switch {
	case container == "":
		t.level = serviceLevel
		return t, nil
	case name == "" && (restype != "" || strings.Contains(rest, "/")):
		t.level = containerLevel
	case name == "":
		t.container, t.blob = account.RootContainer, container
	}
	if err := account.CheckContainerName(t.container); err != nil {
		return target{}, err
	}
	if t.level == blobLevel {
		err = account.CheckBlobName(t.blob)
	}
	return t, err
}

func invalidURI(why string) error {
	return fault.Coded(fault.Invalid, "InvalidUri", "The requested URI does not represent any resource on the server. %s", why)
}

func invalidParameter(name, value, why string) error {
	return fault.Coded(fault.Invalid, "InvalidQueryParameterValue", "Value for one of the query parameters specified in the request URI is invalid.").
		With("", "QueryParameterName", "%s", name).With("", "QueryParameterValue", "%s", value).With("", "Reason", "%s", why)
}

func invalidHeader(name, value string) error {
	return fault.Coded(fault.Invalid, "InvalidHeaderValue", "The value for one of the HTTP headers is not in the correct format.").
		With("", "HeaderName", "%s", name).With("", "HeaderValue", "%s", value)
}

func missingHeader(name string) error {
	return fault.Coded(fault.Invalid, "MissingRequiredHeader", "An HTTP header that's mandatory for this request is not specified.").With("", "HeaderName", "%s", name)
}
