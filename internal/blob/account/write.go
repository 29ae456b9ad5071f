package account

import (
	"context"
	"errors"
	"io"

	"portico/internal/fault"
	"portico/internal/secret"
)

// contentPrefix begins the keys of the account's contents in the blob.Store, which others share.
const contentPrefix = "account/"

const contentLength = 32 // characters of secret.ID

// contentKey spreads contents over 256 folders.
func contentKey(content string) string {
	return contentPrefix + content[:2] + "/" + content[2:]
}

// Check refuses a change to a blob, or allows it by nil. The blob is nil where there is none.
type Check func(b *Blob) error

// Anyway is the Check that refuses nothing.
func Anyway(*Blob) error { return nil }

// PutBlob stores all that r gives as a blob, in place of what was there, unless
// check refuses. After an error the blob is what it was before. The properties
// are taken after r came to its end, so that r may complete them.
func (a *Account) PutBlob(ctx context.Context, container, name string, r io.Reader, p *Properties, check Check) (Blob, error) {
	if err := a.mayReplace(ctx, container, name, check); err != nil {
		return Blob{}, err
	}
	var made Blob
	err := a.keep(ctx, place{container, name}, r, func(b Block) (unwanted []string, err error) {
		made, unwanted, err = a.replace(ctx, container, name, *p, check, func([]Block, []Block) ([]Block, error) {
			if b.Size == 0 {
				return nil, nil
			}
			return []Block{b}, nil
		})
		if b.Size == 0 {
			unwanted = append(unwanted, b.Content)
		}
		return unwanted, err
	})
	return made, err
}

// mayReplace asks what a change's transaction asks again, before its contents are sent.
func (a *Account) mayReplace(ctx context.Context, container, name string, check Check) error {
	if err := CheckBlobName(name); err != nil {
		return err
	}
	b, _, err := a.index.Blob(ctx, container, name, 0, 0)
	switch {
	case err == nil:
		return check(&b)
	case fault.As(err).Code == codeBlobNotFound:
		return check(nil)
	}
	return err
}

// keep stores what r gives, then has commit refer to it. Contents that the index does not refer to are removed again.
func (a *Account) keep(ctx context.Context, at place, r io.Reader, commit func(Block) (unwanted []string, err error)) error {
	content := secret.ID()
	a.uses.startWriting(content)
	defer a.uses.stopWriting(content)
	info, err := a.contents.Put(ctx, contentKey(content), r)
	if err != nil {
		return err
	}
	unwanted, err := commit(Block{Size: info.Size, Content: content, Put: now()})
	if err != nil {
		a.takeBack(ctx, content)
		return err
	}
	a.remove(ctx, at, unwanted)
	return nil
}

// takeBack removes contents whose commit failed. A commit can fail after it took
// effect, so the index is asked; where that fails too, the sweep at the next start decides.
func (a *Account) takeBack(ctx context.Context, content string) {
	ctx = context.WithoutCancel(ctx)
	referenced, err := a.index.Referenced(ctx, []string{content})
	if err != nil {
		a.log.Warn("contents were left to the next start's sweep", "content", content, "error", err)
		return
	}
	if !referenced[content] {
		a.delete(ctx, []string{content})
	}
}

// remove removes contents that nothing refers to, as soon as nobody reads them.
func (a *Account) remove(ctx context.Context, at place, unwanted []string) {
	a.delete(ctx, a.uses.free(at, unwanted))
}

// delete removes contents. What cannot be removed is found by the sweep at the next start.
func (a *Account) delete(ctx context.Context, contents []string) {
	for _, c := range contents {
		if err := a.contents.Delete(context.WithoutCancel(ctx), contentKey(c)); err != nil {
			a.log.Warn("contents were left to the next start's sweep", "content", c, "error", err)
		}
	}
}

