package server

import (
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"portico/internal/blob/account"
)

const metadataPrefix = "x-ms-meta-"

// metadataOf reads x-ms-meta- headers. Their names are in lower case, as they come
// over HTTP/2; it is nil where there are none.
func metadataOf(h http.Header) (map[string]string, error) {
	var m map[string]string
	for name, values := range h {
		name, ok := strings.CutPrefix(strings.ToLower(name), metadataPrefix)
		if !ok {
			continue
		}
		if m == nil {
			m = map[string]string{}
		}
		m[name] = strings.Join(values, ",")
	}
	return m, account.CheckMetadata(m)
}

func setMetadata(h http.Header, m map[string]string) {
	for name, value := range m {
		set(h, metadataPrefix+name, value)
	}
}

// propertiesOf reads the headers x-ms-blob-content-… and the metadata.
func propertiesOf(h http.Header) (p account.Properties, err error) {
	for name, values := range h {
		if !utf8.ValidString(values[0]) {
			return p, invalidHeader(name, strings.ToValidUTF8(values[0], "?"))
		}
	}
	p = account.Properties{
		ContentType:        h.Get("x-ms-blob-content-type"),
		ContentEncoding:    h.Get("x-ms-blob-content-encoding"),
		ContentLanguage:    h.Get("x-ms-blob-content-language"),
		ContentDisposition: h.Get("x-ms-blob-content-disposition"),
		CacheControl:       h.Get("x-ms-blob-cache-control"),
	}
	if p.MD5, err = decodeMD5(h.Get(headerBlobMD5)); err != nil {
		return p, err
	}
	p.Metadata, err = metadataOf(h)
	return p, err
}

// setVersion tells a version of a container or a blob.
func setVersion(h http.Header, v version) {
	set(h, "ETag", quoted(v.etag))
	set(h, "Last-Modified", v.modified.Format(timeFormat))
}

func quoted(etag string) string { return `"` + etag + `"` }

// setBlobHeaders tells of a blob what does not depend on the method and the range.
func setBlobHeaders(h http.Header, b account.Blob, overrides map[string]string) {
	setVersion(h, versionOf(&b))
	setIf(h, "Content-Type", b.ContentType)
	setIf(h, "Content-Encoding", b.ContentEncoding)
	setIf(h, "Content-Language", b.ContentLanguage)
	setIf(h, "Content-Disposition", b.ContentDisposition)
	setIf(h, "Cache-Control", b.CacheControl)
	for name, value := range overrides {
		set(h, name, value)
	}
	set(h, "Accept-Ranges", "bytes")
	set(h, "x-ms-blob-type", "BlockBlob")
	set(h, "x-ms-creation-time", b.Created.Format(timeFormat))
	set(h, "x-ms-lease-status", "unlocked")
	set(h, "x-ms-lease-state", "available")
	set(h, "x-ms-server-encrypted", "false")
	if c := b.Copy; c != nil {
		set(h, "x-ms-copy-id", c.ID)
		set(h, "x-ms-copy-source", c.Source)
		set(h, "x-ms-copy-status", "success")
		set(h, "x-ms-copy-completion-time", c.Completed.Format(timeFormat))
		set(h, "x-ms-copy-progress", copyProgress(c))
	}
	setMetadata(h, b.Metadata)
}

func copyProgress(c *account.Copy) string {
	n := strconv.FormatInt(c.Bytes, 10)
	return n + "/" + n
}
