package parquet

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"portico/internal/fault"
)

// The kinds of page.
const (
	dataPage       = 0
	dictionaryPage = 2
	dataPageV2     = 3
)

// page is the header of a page and where its bytes are.
type page struct {
	kind             int64
	packed, unpacked int64 // bytes
	values           int64
	encoding         int64
	levelEncoding    int64 // of a data page of the first version
	levelBytes       int64 // of the second version: bytes of definition levels, which are not compressed
	repetitionBytes  int64
	plain            bool // the second version: the values are not compressed
	from             int64
}

const headerBytes = 64 << 10 // a header with statistics of long texts may have some

// readPage reads the header of the page at a place in the chunk.
func (f *File) readPage(k *chunk, at int64) (*page, error) {
	head := make([]byte, min(512, k.from+k.bytes-at))
	for {
		if err := readAt(f.src, head, at); err != nil {
			return nil, err
		}
		c := &compact{data: head}
		p, err := readHeader(c)
		var bad brokenError
		more := min(headerBytes, k.from+k.bytes-at)
		if errors.As(err, &bad) && int64(len(head)) < more {
			head = make([]byte, more)
			continue
		}
		if errors.As(err, &bad) {
			return nil, damaged("%s", bad.what)
		}
		if err != nil {
			return nil, err
		}
		p.from = at + int64(c.at)
		switch {
		case p.packed < 0 || p.unpacked < 0 || p.values < 0 || p.packed > k.from+k.bytes-p.from:
			return nil, damaged("a page is longer than its column")
		case p.packed > maxPageBytes || p.unpacked > maxPageBytes:
			return nil, fault.New(fault.TooLarge, "the Parquet file has a page of %d bytes; a page may have %d: write smaller pages", max(p.packed, p.unpacked), maxPageBytes)
		}
		return p, nil
	}
}

func readHeader(c *compact) (*page, error) {
	p := &page{kind: -1}
	err := c.structure(wireStruct, func(id int, wire byte) (err error) {
		switch id {
		case 1:
			p.kind, err = c.int(wire)
		case 2:
			p.unpacked, err = c.int(wire)
		case 3:
			p.packed, err = c.int(wire)
		case 5, 7, 8:
			err = c.structure(wire, func(field int, wire byte) (err error) {
				switch {
				case field == 1:
					p.values, err = c.int(wire)
				case field == 2 && id != 8, field == 4 && id == 8:
					p.encoding, err = c.int(wire)
				case field == 3 && id == 5:
					p.levelEncoding, err = c.int(wire)
				case field == 5 && id == 8:
					p.levelBytes, err = c.int(wire)
				case field == 6 && id == 8:
					p.repetitionBytes, err = c.int(wire)
				case field == 7 && id == 8:
					p.plain = wire == wireFalse
				default:
					err = c.skip(wire)
				}
				return err
			})
		default:
			err = c.skip(wire)
		}
		return err
	})
	return p, err
}

// content gives a page's bytes, unpacked.
func (f *File) content(k *chunk, p *page) ([]byte, error) {
	packed := make([]byte, p.packed)
	if err := readAt(f.src, packed, p.from); err != nil {
		return nil, err
	}
	levels := int64(0)
	if p.kind == dataPageV2 {
		if p.levelBytes < 0 || p.repetitionBytes < 0 || p.levelBytes > p.packed || p.repetitionBytes > p.packed-p.levelBytes || p.levelBytes+p.repetitionBytes > p.unpacked {
			return nil, damaged("a page's levels are longer than the page")
		}
		levels = p.levelBytes + p.repetitionBytes
		if p.plain {
			return packed, nil
		}
	}
	values, err := unpack(k.codec, packed[levels:], int(p.unpacked-levels))
	if err != nil || levels == 0 {
		return values, err
	}
	return append(packed[:levels:levels], values...), nil
}

// unpack gives the size bytes that were packed with a codec of the format. What
// unpacks to another number is refused before more memory is used than for that.
func unpack(codec int64, packed []byte, size int) ([]byte, error) {
	var r io.Reader
	switch codec {
	case 0:
		if len(packed) != size {
			return nil, damaged("a page has %d bytes where it says %d", len(packed), size)
		}
		return packed, nil
	case 1:
		if n, err := snappy.DecodedLen(packed); err != nil || n != size {
			return nil, damaged("a page that is packed with Snappy does not unpack to its size")
		}
		b, err := snappy.Decode(nil, packed)
		if err != nil {
			return nil, damaged("a page cannot be unpacked: %s", err)
		}
		return b, nil
	case 2:
		z, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			return nil, damaged("a page cannot be unpacked: %s", err)
		}
		r = z
	case 4:
		r = brotli.NewReader(bytes.NewReader(packed))
	case 6:
		z, err := zstd.NewReader(bytes.NewReader(packed), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPageBytes), zstd.WithDecoderMaxWindow(maxZstdWindow))
		if err != nil {
			return nil, damaged("a page cannot be unpacked: %s", err)
		}
		defer z.Close()
		r = z
	case 7:
		b := make([]byte, size)
		if n, err := lz4.UncompressBlock(packed, b); err != nil || n != size {
			return nil, damaged("a page that is packed with LZ4 does not unpack to its size")
		}
		return b, nil
	default:
		return nil, fault.New(fault.Unsupported, "the Parquet file is packed with a codec that is not read (number %d of the format); write it with Snappy, gzip, Brotli, Zstandard or LZ4_RAW", codec)
	}
	b := make([]byte, size)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, damaged("a page cannot be unpacked: %s", err)
	}
	if n, _ := io.ReadFull(r, make([]byte, 1)); n > 0 {
		return nil, damaged("a page unpacks to more than the %d bytes that it says", size)
	}
	return b, nil
}

const maxZstdWindow = 64 << 20

// split cuts the definition levels off a data page of a column.
func (p *page) split(c *Column, content []byte) (levels *hybrid, values []byte, err error) {
	if p.kind == dataPageV2 {
		levels = newHybrid(content[p.repetitionBytes:p.repetitionBytes+p.levelBytes], 1)
		if !c.Optional {
			levels = nil
		}
		return levels, content[p.levelBytes+p.repetitionBytes:], nil
	}
	if !c.Optional {
		return nil, content, nil
	}
	if p.levelEncoding != encodingRLE {
		return nil, nil, fault.New(fault.Unsupported, "the Parquet file is in a form of before 2014 (bit-packed levels); write it anew")
	}
	levelBytes, rest, err := prefixed(content)
	if err != nil {
		return nil, nil, err
	}
	return newHybrid(levelBytes, 1), rest, nil
}

// prefixed cuts off bytes that have their number before them.
func prefixed(b []byte) (head, rest []byte, err error) {
	if len(b) < 4 || uint64(binary.LittleEndian.Uint32(b)) > uint64(len(b)-4) {
		return nil, nil, damaged("a page is cut off")
	}
	n := binary.LittleEndian.Uint32(b)
	return b[4 : 4+n], b[4+n:], nil
}
