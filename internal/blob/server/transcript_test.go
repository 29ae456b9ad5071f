package server_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// transcript writes down what a server answers, without what differs from run to
// run, so that two servers' answers can be compared line by line.
type transcript struct {
	bytes.Buffer
	account string // left out of the paths
}

// step begins a chapter.
func (tr *transcript) step(name string) { fmt.Fprintf(tr, "\n# %s\n", name) }

// Do implements azcore's Transporter.
func (tr *transcript) Do(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if err := resp.Body.Close(); err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	tr.answer(r, resp, body)
	return resp, nil
}

// recorded are the headers whose values count; of volatile ones only that they are there.
var (
	recorded = []string{"Accept-Ranges", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Length", "Content-Md5", "Content-Range", "Content-Type",
		"X-Ms-Access-Tier", "X-Ms-Access-Tier-Inferred", "X-Ms-Blob-Content-Length", "X-Ms-Blob-Content-Md5", "X-Ms-Blob-Type", "X-Ms-Content-Crc64", "X-Ms-Copy-Progress",
		"X-Ms-Copy-Status", "X-Ms-Error-Code", "X-Ms-Has-Immutability-Policy", "X-Ms-Has-Legal-Hold", "X-Ms-Lease-State", "X-Ms-Lease-Status"}
	volatile = []string{"Date", "Etag", "Last-Modified", "X-Ms-Client-Request-Id", "X-Ms-Copy-Completion-Time", "X-Ms-Copy-Id", "X-Ms-Creation-Time", "X-Ms-Request-Id"}
)

func (tr *transcript) answer(r *http.Request, resp *http.Response, body []byte) {
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/"+tr.account)
	query := r.URL.Query()
	if len(query.Get("blockid")) > len(blockID(0)) { // the client drew it
		query.Set("blockid", "…")
	}
	for name := range query {
		if !slices.Contains([]string{"comp", "restype", "prefix", "delimiter", "maxresults", "include", "blockid", "blocklisttype"}, name) {
			query.Del(name)
		}
	}
	fmt.Fprintf(tr, "%s %s %s\n%d\n", r.Method, path, query.Encode(), resp.StatusCode)
	for _, name := range recorded {
		if v := resp.Header.Values(name); len(v) > 0 && !beside(resp, name) {
			if r.Method == http.MethodPut && query.Get("comp") == "blocklist" && name != "X-Ms-Error-Code" {
				v = []string{"…"} // a checksum of the blocks' IDs, which the client may have drawn
			}
			fmt.Fprintf(tr, "%s: %s\n", name, strings.Join(v, ","))
		}
	}
	var there []string
	for _, name := range volatile {
		if resp.Header.Get(name) != "" {
			there = append(there, name)
		}
	}
	fmt.Fprintf(tr, "with %s\n", strings.Join(there, " "))
	var metadata []string
	for name, v := range resp.Header {
		if strings.HasPrefix(name, "X-Ms-Meta-") {
			metadata = append(metadata, name+": "+v[0])
		}
	}
	slices.Sort(metadata)
	for _, line := range metadata {
		fmt.Fprintln(tr, line)
	}
	tr.body(resp, body)
}

// beside tells which headers say nothing: the length of a document or of nothing, and what a body that is not sent would be.
func beside(resp *http.Response, name string) bool {
	switch name {
	case "Content-Length":
		return isXML(resp) || resp.StatusCode == http.StatusNotModified || resp.Header.Get(name) == "0"
	case "Content-Type":
		return resp.StatusCode == http.StatusNotModified
	}
	return false
}

func isXML(resp *http.Response) bool {
	return strings.HasPrefix(resp.Header.Get("Content-Type"), "application/xml")
}

func (tr *transcript) body(resp *http.Response, body []byte) {
	switch {
	case isXML(resp) && resp.Header.Get("X-Ms-Blob-Type") == "":
		tr.xml(body)
	case len(body) > 80:
		fmt.Fprintf(tr, "%d bytes\n", len(body))
	case len(body) > 0:
		fmt.Fprintf(tr, "%q\n", body)
	}
}

// Of XML documents, the leaves that are words for people or say what differs by design are left out, and of others only that they are there.
var (
	leftOut        = []string{"Message", "Reason", "AuthenticationErrorDetail", "AccessTierChangeTime", "ServerEncrypted"}
	volatileLeaves = []string{"Last-Modified", "Creation-Time", "Etag", "NextMarker", "Marker", "CopyCompletionTime", "CopyId", "CopySource"}
)

// xml writes each leaf of a document; the common prefixes of a list come last.
func (tr *transcript) xml(document []byte) {
	d := xml.NewDecoder(bytes.NewReader(document))
	var path, prefixes []string
	var text string
	for {
		token, err := d.Token()
		if err != nil {
			for _, line := range prefixes {
				fmt.Fprintln(tr, line)
			}
			return
		}
		switch t := token.(type) {
		case xml.StartElement:
			path, text = append(path, t.Name.Local), ""
		case xml.CharData:
			text += string(t)
		case xml.EndElement:
			name := path[len(path)-1]
			if slices.Contains(volatileLeaves, name) && text != "" {
				text = "…"
			}
			line := strings.Join(path, "/") + " = " + text
			switch {
			case strings.TrimSpace(text) == "", slices.Contains(leftOut, name):
			case slices.Contains(path, "BlobPrefix"):
				prefixes = append(prefixes, line)
			default:
				fmt.Fprintln(tr, line)
			}
			path, text = path[:len(path)-1], ""
		}
	}
}
