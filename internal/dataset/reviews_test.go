package dataset_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"testing"

	"portico/internal/dataset"
	"portico/internal/table"
)

func TestBookReviews(t *testing.T) {
	meta, r := dataset.BookReviews()
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	if got, want := hex.EncodeToString(sum[:]), "811b378721651401c24b53e19da5d358a366783b8b2a541de81a40e2b71f6060"; got != want {
		t.Errorf("the sample's bytes changed: SHA-256 %s, want %s", got, want)
	}
	tab, err := table.Parse(string(content), table.Format(meta.DataTypeID))
	if err != nil {
		t.Fatal(err)
	}
	if tab.Rows != 10_000 || tab.Width() != 2 {
		t.Fatalf("%d rows, %d columns", tab.Rows, tab.Width())
	}
	rating, text := tab.ColumnCalled("Col1"), tab.ColumnCalled("Col2")
	if rating.Type != table.Int32 || text.Type != table.String {
		t.Errorf("types %s and %s", rating.Type, text.Type)
	}
	seen := map[string]int{}
	byRating := map[int64]int{}
	short, long := 0, 0
	for i, s := range text.Strings {
		seen[s]++
		byRating[rating.Ints[i]]++
		n := len(strings.Fields(s))
		if n < 3 || n > 120 {
			t.Errorf("row %d has %d words: %s", i+1, n, s)
		}
		if n <= 8 {
			short++
		}
		if n >= 100 {
			long++
		}
		if strings.ContainsAny(s, "{}\t\"") || strings.Contains(s, "  ") {
			t.Errorf("row %d: %q", i+1, s)
		}
	}
	if len(seen) < 9_900 {
		t.Errorf("only %d different texts", len(seen))
	}
	if short < 300 || long < 100 {
		t.Errorf("%d short and %d long texts", short, long)
	}
	for r := int64(1); r <= 5; r++ {
		if byRating[r] < 500 {
			t.Errorf("rating %d comes %d times", r, byRating[r])
		}
	}
	if len(byRating) != 5 {
		t.Errorf("ratings %v", byRating)
	}
}

// What the words say agrees with the rating.
func TestBookReviewsSentiment(t *testing.T) {
	_, r := dataset.BookReviews()
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	praise := []string{"wonderful", "superb", "brilliant", "beautiful", "unforgettable", "delightful", "excellent"}
	blame := []string{"awful", "terrible", "dreadful", "unreadable", "horrible", "worthless", "atrocious"}
	count := func(text string, words []string) (n int) {
		for _, w := range words {
			n += strings.Count(strings.ToLower(text), w)
		}
		return n
	}
	var balance [6]int
	for line := range strings.Lines(string(content)) {
		balance[line[0]-'0'] += count(line, praise) - count(line, blame)
	}
	if balance[1] >= 0 || balance[2] >= 0 || balance[4] <= 0 || balance[5] <= 0 || balance[3] != 0 {
		t.Errorf("praise less blame by rating: %v", balance[1:])
	}
}
