package dataset

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"portico/internal/blob"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/secret"
)

// Limits of an upload in blocks. Clients of the classic API send 2 MiB a block.
const (
	MaxBlockBytes = 4 << 20
	MaxBlocks     = 10_000
)

// upload is the record of one that is not finished.
type upload struct {
	DataTypeID string `json:"dataTypeId"`
}

func uploadPath(workspace, id string) string {
	return record.Path("workspaces", workspace, "uploads", id)
}

func blockPrefix(workspace, upload string) string {
	return "uploads/" + workspace + "/" + upload + "/"
}

// blockKey holds the number of blocks too, so that an upload begun again with
// another number is not mixed with the first.
func blockKey(workspace, upload string, blocks, block int) string {
	return fmt.Sprintf("%s%05d/%05d", blockPrefix(workspace, upload), blocks, block)
}

// NewUpload begins an upload in blocks of a file of that type and gives its id
// (azureml.md 5.1, step 1). It returns fault.Throttled where too many are unfinished.
func (s *Service) NewUpload(ctx context.Context, workspace, dataTypeID string) (string, error) {
	if !slices.Contains(DataTypeIDs(), dataTypeID) {
		return "", fault.New(fault.Invalid, "dataTypeId: %q is not a file type; known are %s", dataTypeID, strings.Join(DataTypeIDs(), ", "))
	}
	open, err := s.records.List(ctx, record.Path("workspaces", workspace, "uploads"))
	if err != nil {
		return "", err
	}
	if len(open) >= s.options.MaxUploads {
		return "", fault.New(fault.Throttled, "%d uploads are unfinished; finish some, or wait until they expire", len(open))
	}
	id := secret.ID()
	_, err = s.records.Apply(ctx, record.PutOf(uploadPath(workspace, id), upload{dataTypeID}, "-"))
	return id, err
}

// PutBlock takes block number block, from 0, of a file of so many blocks (step
// 2). Blocks may come in any order, at the same time, and again. It returns
// fault.NotFound for an unknown upload, fault.Invalid for bad numbers and
// fault.TooLarge over MaxBlockBytes.
func (s *Service) PutBlock(ctx context.Context, workspace, upload string, blocks, block int, r io.Reader) error {
	switch {
	case blocks < 1 || blocks > MaxBlocks:
		return fault.New(fault.Invalid, "numberOfBlocks is %d; it must be 1 to %d", blocks, MaxBlocks)
	case block < 0 || block >= blocks:
		return fault.New(fault.Invalid, "blockId is %d; with %d blocks it must be 0 to %d", block, blocks, blocks-1)
	}
	if _, err := s.upload(ctx, workspace, upload); err != nil {
		return err
	}
	_, err := s.blobs.Put(ctx, blockKey(workspace, upload, blocks, block),
		&limited{r: r, what: fmt.Sprintf("block %d", block), limit: MaxBlockBytes})
	return err
}

func (s *Service) upload(ctx context.Context, workspace, id string) (record.Record, error) {
	if id == "" || strings.Contains(id, "/") {
		return record.Record{}, noUpload(id)
	}
	r, err := s.records.Get(ctx, uploadPath(workspace, id))
	if fault.Is(err, fault.NotFound) {
		err = noUpload(id)
	}
	return r, err
}

func noUpload(id string) error {
	return fault.New(fault.NotFound, "there is no unfinished upload %q: it was finished already, or it expired", id)
}

// Finish makes a dataset of an upload whose blocks have all come (step 3). The
// dataset is Pending until Run has put the blocks together and read the columns; then
// it is Complete, Failed or NotSupported. It returns fault.NotFound for an unknown
// upload, fault.Invalid where blocks are missing, and fault.Conflict for a name that is taken.
func (s *Service) Finish(ctx context.Context, workspace, upload string, m Meta) (*Dataset, error) {
	r, err := s.upload(ctx, workspace, upload)
	if err != nil {
		return nil, err
	}
	st, err := s.begin(ctx, workspace, m)
	if err != nil {
		return nil, err
	}
	st.UploadID, st.Dataset.ResourceUploadID = upload, upload
	if st.Blocks, st.Dataset.Size, err = s.countBlocks(ctx, workspace, upload); err != nil {
		return nil, err
	}
	if st.Dataset.Size > s.options.MaxBytes {
		return nil, fault.New(fault.TooLarge, "the upload has %d bytes; a dataset may have %d", st.Dataset.Size, s.options.MaxBytes)
	}
	if err := s.add(ctx, workspace, st, record.Change{Op: record.Delete, Path: r.Path, Match: "*"}); err != nil {
		if fault.Is(err, fault.NotFound) {
			err = noUpload(upload)
		}
		return nil, err
	}
	s.wakeUp()
	return s.Get(ctx, workspace, st.Dataset.ID)
}

