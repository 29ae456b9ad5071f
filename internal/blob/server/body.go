package server

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc64"
	"io"
	"net/http"
	"os"
	"time"

	"portico/internal/fault"
)

// body is a request's body that must not stall.
type body struct {
	from    io.Reader
	control *http.ResponseController
	stall   time.Duration
	begun   bool  // the client was asked for it
	err     error // what ended it
}

func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	b.begun = true
	_ = b.control.SetReadDeadline(time.Now().Add(b.stall)) // where there is no deadline, there is no network
	n, err := b.from.Read(p)
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, io.EOF):
		_ = b.control.SetReadDeadline(time.Time{}) // net/http goes on to watch the connection
		b.err = io.EOF
	case errors.Is(err, os.ErrDeadlineExceeded):
		b.err = fault.Coded(fault.Unavailable, "OperationTimedOut", "The operation could not be completed within the permitted time: the body stalled for %s.", b.stall)
	default:
		b.err = fault.Wrap(err, fault.Cancelled, "The request's body ended before its Content-Length.")
	}
	return n, b.err
}

// contentLength gives the length that the client declared, which must be there and within a limit.
func (c *call) contentLength(limit int64) (int64, error) {
	if c.r.ContentLength < 0 || c.r.ContentLength == 0 && c.r.Header.Get("Content-Length") == "" && c.r.ProtoMajor == 1 {
		return 0, fault.Coded(fault.Invalid, "MissingContentLengthHeader", "The Content-Length header was not specified.")
	}
	if c.r.ContentLength > limit {
		return 0, fault.Coded(fault.TooLarge, "RequestBodyTooLarge", "The request body is too large and exceeds the maximum permissible limit.").
			With("", "MaxLimit", "%d", limit)
	}
	return c.r.ContentLength, nil
}

// crcPolynomial is that of Azure's x-ms-content-crc64 (CRC-64/NVME), reflected.
const crcPolynomial = 0x9A6C9329AC4BC9B5

// upload reads a body to its end, and there holds it against what the client declared.
type upload struct {
	from     io.Reader
	left     int64 // bytes that are to come
	md5      checksum
	crc      checksum
	finished func() // if not nil, called at the end of a body that holds
}

// checksum is one of an upload's. The bytes are kept in the wire's order.
type checksum struct {
	hash     hash.Hash // nil: it is not computed
	declared []byte    // nil: the client declared none
}

// The headers of a body's checksums.
const (
	headerMD5     = "Content-MD5"
	headerBlobMD5 = "x-ms-blob-content-md5"
	headerCRC     = "x-ms-content-crc64"
)

// newUpload takes the call's body, of at most limit bytes. Of the headers for an MD5 the first that is there counts.
func (c *call) newUpload(limit int64, md5Headers ...string) (*upload, error) {
	length, err := c.contentLength(limit)
	if err != nil {
		return nil, err
	}
	u := &upload{from: c.body, left: length}
	for _, name := range md5Headers {
		sum, err := decodeMD5(c.r.Header.Get(name))
		if err != nil {
			return nil, err
		}
		if u.md5.declared == nil {
			u.md5.declared = sum
		}
	}
	if v := c.r.Header.Get(headerCRC); v != "" {
		if u.crc.declared, err = base64.StdEncoding.DecodeString(v); err != nil || len(u.crc.declared) != crc64.Size {
			return nil, invalidHeader(headerCRC, v)
		}
		if c.r.Header.Get(headerMD5) != "" {
			return nil, fault.Coded(fault.Invalid, "BothCrc64AndMd5HeaderPresent", "Both x-ms-content-crc64 header and Content-MD5 header are present.")
		}
		u.crc.compute(newCRC)
	}
	if u.md5.declared != nil {
		u.md5.compute(md5.New)
	}
	return u, nil
}

// decodeMD5 reads a header's MD5, nil where there is none.
func decodeMD5(v string) ([]byte, error) {
	if v == "" {
		return nil, nil
	}
	sum, err := base64.StdEncoding.DecodeString(v)
	if err != nil || len(sum) != md5.Size {
		return nil, fault.Coded(fault.Invalid, "InvalidMd5", "The MD5 value specified in the request is invalid. The MD5 value must be 128 bits and Base64-encoded.")
	}
	return sum, nil
}

func newCRC() hash.Hash { return crc64.New(crc64.MakeTable(crcPolynomial)) }

// Read implements io.Reader. In place of io.EOF it gives a fault where the body is not what was declared.
func (u *upload) Read(p []byte) (int, error) {
	n, err := u.from.Read(p)
	u.left -= int64(n)
	for _, c := range []checksum{u.md5, u.crc} {
		if c.hash != nil {
			c.hash.Write(p[:n])
		}
	}
	if errors.Is(err, io.EOF) {
		if e := u.check(); e != nil {
			return n, e
		}
		if u.finished != nil {
			u.finished()
		}
	}
	return n, err
}

func (u *upload) check() error {
	switch {
	case u.left != 0:
		return fault.New(fault.Cancelled, "The request's body does not have the length of its Content-Length.")
	case !u.md5.holds():
		return fault.Coded(fault.Invalid, "Md5Mismatch", "The MD5 value specified in the request did not match with the MD5 value calculated by the server.").
			With("", "UserSpecifiedMd5", "%s", encode(u.md5.declared)).With("", "ServerCalculatedMd5", "%s", encode(u.md5.sum()))
	case !u.crc.holds():
		return fault.Coded(fault.Invalid, "Crc64Mismatch", "The CRC64 value specified in the request did not match with the CRC64 value calculated by the server.").
			With("", "UserSpecifiedCrc64", "%s", encode(u.crc.declared)).With("", "ServerCalculatedCrc64", "%s", encode(u.crc.sum()))
	}
	return nil
}

func encode(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func (c *checksum) compute(newHash func() hash.Hash) {
	if c.hash == nil {
		c.hash = newHash()
	}
}

// hashAside has the MD5 of a long body computed beside its reading, until stop is called.
func (u *upload) hashAside() (stop func()) {
	if u.md5.hash == nil || u.left < asideFromSize {
		return func() {}
	}
	a := newAside(u.md5.hash)
	u.md5.hash = a
	return a.stop
}

func (c checksum) holds() bool { return c.declared == nil || bytes.Equal(c.declared, c.sum()) }

// sum gives the checksum of what was read: an MD5 as it is, a CRC with its least byte first, as Azure has it.
func (c checksum) sum() []byte {
	if h, ok := c.hash.(hash.Hash64); ok {
		return binary.LittleEndian.AppendUint64(nil, h.Sum64())
	}
	return c.hash.Sum(nil)
}

// answerSums tells the client the sums of what arrived.
func (u *upload) answerSums(h http.Header) {
	if u.md5.hash != nil {
		set(h, headerMD5, encode(u.md5.sum()))
	}
	if u.crc.hash != nil {
		set(h, headerCRC, encode(u.crc.sum()))
	}
}
