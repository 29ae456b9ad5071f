package textanalytics

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"portico/internal/module"
	"portico/internal/table"
)

const (
	sentenceEnd   = "|||" // as Preprocess Text writes it
	sentenceBegin = "<s>"
	// maxVocabulary is how many n-grams may be counted at once.
	maxVocabulary = 20_000_000
)

// ngramCutter cuts texts into n-grams.
type ngramCutter struct {
	n, skip     int // words in an n-gram, and words that may be left out between them
	short, long int // characters of a word
	begin       bool
}

// each calls visit with every n-gram of a text, as often as it comes.
func (c ngramCutter) each(text string, visit func(gram string)) {
	var sentence []string
	end := func() {
		if c.begin && len(sentence) > 0 {
			sentence = append([]string{sentenceBegin}, sentence...)
		}
		for i, word := range sentence {
			if word != sentenceBegin {
				visit(word)
			}
			c.extend(sentence, i+1, word, 1, c.skip, visit)
		}
		sentence = sentence[:0]
	}
	for word := range strings.FieldsSeq(text) {
		if word == sentenceEnd {
			end()
		} else if n := utf8.RuneCountInString(word); n >= c.short && n <= c.long {
			sentence = append(sentence, word)
		}
	}
	end()
}

// extend visits the n-grams that begin with gram, of so many words, and go on at word from.
func (c ngramCutter) extend(sentence []string, from int, gram string, words, skips int, visit func(gram string)) {
	if words == c.n {
		return
	}
	for i := from; i < len(sentence) && i-from <= skips; i++ {
		longer := gram + "_" + sentence[i]
		visit(longer)
		c.extend(sentence, i+1, longer, words+1, skips-(i-from), visit)
	}
}

// gram is an n-gram and in how many texts it comes.
type gram struct {
	text string
	df   float64
}

// vocabulary is n-grams in the order of their ids.
type vocabulary struct {
	grams     []gram
	ids       map[string]uint32
	documents float64
}

func newVocabulary() *vocabulary { return &vocabulary{ids: map[string]uint32{}} }

// readVocabulary reads the table that an earlier run gave: NGram, DF and IDF.
func readVocabulary(t *table.Table) (*vocabulary, error) {
	const port = "Input vocabulary"
	if err := module.Need(t, port, 1); err != nil {
		return nil, err
	}
	texts, df, idf := t.ColumnCalled("NGram"), t.ColumnCalled("DF"), t.ColumnCalled("IDF")
	if texts == nil || df == nil || idf == nil || texts.Type != table.String || !df.Type.Numeric() || !idf.Type.Numeric() {
		return nil, module.Fail("0018", port)
	}
	v := newVocabulary()
	for r := range t.Rows {
		d, ok := df.Number(r)
		i, ok2 := idf.Number(r)
		if _, twice := v.ids[texts.Strings[r]]; !ok || !ok2 || !(d >= 1) || texts.IsMissing(r) || twice {
			return nil, module.Fail("0018", port)
		}
		v.add(gram{texts.Strings[r], d})
		v.documents = max(v.documents, math.Round(d*math.Exp(i)))
	}
	return v, nil
}

func (v *vocabulary) add(g gram) {
	v.ids[g.text] = uint32(len(v.grams))
	v.grams = append(v.grams, g)
}

// learn adds the n-grams of a column and counts the texts that have them. New
// n-grams must come in enough texts and not in too many; they are added in the order of their letters.
func (v *vocabulary) learn(ctx context.Context, c *table.Column, cutter ngramCutter, least, mostRatio float64) error {
	df := map[string]float64{}
	seen := map[string]int{} // the row, from 1, in which an n-gram was counted last
	for r := range c.Len() {
		if r%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if c.IsMissing(r) {
			continue
		}
		cutter.each(c.Strings[r], func(text string) {
			if seen[text] != r+1 {
				seen[text] = r + 1
				df[text]++
			}
		})
		if len(df) > maxVocabulary {
			return module.Fail("0138").In(ngramSize)
		}
	}
	v.documents += float64(c.Len())
	var fresh []gram
	for text, n := range df {
		if id, known := v.ids[text]; known {
			v.grams[id].df += n
		} else if n >= least && n <= mostRatio*float64(c.Len()) {
			fresh = append(fresh, gram{text, n})
		}
	}
	slices.SortFunc(fresh, func(a, b gram) int { return cmp.Compare(a.text, b.text) })
	for _, g := range fresh {
		v.add(g)
	}
	return nil
}

