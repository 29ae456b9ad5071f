package server

import (
	"bytes"
	"cmp"
	"crypto/md5"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"portico/internal/blob/account"
	"portico/internal/fault"
)

// maxRangeSum is the longest range of which a checksum is computed.
const maxRangeSum = 4 << 20

// getBlob sends a blob, or a range of it.
func (s *Server) getBlob(c *call) (err error) {
	x, err := conditionsOf(c.r.Header, "")
	if err != nil {
		return err
	}
	wanted, ranged := rangeOf(c.r.Header)
	if !ranged {
		wanted = byteRange{0, maxOffset}
	}
	r, b, err := s.OpenRange(c.r.Context(), c.target.container, c.target.blob, wanted.from, wanted.to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if err := x.read(versionOf(&b)); err != nil {
		return err
	}
	h := c.w.Header()
	size := strconv.FormatInt(b.Size, 10)
	if ranged && wanted.from >= b.Size {
		set(h, "Content-Range", "bytes */"+size)
		return fault.Coded(fault.Invalid, "InvalidRange", "The range specified is invalid for the current size of the resource.")
	}
	length := r.Len()
	content, err := c.withSums(r, length, ranged)
	if err != nil {
		return err
	}
	setBlobHeaders(h, b, c.overrides)
	set(h, "Content-Length", strconv.FormatInt(length, 10))
	setIf(h, headerBlobMD5, encode(b.MD5))
	if !ranged {
		setIf(h, headerMD5, encode(b.MD5))
		c.status(http.StatusOK)
	} else {
		set(h, "Content-Range", "bytes "+strconv.FormatInt(wanted.from, 10)+"-"+strconv.FormatInt(wanted.from+length-1, 10)+"/"+size)
		c.status(http.StatusPartialContent)
	}
	return c.send(content)
}

// withSums computes the checksums of a range that the client asks for, which takes the range into memory.
func (c *call) withSums(r io.Reader, length int64, ranged bool) (io.Reader, error) {
	sums := upload{from: r, left: length}
	for _, want := range []struct {
		header string
		sum    func()
	}{
		{"x-ms-range-get-content-md5", func() { sums.md5.compute(md5.New) }},
		{"x-ms-range-get-content-crc64", func() { sums.crc.compute(newCRC) }},
	} {
		v := c.r.Header.Get(want.header)
		switch {
		case v == "" || v == "false":
			continue
		case v != "true" || !ranged:
			return nil, invalidHeader(want.header, v)
		case length > maxRangeSum:
			return nil, fault.Coded(fault.Invalid, "OutOfRangeInput", "One of the request inputs is out of range: a checksum is computed of at most 4 MiB.").
				With("", "HeaderName", "%s", want.header)
		}
		want.sum()
	}
	if sums.md5.hash == nil && sums.crc.hash == nil {
		return r, nil
	}
	content, err := io.ReadAll(&sums)
	if err != nil {
		return nil, err
	}
	sums.answerSums(c.w.Header())
	return bytes.NewReader(content), nil
}

// outgoing is what is sent, by a connection that must not stall.
type outgoing struct {
	from    io.Reader
	control *http.ResponseController
	stall   time.Duration
	err     error // of from
}

func (o *outgoing) Read(p []byte) (int, error) {
	n, err := o.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		o.err = err
	}
	_ = o.control.SetWriteDeadline(time.Now().Add(o.stall)) // where there is no deadline, there is no network
	return n, err
}

// send sends a body. A client that goes away is no error.
func (c *call) send(content io.Reader) error {
	o := &outgoing{from: content, control: c.body.control, stall: c.body.stall}
	_, _ = io.Copy(c.w, o)                           // o keeps the error that is ours
	_ = c.body.control.SetWriteDeadline(time.Time{}) // the connection goes on
	return o.err
}

// blobProperties answers HEAD.
func (s *Server) blobProperties(c *call) error {
	b, err := s.readable(c)
	if err != nil {
		return err
	}
	h := c.w.Header()
	setBlobHeaders(h, b, c.overrides)
	set(h, "x-ms-access-tier", "Hot")
	set(h, "x-ms-access-tier-inferred", "true")
	setIf(h, headerMD5, encode(b.MD5))
	set(h, "Content-Length", strconv.FormatInt(b.Size, 10))
	c.status(http.StatusOK)
	return nil
}

