package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"

	"portico/internal/backup"
)

const container = "work"

// workload changes a running product until it is stopped. What it writes says
// in itself whether it is whole.
type workload struct {
	p       *process
	blobs   *azblob.Client
	stop    chan struct{}
	workers sync.WaitGroup
	apis    atomic.Int64    // acknowledged: /apis/w0 to the one before this
	rounds  []chan struct{} // of each worker
}

// uploads is how many names the blobs of a workload share, so that they are replaced and deleted all the time.
const uploads = 3

func startWorkload(t *testing.T, p *process) *workload {
	t.Helper()
	w := &workload{p: p, blobs: storageOf(t, p), stop: make(chan struct{})}
	if _, err := w.blobs.CreateContainer(context.Background(), container, nil); err != nil {
		t.Fatal(err)
	}
	w.worker(func(n int) {
		path := fmt.Sprintf("w%d", n)
		wantStatus(t, path, p.arm(http.MethodPut, "/apis/"+path, `{"properties":{"displayName":"`+path+`","path":"`+path+`","protocols":["http"],"serviceUrl":"http://echoapi.cloudapp.net/api"}}`), 201)
		w.apis.Add(1)
	})
	for worker := range 2 {
		w.worker(func(n int) {
			name := fmt.Sprintf("%d-%d", worker, n%uploads)
			if _, err := w.blobs.UploadBuffer(context.Background(), container, name, content(name, n), nil); err != nil {
				t.Error(err)
			}
			if _, err := w.blobs.DeleteBlob(context.Background(), container, fmt.Sprintf("%d-%d", worker, (n+1)%uploads), nil); err != nil && !bloberror.HasCode(err, bloberror.BlobNotFound) {
				t.Error(err)
			}
		})
	}
	w.worker(func(int) {
		wantStatus(t, "a call", p.rrs(p.Scoring), 200, guideVector)
		wantStatus(t, "a call through the gateway", p.viaGateway(p.Demo.SubscriptionKey), 200, guideVector)
	})
	w.worker(func(int) {
		if code, out := run(t, "experiment", "run", "../examples/simple-feature-hashing.json", "--data", p.data); code != 0 {
			t.Errorf("a run: %d %s", code, out)
		}
	})
	return w
}

// content is the n-th content of a blob: its name and number, again and again.
func content(name string, n int) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "%s %d\n", name, n), 3000)
}

func storageOf(t *testing.T, p *process) *azblob.Client {
	t.Helper()
	c, err := azblob.NewClientFromConnectionString(p.StorageConnectionString, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (w *workload) worker(round func(n int)) {
	begun := make(chan struct{})
	w.rounds = append(w.rounds, begun)
	w.workers.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-w.stop:
				return
			case begun <- struct{}{}:
			default:
			}
			round(n)
		}
	})
}

// await returns when every worker has begun so many rounds more.
func (w *workload) await(rounds int) {
	for _, begun := range w.rounds {
		for range rounds {
			<-begun
		}
	}
}

func (w *workload) end() {
	close(w.stop)
	w.workers.Wait()
}

// TestBackupWhileItRuns restores a backup that was made under a workload: it has
// all that was acknowledged before, each thing whole, and it works.
func TestBackupWhileItRuns(t *testing.T) {
	p := start(t, t.TempDir(), "--demo")
	w := startWorkload(t, p)
	w.await(4)
	before := w.apis.Load()
	file := filepath.Join(t.TempDir(), "portico.backup")
	code, out := run(t, "backup", file, "--data", p.data)
	after := w.apis.Load()
	w.await(2)
	w.end()
	if code != 0 || !strings.Contains(out, "master key") {
		t.Fatalf("backup: %d %s\n%s", code, out, p.out)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v; want mode 0600", info, err)
	}
	demo := *p.Demo
	p.kill()

	engines := map[string][]string{"the same engine": nil}
	if databases != nil {
		engines["SQLite"] = []string{"--database", ""}
	}
	for engine, args := range engines {
		t.Run(engine, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "restored")
			if code, out := run(t, append([]string{"restore", file, "--data", data}, args...)...); code != 0 {
				t.Fatalf("restore: %d %s", code, out)
			}
			restored := start(t, data, append(args, "--demo")...)
			if *restored.Demo != demo {
				t.Errorf("the demo is %+v, it was %+v", *restored.Demo, demo)
			}
			wantStatus(t, "directly", restored.rrs(restored.Scoring), 200, guideVector)
			wantStatus(t, "through the gateway", restored.viaGateway(demo.SubscriptionKey), 200, guideVector)
			for n := range before {
				wantStatus(t, "acknowledged before", restored.arm(http.MethodGet, fmt.Sprintf("/apis/w%d", n), ""), 200)
			}
			wantStatus(t, "made after", restored.arm(http.MethodGet, fmt.Sprintf("/apis/w%d", after+1), ""), 404)
			if n := checkBlobs(t, restored); n < 2 { // each uploader has one at any time
				t.Errorf("%d blobs were restored", n)
			}
			if code, out := run(t, "experiment", "run", "../examples/simple-feature-hashing.json", "--data", data); code != 0 || !strings.Contains(out, "Finished") {
				t.Errorf("a run after restoring: %d %s", code, out)
			}
			if code := restored.stop(); code != 0 {
				t.Errorf("exit code %d\n%s", code, restored.out)
			}
		})
	}
}

