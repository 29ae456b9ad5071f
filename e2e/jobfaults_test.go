package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// runningJobs are jobs that were started over one input, and what a clean run of it writes.
type runningJobs struct {
	clean   string
	ids     []string
	outputs []string
}

// startJobs uploads rows of text, scores them once, and starts so many more jobs over them.
func startJobs(t *testing.T, p *process, rows, count int) *runningJobs {
	t.Helper()
	client := p.blobs()
	if _, err := client.CreateContainer(t.Context(), "crash", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := client.UploadBuffer(t.Context(), "crash", "in0.csv", []byte(reviews(rows, 0)), nil); err != nil {
		t.Fatal(err)
	}
	j := &runningJobs{}
	start := func(output string) string {
		id := p.submit(t, 0, output)
		wantStatus(t, "start", p.bes(http.MethodPost, "/"+id+"/start", ""), 200)
		return id
	}
	if s := p.ended(t, start("clean.csv")); s.StatusCode != "Finished" {
		t.Fatalf("the clean run is %s: %s", s.StatusCode, s.details())
	}
	j.clean = p.blob(t, "clean.csv")
	for i := range count {
		j.outputs = append(j.outputs, fmt.Sprintf("out%d.csv", i))
		j.ids = append(j.ids, start(j.outputs[i]))
	}
	return j
}

// finish waits for every job and holds that each ended as if nothing had been; then the process stops.
func (j *runningJobs) finish(t *testing.T, p *process) {
	t.Helper()
	for i, id := range j.ids {
		if s := p.ended(t, id); s.StatusCode != "Finished" {
			t.Errorf("job %d is %s: %s", i, s.StatusCode, s.details())
		}
		if p.blob(t, j.outputs[i]) != j.clean {
			t.Errorf("%s differs from a clean run's", j.outputs[i])
		}
	}
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.out)
	}
}

// says waits until the process has logged a text.
func (p *process) says(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(jobEndsWithin); time.Now().Before(deadline); {
		if strings.Contains(p.out.String(), text) {
			return
		}
		<-time.After(10 * time.Millisecond)
	}
	t.Fatalf("the process has not said %q in %v:\n%s", text, jobEndsWithin, p.out)
}

// TestDatabaseRestartsUnderJobs takes PostgreSQL away from running jobs, once for
// a moment and once for longer than they wait, and holds that each ends as if nothing had been.
func TestDatabaseRestartsUnderJobs(t *testing.T) {
	if databases == nil {
		t.Skip("this is about PostgreSQL")
	}
	p := start(t, t.TempDir(), "--demo")
	j := startJobs(t, p, 150_000, 6)
	databases.Stop(t)
	databases.Restart(t)
	databases.Stop(t)
	p.says(t, "a job could not be completed and is tried again")
	databases.Restart(t)
	j.finish(t, p)
}

// smallDisk mounts a file system of a few megabytes and gives its folder.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("mounting a small file system needs root")
	}
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("no small file system can be mounted here: %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %s", out)
		}
	})
	return dir
}

// fillDisk takes all that is free, until release is called.
func fillDisk(t *testing.T, dir string) (release func()) {
	t.Helper()
	filler := filepath.Join(dir, "filler")
	f, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1 << 16, 512} {
		for block := make([]byte, size); err == nil; {
			_, err = f.Write(block)
		}
		err = nil
	}
	if err := f.Close(); err != nil {
		t.Log(err) // the disk is full, which is what we want
	}
	return func() {
		if err := os.Remove(filler); err != nil {
			t.Error(err)
		}
	}
}

// TestFullDiskUnderJobs fills the disk under running jobs: each ends once there is
// space again, with a whole output or with none, and says why.
func TestFullDiskUnderJobs(t *testing.T) {
	data := smallDisk(t, "160m")
	p := start(t, data, "--demo")
	j := startJobs(t, p, 150_000, 5)
	release := fillDisk(t, data)
	p.says(t, "disk full")
	wantStatus(t, "a poll on a full disk", p.bes(http.MethodGet, "/"+j.ids[0], ""), 200)
	release()
	demo := p.Demo
	check := func(when string) {
		failed := 0
		for i, id := range j.ids {
			s := p.ended(t, id)
			want := j.clean
			if s.StatusCode == "Failed" && strings.Contains(s.details(), "disk full") && strings.Contains(s.details(), j.outputs[i]) {
				failed++
				want = ""
			} else if s.StatusCode != "Finished" {
				t.Errorf("%s job %d is %s: %s", when, i, s.StatusCode, s.details())
			}
			if want != "" && p.blob(t, j.outputs[i]) != want {
				t.Errorf("%s %s differs from a clean run's", when, j.outputs[i])
			}
			if want == "" && slices.Contains(p.blobNames(t), j.outputs[i]) {
				t.Errorf("%s the failed job %d has an output", when, i)
			}
		}
		t.Logf("%s %d of %d jobs are Failed", when, failed, len(j.ids))
	}
	check("with space again")
	id := p.submit(t, 0, "after.csv")
	wantStatus(t, "start", p.bes(http.MethodPost, "/"+id+"/start", ""), 200)
	if s := p.ended(t, id); s.StatusCode != "Finished" || p.blob(t, "after.csv") != j.clean {
		t.Errorf("a job with space again is %s: %s", s.StatusCode, s.details())
	}
	p.kill()
	p = start(t, data)
	p.Demo = demo
	check("after a crash")
}
