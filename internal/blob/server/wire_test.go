package server_test

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"

	"portico/internal/blob/account"
	"portico/internal/blob/blobtest"
	"portico/internal/blob/server"
)

// wire sends calls as they are, authorised by an account's signature.
type wire struct {
	*testing.T
	server *server.Server
	storage
	token string
}

// newWire starts an account with a container "data" that has a blob "digits" of "0123456789".
func newWire(t *testing.T, change ...func(*server.Config)) *wire {
	t.Helper()
	s := start(t, change...)
	w := &wire{T: t, server: s, storage: storageOf(s)}
	c, err := service.NewClientFromConnectionString(w.connection, nil)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := c.GetSASURL(sas.AccountResourceTypes{Object: true, Container: true, Service: true},
		sas.AccountPermissions{Read: true, Write: true, List: true, Delete: true, Create: true}, time.Now().Add(time.Hour), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, w.token, _ = strings.Cut(signed, "?")
	if err := s.EnsureContainer(t.Context(), "data"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutBlob(t.Context(), "data", "digits", strings.NewReader("0123456789"), &account.Properties{}, account.Anyway); err != nil {
		t.Fatal(err)
	}
	return w
}

// request makes a call to "path?query" below the account.
func (w *wire) request(method, target string, header http.Header, body io.Reader) *http.Request {
	w.Helper()
	path, query, _ := strings.Cut(target, "?")
	if query != "" {
		query += "&"
	}
	r, err := http.NewRequestWithContext(w.Context(), method, w.url+"/"+path+"?"+query+w.token, body)
	if err != nil {
		w.Fatal(err)
	}
	for name, v := range header {
		r.Header[http.CanonicalHeaderKey(name)] = v
	}
	return r
}

// answer is what came back.
type answer struct {
	*http.Response
	body string
}

func (w *wire) do(r *http.Request) answer {
	w.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		w.Fatal(err)
	}
	return answer{resp, string(body)}
}

// errorBody is the form of an error.
type errorBody struct {
	XMLName xml.Name `xml:"Error"`
	Code    string
	Message string
	Fields  []struct {
		XMLName xml.Name
		Text    string `xml:",chardata"`
	} `xml:",any"`
}

// wantError holds an answer against a status and a code, in the header and in the body, and gives the body.
func (w *wire) wantError(what string, a answer, status int, code string) (e errorBody) {
	w.Helper()
	if a.StatusCode != status || a.Header.Get("x-ms-error-code") != code {
		w.Errorf("%s: got %d %s, want %d %s\n%s", what, a.StatusCode, a.Header.Get("x-ms-error-code"), status, code, a.body)
	}
	if a.Request.Method == http.MethodHead {
		if a.body != "" {
			w.Errorf("%s: HEAD has a body", what)
		}
		return e
	}
	if err := xml.Unmarshal([]byte(a.body), &e); err != nil || e.Code != code || !strings.Contains(e.Message, "RequestId:"+a.Header.Get("x-ms-request-id")) {
		w.Errorf("%s: %v in %s", what, err, a.body)
	}
	return e
}

func TestRefusals(t *testing.T) {
	w := newWire(t)
	block := http.Header{"x-ms-blob-type": {"BlockBlob"}}
	with := func(name, value string) http.Header {
		return http.Header{"x-ms-blob-type": {"BlockBlob"}, name: {value}}
	}
	for _, c := range []struct {
		name, method, target string
		header               http.Header
		body                 string
		status               int
		code, field          string
	}{
		{"put without a type", "PUT", "data/b", nil, "x", 400, "MissingRequiredHeader", "HeaderName=x-ms-blob-type"},
		{"put of an unknown type", "PUT", "data/b", http.Header{"x-ms-blob-type": {"Other"}}, "x", 400, "InvalidHeaderValue", "HeaderValue=Other"},
		{"put of an append blob", "PUT", "data/b", http.Header{"x-ms-blob-type": {"AppendBlob"}}, "", 400, "UnsupportedHeader", "HeaderValue=AppendBlob"},
		{"put from a URL", "PUT", "data/b", with("x-ms-copy-source", "http://elsewhere/a/b"), "", 400, "UnsupportedHeader", "HeaderName=x-ms-copy-source"},
		{"put with a damaged MD5", "PUT", "data/b", with("Content-MD5", "AAAA"), "x", 400, "InvalidMd5", ""},
		{"put with another MD5", "PUT", "data/b", with("Content-MD5", base64.StdEncoding.EncodeToString(make([]byte, 16))), "x", 400, "Md5Mismatch", "ServerCalculatedMd5=ndTkYSaMgDT1yFZOFVxnpg=="},
		{"put with another blob MD5", "PUT", "data/b", with("x-ms-blob-content-md5", base64.StdEncoding.EncodeToString(make([]byte, 16))), "x", 400, "Md5Mismatch", ""},
		{"put with another CRC", "PUT", "data/b", with("x-ms-content-crc64", "AAAAAAAAAAA="), "x", 400, "Crc64Mismatch", ""},
		{"put with a damaged CRC", "PUT", "data/b", with("x-ms-content-crc64", "AAAA"), "x", 400, "InvalidHeaderValue", "HeaderName=x-ms-content-crc64"},
		{"put with both sums", "PUT", "data/b", http.Header{"x-ms-blob-type": {"BlockBlob"}, "x-ms-content-crc64": {"AAAAAAAAAAA="}, "Content-MD5": {base64.StdEncoding.EncodeToString(make([]byte, 16))}}, "x", 400, "BothCrc64AndMd5HeaderPresent", ""},
		{"put with a bad date", "PUT", "data/b", with("If-Modified-Since", "yesterday"), "x", 400, "InvalidHeaderValue", "HeaderName=If-Modified-Since"},
		{"put with tags", "PUT", "data/b", with("x-ms-tags", "a=b"), "x", 400, "UnsupportedHeader", "HeaderName=x-ms-tags"},
		{"put under a lease", "PUT", "data/b", with("x-ms-lease-id", "1"), "x", 412, "LeaseNotPresentWithBlobOperation", ""},
		{"delete of a container under a lease", "DELETE", "data?restype=container", http.Header{"x-ms-lease-id": {"1"}}, "", 412, "LeaseNotPresentWithContainerOperation", ""},
		{"put with a header that is not UTF-8", "PUT", "data/b", with("x-ms-blob-content-type", "\xff"), "x", 400, "InvalidHeaderValue", "HeaderValue=?"},
		{"put with bad metadata", "PUT", "data/b", with("x-ms-meta-a-b", "1"), "x", 400, "InvalidMetadata", ""},
		{"put with much metadata", "PUT", "data/b", with("x-ms-meta-a", strings.Repeat("v", 9000)), "x", 400, "MetadataTooLarge", ""},
		{"put of a long name", "PUT", "data/" + strings.Repeat("n", 1025), block, "x", 400, "OutOfRangeInput", ""},
		{"put of a name that is not UTF-8", "PUT", "data/%FF", block, "x", 400, "InvalidUri", ""},
		{"put of a deep name", "PUT", "data/" + strings.Repeat("a/", 254) + "a", block, "x", 400, "InvalidResourceName", ""},
		{"put in a missing container", "PUT", "none/b", block, "x", 404, "ContainerNotFound", ""},
		{"block without an ID", "PUT", "data/b?comp=block", nil, "x", 400, "MissingRequiredQueryParameter", "QueryParameterName=blockid"},
		{"empty block", "PUT", "data/b?comp=block&blockid=QQ==", nil, "", 400, "InvalidHeaderValue", "HeaderName=Content-Length"},
		{"block from a URL", "PUT", "data/b?comp=block&blockid=QQ==", http.Header{"x-ms-copy-source": {"http://elsewhere/a/b"}}, "", 400, "UnsupportedHeader", "HeaderName=x-ms-copy-source"},
		{"block list that ends early", "PUT", "data/b?comp=blocklist", nil, "<BlockList><Latest>", 400, "InvalidXmlDocument", ""},
		{"block list that is empty", "PUT", "data/b?comp=blocklist", nil, "", 400, "InvalidXmlDocument", ""},
		{"block list with another root", "PUT", "data/b?comp=blocklist", nil, "<List></List>", 400, "InvalidXmlDocument", ""},
		{"block list with other blocks", "PUT", "data/b?comp=blocklist", nil, "<BlockList><Newest>QQ==</Newest></BlockList>", 400, "InvalidXmlDocument", ""},
		{"block list with entities", "PUT", "data/b?comp=blocklist", nil, `<!DOCTYPE a [<!ENTITY b "QQ==">]><BlockList><Latest>&b;</Latest></BlockList>`, 400, "InvalidXmlDocument", ""},
		{"block list of unknown blocks", "PUT", "data/b?comp=blocklist", nil, "<BlockList><Latest>QQ==</Latest></BlockList>", 400, "InvalidBlockList", ""},
		{"block list of too many", "PUT", "data/b?comp=blocklist", nil, "<BlockList>" + strings.Repeat("<Latest>QQ==</Latest>", 50_001) + "</BlockList>", 400, "BlockListTooLong", ""},
		{"block list with another MD5", "PUT", "data/b?comp=blocklist", with("Content-MD5", base64.StdEncoding.EncodeToString(make([]byte, 16))), "<BlockList/>", 400, "Md5Mismatch", ""},
		{"block list type", "GET", "data/digits?comp=blocklist&blocklisttype=some", nil, "", 400, "InvalidQueryParameterValue", "QueryParameterValue=some"},
		{"range beyond the end", "GET", "data/digits", http.Header{"Range": {"bytes=10-"}}, "", 416, "InvalidRange", ""},
		{"sum without a range", "GET", "data/digits", http.Header{"x-ms-range-get-content-md5": {"true"}}, "", 400, "InvalidHeaderValue", "HeaderName=x-ms-range-get-content-md5"},
		{"read that cannot be", "GET", "data/digits", http.Header{"If-None-Match": {"*"}}, "", 400, "UnsatisfiableCondition", ""},
		{"head of nothing", "HEAD", "data/none", nil, "", 404, "BlobNotFound", ""},
		{"head of no container", "HEAD", "none?restype=container", nil, "", 404, "ContainerNotFound", ""},
		{"copy from another account", "PUT", "data/b", http.Header{"x-ms-copy-source": {"https://other.blob.core.windows.net/a/b"}}, "", 400, "CopyAcrossAccountsNotSupported", ""},
		{"copy without a signature", "PUT", "data/b", http.Header{"x-ms-copy-source": {w.url + "/data/digits"}}, "", 403, "CannotVerifyCopySource", ""},
		{"copy of what is no URL", "PUT", "data/b", http.Header{"x-ms-copy-source": {"digits"}}, "", 400, "InvalidHeaderValue", "HeaderName=x-ms-copy-source"},
		{"delete of snapshots", "DELETE", "data/digits", http.Header{"x-ms-delete-snapshots": {"some"}}, "", 400, "InvalidHeaderValue", "HeaderName=x-ms-delete-snapshots"},
		{"snapshot", "GET", "data/digits?snapshot=2026-11-23T07:02:00.0000000Z", nil, "", 400, "UnsupportedQueryParameter", "QueryParameterName=snapshot"},
		{"lease", "PUT", "data/digits?comp=lease", nil, "", 400, "UnsupportedQueryParameter", "QueryParameterValue=lease"},
		{"batch", "POST", "data?restype=container&comp=batch", nil, "x", 400, "UnsupportedQueryParameter", "QueryParameterValue=batch"},
		{"unknown restype", "GET", "data?restype=queue", nil, "", 400, "UnsupportedQueryParameter", "QueryParameterName=restype"},
		{"verb", "PATCH", "data/digits", nil, "x", 405, "UnsupportedHttpVerb", ""},
		{"parameter twice", "GET", "data?restype=container&comp=list&prefix=a&Prefix=b", nil, "", 400, "InvalidQueryParameterValue", ""},
		{"marker", "GET", "data?restype=container&comp=list&marker=!", nil, "", 400, "InvalidQueryParameterValue", "QueryParameterName=marker"},
		{"page of none", "GET", "data?restype=container&comp=list&maxresults=0", nil, "", 400, "OutOfRangeQueryParameterValue", "MinimumAllowed=1"},
		{"page of words", "GET", "?comp=list&maxresults=many", nil, "", 400, "InvalidQueryParameterValue", "QueryParameterName=maxresults"},
		{"list of uncommitted blobs", "GET", "data?restype=container&comp=list&include=uncommittedblobs", nil, "", 400, "InvalidQueryParameterValue", "QueryParameterValue=uncommittedblobs"},
		{"public container", "PUT", "public?restype=container", http.Header{"x-ms-blob-public-access": {"blob"}}, "", 409, "PublicAccessNotPermitted", ""},
		{"version", "GET", "data/digits", http.Header{"x-ms-version": {"latest"}}, "", 400, "InvalidHeaderValue", "HeaderName=x-ms-version"},
	} {
		a := w.do(w.request(c.method, c.target, c.header, strings.NewReader(c.body)))
		e := w.wantError(c.name, a, c.status, c.code)
		found := c.field == ""
		for _, f := range e.Fields {
			found = found || f.XMLName.Local+"="+f.Text == c.field
		}
		if !found {
			t.Errorf("%s: no %s in %s", c.name, c.field, a.body)
		}
	}
	if page, err := w.server.List(t.Context(), "data", account.Query{Limit: 9}); err != nil || len(page.Entries) != 1 {
		t.Errorf("the refused calls left %+v, %v", page.Entries, err)
	}
}

func TestLengths(t *testing.T) {
	w := newWire(t)
	header := http.Header{"x-ms-blob-type": {"BlockBlob"}}
	r := w.request("PUT", "data/b", header, io.MultiReader(strings.NewReader("chunked")))
	w.wantError("no length", w.do(r), 411, "MissingContentLengthHeader")
	for target, limit := range map[string]string{"data/b": "5242880000", "data/b?comp=block&blockid=QQ==": "4194304000", "data/b?comp=blocklist": "16777216"} {
		r := w.request("PUT", target, header, http.NoBody)
		r.Header.Set("Expect", "100-continue") // so that nothing is sent
		r.Body = io.NopCloser(iotest.ErrReader(errors.New("the body was asked for")))
		r.ContentLength = 6 << 30
		e := w.wantError(target, w.do(r), 413, "RequestBodyTooLarge")
		if len(e.Fields) != 1 || e.Fields[0].Text != limit {
			t.Errorf("%s: %+v", target, e.Fields)
		}
	}
	r = w.request("PUT", "data/empty", header, http.NoBody)
	if a := w.do(r); a.StatusCode != http.StatusCreated {
		t.Errorf("a length of zero: %s", a.body)
	}
}

// A client that sends a large body before it listens gets its refusal all the same.
func TestRefusalOfALargeBody(t *testing.T) {
	w := newWire(t)
	r := w.request("PUT", "data/digits", http.Header{"x-ms-blob-type": {"BlockBlob"}, "If-None-Match": {"*"}}, strings.NewReader(strings.Repeat("x", 32<<20)))
	w.wantError("a blob that exists", w.do(r), 409, "BlobAlreadyExists")
}

// A body that ends early leaves nothing.
func TestBrokenBody(t *testing.T) {
	w := newWire(t)
	u, err := url.Parse(w.url)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "PUT %s/data/broken?%s HTTP/1.1\r\nHost: %s\r\nx-ms-blob-type: BlockBlob\r\nContent-Length: 100\r\n\r\nhalf", u.Path, w.token, u.Host)
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(resp.Body.Close(), conn.Close()); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusBadRequest || resp.Header.Get("x-ms-error-code") != "IncompleteBody" {
		t.Errorf("got %s", resp.Status)
	}
	if a := w.do(w.request("HEAD", "data/broken", nil, nil)); a.StatusCode != http.StatusNotFound {
		t.Errorf("the blob is there: %s", a.Status)
	}
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	w := newWire(t)
	a := w.do(w.request("GET", "data/digits", http.Header{"x-ms-client-request-id": {"mine"}, "x-ms-version": {"2019-02-02"}}, nil))
	b := w.do(w.request("GET", "data/none", http.Header{"x-ms-client-request-id": {"mine"}, "x-ms-version": {"2019-02-02"}}, nil))
	for _, got := range []answer{a, b} {
		for name, want := range map[string]string{"x-ms-client-request-id": "mine", "x-ms-version": "2019-02-02", "Server": "Portico-Blob/1.0"} {
			if got.Header.Get(name) != want {
				t.Errorf("%s is %q, want %q", name, got.Header.Get(name), want)
			}
		}
	}
	if first, second := a.Header.Get("x-ms-request-id"), b.Header.Get("x-ms-request-id"); len(first) != 36 || first == second {
		t.Errorf("request IDs %q and %q", first, second)
	}
	c := w.do(w.request("GET", "data/digits", http.Header{"x-ms-client-request-id": {strings.Repeat("i", 1025)}}, nil))
	if c.Header.Get("x-ms-client-request-id") != "" || c.Header.Get("x-ms-version") == "" {
		t.Errorf("got %v", c.Header)
	}
}

