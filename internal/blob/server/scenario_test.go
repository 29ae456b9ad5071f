package server_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"
)

// scenario is what Microsoft's Go client asks of an account.
type scenario struct {
	*testing.T
	*transcript
	ctx     context.Context
	storage storage
	service *service.Client
	options azcore.ClientOptions
}

func runScenario(t *testing.T, st storage) string {
	s := &scenario{T: t, transcript: &transcript{account: st.account}, ctx: t.Context(), storage: st}
	s.options = azcore.ClientOptions{Transport: s.transcript, Retry: policy.RetryOptions{MaxRetries: -1}}
	var err error
	s.service, err = service.NewClientFromConnectionString(st.connection, &service.ClientOptions{ClientOptions: s.options})
	s.must(err)
	s.containers()
	s.blobs()
	s.ranges()
	s.conditions()
	s.blocks()
	s.lists()
	s.copies()
	s.signatures()
	s.raw()
	return s.transcript.String()
}

// must ends the test when a call fails that has to work.
func (s *scenario) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// refused checks that a call failed by an answer of the server, which the transcript has.
func (s *scenario) refused(err error) {
	s.Helper()
	var answer *azcore.ResponseError
	if !errors.As(err, &answer) {
		s.Errorf("the server did not refuse: %v", err)
	}
}

func body(text string) io.ReadSeekCloser { return streaming.NopCloser(strings.NewReader(text)) }

func (s *scenario) containers() {
	c := s.service.NewContainerClient("data")
	s.step("container: create, twice")
	_, err := c.Create(s.ctx, &container.CreateOptions{Metadata: map[string]*string{"owner": to.Ptr("me"), "a_b": to.Ptr("1"), "ab": to.Ptr("2"), "a0": to.Ptr("3")}})
	s.must(err)
	_, err = c.Create(s.ctx, nil)
	s.refused(err)

	s.step("container: properties, metadata")
	_, err = c.GetProperties(s.ctx, nil)
	s.must(err)
	_, err = c.SetMetadata(s.ctx, &container.SetMetadataOptions{Metadata: map[string]*string{"owner": to.Ptr("you")}})
	s.must(err)
	_, err = c.GetProperties(s.ctx, nil)
	s.must(err)

	s.step("container: access policy")
	_, err = c.GetAccessPolicy(s.ctx, nil)
	s.must(err)

	s.step("container: missing")
	missing := s.service.NewContainerClient("missing")
	_, err = missing.GetProperties(s.ctx, nil)
	s.refused(err)
	_, err = missing.Delete(s.ctx, nil)
	s.refused(err)
	_, err = missing.NewListBlobsFlatPager(nil).NextPage(s.ctx)
	s.refused(err)
	_, err = missing.NewBlockBlobClient("b").Upload(s.ctx, body("x"), nil)
	s.refused(err)
	_, err = missing.NewBlockBlobClient("b").StageBlock(s.ctx, blockID(1), body("x"), nil)
	s.refused(err)
	_, err = missing.NewBlobClient("b").DownloadStream(s.ctx, nil)
	s.refused(err)

	s.step("container: bad names")
	for _, name := range []string{"ab", strings.Repeat("a", 64), "Upper", "two--dashes", "-dash", "under_score"} {
		_, err = s.service.NewContainerClient(name).Create(s.ctx, nil)
		s.refused(err)
	}

	s.step("container: delete")
	short := s.service.NewContainerClient("short")
	_, err = short.Create(s.ctx, nil)
	s.must(err)
	_, err = short.NewBlockBlobClient("b").Upload(s.ctx, body("x"), nil)
	s.must(err)
	_, err = short.Delete(s.ctx, nil)
	s.must(err)
	_, err = short.GetProperties(s.ctx, nil)
	s.refused(err)
}

