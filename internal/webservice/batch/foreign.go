package batch

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"

	"bytes"

	"portico/internal/fault"
)

// How an account that does not answer is treated: each try of a small call has
// stall to end, and a blob that is read has as long for its headers and for each
// of its pieces, however long it is in all.
const (
	foreignRetries = 3
	retryDelay     = 500 * time.Millisecond
	maxRetryDelay  = 5 * time.Second
)

// resultReadable is how long a result's token allows to read it, from each poll on.
const resultReadable = 24 * time.Hour

// foreign is a blob of an account somewhere else, reached by Microsoft's client.
type foreign struct {
	client *blockblob.Client
	reader *blockblob.Client // without a limit of time, which would hold for the whole of a body
	host   string
	stall  time.Duration
}

func newForeign(l *location, client *http.Client, stall time.Duration) (*foreign, error) {
	u, err := url.Parse(l.endpoint)
	if err != nil {
		return nil, err
	}
	f := &foreign{host: u.Host, stall: stall}
	if f.client, err = newBlobClient(l, client, stall); err == nil {
		f.reader, err = newBlobClient(l, client, 0)
	}
	return f, err
}

// newBlobClient makes a client each of whose tries may take so long; 0 is as long as it likes.
func newBlobClient(l *location, client *http.Client, try time.Duration) (*blockblob.Client, error) {
	options := &blockblob.ClientOptions{ClientOptions: policy.ClientOptions{
		Transport: client,
		Retry:     policy.RetryOptions{MaxRetries: foreignRetries, RetryDelay: retryDelay, MaxRetryDelay: maxRetryDelay, TryTimeout: try},
		Telemetry: policy.TelemetryOptions{Disabled: true},
	}}
	address := l.endpoint + (&url.URL{Path: "/" + l.container + "/" + l.blob}).EscapedPath()
	if l.key == "" {
		return blockblob.NewClientWithNoCredential(address+"?"+l.signature, options)
	}
	cred, err := blob.NewSharedKeyCredential(l.account, l.key)
	if err != nil {
		return nil, fault.Coded(fault.Invalid, "InvalidBlobConnectionString", "The AccountKey of account %s is not base64.", cut(l.account))
	}
	return blockblob.NewClientWithSharedKeyCredential(address, cred, options)
}

func (f *foreign) stat(ctx context.Context) (int64, string, error) {
	p, err := f.client.GetProperties(ctx, nil)
	if err != nil {
		return 0, "", f.failed(err)
	}
	if p.ContentLength == nil || p.ETag == nil {
		return 0, "", fault.New(fault.Unavailable, "%s gave no length or no ETag.", f.host)
	}
	return *p.ContentLength, string(*p.ETag), nil
}

func (f *foreign) open(ctx context.Context, etag string, offset int64) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	tag := azcore.ETag(etag)
	options := &blob.DownloadStreamOptions{AccessConditions: &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfMatch: &tag}}}
	if offset > 0 {
		options.Range = blob.HTTPRange{Offset: offset}
	}
	w := &watched{foreign: f, cancel: cancel}
	var d blob.DownloadStreamResponse
	err := w.watch(func() (err error) {
		d, err = f.reader.DownloadStream(ctx, options)
		return err
	})
	if err != nil {
		cancel(nil)
		if bloberror.HasCode(err, bloberror.InvalidRange) && offset > 0 { // all of it was read before
			return io.NopCloser(strings.NewReader("")), nil
		}
		return nil, f.failed(err)
	}
	w.from = d.NewRetryReader(ctx, &blob.RetryReaderOptions{MaxRetries: foreignRetries})
	return w, nil
}

// watched reads a body and gives up on one that stalls.
type watched struct {
	from    io.ReadCloser
	foreign *foreign
	cancel  context.CancelCauseFunc
}

var errStalled = errors.New("stalled")

// Read implements io.Reader.
func (w *watched) Read(p []byte) (int, error) {
	var n int
	err := w.watch(func() (err error) {
		n, err = w.from.Read(p)
		return err
	})
	if err != nil && !errors.Is(err, io.EOF) {
		err = w.foreign.failed(err)
	}
	return n, err
}

// watch gives up on what takes longer than an account may.
func (w *watched) watch(do func() error) error {
	timer := time.AfterFunc(w.foreign.stall, func() { w.cancel(errStalled) })
	err := do()
	if !timer.Stop() && err != nil {
		return fault.New(fault.Unavailable, "%s sent nothing for %v.", w.foreign.host, w.foreign.stall)
	}
	return err
}

// Close implements io.Closer.
func (w *watched) Close() error {
	err := w.from.Close()
	w.cancel(nil)
	return err
}

func (f *foreign) putBlock(ctx context.Context, id string, content []byte) error {
	_, err := f.client.StageBlock(ctx, id, streaming.NopCloser(bytes.NewReader(content)), nil)
	return f.failed(err)
}

func (f *foreign) commit(ctx context.Context, ids []string, contentType string) error {
	_, err := f.client.CommitBlockList(ctx, ids, &blockblob.CommitBlockListOptions{HTTPHeaders: &blob.HTTPHeaders{BlobContentType: &contentType}})
	return f.failed(err)
}

// failed says what an account answered, without what it sent besides its code.
func (f *foreign) failed(err error) error {
	var response *azcore.ResponseError
	switch {
	case err == nil:
		return nil
	case fault.Is(err, fault.Unavailable):
		return err
	case bloberror.HasCode(err, bloberror.ConditionNotMet):
		return changed()
	case bloberror.HasCode(err, bloberror.InvalidBlockList):
		return fault.Coded(fault.Conflict, codeBlocksGone, "%s answered InvalidBlockList.", f.host)
	case errors.As(err, &response):
		kind := fault.Invalid
		if response.StatusCode >= 500 {
			kind = fault.Unavailable
		}
		e := fault.Coded(kind, cut(response.ErrorCode), "%s answered with status %d.", f.host, response.StatusCode)
		e.Err = err
		return e
	case errors.Is(err, context.DeadlineExceeded):
		return fault.Wrap(err, fault.Unavailable, "%s did not answer within %v.", f.host, f.stall)
	}
	return fault.Wrap(err, fault.Unavailable, "%s could not be reached.", f.host)
}

// signForeign makes a token to read a result in an account whose key the job has.
func signForeign(l *location, now time.Time) (string, error) {
	cred, err := blob.NewSharedKeyCredential(l.account, l.key)
	if err != nil {
		return "", err
	}
	q, err := sas.BlobSignatureValues{
		ContainerName: l.container, BlobName: l.blob, Permissions: (&sas.BlobPermissions{Read: true}).String(), ExpiryTime: now.UTC().Add(resultReadable),
	}.SignWithSharedKey(cred)
	if err != nil {
		return "", err
	}
	return q.Encode(), nil
}
