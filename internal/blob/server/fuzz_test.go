package server

import (
	"bytes"
	"crypto/md5"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"portico/internal/blob/account"
	"portico/internal/secret"
)

// fuzzed is a server without an account behind it.
func fuzzed(f *testing.F) *Server {
	cred, err := newCredential("portico0", secret.APIKey())
	if err != nil {
		f.Fatal(err)
	}
	return &Server{credential: cred}
}

// No call that was not signed with the key is let in, whatever it says.
func FuzzSharedKey(f *testing.F) {
	s := fuzzed(f)
	f.Add("SharedKey portico0:AAAA", "/portico0/c/b", "comp=list&restype=container", "2021-12-02", "x-ms-meta-a_", "v")
	f.Add("SharedKeyLite portico0:", "/portico0", "comp", "", "x-ms-date", "Mon, 23 Nov 2026 07:02:00 GMT")
	f.Add("Bearer x", "", "%zz", "2009-09-19", "Date", "x")
	f.Fuzz(func(t *testing.T, authorization, path, rawQuery, version, name, value string) {
		r := &http.Request{Method: "PUT", RequestURI: path + "?" + rawQuery, URL: &url.URL{Path: path, RawQuery: rawQuery}, Host: "h", Header: http.Header{"Authorization": {authorization}, "X-Ms-Version": {version}, http.CanonicalHeaderKey(name): {value}}}
		c := &call{server: s, r: r, w: discard{}, version: version}
		if err := c.parse(s.credential.account); err != nil {
			return
		}
		if err := s.authenticate(c); err == nil || c.authenticated {
			t.Errorf("%q was let in", authorization)
		}
	})
}

type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

// A signature that was not made with the key is refused; made with it, it never
// says more than was signed.
func FuzzSAS(f *testing.F) {
	s := fuzzed(f)
	f.Add("sv=2020-12-06&sr=b&sp=r&se=2100-01-01&sig=AAAA", "c", "b")
	f.Add("sv=2018-11-09&ss=b&srt=sco&sp=rwdl&st=2020-01-01T00:00Z&se=2100-01-01T00:00:00Z&sip=1.2.3.4-1.2.3.9&spr=https&sig=%00", "c", "")
	f.Add("sv=2012-02-12&sr=c&si=p&sig=", "", "")
	f.Fuzz(func(t *testing.T, rawQuery, container, blob string) {
		query, err := parseQuery(rawQuery)
		if err != nil {
			return
		}
		where := target{blobLevel, container, blob}
		client := netip.MustParseAddr("127.0.0.1")
		if _, err := s.authenticateSAS(query, where, client, false); err == nil {
			t.Errorf("%q was let in", rawQuery)
		}
		str := serviceStringToSign(query, s.credential.account, where)
		if query["ss"] != "" || query["srt"] != "" {
			str = accountStringToSign(query, s.credential.account)
		}
		query["sig"] = s.credential.sign(str)
		if g, err := s.authenticateSAS(query, where, client, false); err == nil && (g.query["sp"] == "" || g.query["se"] == "" || g.query["si"] != "") {
			t.Errorf("%v was let in", query)
		}
	})
}

func FuzzParseRange(f *testing.F) {
	for _, s := range []string{"bytes=0-1", "bytes=5-", "bytes=-5", "bytes=1-0", "bytes=9223372036854775807-9223372036854775807", "bytes=+1-2", "bytes=1-2,3-4", "Bytes=0-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, ok := parseRange(s)
		if !ok {
			return
		}
		if r.from < 0 || r.to < r.from || r.to == r.from && r.from != maxOffset {
			t.Errorf("%q is %+v", s, r)
		}
		if strings.Trim(s, "bytes=-0123456789") != "" || strings.Count(s, "-") != 1 {
			t.Errorf("%q was taken for a range", s)
		}
	})
}

func FuzzParseTarget(f *testing.F) {
	f.Add("h", "/portico0/c/b", "")
	f.Add("portico0.blob.core.windows.net", "/c/a%2Fb", "container")
	f.Add("h", "/portico0//%FF", "")
	f.Fuzz(func(t *testing.T, host, path, restype string) {
		got, err := parseTarget("portico0", host, path, restype)
		if err != nil {
			return
		}
		if got.level != serviceLevel && account.CheckContainerName(got.container) != nil {
			t.Errorf("%q has the container %q", path, got.container)
		}
		if got.level == blobLevel && (!utf8.ValidString(got.blob) || account.CheckBlobName(got.blob) != nil) {
			t.Errorf("%q has the blob %q", path, got.blob)
		}
	})
}

func FuzzBlockList(f *testing.F) {
	f.Add([]byte(`<?xml version="1.0"?><BlockList><Latest>QQ==</Latest><Committed>Qg==</Committed><Uncommitted/></BlockList>`))
	f.Add([]byte(`<BlockList><Latest><Latest>x</Latest></Latest></BlockList><BlockList/>`))
	f.Fuzz(func(t *testing.T, document []byte) {
		list, err := decodeBlockList(bytes.NewReader(document))
		if err == nil && len(list) > bytes.Count(document, []byte("<")) {
			t.Errorf("%d blocks in %q", len(list), document)
		}
	})
}

// A hash computed aside is that of the whole.
func TestAside(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		direct, beside := md5.New(), newAside(md5.New())
		for range random.IntN(50) {
			chunk := make([]byte, random.IntN(10_000))
			for i := range chunk {
				chunk[i] = byte(random.Uint32())
			}
			direct.Write(chunk)
			if _, err := beside.Write(chunk); err != nil {
				t.Fatal(err)
			}
			clear(chunk) // the writer may use it again
		}
		if !bytes.Equal(direct.Sum(nil), beside.Sum(nil)) {
			t.Error("the sums differ")
		}
		beside.stop() // again does nothing
	}
	newAside(md5.New()).stop()
}
