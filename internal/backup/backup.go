// Package backup reads and writes the one file that holds all that a Portico
// keeps. It is a tar of
//
//	manifest.json                 Manifest
//	tables/{table}/{number}.jsonl rows, one JSON object a line (see package store)
//	blobs/{store}/{key}           blobs; the key is escaped as a URL's path segment
//	files/{name}                  files of the data folder
//	checksums                     last: "{SHA-256 in hex}  {entry}" for each entry before
//
// Neither the rows nor the blobs depend on the engine that kept them, so that a
// backup of one engine can be restored on the other.
package backup

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"time"
)

// Format is the version of the file's layout that this program writes and reads.
const Format = 1

// Manifest says what is in a backup.
type Manifest struct {
	Format    int       `json:"format"`
	Schema    int64     `json:"schema"` // version of the database's schema
	Engine    string    `json:"engine"` // that kept it
	Made      time.Time `json:"made"`
	MasterKey bool      `json:"masterKey"` // whether the master key is among the files
}

const (
	manifestName  = "manifest.json"
	checksumsName = "checksums"
	tablesFolder  = "tables"
	blobsFolder   = "blobs"
	filesFolder   = "files"
)

// partSize is about how many bytes of rows one entry has.
const partSize = 1 << 20

// Writer writes a backup. After an error the file is of no use.
type Writer struct {
	tar  *tar.Writer
	made time.Time
	sums bytes.Buffer

	table string
	parts int
	rows  bytes.Buffer
}

// NewWriter begins a backup.
func NewWriter(w io.Writer, m Manifest) (*Writer, error) {
	b := &Writer{tar: tar.NewWriter(w), made: m.Made}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, err
	}
	return b, b.entry(manifestName, int64(len(text)), bytes.NewReader(text))
}

// Row adds a row of a table. The rows of a table come together.
func (b *Writer) Row(table string, row []byte) error {
	if table != b.table || b.rows.Len() >= partSize {
		if err := b.endPart(); err != nil {
			return err
		}
		if table != b.table {
			b.table, b.parts = table, 0
		}
	}
	b.rows.Write(row)
	b.rows.WriteByte('\n')
	return nil
}

func (b *Writer) endPart() error {
	if b.rows.Len() == 0 {
		return nil
	}
	b.parts++
	err := b.entry(fmt.Sprintf("%s/%s/%06d.jsonl", tablesFolder, b.table, b.parts), int64(b.rows.Len()), &b.rows)
	b.rows.Reset()
	return err
}

// Blob adds a blob of one of the stores.
func (b *Writer) Blob(store, key string, size int64, r io.Reader) error {
	if err := b.endPart(); err != nil {
		return err
	}
	return b.entry(blobsFolder+"/"+store+"/"+url.PathEscape(key), size, r)
}

// File adds a file of the data folder; its name has slashes.
func (b *Writer) File(name string, size int64, r io.Reader) error {
	if err := b.endPart(); err != nil {
		return err
	}
	return b.entry(filesFolder+"/"+name, size, r)
}

// Close ends the backup with its checksums.
func (b *Writer) Close() error {
	if err := b.endPart(); err != nil {
		return err
	}
	sums := bytes.Clone(b.sums.Bytes())
	if err := b.entry(checksumsName, int64(len(sums)), bytes.NewReader(sums)); err != nil {
		return err
	}
	return b.tar.Close()
}

// entry writes size bytes of r.
func (b *Writer) entry(name string, size int64, r io.Reader) error {
	header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: b.made, Format: tar.FormatPAX}
	if err := b.tar.WriteHeader(header); err != nil {
		return fmt.Errorf("write %s to the backup: %w", name, err)
	}
	sum := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(b.tar, sum), r, size); err != nil {
		return fmt.Errorf("write %s to the backup: %w", name, err)
	}
	b.sums.WriteString(sumLine(name, sum.Sum(nil)))
	return nil
}

func sumLine(name string, sum []byte) string {
	return hex.EncodeToString(sum) + "  " + name + "\n"
}
