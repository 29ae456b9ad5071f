package main

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
)

const container = "bench"

func newContainer(ctx context.Context, connection string) (*azblob.Client, error) {
	client, err := azblob.NewClientFromConnectionString(connection, nil)
	if err != nil {
		return nil, err
	}
	_, err = client.CreateContainer(ctx, container, nil)
	return client, err
}

// hashingVectorizer is the reference: scikit-learn with the same words and sequences over the same file.
//
//go:embed hashing_vectorizer.py
var hashingVectorizer string

// batch measures a job over a file of one text column, blob to blob, and
// scikit-learn over the first rows of the same file.
func (b *bench) batch(ctx context.Context) error {
	p, err := startPortico(ctx, b.binary, b.dir, "--demo")
	if err != nil {
		return err
	}
	file := filepath.Join(b.dir, "texts.csv")
	size, err := writeTexts(file, b.sizes.rows)
	if err != nil {
		return err
	}
	client, err := newContainer(ctx, p.ready.Storage)
	if err != nil {
		return err
	}
	if err := uploadFile(ctx, client, file, "texts.csv"); err != nil {
		return err
	}
	id, err := p.submit(ctx, container+"/texts.csv", container+"/hashed.csv")
	if err != nil {
		return err
	}
	begin := time.Now()
	used, err := p.cpuOf(func() error { return p.finish(ctx, id) })
	took := time.Since(begin)
	if err != nil {
		return err
	}
	peak, err := p.peak()
	if err != nil {
		return err
	}
	rate := float64(b.sizes.rows) / used.Seconds()
	fmt.Printf("\nFeature Hashing, bitsize 3, one text column, blob to blob: %d rows, %.2f GB\n\n", b.sizes.rows, float64(size)/1e9)
	fmt.Println("| contestant | rows | CPU | rows per CPU-second | ratio | aim |")
	fmt.Println("|---|---|---|---|---|---|")
	oracle, err := b.vectorize(ctx, file)
	switch {
	case errors.Is(err, errNoOracle):
		fmt.Printf("| scikit-learn's HashingVectorizer | not measured: %v | | | | – |\n", err)
	case err != nil:
		return err
	default:
		fmt.Printf("| scikit-learn's HashingVectorizer | %d | %.1f s | %.0f | 1.00 | – |\n", b.sizes.oracleRows, float64(b.sizes.oracleRows)/oracle, oracle)
	}
	fmt.Printf("| batch job | %d | %.1f s | %.0f | %.1f | ≥ 1,200,000 rows, ≥ 10 times |\n", b.sizes.rows, used.Seconds(), rate, rate/oracle)
	fmt.Printf("\nIt took %.1f s; the server's peak memory, with the upload of the file, was %d MB (aim ≤ 150 MB)\n", took.Seconds(), peak>>20)
	if err := b.checkHashed(ctx, client); err != nil {
		return err
	}
	return errors.Join(p.stop(), os.Remove(file))
}

// words are what the texts are made of.
var words = strings.Fields(`a the and to of in it is this that was for with as but on not have be so one they all if you he his
	her she are from at or by an my very good great bad best better well book story read reading reader author character characters plot
	chapter ending beginning wonderful terrible boring brilliant loved hated finished started recommend recommended would could should
	really quite rather never always again another through before after because although however interesting disappointing
	beautifully written language translation published edition history romance adventure mystery detective science fiction fantasy children`)

// writeTexts makes the file: a header and rows of about 100 bytes.
func writeTexts(file string, rows int) (size int64, err error) {
	f, err := os.Create(file)
	if err != nil {
		return 0, err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	random := rand.New(rand.NewPCG(1, 2))
	line := []byte("Col2\n")
	for range rows {
		if _, err = w.Write(line); err != nil {
			break
		}
		line = line[:0]
		for len(line) < 95 {
			line = append(append(line, words[random.IntN(len(words))]...), ' ')
		}
		line[len(line)-1] = '\n'
	}
	if err == nil {
		_, err = w.Write(line)
	}
	err = errors.Join(err, w.Flush())
	info, e := f.Stat()
	if err = errors.Join(err, e, f.Close()); err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func uploadFile(ctx context.Context, client *azblob.Client, file, name string) (err error) {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = client.UploadStream(ctx, container, name, f, &azblob.UploadStreamOptions{BlockSize: 8 << 20, Concurrency: 2})
	return err
}

var errNoOracle = errors.New("Debian's python3-sklearn is not installed")

// vectorize gives scikit-learn's rows per CPU-second.
func (b *bench) vectorize(ctx context.Context, file string) (float64, error) {
	const python = "/usr/bin/python3"
	if err := exec.CommandContext(ctx, python, "-c", "import sklearn").Run(); err != nil {
		return 0, errNoOracle
	}
	cmd := exec.CommandContext(ctx, python, "-c", hashingVectorizer, file, strconv.Itoa(b.sizes.oracleRows))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
}

// checkHashed reads the output: it has a line for every row.
func (b *bench) checkHashed(ctx context.Context, client *azblob.Client) error {
	d, err := client.DownloadStream(ctx, container, "hashed.csv", nil)
	if err != nil {
		return err
	}
	lines := 0
	r := bufio.NewReaderSize(d.Body, 1<<20)
	for {
		part, err := r.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if strings.Count(string(part), ",") != 8 {
			return fmt.Errorf("line %d of the output is %q", lines+1, part)
		}
		lines++
	}
	if lines != b.sizes.rows+1 {
		return fmt.Errorf("the output has %d lines for %d rows and a header", lines, b.sizes.rows)
	}
	return d.Body.Close()
}