// Ranges that Azure does not know are ignored, as RFC 9110 has it.
func TestRangeHeaders(t *testing.T) {
	w := newWire(t)
	for _, c := range []struct {
		header       http.Header
		status       int
		body, answer string
	}{
		{http.Header{"Range": {"bytes=2-4"}}, 206, "234", "bytes 2-4/10"},
		{http.Header{"Range": {"bytes=8-"}}, 206, "89", "bytes 8-9/10"},
		{http.Header{"Range": {"bytes=8-99999999999999999"}}, 206, "89", "bytes 8-9/10"},
		{http.Header{"Range": {"bytes=2-4"}, "x-ms-range": {"bytes=0-0"}}, 206, "0", "bytes 0-0/10"},
		{http.Header{"Range": {"bytes=-4"}}, 200, "0123456789", ""},
		{http.Header{"Range": {"bytes=4-2"}}, 200, "0123456789", ""},
		{http.Header{"Range": {"bytes=0-1,3-4"}}, 200, "0123456789", ""},
		{http.Header{"Range": {"bytes=a-b"}}, 200, "0123456789", ""},
		{http.Header{"Range": {"bytes=0-99999999999999999999"}}, 200, "0123456789", ""},
		{http.Header{"Range": {"lines=0-1"}}, 200, "0123456789", ""},
	} {
		a := w.do(w.request("GET", "data/digits", c.header, nil))
		if a.StatusCode != c.status || a.body != c.body || a.Header.Get("Content-Range") != c.answer {
			t.Errorf("%v: %s %q %q", c.header, a.Status, a.body, a.Header.Get("Content-Range"))
		}
	}
	a := w.do(w.request("GET", "data/digits", http.Header{"x-ms-range": {"bytes=1-3"}, "x-ms-range-get-content-md5": {"true"}, "x-ms-range-get-content-crc64": {"true"}}, nil))
	sum := md5.Sum([]byte("123"))
	if a.body != "123" || a.Header.Get("Content-MD5") != base64.StdEncoding.EncodeToString(sum[:]) || a.Header.Get("x-ms-content-crc64") == "" {
		t.Errorf("got %q, %v", a.body, a.Header)
	}
}