// replace makes a new version of a blob of the blocks that choose gives.
func (a *Account) replace(ctx context.Context, container, name string, p Properties, check Check,
	choose func(committed, uncommitted []Block) ([]Block, error)) (Blob, []string, error) {
	return a.index.ReplaceBlob(ctx, container, name, func(old *Blob, committed, uncommitted []Block) (Blob, []Block, error) {
		if err := check(old); err != nil {
			return Blob{}, nil, err
		}
		blocks, err := choose(committed, uncommitted)
		if err != nil {
			return Blob{}, nil, err
		}
		b := Blob{Name: name, ETag: newETag(), Created: now(), Modified: now(), Properties: p}
		if b.ContentType == "" {
			b.ContentType = DefaultContentType
		}
		if old != nil {
			b.Created = old.Created
		}
		for i := range blocks {
			blocks[i].Start = b.Size
			b.Size += blocks[i].Size
		}
		return b, blocks, nil
	})
}

// PutBlock stores all that r gives as an uncommitted block, in place of one with
// the same ID. It waits to be committed for the account's BlockAge.
func (a *Account) PutBlock(ctx context.Context, container, name, id string, r io.Reader) error {
	if err := errors.Join(CheckBlobName(name), CheckBlockID(id)); err != nil {
		return err
	}
	if _, err := a.index.Container(ctx, container); err != nil {
		return err
	}
	return a.keep(ctx, place{container, name}, r, func(b Block) ([]string, error) {
		b.ID = id
		return a.index.PutBlock(ctx, container, name, b)
	})
}

// DiscardBlocks removes the uncommitted blocks whose IDs begin with prefix.
func (a *Account) DiscardBlocks(ctx context.Context, container, name, prefix string) error {
	unwanted, err := a.index.DiscardBlocks(ctx, container, name, prefix)
	if err == nil {
		a.remove(ctx, place{container, name}, unwanted)
	}
	return err
}

// BlockSource says among which blocks a BlockRef is looked for.
type BlockSource uint8

// The sources; Latest is the uncommitted block, or else the committed one.
const (
	Latest BlockSource = iota
	Committed
	Uncommitted
)

// BlockRef names a block of a list to commit.
type BlockRef struct {
	ID     string
	Source BlockSource
}

// CommitBlocks makes a blob of those blocks in that order, unless check refuses.
// It returns fault.Invalid for a block that does not exist.
func (a *Account) CommitBlocks(ctx context.Context, container, name string, list []BlockRef, p Properties, check Check) (Blob, error) {
	if err := CheckBlobName(name); err != nil {
		return Blob{}, err
	}
	if len(list) > MaxBlocks {
		return Blob{}, BlockListTooLong()
	}
	b, unwanted, err := a.replace(ctx, container, name, p, check, func(committed, uncommitted []Block) ([]Block, error) {
		return chooseBlocks(list, byID(committed), byID(uncommitted))
	})
	if err != nil {
		return Blob{}, err
	}
	a.remove(ctx, place{container, name}, unwanted)
	return b, nil
}

func byID(blocks []Block) map[string]Block {
	m := make(map[string]Block, len(blocks))
	for _, b := range blocks {
		m[b.ID] = b
	}
	return m
}

func chooseBlocks(list []BlockRef, committed, uncommitted map[string]Block) ([]Block, error) {
	chosen := make([]Block, len(list))
	for i, ref := range list {
		b, ok := uncommitted[ref.ID]
		if !ok && ref.Source == Latest || ref.Source == Committed {
			b, ok = committed[ref.ID]
		}
		if !ok || ref.ID == "" {
			return nil, fault.Coded(fault.Invalid, "InvalidBlockList", "The specified block list is invalid: there is no such block as its number %d.", i+1)
		}
		chosen[i] = b
	}
	return chosen, nil
}

// ChangeBlob changes a blob's properties by change, which may refuse.
func (a *Account) ChangeBlob(ctx context.Context, container, name string, change func(*Blob) error) (Blob, error) {
	return a.index.ChangeBlob(ctx, container, name, func(b Blob) (Blob, error) {
		if err := change(&b); err != nil {
			return b, err
		}
		b.ETag, b.Modified = newETag(), now()
		return b, nil
	})
}

// RemoveBlob removes a blob and its uncommitted blocks, unless check refuses.
func (a *Account) RemoveBlob(ctx context.Context, container, name string, check Check) error {
	unwanted, err := a.index.RemoveBlob(ctx, container, name, func(b Blob) error { return check(&b) })
	if err != nil {
		return err
	}
	a.remove(ctx, place{container, name}, unwanted)
	return nil
}
