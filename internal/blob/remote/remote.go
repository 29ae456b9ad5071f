// Package remote reaches blobs by what a person types: an account's name and
// key, or a URL with a shared access signature. The workspace's own account is
// reached in process, by the same wire and under the same checks as from outside.
package remote

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
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"portico/internal/fault"
)

// How an account that does not answer is treated.
const (
	retries       = 3
	retryDelay    = 500 * time.Millisecond
	maxRetryDelay = 5 * time.Second
	blockSize     = 4 << 20 // of an upload
)

// Own is the workspace's account.
type Own interface {
	http.Handler
	AccountName() string
	URL() string // of the account, as clients outside see it
	Key() string // stands in where a person who may use the account gives none
}

// Accounts reaches storage accounts. It is safe for concurrent use.
type Accounts struct {
	own     Own
	options policy.ClientOptions
}

// New makes an Accounts that calls accounts elsewhere by client, which holds the
// rule of what may be called. own may be nil.
func New(own Own, client *http.Client) *Accounts {
	a := &Accounts{own: own}
	a.options = policy.ClientOptions{
		Transport: &http.Client{Transport: &inProcess{own, client.Transport}, CheckRedirect: client.CheckRedirect, Timeout: client.Timeout},
		Retry:     policy.RetryOptions{MaxRetries: retries, RetryDelay: retryDelay, MaxRetryDelay: maxRetryDelay},
		Telemetry: policy.TelemetryOptions{Disabled: true},
	}
	return a
}

// Place is where blobs are: an account by name and key with a container, or one blob by its URL.
type Place struct {
	Account, Key string
	Container    string
	URL          string // with a signature, or of a public blob; instead of the others
}

// address is the container's URL, or the blob's, and the key for it.
func (a *Accounts) address(p Place) (address, key string, err error) {
	if p.URL != "" {
		u, err := url.Parse(p.URL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return "", "", fault.Coded(fault.Invalid, InvalidURL, "The address is no absolute URL of http or https.")
		}
		return u.String(), "", nil
	}
	if strings.Trim(p.Account, "abcdefghijklmnopqrstuvwxyz0123456789") != "" || p.Account == "" {
		return "", "", fault.Coded(fault.Invalid, InvalidAccount, "An account's name has lower-case letters and digits only.")
	}
	address = "https://" + p.Account + ".blob.core.windows.net"
	key = p.Key
	if a.own != nil && p.Account == a.own.AccountName() {
		address = a.own.URL()
		if key == "" {
			key = a.own.Key()
		}
	}
	return address + "/" + url.PathEscape(p.Container), key, nil
}

// The codes of failures, besides those that accounts answer.
const (
	InvalidURL     = "InvalidUri"
	InvalidAccount = "InvalidAccount"
	InvalidKey     = "InvalidKey"
)

// List gives the names of a container's blobs that begin with prefix, in order,
// at most limit. It returns fault.TooLarge where there are more.
func (a *Accounts) List(ctx context.Context, p Place, prefix string, limit int) ([]string, error) {
	address, key, err := a.address(p)
	if err != nil {
		return nil, err
	}
	cred, err := credential(p.Account, key)
	if err != nil {
		return nil, err
	}
	c, err := container.NewClientWithSharedKeyCredential(address, cred, &container.ClientOptions{ClientOptions: a.options})
	if err != nil {
		return nil, failed(err)
	}
	var names []string
	for pages := c.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: &prefix}); pages.More(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failed(err)
		}
		for _, item := range page.Segment.BlobItems {
			names = append(names, *item.Name)
		}
		if len(names) > limit {
			return nil, fault.New(fault.TooLarge, "more than %d blobs have such a name", limit)
		}
	}
	return names, nil
}

// Open reads a blob; name is "" where the place is the blob's URL.
func (a *Accounts) Open(ctx context.Context, p Place, name string) (io.ReadCloser, error) {
	c, err := a.client(p, name)
	if err != nil {
		return nil, err
	}
	d, err := c.DownloadStream(ctx, nil)
	if err != nil {
		return nil, failed(err)
	}
	return &body{d.NewRetryReader(ctx, &blob.RetryReaderOptions{MaxRetries: retries})}, nil
}

// body gives what goes wrong in the middle as a fault.
type body struct{ io.ReadCloser }

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = failed(err)
	}
	return n, err
}

// Put writes a blob, whole or not at all. Where there is one already and
// overwrite is not asked for, it returns fault.Conflict.
func (a *Accounts) Put(ctx context.Context, p Place, name, contentType string, content io.Reader, overwrite bool) error {
	c, err := a.client(p, name)
	if err != nil {
		return err
	}
	o := &blockblob.UploadStreamOptions{BlockSize: blockSize, Concurrency: 1, HTTPHeaders: &blob.HTTPHeaders{BlobContentType: &contentType}}
	if !overwrite {
		none := azcore.ETagAny
		o.AccessConditions = &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfNoneMatch: &none}}
	}
	_, err = c.UploadStream(ctx, content, o)
	return failed(err)
}

func (a *Accounts) client(p Place, name string) (*blockblob.Client, error) {
	address, key, err := a.address(p)
	if err != nil {
		return nil, err
	}
	o := &blockblob.ClientOptions{ClientOptions: a.options}
	if p.URL != "" {
		c, err := blockblob.NewClientWithNoCredential(address, o)
		return c, failed(err)
	}
	cred, err := credential(p.Account, key)
	if err != nil {
		return nil, err
	}
	c, err := blockblob.NewClientWithSharedKeyCredential(address+(&url.URL{Path: "/" + name}).EscapedPath(), cred, o)
	return c, failed(err)
}

func credential(account, key string) (*blob.SharedKeyCredential, error) {
	cred, err := blob.NewSharedKeyCredential(account, key)
	if err != nil || key == "" {
		return nil, fault.Coded(fault.Invalid, InvalidKey, "The key of account %s is not base64.", account)
	}
	return cred, nil
}

// failed says what an account answered, without what it sent besides its code.
func failed(err error) error {
	var response *azcore.ResponseError
	var known *fault.Error
	switch {
	case err == nil:
		return nil
	case bloberror.HasCode(err, bloberror.BlobAlreadyExists, bloberror.ConditionNotMet):
		return fault.Wrap(err, fault.Conflict, "the blob exists already")
	case errors.As(err, &response):
		kind := fault.Invalid
		switch {
		case response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusForbidden:
			kind = fault.Forbidden
		case response.StatusCode == http.StatusNotFound:
			kind = fault.NotFound
		case response.StatusCode >= http.StatusInternalServerError:
			kind = fault.Unavailable
		}
		code := response.ErrorCode
		if len(code) > 64 {
			code = code[:64]
		}
		f := fault.Coded(kind, code, "the account answered with status %d %s", response.StatusCode, code)
		f.Err = err
		return f
	case errors.As(err, &known) && known.Kind != fault.Internal:
		return fault.Wrap(err, known.Kind, "%s", known.Message)
	}
	return fault.Wrap(err, fault.Unavailable, "the account could not be reached")
}
