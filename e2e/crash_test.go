package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
)

// kills is how often the process is killed: PORTICO_TEST_KILLS, else a number that fits into every run of the tests.
func kills(t *testing.T) int {
	t.Helper()
	v := os.Getenv("PORTICO_TEST_KILLS")
	if v == "" {
		return 20
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		t.Fatalf("PORTICO_TEST_KILLS is %q; it must be a number from 1 on", v)
	}
	return n
}

// crowd is what clients do while the process is killed again and again, and what was acknowledged to them.
type crowd struct {
	random *rand.Rand
	inputs []string // the texts of the blobs in0.csv, in1.csv, …

	mu        sync.Mutex
	process   *process
	jobs      []*acceptedJob
	settings  []string // APIs whose PUT was acknowledged
	uploads   map[string]string
	submitted int
}

// acceptedJob is a job whose start was acknowledged.
type acceptedJob struct {
	id, output string
	input      int
	cancelled  bool // its cancelling was asked for
}

// TestKillLosesNothing kills the binary at random moments while clients submit,
// start and cancel jobs, upload blobs and change settings. Afterwards every
// accepted job ends, every output is what a clean run writes, and what was acknowledged is there.
func TestKillLosesNothing(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	w := &crowd{random: rand.New(rand.NewPCG(seed, 1)), uploads: map[string]string{}}
	for i, rows := range []int{10, 2_000, 120_000} {
		w.inputs = append(w.inputs, reviews(rows, i))
	}
	data := t.TempDir()
	p := start(t, data, "--demo")
	client := p.blobs()
	if _, err := client.CreateContainer(t.Context(), "crash", nil); err != nil {
		t.Fatal(err)
	}
	var clean []string
	for i, text := range w.inputs {
		if _, err := client.UploadBuffer(t.Context(), "crash", fmt.Sprintf("in%d.csv", i), []byte(text), nil); err != nil {
			t.Fatal(err)
		}
		id := p.submit(t, i, fmt.Sprintf("clean%d.csv", i))
		wantStatus(t, "start", p.bes(http.MethodPost, "/"+id+"/start", ""), 200)
		if s := p.ended(t, id); s.StatusCode != "Finished" {
			t.Fatalf("the clean run of in%d.csv is %s: %s", i, s.StatusCode, s.details())
		}
		clean = append(clean, p.blob(t, fmt.Sprintf("clean%d.csv", i)))
	}

	for range kills(t) {
		w.mu.Lock()
		w.process = p
		w.mu.Unlock()
		ctx, cancel := context.WithCancel(context.Background())
		var clients sync.WaitGroup
		for range 3 {
			clients.Go(func() { w.act(ctx) })
		}
		<-time.After(time.Duration(w.between(0, 700)) * time.Millisecond) // the random moment
		p.kill()
		cancel()
		clients.Wait()
		p = start(t, data)
		p.Demo = w.process.Demo
	}
	w.check(t, p, clean)
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.out)
	}
}

// reviews is a file for the demo's service.
func reviews(rows, salt int) string {
	var b strings.Builder
	b.WriteString("Col2\n")
	for i := range rows {
		fmt.Fprintf(&b, "\"Review %d of file %d: a good book, and I loved how it ends\"\n", i, salt)
	}
	return b.String()
}