func (s *scenario) blobs() {
	c := s.service.NewContainerClient("data")
	b := c.NewBlockBlobClient("dir/a b+c%.csv")
	s.step("blob: put, properties, get")
	_, err := b.Upload(s.ctx, body("Col1,Col2\n1,good\n"), &blockblob.UploadOptions{
		Metadata: map[string]*string{"kind": to.Ptr("reviews")},
		HTTPHeaders: &blob.HTTPHeaders{BlobContentType: to.Ptr("text/csv"), BlobContentEncoding: to.Ptr("identity"), BlobContentLanguage: to.Ptr("en"),
			BlobContentDisposition: to.Ptr("attachment"), BlobCacheControl: to.Ptr("no-cache")},
	})
	s.must(err)
	_, err = b.GetProperties(s.ctx, nil)
	s.must(err)
	_, err = b.DownloadStream(s.ctx, nil)
	s.must(err)

	s.step("blob: set properties and metadata")
	_, err = b.SetHTTPHeaders(s.ctx, blob.HTTPHeaders{BlobContentType: to.Ptr("text/plain")}, nil)
	s.must(err)
	_, err = b.GetProperties(s.ctx, nil)
	s.must(err)
	_, err = b.SetMetadata(s.ctx, map[string]*string{"kind": to.Ptr("other"), "n": to.Ptr("1")}, nil)
	s.must(err)
	_, err = b.GetProperties(s.ctx, nil)
	s.must(err)
	_, err = b.SetMetadata(s.ctx, nil, nil)
	s.must(err)
	_, err = b.DownloadStream(s.ctx, nil)
	s.must(err)

	s.step("blob: empty")
	empty := c.NewBlockBlobClient("empty")
	_, err = empty.Upload(s.ctx, body(""), nil)
	s.must(err)
	_, err = empty.DownloadStream(s.ctx, nil)
	s.must(err)
	_, err = empty.GetProperties(s.ctx, nil)
	s.must(err)

	s.step("blob: checksums")
	sum := c.NewBlockBlobClient("sum")
	_, err = sum.Upload(s.ctx, body("x"), &blockblob.UploadOptions{TransactionalValidation: blob.TransferValidationTypeComputeCRC64()})
	s.must(err)
	_, err = sum.Upload(s.ctx, body("x"), &blockblob.UploadOptions{TransactionalValidation: blob.TransferValidationTypeCRC64(1)})
	s.refused(err)
	_, err = sum.Upload(s.ctx, body("x"), &blockblob.UploadOptions{TransactionalValidation: blob.TransferValidationTypeMD5(bytes.Repeat([]byte{1}, 16))})
	s.refused(err)
	_, err = sum.Upload(s.ctx, body("x"), &blockblob.UploadOptions{HTTPHeaders: &blob.HTTPHeaders{BlobContentMD5: []byte("short")}})
	s.refused(err)

	s.step("blob: long names and any characters")
	for _, name := range []string{strings.Repeat("n", 1024), strings.Repeat("é", 1024), "ключ/鍵", "a//b", "q?x=1&y#z", "dot.", "tab\tand'quote\"", "..", "../up"} {
		long := c.NewBlockBlobClient(name)
		_, err = long.Upload(s.ctx, body("content of "+name[:1]), nil)
		s.must(err)
		_, err = long.DownloadStream(s.ctx, nil)
		s.must(err)
		_, err = long.Delete(s.ctx, nil)
		s.must(err)
	}

	s.step("blob: missing")
	missing := c.NewBlockBlobClient("missing")
	_, err = missing.GetProperties(s.ctx, nil)
	s.refused(err)
	_, err = missing.DownloadStream(s.ctx, nil)
	s.refused(err)
	_, err = missing.Delete(s.ctx, nil)
	s.refused(err)
	_, err = missing.SetMetadata(s.ctx, nil, nil)
	s.refused(err)
	_, err = missing.SetHTTPHeaders(s.ctx, blob.HTTPHeaders{}, nil)
	s.refused(err)
	_, err = missing.GetBlockList(s.ctx, blockblob.BlockListTypeAll, nil)
	s.refused(err)

	s.step("blob: delete")
	_, err = sum.Delete(s.ctx, &blob.DeleteOptions{DeleteSnapshots: to.Ptr(blob.DeleteSnapshotsOptionTypeInclude)})
	s.must(err)
	_, err = sum.GetProperties(s.ctx, nil)
	s.refused(err)
}