// An account's host name takes the place of its path.
func TestAccountByHost(t *testing.T) {
	w := newWire(t)
	r := w.request("GET", "data/digits", nil, nil)
	r.URL.Path = "/data/digits"
	r.Host = w.account + ".blob.core.windows.net"
	if a := w.do(r); a.body != "0123456789" {
		t.Errorf("got %s %s", a.Status, a.body)
	}
	r = w.request("GET", "data/digits", nil, nil)
	r.URL.Path = "/other/data/digits"
	w.wantError("another account", w.do(r), 404, "ResourceNotFound")
}

// A blob whose URL names no container stands in $root.
func TestRootContainer(t *testing.T) {
	w := newWire(t)
	header := http.Header{"x-ms-blob-type": {"BlockBlob"}}
	w.wantError("without the container", w.do(w.request("PUT", "top.csv", header, strings.NewReader("x"))), 404, "ContainerNotFound")
	if a := w.do(w.request("PUT", "$root?restype=container", nil, nil)); a.StatusCode != http.StatusCreated {
		t.Fatal(a.body)
	}
	if a := w.do(w.request("PUT", "top.csv", header, strings.NewReader("x"))); a.StatusCode != http.StatusCreated {
		t.Fatal(a.body)
	}
	if a := w.do(w.request("GET", "$root/top.csv", nil, nil)); a.body != "x" {
		t.Errorf("got %s %s", a.Status, a.body)
	}
}