func (p *process) blobs() *azblob.Client {
	p.t.Helper()
	client, err := azblob.NewClientFromConnectionString(p.StorageConnectionString, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return client
}

// blob reads a blob of the container crash.
func (p *process) blob(t *testing.T, name string) string {
	t.Helper()
	d, err := p.blobs().DownloadStream(t.Context(), "crash", name, nil)
	if err != nil {
		t.Errorf("read %s: %v", name, err)
		return ""
	}
	b, err := io.ReadAll(d.Body)
	if err = errors.Join(err, d.Body.Close()); err != nil {
		t.Errorf("read %s: %v", name, err)
	}
	return string(b)
}

func (p *process) submission(input int, output string) string {
	return fmt.Sprintf(`{"Input":{"ConnectionString":%q,"RelativeLocation":"crash/in%d.csv"},"Outputs":{"output1":{"ConnectionString":%q,"RelativeLocation":"crash/%s"}}}`,
		p.StorageConnectionString, input, p.StorageConnectionString, output)
}

func (p *process) submit(t *testing.T, input int, output string) string {
	t.Helper()
	a := p.bes(http.MethodPost, "", p.submission(input, output))
	wantStatus(t, "submit", a, 200)
	return strings.Trim(a.body, `"`)
}

// besStatus is a job's status as clients decode it.
type besStatus struct {
	StatusCode string
	Details    *string
}

func (s besStatus) details() string {
	if s.Details == nil {
		return "no details"
	}
	return *s.Details
}

// jobEndsWithin bounds a job, so that a test fails instead of hanging.
const jobEndsWithin = 2 * time.Minute

// ended waits for a job's end.
func (p *process) ended(t *testing.T, id string) (s besStatus) {
	t.Helper()
	for deadline := time.Now().Add(jobEndsWithin); time.Now().Before(deadline); {
		a := p.bes(http.MethodGet, "/"+id, "")
		wantStatus(t, "status", a, 200)
		if err := json.Unmarshal([]byte(a.body), &s); err != nil {
			t.Fatal(err)
		}
		if s.StatusCode != "Running" && s.StatusCode != "NotStarted" {
			return s
		}
		<-time.After(20 * time.Millisecond)
	}
	t.Errorf("job %s has not ended in %v\n%s", id, jobEndsWithin, p.out)
	return s
}

func (w *crowd) between(from, to int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return from + w.random.IntN(to-from)
}

// act does one thing after the other until the process is gone.
func (w *crowd) act(ctx context.Context) {
	for ctx.Err() == nil {
		var err error
		switch w.between(0, 10) {
		case 0:
			err = w.changeSetting(ctx)
		case 1:
			err = w.upload(ctx)
		case 2:
			err = w.cancelOne(ctx)
		default:
			err = w.startJob(ctx)
		}
		if err != nil {
			return // it was killed
		}
	}
}

// send makes a call whose failure is no failure of the test.
func (w *crowd) send(ctx context.Context, method, url, body, token string) (int, string, error) {
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), errors.Join(err, resp.Body.Close())
}

func (w *crowd) jobsURL(path string) string {
	d := w.process.Demo
	return fmt.Sprintf("%s/workspaces/%s/services/%s/jobs%s?api-version=2.0", w.process.Scoring, d.Workspace, d.Service, path)
}

func (w *crowd) startJob(ctx context.Context) error {
	w.mu.Lock()
	w.submitted++
	j := &acceptedJob{output: fmt.Sprintf("out%d.csv", w.submitted), input: w.submitted % len(w.inputs)}
	w.mu.Unlock()
	key := w.process.Demo.APIKey
	status, text, err := w.send(ctx, http.MethodPost, w.jobsURL(""), w.process.submission(j.input, j.output), key)
	if err != nil || status != http.StatusOK {
		return errors.Join(err, fmt.Errorf("submit: %d", status))
	}
	j.id = strings.Trim(text, `"`)
	if status, _, err = w.send(ctx, http.MethodPost, w.jobsURL("/"+j.id+"/start"), "", key); err != nil || status != http.StatusOK {
		return errors.Join(err, fmt.Errorf("start: %d", status))
	}
	w.mu.Lock()
	w.jobs = append(w.jobs, j)
	w.mu.Unlock()
	<-time.After(time.Duration(w.between(0, 60)) * time.Millisecond) // so that work piles up only a little
	return nil
}