// blobMetadata answers comp=metadata.
func (s *Server) blobMetadata(c *call) error {
	b, err := s.readable(c)
	if err != nil {
		return err
	}
	setVersion(c.w.Header(), versionOf(&b))
	setMetadata(c.w.Header(), b.Metadata)
	c.status(http.StatusOK)
	return nil
}

// readable describes the call's blob, if its conditions hold.
func (s *Server) readable(c *call) (account.Blob, error) {
	x, err := conditionsOf(c.r.Header, "")
	if err != nil {
		return account.Blob{}, err
	}
	b, err := s.Stat(c.r.Context(), c.target.container, c.target.blob)
	if err != nil {
		return account.Blob{}, err
	}
	return b, x.read(versionOf(&b))
}

// putBlob takes a blob in one piece.
func (s *Server) putBlob(c *call) error {
	h := c.r.Header
	switch kind := h.Get("x-ms-blob-type"); kind {
	case "BlockBlob":
	case "AppendBlob", "PageBlob":
		return unsupportedHeader("x-ms-blob-type", kind)
	case "":
		return missingHeader("x-ms-blob-type")
	default:
		return invalidHeader("x-ms-blob-type", kind)
	}
	x, err := c.writeConditions()
	if err != nil {
		return err
	}
	p, err := propertiesOf(h)
	if err != nil {
		return err
	}
	p.ContentType = cmp.Or(p.ContentType, h.Get("Content-Type"))
	p.ContentEncoding = cmp.Or(p.ContentEncoding, h.Get("Content-Encoding"))
	p.ContentLanguage = cmp.Or(p.ContentLanguage, h.Get("Content-Language"))
	p.CacheControl = cmp.Or(p.CacheControl, h.Get("Cache-Control"))
	u, err := c.newUpload(account.MaxBlobBytes, headerBlobMD5, headerMD5)
	if err != nil {
		return err
	}
	u.md5.compute(md5.New)
	defer u.hashAside()()
	u.finished = func() { p.MD5 = u.md5.sum() }
	made, err := s.PutBlob(c.r.Context(), c.target.container, c.target.blob, u, &p, c.checkMake(x))
	if err != nil {
		return err
	}
	c.made(made, u)
	return nil
}

// made answers a call that made a blob of a body.
func (c *call) made(b account.Blob, u *upload) {
	setVersion(c.w.Header(), versionOf(&b))
	set(c.w.Header(), "x-ms-request-server-encrypted", "false")
	u.answerSums(c.w.Header())
	c.status(http.StatusCreated)
}

func (s *Server) setBlobMetadata(c *call) error {
	metadata, err := metadataOf(c.r.Header)
	if err != nil {
		return err
	}
	return s.changeBlob(c, func(b *account.Blob) { b.Metadata = metadata })
}

// setBlobProperties replaces all of them: what a call does not name is cleared.
func (s *Server) setBlobProperties(c *call) error {
	p, err := propertiesOf(c.r.Header)
	if err != nil {
		return err
	}
	p.ContentType = cmp.Or(p.ContentType, account.DefaultContentType)
	return s.changeBlob(c, func(b *account.Blob) {
		p.Metadata, p.Copy = b.Metadata, b.Copy
		b.Properties = p
	})
}

func (s *Server) changeBlob(c *call, change func(*account.Blob)) error {
	x, err := c.writeConditions()
	if err != nil {
		return err
	}
	b, err := s.ChangeBlob(c.r.Context(), c.target.container, c.target.blob, func(b *account.Blob) error {
		if err := x.check(b); err != nil {
			return err
		}
		change(b)
		return nil
	})
	if err != nil {
		return err
	}
	setVersion(c.w.Header(), versionOf(&b))
	c.status(http.StatusOK)
	return nil
}

// deleteBlob removes a blob. There are no snapshots, so removing only those removes nothing.
func (s *Server) deleteBlob(c *call) error {
	x, err := c.writeConditions()
	if err != nil {
		return err
	}
	switch v := c.r.Header.Get("x-ms-delete-snapshots"); v {
	case "", "include":
		err = s.RemoveBlob(c.r.Context(), c.target.container, c.target.blob, x.check)
	case "only":
		_, err = s.Stat(c.r.Context(), c.target.container, c.target.blob)
	default:
		err = invalidHeader("x-ms-delete-snapshots", v)
	}
	if err != nil {
		return err
	}
	set(c.w.Header(), "x-ms-delete-type-permanent", "true")
	c.status(http.StatusAccepted)
	return nil
}
