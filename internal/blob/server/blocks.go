package server

import (
	"bytes"
	"crypto/md5"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strconv"

	"portico/internal/blob/account"
	"portico/internal/fault"
)

// Limits of the bodies that are documents.
const (
	maxBlockList = 16 << 20 // bytes; 50,000 blocks with the longest IDs take 7 MB
	maxACL       = 64 << 10
)

// putBlock takes a block.
func (s *Server) putBlock(c *call) error {
	if v := c.r.Header.Get(headerCopySource); v != "" { // Put Block From URL
		return unsupportedHeader(headerCopySource, v)
	}
	id, ok := c.query["blockid"]
	if !ok {
		return fault.Coded(fault.Invalid, "MissingRequiredQueryParameter", "A query parameter that's mandatory for this request is not specified.").
			With("", "QueryParameterName", "blockid")
	}
	u, err := c.newUpload(account.MaxBlockBytes, headerMD5)
	if err != nil {
		return err
	}
	if u.left == 0 {
		return invalidHeader("Content-Length", "0")
	}
	c.computeSum(u)
	defer u.hashAside()()
	if err := s.PutBlock(c.r.Context(), c.target.container, c.target.blob, id, u); err != nil {
		return err
	}
	set(c.w.Header(), "x-ms-request-server-encrypted", "false")
	u.answerSums(c.w.Header())
	c.status(http.StatusCreated)
	return nil
}

// crcSince is the version from which a body's CRC is told, and its MD5 only to who sent one.
const crcSince = "2019-02-02"

// computeSum has an upload compute the checksum that its answer tells.
func (c *call) computeSum(u *upload) {
	switch {
	case u.md5.hash != nil || u.crc.hash != nil:
	case c.version >= crcSince:
		u.crc.compute(newCRC)
	default:
		u.md5.compute(md5.New)
	}
}

// putBlockList makes a blob of blocks.
func (s *Server) putBlockList(c *call) error {
	x, err := c.writeConditions()
	if err != nil {
		return err
	}
	p, err := propertiesOf(c.r.Header)
	if err != nil {
		return err
	}
	u, err := c.newUpload(maxBlockList, headerMD5)
	if err != nil {
		return err
	}
	c.computeSum(u)
	list, err := decodeBlockList(u)
	if err != nil {
		return err
	}
	made, err := s.CommitBlocks(c.r.Context(), c.target.container, c.target.blob, list, p, c.checkMake(x))
	if err != nil {
		return err
	}
	c.made(made, u)
	return nil
}

// decodeBlockList reads <BlockList> with its <Latest>, <Committed> and <Uncommitted>, whose order counts.
func decodeBlockList(r io.Reader) ([]account.BlockRef, error) {
	sources := map[string]account.BlockSource{"Latest": account.Latest, "Committed": account.Committed, "Uncommitted": account.Uncommitted}
	d := xml.NewDecoder(r)
	var list []account.BlockRef
	for root := false; ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && root {
			return list, nil
		}
		if err != nil {
			return nil, invalidXML(err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if !root && start.Name.Local == "BlockList" {
			root = true
			continue
		}
		source, ok := sources[start.Name.Local]
		if !root || !ok {
			return nil, invalidXML(errors.New("unexpected element " + start.Name.Local))
		}
		var id string
		if err := d.DecodeElement(&id, &start); err != nil {
			return nil, invalidXML(err)
		}
		if list = append(list, account.BlockRef{ID: id, Source: source}); len(list) > account.MaxBlocks {
			return nil, account.BlockListTooLong()
		}
	}
}

// invalidXML is the error for a document that cannot be read, unless the body itself failed.
func invalidXML(err error) error {
	var f *fault.Error
	if errors.As(err, &f) {
		return f
	}
	return &fault.Error{Kind: fault.Invalid, Code: "InvalidXmlDocument", Message: "XML specified is not syntactically valid.", Err: err}
}

// readXML reads a whole body as XML into a value.
func (c *call) readXML(limit int64, v any) error {
	u, err := c.newUpload(limit, headerMD5)
	if err != nil {
		return err
	}
	document, err := io.ReadAll(u)
	if err != nil {
		return err
	}
	if err := xml.NewDecoder(bytes.NewReader(document)).Decode(v); err != nil {
		return invalidXML(err)
	}
	return nil
}

// blockListDocument is the answer of getBlockList.
type blockListDocument struct {
	XMLName     xml.Name   `xml:"BlockList"`
	Committed   *blockList `xml:"CommittedBlocks"`
	Uncommitted *blockList `xml:"UncommittedBlocks"`
}

type blockList struct {
	Blocks []blockItem `xml:"Block"`
}

type blockItem struct {
	Name string
	Size int64
}

func newBlockList(blocks []account.Block) *blockList {
	l := &blockList{}
	for _, b := range blocks {
		if b.ID != "" { // a blob that came in one piece has no blocks to speak of
			l.Blocks = append(l.Blocks, blockItem{b.ID, b.Size})
		}
	}
	return l
}

func (s *Server) getBlockList(c *call) error {
	x, err := conditionsOf(c.r.Header, "")
	if err != nil {
		return err
	}
	b, committed, uncommitted, err := s.Blocks(c.r.Context(), c.target.container, c.target.blob)
	if err != nil {
		return err
	}
	if err := x.read(versionOf(b)); err != nil {
		return err
	}
	var document blockListDocument
	switch kind := c.query["blocklisttype"]; kind {
	case "", "committed":
		document.Committed = newBlockList(committed)
	case "uncommitted":
		document.Uncommitted = newBlockList(uncommitted)
	case "all":
		document.Committed, document.Uncommitted = newBlockList(committed), newBlockList(uncommitted)
	default:
		return invalidParameter("blocklisttype", kind, "It can be committed, uncommitted or all.")
	}
	if b != nil {
		setVersion(c.w.Header(), versionOf(b))
		set(c.w.Header(), "x-ms-blob-content-length", strconv.FormatInt(b.Size, 10))
	} else {
		set(c.w.Header(), "x-ms-blob-content-length", "0")
	}
	return c.answerXML(http.StatusOK, document)
}