func (w *crowd) cancelOne(ctx context.Context) error {
	w.mu.Lock()
	if len(w.jobs) == 0 {
		w.mu.Unlock()
		return nil
	}
	j := w.jobs[len(w.jobs)-1]
	j.cancelled = true
	w.mu.Unlock()
	_, _, err := w.send(ctx, http.MethodDelete, w.jobsURL("/"+j.id), "", w.process.Demo.APIKey)
	return err
}

func (w *crowd) changeSetting(ctx context.Context) error {
	name := fmt.Sprintf("api%d", w.between(0, 1<<30))
	body := `{"properties":{"displayName":"` + name + `","path":"` + name + `","protocols":["http"],"serviceUrl":"http://echoapi.cloudapp.net/api"}}`
	status, _, err := w.send(ctx, http.MethodPut, w.process.Console+w.process.ServiceID+"/apis/"+name+"?api-version=2024-05-01", body, w.process.AdminToken)
	if err == nil && status == http.StatusCreated {
		w.mu.Lock()
		w.settings = append(w.settings, name)
		w.mu.Unlock()
	}
	return err
}

func (w *crowd) upload(ctx context.Context) error {
	name := fmt.Sprintf("upload%d.bin", w.between(0, 1<<30))
	content := bytes.Repeat([]byte(name), 1+w.between(0, 20_000))
	client, err := azblob.NewClientFromConnectionString(w.process.StorageConnectionString, nil)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second) // the client would try again for minutes
	defer cancel()
	if _, err := client.UploadBuffer(ctx, "crash", name, content, nil); err != nil {
		return err
	}
	w.mu.Lock()
	w.uploads[name] = string(content)
	w.mu.Unlock()
	return nil
}

// check holds everything that was acknowledged against what is there.
func (w *crowd) check(t *testing.T, p *process, clean []string) {
	t.Helper()
	finished := 0
	for _, j := range w.jobs {
		s := p.ended(t, j.id)
		switch {
		case s.StatusCode == "Finished":
			finished++
			if p.blob(t, j.output) != clean[j.input] {
				t.Errorf("job %s: %s differs from a clean run's", j.id, j.output)
			}
		case s.StatusCode != "Cancelled" || !j.cancelled:
			t.Errorf("job %s is %s (cancelled: %v): %s", j.id, s.StatusCode, j.cancelled, s.details())
		}
	}
	for _, name := range w.settings {
		wantStatus(t, "the setting "+name, p.arm(http.MethodGet, "/apis/"+name, ""), 200)
	}
	for name, content := range w.uploads {
		if p.blob(t, name) != content {
			t.Errorf("the upload %s differs from what was acknowledged", name)
		}
	}
	if finished == 0 || len(w.settings) == 0 || len(w.uploads) == 0 {
		t.Errorf("the workload was too small: %d finished jobs, %d settings, %d uploads", finished, len(w.settings), len(w.uploads))
	}
	t.Logf("%d jobs were accepted, %d finished; %d settings and %d uploads were acknowledged", len(w.jobs), finished, len(w.settings), len(w.uploads))
	w.noLeftovers(t, p, clean)
}

// noLeftovers holds that only committed outputs can be seen.
func (w *crowd) noLeftovers(t *testing.T, p *process, clean []string) {
	t.Helper()
	var outputs []string
	for _, j := range w.jobs {
		outputs = append(outputs, j.output)
	}
	for _, name := range p.blobNames(t) {
		if strings.HasPrefix(name, "out") && !slices.Contains(outputs, name) {
			// A start may have taken effect although the answer did not arrive: then the output is whole.
			if got := p.blob(t, name); !slices.Contains(clean, got) {
				t.Errorf("%s is there and no clean run's output", name)
			}
		}
	}
}

// blobNames lists the container crash.
func (p *process) blobNames(t *testing.T) (names []string) {
	t.Helper()
	pages := p.blobs().NewListBlobsFlatPager("crash", nil)
	for pages.More() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range page.Segment.BlobItems {
			names = append(names, *b.Name)
		}
	}
	return names
}