func (s *scenario) ranges() {
	b := s.service.NewContainerClient("data").NewBlockBlobClient("ranges")
	_, err := b.Upload(s.ctx, body("0123456789"), nil)
	s.must(err)
	s.step("range: inside, over the end, sums")
	for _, r := range []blob.HTTPRange{{Offset: 0, Count: 3}, {Offset: 4}, {Offset: 8, Count: 100}, {Offset: 9, Count: 1}} {
		_, err = b.DownloadStream(s.ctx, &blob.DownloadStreamOptions{Range: r})
		s.must(err)
	}
	_, err = b.DownloadStream(s.ctx, &blob.DownloadStreamOptions{Range: blob.HTTPRange{Offset: 2, Count: 2}, RangeGetContentMD5: to.Ptr(true)})
	s.must(err)
	s.step("range: beyond the end")
	_, err = b.DownloadStream(s.ctx, &blob.DownloadStreamOptions{Range: blob.HTTPRange{Offset: 11, Count: 1}})
	s.refused(err)
}

func (s *scenario) conditions() {
	c := s.service.NewContainerClient("data")
	b := c.NewBlockBlobClient("conditions")
	_, err := b.Upload(s.ctx, body("first"), nil)
	s.must(err)
	p, err := b.GetProperties(s.ctx, nil)
	s.must(err)
	stale, past, future := azcore.ETag(`"0x8D0000000000000"`), time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	with := func(m blob.ModifiedAccessConditions) *blob.AccessConditions {
		return &blob.AccessConditions{ModifiedAccessConditions: &m}
	}
	cases := []struct {
		name string
		blob.ModifiedAccessConditions
	}{
		{"If-Match holds", blob.ModifiedAccessConditions{IfMatch: p.ETag}},
		{"If-Match stale", blob.ModifiedAccessConditions{IfMatch: &stale}},
		{"If-Match any", blob.ModifiedAccessConditions{IfMatch: to.Ptr(azcore.ETagAny)}},
		{"If-None-Match same", blob.ModifiedAccessConditions{IfNoneMatch: p.ETag}},
		{"If-None-Match other", blob.ModifiedAccessConditions{IfNoneMatch: &stale}},
		{"If-Modified-Since past", blob.ModifiedAccessConditions{IfModifiedSince: &past}},
		{"If-Modified-Since future", blob.ModifiedAccessConditions{IfModifiedSince: &future}},
		{"If-Unmodified-Since past", blob.ModifiedAccessConditions{IfUnmodifiedSince: &past}},
		{"If-Unmodified-Since future", blob.ModifiedAccessConditions{IfUnmodifiedSince: &future}},
		{"If-None-Match same, If-Modified-Since past", blob.ModifiedAccessConditions{IfNoneMatch: p.ETag, IfModifiedSince: &past}},
		{"If-None-Match other, If-Modified-Since future", blob.ModifiedAccessConditions{IfNoneMatch: &stale, IfModifiedSince: &future}},
		{"If-Match holds, If-Unmodified-Since future", blob.ModifiedAccessConditions{IfMatch: p.ETag, IfUnmodifiedSince: &future}},
	}
	for _, k := range cases { // what the server answers is in the transcript
		s.step("condition of a read: " + k.name)
		_, _ = b.DownloadStream(s.ctx, &blob.DownloadStreamOptions{AccessConditions: with(k.ModifiedAccessConditions)})
		_, _ = b.GetProperties(s.ctx, &blob.GetPropertiesOptions{AccessConditions: with(k.ModifiedAccessConditions)})
	}
	for _, k := range cases {
		s.step("condition of a write: " + k.name)
		if k.IfMatch != nil && *k.IfMatch == *p.ETag {
			p, err = b.GetProperties(s.ctx, nil)
			s.must(err)
			k.IfMatch = p.ETag
		}
		if k.IfNoneMatch != nil && *k.IfNoneMatch != stale {
			now, err := b.GetProperties(s.ctx, nil)
			s.must(err)
			k.IfNoneMatch = now.ETag
		}
		_, _ = b.SetMetadata(s.ctx, nil, &blob.SetMetadataOptions{AccessConditions: with(k.ModifiedAccessConditions)})
	}
	s.step("condition: a blob that must not exist")
	create := &blockblob.UploadOptions{AccessConditions: with(blob.ModifiedAccessConditions{IfNoneMatch: to.Ptr(azcore.ETagAny)})}
	_, err = b.Upload(s.ctx, body("again"), create)
	s.refused(err)
	_, err = b.CommitBlockList(s.ctx, nil, &blockblob.CommitBlockListOptions{AccessConditions: create.AccessConditions})
	s.refused(err)
	_, err = c.NewBlockBlobClient("conditions-new").Upload(s.ctx, body("new"), create)
	s.must(err)
	s.step("condition: a blob that must exist")
	_, err = c.NewBlockBlobClient("conditions-none").Upload(s.ctx, body("x"), &blockblob.UploadOptions{AccessConditions: with(blob.ModifiedAccessConditions{IfMatch: to.Ptr(azcore.ETagAny)})})
	s.refused(err)
	s.step("condition: too many")
	_, err = b.SetMetadata(s.ctx, nil, &blob.SetMetadataOptions{AccessConditions: with(blob.ModifiedAccessConditions{IfMatch: &stale, IfNoneMatch: &stale})})
	s.refused(err)
	s.step("condition: containers")
	_, err = c.Delete(s.ctx, &container.DeleteOptions{AccessConditions: &container.AccessConditions{ModifiedAccessConditions: &container.ModifiedAccessConditions{IfUnmodifiedSince: &past}}})
	s.refused(err)
}

