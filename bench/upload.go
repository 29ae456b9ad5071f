package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
)

const uploadRounds = 3

// upload measures how fast a blob arrives, in one piece and in blocks, beside
// Azurite over the same file system. Portico answers once the blob is on the disk; Azurite does not wait for that.
func (b *bench) upload(ctx context.Context) error {
	azurite, err := azuriteProgram()
	if err != nil {
		fmt.Printf("\nUploads are not measured: %v\n", err)
		return nil
	}
	fmt.Printf("\nUpload of %d MB to the storage listener, %d rounds, by Microsoft's client\n\n", b.sizes.upload>>20, uploadRounds)
	fmt.Println("| data folder | way | Azurite, MB/s | Portico, MB/s | ratio in the same round (range) | aim |")
	fmt.Println("|---|---|---|---|---|---|")
	for _, folder := range []struct{ name, dir string }{{"disk", b.dir}, {"memory", "/dev/shm"}} {
		if err := b.uploadTo(ctx, azurite, folder.name, folder.dir); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) uploadTo(ctx context.Context, program, name, parent string) (err error) {
	dir, err := os.MkdirTemp(parent, "portico-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p, err := startPortico(ctx, b.binary, dir)
	if err != nil {
		return err
	}
	reference, connection, err := startAzurite(ctx, program, filepath.Join(dir, "azurite"))
	if err != nil {
		return err
	}
	var clients [2]*azblob.Client
	for i, c := range []string{connection, p.ready.Storage} {
		if clients[i], err = newContainer(ctx, c); err != nil {
			return err
		}
	}
	for _, way := range []struct {
		name   string
		upload func(context.Context, *azblob.Client, int64) error
	}{{"one Put Blob", putBlob}, {"blocks of 8 MB, 4 at a time", putBlocks}} {
		var took [2][]time.Duration
		for range uploadRounds {
			for i, client := range clients {
				begin := time.Now()
				if err := way.upload(ctx, client, b.sizes.upload); err != nil {
					return err
				}
				took[i] = append(took[i], time.Since(begin))
				if _, err := client.DeleteBlob(ctx, container, "upload.bin", nil); err != nil {
					return err
				}
			}
		}
		rate := func(d []time.Duration) float64 { return float64(b.sizes.upload) / 1e6 / median(d).Seconds() }
		r := ratios(took[0], took[1])
		fmt.Printf("| %s | %s | %.0f | %.0f | %.1f (%.1f–%.1f) | ≥ 3 |\n", name, way.name, rate(took[0]), rate(took[1]), r[len(r)/2], r[0], r[len(r)-1])
	}
	if err := reference.stop(); err != nil && !strings.Contains(err.Error(), "signal") {
		return err
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

// azuriteProgram is Azurite's blob server where scripts/test-tools.sh puts it.
func azuriteProgram() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	program := filepath.Join(cache, "portico", "azurite", "node_modules", "azurite", "dist", "src", "blob", "main.js")
	if _, err := os.Stat(program); err != nil {
		return "", errors.New("Azurite is missing: make tools installs it")
	}
	return program, nil
}

// startAzurite starts it on a free port and gives its connection string; its account and key are public.
func startAzurite(ctx context.Context, program, dir string) (*server, string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err = errors.Join(err, l.Close()); err != nil {
		return nil, "", err
	}
	s := &server{cmd: exec.CommandContext(ctx, "node", program, "--silent", "--disableTelemetry", "--skipApiVersionCheck", "--blobHost", "127.0.0.1", "--blobPort", port, "--location", dir)}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, "", err
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.Contains(lines.Text(), "successfully listens on") {
			return s, "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;" +
				"BlobEndpoint=http://127.0.0.1:" + port + "/devstoreaccount1;", nil
		}
	}
	return nil, "", errors.New("Azurite ended before it listened")
}