// Uploaded is how far an upload has come, so that it can be resumed.
type Uploaded struct {
	ID             string `json:"Id"`
	DataTypeID     string `json:"DataTypeId"`
	NumberOfBlocks int    `json:"NumberOfBlocks"` // that its blocks came with; 0 where none has come
	Blocks         []int  `json:"Blocks"`         // that are there, ascending
	Size           int64  `json:"Size"`           // their bytes
}

// Uploaded tells which blocks of an unfinished upload are there. It returns fault.NotFound
// for an unknown upload, and fault.Invalid where blocks came with different numbers.
func (s *Service) Uploaded(ctx context.Context, workspace, id string) (*Uploaded, error) {
	r, err := s.upload(ctx, workspace, id)
	if err != nil {
		return nil, err
	}
	var u upload
	if err := json.Unmarshal(r.Body, &u); err != nil {
		return nil, fmt.Errorf("upload %s: %w", r.Path, err)
	}
	out := &Uploaded{ID: id, DataTypeID: u.DataTypeID, Blocks: []int{}}
	blocks, sizes, err := s.blocksOf(ctx, workspace, id)
	out.NumberOfBlocks = blocks
	for _, i := range slices.Sorted(maps.Keys(sizes)) {
		out.Blocks = append(out.Blocks, i)
		out.Size += sizes[i]
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// countBlocks gives the number of blocks of an upload and their bytes together, when all are there.
func (s *Service) countBlocks(ctx context.Context, workspace, upload string) (blocks int, size int64, err error) {
	blocks, sizes, err := s.blocksOf(ctx, workspace, upload)
	if err != nil {
		return 0, 0, err
	}
	for _, n := range sizes {
		size += n
	}
	if blocks == 0 {
		return 0, 0, fault.New(fault.Invalid, "no block of the upload has come")
	}
	for i := range blocks {
		if _, ok := sizes[i]; !ok {
			return 0, 0, fault.New(fault.Invalid, "block %d of %d has not come; send it, then finish the upload again", i, blocks)
		}
	}
	return blocks, size, nil
}

// blocksOf gives the number of blocks that an upload is to have, and the bytes of those that are there.
func (s *Service) blocksOf(ctx context.Context, workspace, upload string) (blocks int, sizes map[int]int64, err error) {
	sizes = map[int]int64{}
	for info, err := range s.blobs.List(ctx, blockPrefix(workspace, upload)) {
		if err != nil {
			return 0, nil, err
		}
		var n, i int
		if _, err := fmt.Sscanf(strings.TrimPrefix(info.Key, blockPrefix(workspace, upload)), "%d/%d", &n, &i); err != nil {
			return 0, nil, fmt.Errorf("block %q: %w", info.Key, err)
		}
		if blocks != 0 && n != blocks {
			return 0, nil, fault.New(fault.Invalid, "some blocks came with numberOfBlocks %d and some with %d; upload the file again", blocks, n)
		}
		blocks = n
		sizes[i] = info.Size
	}
	return blocks, sizes, nil
}

// blockReader reads the blocks of an upload one after the other.
type blockReader struct {
	ctx               context.Context
	blobs             blob.Store
	workspace, upload string
	blocks, next      int
	open              io.ReadCloser
}

func (b *blockReader) Read(p []byte) (int, error) {
	for {
		if b.open == nil {
			if b.next == b.blocks {
				return 0, io.EOF
			}
			r, _, err := b.blobs.Get(b.ctx, blockKey(b.workspace, b.upload, b.blocks, b.next))
			if err != nil {
				return 0, err
			}
			b.open = r
			b.next++
		}
		n, err := b.open.Read(p)
		if !errors.Is(err, io.EOF) {
			return n, err
		}
		if err := b.Close(); err != nil || n > 0 {
			return n, err
		}
	}
}

// Close closes the block that is open.
func (b *blockReader) Close() error {
	if b.open == nil {
		return nil
	}
	err := b.open.Close()
	b.open = nil
	return err
}
