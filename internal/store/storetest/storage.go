package storetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/blob/account"
	"portico/internal/fault"
)

// Storage checks an account.Index that is empty; reopen closes it and opens the same data again.
func Storage(t *testing.T, x account.Index, reopen func() account.Index) {
	s := &storageSuite{Index: x, ctx: context.Background()}
	t.Run("containers", s.containers)
	t.Run("blobs", s.blobs)
	t.Run("blocks", s.blocks)
	t.Run("discarded blocks", s.discarded)
	t.Run("ranges", s.ranges)
	t.Run("order", s.order)
	t.Run("refusals change nothing", s.refusals)
	t.Run("one winner", s.race)
	t.Run("leftovers", s.leftovers)
	t.Run("many blocks", s.manyBlocks)
	t.Run("kept", func(t *testing.T) {
		s.make(t, "kept", "blob", "kept-1")
		s.Index = reopen()
		b, blocks, err := s.Blob(s.ctx, "kept", "blob", 0, math.MaxInt64)
		if err != nil || b.Size != 1 || len(blocks) != 1 || blocks[0].Content != "kept-1" {
			t.Errorf("got %+v, %+v, %v", b, blocks, err)
		}
	})
}

type storageSuite struct {
	account.Index
	ctx context.Context
}

// second is a time as the wire can say it.
var second = time.Date(2026, 11, 23, 7, 2, 0, 0, time.UTC)

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

func accept[T any](T) error { return nil }

// make stores a blob of one byte for each of the contents, in a container that is made where it is missing.
func (s *storageSuite) make(t *testing.T, container, name string, contents ...string) (unwanted []string) {
	t.Helper()
	if err := s.CreateContainer(s.ctx, account.Container{Name: container, ETag: "c", Modified: second}); err != nil && !fault.Is(err, fault.Conflict) {
		t.Fatal(err)
	}
	_, unwanted, err := s.ReplaceBlob(s.ctx, container, name, func(*account.Blob, []account.Block, []account.Block) (account.Blob, []account.Block, error) {
		return blobOf(name, contents...)
	})
	if err != nil {
		t.Fatal(err)
	}
	return unwanted
}

func blobOf(name string, contents ...string) (account.Blob, []account.Block, error) {
	b := account.Blob{Name: name, ETag: "b", Created: second, Modified: second, Size: int64(len(contents))}
	b.ContentType, b.Metadata = "text/csv", map[string]string{"rows": "1"}
	var blocks []account.Block
	for i, c := range contents {
		blocks = append(blocks, account.Block{ID: c, Start: int64(i), Size: 1, Content: c, Put: second})
	}
	return b, blocks, nil
}