func blockID(n int) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "block-%04d", n))
}

func (s *scenario) blocks() {
	c := s.service.NewContainerClient("data")
	b := c.NewBlockBlobClient("blocks")
	list := func() {
		_, err := b.GetBlockList(s.ctx, blockblob.BlockListTypeAll, nil)
		s.must(err)
	}
	s.step("blocks: stage and commit")
	for i, part := range []string{"one,", "two,", "three"} {
		_, err := b.StageBlock(s.ctx, blockID(i), body(part), nil)
		s.must(err)
	}
	list()
	_, err := b.GetProperties(s.ctx, nil)
	s.refused(err)
	_, err = b.CommitBlockList(s.ctx, []string{blockID(0), blockID(1), blockID(2)}, &blockblob.CommitBlockListOptions{
		HTTPHeaders: &blob.HTTPHeaders{BlobContentType: to.Ptr("text/csv"), BlobContentMD5: bytes.Repeat([]byte{7}, 16)}, Metadata: map[string]*string{"made": to.Ptr("of blocks")}})
	s.must(err)
	list()
	_, err = b.DownloadStream(s.ctx, nil)
	s.must(err)
	_, err = b.DownloadStream(s.ctx, &blob.DownloadStreamOptions{Range: blob.HTTPRange{Offset: 2, Count: 8}})
	s.must(err)

	s.step("blocks: change the middle, keep the rest")
	_, err = b.StageBlock(s.ctx, blockID(1), body("2,"), nil)
	s.must(err)
	list()
	_, err = b.CommitBlockList(s.ctx, []string{blockID(2), blockID(1), blockID(0), blockID(0)}, nil)
	s.must(err)
	list()
	_, err = b.DownloadStream(s.ctx, nil)
	s.must(err)

	s.step("blocks: an unknown one")
	_, err = b.CommitBlockList(s.ctx, []string{blockID(0), blockID(9)}, nil)
	s.refused(err)
	s.step("blocks: IDs of different lengths, bad ones, checksums")
	_, err = b.StageBlock(s.ctx, blockID(3), body("x"), &blockblob.StageBlockOptions{TransactionalValidation: blob.TransferValidationTypeComputeCRC64()})
	s.must(err)
	_, err = b.StageBlock(s.ctx, "QQ==", body("x"), nil)
	s.refused(err)
	_, err = b.StageBlock(s.ctx, "not base64!", body("x"), nil)
	s.refused(err)
	_, err = b.StageBlock(s.ctx, base64.StdEncoding.EncodeToString(make([]byte, 65)), body("x"), nil)
	s.refused(err)
	_, err = b.StageBlock(s.ctx, blockID(3), body("x"), &blockblob.StageBlockOptions{TransactionalValidation: blob.TransferValidationTypeMD5(make([]byte, 16))})
	s.refused(err)
	s.step("blocks: none")
	_, err = c.NewBlockBlobClient("no-blocks").CommitBlockList(s.ctx, nil, nil)
	s.must(err)
	s.step("blocks: a put drops those that wait")
	_, err = b.Upload(s.ctx, body("whole"), nil)
	s.must(err)
	list()
	s.step("blocks: the client's own upload of a stream")
	content := strings.Repeat("0123456789abcdef", 3<<16)
	b = c.NewBlockBlobClient("stream")
	_, err = b.UploadStream(s.ctx, strings.NewReader(content), &blockblob.UploadStreamOptions{BlockSize: 1 << 20, Concurrency: 1})
	s.must(err)
	got, err := b.DownloadStream(s.ctx, nil)
	s.must(err)
	read, err := io.ReadAll(got.Body)
	s.must(err)
	if string(read) != content {
		s.Error("the stream came back changed")
	}
}

