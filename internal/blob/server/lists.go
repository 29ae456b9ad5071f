package server

import (
	"encoding/base64"
	"encoding/xml"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"portico/internal/blob/account"
	"portico/internal/fault"
)

// query reads a list's parameters. allowed are the values of include.
func (c *call) listQuery(allowed ...string) (q account.Query, include []string, err error) {
	q = account.Query{Prefix: c.query["prefix"], Delimiter: c.query["delimiter"], Limit: account.MaxPage}
	if v, ok := c.query["maxresults"]; ok {
		n, err := strconv.Atoi(v)
		switch {
		case err != nil:
			return q, nil, invalidParameter("maxresults", v, "It is not a number.")
		case n < 1:
			return q, nil, fault.Coded(fault.Invalid, "OutOfRangeQueryParameterValue", "One of the query parameters specified in the request URI is outside the permissible range.").
				With("", "QueryParameterName", "maxresults").With("", "QueryParameterValue", "%s", v).With("", "MinimumAllowed", "1").With("", "MaximumAllowed", "%d", account.MaxPage)
		}
		q.Limit = min(n, account.MaxPage)
	}
	if v := c.query["marker"]; v != "" {
		from, err := base64.URLEncoding.DecodeString(v)
		if err != nil {
			return q, nil, invalidParameter("marker", v, "It is not the NextMarker of a page.")
		}
		q.From = string(from)
	}
	if v := c.query["include"]; v != "" {
		include = strings.Split(v, ",")
		for _, name := range include {
			if !slices.Contains(allowed, name) {
				return q, nil, invalidParameter("include", name, "It is not offered.")
			}
		}
	}
	return q, include, nil
}

// marker is a page's end as the client sees it.
func marker(next string) string { return base64.URLEncoding.EncodeToString([]byte(next)) }

// listHead is what both lists begin with.
type listHead struct {
	ServiceEndpoint string `xml:",attr"`
	ContainerName   string `xml:",attr,omitempty"`
	Prefix          string `xml:",omitempty"`
	Marker          string `xml:",omitempty"`
	MaxResults      string `xml:",omitempty"`
	Delimiter       string `xml:",omitempty"`
}

func (c *call) listHead() listHead {
	return listHead{ServiceEndpoint: c.server.url + "/" + c.server.credential.account + "/", ContainerName: c.target.container,
		Prefix: c.query["prefix"], Marker: c.query["marker"], MaxResults: c.query["maxresults"], Delimiter: c.query["delimiter"]}
}

// metadata is a container's or a blob's, as elements that have its names.
type metadata map[string]string

// MarshalXML implements xml.Marshaler.
func (m metadata) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	if err := e.EncodeToken(start); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if err := e.EncodeElement(m[name], xml.StartElement{Name: xml.Name{Local: name}}); err != nil {
			return err
		}
	}
	return e.EncodeToken(start.End())
}

// listedName is a name, percent-encoded where XML could not carry it (as from version 2021-02-12).
type listedName struct {
	Encoded string `xml:",attr,omitempty"`
	Text    string `xml:",chardata"`
}

func newListedName(name string) listedName {
	if strings.ContainsFunc(name, notXML) {
		return listedName{Encoded: "true", Text: url.PathEscape(name)}
	}
	return listedName{Text: name}
}

// notXML tells which characters XML 1.0 has no way to write. A carriage return
// could be written and would be read as a line feed.
func notXML(r rune) bool {
	return r < 0x20 && r != '\t' && r != '\n' || r == 0xfffe || r == 0xffff
}

type containerList struct {
	XMLName xml.Name `xml:"EnumerationResults"`
	listHead
	Containers []containerItem `xml:"Containers>Container"`
	NextMarker string
}

type containerItem struct {
	Name       string
	Properties containerItemProperties
	Metadata   metadata `xml:",omitempty"`
}

type containerItemProperties struct {
	LastModified          string `xml:"Last-Modified"`
	ETag                  string `xml:"Etag"`
	LeaseStatus           string
	LeaseState            string
	HasImmutabilityPolicy bool
	HasLegalHold          bool
}

func (s *Server) listContainers(c *call) error {
	q, include, err := c.listQuery("metadata", "deleted", "system")
	if err != nil {
		return err
	}
	page, err := s.Containers(c.r.Context(), q)
	if err != nil {
		return err
	}
	document := containerList{listHead: c.listHead(), NextMarker: marker(page.Next)}
	for _, found := range page.Containers {
		item := containerItem{Name: found.Name, Properties: containerItemProperties{
			LastModified: found.Modified.Format(timeFormat), ETag: found.ETag, LeaseStatus: "unlocked", LeaseState: "available"}}
		if slices.Contains(include, "metadata") {
			item.Metadata = found.Metadata
		}
		document.Containers = append(document.Containers, item)
	}
	return c.answerXML(http.StatusOK, document)
}