func (s *storageSuite) containers(t *testing.T) {
	c := account.Container{Name: "first", ETag: "1", Modified: second, Metadata: map[string]string{"a": "b"}}
	if err := s.CreateContainer(s.ctx, c); err != nil {
		t.Fatal(err)
	}
	wantCode(t, s.CreateContainer(s.ctx, c), "ContainerAlreadyExists")
	got, err := s.Container(s.ctx, "first")
	if err != nil || got.ETag != "1" || !got.Modified.Equal(second) || got.Metadata["a"] != "b" {
		t.Errorf("got %+v, %v", got, err)
	}
	changed, err := s.ChangeContainer(s.ctx, "first", func(c account.Container) (account.Container, error) {
		c.ETag = "2"
		return c, nil
	})
	if err != nil || changed.ETag != "2" {
		t.Errorf("got %+v, %v", changed, err)
	}
	for _, name := range []string{"second", "fir", "first-2", "$root"} {
		if err := s.CreateContainer(s.ctx, account.Container{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range []struct {
		prefix, from string
		limit        int
		want         string
	}{{"", "", 9, "$root fir first first-2 second"}, {"fir", "", 9, "fir first first-2"}, {"", "first", 2, "first first-2"}, {"first", "second", 9, ""}} {
		found, err := s.Containers(s.ctx, k.prefix, k.from, k.limit)
		var names []string
		for _, c := range found {
			names = append(names, c.Name)
		}
		if err != nil || strings.Join(names, " ") != k.want {
			t.Errorf("containers of %q from %q: %q, %v, want %q", k.prefix, k.from, names, err, k.want)
		}
	}
	s.make(t, "second", "b", "second-1")
	if err := s.RemoveContainer(s.ctx, "second", accept); err != nil {
		t.Fatal(err)
	}
	_, err = s.Container(s.ctx, "second")
	wantCode(t, err, "ContainerNotFound")
	if err := s.CreateContainer(s.ctx, account.Container{Name: "second"}); err != nil {
		t.Errorf("the name is not free: %v", err)
	}
	_, _, err = s.Blob(s.ctx, "second", "b", 0, 0)
	wantCode(t, err, "BlobNotFound")
	s.missingContainer(t)
}

// missingContainer holds that every method tells a missing container from a missing blob.
func (s *storageSuite) missingContainer(t *testing.T) {
	_, err := s.Container(s.ctx, "none")
	wantCode(t, err, "ContainerNotFound")
	_, err = s.ChangeContainer(s.ctx, "none", nil)
	wantCode(t, err, "ContainerNotFound")
	wantCode(t, s.RemoveContainer(s.ctx, "none", nil), "ContainerNotFound")
	_, _, err = s.Blob(s.ctx, "none", "b", 0, 1)
	wantCode(t, err, "ContainerNotFound")
	_, err = s.Blobs(s.ctx, "none", "", "", 1)
	wantCode(t, err, "ContainerNotFound")
	_, _, _, err = s.Blocks(s.ctx, "none", "b")
	wantCode(t, err, "ContainerNotFound")
	_, err = s.PutBlock(s.ctx, "none", "b", account.Block{})
	wantCode(t, err, "ContainerNotFound")
	_, _, err = s.ReplaceBlob(s.ctx, "none", "b", nil)
	wantCode(t, err, "ContainerNotFound")
	_, err = s.ChangeBlob(s.ctx, "none", "b", nil)
	wantCode(t, err, "ContainerNotFound")
	_, err = s.RemoveBlob(s.ctx, "none", "b", nil)
	wantCode(t, err, "ContainerNotFound")
}

func (s *storageSuite) blobs(t *testing.T) {
	if unwanted := s.make(t, "blobs", "dir/a", "blobs-1"); len(unwanted) > 0 {
		t.Errorf("a new blob left %q", unwanted)
	}
	b, blocks, err := s.Blob(s.ctx, "blobs", "dir/a", 0, 1)
	if err != nil || b.Name != "dir/a" || b.ETag != "b" || !b.Modified.Equal(second) || !b.Created.Equal(second) || b.Size != 1 ||
		b.ContentType != "text/csv" || b.Metadata["rows"] != "1" || len(blocks) != 1 || blocks[0].Content != "blobs-1" || !blocks[0].Put.Equal(second) {
		t.Errorf("got %+v, %+v, %v", b, blocks, err)
	}
	if unwanted := s.make(t, "blobs", "dir/a", "blobs-2"); !slices.Equal(unwanted, []string{"blobs-1"}) {
		t.Errorf("replacing left %q", unwanted)
	}
	changed, err := s.ChangeBlob(s.ctx, "blobs", "dir/a", func(b account.Blob) (account.Blob, error) {
		b.ETag, b.MD5 = "changed", []byte{1, 2}
		return b, nil
	})
	if err != nil || changed.ETag != "changed" {
		t.Errorf("got %+v, %v", changed, err)
	}
	if b, blocks, err := s.Blob(s.ctx, "blobs", "dir/a", 0, 1); err != nil || string(b.MD5) != "\x01\x02" || len(blocks) != 1 {
		t.Errorf("got %+v, %+v, %v", b, blocks, err)
	}
	unwanted, err := s.RemoveBlob(s.ctx, "blobs", "dir/a", accept)
	if err != nil || !slices.Equal(unwanted, []string{"blobs-2"}) {
		t.Errorf("removing left %q, %v", unwanted, err)
	}
	_, _, err = s.Blob(s.ctx, "blobs", "dir/a", 0, 1)
	wantCode(t, err, "BlobNotFound")
	_, err = s.ChangeBlob(s.ctx, "blobs", "dir/a", nil)
	wantCode(t, err, "BlobNotFound")
	_, err = s.RemoveBlob(s.ctx, "blobs", "dir/a", nil)
	wantCode(t, err, "BlobNotFound")
	s.make(t, "blobs", "empty")
	if b, blocks, err := s.Blob(s.ctx, "blobs", "empty", 0, math.MaxInt64); err != nil || b.Size != 0 || len(blocks) > 0 {
		t.Errorf("an empty blob: %+v, %+v, %v", b, blocks, err)
	}
}

func (s *storageSuite) blocks(t *testing.T) {
	s.make(t, "blocks", "other", "blocks-0")
	put := func(id, content string) (unwanted []string, err error) {
		return s.PutBlock(s.ctx, "blocks", "b", account.Block{ID: id, Size: 1, Content: content, Put: second})
	}
	for _, k := range [][2]string{{"BBB=", "blocks-1"}, {"AAA=", "blocks-2"}} {
		if unwanted, err := put(k[0], k[1]); err != nil || len(unwanted) > 0 {
			t.Errorf("put block: %q, %v", unwanted, err)
		}
	}
	if unwanted, err := put("BBB=", "blocks-3"); err != nil || !slices.Equal(unwanted, []string{"blocks-1"}) {
		t.Errorf("putting it again left %q, %v", unwanted, err)
	}
	_, err := put("CCCCCCC=", "blocks-4")
	wantCode(t, err, "InvalidBlobOrBlock")
	b, committed, uncommitted, err := s.Blocks(s.ctx, "blocks", "b")
	if err != nil || b != nil || len(committed) > 0 || contentsOf(uncommitted) != "blocks-2 blocks-3" {
		t.Errorf("got %+v, %v, %v, %v", b, committed, uncommitted, err)
	}
	_, _, err = s.Blob(s.ctx, "blocks", "b", 0, 1)
	wantCode(t, err, "BlobNotFound")
	_, unwanted, err := s.ReplaceBlob(s.ctx, "blocks", "b", func(_ *account.Blob, _, uncommitted []account.Block) (account.Blob, []account.Block, error) {
		k := uncommitted[0]
		again := k
		again.Start = 1 // a block may stand in a blob twice
		return account.Blob{Name: "b", Size: 2}, []account.Block{k, again}, nil
	})
	if err != nil || !slices.Equal(unwanted, []string{"blocks-3"}) {
		t.Errorf("commit left %q, %v", unwanted, err)
	}
	if _, err := put("DDDDDDD=", "blocks-5"); err != nil {
		t.Errorf("the committed blocks' IDs count: %v", err)
	}
	b, committed, uncommitted, err = s.Blocks(s.ctx, "blocks", "b")
	if err != nil || b == nil || contentsOf(committed) != "blocks-2 blocks-2" || contentsOf(uncommitted) != "blocks-5" {
		t.Errorf("got %+v, %v, %v, %v", b, committed, uncommitted, err)
	}
	if unwanted, err := s.RemoveBlob(s.ctx, "blocks", "b", accept); err != nil || !slices.Equal(slices.Sorted(slices.Values(unwanted)), []string{"blocks-2", "blocks-5"}) {
		t.Errorf("removing left %q, %v", unwanted, err)
	}
}

func contentsOf(blocks []account.Block) string {
	slices.SortStableFunc(blocks, func(a, b account.Block) int { return cmp.Compare(a.Start, b.Start) })
	var s []string
	for _, b := range blocks {
		s = append(s, b.Content)
	}
	return strings.Join(s, " ")
}

// discarded holds that blocks go by the beginning of their IDs, and that what was committed stays.
func (s *storageSuite) discarded(t *testing.T) {
	s.make(t, "discarded", "b", "discarded-1")
	for id, content := range map[string]string{"one_1": "discarded-2", "one_2": "discarded-3", "two_1": "discarded-4", "oneX1": "discarded-5"} {
		if _, err := s.PutBlock(s.ctx, "discarded", "b", account.Block{ID: id, Size: 1, Content: content, Put: second}); err != nil {
			t.Fatal(err)
		}
	}
	unwanted, err := s.DiscardBlocks(s.ctx, "discarded", "b", "one_")
	slices.Sort(unwanted)
	if err != nil || !slices.Equal(unwanted, []string{"discarded-2", "discarded-3"}) {
		t.Errorf("got %v, %v", unwanted, err)
	}
	b, committed, uncommitted, err := s.Blocks(s.ctx, "discarded", "b")
	if err != nil || b == nil || len(committed) != 1 || len(uncommitted) != 2 {
		t.Errorf("left are %+v, %v, %v, %v", b, committed, uncommitted, err)
	}
	if unwanted, err := s.DiscardBlocks(s.ctx, "discarded", "b", ""); err != nil || len(unwanted) != 2 {
		t.Errorf("all of them are %v, %v", unwanted, err)
	}
	_, err = s.DiscardBlocks(s.ctx, "none", "b", "one_")
	wantCode(t, err, "ContainerNotFound")
}

func (s *storageSuite) ranges(t *testing.T) {
	s.make(t, "ranges", "b", "r0", "r1", "r2", "r3")
	for _, k := range []struct {
		from, to int64
		want     string
	}{{0, math.MaxInt64, "r0 r1 r2 r3"}, {1, 3, "r1 r2"}, {3, 99, "r3"}, {4, 99, ""}, {0, 0, ""}} {
		_, blocks, err := s.Blob(s.ctx, "ranges", "b", k.from, k.to)
		if err != nil || contentsOf(blocks) != k.want {
			t.Errorf("range %d to %d: %v, %v, want %q", k.from, k.to, blocks, err, k.want)
		}
	}
}

func (s *storageSuite) order(t *testing.T) {
	names := []string{"a", "a ", "a/b", "a0", "B", "\x01", "Ä", "ä", "日本", "a\x00b", strings.Repeat("n", 1024), "z"}
	for i, name := range names {
		s.make(t, "order", name, fmt.Sprintf("order-%d", i))
	}
	slices.Sort(names)
	list := func(prefix, from string, limit int) (found []string) {
		blobs, err := s.Blobs(s.ctx, "order", prefix, from, limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range blobs {
			found = append(found, b.Name)
		}
		return found
	}
	if got := list("", "", 99); !slices.Equal(got, names) {
		t.Errorf("listed %q, want %q", got, names)
	}
	if got := list("a", "a/", 2); !slices.Equal(got, []string{"a/b", "a0"}) {
		t.Errorf("listed %q", got)
	}
	if got := list("Ä", "", 9); !slices.Equal(got, []string{"Ä"}) {
		t.Errorf("listed %q", got)
	}
}

func (s *storageSuite) refusals(t *testing.T) {
	s.make(t, "refusals", "b", "refusals-1")
	no := fault.Coded(fault.StaleETag, "No", "no")
	_, err := s.ChangeContainer(s.ctx, "refusals", func(c account.Container) (account.Container, error) { return account.Container{ETag: "x"}, no })
	wantCode(t, err, "No")
	wantCode(t, s.RemoveContainer(s.ctx, "refusals", func(account.Container) error { return no }), "No")
	_, _, err = s.ReplaceBlob(s.ctx, "refusals", "b", func(*account.Blob, []account.Block, []account.Block) (account.Blob, []account.Block, error) {
		return account.Blob{}, nil, no
	})
	wantCode(t, err, "No")
	_, err = s.ChangeBlob(s.ctx, "refusals", "b", func(b account.Blob) (account.Blob, error) { return account.Blob{}, no })
	wantCode(t, err, "No")
	_, err = s.RemoveBlob(s.ctx, "refusals", "b", func(account.Blob) error { return no })
	wantCode(t, err, "No")
	b, blocks, err := s.Blob(s.ctx, "refusals", "b", 0, 1)
	if err != nil || b.ETag != "b" || len(blocks) != 1 {
		t.Errorf("got %+v, %v, %v", b, blocks, err)
	}
}

func (s *storageSuite) race(t *testing.T) {
	s.make(t, "race", "other", "race-0")
	var wg sync.WaitGroup
	won := make(chan string, 16)
	for i := range 16 {
		wg.Go(func() {
			content := fmt.Sprintf("race-%d", i)
			_, _, err := s.ReplaceBlob(s.ctx, "race", "b", func(old *account.Blob, _, _ []account.Block) (account.Blob, []account.Block, error) {
				if old != nil {
					return account.Blob{}, nil, fault.Coded(fault.Conflict, "BlobAlreadyExists", "taken")
				}
				return blobOf("b", content)
			})
			if err == nil {
				won <- content
			}
		})
	}
	wg.Wait()
	_, blocks, err := s.Blob(s.ctx, "race", "b", 0, 1)
	if err != nil || len(won) != 1 || contentsOf(blocks) != <-won {
		t.Errorf("%d won; the blob has %v, %v", len(won)+1, blocks, err)
	}
}

func (s *storageSuite) leftovers(t *testing.T) {
	s.make(t, "left", "b", "left-1", "left-2")
	s.make(t, "stays", "b", "stays-1")
	for i, name := range []string{"old", "old", "mixed", "mixed"} {
		put := second.Add(-time.Duration(i%2) * time.Hour)
		if name == "mixed" {
			put = second.Add(time.Duration(i%2) * time.Hour)
		}
		if _, err := s.PutBlock(s.ctx, "stays", name, account.Block{ID: fmt.Sprintf("AA%d=", i), Size: 1, Content: fmt.Sprintf("stays-%s-%d", name, i), Put: put}); err != nil {
			t.Fatal(err)
		}
	}
	stale, err := s.RemoveStaleBlocks(s.ctx, second.Add(time.Minute), 9)
	if err != nil || unwantedOf(stale) != "stays/old/stays-old-0 stays/old/stays-old-1" {
		t.Errorf("stale blocks: %+v, %v", stale, err)
	}
	if err := s.RemoveContainer(s.ctx, "left", accept); err != nil {
		t.Fatal(err)
	}
	var gone []account.Unwanted
	for more, rounds := true, 0; more; rounds++ {
		var batch []account.Unwanted
		if batch, more, err = s.RemoveLeftBlobs(s.ctx, 1); err != nil || len(batch) > 1 || rounds > 20 {
			t.Fatal(batch, more, rounds, err)
		}
		gone = append(gone, batch...)
	}
	if got := unwantedOf(gone); !strings.Contains(got, "left/b/left-1 left/b/left-2") || strings.Contains(got, "stays") {
		t.Errorf("left blobs: %s", got)
	}
	referenced, err := s.Referenced(s.ctx, []string{"left-1", "stays-1", "stays-mixed-2", "never"})
	if err != nil || len(referenced) != 2 || !referenced["stays-1"] || !referenced["stays-mixed-2"] {
		t.Errorf("referenced: %v, %v", referenced, err)
	}
	if referenced, err := s.Referenced(s.ctx, nil); err != nil || len(referenced) > 0 {
		t.Errorf("of nothing: %v, %v", referenced, err)
	}
}

func unwantedOf(all []account.Unwanted) string {
	var s []string
	for _, u := range all {
		s = append(s, u.Container+"/"+u.Blob+"/"+u.Content)
	}
	slices.Sort(s)
	return strings.Join(s, " ")
}

func (s *storageSuite) manyBlocks(t *testing.T) {
	const n = 2_345
	contents := make([]string, n)
	for i := range contents {
		contents[i] = fmt.Sprintf("many-%05d", i)
	}
	s.make(t, "many", "b", contents...)
	_, committed, _, err := s.Blocks(s.ctx, "many", "b")
	if err != nil || contentsOf(committed) != strings.Join(contents, " ") {
		t.Errorf("%d blocks came back changed: %v", len(committed), err)
	}
	if unwanted := s.make(t, "many", "b"); len(unwanted) != n {
		t.Errorf("%d contents were left", len(unwanted))
	}
}