func (s *scenario) lists() {
	c := s.service.NewContainerClient("lists")
	_, err := c.Create(s.ctx, nil)
	s.must(err)
	for _, name := range []string{"a", "a/1", "a/2", "a/b/3", "a0", "b/1", "b/2", "c", "ü/x", "z"} {
		_, err := c.NewBlockBlobClient(name).Upload(s.ctx, body(name), &blockblob.UploadOptions{Metadata: map[string]*string{"name": to.Ptr("x")}})
		s.must(err)
	}
	s.step("list: flat, in pages of 4, with metadata")
	flat := c.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{MaxResults: to.Ptr(int32(4)), Include: container.ListBlobsInclude{Metadata: true}})
	for flat.More() {
		_, err := flat.NextPage(s.ctx)
		s.must(err)
	}
	for _, prefix := range []string{"", "a", "a/", "a/b/", "ü", "none"} {
		s.step("list: by delimiter below " + prefix)
		tree := c.NewListBlobsHierarchyPager("/", &container.ListBlobsHierarchyOptions{Prefix: &prefix, MaxResults: to.Ptr(int32(3))})
		for tree.More() {
			_, err := tree.NextPage(s.ctx)
			s.must(err)
		}
	}
	s.step("list: containers")
	all := s.service.NewListContainersPager(&service.ListContainersOptions{Prefix: to.Ptr("l"), Include: service.ListContainersInclude{Metadata: true}})
	_, err = all.NextPage(s.ctx)
	s.must(err)
	s.step("list: service properties, account")
	_, err = s.service.GetAccountInfo(s.ctx, nil)
	s.must(err)
}

func (s *scenario) copies() {
	c := s.service.NewContainerClient("data")
	source := c.NewBlockBlobClient("copy/source")
	_, err := source.Upload(s.ctx, body("to copy"), &blockblob.UploadOptions{Metadata: map[string]*string{"m": to.Ptr("1")}, HTTPHeaders: &blob.HTTPHeaders{BlobContentType: to.Ptr("text/csv")}})
	s.must(err)
	s.step("copy: within the account")
	target := c.NewBlobClient("copy/target")
	_, err = target.StartCopyFromURL(s.ctx, source.URL(), nil)
	s.must(err)
	_, err = target.DownloadStream(s.ctx, nil)
	s.must(err)
	s.step("copy: with other metadata")
	_, err = target.StartCopyFromURL(s.ctx, source.URL(), &blob.StartCopyFromURLOptions{Metadata: map[string]*string{"m": to.Ptr("2")}})
	s.must(err)
	_, err = target.GetProperties(s.ctx, nil)
	s.must(err)
	s.step("copy: conditions of the source")
	_, err = target.StartCopyFromURL(s.ctx, source.URL(), &blob.StartCopyFromURLOptions{SourceModifiedAccessConditions: &blob.SourceModifiedAccessConditions{SourceIfMatch: to.Ptr(azcore.ETag(`"0x8D"`))}})
	s.refused(err)
	s.step("copy: nothing to abort")
	_, err = target.AbortCopyFromURL(s.ctx, "00000000-0000-0000-0000-000000000000", nil)
	s.refused(err)
}

