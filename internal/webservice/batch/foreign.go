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

// How an account that does not answer is treated: each try has stall to send its
// headers, and the body of a blob as long for each of its pieces.
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
	host   string
	stall  time.Duration
}

func newForeign(l *location, client *http.Client, stall time.Duration) (*foreign, error) {
	options := &blockblob.ClientOptions{ClientOptions: policy.ClientOptions{
		Transport: client,
		Retry:     policy.RetryOptions{MaxRetries: foreignRetries, RetryDelay: retryDelay, MaxRetryDelay: maxRetryDelay, TryTimeout: stall},
		Telemetry: policy.TelemetryOptions{Disabled: true},
	}}
	u, err := url.Parse(l.endpoint)
	if err != nil {
		return nil, err
	}
	f := &foreign{host: u.Host, stall: stall}
	address := l.endpoint + (&url.URL{Path: "/" + l.container + "/" + l.blob}).EscapedPath()
	if l.key == "" {
		f.client, err = blockblob.NewClientWithNoCredential(address+"?"+l.signature, options)
		return f, err
	}
	cred, err := blob.NewSharedKeyCredential(l.account, l.key)
	if err != nil {
		return nil, fault.Coded(fault.Invalid, "InvalidBlobConnectionString", "The AccountKey of account %s is not base64.", cut(l.account))
	}
	f.client, err = blockblob.NewClientWithSharedKeyCredential(address, cred, options)
	return f, err
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
	d, err := f.client.DownloadStream(ctx, options)
	if err != nil {
		cancel(nil)
		if bloberror.HasCode(err, bloberror.InvalidRange) && offset > 0 { // all of it was read before
			return io.NopCloser(strings.NewReader("")), nil
		}
		return nil, f.failed(err)
	}
	body := d.NewRetryReader(ctx, &blob.RetryReaderOptions{MaxRetries: foreignRetries})
	return &watched{from: body, foreign: f, cancel: cancel}, nil
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
	timer := time.AfterFunc(w.foreign.stall, func() { w.cancel(errStalled) })
	n, err := w.from.Read(p)
	if !timer.Stop() && err != nil {
		return n, fault.New(fault.Unavailable, "%s sent nothing for %v.", w.foreign.host, w.foreign.stall)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = w.foreign.failed(err)
	}
	return n, err
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
