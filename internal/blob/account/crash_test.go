package account_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"

	"portico/internal/blob/account"
)

// crashDir names the environment variable by which TestCrash tells its child where to write.
const crashDir = "PORTICO_TEST_CRASH_DIR"

// TestCrash kills a process that writes blobs, again and again. Whatever it was
// told is stored is there, whole; nothing is half-written; nothing is left over.
func TestCrash(t *testing.T) {
	dir := t.TempDir()
	acknowledged := map[string]string{}
	for round := range 8 {
		writeUntilKilled(t, dir, round, acknowledged)
		synctest.Test(t, func(t *testing.T) { checkAfterCrash(t, dir, acknowledged) })
	}
}

// writeUntilKilled kills a child after some of its lines, each of which names a blob and its sum.
func writeUntilKilled(t *testing.T, dir string, round int, acknowledged map[string]string) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestCrashChild$")
	child.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		if name, sum, ok := strings.Cut(lines.Text(), " "); ok {
			acknowledged[name] = sum
		}
		if n == 10+7*round {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := child.Wait(); err == nil {
		t.Fatal("the child ended by itself")
	}
}

func checkAfterCrash(t *testing.T, dir string, acknowledged map[string]string) {
	s := open(t, dir, dir, nil)
	stop := s.running()
	synctest.Wait() // until the sweeper has nothing to do
	stop()
	for _, name := range s.listAll("", "", account.MaxPage) {
		content := s.get(name)
		body, sum, _ := strings.Cut(content, "\n")
		if sumOf(body) != sum {
			t.Errorf("%s is not what anybody wrote: %d bytes", name, len(content))
		}
		if want, ok := acknowledged[name]; ok && name != "replaced" && sum != want {
			t.Errorf("%s has sum %s, acknowledged was %s", name, sum, want)
		}
	}
	for name := range acknowledged {
		if _, err := s.Stat(t.Context(), "data", name); err != nil {
			t.Errorf("%s is gone: %v", name, err)
		}
	}
	var contents []string
	for info, err := range s.contents.List(t.Context(), "") {
		s.must(err)
		contents = append(contents, strings.ReplaceAll(strings.TrimPrefix(info.Key, "account/"), "/", ""))
	}
	referenced, err := s.index.Referenced(t.Context(), contents)
	s.must(err)
	if len(referenced) != len(contents) {
		t.Errorf("%d contents are kept, %d of them are referred to", len(contents), len(referenced))
	}
}

func sumOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// TestCrashChild writes until it is killed.
func TestCrashChild(t *testing.T) {
	dir := os.Getenv(crashDir)
	if dir == "" {
		t.Skip("TestCrash runs this")
	}
	s := open(t, dir, dir, nil)
	s.must(s.EnsureContainer(t.Context(), "data"))
	start := rand.Uint64()
	for i := 0; ; i++ {
		body := strings.Repeat(fmt.Sprintf("%d-%d,", start, i), 1+rand.IntN(20_000))
		content := body + "\n" + sumOf(body)
		name := fmt.Sprintf("%d-%d", start, i)
		switch i % 3 {
		case 0:
			s.put(name, content)
		case 1:
			s.putBlocks(name, content[:len(content)/3], content[len(content)/3:len(content)/2], content[len(content)/2:])
		case 2:
			name = "replaced"
			s.put(name, content)
		}
		fmt.Println(name, sumOf(body))
	}
}
