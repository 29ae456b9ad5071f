package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"portico/internal/fault"
)

// Visitor takes what a backup holds, in the order of the file. A nil function leaves its part out.
type Visitor struct {
	Row  func(table string, row []byte) error
	Blob func(store, key string, r io.Reader) error
	File func(name string, r io.Reader) error
}

// maxManifest and maxRow bound what is read into memory.
const (
	maxManifest = 1 << 20
	maxRow      = 1 << 30
)

// Read goes through a backup. What v gets is not checked yet: only when Read
// returns nil the whole file is as it was written. Read a file without a Visitor
// first. It returns fault.Invalid for what is no backup, or is damaged or cut
// short, and fault.Unsupported for another format.
func Read(r io.Reader, v Visitor) (Manifest, error) {
	b := &reader{tar: tar.NewReader(r), visitor: v}
	if err := b.readManifest(); err != nil {
		return Manifest{}, err
	}
	for {
		whole, err := b.readEntry()
		if err != nil || whole {
			return b.manifest, err
		}
	}
}

type reader struct {
	tar      *tar.Reader
	visitor  Visitor
	manifest Manifest
	sums     bytes.Buffer // of the entries so far, as Writer writes them
}

func damaged(err error, what string) error {
	return fault.Wrap(err, fault.Invalid, "The backup is damaged or cut short (%s). Take another copy of it.", what)
}

// next gives the next entry and, once it was read to the end, its checksum's line.
func (b *reader) next() (header *tar.Header, content io.Reader, line func() (string, error), err error) {
	header, err = b.tar.Next()
	if err != nil {
		return nil, nil, nil, err
	}
	sum := sha256.New()
	content = io.TeeReader(entryReader{b.tar, header.Name}, sum)
	return header, content, func() (string, error) {
		_, err := io.Copy(io.Discard, content)
		return sumLine(header.Name, sum.Sum(nil)), err
	}, nil
}

// entryReader reads one entry, of which bytes may be missing.
type entryReader struct {
	r    io.Reader
	name string
}

// Read implements io.Reader.
func (e entryReader) Read(b []byte) (int, error) {
	n, err := e.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = damaged(err, e.name)
	}
	return n, err
}

func (b *reader) readManifest() error {
	header, content, line, err := b.next()
	if err != nil || header.Name != manifestName {
		return fault.Wrap(err, fault.Invalid, "The file is no backup of Portico.")
	}
	if err := json.NewDecoder(io.LimitReader(content, maxManifest)).Decode(&b.manifest); err != nil {
		return damaged(err, header.Name)
	}
	if b.manifest.Format != Format {
		return fault.New(fault.Unsupported, "The backup has format %d and this program reads %d: use the newer Portico that wrote it.", b.manifest.Format, Format)
	}
	text, err := line()
	b.sums.WriteString(text)
	return err
}

// readEntry reads one entry; whole says that it was the last, and all checksums hold.
func (b *reader) readEntry() (whole bool, err error) {
	header, content, line, err := b.next()
	if err != nil {
		return false, damaged(err, "its end is missing")
	}
	if header.Name == checksumsName {
		want, err := io.ReadAll(io.LimitReader(content, int64(b.sums.Len())+1))
		if err != nil {
			return false, err
		}
		if !bytes.Equal(want, b.sums.Bytes()) {
			return false, damaged(nil, "the checksum of "+firstDifference(b.sums.String(), string(want))+" does not hold")
		}
		return true, nil
	}
	if err := b.visit(header.Name, content); err != nil {
		return false, err
	}
	text, err := line()
	b.sums.WriteString(text)
	return false, err
}

// firstDifference names the first entry whose line differs.
func firstDifference(have, want string) string {
	wanted := strings.Split(want, "\n")
	for i, line := range strings.Split(have, "\n") {
		if i >= len(wanted) || line != wanted[i] {
			_, name, _ := strings.Cut(line, "  ")
			return name
		}
	}
	return checksumsName
}

func (b *reader) visit(entry string, content io.Reader) error {
	kind, rest, _ := strings.Cut(entry, "/")
	first, second, _ := strings.Cut(rest, "/")
	switch {
	case kind == tablesFolder && b.visitor.Row != nil:
		return b.visitRows(first, content)
	case kind == blobsFolder && b.visitor.Blob != nil:
		key, err := url.PathUnescape(second)
		if err != nil {
			return damaged(err, entry)
		}
		return b.visitor.Blob(first, key, content)
	case kind == filesFolder && b.visitor.File != nil:
		return b.visitor.File(rest, content)
	}
	return nil
}

func (b *reader) visitRows(table string, content io.Reader) error {
	lines := bufio.NewReaderSize(content, 64<<10)
	for {
		row, err := readLine(lines)
		if errors.Is(err, io.EOF) && len(row) == 0 {
			return nil
		}
		if err != nil {
			return damaged(err, "a row of "+table)
		}
		if err := b.visitor.Row(table, row); err != nil {
			return fmt.Errorf("a row of %s: %w", table, err)
		}
	}
}

// readLine reads up to a newline, which it leaves out.
func readLine(r *bufio.Reader) (line []byte, err error) {
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if err == nil {
			return line[:len(line)-1], nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
		if len(line) > maxRow {
			return nil, errors.New("it is too long")
		}
	}
}