// Names that XML cannot carry are listed percent-encoded.
func TestNamesBeyondXML(t *testing.T) {
	w := newWire(t)
	for _, name := range []string{"bell%07", "tab%09", "%EF%BF%BE/x"} {
		if a := w.do(w.request("PUT", "data/odd/"+name, http.Header{"x-ms-blob-type": {"BlockBlob"}}, strings.NewReader("x"))); a.StatusCode != http.StatusCreated {
			t.Fatal(a.body)
		}
	}
	a := w.do(w.request("GET", "data?restype=container&comp=list&prefix=odd/&delimiter=/", nil, nil))
	var list struct {
		Blobs struct {
			Blob, BlobPrefix []struct {
				Name struct {
					Encoded string `xml:",attr"`
					Text    string `xml:",chardata"`
				}
			}
		}
	}
	if err := xml.Unmarshal([]byte(a.body), &list); err != nil {
		t.Fatal(err)
	}
	b, p := list.Blobs.Blob, list.Blobs.BlobPrefix
	if len(b) != 2 || b[0].Name.Encoded != "true" || b[0].Name.Text != "odd%2Fbell%07" || b[1].Name.Encoded != "" || b[1].Name.Text != "odd/tab\t" ||
		len(p) != 1 || p[0].Name.Encoded != "true" || p[0].Name.Text != "odd%2F%EF%BF%BE%2F" {
		t.Errorf("got %+v", list)
	}
}