// rowCounts is how often a row has each n-gram of the vocabulary; ids ascend.
type rowCounts struct {
	ids    []uint32
	counts []int
}

// count counts the vocabulary's n-grams, and tells which rows have words that are not in it.
func (v *vocabulary) count(ctx context.Context, c *table.Column, cutter ngramCutter) ([]rowCounts, []int64, error) {
	rows, unknown := make([]rowCounts, c.Len()), make([]int64, c.Len())
	found := map[uint32]int{}
	for r := range rows {
		if r%1024 == 0 && ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		if c.IsMissing(r) {
			continue
		}
		clear(found)
		cutter.each(c.Strings[r], func(text string) {
			if id, known := v.ids[text]; known {
				found[id]++
			} else if !strings.Contains(text, "_") {
				unknown[r] = 1
			}
		})
		for id := range found {
			rows[r].ids = append(rows[r].ids, id)
		}
		slices.Sort(rows[r].ids)
		for _, id := range rows[r].ids {
			rows[r].counts = append(rows[r].counts, found[id])
		}
	}
	return rows, unknown, nil
}

// listed gives the columns that tell each text's n-grams of the vocabulary, in the order in which they come, and their number.
func (v *vocabulary) listed(c *table.Column, cutter ngramCutter) []*table.Column {
	texts, numbers := make([]string, c.Len()), make([]int64, c.Len())
	for r := range texts {
		list := []byte{'['}
		seen := map[uint32]bool{}
		if !c.IsMissing(r) {
			cutter.each(c.Strings[r], func(text string) {
				id, known := v.ids[text]
				if !known || seen[id] {
					return
				}
				if seen[id] = true; len(seen) > 1 {
					list = append(list, ',')
				}
				list = strconv.AppendQuote(list, text)
			})
		}
		texts[r], numbers[r] = string(append(list, ']')), int64(len(seen))
	}
	list, number := table.FromStrings("NgramsString", texts), table.FromInts("NumUniqueNgrams", table.Int32, numbers)
	list.Role, number.Role = table.NoRole, table.NoRole
	return []*table.Column{list, number}
}

// idf is the logarithm of the number of texts over the number of those with the n-gram.
func (v *vocabulary) idf(id int) float64 { return math.Log(v.documents / v.grams[id].df) }

// keepOnly keeps the n-grams with these ids, which ascend, and gives the rows with their new ids.
func (v *vocabulary) keepOnly(ids []uint32, rows []rowCounts) []rowCounts {
	kept := newVocabulary()
	renumbered := map[uint32]uint32{}
	for _, id := range ids {
		renumbered[id] = uint32(len(kept.grams))
		kept.add(v.grams[id])
	}
	v.grams, v.ids = kept.grams, kept.ids
	out := make([]rowCounts, len(rows))
	for r, row := range rows {
		for k, id := range row.ids {
			if n, ok := renumbered[id]; ok {
				out[r].ids, out[r].counts = append(out[r].ids, n), append(out[r].counts, row.counts[k])
			}
		}
	}
	return out
}

// table gives the vocabulary as it leaves the module.
func (v *vocabulary) table() *table.Table {
	n := len(v.grams)
	ids, texts, df, idf := make([]int64, n), make([]string, n), make([]int64, n), make([]float64, n)
	for i, g := range v.grams {
		ids[i], texts[i], df[i], idf[i] = int64(i), g.text, int64(g.df), v.idf(i)
	}
	return table.FromColumns(n, table.FromInts("Id", table.Int32, ids), table.FromStrings("NGram", texts), table.FromInts("DF", table.Int32, df), table.FromDoubles("IDF", idf))
}
