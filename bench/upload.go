package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"

	"portico/internal/blob/azuritetest"
)

const uploadRounds = 3

// upload measures how fast a blob arrives, in one piece and in blocks, beside
// Azurite over the same file system. Portico answers once the blob is on the disk; Azurite does not wait for that.
func (b *bench) upload(ctx context.Context) error {
	if err := azuritetest.Installed(); err != nil {
		fmt.Printf("\nUploads are not measured: %v\n", err)
		return nil
	}
	fmt.Printf("\nUpload of %d MB to the storage listener, %d rounds, by Microsoft's client\n\n", b.sizes.upload>>20, uploadRounds)
	fmt.Println("| data folder | way | Azurite, MB/s | Portico, MB/s | ratio in the same round (range) | aim | Azurite, CPU | Portico, CPU | ratio (range) |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|")
	for _, folder := range []struct{ name, dir string }{{"disk", b.dir}, {"memory", "/dev/shm"}} {
		if err := b.uploadTo(ctx, folder.name, folder.dir); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) uploadTo(ctx context.Context, name, parent string) (err error) {
	dir, err := os.MkdirTemp(parent, "portico-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p, err := startPortico(ctx, b.binary, dir)
	if err != nil {
		return err
	}
	azurite, err := azuritetest.Start(ctx, filepath.Join(dir, "azurite"))
	if err != nil {
		return err
	}
	defer azurite.Stop()
	servers := [2]*server{{cmd: azurite.Cmd}, p}
	var clients [2]*azblob.Client
	for i, c := range []string{azurite.Connection, p.ready.Storage} {
		if clients[i], err = newContainer(ctx, c); err != nil {
			return err
		}
	}
	for _, way := range []struct {
		name   string
		upload func(context.Context, *azblob.Client, int64) error
	}{{"one Put Blob", putBlob}, {"blocks of 8 MB, 4 at a time", putBlocks}} {
		var took, used [2][]time.Duration
		for range uploadRounds {
			for i, client := range clients {
				begin := time.Now()
				cpu, err := servers[i].cpuOf(func() error { return way.upload(ctx, client, b.sizes.upload) })
				if err != nil {
					return err
				}
				took[i], used[i] = append(took[i], time.Since(begin)), append(used[i], cpu)
				if _, err := client.DeleteBlob(ctx, container, "upload.bin", nil); err != nil {
					return err
				}
			}
		}
		rate := func(d []time.Duration) float64 { return float64(b.sizes.upload) / 1e6 / median(d).Seconds() }
		r, c := ratios(took[0], took[1]), ratios(used[0], used[1])
		fmt.Printf("| %s | %s | %.0f | %.0f | %.1f (%.1f–%.1f) | ≥ 3 | %.1f s | %.1f s | %.1f (%.1f–%.1f) |\n", name, way.name, rate(took[0]), rate(took[1]), r[len(r)/2], r[0], r[len(r)-1],
			median(used[0]).Seconds(), median(used[1]).Seconds(), c[len(c)/2], c[0], c[len(c)-1])
	}
	return p.stop()
}

// pattern is an endless content of which no two blocks are the same.
type pattern struct {
	block  [1 << 16]byte
	offset int64
	size   int64
}

func newPattern(size int64) *pattern {
	p := &pattern{size: size}
	for i := range p.block {
		p.block[i] = byte(i * i >> 3)
	}
	return p
}

// Read implements io.Reader.
func (p *pattern) Read(b []byte) (int, error) {
	if p.offset == p.size {
		return 0, io.EOF
	}
	at := p.offset % (1<<16 - 1)
	n := copy(b, p.block[at:min(int64(len(p.block)), at+p.size-p.offset)])
	p.offset += int64(n)
	return n, nil
}

// Seek implements io.Seeker, by which the client finds the length.
func (p *pattern) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += p.offset
	case io.SeekEnd:
		offset += p.size
	}
	p.offset = offset
	return offset, nil
}

func putBlob(ctx context.Context, client *azblob.Client, size int64) error {
	_, err := client.ServiceClient().NewContainerClient(container).NewBlockBlobClient("upload.bin").Upload(ctx, streaming.NopCloser(newPattern(size)), nil)
	return err
}

func putBlocks(ctx context.Context, client *azblob.Client, size int64) error {
	_, err := client.UploadStream(ctx, container, "upload.bin", newPattern(size), &azblob.UploadStreamOptions{BlockSize: 8 << 20, Concurrency: 4})
	return err
}