// Deleting the snapshots only leaves the blob.
func TestDeleteOfSnapshotsOnly(t *testing.T) {
	w := newWire(t)
	if a := w.do(w.request("DELETE", "data/digits", http.Header{"x-ms-delete-snapshots": {"only"}}, nil)); a.StatusCode != http.StatusAccepted {
		t.Errorf("got %s", a.Status)
	}
	if a := w.do(w.request("HEAD", "data/digits", nil, nil)); a.StatusCode != http.StatusOK {
		t.Errorf("the blob is gone: %s", a.Status)
	}
}

func TestFullDisk(t *testing.T) {
	files := blobtest.SmallDisk(t, "1m")
	w := newWire(t, func(c *server.Config) { c.Contents = openFiles(t, files) })
	header := http.Header{"x-ms-blob-type": {"BlockBlob"}}
	a := w.do(w.request("PUT", "data/digits", header, strings.NewReader(strings.Repeat("x", 4<<20))))
	e := w.wantError("put", a, http.StatusInsufficientStorage, "InsufficientStorage")
	if !strings.Contains(e.Message, "disk full") {
		t.Errorf("the message is %q", e.Message)
	}
	if a := w.do(w.request("GET", "data/digits", nil, nil)); a.body != "0123456789" {
		t.Errorf("the blob has %q", a.body)
	}
	if left, err := filepath.Glob(filepath.Join(files, "writing", "*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestMemoryOfALargeBlob holds that memory does not grow with a blob, on its way in and out.
func TestMemoryOfALargeBlob(t *testing.T) {
	const size = 64 << 20
	w := newWire(t)
	r := w.request("PUT", "data/large", http.Header{"x-ms-blob-type": {"BlockBlob"}}, io.LimitReader(zeros{}, size))
	r.ContentLength = size
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if a := w.do(r); a.StatusCode != http.StatusCreated {
		t.Fatal(a.body)
	}
	resp, err := http.DefaultClient.Do(w.request("GET", "data/large", nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil || n != size {
		t.Fatal(n, err)
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > size/8 {
		t.Errorf("%d bytes were allocated for a blob of %d", grown, size)
	}
}

// zeros is an endless reader.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestSignBlob(t *testing.T) {
	w := newWire(t)
	for _, name := range []string{"out/my results 100%.csv", "ä/ö", "plain"} {
		if _, err := w.server.PutBlob(t.Context(), "data", name, strings.NewReader("signed"), &account.Properties{}, account.Anyway); err != nil {
			t.Fatal(err)
		}
		base, relative := w.server.Location("data", name)
		if !strings.HasSuffix(base, "/") || strings.HasPrefix(relative, "/") {
			t.Errorf("the parts are %q and %q", base, relative)
		}
		get := func(token string) answer {
			r, err := http.NewRequestWithContext(t.Context(), "GET", base+relative+token, nil)
			if err != nil {
				t.Fatal(err)
			}
			return w.do(r)
		}
		if a := get(w.server.SignBlob("data", name, "r", time.Now().Add(time.Hour))); a.body != "signed" {
			t.Errorf("%s: %s %s", name, a.Status, a.body)
		}
		w.wantError("for another blob", get(w.server.SignBlob("data", name+"x", "r", time.Now().Add(time.Hour))), 403, "AuthenticationFailed")
		w.wantError("expired", get(w.server.SignBlob("data", name, "r", time.Now().Add(-time.Second))), 403, "AuthenticationFailed")
		w.wantError("other permissions", get(w.server.SignBlob("data", name, "d", time.Now().Add(time.Hour))), 403, "AuthorizationPermissionMismatch")
	}
}

// The copy's source may carry its own signature.
func TestCopyBySignature(t *testing.T) {
	w := newWire(t)
	source := w.url + "/data/digits" + w.server.SignBlob("data", "digits", "r", time.Now().Add(time.Hour))
	if a := w.do(w.request("PUT", "data/copied", http.Header{"x-ms-copy-source": {source}}, nil)); a.StatusCode != http.StatusAccepted || a.Header.Get("x-ms-copy-status") != "success" {
		t.Fatalf("%s %s", a.Status, a.body)
	}
	a := w.do(w.request("GET", "data/copied", nil, nil))
	if a.body != "0123456789" || strings.Contains(a.Header.Get("x-ms-copy-source"), "sig=") {
		t.Errorf("got %q, source %q", a.body, a.Header.Get("x-ms-copy-source"))
	}
	source = w.url + "/data/digits" + w.server.SignBlob("data", "digits", "w", time.Now().Add(time.Hour))
	w.wantError("a signature for writing", w.do(w.request("PUT", "data/copied", http.Header{"x-ms-copy-source": {source}}, nil)), 403, "CannotVerifyCopySource")
}

func TestAccessPoliciesAreRefused(t *testing.T) {
	w := newWire(t)
	w.wantError("by a signature", w.do(w.request("PUT", "data?restype=container&comp=acl", nil, nil)), 403, "AuthorizationPermissionMismatch")
	for body, code := range map[string]string{
		"": "", "<SignedIdentifiers/>": "", "<Other/>": "InvalidXmlDocument",
		"<SignedIdentifiers><SignedIdentifier><Id>p</Id></SignedIdentifier></SignedIdentifiers>": "UnsupportedXmlNode",
	} {
		r, err := http.NewRequestWithContext(t.Context(), "PUT", w.url+"/data?restype=container&comp=acl", bytes.NewReader([]byte(body)))
		if err != nil {
			t.Fatal(err)
		}
		w.signSharedKey(r)
		a := w.do(r)
		if code == "" && a.StatusCode != http.StatusOK {
			t.Errorf("%q: %s %s", body, a.Status, a.body)
		}
		if code != "" {
			w.wantError(body, a, 400, code)
		}
	}
}

func TestCredentialIsKept(t *testing.T) {
	dir := t.TempDir()
	var kept string
	for range 2 {
		t.Run("start", func(t *testing.T) {
			s := start(t, inFolder(t, dir))
			if kept != "" && s.ConnectionString() != strings.Replace(kept, hostOf(kept), hostOf(s.ConnectionString()), 1) {
				t.Error("the second start has another credential")
			}
			kept = s.ConnectionString()
			if name := s.AccountName(); len(name) < 3 || len(name) > 24 || strings.ToLower(name) != name {
				t.Errorf("the account is called %q", name)
			}
		})
	}
	key := storageParts(kept)["AccountKey"]
	for _, file := range []string{"portico.db", "portico.db-wal"} {
		b, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte(key)) {
			t.Errorf("%s has the key in the clear", file)
		}
	}
}