// TestBackupUnderJobs restores a backup that was made while jobs ran: they go on and end as if nothing had been.
func TestBackupUnderJobs(t *testing.T) {
	p := start(t, t.TempDir(), "--demo")
	j := startJobs(t, p, 150_000, 8)
	file := filepath.Join(t.TempDir(), "portico.backup")
	if code, out := run(t, "backup", file, "--data", p.data); code != 0 {
		t.Fatalf("backup: %d %s\n%s", code, out, p.out)
	}
	demo := p.Demo
	p.kill()
	data := filepath.Join(t.TempDir(), "restored")
	if code, out := run(t, "restore", file, "--data", data); code != 0 {
		t.Fatalf("restore: %d %s", code, out)
	}
	restored := start(t, data)
	restored.Demo = demo
	restored.says(t, "jobs that were not in the queue")
	j.finish(t, restored)
}

// checkBlobs reads every blob, and finds each whole.
func checkBlobs(t *testing.T, p *process) (n int) {
	t.Helper()
	ctx := context.Background()
	blobs := storageOf(t, p)
	for pages := blobs.NewListBlobsFlatPager(container, nil); pages.More(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range page.Segment.BlobItems {
			got, err := blobs.DownloadStream(ctx, container, *b.Name, nil)
			if err != nil {
				t.Errorf("%s: %v", *b.Name, err)
				continue
			}
			text, err := io.ReadAll(got.Body)
			if err = errors.Join(err, got.Body.Close()); err != nil {
				t.Errorf("%s: %v", *b.Name, err)
			}
			line, _, _ := bytes.Cut(text, []byte("\n"))
			if name, _, _ := strings.Cut(string(line), " "); name != *b.Name || !bytes.Equal(text, bytes.Repeat(append(line, '\n'), 3000)) {
				t.Errorf("%s has the content of %q, or not all of it: %d bytes", *b.Name, line, len(text))
			}
			n++
		}
	}
	return n
}

// TestBackupRefusals holds what backup and restore refuse, and that they leave nothing behind then.
func TestBackupRefusals(t *testing.T) {
	data, dir := t.TempDir(), t.TempDir()
	if code, out := run(t, "token", "create", "offline", "--data", data); code != 0 {
		t.Fatalf("token: %d %s", code, out)
	}
	file := filepath.Join(dir, "backup")
	if code, out := run(t, "backup", file, "--data", data); code != 0 {
		t.Fatalf("a backup without a server: %d %s", code, out)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	altered := bytes.Replace(whole, []byte("offline"), []byte("on-line"), 1)
	for name, b := range map[string][]byte{"altered": altered, "cut": whole[:len(whole)/2], "no-backup": []byte("hello"), "empty": nil} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	target := filepath.Join(dir, "target")
	for _, c := range []struct{ what, file, data, want string }{
		{"altered", "altered", target, "damaged"},
		{"cut short", "cut", target, "cut short"},
		{"no backup", "no-backup", target, "no backup"},
		{"an empty file", "empty", target, "no backup"},
		{"no file", "absent", target, "cannot be read"},
		{"a folder that is not empty", "backup", data, "not empty"},
	} {
		if code, out := run(t, "restore", filepath.Join(dir, c.file), "--data", c.data); code == 0 || !strings.Contains(out, c.want) {
			t.Errorf("restoring %s: %d %s", c.what, code, out)
		}
	}
	if _, err := os.Stat(target); !os.IsNotExist(err) {
		t.Errorf("a refused restore left its folder behind: %v", err)
	}
	if code, out := run(t, "backup", file, "--data", data); code != 1 || !strings.Contains(out, "already") {
		t.Errorf("over a file: %d %s", code, out)
	}
	if code, out := run(t, "backup", filepath.Join(dir, "other"), "--data", target); code != 1 || !strings.Contains(out, "no data folder") {
		t.Errorf("of nothing: %d %s", code, out)
	}
	// One byte of a record becomes what JSON does not allow, and the checksums agree: it fails while it is restored.
	broken := rewritten(t, whole, func(row string) string { return strings.Replace(row, `"offline`, "offline", 1) })
	if err := os.WriteFile(filepath.Join(dir, "altered"), broken, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out := run(t, "restore", filepath.Join(dir, "altered"), "--data", target); code == 0 || !strings.Contains(out, "JSON") {
		t.Errorf("a broken row: %d %s", code, out)
	}
	if code, out := run(t, "restore", file, "--data", target); code != 0 {
		t.Errorf("restore: %d %s", code, out)
	}
	if code, out := run(t, "token", "list", "--data", target); code != 0 || !strings.Contains(out, "offline") {
		t.Errorf("the token after restoring: %d %s", code, out)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 6 {
		t.Errorf("something was left behind: %v, %v", entries, err)
	}
}

// rewritten is a backup with other rows and right checksums.
func rewritten(t *testing.T, whole []byte, row func(string) string) []byte {
	t.Helper()
	m, err := backup.Read(bytes.NewReader(whole), backup.Visitor{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	out, err := backup.NewWriter(&b, m)
	if err != nil {
		t.Fatal(err)
	}
	_, err = backup.Read(bytes.NewReader(whole), backup.Visitor{
		Row: func(table string, text []byte) error { return out.Row(table, []byte(row(string(text)))) },
		File: func(name string, r io.Reader) error {
			text, err := io.ReadAll(r)
			return errors.Join(err, out.File(name, int64(len(text)), bytes.NewReader(text)))
		},
	})
	if err = errors.Join(err, out.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