type blobList struct {
	XMLName xml.Name `xml:"EnumerationResults"`
	listHead
	Blobs      struct{ Items []any }
	NextMarker string
}

type prefixItem struct {
	XMLName xml.Name `xml:"BlobPrefix"`
	Name    listedName
}

type blobItem struct {
	XMLName    xml.Name `xml:"Blob"`
	Name       listedName
	Properties blobItemProperties
	Metadata   metadata `xml:",omitempty"`
}

type blobItemProperties struct {
	Created            string `xml:"Creation-Time"`
	LastModified       string `xml:"Last-Modified"`
	ETag               string `xml:"Etag"`
	ContentLength      int64  `xml:"Content-Length"`
	ContentType        string `xml:"Content-Type"`
	ContentEncoding    string `xml:"Content-Encoding"`
	ContentLanguage    string `xml:"Content-Language"`
	ContentMD5         string `xml:"Content-MD5"`
	CacheControl       string `xml:"Cache-Control"`
	ContentDisposition string `xml:"Content-Disposition"`
	BlobType           string
	LeaseStatus        string
	LeaseState         string
	ServerEncrypted    bool
	AccessTier         string
	AccessTierInferred bool
	CopyID             string `xml:"CopyId,omitempty"`
	CopySource         string `xml:",omitempty"`
	CopyStatus         string `xml:",omitempty"`
	CopyProgress       string `xml:",omitempty"`
	CopyCompletionTime string `xml:",omitempty"`
}

// listBlobs lists a container. Of what include may name, there are no snapshots, versions, deleted blobs, tags or policies.
func (s *Server) listBlobs(c *call) error {
	q, include, err := c.listQuery("metadata", "copy", "snapshots", "versions", "deleted", "deletedwithversions", "tags", "immutabilitypolicy", "legalhold")
	if err != nil {
		return err
	}
	page, err := s.List(c.r.Context(), c.target.container, q)
	if err != nil {
		return err
	}
	document := blobList{listHead: c.listHead(), NextMarker: marker(page.Next)}
	for _, e := range page.Entries {
		if e.Prefix != "" {
			document.Blobs.Items = append(document.Blobs.Items, prefixItem{Name: newListedName(e.Prefix)})
			continue
		}
		document.Blobs.Items = append(document.Blobs.Items, newBlobItem(e.Blob, include))
	}
	return c.answerXML(http.StatusOK, document)
}

func newBlobItem(b account.Blob, include []string) blobItem {
	item := blobItem{Name: newListedName(b.Name), Properties: blobItemProperties{
		Created: b.Created.Format(timeFormat), LastModified: b.Modified.Format(timeFormat), ETag: b.ETag, ContentLength: b.Size,
		ContentType: b.ContentType, ContentEncoding: b.ContentEncoding, ContentLanguage: b.ContentLanguage, ContentMD5: encode(b.MD5),
		CacheControl: b.CacheControl, ContentDisposition: b.ContentDisposition,
		BlobType: "BlockBlob", AccessTier: "Hot", AccessTierInferred: true, LeaseStatus: "unlocked", LeaseState: "available",
	}}
	if slices.Contains(include, "metadata") {
		item.Metadata = b.Metadata
	}
	if copied := b.Copy; copied != nil && slices.Contains(include, "copy") {
		item.Properties.CopyID, item.Properties.CopySource, item.Properties.CopyStatus = copied.ID, copied.Source, "success"
		item.Properties.CopyProgress, item.Properties.CopyCompletionTime = copyProgress(copied), copied.Completed.Format(timeFormat)
	}
	return item
}

// signedIdentifiers are a container's stored access policies.
type signedIdentifiers struct {
	XMLName     xml.Name `xml:"SignedIdentifiers"`
	Identifiers []struct {
		ID string `xml:"Id"`
	} `xml:"SignedIdentifier"`
}

// servicePropertiesDocument tells what an account does besides keeping blobs.
type servicePropertiesDocument struct {
	XMLName       xml.Name    `xml:"StorageServiceProperties"`
	Logging       logging     `xml:"Logging"`
	HourMetrics   metricsRule `xml:"HourMetrics"`
	MinuteMetrics metricsRule `xml:"MinuteMetrics"`
	CORS          struct{}    `xml:"Cors"`
	Retention     retention   `xml:"DeleteRetentionPolicy"`
	Website       retention   `xml:"StaticWebsite"`
}

type logging struct {
	Version             string
	Delete, Read, Write bool
	RetentionPolicy     retention
}

type metricsRule struct {
	Version         string
	Enabled         bool
	RetentionPolicy retention
}

type retention struct{ Enabled bool }

func newServiceProperties() servicePropertiesDocument {
	return servicePropertiesDocument{Logging: logging{Version: "1.0"}, HourMetrics: metricsRule{Version: "1.0"}, MinuteMetrics: metricsRule{Version: "1.0"}}
}