func (s *scenario) signatures() {
	c := s.service.NewContainerClient("data")
	b := c.NewBlockBlobClient("signed/a b.csv")
	_, err := b.Upload(s.ctx, body("signed"), nil)
	s.must(err)
	blobClient := func(url string) *blockblob.Client {
		cl, err := blockblob.NewClientWithNoCredential(url, &blockblob.ClientOptions{ClientOptions: s.options})
		s.must(err)
		return cl
	}
	later, past := time.Now().Add(time.Hour), time.Now().Add(-time.Hour)

	s.step("SAS: blob, read only")
	url, err := b.GetSASURL(sas.BlobPermissions{Read: true}, later, nil)
	s.must(err)
	reader := blobClient(url)
	_, err = reader.DownloadStream(s.ctx, nil)
	s.must(err)
	_, err = reader.GetProperties(s.ctx, nil)
	s.must(err)
	_, err = reader.Upload(s.ctx, body("x"), nil)
	s.refused(err)
	_, err = reader.Delete(s.ctx, nil)
	s.refused(err)

	s.step("SAS: blob, expired, not begun, damaged")
	for _, times := range [][2]time.Time{{past.Add(-time.Hour), past}, {later, later.Add(time.Hour)}} {
		url, err = b.GetSASURL(sas.BlobPermissions{Read: true}, times[1], &blob.GetSASURLOptions{StartTime: &times[0]})
		s.must(err)
		_, err = blobClient(url).DownloadStream(s.ctx, nil)
		s.refused(err)
	}
	_, err = blobClient(strings.Replace(url, "sp=r", "sp=rw", 1)).DownloadStream(s.ctx, nil)
	s.refused(err)

	s.step("SAS: container")
	url, err = c.GetSASURL(sas.ContainerPermissions{Read: true, List: true, Create: true}, later, nil)
	s.must(err)
	cc, err := container.NewClientWithNoCredential(url, &container.ClientOptions{ClientOptions: s.options})
	s.must(err)
	_, err = cc.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: to.Ptr("signed/")}).NextPage(s.ctx)
	s.must(err)
	_, err = cc.NewBlobClient("signed/a b.csv").DownloadStream(s.ctx, nil)
	s.must(err)
	_, err = cc.NewBlockBlobClient("signed/new").Upload(s.ctx, body("x"), nil)
	s.must(err)
	_, err = cc.NewBlockBlobClient("signed/new").Upload(s.ctx, body("y"), nil)
	s.refused(err)
	_, err = cc.NewBlobClient("signed/new").Delete(s.ctx, nil)
	s.refused(err)
	_, err = cc.GetProperties(s.ctx, nil)
	s.refused(err)

	s.step("SAS: account")
	url, err = s.service.GetSASURL(sas.AccountResourceTypes{Object: true, Container: true}, sas.AccountPermissions{Read: true, Write: true, List: true}, later, nil)
	s.must(err)
	sc, err := service.NewClientWithNoCredential(url, &service.ClientOptions{ClientOptions: s.options})
	s.must(err)
	_, err = sc.NewContainerClient("by-sas").Create(s.ctx, nil)
	s.must(err)
	_, err = sc.NewContainerClient("by-sas").NewBlockBlobClient("b").Upload(s.ctx, body("x"), nil)
	s.must(err)
	_, err = sc.NewContainerClient("by-sas").NewBlockBlobClient("b").DownloadStream(s.ctx, nil)
	s.must(err)
	_, err = sc.NewListContainersPager(nil).NextPage(s.ctx)
	s.refused(err)
	_, err = sc.NewContainerClient("by-sas").Delete(s.ctx, nil)
	s.refused(err)
}

// raw sends what no client would, by an account's signature.
func (s *scenario) raw() {
	signed, err := s.service.GetSASURL(sas.AccountResourceTypes{Object: true, Container: true, Service: true},
		sas.AccountPermissions{Read: true, Write: true, List: true, Delete: true, Create: true}, time.Now().Add(time.Hour), nil)
	s.must(err)
	base, token, _ := strings.Cut(signed, "?")
	for _, k := range []struct {
		name, method, path, query string
		header                    http.Header
		body                      string
	}{
		{"block list of an unknown block", "PUT", "data/raw", "comp=blocklist", nil, "<BlockList><Latest>QUFB</Latest></BlockList>"},
		{"malformed range", "GET", "data/ranges", "", http.Header{"Range": {"bytes=5-2"}}, ""},
		{"x-ms-range over Range", "GET", "data/ranges", "", http.Header{"Range": {"bytes=0-1"}, "X-Ms-Range": {"bytes=2-3"}}, ""},
	} {
		s.step("raw: " + k.name)
		query := token
		if k.query != "" {
			query = k.query + "&" + token
		}
		r, err := http.NewRequestWithContext(s.ctx, k.method, base+k.path+"?"+query, strings.NewReader(k.body))
		s.must(err)
		for name, v := range k.header {
			r.Header[name] = v
		}
		_, err = s.transcript.Do(r)
		s.must(err)
	}
}
